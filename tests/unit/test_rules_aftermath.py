# SPDX-License-Identifier: Apache-2.0
"""Rules of what outlives an answer: what each refuses, and what each leaves open or settles.

Pure: statements signed and folded, no engine. What erasure destroys is not looked at here.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from rogatory.protocol.dialogue import Second
from rogatory.protocol.duties import (
    AttestDeletion,
    ClaimCost,
    DeferNotice,
    Erase,
    Error,
    ExtendSeal,
    NotifySubject,
    Rewrap,
    SettleCost,
    TransmitOutside,
)
from rogatory.protocol.header import DAY_MS, StatementKind
from rogatory.protocol.state import Flag, RequestState, StateName
from rogatory.protocol.statements import Acknowledge, KeyWrap, ReportExcess, Withdraw
from rogatory.protocol.terms import owed
from tests.support.regime_desk import SUBSCRIBER, Desk, said_no

K = StatementKind
GROUND = "RIGHTS_OF_OTHERS"
SECOND = Second()
GRAVE = Error("SERIOUS", "AGENCY", "WRONG_PERIOD", (1,))


@pytest.fixture
def desk() -> Desk:
    return Desk()


def answered(desk: Desk) -> RequestState:
    state = desk.disclosed(desk.kept(desk.validated(desk.ask())))
    return desk.tell(
        "investigator", K.ACKNOWLEDGE, state, Acknowledge("IN_SCOPE"), state.disclosures[0].manifest
    )


def test_a_grave_error_stays_open_until_its_deletion_is_attested(desk: Desk) -> None:
    state = answered(desk)
    near = desk.tell("investigator", K.ERROR, state, Error("NEAR_MISS", "AGENCY", "WRONG_PERIOD"))
    assert (near.debts, near.flags) == ((), state.flags)
    one = desk.tell("investigator", K.ERROR, state, GRAVE)
    two = desk.tell("investigator", K.ERROR, one, GRAVE)
    assert [item.name for item in two.debts] == ["ERROR", "ERROR"]
    assert Flag.DELETE_OR_RESTRICT in two.flags
    left = desk.tell("investigator", K.ATTEST_DELETION, two, AttestDeletion("DELETED"), two.debts[0].digest)
    assert (left.debts, Flag.DELETE_OR_RESTRICT in left.flags) == (two.debts[1:], True)
    done = desk.tell(
        "compliance", K.ATTEST_DELETION, left, AttestDeletion("RESTRICTED"), left.debts[0].digest
    )
    assert (done.debts, Flag.DELETE_OR_RESTRICT in done.flags) == ((), False)
    assert [item.met for item in done.obligations if item.name == "error"] == [True, True]


def test_excess_is_attested_about_its_disclosure_and_only_where_there_is_something(desk: Desk) -> None:
    state = answered(desk)
    manifest = state.disclosures[0].manifest
    nothing = said_no(
        desk.tell, "investigator", K.ATTEST_DELETION, state, AttestDeletion("DELETED"), manifest
    )
    assert nothing == ("X_STATE_NOT_ALLOWED", "header.kind", "NOTHING_TO_DELETE")
    more = desk.tell("investigator", K.REPORT_EXCESS, state, ReportExcess((1, 2), "MINOR"), manifest)
    wrong = said_no(
        desk.tell, "investigator", K.ATTEST_DELETION, more, AttestDeletion("DELETED"), more.order_digest
    )
    assert wrong[1:] == ("header.about", "ABOUT.DUTY")
    for about in (manifest, more.issue_digest):
        done = desk.tell("investigator", K.ATTEST_DELETION, more, AttestDeletion("DELETED"), about)
        assert Flag.DELETE_OR_RESTRICT not in done.flags


def test_an_error_has_a_cause_of_the_pack_and_tasks_that_exist(desk: Desk) -> None:
    state = answered(desk)
    cause = said_no(desk.tell, "investigator", K.ERROR, state, Error("SERIOUS", "AGENCY", "BAD_LUCK"))
    assert cause == ("X_FIELD_INVALID", "body.cause", "errors/causes")
    task = said_no(
        desk.tell, "investigator", K.ERROR, state, Error("SERIOUS", "AGENCY", "WRONG_PERIOD", (7,))
    )
    assert task[1:] == ("body.tasks", "TASK_EXISTS")
    full = desk.tell("investigator", K.ERROR, state, GRAVE)
    for _ in range(63):
        full = desk.tell("investigator", K.ERROR, full, GRAVE)
    assert len(full.debts) == 64
    assert said_no(desk.tell, "investigator", K.ERROR, full, GRAVE) == ("X_TOO_LARGE", "header.kind", "COUNT")


def test_notice_is_delayed_for_a_ground_and_a_day_that_the_pack_allows(desk: Desk) -> None:
    state = answered(desk)
    today = desk.clock.now_ms() // DAY_MS
    for body, expected in (
        (DeferNotice("TIDINESS", today + 9), ("X_FIELD_INVALID", "body.ground", "user_information")),
        (DeferNotice(GROUND, today), ("X_TIME_RANGE_INVALID", "body.review_day", "AFTER_TODAY")),
        (DeferNotice(GROUND, today + 181), ("X_TIME_RANGE_INVALID", "body.review_day", "user_information")),
    ):
        assert said_no(desk.tell, "investigator", K.DEFER_NOTICE, state, body) == expected
    later = desk.tell("investigator", K.DEFER_NOTICE, state, DeferNotice(GROUND, today + 180))
    running = [item for item in later.obligations if item.name == "notice" and not item.met]
    assert [item.due_ms for item in running] == [(today + 181) * DAY_MS]
    assert Flag.NOTICE_DEFERRED in later.flags


def test_informing_is_omitted_only_after_a_ground_was_stated(desk: Desk) -> None:
    state = answered(desk)
    omitted = NotifySubject("OMITTED")
    assert said_no(desk.tell, "investigator", K.NOTIFY_SUBJECT, state, omitted)[1:] == (
        "body.decision",
        "GROUND_STATED",
    )
    review = DeferNotice(GROUND, desk.clock.now_ms() // DAY_MS + 9)
    deferred = desk.tell("investigator", K.DEFER_NOTICE, state, review)
    done = desk.tell("investigator", K.NOTIFY_SUBJECT, deferred, omitted)
    assert {Flag.NOTICE_GIVEN, Flag.NOTICE_DEFERRED} & set(done.flags) == {Flag.NOTICE_GIVEN}
    assert all(item.met for item in done.obligations if item.name == "notice")


def test_a_seal_lasts_longer_for_a_ground_of_the_pack_and_into_the_future(desk: Desk) -> None:
    state = answered(desk)
    today = desk.clock.now_ms() // DAY_MS
    ground = said_no(desk.tell, "judge", K.EXTEND_SEAL, state, ExtendSeal("TIDINESS", today + 9))
    assert ground[1:] == ("body.ground", "user_information")
    assert said_no(desk.tell, "judge", K.EXTEND_SEAL, state, ExtendSeal(GROUND, today))[2] == "AFTER_TODAY"
    assert desk.tell("judge", K.EXTEND_SEAL, state, ExtendSeal(GROUND, today + 1)).flags == state.flags


def test_a_claim_is_open_until_it_is_settled_once(desk: Desk) -> None:
    state = desk.tell("compliance", K.CLAIM_COST, answered(desk), ClaimCost(100, "EUR"))
    (debt,) = state.debts
    assert debt.name == "COST"
    paid = desk.tell("investigator", K.SETTLE_COST, state, SettleCost("PAID"), debt.digest)
    assert paid.debts == ()
    assert (
        said_no(desk.tell, "investigator", K.SETTLE_COST, paid, SettleCost("PAID"), debt.digest)[2]
        == "ABOUT.CLAIM"
    )
    wrong = desk.tell("investigator", K.ERROR, state, GRAVE)
    other = said_no(
        desk.tell, "investigator", K.SETTLE_COST, wrong, SettleCost("PAID"), wrong.debts[1].digest
    )
    assert other == ("X_FIELD_INVALID", "header.about", "ABOUT.CLAIM")


def test_a_law_that_knows_no_claims_notices_or_errors_takes_none() -> None:
    desk = Desk()
    desk.law = replace(desk.realm.pack, cost_claims=False, user_information=None, errors=None)
    state = answered(desk)
    assert state.obligation("notice") is None
    day = desk.clock.now_ms() // DAY_MS + 9
    for name, kind, body in (
        ("compliance", K.CLAIM_COST, ClaimCost(100, "EUR")),
        ("investigator", K.DEFER_NOTICE, DeferNotice(GROUND, day)),
        ("investigator", K.EXTEND_SEAL, ExtendSeal(GROUND, day)),
        ("investigator", K.ERROR, GRAVE),
    ):
        assert said_no(desk.tell, name, kind, state, body)[0] in {"X_STATE_NOT_ALLOWED", "X_FIELD_INVALID"}
    assert desk_erases(desk, state)


def test_what_went_another_way_went_before_now(desk: Desk) -> None:
    state = desk.validated(desk.ask())
    now = desk.clock.now_ms()
    future = TransmitOutside(now + DAY_MS, 1, bytes(32))
    assert said_no(desk.tell, "investigator", K.TRANSMIT_OUTSIDE, state, future)[2] == "NOT_IN_FUTURE"
    assert (
        desk.tell("investigator", K.TRANSMIT_OUTSIDE, state, TransmitOutside(now, 1, bytes(32))).name
        is state.name
    )


def test_one_more_reader_is_of_the_packs_list_and_a_unit_of_the_directory(desk: Desk) -> None:
    state = answered(desk)
    grounds = state.grounds()
    assert grounds is not None
    wrap = KeyWrap(desk.realm.unit("inspector").key_id, bytes(1168))
    for body, expected in (
        (
            Rewrap(grounds.object_digest, "PRESS", wrap),
            ("X_FIELD_NOT_FOR_RECIPIENT", "body.audience", "recipients"),
        ),
        (Rewrap(bytes(32), "COURT", wrap), ("X_NOT_FOUND", "body.object_digest", "OBJECT_OF_REQUEST")),
        (
            Rewrap(grounds.object_digest, "COURT", KeyWrap(bytes(32), bytes(1168))),
            ("X_FIELD_NOT_FOR_RECIPIENT", "body.wrap.key_id", "DIRECTORY.UNIT"),
        ),
    ):
        assert said_no(desk.tell, "judge", K.REWRAP, state, body) == expected
    for digest in (grounds.object_digest, state.disclosures[0].manifest):
        assert (
            desk.tell("judge", K.REWRAP, state, Rewrap(digest, "DEFENCE", wrap)).last_index > state.last_index
        )
    provider = said_no(desk.tell, "compliance", K.REWRAP, state, Rewrap(grounds.object_digest, "COURT", wrap))
    assert provider[0] == "X_NOT_AUTHORISED"


def test_a_request_is_not_erased_while_something_of_it_is_owed(desk: Desk) -> None:
    open_ = desk.validated(desk.ask(SUBSCRIBER))
    assert not desk_erases(desk, open_, "X_STATE_NOT_ALLOWED")
    state = answered(desk)
    assert state.name is StateName.CLOSED
    assert [item.name for item in state.obligations if owed(state, item)] == ["notice"]
    assert not desk_erases(desk, state, "X_STATE_NOT_ALLOWED", "DUTIES_OPEN")
    told = desk.tell("investigator", K.NOTIFY_SUBJECT, state, NotifySubject("INFORMED"))
    claimed = desk.tell("compliance", K.CLAIM_COST, told, ClaimCost(100, "EUR"))
    assert not desk_erases(desk, claimed, "X_STATE_NOT_ALLOWED", "DUTIES_OPEN")
    excess = ReportExcess((1, 2), "MINOR")
    more = desk.tell("investigator", K.REPORT_EXCESS, told, excess, told.disclosures[0].manifest)
    assert not desk_erases(desk, more, "X_STATE_NOT_ALLOWED", "DUTIES_OPEN")
    assert desk_erases(desk, told)


def desk_erases(desk: Desk, state: RequestState, code: str = "", rule: str = "") -> bool:
    """Whether two persons erase a request; where they do not, with the code and the rule that is expected."""
    header = desk.header("investigator", K.ERASE, state, about=state.issue_digest, addressee=state.provider)
    said = desk.say("investigator", header, Erase("NOT_NEEDED"))
    alone = said_no(desk.decide, state, said)
    assert alone[0] in {"X_SECOND_MISSING", "X_STATE_NOT_ALLOWED"}
    if alone[0] == "X_SECOND_MISSING":
        state = desk.tell("duty-officer", K.SECOND, state, SECOND, said.digest)
    if code:
        found = said_no(desk.decide, state, said)
        assert (found[0], not rule or found[2] == rule) == (code, True)
        return False
    after = desk.decide(state, said)
    assert Flag.ERASED in after.flags
    assert all(item.met for item in after.obligations)
    again = said_no(desk.tell, "investigator", K.ERROR, after, GRAVE)
    assert again == ("X_ERASED", "header.request_id", "ERASED")
    return True


def test_what_was_taken_back_is_erased_by_its_own_party_alone(desk: Desk) -> None:
    state = desk.tell("investigator", K.WITHDRAW, desk.ask(), Withdraw("ERROR"))
    assert said_no(desk.tell, "judge", K.ERASE, state, Erase("UNLAWFUL"))[0] == "X_NOT_AUTHORISED"
    assert desk_erases(desk, state)
