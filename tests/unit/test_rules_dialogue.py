# SPDX-License-Identifier: Apache-2.0
"""Rules of questions, of a smaller or larger scope, and of a preservation's term: each refuses what it is there to refuse.

Pure: statements signed and folded, no engine. Which codes exist is the pack's matter.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rogatory.protocol.bodies import DecisionCode, GrantedTask
from rogatory.protocol.dialogue import (
    Amend,
    Clarify,
    ClarifyRequest,
    ConfirmOrigin,
    ConfirmOriginChallenge,
    NewDeadline,
    Notify,
    Object,
    ProposeNarrowing,
)
from rogatory.protocol.duties import End, Extend, Hold, Release
from rogatory.protocol.header import DAY_MS, StatementKind
from rogatory.protocol.ids import uuid7
from rogatory.protocol.keeping import extended_until, released_from
from rogatory.protocol.state import Flag, HoldName, Open, RequestState, StateName
from rogatory.protocol.statements import Refuse, RequestKind, TaskOutcome, Validate
from tests.support.folding import granting
from tests.support.regime_desk import SUBSCRIBER, TRAFFIC, Desk, said_no

K = StatementKind


@pytest.fixture
def desk() -> Desk:
    return Desk()


def rule(desk: Desk, *said: Any, **other: Any) -> str:  # noqa: ANN401 - as ``tell``
    return said_no(desk.tell, *said, **other)[2]


def two(desk: Desk) -> RequestState:
    return desk.validated(desk.ask(SUBSCRIBER, SUBSCRIBER))


def kept(desk: Desk) -> RequestState:
    return desk.kept(desk.validated(desk.ask(SUBSCRIBER, kind=RequestKind.PRESERVATION)))


def shorter(task: GrantedTask, **other: Any) -> GrantedTask:  # noqa: ANN401 - fields of a task
    return replace(task, **other)


def test_a_question_is_of_the_packs_list_about_tasks_that_exist_and_the_order(desk: Desk) -> None:
    state = two(desk)
    assert rule(desk, "compliance", K.CLARIFY_REQUEST, state, ClarifyRequest("WHY")) == "questions"
    unknown = ClarifyRequest("SCOPE_UNCLEAR", (3,))
    assert rule(desk, "compliance", K.CLARIFY_REQUEST, state, unknown) == "TASK_EXISTS"
    asked = ClarifyRequest("SCOPE_UNCLEAR")
    assert rule(desk, "compliance", K.CLARIFY_REQUEST, state, asked, state.issue_digest) == "ABOUT.ORDER"
    judge = desk.tell("judge", K.CLARIFY_REQUEST, state, asked, addressee=state.agency)
    assert [(hold.name, hold.suspends) for hold in judge.holds] == [("CLARIFICATION_PENDING", False)]
    assert judge.consulted == ()


def test_an_answer_is_about_a_question_that_is_open_and_the_clock_stops_with_the_last(desk: Desk) -> None:
    one = desk.tell("compliance", K.CLARIFY_REQUEST, two(desk), ClarifyRequest("SCOPE_UNCLEAR"))
    more = desk.tell("compliance", K.CLARIFY_REQUEST, one, ClarifyRequest("PERIOD_UNCLEAR"))
    assert rule(desk, "investigator", K.CLARIFY, more, Clarify(), more.order_digest) == "ABOUT.HOLD"
    left = desk.tell("investigator", K.CLARIFY, more, Clarify(), more.holds[0].digest)
    assert left.suspended == more.holds[1]
    assert [o.met for o in left.obligations if o.name == "clarification"] == [False]
    done = desk.tell("investigator", K.CLARIFY, left, Clarify(), left.holds[0].digest)
    assert (done.holds, [o.met for o in done.obligations if o.name == "clarification"]) == ((), [True])


def test_the_origin_is_asked_for_once_and_confirmed_by_a_third_officer(desk: Desk) -> None:
    state = desk.tell("compliance", K.CONFIRM_ORIGIN_CHALLENGE, two(desk), ConfirmOriginChallenge())
    assert rule(desk, "compliance", K.CONFIRM_ORIGIN_CHALLENGE, state, ConfirmOriginChallenge()) == "ONCE"
    about, yes = state.holds[0].digest, ConfirmOrigin(confirmed=True)
    assert rule(desk, "investigator", K.CONFIRM_ORIGIN, state, yes, about) == "THIRD_OFFICER"
    assert desk.tell("second-investigator", K.CONFIRM_ORIGIN, state, yes, about).holds == ()
    no = desk.tell("second-investigator", K.CONFIRM_ORIGIN, state, ConfirmOrigin(confirmed=False), about)
    assert (no.name, no.code, no.holds) == (StateName.WITHDRAWN, "ORIGIN_DENIED", ())


def test_an_objection_has_a_code_of_the_pack_its_reasons_and_its_time(desk: Desk) -> None:
    state = desk.delivered_to(two(desk))
    law = desk.pack.objections["P_THIRD_COUNTRY_CONFLICT"]
    alone, carries = law.never_alone[0], next(b for b in law.bases if b not in law.never_alone)
    for body, expected in (
        (Object("P_NO_TIME"), "objections"),
        (Object("P_THIRD_COUNTRY_CONFLICT"), "objections/P_THIRD_COUNTRY_CONFLICT"),
        (Object("P_THIRD_COUNTRY_CONFLICT", ("MOON",)), "objections/P_THIRD_COUNTRY_CONFLICT"),
        (Object("P_IMMUNITY_OR_PRESS", (carries,)), "objections/P_IMMUNITY_OR_PRESS"),
        (Object("P_THIRD_COUNTRY_CONFLICT", (alone,)), "objections/P_THIRD_COUNTRY_CONFLICT"),
    ):
        assert rule(desk, "compliance", K.OBJECT, state, body) == expected
    reasoned = Object("P_THIRD_COUNTRY_CONFLICT", (carries,))
    objected = desk.tell("compliance", K.OBJECT, state, reasoned)
    assert objected.suspended == Open(
        law.hold, objected.last_digest, desk.realm.row("compliance").org, objected.last_index, suspends=True
    )
    term = state.obligation("objection")
    assert term is not None
    desk.wait(term.due_ms - desk.clock.now_ms())
    assert said_no(desk.tell, "compliance", K.OBJECT, state, reasoned)[0] == "X_TOO_LATE"


def test_a_deadline_only_goes_later_and_is_about_the_order_or_an_objection(desk: Desk) -> None:
    early = two(desk)
    assert rule(desk, "investigator", K.NEW_DEADLINE, early, NewDeadline(1)) == "DEADLINE.LATER"
    state = desk.delivered_to(early)
    term = state.obligation("produce")
    assert term is not None
    later = NewDeadline(term.due_ms + 1)
    assert rule(desk, "investigator", K.NEW_DEADLINE, state, NewDeadline(term.due_ms)) == "DEADLINE.LATER"
    assert rule(desk, "investigator", K.NEW_DEADLINE, state, later, state.issue_digest) == "ABOUT.ORDER"
    overdue = replace(
        state,
        flags=state.flagged(Flag.OVERDUE),
        obligations=tuple(replace(o, fired=True) for o in state.obligations),
    )
    again = desk.tell("investigator", K.NEW_DEADLINE, overdue, later)
    assert Flag.OVERDUE not in again.flags
    assert {o.name: (o.fired, o.due_ms == later.due_ms) for o in again.obligations} == {
        o.name: (o.name != "produce", o.name == "produce") for o in state.obligations
    }
    met = replace(state, obligations=tuple(replace(o, met=True) for o in state.obligations))
    assert rule(desk, "investigator", K.NEW_DEADLINE, met, later) == "DEADLINE.LATER"
    moved = desk.tell("investigator", K.NEW_DEADLINE, state, later)
    assert [o.due_ms for o in moved.obligations if o.name == "produce"] == [later.due_ms]
    objected = desk.tell("compliance", K.OBJECT, state, Object("P_IMMUNITY_OR_PRESS"))
    about = objected.holds[0].digest
    assert desk.tell("investigator", K.NEW_DEADLINE, objected, later, about).holds == ()


def test_a_proposal_narrows_and_is_taken_up_as_it_was_made(desk: Desk) -> None:
    state = desk.validated(desk.ask(SUBSCRIBER, SUBSCRIBER))
    first, second = state.granted
    less = (shorter(first, elements=first.elements[:1]), second)
    assert (
        rule(desk, "compliance", K.PROPOSE_NARROWING, state, ProposeNarrowing(state.granted))
        == "PROPOSAL.NARROWS"
    )
    wider = (shorter(first, first_day=first.first_day - 1), second)
    assert rule(desk, "compliance", K.PROPOSE_NARROWING, state, ProposeNarrowing(wider)) == "PROPOSAL.NARROWS"
    proposed = desk.tell("compliance", K.PROPOSE_NARROWING, state, ProposeNarrowing(less))
    assert proposed.granted == state.granted
    about = proposed.proposals[0].digest
    assert rule(desk, "investigator", K.AMEND, proposed, Amend((first,)), about) == "PROPOSAL.AS_PROPOSED"
    taken = desk.tell("investigator", K.AMEND, proposed, Amend(less), about)
    assert (taken.granted, taken.proposals) == (less, ())


def test_an_amendment_changes_something_within_what_was_issued(desk: Desk) -> None:
    state = desk.validated(desk.ask(SUBSCRIBER, SUBSCRIBER))
    first, second = state.granted
    assert rule(desk, "investigator", K.AMEND, state, Amend(state.granted)) == "AMEND_CHANGES"
    assert rule(desk, "investigator", K.AMEND, state, Amend((first,)), state.issue_digest) == "ABOUT.ORDER"
    for beyond in (
        shorter(first, last_day=first.last_day + 1),
        shorter(first, first_day=first.first_day - 1),
        shorter(first, elements=(*first.elements, "zzz")),
    ):
        assert rule(desk, "investigator", K.AMEND, state, Amend((beyond, second))) == "WITHIN_ISSUE"
    other = shorter(second, number=3)
    assert rule(desk, "investigator", K.AMEND, state, Amend((first, other))) == "WITHIN_ISSUE"
    dropped = desk.tell("investigator", K.AMEND, state, Amend((first,)))
    assert [(item.granted, item.outcome) for item in dropped.tasks] == [(first, ""), (None, "NARROWED")]


def widened(desk: Desk) -> tuple[RequestState, tuple[GrantedTask, ...]]:
    """A narrowed request of which the whole is asked for again."""
    state = desk.validated(desk.ask(SUBSCRIBER, SUBSCRIBER))
    whole = state.granted
    less = desk.tell("investigator", K.AMEND, state, Amend(whole[:1]))
    return desk.tell("investigator", K.AMEND, less, Amend(whole)), whole


def test_a_widening_waits_for_the_authority_alone_and_once(desk: Desk) -> None:
    state, whole = widened(desk)
    assert state.granted == whole[:1]
    assert rule(desk, "investigator", K.AMEND, state, Amend(whole)) == "HOLD.WIDENING_PENDING"
    hold = state.held(HoldName.WIDENING_PENDING)
    assert hold is not None
    opened = granting(state).opened
    for body, expected in (
        (Validate(DecisionCode.GRANT, "", whole[:1], opened), "GRANT_NEVER_WIDENS"),
        (Validate(DecisionCode.GRANT_NARROWED, "", whole, opened), "GRANT_SAYS_WHAT_IT_DOES"),
    ):
        assert rule(desk, "judge", K.VALIDATE, state, body, hold.digest) == expected
    no = Validate(DecisionCode.REFUSE, desk.pack.refusal["authority"][0])
    kept_small = desk.tell("judge", K.VALIDATE, state, no, hold.digest)
    assert (kept_small.granted, kept_small.holds) == (whole[:1], ())
    yes = Validate(DecisionCode.GRANT, "", whole, tuple(sorted(ref.object_digest for ref in state.sections)))
    larger = desk.tell("judge", K.VALIDATE, state, yes, hold.digest)
    assert (larger.granted, larger.holds) == (whole, ())
    assert [item.outcome for item in larger.tasks] == ["", ""]


def test_who_may_sign_alone_widens_alone(desk: Desk) -> None:
    state = desk.ask(SUBSCRIBER, SUBSCRIBER, by="prosecutor", authority="")
    whole = state.granted
    less = desk.tell("prosecutor", K.AMEND, state, Amend(whole[:1]))
    assert desk.tell("prosecutor", K.AMEND, less, Amend(whole)).granted == whole


def test_what_was_answered_keeps_its_scope_and_the_rest_may_be_dropped(desk: Desk) -> None:
    state = desk.kept(desk.validated(desk.ask(SUBSCRIBER, SUBSCRIBER)))
    first, second = state.granted
    part = desk.disclosed(state, task1="DELIVERED")
    for body in (Amend((second,)), Amend((shorter(first, elements=first.elements[:1]), second))):
        assert rule(desk, "investigator", K.AMEND, part, body) == "ANSWERED_TASK"
    assert rule(desk, "compliance", K.PROPOSE_NARROWING, part, ProposeNarrowing((second,))) == "ANSWERED_TASK"
    assert desk.tell("investigator", K.AMEND, part, Amend((first,))).name is StateName.DELIVERED


def test_a_term_is_extended_within_it_by_the_packs_period_and_as_often(desk: Desk) -> None:
    state = kept(desk)
    until = extended_until(state, desk.pack)
    assert until is not None
    assert rule(desk, "investigator", K.EXTEND, state, Extend(until + 1)) == "UNTIL.PACK"
    more = desk.tell("investigator", K.EXTEND, state, Extend(until))
    assert (more.name, more.preserved_until_ms) == (StateName.EXTENDED, until)
    assert [o.due_ms for o in more.obligations if o.name == "preserve"] == [until]
    assert more.extensions == 1
    exhausted = ("X_EXTENSION_EXHAUSTED", "header.kind", "kinds/PRESERVATION/extension")
    assert said_no(desk.tell, "investigator", K.EXTEND, more, Extend(until)) == exhausted
    desk.wait(state.preserved_until_ms - desk.clock.now_ms())
    hold = Hold(uuid7(desk.clock, desk.entropy))
    late = ("X_TOO_LATE", "header.kind", "kinds/PRESERVATION/extension")
    assert said_no(desk.tell, "investigator", K.EXTEND, state, Extend(until)) == late
    assert said_no(desk.tell, "investigator", K.HOLD, state, hold) == (*late[:2], "TERM_RUNNING")
    desk.wait(-1)
    held = desk.tell("investigator", K.HOLD, state, hold)
    assert [item.met for item in held.obligations if item.name == "preserve"] == [True]


def test_where_the_pack_has_no_extension_nothing_is_extended_or_held(desk: Desk) -> None:
    rules = dict(desk.realm.pack.kinds)
    rules["PRESERVATION"] = replace(rules["PRESERVATION"], extension=None, release_after=None)
    desk.law = replace(desk.realm.pack, kinds=rules)
    state = kept(desk)
    assert extended_until(state, desk.pack) in {0, None}
    assert said_no(desk.tell, "investigator", K.EXTEND, state, Extend(1))[0] == "X_EXTENSION_EXHAUSTED"
    hold = Hold(uuid7(desk.clock, desk.entropy))
    assert rule(desk, "investigator", K.HOLD, state, hold) == "kinds/PRESERVATION/extension"
    ended = desk.tell("investigator", K.END, state, End())
    assert desk.tell("compliance", K.RELEASE, ended, Release()).name is StateName.RELEASED


def test_data_are_let_go_after_the_end_and_its_grace_and_not_before(desk: Desk) -> None:
    state = kept(desk)
    assert rule(desk, "compliance", K.RELEASE, state, Release()) == "STATE.PRESERVED"
    ended = desk.tell("investigator", K.END, state, End())
    assert (ended.ended_ms, Flag.ENDED in ended.flags) == (desk.clock.now_ms(), True)
    assert [item.met for item in ended.obligations if item.name == "preserve"] == [True]
    assert rule(desk, "investigator", K.END, ended, End()) == "ONCE"
    assert rule(desk, "compliance", K.RELEASE, ended, Release()) == "kinds/PRESERVATION/release_after"
    grace = released_from(ended, desk.pack)
    assert grace == ended.ended_ms + DAY_MS
    desk.wait(grace - 1 - desk.clock.now_ms())
    assert rule(desk, "compliance", K.RELEASE, ended, Release()) == "kinds/PRESERVATION/release_after"
    desk.wait(1)
    assert desk.tell("compliance", K.RELEASE, ended, Release()).name is StateName.RELEASED
    nothing = replace(ended, preserved_until_ms=0)
    assert rule(desk, "compliance", K.RELEASE, nothing, Release()) == "NOTHING_PRESERVED"


def test_the_enforcing_authority_is_told_once_where_there_is_one(desk: Desk) -> None:
    assert rule(desk, "investigator", K.NOTIFY, two(desk), Notify()) == "NO_ENFORCING_AUTHORITY"
    state = desk.validated(desk.ask(TRAFFIC, enforcing="enforcer"))
    assert rule(desk, "investigator", K.NOTIFY, state, Notify()) == "ADDRESSEE.ENFORCING"
    told = desk.tell("investigator", K.NOTIFY, state, Notify(), addressee=state.enforcing)
    assert rule(desk, "investigator", K.NOTIFY, told, Notify(), addressee=told.enforcing) == "ONCE"
    early = said_no(desk.enforcing_says_no, told, "E_NONSENSE")
    assert early[2] == "refusal/enforcing"
    ground = desk.pack.refusal["enforcing"][0]
    assert said_no(desk.enforcing_says_no, told, ground)[2] == "CONSULTED_BEFORE"
    asked = desk.tell(
        "enforcer", K.CLARIFY_REQUEST, told, ClarifyRequest("CONSULTATION"), addressee=told.agency
    )
    assert said_no(desk.enforcing_says_no, asked, ground, 7)[2] == "TASK_GRANTED"
    term = asked.obligation("enforcing_authority")
    assert term is not None
    desk.wait(term.due_ms - desk.clock.now_ms())
    assert said_no(desk.enforcing_says_no, asked, ground)[0] == "X_TOO_LATE"


def test_a_provider_refuses_open_tasks_and_sets_no_conditions(desk: Desk) -> None:
    state = two(desk)
    conditions = Refuse("P_IMMUNITY_OR_PRESS", (1,), conditional=True)
    assert rule(desk, "compliance", K.REFUSE, state, conditions) == "ENFORCING_ONLY"
    partly = desk.tell("compliance", K.REFUSE, state, Refuse("P_IMMUNITY_OR_PRESS", (1,)))
    assert rule(desk, "compliance", K.REFUSE, partly, Refuse("P_IMMUNITY_OR_PRESS", (1,))) == "TASK_OPEN"
    assert (TaskOutcome(1, "REFUSED").outcome, partly.open_tasks) == (partly.tasks[0].outcome, (2,))
