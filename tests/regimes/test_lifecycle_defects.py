# SPDX-License-Identifier: Apache-2.0
"""What a statement must not do beside what it says: end a review, a debt or a clock that is somebody else's.

Signed, verified and folded under the packs that ship. The regimes' own statements are tested beside this, not here.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from rogatory.protocol.bodies import Refuse
from rogatory.protocol.dialogue import Amend, ClarifyRequest, Maintain, NewDeadline, Notify, ProposeNarrowing
from rogatory.protocol.duties import Rescind
from rogatory.protocol.header import StatementKind
from rogatory.protocol.state import StateName
from tests.support.regime_desk import (
    AT_HOME,
    EMERGENCY,
    HOUR_MS,
    LOGIN,
    SUBSCRIBER,
    TRAFFIC,
    USUAL,
    Desk,
    said_no,
)

K = StatementKind


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_later_deadline_does_not_end_the_review_of_the_enforcing_authority(desk: Desk) -> None:
    state = desk.ask(TRAFFIC, by="judge", authority="", enforcing="enforcer")
    assert [item.name for item in state.holds] == ["EA_REVIEW"]
    state = desk.kept(desk.delivered_to(state))
    produce = state.obligation("produce")
    assert produce is not None
    after = desk.tell("judge", K.NEW_DEADLINE, state, NewDeadline(produce.due_ms + HOUR_MS))
    assert [item.name for item in after.holds] == ["EA_REVIEW"]
    assert after.suspended is not None


def test_a_later_deadline_does_not_settle_a_validation_that_is_owed(desk: Desk) -> None:
    state = desk.ask(SUBSCRIBER, facts=USUAL | EMERGENCY | {"validation": ("EX_POST",)})
    state = desk.kept(state)
    produce = state.obligation("produce")
    assert produce is not None
    after = desk.tell("investigator", K.NEW_DEADLINE, state, NewDeadline(produce.due_ms + HOUR_MS))
    assert [item.name for item in after.holds] == ["EX_POST_VALIDATION_PENDING"]


def test_a_question_that_is_answered_by_keeping_the_request_lets_no_clock_run_on(desk: Desk) -> None:
    state = desk.kept(desk.validated(desk.ask(SUBSCRIBER)))
    state = desk.tell("compliance", K.CLARIFY_REQUEST, state, ClarifyRequest("SCOPE_UNCLEAR"))
    asked = state.holds[0].digest
    after = desk.tell("investigator", K.MAINTAIN, state, Maintain(), asked)
    clock = after.obligation("clarification")
    assert clock is not None
    assert (clock.met, after.holds) == (True, ())


def test_who_may_not_validate_a_request_does_not_take_its_validation_back(desk: Desk) -> None:
    state = desk.validated(desk.ask(TRAFFIC, facts=USUAL | AT_HOME))
    refusal = said_no(desk.tell, "prosecutor", K.RESCIND, state, Rescind("ERROR"), state.issue_digest)
    assert refusal == ("X_AUTHORITY_NOT_COMPETENT", "header.issuer.role", "authority/2/validate")
    after = desk.tell("judge", K.RESCIND, state, Rescind("ERROR"), state.issue_digest)
    assert after.name is StateName.WITHDRAWN


def test_a_request_whose_last_open_task_is_dropped_is_answered(desk: Desk) -> None:
    state = desk.kept(desk.validated(desk.ask(SUBSCRIBER, LOGIN)))
    state = desk.disclosed(state, task1="DELIVERED")
    assert state.name is StateName.EXECUTING
    after = desk.tell("investigator", K.AMEND, state, Amend(state.granted[:1]))
    assert after.name is StateName.DELIVERED
    assert after.tasks[1].outcome == "NARROWED"


def test_a_request_of_which_only_what_was_refused_is_left_is_refused(desk: Desk) -> None:
    state = desk.kept(desk.validated(desk.ask(SUBSCRIBER, LOGIN)))
    state = desk.tell("compliance", K.REFUSE, state, Refuse("P_OTHER", (1,)))
    assert state.name is StateName.EXECUTING
    assert desk.tell("investigator", K.AMEND, state, Amend(state.granted[:1])).name is StateName.REFUSED


def test_what_has_its_answer_is_dropped_by_no_proposal(desk: Desk) -> None:
    state = desk.kept(desk.validated(desk.ask(SUBSCRIBER, LOGIN)))
    state = desk.disclosed(state, task1="DELIVERED")
    proposal = ProposeNarrowing(state.granted[1:])
    assert said_no(desk.tell, "compliance", K.PROPOSE_NARROWING, state, proposal) == (
        "X_SCOPE_EXCEEDED",
        "body.granted",
        "ANSWERED_TASK",
    )


def test_a_request_whose_last_open_task_is_refused_in_review_is_answered(desk: Desk) -> None:
    state = desk.validated(desk.ask(SUBSCRIBER, TRAFFIC, enforcing="enforcer", facts=USUAL | EMERGENCY))
    state = desk.tell("investigator", K.NOTIFY, desk.delivered_to(state), Notify(), addressee=state.enforcing)
    state = desk.disclosed(desk.kept(state), task1="DELIVERED")
    question = ClarifyRequest("CONSULTATION")
    state = desk.tell("enforcer", K.CLARIFY_REQUEST, state, question, addressee=state.agency)
    after = desk.enforcing_says_no(state, "E_FUNDAMENTAL_RIGHTS", 2)
    assert after.name is StateName.DELIVERED
    assert replace(after, name=state.name).open_tasks == ()
