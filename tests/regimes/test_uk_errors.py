# SPDX-License-Identifier: Apache-2.0
"""Errors that put innocent people under arrest in the United Kingdom, each as a regression test: stopped, or labelled.

An hour between British Summer Time and UTC, 2019 for 2018, a billing address taken for the place where a line ends, one
wrong digit. The reports of the oversight body describe such cases; all values here are invented. Courts and people are
not tested.
"""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from rogatory.client.cli.output import Output
from rogatory.client.cli.session import Aborted, Run, UsageError
from rogatory.client.cli.typed import Given, ask_about, identifier_from, typed_twice
from rogatory.client.draft_checks import asked_of
from rogatory.client.drafts import DraftInstant, DraftRequest, DraftTask
from rogatory.protocol.content import DisclosedItem, Particulars
from rogatory.protocol.errors import Invalid, Refused
from rogatory.protocol.header import DAY_MS
from rogatory.protocol.identifiers import check_identifier
from rogatory.protocol.instants import local_text, parse_instant
from rogatory.protocol.labelling import label_faults
from rogatory.protocol.scope import Row, Scope, check_scope, scope_of
from rogatory.protocol.statements import GrantedTask
from tests.support.regime_desk import law

EU = law("eu.e-evidence.2023-1543")
LONDON = "Europe/London"
NOW = parse_instant("2019-10-01T12:00:00Z").utc_ms
SUMMER = DraftInstant("2018-07-14T21:03:00", LONDON)
TASK = DraftTask(
    "ip_port_time",
    "203.0.113.7:40001",
    ("login_ip",),
    DraftInstant("2018-07-14T00:00:00", LONDON),
    DraftInstant("2018-07-14T23:59:59", LONDON),
    "IDENTIFY",
    observed=(SUMMER,),
)


def draft(task: DraftTask = TASK) -> DraftRequest:
    return DraftRequest("DISCLOSURE", EU.pack_id, "provider", "judge", (task,), incident=SUMMER)


def said(task: DraftTask) -> list[tuple[str, str, str]]:
    return [(item.severity, item.code, item.field) for item in asked_of(draft(task), NOW)]


def run(typed: str = "", *, yes: bool = False) -> tuple[Run, io.StringIO]:
    """A command at a terminal that nobody has to sit at, and what it shows."""
    out, err = io.StringIO(), io.StringIO()
    output = Output(json=False, plain=True, out=out, err=err)
    return Run(command="request new", output=output, yes=yes, stdin=io.StringIO(typed)), err


def test_the_right_hour_of_the_right_day_is_not_asked_about() -> None:
    assert said(TASK) == []


def test_one_hour_off_a_time_without_a_zone_is_stopped() -> None:
    naive = replace(TASK, observed=(DraftInstant("2018-07-14T21:03:00"),))
    assert said(naive) == [("ERROR", "X_TIME_NAIVE", "tasks[0].observed[0].zone")]
    with pytest.raises(Refused) as caught:
        ask_about(run(yes=True)[0], draft(naive))
    assert caught.value.code == "X_TIME_NAIVE"


def test_one_hour_off_utc_taken_for_summer_time_is_asked_about() -> None:
    utc = replace(TASK, observed=(DraftInstant("2018-07-14T21:03:00Z"),))
    assert said(utc) == [("WARNING", "W_OFFSET_UNUSUAL", "tasks[0].observed[0]")]
    with pytest.raises(Aborted):
        ask_about(run("n\n")[0], draft(utc))


def test_one_hour_off_an_offset_that_the_zone_did_not_have_is_stopped() -> None:
    winter = replace(TASK, observed=(DraftInstant("2018-07-14T21:03:00+00:00", LONDON),))
    assert said(winter) == [("ERROR", "X_FIELD_INVALID", "tasks[0].observed[0].zone")]


@pytest.mark.parametrize(
    ("local", "code"), [("2018-10-28T01:30:00", "X_TIME_NAIVE"), ("2018-03-25T01:30:00", "X_FIELD_INVALID")]
)
def test_an_hour_that_clocks_had_twice_or_never_is_stopped(local: str, code: str) -> None:
    moment = DraftInstant(local, LONDON)
    assert [item[:2] for item in said(replace(TASK, observed=(moment,)))] == [("ERROR", code)]


def test_one_hour_off_both_times_are_read_back_side_by_side() -> None:
    summer = parse_instant(SUMMER.text, LONDON)
    assert local_text(summer) == "2018-07-14 21:03:00 Europe/London (UTC+01:00)"
    assert summer.utc_ms == parse_instant("2018-07-14T20:03:00Z").utc_ms


def test_one_hour_off_a_session_of_the_next_customer_is_out_of_scope() -> None:
    """Even what gets through is held against the window: the hour before belongs to somebody else."""
    desk_rows = [Row(0, 1, "login_ip", parse_instant("2018-07-14T22:59:59Z").utc_ms)]
    desk_rows += [Row(0, 1, "login_ip", parse_instant("2018-07-14T23:30:00Z").utc_ms)]
    assert [row.row for row in check_scope(_scope(), desk_rows).excess] == [1]


def _scope() -> Scope:
    since, until = (parse_instant(item.text, item.zone) for item in (TASK.since, TASK.until))
    granted = GrantedTask(1, ("login_ip",), since.utc_ms // DAY_MS, until.utc_ms // DAY_MS)
    particulars = Particulars(
        1, "ip_port_time", b"203.0.113.7:40001", bytes(32), since, until, elements=("login_ip",)
    )
    return scope_of([granted], {1: particulars})


def test_the_wrong_year_is_asked_about() -> None:
    wrong = replace(
        TASK,
        since=DraftInstant("2019-07-14T00:00:00", LONDON),
        until=DraftInstant("2019-07-20T23:59:59", LONDON),
        observed=(DraftInstant("2019-07-16T21:03:00", LONDON),),
    )
    assert {item[:2] for item in said(wrong)} == {("WARNING", "W_YEAR_FAR")}
    asked, shown = run("\n")
    with pytest.raises(Aborted):
        ask_about(asked, draft(wrong))
    assert "Read the year again" in shown.getvalue()


def test_the_wrong_year_is_stopped_where_it_has_not_come_yet() -> None:
    wrong = replace(TASK, observed=(DraftInstant("2019-11-14T21:03:00", LONDON),))
    assert ("ERROR", "X_TIME_RANGE_INVALID", "tasks[0].observed") in said(wrong)


def test_what_was_asked_and_answered_goes_on() -> None:
    far = replace(TASK, observed=(DraftInstant("2016-07-14T21:03:00", LONDON),))
    ask_about(run("y\n")[0], draft(far))
    asked, shown = run(yes=True)
    ask_about(asked, draft(far))
    assert "W_OBSERVED_OUTSIDE" in shown.getvalue()


def test_an_address_that_does_not_say_which_one_it_is_does_not_leave() -> None:
    address = DisclosedItem(name="customer.jsonl", task=1, element="postal_address")
    assert label_faults(EU.labels, [address]) == ((0, "LABEL_STATED"),)
    for label in ("BILLING", "INSTALLATION", "REGISTERED"):
        assert label_faults(EU.labels, [replace(address, label=label)]) == ()


def test_a_wrong_digit_breaks_the_check_digit() -> None:
    for name, right, wrong in (
        ("imei", b"490154203237518", b"490154203237578"),
        ("iccid", b"8943000000000000003", b"8943000000000000103"),
    ):
        check_identifier(name, right, EU.identifiers)
        with pytest.raises(Invalid) as caught:
            check_identifier(name, wrong, EU.identifiers)
        assert caught.value.rule == "CHECK_DIGIT"


def test_a_wrong_digit_where_there_is_no_check_digit_is_found_by_typing_twice() -> None:
    given = Given("+44 7700 900123", "", "", "")
    asked, _ = run("+44 7700 900132\n")
    value, exhibit = identifier_from(asked, given, "msisdn")
    assert (value, exhibit) == ("+447700900123", None)
    with pytest.raises(UsageError) as caught:
        typed_twice(asked, given, "msisdn", value)
    assert caught.value.rule == "SAME"
    typed_twice(run("+447700900123\n")[0], given, "msisdn", value)
    typed_twice(run()[0], replace(given, again="+44-7700-900123"), "msisdn", value)


def test_a_missing_digit_is_asked_about() -> None:
    short = replace(TASK, identifier_type="msisdn", identifier="+1555010012")
    assert said(short) == [("WARNING", "W_IDENTIFIER_UNUSUAL", "tasks[0].identifier")]
