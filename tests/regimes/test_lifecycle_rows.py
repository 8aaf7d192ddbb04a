# SPDX-License-Identifier: Apache-2.0
"""The rows of the reference's state table that no acceptance statement covers: each transition, its guard, its flag.

One test for each row or guard, under packs that ship. What the rows change in the log or on the wire is not tested here.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from rogatory.protocol.bodies import Acknowledge, RequestKind, Withdraw
from rogatory.protocol.dialogue import (
    Amend,
    Clarify,
    ClarifyRequest,
    Maintain,
    NewDeadline,
    NoGrounds,
    Notify,
    Object,
)
from rogatory.protocol.duties import End, Release
from rogatory.protocol.header import DAY_MS, StatementKind
from rogatory.protocol.ids import uuid7
from rogatory.protocol.keeping import extended_until
from rogatory.protocol.state import RequestState, StateName
from rogatory.protocol.statements import Body, DecisionCode, Extend, Hold, Refuse, Validate
from tests.support.folding import granting, reading
from tests.support.regime_desk import (
    CONTENT,
    EMERGENCY,
    HOUR_MS,
    LOGIN,
    SUBSCRIBER,
    TRAFFIC,
    USUAL,
    Desk,
    law,
    said_no,
)

K = StatementKind
FACTS = {"controller": ("CONTROLLER",), "person.role": ("SUSPECT",)}
EX_POST = USUAL | EMERGENCY | {"validation": ("EX_POST",)}


@pytest.fixture
def desk() -> Desk:
    return Desk(law=law("eu.e-evidence.2023-1543"))


def order(desk: Desk) -> RequestState:
    return desk.validated(desk.ask(SUBSCRIBER))


def reviewed(desk: Desk, *, emergency: bool = False) -> RequestState:
    """Kept, with the enforcing authority told and consulting."""
    facts = USUAL | EMERGENCY if emergency else USUAL
    state = desk.validated(desk.ask(SUBSCRIBER, TRAFFIC, facts=facts, enforcing="enforcer"))
    state = desk.tell("investigator", K.NOTIFY, desk.delivered_to(state), Notify(), addressee=state.enforcing)
    question = ClarifyRequest("CONSULTATION")
    return desk.tell("enforcer", K.CLARIFY_REQUEST, desk.kept(state), question, addressee=state.agency)


def preservation(desk: Desk) -> RequestState:
    return desk.ask(CONTENT, by="prosecutor", kind=RequestKind.PRESERVATION, authority="", facts=FACTS)


def test_issued_is_not_the_providers_before_it_is_valid(desk: Desk) -> None:
    issued = desk.ask(SUBSCRIBER)
    assert issued.name is StateName.ISSUED
    assert said_no(desk.delivered_to, issued)[0] == "X_NOT_FOUND"
    assert order(desk).name is StateName.TRANSMITTED


def test_a_role_that_may_sign_alone_transmits_and_one_that_may_not_waits(desk: Desk) -> None:
    assert desk.ask(SUBSCRIBER, by="prosecutor", authority="").name is StateName.TRANSMITTED
    assert desk.ask(SUBSCRIBER, by="investigator").name is StateName.ISSUED
    derogation = desk.ask(SUBSCRIBER, facts=EX_POST)
    assert derogation.name is StateName.TRANSMITTED
    assert [item.name for item in derogation.holds] == ["EX_POST_VALIDATION_PENDING"]


def test_received_is_said_by_a_person_after_delivery_about_every_task_and_clocks_have_started(
    desk: Desk,
) -> None:
    state = order(desk)
    assert said_no(desk.tell, "compliance", K.RECEIVE, state, reading(state))[2] == "DELIVERED_FIRST"
    state = desk.delivered_to(state)
    assert [item.name for item in state.obligations if not item.met] == ["objection", "produce"]
    nothing = replace(reading(state), opened=())
    assert said_no(desk.tell, "compliance", K.RECEIVE, state, nothing)[0] == "X_SECTION_NOT_OPENED"
    assert desk.tell("compliance", K.RECEIVE, state, reading(state)).name is StateName.RECEIVED


def test_received_is_preserved_by_its_kind(desk: Desk) -> None:
    assert desk.kept(order(desk)).name is StateName.PRESERVING
    assert desk.kept(preservation(desk)).name is StateName.PRESERVED


def test_preserving_waits_for_the_enforcing_authority_but_in_an_emergency(desk: Desk) -> None:
    assert reviewed(desk).name is StateName.AWAITING_ENFORCING_AUTHORITY
    assert reviewed(desk, emergency=True).name is StateName.PRESERVING


def test_awaiting_goes_on_when_no_ground_is_raised_or_its_time_is_over(desk: Desk) -> None:
    state = reviewed(desk)
    free = desk.tell("enforcer", K.NO_GROUNDS, state, NoGrounds(), addressee=state.agency)
    assert free.name is StateName.EXECUTING
    desk.wait(11 * DAY_MS)
    assert desk.strike(state).name is StateName.EXECUTING


@pytest.mark.parametrize("emergency", [False, True], ids=["waiting", "executing"])
def test_a_conditional_refusal_binds_the_use_and_lets_delivery_go_on(desk: Desk, *, emergency: bool) -> None:
    state = reviewed(desk, emergency=emergency)
    body = Refuse("E_FUNDAMENTAL_RIGHTS", (), conditional=True)
    after = desk.tell("enforcer", K.REFUSE, state, body, addressee=state.agency)
    assert "CONDITIONS_OF_USE" in after.flags
    assert after.open_tasks == (1, 2)
    assert after.suspended is None
    assert desk.disclosed(after, task1="DELIVERED", task2="DELIVERED").name is StateName.DELIVERED


def test_a_refusal_has_a_code_of_who_refuses(desk: Desk) -> None:
    state = reviewed(desk)
    assert said_no(desk.enforcing_says_no, state, "P_OTHER")[2] == "refusal/enforcing"
    said = said_no(desk.tell, "compliance", K.REFUSE, desk.kept(order(desk)), Refuse("E_FUNDAMENTAL_RIGHTS"))
    assert said[2] == "refusal/provider"
    assert desk.enforcing_says_no(state, "E_NE_BIS_IN_IDEM").name is StateName.REFUSED


def test_a_refusal_of_the_provider_leaves_the_data_where_they_are(desk: Desk) -> None:
    state = desk.kept(order(desk))
    after = desk.tell("compliance", K.REFUSE, state, Refuse("P_DE_FACTO_IMPOSSIBILITY"))
    assert (after.name, after.preserved_until_ms) == (StateName.REFUSED, state.preserved_until_ms)
    assert said_no(desk.tell, "compliance", K.RELEASE, after, Release())[::2] == (
        "X_STATE_NOT_ALLOWED",
        "STATE.REFUSED",
    )


@pytest.mark.parametrize("answer", ["clarify", "adapt", "maintain", "new deadline"])
def test_a_hold_ends_with_each_answer_of_the_issuer_and_delivery_goes_on(desk: Desk, answer: str) -> None:
    state = desk.kept(desk.validated(desk.ask(SUBSCRIBER, SUBSCRIBER)))
    state = desk.tell("compliance", K.CLARIFY_REQUEST, state, ClarifyRequest("SCOPE_UNCLEAR"))
    asked, produce = state.holds[0].digest, state.obligation("produce")
    assert produce is not None
    assert said_no(desk.disclosed, state)[2] == "HOLD.CLARIFICATION_PENDING"
    answers: dict[str, tuple[StatementKind, Body]] = {
        "clarify": (K.CLARIFY, Clarify()),
        "adapt": (K.AMEND, Amend(state.granted[:1])),
        "maintain": (K.MAINTAIN, Maintain()),
        "new deadline": (K.NEW_DEADLINE, NewDeadline(produce.due_ms + DAY_MS)),
    }
    kind, body = answers[answer]
    after = desk.tell("investigator", kind, state, body, asked)
    clock = after.obligation("clarification")
    assert clock is not None
    assert (after.holds, after.suspended, clock.met) == ((), None, True)
    assert desk.disclosed(after).open_tasks == (() if answer == "adapt" else (2,))


def test_an_objection_is_answered_by_a_smaller_scope_and_never_by_a_larger(desk: Desk) -> None:
    state = desk.kept(desk.validated(desk.ask(SUBSCRIBER, SUBSCRIBER)))
    less = desk.tell("investigator", K.AMEND, state, Amend(state.granted[:1]))
    held = desk.tell("compliance", K.OBJECT, less, Object("P_IMMUNITY_OR_PRESS"))
    said = said_no(desk.tell, "investigator", K.AMEND, held, Amend(state.granted), held.holds[0].digest)
    assert said == ("X_SCOPE_EXCEEDED", "body.granted", "ANSWER_NARROWS")


def test_delivery_stays_within_what_is_authorised(desk: Desk) -> None:
    state = desk.kept(order(desk))
    assert said_no(desk.disclosed, state, task2="DELIVERED")[0] == "X_SCOPE_EXCEEDED"
    done = desk.disclosed(state)
    assert done.name is StateName.DELIVERED
    assert said_no(desk.disclosed, done)[0] == "X_STATE_NOT_ALLOWED"


def test_held_data_have_no_end_but_the_issuers_word(desk: Desk) -> None:
    state = desk.kept(preservation(desk))
    held = desk.tell("prosecutor", K.HOLD, state, Hold(uuid7(desk.clock, desk.entropy)))
    assert held.name is StateName.HELD_FOR_PRODUCTION
    assert said_no(desk.tell, "compliance", K.RELEASE, held, Release())[0] == "X_STATE_NOT_ALLOWED"
    assert said_no(desk.tell, "prosecutor", K.EXTEND, held, Extend(extended_until(held, desk.pack)))[2] == (
        "STATE.HELD_FOR_PRODUCTION"
    )
    extended = desk.tell("prosecutor", K.EXTEND, state, Extend(extended_until(state, desk.pack)))
    again = desk.tell("prosecutor", K.HOLD, extended, Hold(uuid7(desk.clock, desk.entropy)))
    assert again.name is StateName.HELD_FOR_PRODUCTION


@pytest.mark.parametrize(
    "where", ["issued", "transmitted", "received", "awaiting", "delivered", "kept", "held"]
)
def test_the_issuer_takes_back_from_every_open_state(desk: Desk, where: str) -> None:
    state = desk.ask(SUBSCRIBER)
    if where in {"kept", "held"}:
        state = desk.kept(preservation(desk))
    elif where == "awaiting":
        state = reviewed(desk)
    elif where != "issued":
        state = desk.validated(state)
    if where == "received":
        state = desk.tell("compliance", K.RECEIVE, desk.delivered_to(state), reading(state))
    elif where == "delivered":
        state = desk.disclosed(desk.kept(state))
    elif where == "held":
        state = desk.tell("prosecutor", K.HOLD, state, Hold(uuid7(desk.clock, desk.entropy)))
    name = "prosecutor" if where in {"kept", "held"} else "investigator"
    after = desk.tell(name, K.WITHDRAW, state, Withdraw("NO_LONGER_NEEDED"), state.issue_digest)
    assert after.name is StateName.WITHDRAWN
    again = said_no(desk.tell, name, K.WITHDRAW, after, Withdraw("ERROR"), state.issue_digest)
    assert again[0] == "X_OBJECT_TERMINAL"


def test_an_ended_preservation_is_released_after_the_grace_and_not_before(desk: Desk) -> None:
    state = desk.kept(preservation(desk))
    ended = desk.tell("prosecutor", K.END, state, End())
    assert said_no(desk.tell, "compliance", K.RELEASE, ended, Release())[2].endswith("release_after")
    desk.wait(25 * HOUR_MS)
    assert desk.tell("compliance", K.RELEASE, ended, Release()).name is StateName.RELEASED


def test_a_validation_that_is_refused_afterwards_takes_back_what_was_delivered(desk: Desk) -> None:
    state = desk.disclosed(desk.kept(desk.ask(SUBSCRIBER, facts=EX_POST)))
    no = Validate(DecisionCode.REFUSE, "A_NOT_NECESSARY")
    after = desk.tell("judge", K.VALIDATE, state, no, state.issue_digest)
    assert (after.name, "DELETE_OR_RESTRICT" in after.flags) == (StateName.WITHDRAWN, True)
    yes = desk.validated(state, granting(state))
    assert (yes.name, yes.holds, yes.flags) == (state.name, (), state.flags)


def test_what_was_frozen_for_a_refused_request_is_let_go_when_nobody_needs_it_and_an_answer_that_came_before_is_still_taken_in(
    desk: Desk,
) -> None:
    state = desk.kept(desk.validated(desk.ask(SUBSCRIBER, LOGIN)))
    answered = desk.disclosed(state, task1="DELIVERED")
    whole = desk.tell("compliance", K.REFUSE, state, Refuse("P_OTHER"))
    assert said_no(desk.tell, "compliance", K.RELEASE, whole, Release())[2] == "STATE.REFUSED"
    ended = desk.tell("investigator", K.END, whole, End())
    assert desk.tell("compliance", K.RELEASE, ended, Release()).name is StateName.RELEASED
    taken_back = desk.tell(
        "investigator", K.WITHDRAW, answered, Withdraw("NO_LONGER_NEEDED"), answered.issue_digest
    )
    desk.wait(2 * DAY_MS)
    gone = desk.tell("compliance", K.RELEASE, taken_back, Release())
    about = gone.disclosures[0].manifest
    taken = desk.tell("investigator", K.ACKNOWLEDGE, gone, Acknowledge("IN_SCOPE"), about)
    assert (taken.name, taken.disclosures[0].scope_report) == (StateName.RELEASED, "IN_SCOPE")
