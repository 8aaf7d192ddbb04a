# SPDX-License-Identifier: Apache-2.0
"""A duty roster: who of a unit is on duty when, in which order they are called, and by which means (architecture §13).

Pure: a value, its checks, and two questions to it: who is on duty at an instant, and when is nobody. Shifts are local wall
time of one stated zone, so a night is an hour shorter or longer when clocks change and never leaves a hole. The roster belongs to
the party: it is not signed, and no name or number in it is ever sent to the exchange.
"""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from rogatory.client.hook_settings import COMMAND, SMTP, Hook, check_hook
from rogatory.protocol import errors
from rogatory.protocol.errors import Invalid
from rogatory.protocol.header import require
from rogatory.protocol.plain import from_plain

VERSION: Final = 1
DAYS: Final = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
TAKES: Final = frozenset({"ALL", "URGENT"})
MAX_ROWS: Final = 512
MAX_NAME: Final = 120
MAX_REACHED: Final = 8
_KEY: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}\Z")
_CLOCK: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\Z", re.ASCII)
_PRINTED: Final = re.compile(r"[^\x00-\x1f\x7f]*\Z")
_MAILBOX: Final = re.compile(r"[!-;=?A-~]+@[A-Za-z0-9.\[\]:-]+\Z")
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MS: Final = dt.timedelta(milliseconds=1)
_DAY: Final = dt.timedelta(days=1)
_MARGIN: Final = 2  # days around an instant within which a shift that covers it must begin


@dataclass(frozen=True, slots=True)
class Reach:
    """One way to reach somebody: which hook, and the address that it is given."""

    hook: str
    to: str


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody who can be called, in the party's own words; tried by each way in order until one works."""

    name: str
    reach: tuple[Reach, ...]


@dataclass(frozen=True, slots=True)
class Shift:
    """Who is on duty at which hours: weekly by ``days``, or on the dates from ``first`` to ``last``, which come before these.

    ``start`` and ``end`` are local (``HH:MM``); an end that is not after the start lies on the next day. ``order`` is the order of
    escalation. ``takes`` URGENT: woken only for an emergency and for what is about to fall due.
    """

    start: str
    end: str
    order: tuple[str, ...]
    days: tuple[str, ...] = ()
    first: str = ""
    last: str = ""
    takes: str = "ALL"


@dataclass(frozen=True, slots=True)
class Roster:
    """The roster of one unit.

    Attributes:
        zone: IANA zone of all hours.
        people: By a short key.
        shifts: Weekly hours, and dates that differ.
        fallback: Who is called when nobody is on duty, which is an error that is said aloud.
        hooks: By name.
        escalate_minutes: After so long without an acknowledgement the next one is called.
        remind_minutes: So long before something falls due people are called again.
        unit: Id of the unit, 16 bytes; empty for that of the profile.
        version: Of this format.
    """

    zone: str
    people: Mapping[str, Contact]
    shifts: tuple[Shift, ...]
    fallback: tuple[str, ...]
    hooks: Mapping[str, Hook] = field(default_factory=lambda: MappingProxyType({}))
    escalate_minutes: int = 10
    remind_minutes: tuple[int, ...] = (1440, 120)
    unit: bytes = b""
    version: int = VERSION


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which nobody is on duty: from ``since_ms``, up to and not including ``until_ms``."""

    since_ms: int
    until_ms: int


def roster_from_json(data: Any) -> Roster:  # noqa: ANN401 - JSON may be anything
    """Return the roster that JSON says, checked.

    Raises:
        Invalid: With the path of the field and the rule.
    """
    roster = from_plain(Roster, data, "duty")
    check_roster(roster)
    return roster


def check_roster(roster: Roster) -> None:
    """Check everything that can be checked without asking when anybody is on duty.

    Raises:
        Invalid: With the path of the field and the rule.
    """
    require(roster.version == VERSION, "duty.version", "VERSION")
    require(len(roster.unit) in {0, 16}, "duty.unit", "ID")
    zone_of(roster)
    rows = len(roster.people) + len(roster.shifts) + len(roster.hooks)
    require(rows <= MAX_ROWS, "duty", "COUNT", errors.X_TOO_LARGE)
    for name, hook in roster.hooks.items():
        require(_KEY.match(name), "duty.hooks", "KEY")
        check_hook(hook, f"duty.hooks.{name}")
    for key, contact in roster.people.items():
        require(_KEY.match(key), "duty.people", "KEY")
        _check_contact(roster, contact, f"duty.people.{key}")
    _check_order(roster, roster.fallback, "duty.fallback")
    for i, shift in enumerate(roster.shifts):
        _check_shift(roster, shift, f"duty.shifts[{i}]")
    require(1 <= roster.escalate_minutes <= 24 * 60, "duty.escalate_minutes", "RANGE")
    require(len(roster.remind_minutes) <= 8, "duty.remind_minutes", "COUNT")
    require(all(1 <= m <= 90 * 24 * 60 for m in roster.remind_minutes), "duty.remind_minutes", "RANGE")


def _check_contact(roster: Roster, contact: Contact, at: str) -> None:
    require(0 < len(contact.name) <= MAX_NAME and _PRINTED.match(contact.name), f"{at}.name", "PRINTED")
    require(0 < len(contact.reach) <= MAX_REACHED, f"{at}.reach", "PRESENT", errors.X_FIELD_MISSING)
    for i, way in enumerate(contact.reach):
        require(way.hook in roster.hooks, f"{at}.reach[{i}].hook", "KNOWN")
        require(0 < len(way.to) <= 254 and _PRINTED.match(way.to), f"{at}.reach[{i}].to", "PRINTED")
        kind = roster.hooks[way.hook].kind
        require(kind != SMTP or _MAILBOX.match(way.to), f"{at}.reach[{i}].to", "ADDRESS")
        require(kind == COMMAND or way.to.isascii(), f"{at}.reach[{i}].to", "ASCII")


def _check_order(roster: Roster, order: tuple[str, ...], at: str) -> None:
    require(order, at, "PRESENT", errors.X_FIELD_MISSING)
    require(len(set(order)) == len(order), at, "ONCE")
    require(set(order) <= set(roster.people), at, "KNOWN")


def _check_shift(roster: Roster, shift: Shift, at: str) -> None:
    _check_order(roster, shift.order, f"{at}.order")
    require(_CLOCK.match(shift.start), f"{at}.start", "CLOCK")
    require(_CLOCK.match(shift.end), f"{at}.end", "CLOCK")
    require(shift.takes in TAKES, f"{at}.takes", "VOCABULARY")
    require(
        set(shift.days) <= set(DAYS) and len(set(shift.days)) == len(shift.days), f"{at}.days", "VOCABULARY"
    )
    require(bool(shift.days) != bool(shift.first and shift.last), at, "DAYS_OR_DATES")
    require(bool(shift.first) == bool(shift.last), at, "DAYS_OR_DATES")
    if shift.first:
        first, last = _date(shift.first, f"{at}.first"), _date(shift.last, f"{at}.last")
        require(first <= last, f"{at}.last", "WINDOW", errors.X_TIME_RANGE_INVALID)


def _date(text: str, at: str) -> dt.date:
    try:
        found = dt.date.fromisoformat(text)
    except ValueError as error:
        raise Invalid(errors.X_FIELD_INVALID, at, "DATE") from error
    # Room at both ends, so that a day before and after can be looked at.
    require(1970 < found.year < 9000, at, "DATE")
    return found


def zone_of(roster: Roster) -> zoneinfo.ZoneInfo:
    """Return the roster's zone.

    Raises:
        Invalid: There is no such zone.
    """
    try:
        return zoneinfo.ZoneInfo(roster.zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Invalid(errors.X_FIELD_INVALID, "duty.zone", "ZONE_UNKNOWN") from error


def local(roster: Roster, at_ms: int) -> dt.datetime:
    """Return an instant as the clocks of the roster's zone show it."""
    return (_EPOCH + at_ms * _MS).astimezone(zone_of(roster))


def on_duty(roster: Roster, at_ms: int, *, urgent: bool) -> tuple[str, ...]:
    """Return who is on duty at an instant, in the order of escalation; several shifts at once in the order of the roster.

    Args:
        roster: The roster.
        at_ms: The instant.
        urgent: Whether the cause is one that a shift with ``takes`` URGENT is woken for.
    """
    found: dict[str, None] = {}
    for shift, since, until in _spans(roster, at_ms, at_ms):
        if since <= at_ms < until and (urgent or shift.takes == "ALL"):
            found.update(dict.fromkeys(shift.order))
    return tuple(found)


def covered(roster: Roster, at_ms: int) -> bool:
    """Tell whether anybody is on duty at an instant, for whatever cause."""
    return bool(on_duty(roster, at_ms, urgent=True))


def gaps(roster: Roster, since_ms: int, until_ms: int) -> tuple[Gap, ...]:
    """Return the times within a span in which nobody is on duty, in order."""
    taken = sorted((since, until) for _shift, since, until in _spans(roster, since_ms, until_ms))
    found: list[Gap] = []
    reached = since_ms
    for since, until in taken:
        if since >= until_ms:
            break
        if since > reached:
            found.append(Gap(reached, since))
        reached = max(reached, until)
    if reached < until_ms:
        found.append(Gap(reached, until_ms))
    return tuple(found)


def _spans(roster: Roster, since_ms: int, until_ms: int) -> Iterator[tuple[Shift, int, int]]:
    """Yield every shift that may touch a span, with its begin and its end in UTC."""
    zone = zone_of(roster)
    dated = tuple(
        (shift, _date(shift.first, ""), _date(shift.last, "")) for shift in roster.shifts if shift.first
    )
    day = local(roster, since_ms).date() - _MARGIN * _DAY
    last = local(roster, until_ms).date() + _MARGIN * _DAY
    while day <= last:
        special = [shift for shift, begin, end in dated if begin <= day <= end]
        weekly = [shift for shift in roster.shifts if DAYS[day.weekday()] in shift.days]
        for shift in special or weekly:
            begin, end = _moment(day, shift.start, zone), _moment(day, shift.end, zone)
            if shift.end <= shift.start:
                end = _moment(day + _DAY, shift.end, zone)
            if begin < end:
                yield shift, begin, end
        day += _DAY


def _moment(day: dt.date, clock: str, zone: zoneinfo.ZoneInfo) -> int:
    """Return the instant of a local time: the first of two, and of one that is skipped the one that it would have been.

    Begin and end of neighbouring shifts are computed alike, so what one leaves the other takes.
    """
    at = dt.datetime.combine(day, dt.time(int(clock[:2]), int(clock[3:])), tzinfo=zone)
    return (at - _EPOCH) // _MS
