# SPDX-License-Identifier: Apache-2.0
"""Writes ``tests/vectors/rogatory-v1.json``: our formats as bytes, for other implementations and for drift.

Run ``python -m tests.support.make_vectors`` only for a format that is new: the committed file is the reference, and a
test reads it instead of making it again. ML-DSA and HPKE draw randomness, so those bytes are checked by verifying and
opening, not by making them twice. Every party in it is invented.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path

from rogatory.audit.commitment import EntryHeader, commit
from rogatory.audit.framing import u32
from rogatory.audit.merkle import leaf_hash
from rogatory.protocol import codec, keys, sealed
from rogatory.protocol.disclosure import disclosure_context
from rogatory.protocol.entry_schema import (
    SCHEMA,
    SCHEMA_ID,
    bytes_value,
    list_value,
    record_value,
    seal_value,
    text_value,
    time_value,
)
from rogatory.protocol.envelope import pae, parse_envelope, verify_envelope
from rogatory.protocol.feed import EMPTY_FEED, next_feed
from rogatory.protocol.header import SectionKind, StatementKind
from rogatory.protocol.plain import to_plain
from rogatory.protocol.receipt import encode_receipt
from rogatory.protocol.sealed import section_context
from rogatory.protocol.statements import DecisionCode, GrantedTask, Validate
from rogatory.protocol.wire import FetchSealedRequest, FetchSealedResponse
from rogatory.server.engine import Op
from tests.support.acts import Wanted, World
from tests.support.project import ROOT
from tests.support.realm import SeededEntropy

OUT = ROOT / "tests" / "vectors" / "rogatory-v1.json"


def build(world: World) -> Mapping[str, object]:
    """A request of two tasks, validated by a prosecutor in vain, granted by a judge: and every format on the way."""
    realm = world.realm
    request_id, issue = world.issue(tasks=(Wanted(), Wanted("msisdn", "+15550100123", ("call_record",))))
    (accepted,) = world.submit("investigator", issue)
    state = world.state(request_id)
    whole = tuple(
        GrantedTask(t.task.number, t.task.elements, t.task.first_day, t.task.last_day) for t in state.tasks
    )
    opened = tuple(sorted(ref.object_digest for ref in state.sections))
    body = Validate(DecisionCode.GRANT, "", whole, opened)
    vain = world.answer("prosecutor", StatementKind.VALIDATE, state, state.issue_digest, body)
    (rejected,) = world.submit("prosecutor", vain)
    grant = world.answer("judge", StatementKind.VALIDATE, state, state.issue_digest, body)
    (granted,) = world.submit("judge", grant)
    assert accepted.receipt is not None
    assert granted.receipt is not None
    assert rejected.rejection is not None
    return {
        "about": "Formats of Rogatory, version 1. Hex unless said otherwise. Every party is invented.",
        "at_ms": world.clock.now_ms(),
        "keys": [_key(row.alg, row.raw) for row in realm.directory.trust_list.keys[:2]],
        "root": {"quorum": realm.realm.root.hex(), "fingerprint": realm.directory.realm.hex()},
        "trust_list": {"quorum": realm.realm.trust_list.hex(), "index": realm.directory.index},
        "packs": [data.hex() for data in realm.realm.packs.values()],
        "statements": [
            _statement(world, "issue", "investigator", issue),
            _statement(world, "validate, refused", "prosecutor", vain),
            _statement(world, "validate", "judge", grant),
        ],
        "identifier": _identifier(world, request_id),
        "section": _section(world, request_id, issue),
        "disclosure_context": _disclosure(world, request_id),
        "feed": _feed(issue, world),
        "entry": _entry(),
        "receipts": [encode_receipt(accepted.receipt).hex(), encode_receipt(granted.receipt).hex()],
        "rejection": codec.encode(rejected.rejection).hex(),
    }


def _key(alg: int, raw: bytes) -> object:
    return {"alg": alg, "raw": raw.hex(), "key_id": keys.key_id(alg, raw).hex()}


def _statement(world: World, name: str, person: str, data: bytes) -> object:
    verified = verify_envelope(data, world.realm.directory, world.clock.now_ms())
    envelope = parse_envelope(data)
    return {
        "name": name,
        "seed": world.realm.seed(person).hex(),
        "header": to_plain(verified.header),
        "body": to_plain(verified.statement.body),
        "header_digest": sealed.header_digest(verified.header).hex(),
        "payload": envelope.payload.hex(),
        "pae": pae(envelope.payload_type, envelope.payload).hex(),
        "envelope": data.hex(),
        "statement_digest": verified.statement_digest.hex(),
        "envelope_digest": verified.digest.hex(),
    }


def _identifier(world: World, request_id: bytes) -> object:
    item = world.particulars[request_id, 1]
    state = world.state(request_id)
    return {
        "key": item.commitment_key.hex(),
        "realm": world.realm.directory.realm.hex(),
        "request_id": request_id.hex(),
        "task": 1,
        "type": item.identifier_type,
        "value": item.identifier.decode(),
        "commitment": state.tasks[0].task.identifier_commitment.hex(),
    }


def _section(world: World, request_id: bytes, issue: bytes) -> object:
    verified = verify_envelope(issue, world.realm.directory, world.clock.now_ms())
    ref = sealed.find_section(verified.header, SectionKind.PARTICULARS, 1)
    request = FetchSealedRequest(request_id, (ref.object_digest,), "VALIDATION")
    reply = codec.decode(FetchSealedResponse, world.call("judge", Op.FETCH_SEALED, request), limit=1 << 22)
    context = section_context(verified.header, SectionKind.PARTICULARS, 1, ref.recipients)
    return {
        "context": codec.encode(context).hex(),
        "context_digest": sealed.context_digest(context).hex(),
        "ref": to_plain(ref),
        "object": reply.objects[0].hex(),
        "unit_seed": world.realm.unit_seed("judge").hex(),
        "message": codec.encode(world.particulars[request_id, 1]).hex(),
    }


def _disclosure(world: World, request_id: bytes) -> object:
    state, row = world.state(request_id), world.realm.row("compliance")
    recipients = (world.realm.unit("investigator").key_id,)
    context = disclosure_context(
        state, world.realm.directory.realm, bytes(range(16)), row.org, row.key_id, recipients
    )
    return {"context": codec.encode(context).hex(), "context_digest": sealed.context_digest(context).hex()}


def _feed(issue: bytes, world: World) -> object:
    digest = verify_envelope(issue, world.realm.directory, world.clock.now_ms()).digest
    first = next_feed(EMPTY_FEED, 4, digest)
    return {
        "index": 4,
        "envelope_digest": digest.hex(),
        "first": first.hex(),
        "second": next_feed(first, 9, digest).hex(),
    }


def _entry() -> object:
    """Every slot present, so that each encoding is seen once."""
    entropy = SeededEntropy("entry vector")
    values = (
        record_value(b"ISSUE", b"COLLECTION"),
        text_value("ISSUE/EPOC/SUBSCRIBER/NORMAL/ISSUED"),
        bytes_value(bytes(range(16))),
        bytes_value(bytes(range(16, 32))),
        time_value(1_795_500_000_000),
        record_value(b"eu.e-evidence.2023-1543", u32(1), b"EPOC"),
        list_value(["TRAFFIC", "SUBSCRIBER"]),
        *(bytes_value(bytes([n]) * 32) for n in range(7, 12)),
        seal_value(21_519, 0),
        time_value(1_798_000_000_000),
        record_value(bytes(range(16)), b"INVESTIGATOR", b""),
        record_value(b"ACCEPTED", b"", b"ISSUED", b""),
    )
    salts = tuple(entropy.token(32) for _ in range(16))
    origin = "log.exercise.example/1"
    header = EntryHeader(bytes(range(16)), 20_781, 21_519)
    made = commit(origin, SCHEMA_ID, header, values, salts)
    return {
        "schema": SCHEMA.decode(),
        "schema_id": SCHEMA_ID.hex(),
        "origin": origin,
        "eid": header.eid.hex(),
        "epoch": header.epoch,
        "due": header.due,
        "values": [value.hex() for value in values],
        "salts": [salt.hex() for salt in salts],
        "commitments": [item.hex() for item in made.commitments],
        "entry": made.entry.hex(),
        "leaf": leaf_hash(made.entry).hex(),
    }


def main() -> None:
    """Write the file."""
    with tempfile.TemporaryDirectory() as folder:
        data = build(World.build(Path(folder)))
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
