# SPDX-License-Identifier: Apache-2.0
"""What a pack can say about terms, conditions and who refuses: where a clock rests, who is late, what binds the use.

Under the packs that ship; of laws that are not in force the same text with a first day and with roles of the training realm.
That the figures are those of the official texts is not tested.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from rogatory.client.pack_library import chosen_packs
from rogatory.protocol.bodies import RequestKind
from rogatory.protocol.dialogue import Clarify, ClarifyRequest, Maintain, NewDeadline, Notify, Object
from rogatory.protocol.directory import PartyKind
from rogatory.protocol.duties import Clock
from rogatory.protocol.header import DAY_MS, StatementKind
from rogatory.protocol.pack import Pack, load_pack
from rogatory.protocol.state import RequestState
from rogatory.protocol.statements import DecisionCode, Refuse, Validate
from tests.support.regime_desk import (
    CONTENT,
    EMERGENCY,
    HOUR_MS,
    SUBSCRIBER,
    TRAFFIC,
    USUAL,
    Desk,
    Facts,
    law,
    said_no,
)

K = StatementKind
CENTRAL: Facts = {
    "offence.max_penalty_months": 36,
    "person.role": ("SUSPECT",),
    "statement.legal_grounds": ("YES",),
    "statement.protocol": ("YES",),
}


@pytest.fixture
def desk() -> Desk:
    return Desk(law=law("eu.e-evidence.2023-1543"))


def applied(name: str, **roles: str) -> Pack:
    """A pack as if it were in force everywhere, with other names for roles; without its examples, which name them."""
    text = chosen_packs([name])[0].decode().partition("\nexamples:")[0] + "\n"
    text = text.replace("in_force: {verify: true}", 'in_force: {since: "2020-01-01"}')
    text = text.replace("{only: [HU, JP, RS], verify: true}", "{}")
    for role, other in roles.items():
        text = text.replace(role, other)
    return load_pack(text.encode())


def in_states(desk: Desk, asking: str, provider: str) -> None:
    orgs = tuple(
        replace(org, jurisdiction=provider if org.kind is PartyKind.PROVIDER else asking)
        for org in desk.directory.trust_list.orgs
    )
    desk.realm = replace(desk.realm, directory=desk.rebuilt(orgs=orgs))


def end_of(state: RequestState, name: str = "produce") -> int:
    term = state.obligation(name)
    assert term is not None
    return term.due_ms


def asked(desk: Desk, state: RequestState) -> RequestState:
    return desk.tell("compliance", K.CLARIFY_REQUEST, state, ClarifyRequest("INCOMPLETE"))


def test_the_term_to_produce_rests_while_a_question_is_open_and_ends_later_by_as_long(desk: Desk) -> None:
    state = desk.kept(desk.validated(desk.ask(SUBSCRIBER)))
    before = end_of(state)
    desk.wait(9 * DAY_MS)
    waiting = asked(desk, state)
    desk.wait(4 * DAY_MS + HOUR_MS)
    silent = desk.strike(waiting)
    assert "OVERDUE" not in silent.flags
    answered = desk.tell("investigator", K.CLARIFY, silent, Clarify(), silent.holds[0].digest)
    # Four days and an hour: where a term ends with a day it ends with a day still, and not a moment earlier.
    assert end_of(answered) == before + 5 * DAY_MS
    assert answered.rested_ms == 0
    desk.wait(3 * DAY_MS)
    assert "OVERDUE" in desk.strike(answered).flags


def test_a_clock_that_tells_of_a_resting_term_is_refused(desk: Desk) -> None:
    waiting = asked(desk, desk.kept(desk.validated(desk.ask(SUBSCRIBER))))
    desk.wait(20 * DAY_MS)
    term = waiting.obligation("produce")
    assert term is not None
    body = Clock(term.name, term.trigger, term.rule, term.due_ms)
    said = said_no(desk.act, "clock", K.CLOCK, waiting, b"", body, addressee=waiting.agency)
    assert said == ("X_STATE_NOT_ALLOWED", "body.obligation", "CLOCK.RESTS")


def test_an_end_that_the_issuer_sets_with_its_answer_stays_as_it_was_set(desk: Desk) -> None:
    waiting = asked(desk, desk.kept(desk.validated(desk.ask(SUBSCRIBER))))
    desk.wait(3 * DAY_MS)
    later = end_of(waiting) + DAY_MS
    after = desk.tell("investigator", K.NEW_DEADLINE, waiting, NewDeadline(later), waiting.holds[0].digest)
    assert (end_of(after), after.rested_ms) == (later, 0)


def test_a_term_in_hours_moves_by_the_millisecond(desk: Desk) -> None:
    state = desk.kept(desk.validated(desk.ask(SUBSCRIBER, facts=USUAL | EMERGENCY)))
    before = end_of(state)
    waiting = asked(desk, state)
    desk.wait(2 * HOUR_MS)
    after = desk.tell("investigator", K.CLARIFY, waiting, Clarify(), waiting.holds[0].digest)
    assert end_of(after) - before == desk.clock.now_ms() - waiting.rested_ms


def test_a_hold_that_the_law_does_not_list_moves_no_end_but_makes_nobody_late_meanwhile(desk: Desk) -> None:
    state = desk.kept(desk.validated(desk.ask(SUBSCRIBER)))
    before = end_of(state)
    held = desk.tell("compliance", K.OBJECT, state, Object("P_IMMUNITY_OR_PRESS"))
    desk.wait(12 * DAY_MS)
    held = desk.strike(held)
    assert "OVERDUE" not in held.flags
    after = desk.tell("investigator", K.MAINTAIN, held, Maintain(), held.holds[0].digest)
    assert end_of(after) == before
    assert "OVERDUE" in desk.strike(after).flags


def test_nobody_is_late_who_waits_for_an_authority_that_was_told_late(desk: Desk) -> None:
    state = desk.delivered_to(desk.validated(desk.ask(TRAFFIC, enforcing="enforcer")))
    desk.wait(3 * DAY_MS)
    state = desk.tell("investigator", K.NOTIFY, state, Notify(), addressee=state.enforcing)
    state = desk.kept(state)
    desk.wait(9 * DAY_MS)
    assert end_of(state) < desk.clock.now_ms() < end_of(state, "enforcing_authority")
    assert "OVERDUE" not in desk.strike(state).flags


@pytest.mark.parametrize(("wanted", "days"), [(SUBSCRIBER, 20), (TRAFFIC, 45)])
def test_article_8_gives_twenty_days_for_subscriber_information_and_forty_five_for_traffic(
    desk: Desk, wanted: tuple[str, tuple[str, ...], str], days: int
) -> None:
    desk.law = applied("coe.cets224.8", CENTRAL_AUTHORITY="JUDGE")
    state = desk.ask(wanted, facts=CENTRAL)
    assert (end_of(state, "serve") - desk.clock.now_ms()) // DAY_MS == 45
    served = desk.delivered_to(desk.validated(state))
    assert end_of(served) == (desk.clock.now_ms() // DAY_MS + days + 1) * DAY_MS
    serve = served.obligation("serve")
    assert serve is not None
    assert serve.met


def test_the_central_authority_refuses_for_its_state(desk: Desk) -> None:
    desk.law = applied("coe.cets224.8", CENTRAL_AUTHORITY="JUDGE")
    state = desk.ask(TRAFFIC, facts=CENTRAL)
    no = Validate(DecisionCode.REFUSE, "T_POLITICAL_OFFENCE")
    assert desk.tell("judge", K.VALIDATE, state, no, state.issue_digest).name.name == "REFUSED"
    assert not any(code.startswith("T_") for code in desk.pack.refusal["provider"])


def test_under_article_29_the_state_asked_refuses_after_consultation_and_the_provider_cannot(
    desk: Desk,
) -> None:
    desk.law = law("coe.budapest.29-30")
    facts: Facts = {"intent.mutual_assistance": ("YES",), "person.role": ("SUSPECT",)}
    kind = RequestKind.PRESERVATION
    state = desk.ask(CONTENT, by="prosecutor", kind=kind, authority="", enforcing="enforcer", facts=facts)
    state = desk.delivered_to(state)
    said = said_no(desk.tell, "compliance", K.REFUSE, state, Refuse("T_ESSENTIAL_INTERESTS"))
    assert said[2].endswith("refusal/provider")
    assert said_no(desk.enforcing_says_no, state, "T_ESSENTIAL_INTERESTS")[0] == "X_CONSULTATION_MISSING"
    warned = desk.tell(
        "enforcer", K.CLARIFY_REQUEST, state, ClarifyRequest("WARN_ENDANGERS_SECRECY"), addressee=state.agency
    )
    assert desk.enforcing_says_no(warned, "T_ESSENTIAL_INTERESTS").name.name == "REFUSED"


def test_nobody_is_late_with_what_is_voluntary(desk: Desk) -> None:
    desk.law = law("us.sca.2702b8")
    in_states(desk, "US", "US")
    state = desk.kept(desk.ask(CONTENT, authority="", facts=EMERGENCY))
    desk.wait(9 * HOUR_MS)
    after = desk.strike(state)
    term = after.obligation("produce")
    assert term is not None
    assert (term.fired, "OVERDUE" in after.flags) == (True, False)
    assert desk.disclosed(after).name.name == "DELIVERED"


def test_the_agreement_binds_the_use_of_what_was_delivered_and_lets_the_provider_object(desk: Desk) -> None:
    desk.law = applied("cloud.us-uk", DESIGNATED_AUTHORITY="JUDGE")
    in_states(desk, "GB", "US")
    facts: Facts = {
        "justification.reasonable": ("YES",),
        "offence.max_penalty_months": 36,
        "order.by_judge": ("YES",),
        "target.checked": ("YES",),
    }
    state = desk.kept(desk.validated(desk.ask(CONTENT, facts=facts)))
    assert "CONDITIONS_OF_USE" not in state.flags
    held = desk.tell("compliance", K.OBJECT, state, Object("T_TARGETING"))
    assert said_no(desk.disclosed, held)[2] == "HOLD.THIRD_COUNTRY_REVIEW"
    assert "CONDITIONS_OF_USE" in desk.disclosed(state).flags


def test_the_slot_for_a_qualified_signature_is_there_and_on_both_acts() -> None:
    pack = law("eu.e-evidence.2023-1543")
    assert [pack.wants_signature(act) for act in ("ISSUING", "VALIDATING")] == ["QUALIFIED", "QUALIFIED"]
    assert law("us.sca.2703f").wants_signature("ISSUING") == ""
