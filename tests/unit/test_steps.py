# SPDX-License-Identifier: Apache-2.0
"""Next steps in each state: who must do what, about which statement, until when; and every one of them has its words.

The fold itself is not tested here, only what people are told of it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace

import pytest

from rogatory.client.cli.catalogue import CODES
from rogatory.client.duty import in_one_go
from rogatory.protocol.dialogue import ClarifyRequest, ConfirmOriginChallenge, ProposeNarrowing
from rogatory.protocol.header import StatementKind
from rogatory.protocol.lifecycle_table import TABLE
from rogatory.protocol.state import TERMINAL, Flag, HoldName, Obligation, Open, RequestState, StateName
from rogatory.protocol.statements import (
    Acknowledge,
    DecisionCode,
    Preserve,
    RequestKind,
    TaskOutcome,
    Validate,
)
from rogatory.protocol.steps import Step, next_steps
from tests.support.folding import Folding, obligation, whole
from tests.support.project import ROOT, syntax


@pytest.fixture
def desk() -> Folding:
    return Folding()


def told(state: RequestState) -> list[tuple[str, bytes]]:
    """What has to be done, and whose it is."""
    return [(step.code, step.unit.org) for step in next_steps(state)]


def only(state: RequestState) -> Step:
    (step,) = next_steps(state)
    return step


def preserved(desk: Folding, kind: RequestKind = RequestKind.DISCLOSURE) -> RequestState:
    state = desk.received(kind=kind)
    until = obligation(state, "produce" if kind is RequestKind.DISCLOSURE else "preserve").due_ms
    body = Preserve(tuple(TaskOutcome(number, "PRESERVED") for number in state.open_tasks), until)
    return desk.act("compliance", StatementKind.PRESERVE, state, state.order_digest, body)


def test_each_state_names_the_one_who_must_act(desk: Folding) -> None:
    agency, judge, provider = (desk.address(name).org for name in ("investigator", "judge", "provider"))
    issued = desk.issued()
    assert told(issued) == [("DECIDE", judge)]
    assert only(issued).about == issued.issue_digest
    returned = desk.act(
        "judge", StatementKind.VALIDATE, issued, issued.issue_digest,
        Validate(DecisionCode.RETURN, "A_GROUNDS_INSUFFICIENT", (), ()), addressee=issued.agency,
    )  # fmt: skip
    assert told(returned) == [("CORRECT", agency)]
    assert told(desk.transmitted()) == [("RECEIVE", provider)]
    delivered = desk.delivered()
    assert only(delivered).due_ms == obligation(delivered, "produce").due_ms
    assert told(desk.received()) == [("PRESERVE", provider)]
    state = preserved(desk)
    assert told(state) == [("ANSWER", provider)]
    answered = desk.answered(state, task1="DELIVERED")
    assert ("TAKE_IN", agency) in told(answered)
    assert ("ANSWER", provider) not in told(answered)
    (given,) = answered.disclosures
    closed = desk.act(
        "investigator", StatementKind.ACKNOWLEDGE, answered, given.manifest,
        Acknowledge("IN_SCOPE"), addressee=answered.provider,
    )  # fmt: skip
    assert {code for code, _org in told(closed)} <= {"TELL_PERSON"}


def test_a_question_moves_the_step_to_the_asking_side_and_rests_the_answer(desk: Folding) -> None:
    state = preserved(desk)
    asked = desk.act(
        "compliance", StatementKind.CLARIFY_REQUEST, state, state.order_digest,
        ClarifyRequest("SCOPE_UNCLEAR", ()), addressee=state.agency,
    )  # fmt: skip
    step = only(asked)
    assert (step.code, step.unit, step.about) == ("ANSWER_QUESTION", state.agency, asked.holds[0].digest)
    assert step.due_ms == obligation(asked, "clarification").due_ms
    challenged = desk.act(
        "compliance", StatementKind.CONFIRM_ORIGIN_CHALLENGE, state, state.order_digest,
        ConfirmOriginChallenge(), addressee=state.agency,
    )  # fmt: skip
    assert told(challenged) == [("CONFIRM_ORIGIN", state.agency.org)]


def test_a_proposal_is_a_step_beside_the_answer(desk: Folding) -> None:
    state = preserved(desk)
    smaller = tuple(replace(item, elements=item.elements[:1]) for item in whole(state))
    proposed = desk.act(
        "compliance", StatementKind.PROPOSE_NARROWING, state, state.order_digest,
        ProposeNarrowing(smaller), addressee=state.agency,
    )  # fmt: skip
    assert told(proposed) == [("ANSWER", state.provider.org), ("DECIDE_PROPOSAL", state.agency.org)]


def test_what_is_preserved_is_extended_or_ended_and_let_go_afterwards(desk: Folding) -> None:
    state = preserved(desk, RequestKind.PRESERVATION)
    step = only(state)
    assert (step.code, step.quiet, step.due_ms) == (
        "EXTEND_OR_END",
        True,
        obligation(state, "preserve").due_ms,
    )
    ended = replace(state, flags=state.flagged(Flag.ENDED))
    assert told(ended) == [("RELEASE", state.provider.org)]
    assert told(replace(state, name=StateName.LAPSED)) == [("RELEASE", state.provider.org)]
    assert told(replace(state, name=StateName.HELD_FOR_PRODUCTION)) == []


@pytest.mark.parametrize(
    ("hold", "code", "whose"),
    [
        (HoldName.EX_POST_VALIDATION_PENDING, "DECIDE_AFTERWARDS", lambda s: s.authority),
        (HoldName.WIDENING_PENDING, "DECIDE_WIDENING", lambda s: s.authority),
        (HoldName.COURT_REMEDY, "DECIDE_OBJECTION", lambda s: s.agency),
        (HoldName.IMMUNITY_OBJECTION, "DECIDE_OBJECTION", lambda s: s.agency),
        (HoldName.THIRD_COUNTRY_REVIEW, "DECIDE_OBJECTION", lambda s: s.agency),
        (HoldName.EA_REVIEW, "REVIEW", lambda s: s.enforcing),
    ],
)
def test_every_hold_is_somebodys_step(
    desk: Folding, hold: HoldName, code: str, whose: Callable[[RequestState], object]
) -> None:
    state = replace(desk.received(), enforcing=desk.address("enforcer"))
    held = replace(state, holds=(Open(hold.value, b"\7" * 32, state.provider.org, 20, suspends=True),))
    (step,) = [item for item in next_steps(held) if item.about == b"\7" * 32]
    assert (step.code, step.unit) == (code, whose(state))
    over = replace(held, name=StateName.WITHDRAWN)
    assert all(item.about != b"\7" * 32 for item in next_steps(over))


def test_there_is_no_hold_that_is_nobodys_step(desk: Folding) -> None:
    state = replace(desk.received(), enforcing=desk.address("enforcer"))
    for hold in HoldName:
        held = replace(state, holds=(Open(hold.value, b"\7" * 32, state.provider.org, 20, suspends=True),))
        assert any(item.about == b"\7" * 32 for item in next_steps(held)), hold


def test_a_duty_to_delete_outlives_the_request(desk: Folding) -> None:
    state = desk.received()
    gone = replace(
        state,
        name=StateName.WITHDRAWN,
        flags=state.flagged(Flag.DELETE_OR_RESTRICT),
        obligations=(Obligation("error", "rule", 20, 5000), Obligation("notice", "rule", 20, 9000)),
    )
    assert [(step.code, step.due_ms, step.quiet) for step in next_steps(gone)] == [
        ("ATTEST_DELETION", 5000, False),
        ("TELL_PERSON", 9000, True),
    ]


def test_what_is_met_or_over_reminds_nobody(desk: Folding) -> None:
    state = desk.delivered()
    met = tuple(replace(item, met=True) for item in state.obligations)
    assert only(replace(state, obligations=met)).due_ms is None
    page_ack = TABLE[StatementKind.PAGE_ACK].states
    assert not page_ack & TERMINAL
    assert state.name in page_ack


def test_every_step_has_its_words() -> None:
    tree = syntax(ROOT / "proto" / "rogatory" / "protocol" / "steps.py")
    texts = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    steps = {text for text in texts if text.isupper() and text.replace("_", "").isalpha()}
    assert len(steps) >= 17
    assert {code for code in steps if not CODES.get(f"step.{code}")} == set()
    assert {code for code in steps if not CODES.get(f"step.{in_one_go(code)}")} == set()
    spoken = {code.removeprefix("step.") for code in CODES if code.startswith("step.")}
    assert spoken - steps == {"WORK"}
