# SPDX-License-Identifier: Apache-2.0
"""Requests as far as they have come, and sister realms in which the same people hold the same keys.

For the attack tests: what is replayed elsewhere must be the honest original. The realms are invented; a real ceremony
would never enrol one key in two of them, which is why the worst case is made here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rogatory.client import realm_files
from rogatory.client.ceremony import Member
from rogatory.protocol import codec
from rogatory.protocol.directory import TRUST_LIST_TYPE, TRUST_ROOT_TYPE, realm_fingerprint
from rogatory.protocol.header import Header, StatementKind
from rogatory.protocol.keys import Ed25519Signer, HybridSigner
from rogatory.protocol.lifecycle import LoggedEnvelope, fold
from rogatory.protocol.quorum import open_root, open_trust_list, sign_quorum
from rogatory.protocol.receipt import log_identity, verify_receipt
from rogatory.protocol.state import RequestState
from rogatory.protocol.statements import (
    Body,
    DecisionCode,
    Delivered,
    GrantedTask,
    Receive,
    Reject,
    Validate,
)
from rogatory.server.engine import Engine
from tests.support.acts import NO_FLOODS, Wanted, World, engine_files
from tests.support.realm import SeededEntropy, TrainingRealm

TWO_TASKS = (Wanted(), Wanted("msisdn", "+15550100123", ("call_record",)))


@dataclass(frozen=True)
class Said:
    """Who signed it (a member's short name) and the exact envelope bytes."""

    by: str
    envelope: bytes


def grant(state: RequestState) -> Validate:
    """A grant of everything that the issue in force asks, with all sections opened."""
    asked = [item.task for item in state.tasks]
    granted = tuple(GrantedTask(t.number, t.elements, t.first_day, t.last_day) for t in asked)
    refs = [*(state.particulars(task.number) for task in asked), state.grounds()]
    opened = tuple(sorted(ref.object_digest for ref in refs if ref is not None))
    return Validate(DecisionCode.GRANT, "", granted, opened)


def reading(state: RequestState) -> Receive:
    """What a provider's officer signs who has opened every granted task."""
    refs = [state.particulars(item.number) for item in state.granted]
    return Receive((), tuple(sorted(ref.object_digest for ref in refs if ref is not None)))


def accept(world: World, name: str, envelope: bytes, request_id: bytes) -> RequestState:
    """Submits what must be accepted and returns the state after."""
    (result,) = world.submit(name, envelope)
    assert result.receipt is not None, world.rejection(result).statement.body
    return world.state(request_id)


def refusal(world: World, name: str, envelope: bytes) -> tuple[str, str, str]:
    """Submits what must be refused and returns code, field and rule of the exchange's signed word."""
    (result,) = world.submit(name, envelope)
    body = world.rejection(result).statement.body
    assert isinstance(body, Reject)
    return body.code, body.field, body.rule


def say(world: World, name: str, kind: StatementKind, state: RequestState, about: bytes, body: Body) -> Said:
    """A statement that answers another one, signed and accepted."""
    envelope = world.answer(name, kind, state, about, body)
    accept(world, name, envelope, state.request_id)
    return Said(name, envelope)


def issued(world: World, *tasks: Wanted, **other: Any) -> RequestState:  # noqa: ANN401 - of an issue
    request_id, envelope = world.issue(tasks=tasks or TWO_TASKS, **other)
    return accept(world, "investigator", envelope, request_id)


def transmitted(world: World, *tasks: Wanted, **other: Any) -> RequestState:  # noqa: ANN401 - of an issue
    state = issued(world, *tasks, **other)
    say(world, "judge", StatementKind.VALIDATE, state, state.issue_digest, grant(state))
    return world.state(state.request_id)


def received(world: World, *tasks: Wanted, **other: Any) -> RequestState:  # noqa: ANN401 - of an issue
    state = transmitted(world, *tasks, **other)
    say(world, "provider-service", StatementKind.DELIVERED, state, state.order_digest, Delivered())
    state = world.state(state.request_id)
    say(world, "compliance", StatementKind.RECEIVE, state, state.order_digest, reading(state))
    return world.state(state.request_id)


def sister(
    world: World,
    folder: Path,
    *,
    marking: str = "EXERCISE",
    origin: str = "",
    more: Sequence[Member] = (),
) -> World:
    """Another realm with its own root, exchange and log, in which everybody of `world` (and `more`) is enrolled.

    Keys, ids, packs, TLS certificates and the clock are the same ones. What differs is the root, by its marking or by
    the origin of its log, and so the fingerprint that is the realm's name; with neither it is the same realm again,
    with `more` people in its list.
    """
    made = world.realm.realm
    root = replace(world.realm.root, marking=marking)
    log = made.log
    if origin:
        log = replace(log, origin=origin)
        root = replace(root, log_origin=origin, log_vkeys=log.vkeys())
    payload = codec.encode(root)
    trust = world.realm.directory.trust_list
    rows = sorted((*trust.keys, *(member.row for member in more)), key=lambda row: row.key_id)
    trust = replace(trust, realm=realm_fingerprint(payload), keys=tuple(rows))
    twin = replace(
        made,
        fingerprint=trust.realm,
        root=sign_quorum(payload, TRUST_ROOT_TYPE, [HybridSigner(made.scheme.root)]),
        trust_list=sign_quorum(codec.encode(trust), TRUST_LIST_TYPE, [HybridSigner(made.scheme.trust_list)]),
        members={**made.members, **{member.name: member for member in more}},
        log=log,
    )
    realm_files.write_server(twin, folder / "server")
    opened, fingerprint = open_root(twin.root, twin.fingerprint)
    directory = open_trust_list(twin.trust_list, opened, fingerprint, world.realm.directory.index)
    realm = TrainingRealm(twin, opened, directory, world.realm.packs)
    files = engine_files(folder / "server")
    label = f"{marking} {origin}"
    engine = Engine.open(files, world.clock, SeededEntropy(f"engine of {label}"), NO_FLOODS)
    return World(realm, engine, files, world.clock, SeededEntropy(f"people of {label}"))


def enrolled(world: World, like: str, name: str, **row: Any) -> Member:  # noqa: ANN401 - fields of the row
    """Another device key, of the member `like` and everything as there but what `row` says."""
    member = world.realm.realm.members[like]
    seed = hashlib.sha256(name.encode()).digest()
    changed = {"raw": Ed25519Signer(seed).public_key.raw, "tls_spki": hashlib.sha256(seed).digest(), **row}
    role = changed.get("roles", member.row.roles)[0]
    return replace(member, name=name, seed=seed, role=role, row=replace(member.row, **changed))


def chain(world: World, state: RequestState) -> list[LoggedEnvelope]:
    """A request's envelopes with their places, as an export holds them."""
    log = log_identity(world.realm.root)
    found = []
    for item in world.get("investigator", state.request_id).statements:
        receipt = verify_receipt(item.receipt, log)
        found.append(LoggedEnvelope(item.envelope, receipt.receipt.index, receipt.time_ms))
    return found


def folded(world: World, envelopes: Sequence[LoggedEnvelope]) -> RequestState:
    state, _verified = fold(envelopes, world.realm.directory, world.realm.packs)
    assert state is not None
    return state


def about(world: World, name: str, kind: StatementKind, state: RequestState, digest: bytes) -> Header:
    return replace(world.header(name, kind, state.request_id, state), about=digest)
