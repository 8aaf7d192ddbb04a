# SPDX-License-Identifier: Apache-2.0
"""Our own committed vectors: the formats of docs/formats.md, byte for byte, so that a format never changes by accident.

What draws randomness (ML-DSA, HPKE, Cobblestone salts) is verified and opened, not made again.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from rogatory.audit.commitment import EntryHeader, commit
from rogatory.audit.merkle import leaf_hash
from rogatory.client.sealing.unseal import open_section
from rogatory.client.sealing.xwing import UnitKeys
from rogatory.protocol import codec, keys, sealed
from rogatory.protocol.content import MAX_CONTENT, Particulars
from rogatory.protocol.directory import PACK_TYPE, Directory, TrustRoot
from rogatory.protocol.entry import entry_fields
from rogatory.protocol.entry_schema import SCHEMA, SCHEMA_ID
from rogatory.protocol.envelope import pae, parse_envelope, sign_statement, verify_envelope
from rogatory.protocol.errors import NotVerified
from rogatory.protocol.feed import EMPTY_FEED, next_feed
from rogatory.protocol.header import Header, SectionRef
from rogatory.protocol.lifecycle import LoggedEnvelope, fold
from rogatory.protocol.match import match
from rogatory.protocol.pack import Pack, load_pack
from rogatory.protocol.plain import from_plain, to_plain
from rogatory.protocol.quorum import open_root, open_trust_list, verify_quorum
from rogatory.protocol.receipt import (
    Rejection,
    check_fields,
    decode_receipt,
    encode_receipt,
    log_identity,
    verify_receipt,
)
from rogatory.protocol.sealed import SectionContext
from rogatory.protocol.statements import Reject, Statement
from tests.support.project import ROOT

VECTORS: dict[str, Any] = json.loads((ROOT / "tests" / "vectors" / "rogatory-v1.json").read_text("utf-8"))
STATEMENTS = {item["name"]: item for item in VECTORS["statements"]}


def hexed(text: str) -> bytes:
    return bytes.fromhex(text)


@pytest.fixture(scope="module")
def root() -> TrustRoot:
    return open_root(hexed(VECTORS["root"]["quorum"]), hexed(VECTORS["root"]["fingerprint"]))[0]


@pytest.fixture(scope="module")
def directory(root: TrustRoot) -> Directory:
    realm, item = hexed(VECTORS["root"]["fingerprint"]), VECTORS["trust_list"]
    return open_trust_list(hexed(item["quorum"]), root, realm, item["index"])


@pytest.fixture(scope="module")
def packs(root: TrustRoot) -> dict[bytes, Pack]:
    found = [load_pack(verify_quorum(hexed(data), PACK_TYPE, root.pack_keys)) for data in VECTORS["packs"]]
    return {pack.digest: pack for pack in found}


def test_key_ids_are_the_committed_ones() -> None:
    for item in VECTORS["keys"]:
        assert keys.key_id(item["alg"], hexed(item["raw"])).hex() == item["key_id"]


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_encodes_signs_and_verifies_to_the_committed_bytes(
    name: str, directory: Directory
) -> None:
    item = STATEMENTS[name]
    verified = verify_envelope(hexed(item["envelope"]), directory, VECTORS["at_ms"])
    header = from_plain(Header, item["header"])
    assert verified.header == header
    assert to_plain(verified.statement.body) == item["body"]
    assert codec.encode(Statement(header, verified.statement.body)).hex() == item["payload"]
    envelope = parse_envelope(hexed(item["envelope"]))
    assert pae(envelope.payload_type, envelope.payload).hex() == item["pae"]
    assert verified.statement_digest.hex() == item["statement_digest"]
    assert verified.digest.hex() == item["envelope_digest"]
    assert sealed.header_digest(header).hex() == item["header_digest"]
    again = sign_statement(verified.statement, keys.Ed25519Signer(hexed(item["seed"])))
    assert again.hex() == item["envelope"]


def test_one_changed_byte_anywhere_in_an_envelope_is_refused(directory: Directory) -> None:
    data = hexed(STATEMENTS["validate"]["envelope"])
    for at in range(len(data)):
        changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        with pytest.raises(Exception, match=r"X_[A-Z_]+"):
            verify_envelope(changed, directory, VECTORS["at_ms"])


def test_the_identifier_commitment_is_the_committed_one() -> None:
    item = VECTORS["identifier"]
    made = sealed.identifier_commitment(
        hexed(item["key"]),
        hexed(item["realm"]),
        hexed(item["request_id"]),
        item["task"],
        item["type"],
        item["value"].encode(),
    )
    assert made.hex() == item["commitment"]


def test_the_sealed_section_opens_and_matches_its_header(
    directory: Directory, packs: dict[bytes, Pack]
) -> None:
    item = VECTORS["section"]
    context = codec.decode(SectionContext, hexed(item["context"]), limit=MAX_CONTENT)
    assert sealed.context_digest(context).hex() == item["context_digest"]
    ref = from_plain(SectionRef, item["ref"])
    message = open_section(hexed(item["object"]), ref, context, UnitKeys([hexed(item["unit_seed"])]))
    assert message.hex() == item["message"]
    header = verify_envelope(hexed(STATEMENTS["issue"]["envelope"]), directory, VECTORS["at_ms"]).header
    pack = packs[header.pack_digest]
    match(header, codec.decode(Particulars, message, limit=MAX_CONTENT), pack.identifiers)


def test_the_disclosure_context_has_the_committed_digest() -> None:
    item = VECTORS["disclosure_context"]
    context = codec.decode(sealed.DisclosureContext, hexed(item["context"]), limit=MAX_CONTENT)
    assert sealed.context_digest(context).hex() == item["context_digest"]


def test_the_feed_chain_is_the_committed_one() -> None:
    item = VECTORS["feed"]
    first = next_feed(EMPTY_FEED, 4, hexed(item["envelope_digest"]))
    assert first.hex() == item["first"]
    assert next_feed(first, 9, hexed(item["envelope_digest"])).hex() == item["second"]


def test_an_entry_commits_to_the_committed_57_bytes() -> None:
    item = VECTORS["entry"]
    assert item["schema"].encode() == SCHEMA
    assert item["schema_id"] == SCHEMA_ID.hex()
    header = EntryHeader(hexed(item["eid"]), item["epoch"], item["due"])
    values, salts = ([hexed(text) for text in item[name]] for name in ("values", "salts"))
    made = commit(item["origin"], SCHEMA_ID, header, values, salts)
    assert [value.hex() for value in made.commitments] == item["commitments"]
    assert made.entry.hex() == item["entry"]
    assert len(made.entry) == 57
    assert leaf_hash(made.entry).hex() == item["leaf"]


def test_receipts_verify_and_say_what_the_envelopes_say(
    root: TrustRoot, directory: Directory, packs: dict[bytes, Pack]
) -> None:
    log = log_identity(root)
    verified = [verify_receipt(decode_receipt(hexed(data)), log) for data in VECTORS["receipts"]]
    assert [encode_receipt(item.receipt).hex() for item in verified] == VECTORS["receipts"]
    envelopes = [hexed(STATEMENTS[name]["envelope"]) for name in ("issue", "validate")]
    logged = [
        LoggedEnvelope(data, item.receipt.index, item.time_ms)
        for data, item in zip(envelopes, verified, strict=True)
    ]
    before, (issue,) = fold(logged[:1], directory, packs)
    state, (_issue, validate) = fold(logged, directory, packs)
    assert before is not None
    assert state is not None
    pack = packs[state.pack_digest]
    check_fields(verified[0], entry_fields(issue, None, before, pack, verified[0].time_ms, b""))
    fields = entry_fields(validate, before, state, pack, verified[1].time_ms, verified[0].leaf)
    check_fields(verified[1], fields)


def test_the_rejection_is_the_exchanges_word_on_the_refused_bytes(
    root: TrustRoot, directory: Directory
) -> None:
    rejection = codec.decode(Rejection, hexed(VECTORS["rejection"]), limit=MAX_CONTENT)
    statement = verify_envelope(rejection.envelope, directory, VECTORS["at_ms"])
    assert isinstance(statement.statement.body, Reject)
    assert statement.statement.body.code == "X_AUTHORITY_NOT_COMPETENT"
    receipt = verify_receipt(rejection.receipt, log_identity(root))
    with pytest.raises(NotVerified):
        check_fields(receipt, (b"\x00",) * 16)


def test_the_root_is_refused_under_another_fingerprint() -> None:
    with pytest.raises(NotVerified, match="X_REALM_MISMATCH"):
        open_root(hexed(VECTORS["root"]["quorum"]), bytes(32))
