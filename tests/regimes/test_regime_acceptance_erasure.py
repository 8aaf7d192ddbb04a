# SPDX-License-Identifier: Apache-2.0
"""Acceptance statement 46 of the regimes: erasure destroys what there is to read of a case, and the log stays whole.

Through the real engine, its database and its vault; what copies, backups and the parties keep is not looked at here.
"""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from rogatory.audit.errors import AuditError
from rogatory.audit.failpoints import arm, disarm
from rogatory.audit.merkle import leaf_hash, root_of
from rogatory.client.opened_entries import Recomputer, row_of
from rogatory.client.scheme import Scheme, verify_scheme
from rogatory.protocol import codec, errors
from rogatory.protocol.dialogue import Second
from rogatory.protocol.duties import Erase, NotifySubject
from rogatory.protocol.entry_schema import ALL_SLOTS, KIND, NOT_ERASABLE, read_record
from rogatory.protocol.envelope import envelope_digest, parse_envelope
from rogatory.protocol.errors import NotVerified, Refused, RogatoryError
from rogatory.protocol.header import StatementKind
from rogatory.protocol.receipt import log_identity
from rogatory.protocol.state import Flag, RequestState
from rogatory.protocol.statements import Reject
from rogatory.protocol.wire import (
    MAX_MESSAGE,
    FetchSealedRequest,
    FetchSealedResponse,
    GetRequestRequest,
    OpenedEntry,
    OpenEntriesRequest,
    OpenEntriesResponse,
    PutSealedRequest,
    SubmitRequest,
    SubmitResponse,
    SubmitResult,
)
from rogatory.server.engine import Engine, Job, Op
from rogatory.server.reader import Reader
from tests.regimes.test_regime_acceptance_log import answered, asked, say
from tests.support.acts import NO_FLOODS, World
from tests.support.realm import SeededEntropy

K = StatementKind


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.build(tmp_path)


def closed(world: World) -> RequestState:
    """A request that was answered and of which nothing is owed any more."""
    state = answered(world, asked(world))
    if state.obligation("notice") is not None:
        state = say(
            world, "investigator", K.NOTIFY_SUBJECT, state, NotifySubject("INFORMED"), state.order_digest
        )
    return state


def entries(world: World, name: str = "inspector") -> tuple[OpenedEntry, ...]:
    reply = world.call(name, Op.OPEN_ENTRIES, OpenEntriesRequest(0, 256, "INSPECTION"))
    return codec.decode(OpenEntriesResponse, reply, limit=MAX_MESSAGE).entries


def scheme_of(world: World) -> tuple[Scheme, dict[int, bytes]]:
    reader = Reader(world.files.database)
    directory, packs = reader.directory_response(), reader.packs_response()
    objects = (*directory.roots, directory.trust_list, *packs.packs)
    found = verify_scheme(directory, packs, world.realm.directory.realm)
    return found, {item.receipt.index: item.quorum for item in objects}


def approved(world: World, state: RequestState) -> bytes:
    """Sign the erasure and have a colleague approve its exact bytes; return it."""
    envelope = world.answer("investigator", K.ERASE, state, state.issue_digest, Erase("RETENTION_ENDED"))
    digest = envelope_digest(parse_envelope(envelope), world.realm.row("investigator").alg)
    (alone,) = world.submit("investigator", envelope)
    assert alone.rejection is not None
    assert refusal_of(world, alone) == errors.X_SECOND_MISSING
    say(world, "duty-officer", K.SECOND, state, Second(), digest)
    return envelope


def erased(world: World, state: RequestState) -> bytes:
    """Sign the erasure, have a colleague approve it, send it; return it."""
    envelope = approved(world, state)
    (result,) = world.submit("investigator", envelope)
    assert result.receipt is not None, world.rejection(result).statement.body
    world.verify(result)
    return envelope


def refusal_of(world: World, result: SubmitResult) -> str:
    body = world.rejection(result).statement.body
    assert isinstance(body, Reject)
    return body.code


def code_of(world: World, name: str, op: Op, request: object) -> str:
    with pytest.raises(RogatoryError) as caught:
        world.call(name, op, request)
    return caught.value.code


def test_46_an_erased_case_is_unreadable_while_the_log_verifies_and_shows_the_erasure(world: World) -> None:
    state, other = closed(world), asked(world)
    request_id, kept = state.request_id, entries(world)
    sections = tuple(ref.object_digest for ref in state.sections)
    key = vault_key(world, request_id)
    assert key
    leaves = [leaf_hash(item) for item in world.engine._core.store.log.entries(0, world.engine.size)]
    envelope = erased(world, state)

    for op, request in (
        (Op.GET_REQUEST, GetRequestRequest(request_id, "STATUS")),
        (Op.FETCH_SEALED, FetchSealedRequest(request_id, sections[:1], "PROCESSING")),
    ):
        assert code_of(world, "investigator", op, request) == errors.X_ERASED
        assert code_of(world, "compliance", op, request) == errors.X_ERASED
        assert code_of(world, "other-investigator", op, request) == errors.X_NOT_FOUND
    assert vault_key(world, request_id) == b""
    for path in world.files.vault.parent.glob("vault.sqlite*"):
        assert key not in path.read_bytes(), path.name
    store = world.engine._core.store
    assert [store.sealed(digest) for digest in sections] == [None] * len(sections)

    scheme, objects = scheme_of(world)
    recomputer = Recomputer(scheme, objects)
    now = entries(world)
    for item in now:
        recomputer.take(item)
    assert recomputer.not_opened() == ()
    assert Flag.ERASED in recomputer.states[request_id].flags
    rows = [row_of(item, log_identity(world.realm.root)) for item in now]
    (said,) = [row for row in rows if row.kind == "ERASE"]
    assert read_record(said.fields[KIND], 2)[1] == b"ERASURE"
    own = [row for row in rows if row.request_id == request_id and row.kind != "REJECT"]
    mine = {row.index for row in own if row.index < said.index}
    slots = {item.index: {opening.slot for opening in item.openings} for item in now}
    assert len(mine) > 5
    assert all(slots[index] == NOT_ERASABLE for index in mine)
    assert all(slots[row.index] == ALL_SLOTS for row in rows if row.request_id == other.request_id)
    # What stays open is what it was, and the tree over the earlier entries is the one that it was.
    before = {item.index: set(item.openings) for item in kept}
    assert all(set(item.openings) <= before[item.index] for item in now if item.index in before)
    log = world.engine._core.store.log.entries(0, world.engine.size)
    assert [leaf_hash(entry) for entry in log[: len(leaves)]] == leaves
    assert root_of([leaf_hash(entry) for entry in log]) == world.engine._core.log.head().root

    # A lost answer comes again; nothing else of the request is answered or taken, and the other request goes on.
    (again,) = world.submit("investigator", envelope)
    assert again.receipt is not None
    world.verify(again)
    assert world.get("investigator", other.request_id).statements


def vault_key(world: World, request_id: bytes) -> bytes:
    with sqlite3.connect(f"file:{world.files.vault}?mode=ro", uri=True) as db:
        row = db.execute("SELECT key FROM request_key WHERE request_id = ?", (request_id,)).fetchone()
    return bytes(row[0])


def test_46_nothing_is_erased_that_goes_on_or_is_owed_or_that_one_person_wants_alone(world: World) -> None:
    state = asked(world)
    going = world.answer("investigator", K.ERASE, state, state.issue_digest, Erase("NOT_NEEDED"))
    (refused,) = world.submit("investigator", going)
    assert refusal_of(world, refused) == errors.X_STATE_NOT_ALLOWED
    done = answered(world, state)
    stranger = world.answer("compliance", K.ERASE, done, done.issue_digest, Erase("NOT_NEEDED"))
    (refused,) = world.submit("compliance", stranger)
    assert refusal_of(world, refused) == errors.X_NOT_AUTHORISED
    assert vault_key(world, state.request_id)
    assert world.get("investigator", state.request_id).statements


def test_46_a_key_that_a_kill_has_left_is_destroyed_at_the_next_start(world: World) -> None:
    state = closed(world)
    envelope = approved(world, state)
    arm("vault.commit.before=raise:EIO@1")  # the log has the erasure, and the vault does not know of it
    try:
        with pytest.raises((OSError, AuditError, sqlite3.Error)):
            world.submit("investigator", envelope)
    finally:
        disarm()
    assert vault_key(world, state.request_id)
    world.engine.close()
    world.engine = Engine.open(world.files, world.clock, SeededEntropy("again"), NO_FLOODS)
    assert vault_key(world, state.request_id) == b""
    # A later word of anybody's cannot bring a new key into being: nothing is stored for this request any more.
    assert code_of(world, "investigator", Op.PUT_SEALED, section(world, state.request_id)) == errors.X_ERASED


def section(world: World, request_id: bytes) -> PutSealedRequest:
    """A sealed object in its form."""
    state = asked(world)
    reply = world.call(
        "investigator",
        Op.FETCH_SEALED,
        FetchSealedRequest(state.request_id, (state.sections[0].object_digest,), "PROCESSING"),
    )
    (data,) = codec.decode(FetchSealedResponse, reply, limit=MAX_MESSAGE).objects
    return PutSealedRequest(request_id, data)


def shutting(item: OpenedEntry, slots: frozenset[int]) -> OpenedEntry:
    """The entry with some slots not opened."""
    return replace(item, openings=tuple(o for o in item.openings if o.slot not in slots))


def test_46_slots_that_are_shut_without_an_erasure_are_seen(world: World) -> None:
    state = closed(world)
    scheme, objects = scheme_of(world)
    shown = {item.index: row_of(item, scheme.log) for item in entries(world)}
    own = [index for index, row in shown.items() if row.request_id == state.request_id]
    for shut in (frozenset({6}), frozenset({8, 13})):
        recomputer = Recomputer(scheme, objects)
        for item in entries(world):
            recomputer.take(shutting(item, shut) if item.index in own else item)
        assert recomputer.not_opened() == (own[0],)


@pytest.mark.parametrize(("kind", "slot"), [("ISSUE", 5), ("PACK", 6), ("CONSULT", 6)])
def test_46_what_outlives_an_erasure_or_is_of_no_request_is_always_open(
    world: World, kind: str, slot: int
) -> None:
    closed(world)
    world.call("inspector", Op.OPEN_ENTRIES, OpenEntriesRequest(0, 9, "INSPECTION"))
    scheme, objects = scheme_of(world)
    recomputer = Recomputer(scheme, objects)
    for item in entries(world):
        row = row_of(item, scheme.log)
        if row.kind == kind and not (kind == "CONSULT" and row.receiver):
            wrong = shutting(item, frozenset({slot}))
            with pytest.raises(NotVerified) as caught:
                recomputer.take(wrong)
            assert caught.value.rule == "VIEW.COMPLETE"
            return
        recomputer.take(item)
    pytest.fail("there was no such entry")


def test_46_a_look_that_is_answered_in_the_very_commit_of_the_erasure_is_told_so(world: World) -> None:
    state = closed(world)
    envelope = approved(world, state)
    look = codec.encode(GetRequestRequest(state.request_id, "STATUS"))
    asked_of = codec.encode(OpenEntriesRequest(0, 256, "INSPECTION"))
    jobs = [
        Job(Op.GET_REQUEST, world.realm.row("compliance").tls_spki, look),
        Job(Op.SUBMIT, world.realm.row("investigator").tls_spki, codec.encode(SubmitRequest((envelope,)))),
        Job(Op.OPEN_ENTRIES, world.realm.row("inspector").tls_spki, asked_of),
        Job(Op.GET_REQUEST, world.realm.row("compliance").tls_spki, look),
    ]
    before, sent, opened, after = world.engine.process(jobs)
    assert isinstance(sent, bytes)
    assert codec.decode(SubmitResponse, sent, limit=MAX_MESSAGE).results[0].receipt is not None
    assert isinstance(opened, bytes)
    assert {
        len(item.openings) for item in codec.decode(OpenEntriesResponse, opened, limit=MAX_MESSAGE).entries
    } == {
        len(NOT_ERASABLE),
        len(ALL_SLOTS),
    }
    for reply in (before, after):
        assert isinstance(reply, Refused)
        assert reply.code == errors.X_ERASED
