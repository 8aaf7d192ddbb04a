# SPDX-License-Identifier: Apache-2.0
"""Each rule of the answer refuses what it is there to refuse, with its code, field and rule, and allows the rest.

Pure: statements signed and folded, no engine. Whether parts and sealed objects have arrived is not decided here.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from rogatory.protocol.directory import RowStatus
from rogatory.protocol.errors import Refused
from rogatory.protocol.header import DAY_MS, StatementKind
from rogatory.protocol.state import RequestState, StateName
from rogatory.protocol.statements import (
    Acknowledge,
    Body,
    Delivered,
    Preserve,
    Receive,
    Refuse,
    ReportExcess,
    RequestKind,
    TaskOutcome,
    Withdraw,
)
from tests.support import refused
from tests.support.folding import SUBSCRIBER, TRAFFIC, Folding, granting, obligation, reading

PRESERVATION = RequestKind.PRESERVATION
refusal = partial(refused.refusal, family=Refused)


@pytest.fixture
def desk() -> Folding:
    return Folding()


def answer(
    desk: Folding, kind: StatementKind, state: RequestState, body: Body, name: str = "compliance"
) -> RequestState:
    return desk.act(name, kind, state, state.order_digest, body)


def test_delivery_starts_the_clock_of_the_pack_once(desk: Folding) -> None:
    state = desk.transmitted()
    assert (state.name, state.obligations, state.flags) == (StateName.TRANSMITTED, (), ())
    after = answer(desk, StatementKind.DELIVERED, state, Delivered(), "provider-service")
    clock = obligation(after, "produce")
    assert {item.name for item in after.obligations} == {"objection", "produce"}
    assert (clock.name, clock.met, clock.trigger) == ("produce", False, desk.index - 1)
    assert clock.rule == desk.pack.rule("kinds/DISCLOSURE/deadlines/produce")
    deadline = desk.pack.rules(state.kind).deadlines["produce"]
    assert clock.due_ms == desk.pack.due_ms(deadline, desk.clock.now_ms(), emergency=False)
    assert after.flags == ("DELIVERED_TO_SERVICE",)
    assert after.name is StateName.TRANSMITTED
    urgent = replace(state, emergency=True)
    sooner = obligation(
        answer(desk, StatementKind.DELIVERED, urgent, Delivered(), "provider-service"), "produce"
    )
    assert sooner.due_ms == desk.pack.due_ms(deadline, desk.clock.now_ms(), emergency=True) < clock.due_ms
    assert refusal(answer, desk, StatementKind.DELIVERED, after, Delivered(), "provider-service") == (
        "X_STATE_NOT_ALLOWED",
        "header.kind",
        "ONCE",
    )


@pytest.mark.parametrize("kind", [StatementKind.DELIVERED, StatementKind.RECEIVE, StatementKind.REFUSE])
def test_only_the_provider_answers_and_only_the_order_in_force(desk: Folding, kind: StatementKind) -> None:
    state = desk.transmitted()
    bodies: dict[StatementKind, Body] = {
        StatementKind.DELIVERED: Delivered(),
        StatementKind.RECEIVE: reading(state),
        StatementKind.REFUSE: Refuse("P_OTHER"),
    }
    body = bodies[kind]
    for name in ("investigator", "judge"):
        refused = refusal(answer, desk, kind, state, body, name)
        assert refused == ("X_NOT_AUTHORISED", "header.issuer", "PARTY.PROVIDER")
    found = refusal(desk.act, "compliance", kind, state, state.issue_digest, body)
    assert found == ("X_FIELD_INVALID", "header.about", "ABOUT.ORDER")


def test_what_is_kept_or_disclosed_is_so_under_the_order_in_force(desk: Folding) -> None:
    state = desk.received()
    due = obligation(state, "produce").due_ms
    bodies: dict[StatementKind, Body] = {
        StatementKind.PRESERVE: Preserve((TaskOutcome(1, "PRESERVED"),), due),
        StatementKind.DISCLOSE: desk.manifest(state, task1="DELIVERED"),
    }
    for kind, body in bodies.items():
        found = refusal(desk.act, "compliance", kind, state, state.issue_digest, body)
        assert found == ("X_FIELD_INVALID", "header.about", "ABOUT.ORDER")
        assert answer(desk, kind, state, body).last_index == desk.index - 1


def test_a_request_is_received_after_it_was_delivered_and_with_every_section_opened(desk: Folding) -> None:
    state = desk.transmitted(SUBSCRIBER, TRAFFIC)
    assert refusal(answer, desk, StatementKind.RECEIVE, state, reading(state)) == (
        "X_STATE_NOT_ALLOWED",
        "header.kind",
        "DELIVERED_FIRST",
    )
    state = answer(desk, StatementKind.DELIVERED, state, Delivered(), "provider-service")
    whole = reading(state)
    grounds = state.grounds()
    assert grounds is not None
    for opened in (
        (),
        whole.opened[:1],
        tuple(sorted((*whole.opened, grounds.object_digest))),
    ):
        act = Receive((), opened)
        assert refusal(answer, desk, StatementKind.RECEIVE, state, act) == (
            "X_SECTION_NOT_OPENED",
            "body.opened",
            "SECTION.OPENED",
        )
    after = answer(desk, StatementKind.RECEIVE, state, whole)
    assert after.name is StateName.RECEIVED
    assert refusal(answer, desk, StatementKind.RECEIVE, after, whole) == (
        "X_STATE_NOT_ALLOWED",
        "header.kind",
        "STATE.RECEIVED",
    )


def test_what_will_be_disclosed_is_preserved_at_least_until_it_is_due(desk: Folding) -> None:
    state = desk.received(SUBSCRIBER, TRAFFIC)
    due = state.obligations[-1].due_ms
    kept = (TaskOutcome(1, "PRESERVED"), TaskOutcome(2, "PRESERVED"))
    assert refusal(answer, desk, StatementKind.PRESERVE, state, Preserve(kept, due - 1)) == (
        "X_FIELD_INVALID",
        "body.until_ms",
        "UNTIL.PRODUCE",
    )
    for outcomes in (kept[:1], (kept[0], TaskOutcome(2, "NOT_HELD"))):
        body = Preserve(outcomes, due)
        assert refusal(answer, desk, StatementKind.PRESERVE, state, body) == (
            "X_FIELD_INVALID",
            "body.outcomes",
            "EACH_TASK",
        )
    after = answer(desk, StatementKind.PRESERVE, state, Preserve(kept, due))
    assert (after.name, after.preserved_until_ms) == (StateName.PRESERVING, due)
    assert after.open_tasks == (1, 2)
    assert answer(desk, StatementKind.PRESERVE, state, Preserve(kept, due + 1)).preserved_until_ms == due + 1


def test_a_preservation_ends_on_the_packs_day_with_an_outcome_for_each_task(desk: Folding) -> None:
    state = desk.received(SUBSCRIBER, TRAFFIC, kind=PRESERVATION)
    due = state.obligations[-1].due_ms
    assert due > desk.clock.now_ms() + 59 * DAY_MS
    kept = (TaskOutcome(1, "PRESERVED"), TaskOutcome(2, "NOT_HELD"))
    for until in (due - 1, due + 1):
        body = Preserve(kept, until)
        assert refusal(answer, desk, StatementKind.PRESERVE, state, body) == (
            "X_FIELD_INVALID",
            "body.until_ms",
            "UNTIL.PACK",
        )
    assert refusal(answer, desk, StatementKind.PRESERVE, state, Preserve(kept[:1], due)) == (
        "X_FIELD_MISSING",
        "body.outcomes",
        "EACH_TASK",
    )
    odd = Preserve((kept[0], TaskOutcome(2, "DELIVERED")), due)
    assert refusal(answer, desk, StatementKind.PRESERVE, state, odd) == (
        "X_FIELD_INVALID",
        "body.outcomes[1].outcome",
        desk.pack.rule("outcomes"),
    )
    after = answer(desk, StatementKind.PRESERVE, state, Preserve(kept, due))
    assert (after.name, after.preserved_until_ms) == (StateName.PRESERVED, due)
    assert [item.outcome for item in after.tasks] == ["PRESERVED", "NOT_HELD"]
    assert refusal(answer, desk, StatementKind.PRESERVE, after, Preserve(kept, due))[2] == ("STATE.PRESERVED")


@pytest.mark.parametrize(
    ("kind", "rule"), [(PRESERVATION, "UNTIL.PACK"), (RequestKind.DISCLOSURE, "UNTIL.PRODUCE")]
)
def test_without_a_clock_there_is_no_day_to_preserve_until(
    desk: Folding, kind: RequestKind, rule: str
) -> None:
    state = replace(desk.received(kind=kind), obligations=())
    body = Preserve((TaskOutcome(1, "PRESERVED"),), desk.clock.now_ms() + 100 * DAY_MS)
    assert refusal(answer, desk, StatementKind.PRESERVE, state, body)[1:] == ("body.until_ms", rule)


def test_a_provider_refuses_with_a_code_of_the_pack_the_whole_or_open_tasks(desk: Folding) -> None:
    state = desk.received(SUBSCRIBER, TRAFFIC)
    assert refusal(answer, desk, StatementKind.REFUSE, state, Refuse("A_NOT_NECESSARY")) == (
        "X_FIELD_INVALID",
        "body.code",
        desk.pack.rule("refusal/provider"),
    )
    assert refusal(answer, desk, StatementKind.REFUSE, state, Refuse("P_OTHER", (2, 3))) == (
        "X_FIELD_INVALID",
        "body.tasks",
        "TASK_OPEN",
    )
    part = answer(desk, StatementKind.REFUSE, state, Refuse("P_OTHER", (2,)))
    assert (part.name, part.code, part.open_tasks) == (StateName.EXECUTING, "P_OTHER", (1,))
    rest = answer(desk, StatementKind.REFUSE, part, Refuse("P_INCOMPLETE", (1,)))
    assert (rest.name, rest.code) == (StateName.REFUSED, "P_INCOMPLETE")
    every = answer(desk, StatementKind.REFUSE, state, Refuse("P_OTHER"))
    assert (every.name, every.code) == (StateName.REFUSED, "P_OTHER")
    assert [item.outcome for item in every.tasks] == ["REFUSED", "REFUSED"]
    early = answer(desk, StatementKind.REFUSE, desk.transmitted(), Refuse("P_OTHER"))
    assert early.name is StateName.REFUSED


def test_what_is_left_of_a_partly_answered_request_can_be_refused(desk: Folding) -> None:
    state = desk.answered(desk.received(SUBSCRIBER, TRAFFIC), task1="DELIVERED")
    after = answer(desk, StatementKind.REFUSE, state, Refuse("P_OTHER", (2,)))
    assert after.name is StateName.DELIVERED
    assert [item.outcome for item in after.tasks] == ["DELIVERED", "REFUSED"]


def test_a_task_that_was_never_granted_does_not_keep_a_refusal_open(desk: Folding) -> None:
    state = desk.issued(SUBSCRIBER, TRAFFIC)
    state = desk.act("judge", StatementKind.VALIDATE, state, state.issue_digest, granting(state, 1))
    after = answer(desk, StatementKind.REFUSE, state, Refuse("P_OTHER", (1,)))
    assert after.name is StateName.REFUSED
    assert [item.outcome for item in after.tasks] == ["REFUSED", ""]


def test_a_disclosure_ends_the_tasks_it_names_and_the_last_acknowledgement_closes(desk: Folding) -> None:
    state = desk.received(SUBSCRIBER, TRAFFIC)
    first = desk.answered(state, task1="DELIVERED")
    assert first.name is StateName.EXECUTING
    (record,) = first.disclosures
    assert (record.index, record.tasks, record.body_length, record.scope_report) == (
        desk.index - 1,
        (1,),
        4096,
        "",
    )
    assert record.manifest == first.last_digest
    assert not obligation(first, "produce").met
    second = desk.answered(first, task2="NO_RECORD")
    assert second.name is StateName.DELIVERED
    assert obligation(second, "produce").met
    seen = Acknowledge("IN_SCOPE")
    one = desk.act("investigator", StatementKind.ACKNOWLEDGE, second, record.manifest, seen)
    assert [item.scope_report for item in one.disclosures] == ["IN_SCOPE", ""]
    assert one.name is StateName.DELIVERED
    again = (desk.act, "investigator", StatementKind.ACKNOWLEDGE, one, record.manifest, seen)
    assert refusal(*again) == ("X_FIELD_INVALID", "header.about", "ABOUT.DISCLOSURE")
    last = second.disclosures[1].manifest
    closed = desk.act("investigator", StatementKind.ACKNOWLEDGE, one, last, Acknowledge("EXCESS_QUARANTINED"))
    assert closed.name is StateName.CLOSED
    assert [item.scope_report for item in closed.disclosures] == ["IN_SCOPE", "EXCESS_QUARANTINED"]


def test_an_acknowledged_part_does_not_close_a_request_with_an_open_task(desk: Folding) -> None:
    state = desk.answered(desk.received(SUBSCRIBER, TRAFFIC), task1="DELIVERED")
    manifest = state.disclosures[0].manifest
    after = desk.act("investigator", StatementKind.ACKNOWLEDGE, state, manifest, Acknowledge("IN_SCOPE"))
    assert after.name is StateName.EXECUTING


def test_only_who_asked_acknowledges_and_only_a_disclosure(desk: Folding) -> None:
    state = desk.answered(desk.received(), task1="DELIVERED")
    manifest, seen = state.disclosures[0].manifest, Acknowledge("IN_SCOPE")
    assert refusal(desk.act, "compliance", StatementKind.ACKNOWLEDGE, state, manifest, seen) == (
        "X_NOT_AUTHORISED",
        "header.issuer",
        "PARTY.ASKING",
    )
    other = (desk.act, "investigator", StatementKind.ACKNOWLEDGE, state, state.order_digest, seen)
    assert refusal(*other) == ("X_FIELD_INVALID", "header.about", "ABOUT.DISCLOSURE")


def test_a_manifest_is_held_against_the_request_it_answers(desk: Folding) -> None:
    state = desk.received(SUBSCRIBER, TRAFFIC)
    right = desk.manifest(state, task1="DELIVERED")
    (wrap,) = right.wraps
    elsewhere = replace(wrap, key_id=desk.realm.unit("judge").key_id)
    both = tuple(sorted((wrap, elsewhere), key=lambda item: item.key_id))
    cases = [
        (
            replace(right, wraps=(elsewhere,)),
            ("X_FIELD_NOT_FOR_RECIPIENT", "body.wraps", "RECIPIENT.ASKING_UNIT"),
        ),
        (replace(right, wraps=both), ("X_FIELD_NOT_FOR_RECIPIENT", "body.wraps", "RECIPIENT.ASKING_UNIT")),
        (
            replace(right, context_digest=bytes(32)),
            ("X_FIELD_INVALID", "body.context_digest", "DISCLOSURE.CONTEXT"),
        ),
        (
            replace(right, disclosure_id=bytes(16)),
            ("X_FIELD_INVALID", "body.context_digest", "DISCLOSURE.CONTEXT"),
        ),
        (
            replace(right, outcomes=(TaskOutcome(1, "DELIVERED"), TaskOutcome(3, "DELIVERED"))),
            ("X_SCOPE_EXCEEDED", "body.outcomes[1].number", "TASK_OPEN"),
        ),
        (
            replace(right, outcomes=(TaskOutcome(1, "PRESERVED"),)),
            ("X_FIELD_INVALID", "body.outcomes[0].outcome", desk.pack.rule("outcomes")),
        ),
    ]
    for body, expected in cases:
        assert refusal(answer, desk, StatementKind.DISCLOSE, state, body) == expected
    after = answer(desk, StatementKind.DISCLOSE, state, right)
    (record,) = after.disclosures
    assert (record.disclosure_id, record.part_root) == (right.disclosure_id, right.part_root)
    assert refusal(
        answer, desk, StatementKind.DISCLOSE, after, replace(right, outcomes=(TaskOutcome(2, "NOT_HELD"),))
    )[1:] == (
        "body.disclosure_id",
        "ONCE",
    )
    ended = desk.manifest(after, task1="DELIVERED")
    assert refusal(answer, desk, StatementKind.DISCLOSE, after, ended)[0] == "X_SCOPE_EXCEEDED"


def test_nobody_discloses_to_a_unit_that_no_longer_stands(desk: Folding) -> None:
    state = desk.received()
    body = desk.manifest(state, task1="DELIVERED")
    units = tuple(
        replace(unit, status=RowStatus.REVOKED) if unit.address == state.agency else unit
        for unit in desk.directory.trust_list.units
    )
    said = desk.say(
        "compliance",
        desk.header(
            "compliance", StatementKind.DISCLOSE, state, about=state.order_digest, addressee=state.agency
        ),
        body,
    )
    found = refusal(desk.decide, state, said, directory=desk.rebuilt(units=units))
    assert found[1:] == ("header.reply_to", "DIRECTORY.UNIT")


def test_nothing_is_disclosed_before_receipt_nor_for_a_preservation(desk: Folding) -> None:
    early = desk.delivered()
    body = desk.manifest(early, task1="DELIVERED")
    assert refusal(answer, desk, StatementKind.DISCLOSE, early, body)[2] == "STATE.TRANSMITTED"
    kept = desk.received(kind=PRESERVATION)
    body = desk.manifest(kept, task1="NOT_HELD")
    assert refusal(answer, desk, StatementKind.DISCLOSE, kept, body) == (
        "X_STATE_NOT_ALLOWED",
        "header.kind",
        "PRESERVATION_DISCLOSES_NOTHING",
    )


def test_excess_can_be_reported_even_after_the_end_and_leaves_a_duty(desk: Folding) -> None:
    state = desk.answered(desk.received(), task1="DELIVERED")
    manifest = state.disclosures[0].manifest
    act = desk.act
    assert refusal(
        act, "investigator", StatementKind.REPORT_EXCESS, state, manifest, ReportExcess((1,), "HUGE")
    ) == ("X_FIELD_INVALID", "body.grade", "VOCABULARY")
    report = ReportExcess((1,), "MAJOR")
    assert refusal(act, "investigator", StatementKind.REPORT_EXCESS, state, state.order_digest, report) == (
        "X_FIELD_INVALID",
        "header.about",
        "ABOUT.DISCLOSURE",
    )
    closed = act("investigator", StatementKind.ACKNOWLEDGE, state, manifest, Acknowledge("IN_SCOPE"))
    assert closed.name is StateName.CLOSED
    after = act("compliance", StatementKind.REPORT_EXCESS, closed, manifest, replace(report, grade="MINOR"))
    assert after.flags == ("DELETE_OR_RESTRICT", "DELIVERED_TO_SERVICE")
    assert after.name is StateName.CLOSED
    late = (act, "investigator", StatementKind.WITHDRAW, closed, closed.issue_digest, Withdraw("ERROR"))
    assert refusal(*late) == ("X_OBJECT_TERMINAL", "header.request_id", "STATE.CLOSED")


@pytest.mark.parametrize(
    ("kind", "name", "ends"),
    [
        (StatementKind.WITHDRAW, "investigator", StateName.WITHDRAWN),
        (StatementKind.REFUSE, "compliance", StateName.REFUSED),
    ],
)
def test_what_was_disclosed_before_the_end_is_still_acknowledged_once(
    desk: Folding, kind: StatementKind, name: str, ends: StateName
) -> None:
    state = desk.answered(desk.received(SUBSCRIBER, TRAFFIC), task1="DELIVERED")
    (item,) = state.disclosures
    body: Body = Withdraw("ERROR") if kind is StatementKind.WITHDRAW else Refuse("P_OTHER", ())
    about = state.issue_digest if kind is StatementKind.WITHDRAW else state.order_digest
    ended = desk.act(name, kind, state, about, body)
    assert ended.name is ends
    said = ("investigator", StatementKind.ACKNOWLEDGE, ended)
    over = ("X_OBJECT_TERMINAL", "header.request_id", f"STATE.{ends.name}")
    assert refusal(desk.act, *said, ended.order_digest, Acknowledge("IN_SCOPE")) == over
    assert refusal(desk.act, "judge", *said[1:], item.manifest, Acknowledge("IN_SCOPE"))[2] == "PARTY.ASKING"
    after = desk.act(*said, item.manifest, Acknowledge("IN_SCOPE"))
    assert after.disclosures == (replace(item, scope_report="IN_SCOPE"),)
    assert (after.name, after.code, after.open_tasks) == (ends, ended.code, ended.open_tasks)
    again = ("investigator", StatementKind.ACKNOWLEDGE, after, item.manifest, Acknowledge("IN_SCOPE"))
    assert refusal(desk.act, *again) == over
