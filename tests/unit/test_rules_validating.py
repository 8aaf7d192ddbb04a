# SPDX-License-Identifier: Apache-2.0
"""Each rule of validating and withdrawing, and each that holds for every kind, refuses by its own code.

Pure: statements signed and folded, no engine. Rules of issuing are not tested here: they have their own file.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rogatory.protocol.errors import Invalid, NotVerified
from rogatory.protocol.header import Address, SectionKind, StatementKind
from rogatory.protocol.lifecycle import MAX_STATE_SECTIONS, LoggedEnvelope, decide, fold, pack_of
from rogatory.protocol.state import RequestState, StateName
from rogatory.protocol.statements import (
    Body,
    DecisionCode,
    Delivered,
    Heartbeat,
    Issue,
    Refuse,
    Validate,
    Withdraw,
)
from tests.support.folding import SUBSCRIBER, TRAFFIC, Folding, granting, whole
from tests.support.refused import refusal


@pytest.fixture
def desk() -> Folding:
    return Folding()


def validate(desk: Folding, state: RequestState, body: Validate, name: str = "judge") -> RequestState:
    return desk.act(name, StatementKind.VALIDATE, state, state.issue_digest, body)


def test_only_the_named_authority_validates_and_only_what_was_issued(desk: Folding) -> None:
    state = desk.issued(TRAFFIC)
    grant = granting(state)
    assert refusal(validate, desk, state, grant, "investigator") == (
        "X_NOT_AUTHORISED",
        "header.issuer",
        "PARTY.AUTHORITY",
    )
    assert refusal(validate, desk, state, grant, "prosecutor") == (
        "X_AUTHORITY_NOT_COMPETENT",
        "header.issuer.role",
        desk.pack.rule("authority/2/validate"),
    )
    elsewhere = replace(state, authority=replace(desk.address("judge"), unit=bytes(16)))
    assert refusal(validate, desk, elsewhere, grant)[2] == "PARTY.AUTHORITY"
    assert refusal(desk.act, "judge", StatementKind.VALIDATE, state, bytes(32), grant) == (
        "X_FIELD_INVALID",
        "header.about",
        "ABOUT.ISSUE",
    )
    after = validate(desk, state, grant)
    assert refusal(validate, desk, after, grant) == (
        "X_STATE_NOT_ALLOWED",
        "header.kind",
        "STATE.TRANSMITTED",
    )


@pytest.mark.parametrize("who", ["the drafter", "the agency"])
def test_nobody_validates_what_they_or_their_own_organisation_drafted(desk: Folding, who: str) -> None:
    state, judge = desk.issued(), desk.realm.row("judge")
    drafted = (
        replace(state, drafter=judge.subject)
        if who == "the drafter"
        else replace(state, agency=Address(judge.org, state.agency.unit))
    )
    assert refusal(validate, desk, drafted, granting(state)) == (
        "X_AUTHORITY_NOT_COMPETENT",
        "header.issuer",
        "DRAFTER_IS_NOT_VALIDATOR",
    )


def test_a_return_or_refusal_carries_a_code_of_the_pack(desk: Folding) -> None:
    state = desk.issued()
    for decision, name in (
        (DecisionCode.RETURN, StateName.RETURNED),
        (DecisionCode.REFUSE, StateName.REFUSED),
    ):
        after = validate(desk, state, Validate(decision, "A_GROUNDS_INSUFFICIENT"))
        assert (after.name, after.code, after.order_digest) == (name, "A_GROUNDS_INSUFFICIENT", b"")
        assert refusal(validate, desk, state, Validate(decision, "P_OTHER")) == (
            "X_FIELD_INVALID",
            "body.code",
            desk.pack.rule("refusal/authority"),
        )


def test_a_grant_makes_the_order_and_narrows_what_it_narrows(desk: Folding) -> None:
    state = desk.issued(SUBSCRIBER, TRAFFIC)
    both = validate(desk, state, granting(state))
    assert (both.name, both.order_digest) == (StateName.TRANSMITTED, both.last_digest)
    assert both.granted == whole(state)
    one = validate(desk, state, granting(state, 2))
    assert [item.granted for item in one.tasks] == [None, whole(state)[1]]
    assert one.open_tasks == (2,)


def test_a_grant_never_widens_and_says_whether_it_narrows(desk: Folding) -> None:
    state = desk.issued()
    (asked,), right = whole(state), granting(state)
    for i, wider in enumerate(
        (
            replace(asked, elements=("billing", "name")),
            replace(asked, first_day=asked.first_day - 1),
            replace(asked, last_day=asked.last_day + 1),
            replace(asked, number=2),
        )
    ):
        assert refusal(validate, desk, state, replace(right, granted=(wider,))) == (
            "X_SCOPE_EXCEEDED",
            "body.granted[0]",
            "GRANT_NEVER_WIDENS",
        ), i
    says = ("X_FIELD_INVALID", "body.decision", "GRANT_SAYS_WHAT_IT_DOES")
    less = replace(asked, elements=("name",))
    assert refusal(validate, desk, state, replace(right, granted=(less,))) == says
    assert refusal(validate, desk, state, replace(right, decision=DecisionCode.GRANT_NARROWED)) == says
    for narrower in (
        less,
        replace(asked, first_day=asked.first_day + 1),
        replace(asked, last_day=asked.last_day - 1),
    ):
        body = replace(right, granted=(narrower,), decision=DecisionCode.GRANT_NARROWED)
        assert validate(desk, state, body).granted == (narrower,)


def test_who_grants_has_opened_grounds_and_the_particulars_of_what_it_grants(desk: Folding) -> None:
    state = desk.issued(SUBSCRIBER, TRAFFIC)
    right = granting(state)
    for digest in right.opened:
        rest = tuple(other for other in right.opened if other != digest)
        assert refusal(validate, desk, state, replace(right, opened=rest)) == (
            "X_SECTION_NOT_OPENED",
            "body.opened",
            "SECTION.OPENED",
        )
    more = tuple(sorted((*right.opened, bytes(32))))
    assert refusal(validate, desk, state, replace(right, opened=more)) == (
        "X_FIELD_INVALID",
        "body.opened",
        "SECTION.EXISTS",
    )


def test_who_asked_takes_back_whatever_was_seen_with_a_code_of_the_pack(desk: Folding) -> None:
    state = desk.transmitted()
    header = desk.header("investigator", StatementKind.WITHDRAW, state, about=state.issue_digest)
    late = replace(header, seen=replace(header.seen, request_position=0))
    after = desk.decide(state, desk.say("investigator", late, Withdraw("ERROR")))
    assert (after.name, after.code) == (StateName.WITHDRAWN, "ERROR")
    act = desk.act
    kind = StatementKind.WITHDRAW
    assert refusal(act, "judge", kind, state, state.issue_digest, Withdraw("ERROR"))[2] == "PARTY.ASKING"
    assert refusal(act, "investigator", kind, state, bytes(32), Withdraw("ERROR"))[2] == "ABOUT.ISSUE"
    assert refusal(act, "investigator", kind, state, state.issue_digest, Withdraw("WEATHER")) == (
        "X_FIELD_INVALID",
        "body.code",
        desk.pack.rule("withdrawal"),
    )


def test_a_request_does_not_exist_for_who_is_no_party_nor_before_it_was_issued(desk: Folding) -> None:
    state = desk.issued()
    header = desk.header("compliance", StatementKind.REFUSE, state, about=state.issue_digest)
    verified = desk.say("compliance", header, Refuse("P_OTHER"))
    missing = ("X_NOT_FOUND", "header.request_id", "LIFECYCLE.EXISTS")
    assert refusal(desk.decide, state, verified) == missing
    assert refusal(desk.decide, None, verified) == missing
    assert refusal(pack_of, None, verified, desk.realm.packs) == missing


def test_a_kind_without_a_rule_never_enters_the_fold(desk: Folding) -> None:
    state = desk.issued()
    header = desk.header("exchange", StatementKind.STATUS, None)
    verified = desk.say("exchange", header, Heartbeat(bytes(16)))
    assert refusal(desk.decide, state, verified) == ("X_KIND_UNKNOWN", "header.kind", "LIFECYCLE")


def test_a_statement_keeps_to_the_pack_and_the_order_of_its_request(desk: Folding) -> None:
    state = desk.transmitted()
    header = desk.header("provider-service", StatementKind.DELIVERED, state, about=state.order_digest)

    def say(**other: Any) -> RequestState:  # noqa: ANN401 - any field of a header
        return desk.decide(state, desk.say("provider-service", replace(header, **other), Delivered()))

    assert say(pack_digest=state.pack_digest).flags == ("DELIVERED_TO_SERVICE",)
    assert refusal(say, pack_digest=bytes(32)) == ("X_FIELD_INVALID", "header.pack_digest", "PINNED")
    position = state.last_index + 1
    for seen in (0, position - 1, position):
        assert say(seen=replace(header.seen, request_position=seen)).flags == ("DELIVERED_TO_SERVICE",)
    assert refusal(say, seen=replace(header.seen, request_position=position + 1)) == (
        "X_FIELD_INVALID",
        "header.seen.request_position",
        "ORDER",
    )


@pytest.mark.parametrize("step", [-1, 1])
def test_who_decides_has_seen_the_newest_statement(desk: Folding, step: int) -> None:
    state = desk.issued()
    header = desk.header("judge", StatementKind.VALIDATE, state, about=state.issue_digest)
    seen = replace(header.seen, request_position=header.seen.request_position + step)
    verified = desk.say("judge", replace(header, seen=seen), granting(state))
    assert refusal(desk.decide, state, verified) == (
        "X_STALE_GENERATION",
        "header.seen.request_position",
        "ORDER",
    )


def test_an_ended_request_takes_no_more_statements(desk: Folding) -> None:
    state = desk.issued()
    ended = validate(desk, state, Validate(DecisionCode.REFUSE, "A_NOT_NECESSARY"))
    assert refusal(validate, desk, ended, granting(state)) == (
        "X_OBJECT_TERMINAL",
        "header.request_id",
        "STATE.REFUSED",
    )


def note(desk: Folding, state: RequestState, *readers: str, count: int = 1) -> RequestState:
    refs = [desk.ref(SectionKind.NOTE, 0, *readers) for _ in range(count)]
    sections = tuple(sorted(refs, key=lambda ref: ref.object_digest))
    body: Body = granting(state)
    header = desk.header("judge", StatementKind.VALIDATE, state, about=state.issue_digest, sections=sections)
    return desk.decide(state, desk.say("judge", header, body))


def test_a_note_goes_to_parties_alone_and_joins_the_sections(desk: Folding) -> None:
    state = desk.issued()
    after = note(desk, state, "investigator", "provider", count=2)
    assert after.sections[: len(state.sections)] == state.sections
    assert len(after.sections) == len(state.sections) + 2
    assert refusal(note, desk, state, "investigator", "other-provider") == (
        "X_FIELD_NOT_FOR_RECIPIENT",
        "header.sections[0].recipients",
        "SECTION.RECIPIENTS",
    )
    room = MAX_STATE_SECTIONS - 2
    full = replace(state, sections=state.sections[:1] * (room - 1) + state.sections[-1:])
    assert len(note(desk, full, "investigator", count=2).sections) == MAX_STATE_SECTIONS
    assert refusal(note, desk, full, "investigator", count=3) == ("X_TOO_LARGE", "header.sections", "COUNT")


def test_the_fold_of_logged_envelopes_is_the_state_after_the_last(desk: Folding) -> None:
    header, body = desk.asking()
    first = desk.sign("investigator", header, body)
    state = desk.decide(None, desk.say("investigator", header, body))
    answer = desk.header("judge", StatementKind.VALIDATE, state, about=state.issue_digest)
    second = desk.sign("judge", answer, granting(state))
    at = desk.clock.now_ms()
    logged = [LoggedEnvelope(first, 10, at), LoggedEnvelope(second, 11, at)]
    folded, verified = fold(logged, desk.directory, desk.realm.packs)
    assert folded == decide(state, verified[1], desk.setting(index=11))
    assert [item.data for item in verified] == [first, second]
    assert folded is not None
    assert (folded.last_index, folded.last_digest) == (11, verified[1].digest)
    assert fold(logged[1:], desk.directory, desk.realm.packs, state) == (folded, verified[1:])
    assert fold([], desk.directory, desk.realm.packs, state) == (state, ())
    assert fold([], desk.directory, desk.realm.packs) == (None, ())
    assert refusal(fold, logged[1:], desk.directory, desk.realm.packs) == (
        "X_NOT_FOUND",
        "header.request_id",
        "LIFECYCLE.EXISTS",
    )


def test_nobody_folds_envelopes_out_of_log_order_or_a_statement_twice(desk: Folding) -> None:
    header, body = desk.asking()
    first = desk.sign("investigator", header, body)
    state = desk.decide(None, desk.say("investigator", header, body))
    answer = desk.header("judge", StatementKind.VALIDATE, state, about=state.issue_digest)
    second = desk.sign("judge", answer, granting(state))
    at = desk.clock.now_ms()
    for index in (9, 10):
        logged = [LoggedEnvelope(first, 10, at), LoggedEnvelope(second, index, at)]
        found = refusal(fold, logged, desk.directory, desk.realm.packs, family=NotVerified)
        assert found == ("X_LOG_INVALID", "statements", "ORDER")
    for twice in ([first, first], [first, second, second]):
        logged = [LoggedEnvelope(data, 10 + number, at) for number, data in enumerate(twice)]
        found = refusal(fold, logged, desk.directory, desk.realm.packs, family=Invalid)
        assert found == ("X_REPLAY", "header.statement_id", "STATEMENT_ID_TAKEN")


def test_an_answer_names_no_bystander_as_the_one_that_receives_it(desk: Folding) -> None:
    state = desk.issued()
    for name in ("investigator", "judge", "provider"):
        header = desk.header(
            "judge", StatementKind.VALIDATE, state, about=state.issue_digest, addressee=desk.address(name)
        )
        assert decide(state, desk.say("judge", header, granting(state)), desk.setting()).transmitted
    header = desk.header(
        "judge",
        StatementKind.VALIDATE,
        state,
        about=state.issue_digest,
        addressee=desk.address("other-provider"),
    )
    assert refusal(desk.decide, state, desk.say("judge", header, granting(state))) == (
        "X_ADDRESSEE_NOT_DESIGNATED",
        "header.addressee",
        "ADDRESSEE.NAMED",
    )


def test_a_request_is_judged_by_the_pack_of_its_issue(desk: Folding) -> None:
    header, body = desk.asking()
    verified = desk.say("investigator", header, body)
    assert pack_of(None, verified, desk.realm.packs) is desk.pack
    state = desk.decide(None, verified)
    answer = desk.say(
        "judge",
        desk.header("judge", StatementKind.VALIDATE, state, about=state.issue_digest),
        granting(state),
    )
    assert pack_of(state, answer, desk.realm.packs) is desk.pack
    for now, said in ((None, verified), (state, answer)):
        assert refusal(pack_of, now, said, {}) == ("X_PACK_UNKNOWN", "header.pack_digest", "DIRECTORY.PACKS")


def test_a_body_of_another_kind_is_refused_even_if_it_was_verified(desk: Folding) -> None:
    header, body = desk.asking()
    verified = desk.say("investigator", header, body)
    swapped = replace(verified, statement=replace(verified.statement, body=Withdraw("ERROR")))
    assert refusal(desk.decide, None, swapped) == ("X_FIELD_INVALID", "body", "KIND_MATCHES")
    assert isinstance(verified.statement.body, Issue)
