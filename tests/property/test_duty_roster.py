# SPDX-License-Identifier: Apache-2.0
"""A roster has no hidden holes: wall-clock shifts that meet cover every instant of the year, also in the nights when clocks change.

And where they do not meet, every instant of the hole is reported. Who is called is not tested here.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rogatory.client.roster import (
    DAYS,
    Gap,
    Roster,
    Shift,
    check_roster,
    gaps,
    local,
    on_duty,
    roster_from_json,
)
from rogatory.protocol.errors import Invalid
from rogatory.protocol.header import DAY_MS
from rogatory.protocol.plain import to_plain
from tests.support.rosters import ROSTER, roster

# Both changes of the year, on both sides of the equator, one of half an hour, and none.
ZONES = (
    "Europe/Vienna",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Asia/Kolkata",
    "UTC",
)
JANUARY = 1_767_225_600_000  # 2026-01-01T00:00:00Z
YEAR = 365 * DAY_MS
MINUTE = 60_000
CLOCKS = st.builds(lambda minutes: f"{minutes // 60:02d}:{minutes % 60:02d}", st.integers(0, 1439))


@st.composite
def meeting(draw: st.DrawFn) -> Roster:
    """Shifts of every day that begin where another one ends."""
    cuts = sorted(draw(st.sets(CLOCKS, min_size=1, max_size=6)))
    ends = [*cuts[1:], cuts[0]]
    shifts = tuple(Shift(start, end, ("night",), DAYS) for start, end in zip(cuts, ends, strict=True))
    return replace(ROSTER, zone=draw(st.sampled_from(ZONES)), shifts=shifts)


@settings(max_examples=40, deadline=None)
@given(meeting(), st.integers(0, 300))
def test_shifts_that_meet_leave_no_instant_uncovered(made: Roster, day: int) -> None:
    check_roster(made)
    since = JANUARY + day * DAY_MS
    assert gaps(made, since, since + 60 * DAY_MS) == ()


@settings(max_examples=60, deadline=None)
@given(meeting(), st.integers(JANUARY, JANUARY + YEAR))
def test_somebody_is_on_duty_exactly_where_no_gap_is_reported(made: Roster, at: int) -> None:
    holed = replace(
        made, shifts=made.shifts[:-1] if len(made.shifts) > 1 else (replace(made.shifts[0], days=DAYS[:5]),)
    )
    found = gaps(holed, at - DAY_MS, at + DAY_MS)
    inside = any(gap.since_ms <= at < gap.until_ms for gap in found)
    assert bool(on_duty(holed, at, urgent=True)) is not inside
    assert all(first.until_ms < second.since_ms for first, second in pairwise(found))
    for gap in found:
        assert gap.since_ms == at - DAY_MS or on_duty(holed, gap.since_ms - 1, urgent=True)
        assert gap.until_ms == at + DAY_MS or on_duty(holed, gap.until_ms, urgent=True)


@pytest.mark.parametrize(
    ("day", "hours"),
    [("2026-03-28", 9), ("2026-10-24", 11), ("2026-06-01", 10)],
    ids=["spring", "autumn", "summer"],
)
def test_a_night_is_as_long_as_the_clocks_make_it(day: str, hours: int) -> None:
    made = roster(shifts=(Shift("22:00", "08:00", ("night",), DAYS),))
    noon = dt.datetime.fromisoformat(f"{day}T12:00:00+00:00")
    since = int(noon.timestamp() * 1000)
    before, after = gaps(made, since, since + DAY_MS)
    assert after.since_ms - before.until_ms == hours * 60 * MINUTE
    assert f"{local(made, before.until_ms):%H:%M} {local(made, after.since_ms):%H:%M}" == "22:00 08:00"


def test_dates_come_before_days_and_may_leave_a_gap_that_is_said() -> None:
    holiday = Shift("08:00", "12:00", ("head",), first="2026-12-25", last="2026-12-25")
    made = roster(shifts=(Shift("00:00", "00:00", ("night",), DAYS), holiday))
    christmas = int(dt.datetime(2026, 12, 25, tzinfo=dt.UTC).timestamp() * 1000)
    assert on_duty(made, christmas + 8 * 3_600_000, urgent=True) == ("head",)
    assert gaps(made, christmas - DAY_MS, christmas + 2 * DAY_MS) == (
        Gap(christmas - 3_600_000, christmas + 7 * 3_600_000),  # midnight to eight in Vienna
        Gap(christmas + 11 * 3_600_000, christmas + 23 * 3_600_000),
    )


def test_who_is_woken_only_for_what_is_urgent_covers_the_night_all_the_same() -> None:
    made = roster()
    night = int(dt.datetime(2026, 11, 24, 2, tzinfo=dt.UTC).timestamp() * 1000)
    assert on_duty(made, night, urgent=False) == ()
    assert on_duty(made, night, urgent=True) == ("night", "head")
    assert gaps(made, night, night + 30 * DAY_MS) == ()


@pytest.mark.parametrize(
    ("change", "field", "rule"),
    [
        ({"zone": "Europe/Nowhere"}, "duty.zone", "ZONE_UNKNOWN"),
        ({"zone": "../../etc/passwd"}, "duty.zone", "ZONE_UNKNOWN"),
        ({"unit": bytes(15)}, "duty.unit", "ID"),
        ({"version": 2}, "duty.version", "VERSION"),
        ({"fallback": ()}, "duty.fallback", "PRESENT"),
        ({"fallback": ("nobody",)}, "duty.fallback", "KNOWN"),
        ({"fallback": ("head", "head")}, "duty.fallback", "ONCE"),
        ({"escalate_minutes": 0}, "duty.escalate_minutes", "RANGE"),
        ({"remind_minutes": (0,)}, "duty.remind_minutes", "RANGE"),
        ({"shifts": (Shift("8:00", "18:00", ("head",), DAYS),)}, "duty.shifts[0].start", "CLOCK"),
        ({"shifts": (Shift("08:00", "24:00", ("head",), DAYS),)}, "duty.shifts[0].end", "CLOCK"),
        ({"shifts": (Shift("08:00", "18:00", ("head",)),)}, "duty.shifts[0]", "DAYS_OR_DATES"),
        ({"shifts": (Shift("08:00", "18:00", ("head",), ("MON",), "2026-01-01", "2026-01-01"),)}, "duty.shifts[0]", "DAYS_OR_DATES"),
        ({"shifts": (Shift("08:00", "18:00", ("head",), first="2026-01-02", last="2026-01-01"),)}, "duty.shifts[0].last", "WINDOW"),
        ({"shifts": (Shift("08:00", "18:00", ("head",), first="2026-02-30", last="2026-03-01"),)}, "duty.shifts[0].first", "DATE"),
        ({"shifts": (Shift("08:00", "18:00", ("head",), ("FUN",)),)}, "duty.shifts[0].days", "VOCABULARY"),
        ({"shifts": (Shift("08:00", "18:00", ("head",), ("MON",), takes="SOME"),)}, "duty.shifts[0].takes", "VOCABULARY"),
        ({"people": {}}, "duty.fallback", "KNOWN"),
        ({"hooks": {}}, "duty.people.desk.reach[0].hook", "KNOWN"),
    ],
)  # fmt: skip
def test_a_roster_that_does_not_hold_is_refused_with_its_field(
    change: dict[str, object], field: str, rule: str
) -> None:
    with pytest.raises(Invalid) as caught:
        roster_from_json(to_plain(roster(**change)))
    assert (caught.value.field, caught.value.rule) == (field, rule)


def test_a_roster_is_read_as_it_was_written() -> None:
    assert roster_from_json(to_plain(ROSTER)) == ROSTER
