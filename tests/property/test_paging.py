# SPDX-License-Identifier: Apache-2.0
"""Who is called when, minute by minute: nobody twice for the same thing, the next one after ten minutes, silence once seen.

A pager that is stopped and started again at any minute makes the same calls as one that never stopped. Pure: nothing is sent.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rogatory.client.paging import (
    MAX_ROUNDS,
    MINUTE,
    Call,
    Duty,
    Look,
    Page,
    failed,
    next_call,
    notices,
    seen_ms,
)
from rogatory.client.roster import Roster, Shift
from tests.support.rosters import ROSTER, roster

REQUEST, ABOUT = bytes(16), bytes(32)
HOUR = 60 * MINUTE
NOON = int(dt.datetime(2026, 11, 24, 11, tzinfo=dt.UTC).timestamp() * 1000)  # noon in Vienna
NIGHT = NOON + 12 * HOUR
SINCE = 40


def duty(
    *, due_ms: int | None = None, emergency: bool = False, quiet: bool = False, since_ms: int = NOON
) -> Duty:
    return Duty(REQUEST, "DECIDE", ABOUT, SINCE, since_ms, due_ms, quiet, emergency)


@dataclass
class Desk:
    """A pager without hooks: its journal, and the calls in order as (minute, person, cause)."""

    roster: Roster = ROSTER
    duty: Duty = field(default_factory=duty)
    looks: list[Look] = field(default_factory=list)
    last_index: int = SINCE
    pages: list[Page] = field(default_factory=list)
    calls: list[tuple[int, str, str]] = field(default_factory=list)
    works: bool = True

    def minute(self, now: int, start: int) -> None:
        for notice in notices((self.duty,), self.roster, self.last_index, now):
            mine = [page for page in self.pages if page.key == notice.key]
            call = next_call(notice, mine, self.looks, self.roster, now)
            if call is not None:
                self._call(call, now)
                if call.again is None:
                    self.calls.append(((now - start) // MINUTE, call.person, notice.cause))

    def _call(self, call: Call, now: int) -> None:
        notice = call.notice
        page = call.again or Page(
            len(self.pages).to_bytes(16, "big"), notice.request_id, notice.step, notice.about, notice.since, notice.cause,
            notice.due_ms, notice.mark, notice.urgency, call.person, call.round, call.gap, now,
        )  # fmt: skip
        if call.again is not None:
            self.pages.remove(call.again)
        self.pages.append(replace(page, sent_ms=now) if self.works else failed(page, "PAGE.UNREACHABLE", now))

    def run(self, start: int, minutes: Iterable[int]) -> Desk:
        for minute in minutes:
            self.minute(start + minute * MINUTE, start)
        return self


def test_the_next_one_is_called_after_ten_minutes_and_then_nobody_for_what_may_wait() -> None:
    desk = Desk().run(NOON, range(120))
    assert desk.calls == [(0, "desk", "ARRIVED"), (10, "head", "ARRIVED")]


def test_an_emergency_goes_round_the_roster_until_somebody_looks() -> None:
    desk = Desk(duty=duty(emergency=True)).run(NIGHT, range(35))
    assert [(minute, who) for minute, who, _cause in desk.calls] == [
        (0, "night"),
        (10, "head"),
        (20, "night"),
        (30, "head"),
    ]
    desk.looks.append(Look(SINCE + 1, ABOUT, NIGHT + 36 * MINUTE))
    assert len(desk.run(NIGHT, range(35, 300)).calls) == 4
    assert seen_ms(desk.pages[0], desk.looks) == NIGHT + 36 * MINUTE


def test_it_ends_some_time_even_if_nobody_ever_looks() -> None:
    desk = Desk(duty=duty(emergency=True)).run(NIGHT, range(60 * 12))
    assert len(desk.calls) >= 2 * MAX_ROUNDS
    assert len(desk.run(NIGHT, range(60 * 12, 60 * 36)).calls) <= 4 * MAX_ROUNDS


def test_what_may_wait_waits_for_the_morning() -> None:
    desk = Desk().run(NIGHT, range(60 * 12))
    assert desk.calls[0] == (8 * 60, "desk", "ARRIVED")


def test_at_the_change_of_shifts_the_new_desk_is_next() -> None:
    start = NOON + 20 * HOUR - 5 * MINUTE  # five to eight
    desk = Desk(duty=duty(emergency=True)).run(start, range(20))
    assert [who for _minute, who, _cause in desk.calls] == ["night", "desk"]


@pytest.mark.parametrize(
    ("look", "stops"),
    [
        (Look(SINCE + 1, ABOUT), True),
        (Look(SINCE + 1), True),
        (Look(SINCE, ABOUT), False),
        (Look(SINCE), False),
        (Look(SINCE + 1, b"\1" * 32), False),
    ],
    ids=["acknowledged", "acted", "before", "acted before", "of something else"],
)
def test_only_who_looked_afterwards_at_this_stops_the_next_call(look: Look, *, stops: bool) -> None:
    desk = Desk().run(NOON, range(5))
    desk.looks.append(look)
    assert len(desk.run(NOON, range(5, 60)).calls) == (1 if stops else 2)


def test_reminders_come_before_the_end_and_one_call_after_it() -> None:
    due = NOON + 30 * HOUR
    desk = Desk(duty=duty(due_ms=due, quiet=True, since_ms=NOON - 48 * HOUR))
    for start, cause in (
        (NOON, ""),
        (NOON + 6 * HOUR, "REMIND.1440"),
        (due - 2 * HOUR, "REMIND.120"),
        (due, "OVERDUE"),
    ):
        desk.calls.clear()
        desk.run(start, range(2))
        assert [found for _minute, _who, found in desk.calls] == ([cause] if cause else [])
        assert {page.urgency for page in desk.pages} <= {"DUE_SOON", "OVERDUE"}


def test_an_acknowledged_arrival_does_not_silence_a_later_reminder() -> None:
    due = NOON + 30 * HOUR
    desk = Desk(duty=duty(due_ms=due), looks=[Look(SINCE + 1, ABOUT)], last_index=SINCE + 1)
    desk.run(NOON, range(60))
    assert desk.calls == []
    desk.run(due - 2 * HOUR, range(1))
    assert desk.calls == [(0, "desk", "REMIND.120")]


def test_no_reminder_comes_whose_hour_had_passed_when_the_step_began() -> None:
    desk = Desk(duty=duty(due_ms=NOON + 8 * HOUR, emergency=True), looks=[Look(SINCE + 1)])
    assert desk.run(NOON, range(5 * 60)).calls == []


def test_a_term_that_was_moved_is_reminded_of_anew() -> None:
    desk = Desk(duty=duty(due_ms=NOON + HOUR, quiet=True, since_ms=NOON - 48 * HOUR))
    desk.run(NOON, range(1))
    desk.duty = replace(desk.duty, due_ms=NOON + 24 * HOUR)
    desk.run(NOON + 23 * HOUR, range(1))
    assert [cause for _minute, _who, cause in desk.calls] == ["REMIND.120", "REMIND.120"]


def test_in_a_gap_the_fallback_is_called_and_the_page_says_so() -> None:
    holed = roster(shifts=(Shift("08:00", "18:00", ("desk",), ("MON",)),))
    desk = Desk(roster=holed, duty=duty()).run(NOON, range(1))
    assert [(page.person, page.gap) for page in desk.pages] == [("head", True)]


def test_a_call_that_is_not_taken_is_tried_again_ever_more_rarely_and_the_next_one_is_called_meanwhile() -> (
    None
):
    desk = Desk(works=False).run(NOON, range(30))
    assert desk.calls == [(0, "desk", "ARRIVED"), (10, "head", "ARRIVED")]
    assert [page.tries for page in desk.pages] == [5, 7]
    desk.works = True
    desk.run(NOON, range(30, 40))
    assert desk.pages[-1].sent_ms
    assert desk.pages[-1].page_id == (1).to_bytes(16, "big"), "the same page, not another one"


@settings(max_examples=60, deadline=None)
@given(
    begin=st.integers(0, 24 * 60 - 1),
    emergency=st.booleans(),
    due_hours=st.one_of(st.none(), st.integers(1, 72)),
    down=st.lists(st.integers(0, 239), max_size=4, unique=True),
    seen=st.lists(st.integers(0, 239), max_size=2, unique=True),
)
def test_whatever_is_asked_in_whatever_minutes_nobody_is_called_twice_within_ten(
    begin: int, *, emergency: bool, due_hours: int | None, down: list[int], seen: list[int]
) -> None:
    start = NOON + begin * MINUTE
    due = None if due_hours is None else start + due_hours * HOUR
    never = Desk(duty=duty(due_ms=due, emergency=emergency, since_ms=start))
    stopped = Desk(duty=never.duty)
    for minute in range(240):
        if minute in seen:
            for desk in (never, stopped):
                desk.last_index += 1
                desk.looks.append(Look(desk.last_index, ABOUT))
        never.minute(start + minute * MINUTE, start)
        if minute in down:  # killed and started again: nothing is left but the journal
            stopped = Desk(
                duty=stopped.duty,
                looks=stopped.looks,
                last_index=stopped.last_index,
                pages=list(stopped.pages),
                calls=stopped.calls,
            )
        stopped.minute(start + minute * MINUTE, start)
    assert stopped.calls == never.calls
    by_cause: dict[str, list[tuple[int, str]]] = {}
    for minute, who, cause in never.calls:
        by_cause.setdefault(cause, []).append((minute, who))
    for calls in by_cause.values():
        assert all(later - earlier >= 10 for (earlier, _), (later, _) in pairwise(calls))
    assert len({page.page_id for page in never.pages}) == len(never.pages)
    if seen:
        assert not [
            minute for minute, _who, cause in never.calls if cause == "ARRIVED" and minute > min(seen)
        ]
