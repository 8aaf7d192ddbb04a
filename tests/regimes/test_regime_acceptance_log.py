# SPDX-License-Identifier: Apache-2.0
"""The acceptance statements of the regime reference that need a log to be shown, each under its number.

Real engine, real log, real opened entries. Where the architecture decides otherwise than the reference it wins: 41 is met by
rejections with an entry each, and by none for what is over the cap.
"""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path

import pytest

from rogatory.audit.errors import AuditError
from rogatory.audit.failpoints import arm, disarm
from rogatory.audit.merkle import leaf_hash, root_of, verify_consistency
from rogatory.client.art28 import art28
from rogatory.client.opened_entries import OpenedRow, row_of
from rogatory.protocol import codec
from rogatory.protocol.bodies import (
    Acknowledge,
    DecisionCode,
    Delivered,
    GrantedTask,
    Preserve,
    Receive,
    TaskOutcome,
    Validate,
)
from rogatory.protocol.entry_schema import KIND, SUBJECT, TIME, read_code, read_record, read_time
from rogatory.protocol.envelope import parse_envelope
from rogatory.protocol.errors import Invalid
from rogatory.protocol.header import Fact, StatementKind
from rogatory.protocol.receipt import log_identity
from rogatory.protocol.state import RequestState
from rogatory.protocol.statements import MAX_ENVELOPE, Body, Statement
from rogatory.protocol.wire import MAX_MESSAGE, OpenEntriesRequest, OpenEntriesResponse, SubmitRequest
from rogatory.server.engine import Engine, Op
from tests.support.acts import FACTS, NO_FLOODS, Wanted, World
from tests.support.realm import SeededEntropy

K = StatementKind
IDENTIFIER = "exercise-user@mail.example"
HOUR_MS = 3_600_000


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.build(tmp_path)


def opened(world: World, start: int = 0) -> list[OpenedRow]:
    """Every entry as oversight opens it."""
    reply = world.call("inspector", Op.OPEN_ENTRIES, OpenEntriesRequest(start, 256, "INSPECTION"))
    answer = codec.decode(OpenEntriesResponse, reply, limit=MAX_MESSAGE)
    return [row_of(item, log_identity(world.realm.root)) for item in answer.entries]


def say(
    world: World, name: str, kind: StatementKind, state: RequestState, body: Body, about: bytes
) -> RequestState:
    (result,) = world.submit(name, world.answer(name, kind, state, about, body))
    assert result.receipt is not None, world.rejection(result).statement.body
    return world.state(state.request_id)


def asked(world: World, *, facts: tuple[Fact, ...] = FACTS, wanted: Wanted | None = None) -> RequestState:
    request_id, envelope = world.issue(tasks=(wanted or Wanted(),), facts=facts)
    (result,) = world.submit("investigator", envelope)
    assert result.receipt is not None, world.rejection(result).statement.body
    return world.state(request_id)


def answered(world: World, state: RequestState) -> RequestState:
    """Granted, delivered, read, kept, disclosed an hour later, acknowledged."""
    if not state.transmitted:
        whole = tuple(
            GrantedTask(t.task.number, t.task.elements, t.task.first_day, t.task.last_day)
            for t in state.tasks
        )
        digests = tuple(sorted(ref.object_digest for ref in state.sections))
        state = say(
            world,
            "judge",
            K.VALIDATE,
            state,
            Validate(DecisionCode.GRANT, "", whole, digests),
            state.issue_digest,
        )
    order = state.order_digest
    state = say(world, "provider-service", K.DELIVERED, state, Delivered(), order)
    refs = [state.particulars(item.number) for item in state.granted]
    state = say(
        world,
        "compliance",
        K.RECEIVE,
        state,
        Receive((), tuple(sorted(r.object_digest for r in refs if r))),
        order,
    )
    term = state.obligation("produce")
    assert term is not None
    state = say(
        world, "compliance", K.PRESERVE, state, Preserve((TaskOutcome(1, "PRESERVED"),), term.due_ms), order
    )
    world.clock.at_ms += HOUR_MS
    (result,) = world.submit("compliance", world.disclose(state, {1: "DELIVERED"}))
    assert result.receipt is not None
    state = world.state(state.request_id)
    return say(
        world, "investigator", K.ACKNOWLEDGE, state, Acknowledge("IN_SCOPE"), state.disclosures[0].manifest
    )


def test_41_refused_and_malformed_calls_leave_one_entry_and_a_failed_append_leaves_nothing(
    world: World,
) -> None:
    size = world.engine.size
    for data in (b"not an envelope", world.issue()[1][:-1]):
        (result,) = world.submit("investigator", data)
        assert result.rejection is not None
    assert world.engine.size == size + 2
    with pytest.raises(Invalid):
        world.call("investigator", Op.SUBMIT, SubmitRequest((bytes(MAX_ENVELOPE + 1),)))
    assert world.engine.size == size + 2
    request_id, envelope = world.issue()
    arm("db.commit.before=raise:EIO@1")
    try:
        with pytest.raises((OSError, AuditError, sqlite3.Error)):
            world.submit("investigator", envelope)
    finally:
        disarm()
    world.engine.close()
    world.engine = Engine.open(world.files, world.clock, SeededEntropy("again"), NO_FLOODS)
    assert world.engine.size == size + 2
    assert world.engine._core.state(request_id)[0] is None


def test_42_each_consultation_and_disclosure_says_who_when_why_and_to_whom(world: World) -> None:
    state = answered(world, asked(world))
    world.get("judge", state.request_id)
    rows = opened(world)
    reads = [row for row in rows if row.kind == "CONSULT"]
    (disclosure,) = [row for row in rows if read_record(row.fields[KIND], 2)[1] == b"DISCLOSURE"]
    judge = world.realm.row("judge")
    mine = [row for row in reads if row.actor == judge.org]
    assert mine
    for row in (*mine, disclosure):
        subject, role, why = read_record(row.fields[SUBJECT], 3)
        assert len(subject) == 16
        assert read_code(role)
        assert read_time(row.fields[TIME]) == row.time_ms > 0
        assert read_code(why) or row is disclosure
    said = world.engine._core.store.statements_of(state.request_id)
    (sent,) = [item for item in said if item.i == disclosure.index]
    statement = codec.decode(Statement, parse_envelope(sent.envelope).payload, limit=MAX_ENVELOPE)
    assert disclosure.receiver == statement.header.addressee.org


def test_43_no_entry_holds_an_identifier_in_clear_or_as_a_plain_hash(world: World) -> None:
    answered(world, asked(world))
    value = IDENTIFIER.encode()
    needles = {value, value.hex().encode(), hashlib.sha256(value).digest(), hashlib.sha1(value).digest()}  # noqa: S324
    needles |= {hashlib.md5(value).digest(), hashlib.sha512(value).digest()}  # noqa: S324
    haystack = b"".join(value for row in opened(world) for value in row.fields.values())
    haystack += b"".join(world.engine._core.store.log.entries(0, world.engine.size))
    assert len(haystack) > 1000
    assert {needle for needle in needles if needle in haystack} == set()


@pytest.mark.parametrize("what", ["changed", "deleted", "reordered"])
def test_44_an_auditor_with_two_checkpoints_sees_any_change_of_what_was(world: World, what: str) -> None:
    asked(world)
    first = world.engine._core.log.head()
    asked(world)
    second = world.engine._core.log.head()
    proof = world.engine._core.log.consistency(first.size, second.size)
    verify_consistency(first.size, second.size, first.root, second.root, proof)
    leaves = [leaf_hash(entry) for entry in world.engine._core.store.log.entries(0, second.size)]
    if what == "changed":
        leaves[3] = leaf_hash(b"another past")
    elif what == "deleted":
        del leaves[3]
    else:
        leaves[3], leaves[4] = leaves[4], leaves[3]
    with pytest.raises(AuditError):
        verify_consistency(first.size, second.size, first.root, root_of(leaves), proof)


def test_45_oversight_counts_the_figures_of_article_28_without_reading_a_case(world: World) -> None:
    answered(world, asked(world))
    answered(world, asked(world))
    asked(world, wanted=Wanted("msisdn", "+15550100123", ("call_record",)))
    urgent = tuple(
        sorted(
            (
                *FACTS,
                Fact("emergency", ("LIFE",)),
                Fact("emergency.reason", ("CHILD_AT_RISK",)),
                Fact("validation", ("EX_POST",)),
            ),
            key=lambda fact: fact.code,
        )
    )
    asked(world, facts=urgent)
    world.clock.at_ms += 48 * HOUR_MS
    world.engine.publish()
    rows = opened(world)
    found = {(item.categories, item.emergency): item for item in art28(rows)}
    plain = found["SUBSCRIBER", False]
    assert (plain.issued, plain.fulfilled, plain.unfulfilled, plain.mean_ms) == (2, 2, 0, HOUR_MS)
    traffic = found["TRAFFIC", False]
    assert (traffic.issued, traffic.fulfilled) == (1, 0)
    emergency = found["SUBSCRIBER", True]
    assert (emergency.issued, emergency.ex_post_missed) == (1, 1)
