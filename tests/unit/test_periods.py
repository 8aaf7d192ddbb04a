# SPDX-License-Identifier: Apache-2.0
"""Periods of law are read in one form only, and end where the pack's way of counting says.

Which periods a law has is the pack's matter.
"""

from __future__ import annotations

import datetime as dt

import pytest

from rogatory.protocol.errors import Invalid
from rogatory.protocol.header import DAY_MS
from rogatory.protocol.pack.periods import HOUR_MS, DayCount, Period, end_ms, parse_day, parse_period

KEPT = DayCount("day_after_event", "KEPT", ("2026-12-25",))
MOVED = DayCount("day_after_event", "NEXT_WORKING_DAY", ("2026-12-25", "2026-12-28"))


def ms(text: str) -> int:
    return round(dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC).timestamp() * 1000)


def test_days_and_hours_are_read() -> None:
    assert (parse_period("P10D", "at"), parse_period("PT8H", "at")) == (Period(days=10), Period(hours=8))


@pytest.mark.parametrize(
    "text", ["", "P0D", "P1M", "PT30M", "P1DT2H", "10 days", "P٣D", "P10D ", "-P1D", "P10000D"]
)
def test_other_periods_are_refused(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_period(text, "at")
    assert (caught.value.field, caught.value.rule) == ("at", "PERIOD")


@pytest.mark.parametrize("text", ["", "2026-02-30", "20260228", "2026-W09-6", "28.2.2026", "2026-2-8"])
def test_other_dates_are_refused(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_day(text, "at")
    assert (caught.value.field, caught.value.rule) == ("at", "DATE")
    assert parse_day("1970-01-02", "at") == 1


def test_hours_run_on_and_days_end_with_their_last_day() -> None:
    start = ms("2026-12-23T10:00:00")
    assert end_ms(Period(hours=8), start, MOVED) == start + 8 * HOUR_MS
    assert end_ms(Period(days=1), start, KEPT) == ms("2026-12-25T00:00:00")
    assert end_ms(Period(days=3), start, KEPT) == ms("2026-12-27T00:00:00")  # a Saturday, and it stays


def test_an_end_on_a_weekend_or_a_holiday_moves_where_the_law_moves_it() -> None:
    start = ms("2026-12-23T10:00:00")
    assert end_ms(Period(days=1), start, MOVED) == ms("2026-12-25T00:00:00")
    # Friday is a holiday, then a weekend, then another holiday: the end is that of Tuesday.
    assert end_ms(Period(days=2), start, MOVED) == ms("2026-12-30T00:00:00")
    assert end_ms(Period(days=6), start, MOVED) - DAY_MS == ms("2026-12-29T00:00:00")


def test_working_days_leave_out_weekends_and_holidays() -> None:
    start = ms("2026-12-23T23:59:59")
    for days, end in ((1, "2026-12-25"), (2, "2026-12-29"), (6, "2027-01-02")):
        assert end_ms(Period(days=days), start, KEPT, working=True) == ms(f"{end}T00:00:00")
