# SPDX-License-Identifier: Apache-2.0
"""A random run: whatever people try, the exchange's state is the fold of the envelopes that it accepted.

Moves are drawn without regard to whether they are allowed, so refusals are most of the run; after each move every
party that sees the request folds the same state, and a refusal has changed nothing. It is no proof that the rules are
right: the tests of the lifecycle name those one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import pytest

from rogatory.protocol.errors import NotAuthorised
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
from tests.support.folding import reading, whole
from tests.support.realm import SeededEntropy

T = TypeVar("T")

STEPS = 80
PEOPLE = ("investigator", "prosecutor", "judge", "provider-service", "compliance")
# Most acts are tried by whom they belong to, so that a run gets somewhere.
RIGHT = {
    StatementKind.VALIDATE: "judge",
    StatementKind.DELIVERED: "provider-service",
    StatementKind.RECEIVE: "compliance",
    StatementKind.PRESERVE: "compliance",
    StatementKind.REFUSE: "compliance",
    StatementKind.WITHDRAW: "investigator",
    StatementKind.ACKNOWLEDGE: "investigator",
    StatementKind.REPORT_EXCESS: "investigator",
}
OUTCOMES = ("DELIVERED", "NO_RECORD", "NOT_HELD", "PRESERVED")


class Run:
    """Random acts on up to three requests, repeatable from the seed."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.world = World.build(folder)
        self.draws = SeededEntropy(f"run {seed}")
        self.requests: list[bytes] = []
        self.accepted = 0
        self.refused = 0

    def choose(self, items: Sequence[T]) -> T:
        return items[int.from_bytes(self.draws.token(4), "big") % len(items)]

    def step(self) -> None:
        move = self.choose(("act", "act", "act", "act", "disclose", "issue", "wait"))
        if move == "issue" or not self.requests:
            if len(self.requests) < 3:
                self.issue()
        elif move == "wait":
            self.world.clock.at_ms += self.choose(range(1, 100)) * 3_600_000
        else:
            state = self.world.state(self.choose(self.requests))
            name, envelope = self.act(state) if move == "act" else self.disclose(state)
            self.submit(name, state, envelope)
            self.compare(state.request_id, self.choose(("investigator", "judge", "compliance", "inspector")))

    def issue(self) -> None:
        tasks = [Wanted(), Wanted("msisdn", "+15550100123", ("call_record",))]
        kind = self.choose(list(RequestKind))
        request_id, envelope = self.world.issue(kind=kind, tasks=tasks[: self.choose((1, 2))])
        (result,) = self.world.submit("investigator", envelope)
        assert result.receipt is not None
        self.requests.append(request_id)

    def act(self, state: RequestState) -> tuple[str, bytes]:
        kind, about, body = self.choose(moves(state))
        name = self.choose((RIGHT[kind], RIGHT[kind], self.choose(PEOPLE)))
        return name, self.world.answer(name, kind, state, about, body)

    def disclose(self, state: RequestState) -> tuple[str, bytes]:
        tasks = self.choose(((1,), (2,), (1, 2)))
        return "compliance", self.world.disclose(state, {n: self.choose(OUTCOMES) for n in tasks})

    def submit(self, name: str, before: RequestState, envelope: bytes) -> None:
        size = self.world.engine.size
        (result,) = self.world.submit(name, envelope)
        self.world.verify(result)
        assert self.world.engine.size == size + 1
        if result.rejection is not None:
            assert self.world.state(before.request_id) == before
            self.refused += 1
        else:
            self.accepted += 1

    def compare(self, request_id: bytes, name: str) -> None:
        kept = self.world.state(request_id)
        try:
            folded, _receipts = self.world.folded(name, request_id)
        except NotAuthorised:
            assert name == "compliance"
            assert not kept.transmitted
        else:
            assert folded == kept


@pytest.mark.parametrize("seed", range(6))
def test_state_is_the_fold_of_what_was_accepted_whatever_people_try(tmp_path: Path, seed: int) -> None:
    run = Run(tmp_path, seed)
    for _ in range(STEPS):
        run.step()
    for request_id in run.requests:
        for name in ("investigator", "judge", "compliance", "inspector"):
            run.compare(request_id, name)
    assert run.accepted > 4, "the run must get somewhere"
    assert run.refused > 10, "the run must try what is not allowed"


def moves(state: RequestState) -> list[tuple[StatementKind, bytes, Body]]:
    """Acts that somebody might try in this state, sensible or not."""
    asked = whole(state)
    opened = tuple(sorted(ref.object_digest for ref in state.sections))
    until = max((item.due_ms for item in state.obligations), default=1)
    kept = tuple(TaskOutcome(n, "PRESERVED") for n in state.open_tasks) or (TaskOutcome(1, "PRESERVED"),)
    order = state.order_digest or bytes(32)
    found: list[tuple[StatementKind, bytes, Body]] = [
        (StatementKind.VALIDATE, state.issue_digest, Validate(DecisionCode.GRANT, "", asked, opened)),
        (
            StatementKind.VALIDATE,
            state.issue_digest,
            Validate(DecisionCode.GRANT_NARROWED, "", asked[:1], opened),
        ),
        (StatementKind.VALIDATE, state.issue_digest, Validate(DecisionCode.RETURN, "A_NOT_NECESSARY")),
        (StatementKind.DELIVERED, order, Delivered()),
        (StatementKind.RECEIVE, order, reading(state)),
        (StatementKind.PRESERVE, order, Preserve(kept, until)),
        (StatementKind.REFUSE, order, Refuse("P_OTHER", state.open_tasks[:1])),
        (StatementKind.WITHDRAW, order, Withdraw("ERROR")),
    ]
    for record in state.disclosures:
        found.append((StatementKind.ACKNOWLEDGE, record.manifest, Acknowledge("IN_SCOPE")))
        found.append((StatementKind.REPORT_EXCESS, record.manifest, ReportExcess(record.tasks, "MINOR")))
    return found
