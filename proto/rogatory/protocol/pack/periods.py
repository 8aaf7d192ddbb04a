# SPDX-License-Identifier: Apache-2.0
"""Periods of law: ISO 8601 text and a way of counting in, an instant out. It reads no clock and knows no regime.

Hours count from the event. Days leave out the day of the event and end with their last day, in UTC, as Reg. (EEC,
Euratom) 1182/71 Art. 3 has it. Whether an end on a weekend or a holiday moves to the next working day is the pack's to
say; where it says UNVERIFIED nothing moves, and the earlier end is the one that cannot do harm.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from dataclasses import dataclass
from typing import Final

from rogatory.protocol import errors
from rogatory.protocol.errors import Invalid
from rogatory.protocol.header import DAY_MS

HOUR_MS: Final = 3_600_000
WEEKEND_ENDS: Final = ("KEPT", "NEXT_WORKING_DAY", "UNVERIFIED")
DAY_STARTS: Final = ("day_after_event",)
COUNTS: Final = ("CALENDAR", "WORKING")
_PERIOD: Final = re.compile(r"P(?:(?P<days>[1-9][0-9]{0,3})D|T(?P<hours>[1-9][0-9]{0,3})H)", re.ASCII)
_EPOCH: Final = dt.date(1970, 1, 1)
# 1 January 1970 was a Thursday; with this shift, Monday is 0.
_THURSDAY: Final = 3
_SATURDAY: Final = 5


@dataclass(frozen=True, slots=True)
class DayCount:
    """How days are counted: where they start, what an end on a weekend does, and which days are holidays (ISO dates)."""

    start: str
    weekend_end: str
    holidays: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Period:
    """So many days or so many hours; the other is 0."""

    days: int = 0
    hours: int = 0


@functools.lru_cache(maxsize=256)
def parse_period(text: str, at: str) -> Period:
    """Return a period such as ``P10D`` or ``PT8H``.

    Raises:
        Invalid: ``X_FIELD_INVALID`` with rule ``PERIOD``; other ISO 8601 forms (months, minutes, sums) are not taken.
    """
    match = _PERIOD.fullmatch(text)
    if match is None:
        raise Invalid(errors.X_FIELD_INVALID, at, "PERIOD")
    return Period(int(match["days"] or 0), int(match["hours"] or 0))


@functools.lru_cache(maxsize=256)
def parse_day(text: str, at: str) -> int:
    """Return an ISO date as days since 1970-01-01.

    Raises:
        Invalid: ``X_FIELD_INVALID`` with rule ``DATE``.
    """
    try:
        day = dt.date.fromisoformat(text)
    except ValueError as error:
        raise Invalid(errors.X_FIELD_INVALID, at, "DATE") from error
    if day.isoformat() != text:
        raise Invalid(errors.X_FIELD_INVALID, at, "DATE")
    return (day - _EPOCH).days


def end_ms(period: Period, start_ms: int, count: DayCount, *, working: bool = False) -> int:
    """Return the first millisecond after a period.

    Args:
        period: What is counted.
        start_ms: The event, milliseconds since the epoch.
        count: The pack's way of counting.
        working: Count working days only, not every day.
    """
    if period.hours:
        return start_ms + period.hours * HOUR_MS
    free = _days(count.holidays)
    last = start_ms // DAY_MS
    if working:
        for _ in range(period.days):
            last = _working_day(last + 1, free)
    else:
        last += period.days
        if count.weekend_end == "NEXT_WORKING_DAY":
            last = _working_day(last, free)
    return (last + 1) * DAY_MS


@functools.lru_cache(maxsize=64)
def _days(dates: tuple[str, ...]) -> frozenset[int]:
    return frozenset(parse_day(text, "pack.day_count.holidays") for text in dates)


def _working_day(day: int, free: frozenset[int]) -> int:
    while (day + _THURSDAY) % 7 >= _SATURDAY or day in free:
        day += 1
    return day
