# SPDX-License-Identifier: Apache-2.0
"""The exchange says what has fallen due, before any statement that it bears on, once, and every party computes the same.

Real engine, real log. What each clock does to a request is tested with the regimes; here it is when, by whom, and how often.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rogatory.protocol import codec
from rogatory.protocol.bodies import (
    DecisionCode,
    GrantedTask,
    Preserve,
    Receive,
    RequestKind,
    TaskOutcome,
    Validate,
)
from rogatory.protocol.duties import Clock
from rogatory.protocol.envelope import parse_envelope
from rogatory.protocol.header import DAY_MS, StatementKind
from rogatory.protocol.state import RequestState, StateName
from rogatory.protocol.statements import MAX_ENVELOPE, Body, Delivered, Reject, Statement, Withdraw
from rogatory.server.engine import Engine
from rogatory.server.store.contract import NEVER
from tests.support.acts import NO_FLOODS, World
from tests.support.realm import SeededEntropy

K = StatementKind


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.build(tmp_path)


def say(
    world: World, name: str, kind: StatementKind, state: RequestState, body: Body, about: bytes = b""
) -> RequestState:
    envelope = world.answer(name, kind, state, about or state.order_digest or state.issue_digest, body)
    (result,) = world.submit(name, envelope)
    assert result.receipt is not None, world.rejection(result).statement.body
    return world.state(state.request_id)


def preserved(world: World) -> RequestState:
    request_id, envelope = world.issue(kind=RequestKind.PRESERVATION)
    world.submit("investigator", envelope)
    state = world.state(request_id)
    whole = tuple(
        GrantedTask(t.task.number, t.task.elements, t.task.first_day, t.task.last_day) for t in state.tasks
    )
    opened = tuple(sorted(ref.object_digest for ref in state.sections))
    state = say(
        world,
        "prosecutor",
        K.VALIDATE,
        state,
        Validate(DecisionCode.GRANT, "", whole, opened),
        state.issue_digest,
    )
    state = say(world, "provider-service", K.DELIVERED, state, Delivered())
    refs = [state.particulars(item.number) for item in state.granted]
    state = say(
        world, "compliance", K.RECEIVE, state, Receive((), tuple(sorted(r.object_digest for r in refs if r)))
    )
    term = state.obligation("preserve")
    assert term is not None
    return say(world, "compliance", K.PRESERVE, state, Preserve((TaskOutcome(1, "PRESERVED"),), term.due_ms))


def last_kind(world: World, request_id: bytes) -> StatementKind:
    item = world.engine._core.store.statements_of(request_id)[-1]
    statement = codec.decode(Statement, parse_envelope(item.envelope).payload, limit=MAX_ENVELOPE)
    return statement.header.kind


def rule(world: World, name: str, envelope: bytes) -> tuple[str, str]:
    (result,) = world.submit(name, envelope)
    body = world.rejection(result).statement.body
    assert isinstance(body, Reject)
    return body.code, body.rule


def test_a_term_that_nobody_touches_ends_at_the_next_tick_and_is_told_once(world: World) -> None:
    state = preserved(world)
    world.clock.at_ms += 61 * DAY_MS
    size = world.engine.size
    world.engine.publish()
    world.engine.publish()
    assert world.engine.size == size + 1
    assert world.state(state.request_id).name is StateName.LAPSED
    assert last_kind(world, state.request_id) is K.CLOCK


def test_nothing_is_said_a_millisecond_too_early(world: World) -> None:
    state = preserved(world)
    world.clock.at_ms = state.preserved_until_ms - 1
    size = world.engine.size
    world.engine.publish()
    assert world.engine.size == size
    world.clock.at_ms += 1
    world.engine.publish()
    assert world.state(state.request_id).name is StateName.LAPSED


def test_the_clock_is_told_before_a_statement_that_it_bears_on(world: World) -> None:
    state = preserved(world)
    world.clock.at_ms += 61 * DAY_MS
    late = world.answer("investigator", K.WITHDRAW, state, state.issue_digest, Withdraw("NO_LONGER_NEEDED"))
    assert rule(world, "investigator", late) == ("X_OBJECT_TERMINAL", "STATE.LAPSED")
    assert last_kind(world, state.request_id) is K.CLOCK


def test_every_party_folds_the_clock_to_the_same_state(world: World) -> None:
    state = preserved(world)
    world.clock.at_ms += 61 * DAY_MS
    world.engine.publish()
    for name in ("investigator", "judge", "compliance"):
        folded, _receipts = world.folded(name, state.request_id)
        assert folded == world.state(state.request_id)
        assert folded.name is StateName.LAPSED


@pytest.mark.parametrize("name", ["clock", "exchange", "investigator"])
def test_nobody_submits_a_clock_statement(world: World, name: str) -> None:
    state = preserved(world)
    term = state.obligation("preserve")
    assert term is not None
    body = Clock(term.name, term.trigger, term.rule, term.due_ms)
    world.clock.at_ms = term.due_ms
    header = replace(world.header(name, K.CLOCK, state.request_id, state), about=b"")
    forged = world.sign(name, header, body)
    assert rule(world, name, forged) == ("X_NOT_AUTHORISED", "PEER_IS_ISSUER")


def test_an_engine_that_starts_again_knows_what_is_running(world: World) -> None:
    state = preserved(world)
    world.engine.close()
    world.engine = Engine.open(world.files, world.clock, SeededEntropy("again"), NO_FLOODS)
    assert world.engine._core.store.due(state.preserved_until_ms, 9) == [state.request_id]
    world.clock.at_ms = state.preserved_until_ms
    world.engine.publish()
    assert world.state(state.request_id).name is StateName.LAPSED


def test_a_request_from_before_the_clock_is_looked_at_once(world: World) -> None:
    state = preserved(world)
    store = world.engine._core.store
    with store.transaction():
        store.set_due(state.request_id, 0)
    world.engine.publish()
    assert store.due(state.preserved_until_ms - 1, 9) == []
    assert store.due(state.preserved_until_ms, 9) == [state.request_id]
    assert store.due(NEVER, 9) == [state.request_id]
