# SPDX-License-Identifier: Apache-2.0
"""Stages of a request and acts on it, each in one word, for tests that let acts race.

A stage submits what leads to it. An act only signs: who, and the bytes, on the state that it is given, seen or stale;
whether that is allowed is not asked here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from rogatory.protocol.header import StatementKind
from rogatory.protocol.state import RequestState
from rogatory.protocol.statements import (
    Acknowledge,
    Body,
    DecisionCode,
    Delivered,
    Preserve,
    Refuse,
    ReportExcess,
    RequestKind,
    TaskOutcome,
    Validate,
    Withdraw,
)
from tests.support.acts import Wanted, World
from tests.support.folding import granting, reading

ONE: Final = (Wanted(),)
TWO: Final = (Wanted(), Wanted("account_id", "other-user@mail.example", ("name",)))

# Who signs, and the signed bytes.
Act = Callable[[World, RequestState], tuple[str, bytes]]
Stage = Callable[[World], RequestState]


# Stages.


def put(world: World, name: str, envelope: bytes) -> None:
    """Submits a statement that must go in."""
    (result,) = world.submit(name, envelope)
    assert result.receipt is not None, world.rejection(result).statement.body


def asked(tasks: tuple[Wanted, ...] = ONE, kind: RequestKind = RequestKind.DISCLOSURE) -> Stage:
    """A request that waits for its authority."""

    def stage(world: World) -> RequestState:
        request_id, envelope = world.issue(kind=kind, tasks=tasks)
        put(world, "investigator", envelope)
        return world.state(request_id)

    return stage


def after(stage: Stage, *acts: Act) -> Stage:
    """A stage and then some acts, each on the state before it."""

    def later(world: World) -> RequestState:
        state = stage(world)
        for one in acts:
            put(world, *one(world, state))
            state = world.state(state.request_id)
        return state

    return later


# Acts.


def by(name: str, kind: StatementKind, make: Callable[[RequestState], tuple[bytes, Body]]) -> Act:
    """An act of one person: ``make`` gives what it is about and what it says."""

    def sign(world: World, state: RequestState) -> tuple[str, bytes]:
        about, body = make(state)
        return name, world.answer(name, kind, state, about, body)

    return sign


def grant(name: str, *numbers: int) -> Act:
    return by(name, StatementKind.VALIDATE, lambda s: (s.issue_digest, granting(s, *numbers)))


def decline(name: str, decision: DecisionCode) -> Act:
    body = Validate(decision, "A_NOT_NECESSARY")
    return by(name, StatementKind.VALIDATE, lambda state: (state.issue_digest, body))


def reissue(name: str) -> Act:
    def sign(world: World, state: RequestState) -> tuple[str, bytes]:
        _request_id, envelope = world.issue(name, tasks=ONE, returned=state)
        return name, envelope

    return sign


def withdraw(name: str = "investigator") -> Act:
    return by(name, StatementKind.WITHDRAW, lambda state: (state.issue_digest, Withdraw("ERROR")))


def withdraw_as_first_issued(name: str = "investigator") -> Act:
    """Takes back what the request was at first, though it was replaced meanwhile."""
    return by(name, StatementKind.WITHDRAW, lambda state: (state.superseded[0].issue, Withdraw("ERROR")))


def _preserve(state: RequestState) -> tuple[bytes, Body]:
    until = max(item.due_ms for item in state.obligations)
    tasks = state.open_tasks or tuple(item.number for item in state.granted)
    return state.order_digest, Preserve(tuple(TaskOutcome(n, "PRESERVED") for n in tasks), until)


DELIVER: Final = by("provider-service", StatementKind.DELIVERED, lambda s: (s.order_digest, Delivered()))
RECEIVE: Final = by("compliance", StatementKind.RECEIVE, lambda s: (s.order_digest, reading(s)))
PRESERVE: Final = by("compliance", StatementKind.PRESERVE, _preserve)
EXCESS: Final = by(
    "investigator",
    StatementKind.REPORT_EXCESS,
    lambda s: (s.disclosures[0].manifest, ReportExcess((1,), "MINOR")),
)


def refuse(*numbers: int) -> Act:
    return by("compliance", StatementKind.REFUSE, lambda s: (s.order_digest, Refuse("P_OTHER", numbers)))


def disclose(*numbers: int) -> Act:
    return lambda world, state: ("compliance", world.disclose(state, dict.fromkeys(numbers, "DELIVERED")))


def acknowledge(name: str) -> Act:
    body = Acknowledge("IN_SCOPE")
    return by(name, StatementKind.ACKNOWLEDGE, lambda state: (state.disclosures[0].manifest, body))


def received(tasks: tuple[Wanted, ...] = ONE, kind: RequestKind = RequestKind.DISCLOSURE) -> Stage:
    return after(asked(tasks, kind), grant("judge"), DELIVER, RECEIVE)
