# SPDX-License-Identifier: Apache-2.0
"""The acceptance statements of the regime reference beyond the European order's own life: other regimes, replay, notice.

Signed, verified and folded under the packs that ship; each test carries its number. Nothing here needs a log or a seal.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rogatory.client.pack_library import chosen_packs
from rogatory.protocol.bodies import RequestKind, Withdraw
from rogatory.protocol.directory import PartyKind
from rogatory.protocol.duties import DeferNotice, NotifySubject, TransmitOutside
from rogatory.protocol.header import DAY_MS, StatementKind
from rogatory.protocol.pack import Pack, load_pack
from rogatory.protocol.pack.examples import outcome
from rogatory.protocol.state import RequestState, StateName
from tests.support.folding import granting
from tests.support.regime_desk import (
    CONTENT,
    HOUR_MS,
    SUBSCRIBER,
    TRAFFIC,
    USUAL,
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


def preserved(desk: Desk, name: str = "eu.e-evidence.2023-1543", **other: Any) -> RequestState:  # noqa: ANN401
    desk.law = law(name)
    facts: Facts = {"controller": ("CONTROLLER",), "person.role": ("SUSPECT",)}
    state = desk.ask(CONTENT, by="prosecutor", kind=PRESERVATION, authority="", **({"facts": facts} | other))
    return desk.kept(state)


def in_the_us(desk: Desk, name: str) -> Desk:
    """The same people under another flag: the directory says where parties lie, and here it says US."""
    orgs = tuple(replace(org, jurisdiction="US") for org in desk.directory.trust_list.orgs)
    abroad = Desk(law=law(name))
    abroad.realm = replace(desk.realm, directory=desk.rebuilt(orgs=orgs))
    return abroad


def test_35_a_us_officer_preserves_without_a_judge_for_90_days_and_can_cause_no_disclosure(
    desk: Desk,
) -> None:
    us = in_the_us(desk, "us.sca.2703f")
    state = us.kept(us.ask(CONTENT, kind=PRESERVATION, authority="", facts={}))
    day = us.clock.now_ms() // DAY_MS
    assert state.preserved_until_ms == (day + 91) * DAY_MS
    extension = us.pack.kinds["PRESERVATION"].extension
    assert extension is not None
    assert (extension.period, extension.most) == ("P90D", 1)
    assert set(us.pack.kinds) == {"PRESERVATION"}
    assert said_no(us.disclosed, state)[0] == "X_STATE_NOT_ALLOWED"


def test_36_the_same_under_the_eu_pack_by_an_officer_alone_is_refused(desk: Desk) -> None:
    facts: Facts = {"controller": ("CONTROLLER",), "person.role": ("SUSPECT",)}
    assert desk.refused(CONTENT, kind=PRESERVATION, authority="", facts=facts)[0] == "X_VALIDATION_MISSING"


def test_37_budapest_29_states_the_intent_and_lasts_sixty_days(desk: Desk) -> None:
    facts = {"intent.mutual_assistance": ("YES",), "person.role": ("SUSPECT",)}
    desk.law = law("coe.budapest.29-30")
    missing = desk.refused(
        CONTENT, by="prosecutor", kind=PRESERVATION, authority="", facts={"person.role": ("SUSPECT",)}
    )
    assert (missing[0], missing[2].rpartition("/")[2]) == ("X_FIELD_MISSING", "intent.mutual_assistance")
    state = preserved(desk, "coe.budapest.29-30", facts=facts)
    assert state.preserved_until_ms >= desk.clock.now_ms() + 60 * DAY_MS


def in_force(name: str) -> Pack:
    text = chosen_packs([name])[0].replace(b"in_force: {verify: true}", b'in_force: {since: "2026-11-02"}')
    return load_pack(text)


def lying_in(desk: Desk, asking: str, provider: str) -> None:
    """Put the provider into one State and everybody else into another."""
    orgs = tuple(
        replace(o, jurisdiction=provider if o.kind is PartyKind.PROVIDER else asking)
        for o in desk.directory.trust_list.orgs
    )
    desk.realm = replace(desk.realm, directory=desk.rebuilt(orgs=orgs))


def test_38_article_7_gives_no_traffic_data_is_not_in_force_and_cannot_reach_who_reserved(desk: Desk) -> None:
    facts = {"offence.max_penalty_months": 12, "person.role": ("SUSPECT",), "statement.protocol": ("YES",)}
    desk.law = law("coe.cets224.7")
    lying_in(desk, "RS", "HU")
    given: dict[str, Any] = {"by": "prosecutor", "authority": "", "facts": facts}
    assert desk.refused(SUBSCRIBER, **given)[0] == "X_PACK_NOT_IN_FORCE"
    desk.law = in_force("coe.cets224.7")
    assert desk.ask(SUBSCRIBER, **given).name is StateName.TRANSMITTED
    assert desk.refused(TRAFFIC, **given)[0] == "X_CATEGORY_NOT_IN_PACK"
    lying_in(desk, "RS", "JP")
    assert desk.refused(SUBSCRIBER, **given)[0] == "X_ADDRESSEE_NOT_DESIGNATED"
    lying_in(desk, "RS", "IE")
    assert desk.refused(SUBSCRIBER, **given)[0] == "X_PACK_NOT_IN_FORCE"


def test_39_the_agreement_refuses_each_defect_with_its_own_code(desk: Desk) -> None:
    pack = law("cloud.us-uk")
    found = {example.id: outcome(pack, example)[0] for example in pack.examples}
    assert found == {
        "a-range-of-addresses": "X_TARGET_NOT_SPECIFIC",
        "an-excluded-person": "X_PROTECTED_TARGET",
        "below-three-years": "X_OFFENCE_BELOW_THRESHOLD",
        "certified-by-a-judge-only": "X_AUTHORITY_NOT_COMPETENT",
        "certified-by-the-designated-authority": "GRANTED",
        "from-the-united-states": "X_PACK_NOT_IN_FORCE",
        "nobody-checked-the-target": "X_FIELD_MISSING",
        "three-years": "GRANTED",
        "without-the-certificate": "X_VALIDATION_MISSING",
    }
    assert desk.pack.digest != pack.digest


def test_40_a_changed_deadline_is_a_new_version_and_requests_in_flight_keep_theirs(desk: Desk) -> None:
    before = desk.validated(desk.ask(SUBSCRIBER))
    text = (
        chosen_packs()[0]
        .replace(b"pack_version: 2", b"pack_version: 3")
        .replace(b"{normal: P10D, emergency: PT8H", b"{normal: P5D, emergency: PT4H")
    )
    newer = load_pack(text)
    old_term = desk.delivered_to(before).obligation("produce")
    desk.law = newer
    fresh = desk.delivered_to(desk.validated(desk.ask(SUBSCRIBER)))
    new_term = fresh.obligation("produce")
    assert old_term is not None
    assert new_term is not None
    assert old_term.due_ms - new_term.due_ms == 5 * DAY_MS
    assert before.pack_digest != fresh.pack_digest == newer.digest


def test_47_a_replayed_statement_is_folded_once(desk: Desk) -> None:
    state = desk.ask(SUBSCRIBER)
    grant = desk.say(
        "judge", desk.header("judge", K.VALIDATE, state, about=state.issue_digest), granting(state)
    )
    after = desk.decide(state, grant)
    assert said_no(desk.decide, after, grant)[0] in {"X_STALE_GENERATION", "X_STATE_NOT_ALLOWED"}


def test_48_who_decides_on_an_old_state_is_refused(desk: Desk) -> None:
    state = desk.validated(desk.ask(SUBSCRIBER))
    old = desk.header("compliance", K.DISCLOSE, state, about=state.order_digest, addressee=state.agency)
    newer = desk.kept(state)
    body = desk.manifest(newer, task1="DELIVERED")
    assert said_no(desk.decide, newer, desk.say("compliance", old, body))[0] == "X_STALE_GENERATION"


def test_49_somebody_elses_request_looks_like_none(desk: Desk) -> None:
    state = desk.validated(desk.ask(SUBSCRIBER))
    assert (
        said_no(desk.tell, "other-investigator", K.WITHDRAW, state, Withdraw("ERROR"), state.issue_digest)[0]
        == "X_NOT_FOUND"
    )


def test_50_a_victims_data_are_distributed_less_and_notice_needs_a_stated_ground(desk: Desk) -> None:
    state = desk.ask(SUBSCRIBER, facts=USUAL | {"person.role": ("VICTIM",)})
    assert "REDUCED_DISTRIBUTION" in state.flags
    omitted = NotifySubject("OMITTED")
    assert said_no(desk.tell, "investigator", K.NOTIFY_SUBJECT, state, omitted)[2] == "GROUND_STATED"
    deferred = desk.tell("investigator", K.DEFER_NOTICE, state, ground(desk, 30))
    assert "NOTICE_GIVEN" in desk.tell("investigator", K.NOTIFY_SUBJECT, deferred, omitted).flags


def ground(desk: Desk, days: int, code: str = "RIGHTS_OF_OTHERS") -> DeferNotice:
    return DeferNotice(code, desk.clock.now_ms() // DAY_MS + days)


def test_51_notice_is_delayed_on_a_listed_ground_with_a_review_that_falls_due(desk: Desk) -> None:
    state = desk.validated(desk.ask(SUBSCRIBER))
    assert (
        said_no(desk.tell, "investigator", K.DEFER_NOTICE, state, ground(desk, 30, "CONVENIENCE"))[1]
        == "body.ground"
    )
    assert (
        said_no(desk.tell, "investigator", K.DEFER_NOTICE, state, ground(desk, 400))[0]
        == "X_TIME_RANGE_INVALID"
    )
    deferred = desk.tell("investigator", K.DEFER_NOTICE, state, ground(desk, 30))
    desk.wait(31 * DAY_MS)
    assert "OVERDUE" in desk.strike(deferred).flags


def test_52_what_went_another_way_is_recorded_before_the_request_can_close(desk: Desk) -> None:
    state = desk.kept(desk.validated(desk.ask(SUBSCRIBER)))
    record = TransmitOutside(desk.clock.now_ms() - HOUR_MS, 4096, bytes(32))
    assert desk.tell("investigator", K.TRANSMIT_OUTSIDE, state, record).name is StateName.PRESERVING
    future = replace(record, sent_at_ms=desk.clock.now_ms() + 1)
    assert said_no(desk.tell, "investigator", K.TRANSMIT_OUTSIDE, state, future)[2] == "NOT_IN_FUTURE"
