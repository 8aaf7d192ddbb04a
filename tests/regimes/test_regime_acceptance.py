# SPDX-License-Identifier: Apache-2.0
"""The acceptance statements of the regime reference, one test each, under its number: what the law does to a request.

Signed, verified and folded under the packs that ship. What needs a log, a seal or a wire to be shown has its test there
and is named in the generated page; it is not repeated here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rogatory.protocol.bodies import RequestKind, Withdraw
from rogatory.protocol.dialogue import Clarify, ClarifyRequest, Maintain, NoGrounds, Notify, Object
from rogatory.protocol.duties import End, Extend, Hold, Release
from rogatory.protocol.header import DAY_MS, SectionKind, StatementKind
from rogatory.protocol.identifiers import check_identifier
from rogatory.protocol.ids import uuid7
from rogatory.protocol.keeping import extended_until
from rogatory.protocol.state import RequestState, StateName
from rogatory.protocol.terms import due
from tests.support.regime_desk import (
    AT_HOME,
    CONTENT,
    EMERGENCY,
    HOUR_MS,
    LOGIN,
    SUBSCRIBER,
    TRAFFIC,
    USUAL,
    Asking,
    Desk,
    Facts,
    law,
    said_no,
)

PRESERVATION = RequestKind.PRESERVATION
K = StatementKind


@pytest.fixture
def desk() -> Desk:
    return Desk()


def at_home(**other: Any) -> Facts:  # noqa: ANN401 - codes or a number
    return USUAL | AT_HOME | {code.replace("__", "."): value for code, value in other.items()}


def suspended(desk: Desk, *asked: Asking, **other: Any) -> RequestState:  # noqa: ANN401
    """A request that the enforcing authority reviews, notified and preserved."""
    state = desk.validated(desk.ask(*(asked or (TRAFFIC,)), enforcing="enforcer", **other))
    state = desk.tell("investigator", K.NOTIFY, desk.delivered_to(state), Notify(), addressee=state.enforcing)
    return desk.kept(state)


def test_01_content_signed_only_by_a_police_officer_is_refused_for_want_of_validation(desk: Desk) -> None:
    code, field, rule = desk.refused(CONTENT, facts=at_home(), authority="")
    assert (code, field, rule) == ("X_VALIDATION_MISSING", "body.authority", "authority/2/validate")


def test_02_traffic_data_validated_by_a_prosecutor_are_refused(desk: Desk) -> None:
    state = desk.ask(TRAFFIC, facts=at_home())
    assert said_no(desk.validated, state, by="prosecutor")[0] == "X_AUTHORITY_NOT_COMPETENT"


def test_03_the_same_for_subscriber_data_is_accepted(desk: Desk) -> None:
    assert desk.validated(desk.ask(SUBSCRIBER), by="prosecutor").name is StateName.TRANSMITTED


def test_04_the_strictest_category_decides_for_the_whole(desk: Desk) -> None:
    state = desk.ask(SUBSCRIBER, CONTENT, facts=at_home())
    assert said_no(desk.validated, state, by="prosecutor")[0] == "X_AUTHORITY_NOT_COMPETENT"


def test_05_an_emergency_opens_no_content_without_validation(desk: Desk) -> None:
    refusal = desk.refused(CONTENT, facts=at_home() | EMERGENCY, authority="")
    assert refusal[0] == "X_EX_POST_NOT_ALLOWED_FOR_CATEGORY"
    claimed = desk.refused(CONTENT, facts=at_home(validation=("EX_POST",)) | EMERGENCY)
    assert claimed[0] == "X_EX_POST_NOT_ALLOWED_FOR_CATEGORY"


def issued_first(desk: Desk) -> RequestState:
    return desk.ask(SUBSCRIBER, facts=USUAL | EMERGENCY | {"validation": ("EX_POST",)})


def test_06_an_emergency_for_subscriber_data_goes_out_and_owes_its_validation_in_48_hours(desk: Desk) -> None:
    state = issued_first(desk)
    assert state.name is StateName.TRANSMITTED
    assert [item.name for item in state.holds] == ["EX_POST_VALIDATION_PENDING"]
    debt = state.obligation("ex_post_validation")
    assert debt is not None
    assert debt.due_ms - desk.clock.now_ms() == 48 * HOUR_MS
    validated = desk.validated(state, by="prosecutor")
    assert (validated.holds, validated.name) == ((), StateName.TRANSMITTED)


def test_07_without_validation_at_48_hours_it_is_withdrawn_and_deletion_is_owed(desk: Desk) -> None:
    state = desk.disclosed(desk.kept(issued_first(desk)))
    desk.wait(48 * HOUR_MS - 1)
    assert desk.strike(state).name is not StateName.WITHDRAWN
    desk.wait(1)
    after = desk.strike(state)
    assert after.name is StateName.WITHDRAWN
    assert after.code == "EX_POST_VALIDATION_MISSED"
    assert "DELETE_OR_RESTRICT" in after.flags


def test_08_preservation_of_content_may_be_issued_by_a_prosecutor(desk: Desk) -> None:
    state = desk.ask(
        CONTENT,
        by="prosecutor",
        kind=PRESERVATION,
        authority="",
        facts={"controller": ("CONTROLLER",), "person.role": ("SUSPECT",)},
    )
    assert state.name is StateName.TRANSMITTED


@pytest.mark.parametrize(("months", "good"), [(24, False), (36, True)])
def test_09_traffic_data_need_an_offence_of_three_years(desk: Desk, months: int, good: bool) -> None:  # noqa: FBT001
    facts = at_home(offence__max_penalty_months=months)
    if good:
        assert desk.ask(TRAFFIC, facts=facts).name is StateName.ISSUED
    else:
        assert desk.refused(TRAFFIC, facts=facts)[0] == "X_OFFENCE_BELOW_THRESHOLD"


def test_10_a_sentence_to_be_executed_has_four_months_and_the_offence_rule_still_holds(desk: Desk) -> None:
    fled: Facts = {"sentence.absconded": ("YES",), "sentence.in_absentia": ("NO",)}
    three = USUAL | fled | {"sentence_execution_months": 3}
    four = USUAL | fled | {"sentence_execution_months": 4, "offence.max_penalty_months": 6}
    assert desk.refused(SUBSCRIBER, facts=three)[2] == "threshold/1/sentence"
    assert desk.ask(SUBSCRIBER, facts=four).name is StateName.ISSUED
    assert desk.refused(TRAFFIC, facts=four | AT_HOME)[2] == "threshold/2/offence"
    for defect in ({"sentence.in_absentia": ("YES",)}, {"sentence.absconded": ("NO",)}):
        assert desk.refused(SUBSCRIBER, facts=four | defect)[2] == "rules/sentence-of-an-absconded-convict"
    assert (
        desk.ask(TRAFFIC, facts=four | AT_HOME | {"offence.max_penalty_months": 36}).name is StateName.ISSUED
    )


def test_11_login_addresses_change_category_and_authority_with_their_purpose(desk: Desk) -> None:
    identify = desk.ask(LOGIN, facts=at_home())
    evidence = desk.ask((*LOGIN[:2], "EVIDENCE"), facts=at_home())
    assert (identify.categories, evidence.categories) == (("IDENTIFICATION",), ("TRAFFIC",))
    assert desk.validated(identify, by="prosecutor").name is StateName.TRANSMITTED
    assert said_no(desk.validated, evidence, by="prosecutor")[0] == "X_AUTHORITY_NOT_COMPETENT"


def test_12_grounds_go_to_the_enforcing_authority_and_never_to_the_addressee(desk: Desk) -> None:
    state = desk.validated(desk.ask(TRAFFIC, enforcing="enforcer"))
    kinds = {
        org: {ref.kind for ref in state.readable_by(address.org)}
        for org, address in (("provider", state.provider), ("enforcing", state.enforcing)) if address is not None
    }  # fmt: skip
    assert kinds["provider"] == {SectionKind.PARTICULARS}
    assert kinds["enforcing"] == {SectionKind.PARTICULARS, SectionKind.GROUNDS}


def test_13_grounds_sealed_to_the_addressee_are_refused(desk: Desk) -> None:
    people = ("investigator", "judge", "provider")
    forged = [desk.ref(SectionKind.PARTICULARS, 1, *people), desk.ref(SectionKind.GROUNDS, 0, *people)]
    assert desk.refused(SUBSCRIBER, sections=forged)[0] == "X_FIELD_NOT_FOR_RECIPIENT"


@pytest.mark.parametrize("missing", ["controller", "offence.max_penalty_months", "person.role"])
def test_14_a_missing_field_is_named_and_nothing_else(desk: Desk, missing: str) -> None:
    facts = {code: value for code, value in USUAL.items() if code != missing}
    assert desk.refused(SUBSCRIBER, facts=facts) == (
        "X_FIELD_MISSING",
        "header.facts",
        f"required_facts/{missing}",
    )


def test_15_an_emergency_without_reasons_is_refused(desk: Desk) -> None:
    assert desk.refused(SUBSCRIBER, facts=USUAL | {"emergency": ("LIFE",)})[0] == "X_EMERGENCY_NOT_REASONED"


def test_16_an_order_reaches_into_no_future(desk: Desk) -> None:
    assert desk.refused(SUBSCRIBER, days=(10, -1))[0] == "X_PROSPECTIVE_DATA"


def test_17_only_a_designated_establishment_is_addressed(desk: Desk) -> None:
    other = desk.realm.address("other-agency")
    header, body = desk.asking()
    elsewhere = desk.say("investigator", replace(header, addressee=other), body)
    assert said_no(desk.decide, None, elsewhere)[0] == "X_ADDRESSEE_NOT_DESIGNATED"


@pytest.mark.parametrize("bulk", ["ip_range", "cell_time"])
def test_18_ranges_and_tower_dumps_are_not_specific(desk: Desk, bulk: str) -> None:
    assert desk.refused((bulk, ("login_ip",), "IDENTIFY"))[0] == "X_TARGET_NOT_SPECIFIC"


def test_19_an_address_without_a_port_is_incomplete() -> None:
    for value in (b"203.0.113.7", b"2001:db8::7"):
        assert said_no(check_identifier, "ip_port_time", value, law("eu.e-evidence.2023-1543").identifiers)[
            0
        ] == ("X_IDENTIFIER_INCOMPLETE")


@pytest.mark.parametrize(("emergency", "hours"), [(False, 0), (True, 8)])
def test_20_the_pack_computes_the_deadline_and_the_sender_cannot_set_it(
    desk: Desk,
    emergency: bool,  # noqa: FBT001 - a case
    hours: int,
) -> None:
    facts = USUAL | EMERGENCY if emergency else USUAL
    state = desk.delivered_to(desk.validated(desk.ask(SUBSCRIBER, facts=facts)))
    term = state.obligation("produce")
    assert term is not None
    day = desk.clock.now_ms() // DAY_MS
    assert term.due_ms == (desk.clock.now_ms() + hours * HOUR_MS if emergency else (day + 11) * DAY_MS)


def test_21_delivery_waits_for_the_enforcing_authority_or_the_end_of_its_time(desk: Desk) -> None:
    state = suspended(desk)
    assert state.name is StateName.AWAITING_ENFORCING_AUTHORITY
    assert said_no(desk.disclosed, state)[2] == "HOLD.EA_REVIEW"
    free = desk.tell("enforcer", K.NO_GROUNDS, state, NoGrounds(), addressee=state.agency)
    assert desk.disclosed(free).name is StateName.DELIVERED
    desk.wait(11 * DAY_MS)
    late = desk.strike(state)
    assert desk.disclosed(late).name is StateName.DELIVERED


@pytest.mark.parametrize(("hour", "good"), [(95, True), (97, False)])
def test_22_in_an_emergency_delivery_is_free_and_a_refusal_counts_until_hour_96(
    desk: Desk,
    hour: int,
    good: bool,  # noqa: FBT001
) -> None:
    state = desk.validated(desk.ask(TRAFFIC, facts=USUAL | EMERGENCY, enforcing="enforcer"))
    state = desk.tell("investigator", K.NOTIFY, desk.delivered_to(state), Notify(), addressee=state.enforcing)
    state = desk.kept(state)
    state = desk.tell(
        "enforcer", K.CLARIFY_REQUEST, state, ClarifyRequest("CONSULTATION"), addressee=state.agency
    )
    done = desk.disclosed(state)
    desk.wait(hour * HOUR_MS)
    if good:
        after = desk.enforcing_says_no(done, "E_FUNDAMENTAL_RIGHTS")
        assert "DELETE_OR_RESTRICT" in after.flags
    else:
        assert said_no(desk.enforcing_says_no, done, "E_FUNDAMENTAL_RIGHTS")[0] == "X_TOO_LATE"


def test_23_both_conditions_of_article_8_spare_the_notification_and_one_does_not(desk: Desk) -> None:
    assert desk.ask(CONTENT, facts=at_home()).holds == ()
    one = at_home()
    del one["person.resides_in_issuing_state"]
    assert desk.refused(CONTENT, facts=one)[0] == "X_NOTIFICATION_MISSING"


def preserved(desk: Desk, name: str = "eu.e-evidence.2023-1543", **other: Any) -> RequestState:  # noqa: ANN401
    desk.law = law(name)
    facts: Facts = {"controller": ("CONTROLLER",), "person.role": ("SUSPECT",)}
    state = desk.ask(CONTENT, by="prosecutor", kind=PRESERVATION, authority="", **({"facts": facts} | other))
    return desk.kept(state)


def test_24_a_preservation_lapses_after_60_days_and_is_let_go(desk: Desk) -> None:
    state = preserved(desk)
    desk.wait(60 * DAY_MS)
    assert desk.strike(state).name is StateName.PRESERVED
    desk.wait(DAY_MS)
    lapsed = desk.strike(state)
    assert lapsed.name is StateName.LAPSED
    assert (
        said_no(desk.tell, "compliance", K.RELEASE, lapsed, Release())[2]
        == "kinds/PRESERVATION/release_after"
    )
    desk.wait(2 * DAY_MS)
    assert desk.tell("compliance", K.RELEASE, lapsed, Release()).name is StateName.RELEASED


def extended(desk: Desk, state: RequestState) -> RequestState:
    until = extended_until(state, desk.pack) or 1
    return desk.tell("prosecutor", K.EXTEND, state, Extend(until))


def test_25_one_extension_within_the_term_and_no_second(desk: Desk) -> None:
    state = preserved(desk)
    start = desk.clock.now_ms() // DAY_MS
    desk.wait(59 * DAY_MS)
    after = extended(desk, state)
    assert after.name is StateName.EXTENDED
    assert after.preserved_until_ms == (start + 91) * DAY_MS
    assert said_no(extended, desk, after)[0] == "X_EXTENSION_EXHAUSTED"
    desk.wait(2 * DAY_MS)
    assert said_no(extended, desk, state)[0] == "X_TOO_LATE"
    desk.wait(30 * DAY_MS)
    assert desk.strike(after).name is StateName.LAPSED


def test_26_a_production_on_its_way_holds_the_data_past_the_end(desk: Desk) -> None:
    state = preserved(desk)
    desk.wait(50 * DAY_MS)
    held = desk.tell("prosecutor", K.HOLD, state, Hold(uuid7(desk.clock, desk.entropy)))
    desk.wait(200 * DAY_MS)
    assert (due(held, desk.clock.now_ms()), held.name) == ((), StateName.HELD_FOR_PRODUCTION)
    ended = desk.tell("prosecutor", K.END, held, End())
    desk.wait(2 * DAY_MS)
    assert desk.tell("compliance", K.RELEASE, ended, Release()).name is StateName.RELEASED


def test_27_silence_on_a_question_suspends_an_order_and_frees_from_a_preservation(desk: Desk) -> None:
    order = desk.kept(desk.validated(desk.ask(SUBSCRIBER)))
    order = desk.tell("compliance", K.CLARIFY_REQUEST, order, ClarifyRequest("INCOMPLETE"))
    hold = preserved(desk)
    hold = desk.tell("compliance", K.CLARIFY_REQUEST, hold, ClarifyRequest("INCOMPLETE"))
    desk.wait(6 * DAY_MS)
    waiting, exempt = desk.strike(order), desk.strike(hold)
    assert said_no(desk.disclosed, waiting)[2] == "HOLD.CLARIFICATION_PENDING"
    assert exempt.name is StateName.EXEMPT
    answered = desk.tell("investigator", K.CLARIFY, waiting, Clarify(), waiting.holds[0].digest)
    assert desk.disclosed(answered).name is StateName.DELIVERED


def objecting(desk: Desk, state: RequestState, *bases: str) -> RequestState:
    return desk.tell("compliance", K.OBJECT, state, Object("P_THIRD_COUNTRY_CONFLICT", bases))


def test_28_an_objection_comes_in_ten_days_and_place_of_storage_is_none(desk: Desk) -> None:
    state = desk.kept(desk.validated(desk.ask(SUBSCRIBER)))
    desk.wait(9 * DAY_MS)
    held = objecting(desk, state, "LAW_FORBIDS", "PLACE_OF_STORAGE")
    assert said_no(desk.disclosed, held)[2] == "HOLD.THIRD_COUNTRY_REVIEW"
    kept = desk.tell("investigator", K.MAINTAIN, held, Maintain(), held.holds[0].digest)
    assert desk.disclosed(kept).name is StateName.DELIVERED
    assert said_no(objecting, desk, state, "PLACE_OF_STORAGE")[0] == "X_OBJECTION_NOT_REASONED"
    desk.wait(2 * DAY_MS)
    assert said_no(objecting, desk, state, "LAW_FORBIDS")[0] == "X_TOO_LATE"


def consulted(desk: Desk, state: RequestState) -> RequestState:
    return desk.tell(
        "enforcer", K.CLARIFY_REQUEST, state, ClarifyRequest("CONSULTATION"), addressee=state.agency
    )


def test_29_a_partial_refusal_blocks_its_task_and_lets_the_others_proceed(desk: Desk) -> None:
    state = consulted(desk, suspended(desk, SUBSCRIBER, TRAFFIC))
    after = desk.enforcing_says_no(state, "E_IMMUNITY_OR_PRESS", 2)
    assert after.open_tasks == (1,)
    assert said_no(desk.disclosed, after, task2="DELIVERED")[0] == "X_SCOPE_EXCEEDED"
    assert desk.disclosed(after, task1="DELIVERED").name is StateName.DELIVERED


def test_30_the_enforcing_authority_consults_before_it_refuses(desk: Desk) -> None:
    state = suspended(desk)
    assert said_no(desk.enforcing_says_no, state, "E_FUNDAMENTAL_RIGHTS")[0] == "X_CONSULTATION_MISSING"
    assert desk.enforcing_says_no(consulted(desk, state), "E_FUNDAMENTAL_RIGHTS").name is StateName.REFUSED


def test_31_dual_criminality_is_not_looked_at_for_trafficking_in_human_beings(desk: Desk) -> None:
    listed = USUAL | {"offence.annex_iv": ("TRAFFICKING_IN_HUMAN_BEINGS",)}
    state = consulted(desk, suspended(desk, facts=listed))
    assert said_no(desk.enforcing_says_no, state, "E_NO_DUAL_CRIMINALITY")[0] == "X_REFUSAL_NOT_OPEN"
    other = consulted(desk, suspended(desk))
    assert desk.enforcing_says_no(other, "E_NO_DUAL_CRIMINALITY").name is StateName.REFUSED


@pytest.mark.parametrize("code", ["P_DE_FACTO_IMPOSSIBILITY", "P_IMMUNITY_OR_PRESS"])
def test_32_whatever_the_provider_objects_the_data_stay_until_the_asker_has_decided(
    desk: Desk, code: str
) -> None:
    state = desk.kept(desk.validated(desk.ask(SUBSCRIBER)))
    held = desk.tell("compliance", K.OBJECT, state, Object(code))
    assert (held.name, held.preserved_until_ms) == (StateName.PRESERVING, state.preserved_until_ms)
    assert said_no(desk.tell, "compliance", K.RELEASE, held, Release())[0] == "X_STATE_NOT_ALLOWED"


def test_34_a_withdrawal_stops_delivery_at_once(desk: Desk) -> None:
    state = desk.kept(desk.validated(desk.ask(SUBSCRIBER)))
    gone = desk.tell("investigator", K.WITHDRAW, state, Withdraw("NO_LONGER_NEEDED"), state.issue_digest)
    assert said_no(desk.disclosed, gone)[0] == "X_OBJECT_TERMINAL"
