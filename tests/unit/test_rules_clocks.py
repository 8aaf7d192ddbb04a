# SPDX-License-Identifier: Apache-2.0
"""Rules of clocks, of a validation that is owed, and of taking back: each refuses what it is there to refuse.

Pure: statements signed and folded, no engine; that the exchange's clock tells in time is tested with it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rogatory.protocol.bodies import DecisionCode
from rogatory.protocol.duties import Annul, Clock, Hold, Rescind
from rogatory.protocol.header import StatementKind
from rogatory.protocol.ids import uuid7
from rogatory.protocol.state import Flag, RequestState, StateName
from rogatory.protocol.statements import RequestKind, Validate
from tests.support.folding import granting
from tests.support.regime_desk import EMERGENCY, SUBSCRIBER, TRAFFIC, USUAL, Desk, said_no

K = StatementKind
OWING = USUAL | EMERGENCY | {"validation": ("EX_POST",)}


@pytest.fixture
def desk() -> Desk:
    return Desk()


def told(desk: Desk, state: RequestState, body: Clock, by: str = "clock") -> RequestState:
    return desk.act(by, K.CLOCK, state, b"", body, addressee=state.agency)


def due(state: RequestState, name: str) -> Clock:
    item = state.obligation(name)
    assert item is not None
    return Clock(item.name, item.trigger, item.rule, item.due_ms)


def rule(desk: Desk, *said: Any, **other: Any) -> str:  # noqa: ANN401 - as ``tell``
    return said_no(desk.tell, *said, **other)[2]


def test_the_clock_tells_of_a_duty_of_the_request_once_and_not_early(desk: Desk) -> None:
    state = desk.delivered_to(desk.validated(desk.ask()))
    body = due(state, "produce")
    assert said_no(told, desk, state, body)[1:] == ("body.due_ms", "CLOCK.NOT_DUE")
    desk.wait(body.due_ms - desk.clock.now_ms())
    for wrong in (
        replace(body, due_ms=body.due_ms - 1),
        replace(body, trigger=body.trigger + 1),
        replace(body, rule="none"),
        replace(body, obligation="validate"),
    ):
        assert said_no(told, desk, state, wrong)[1:] == ("body.obligation", "CLOCK.OBLIGATION")
    assert said_no(told, desk, state, body, "investigator")[0] == "X_NOT_AUTHORISED"
    after = told(desk, state, body)
    assert Flag.OVERDUE in after.flags
    assert after.name is state.name
    assert said_no(told, desk, after, body)[1:] == ("body.obligation", "ONCE")
    # A millisecond is what makes the difference.
    early = replace(state, last_index=state.last_index)
    desk.wait(-1)
    assert said_no(told, desk, early, body)[2] == "CLOCK.NOT_DUE"


def test_a_key_of_the_operator_in_another_role_is_no_clock(desk: Desk) -> None:
    state = desk.delivered_to(desk.validated(desk.ask()))
    body = due(state, "produce")
    desk.wait(body.due_ms - desk.clock.now_ms())
    assert said_no(told, desk, state, body, "exchange")[1:] == ("header.issuer", "CLOCK.KEY")


def test_a_preservation_that_is_held_does_not_lapse(desk: Desk) -> None:
    state = desk.kept(desk.validated(desk.ask(SUBSCRIBER, kind=RequestKind.PRESERVATION)))
    body = due(state, "preserve")
    held = desk.tell("investigator", K.HOLD, state, Hold(uuid7(desk.clock, desk.entropy)))
    desk.wait(body.due_ms - desk.clock.now_ms())
    assert told(desk, state, body).name is StateName.LAPSED
    assert said_no(told, desk, held, body)[2] == "ONCE"
    running = replace(
        held, obligations=state.obligations
    )  # as a pack's other clock of the same name would leave it
    after = told(desk, running, body)
    assert (after.name, Flag.OVERDUE in after.flags) == (StateName.HELD_FOR_PRODUCTION, True)


def test_what_nobody_decides_on_expires_and_what_was_decided_does_not(desk: Desk) -> None:
    rules = dict(desk.realm.pack.kinds)
    deadlines = dict(rules["DISCLOSURE"].deadlines)
    deadlines["validate"] = replace(deadlines["produce"], clock="ISSUED", on_silence="")
    rules["DISCLOSURE"] = replace(rules["DISCLOSURE"], deadlines=deadlines)
    desk.law = replace(desk.realm.pack, kinds=rules)
    state = desk.ask()
    body = due(state, "validate")
    granted = desk.validated(state)
    assert [item.met for item in granted.obligations if item.name == "validate"] == [True]
    desk.wait(body.due_ms - desk.clock.now_ms())
    assert told(desk, state, body).name is StateName.EXPIRED
    late = replace(granted, obligations=state.obligations)
    assert Flag.OVERDUE in told(desk, late, body).flags


def test_a_validation_that_is_owed_is_given_refused_or_given_in_part(desk: Desk) -> None:
    state = desk.ask(SUBSCRIBER, facts=OWING)
    code = desk.pack.refusal["authority"][0]
    sent_back = Validate(DecisionCode.RETURN, code)
    assert rule(desk, "judge", K.VALIDATE, state, sent_back, state.issue_digest) == "EX_POST_GRANT_OR_REFUSE"
    refused = Validate(DecisionCode.REFUSE, code)
    nothing = desk.tell("judge", K.VALIDATE, state, refused, state.issue_digest)
    assert (nothing.name, nothing.code, Flag.DELETE_OR_RESTRICT in nothing.flags) == (
        StateName.WITHDRAWN,
        code,
        False,
    )
    answered = desk.disclosed(desk.kept(state))
    after = desk.tell("judge", K.VALIDATE, answered, refused, answered.issue_digest)
    assert (after.name, Flag.DELETE_OR_RESTRICT in after.flags) == (StateName.WITHDRAWN, True)
    whole = granting(answered)
    (task,) = whole.granted
    part = replace(
        whole, decision=DecisionCode.GRANT_NARROWED, granted=(replace(task, elements=task.elements[:1]),)
    )
    less = desk.tell("judge", K.VALIDATE, answered, part, answered.issue_digest)
    assert (less.granted, Flag.DELETE_OR_RESTRICT in less.flags) == (part.granted, True)
    fine = desk.tell("judge", K.VALIDATE, answered, whole, answered.issue_digest)
    assert (fine.holds, Flag.DELETE_OR_RESTRICT in fine.flags) == ((), False)


def test_nobody_validates_what_its_issuer_signed_alone(desk: Desk) -> None:
    state = desk.ask(SUBSCRIBER, by="prosecutor", authority="")
    grant = Validate(DecisionCode.REFUSE, desk.pack.refusal["authority"][0])
    assert said_no(desk.tell, "judge", K.VALIDATE, state, grant, state.issue_digest)[0] == "X_NOT_AUTHORISED"


def test_a_word_is_taken_back_for_a_code_of_the_pack_and_before_anything_was_delivered(desk: Desk) -> None:
    state = desk.kept(desk.validated(desk.ask()))
    assert rule(desk, "judge", K.RESCIND, state, Rescind("MOOD"), state.issue_digest) == "taking_back"
    taken = desk.tell("judge", K.RESCIND, state, Rescind("ERROR"), state.issue_digest)
    assert (taken.name, taken.code, taken.ended_ms) == (StateName.WITHDRAWN, "ERROR", desk.clock.now_ms())
    part = desk.kept(desk.validated(desk.ask(SUBSCRIBER, SUBSCRIBER)))
    part = desk.disclosed(part, task1="DELIVERED")
    assert rule(desk, "judge", K.RESCIND, part, Rescind("ERROR"), part.issue_digest) == "NOTHING_DELIVERED"
    annulled = desk.tell("judge", K.ANNUL, part, Annul("QUASHED"), part.issue_digest)
    assert {Flag.ANNULLED, Flag.DELETE_OR_RESTRICT} <= set(annulled.flags)
    assert annulled.name is StateName.WITHDRAWN
    nothing = desk.tell("judge", K.ANNUL, state, Annul("QUASHED"), state.issue_digest)
    assert Flag.DELETE_OR_RESTRICT not in nothing.flags
    assert rule(desk, "judge", K.ANNUL, state, Annul("MOOD"), state.issue_digest) == "taking_back"


def test_the_authority_to_be_told_is_one_of_the_providers_state(desk: Desk) -> None:
    assert said_no(desk.ask, TRAFFIC, enforcing="judge")[1:] == ("body.enforcing", "DIRECTORY.ENFORCING")
    assert desk.ask(TRAFFIC, enforcing="enforcer").enforcing == desk.realm.address("enforcer")
