# SPDX-License-Identifier: Apache-2.0
"""Moments with a stated zone: text in, UTC milliseconds out, or a refusal (architecture §7).

RFC 3339 and its ISO 8601 neighbours, with an offset in the text, or with an offset or an IANA zone stated beside it.
A time without a zone is refused: at a shared address an hour is another customer. So is a local time that a clock
change makes double or skips. Zone rules come from the platform's time zone database; this module reads no clock.
"""

from __future__ import annotations

import re
import zoneinfo
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from rogatory.protocol import errors
from rogatory.protocol.content import Instant
from rogatory.protocol.errors import Invalid

_TEXT: Final = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?([Zz]|[+-]\d{2}(?::?\d{2})?)?",
    re.ASCII,
)
_OFFSET: Final = re.compile(r"([+-])(\d{2})(?::?(\d{2}))?", re.ASCII)
_ZONE: Final = re.compile(r"[A-Za-z]+(?:/[A-Za-z0-9_+-]+){1,2}", re.ASCII)
_UTC_NAMES: Final = frozenset({"Z", "z", "UTC", "GMT"})
_MAX_OFFSET: Final = timedelta(hours=14)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)
_FINE, _EXACT = 9, 3


def parse_instant(text: str, zone: str = "", at: str = "instant") -> Instant:
    """Return the moment that ``text`` names, to the second or the millisecond.

    Args:
        text: Date and time, with or without an offset, such as ``2026-11-02T08:15:00.250+01:00``.
        zone: An offset (``+01:00``, ``Z``, ``UTC``) or an IANA zone (``Europe/Vienna``); may be empty where the text has
            an offset. Where both are stated they must agree.
        at: Path of the field, for error texts.

    Raises:
        Invalid: ``X_TIME_NAIVE`` without any zone (rule ``ZONE_STATED``) or for a local time that occurs twice
            (``DST_AMBIGUOUS``); ``X_FIELD_INVALID`` for anything else, such as a skipped local time (``DST_GAP``).
    """
    utc_ms, stated = _read(text, zone, _EXACT, at)
    return Instant(text, zone or stated, utc_ms)


def check_instant(instant: Instant, at: str = "instant") -> None:
    """Compute the moment again from its text and zone.

    Raises:
        Invalid: The text does not parse, or ``X_FIELD_INVALID`` with rule ``UTC_DIFFERS``.
    """
    if parse_instant(instant.text, instant.zone, at).utc_ms != instant.utc_ms:
        raise Invalid(errors.X_FIELD_INVALID, f"{at}.utc_ms", "UTC_DIFFERS")


def instant_ms(text: str, zone: str = "", at: str = "instant") -> int:
    """Return the UTC millisecond of a time stamp in somebody else's record; finer digits are cut off.

    Raises:
        Invalid: As ``parse_instant``.
    """
    return _read(text, zone, _FINE, at)[0]


def local_text(instant: Instant) -> str:
    """Return the moment as the clocks of its stated zone showed it, with the zone's name and its offset from UTC.

    A zone that this machine does not know, or a moment that no calendar has, gives an empty text.
    """
    offset = offset_of(instant)
    if offset is None:
        return ""
    try:
        moment = (_EPOCH + instant.utc_ms * _MS).astimezone(timezone(offset))
    except OverflowError:
        return ""
    fraction = f".{instant.utc_ms % 1000:03d}" if instant.utc_ms % 1000 else ""
    name = "" if instant.zone in _UTC_NAMES or _OFFSET.fullmatch(instant.zone) else f"{instant.zone} "
    return f"{moment:%Y-%m-%d %H:%M:%S}{fraction} {name}({timezone(offset).tzname(None)})"


def offset_of(instant: Instant) -> timedelta | None:
    """Return by how much the clocks of a moment's stated zone differed from UTC; None for a zone that is not known."""
    try:
        if instant.zone in _UTC_NAMES or _OFFSET.fullmatch(instant.zone):
            return _fixed(instant.zone, "instant").utcoffset(None)
        return offset_in_zone(instant.utc_ms, instant.zone)
    except Invalid:
        return None


def offset_in_zone(utc_ms: int, zone: str) -> timedelta | None:
    """Return by how much clocks in an IANA zone differ from UTC at a moment; None for what is no such zone."""
    try:
        return (_EPOCH + utc_ms * _MS).astimezone(_iana(zone, "instant")).utcoffset()
    except (Invalid, OverflowError):
        return None


def _read(text: str, zone: str, digits: int, at: str) -> tuple[int, str]:
    match = _TEXT.fullmatch(text)
    if match is None:
        raise Invalid(errors.X_FIELD_INVALID, f"{at}.text", "RFC3339")
    fraction, offset = match[7] or "", match[8] or ""
    if len(fraction) > digits:
        raise Invalid(errors.X_FIELD_INVALID, f"{at}.text", "PRECISION")
    try:
        year, month, day, hour, minute, second = (int(match[i]) for i in range(1, 7))
        local = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - the zone is applied below
        moment = _localise(local, offset, zone, at)
        utc_ms = (moment - _EPOCH) // _MS + int((fraction + "00")[:3] if fraction else 0)
    except (ValueError, OverflowError) as error:
        raise Invalid(errors.X_FIELD_INVALID, f"{at}.text", "CALENDAR") from error
    if utc_ms < 0:
        raise Invalid(errors.X_FIELD_INVALID, f"{at}.text", "BEFORE_1970")
    return utc_ms, offset


def _localise(local: datetime, offset: str, zone: str, at: str) -> datetime:
    if not offset and not zone:
        raise Invalid(errors.X_TIME_NAIVE, f"{at}.zone", "ZONE_STATED")
    if not offset:
        return _in_zone(local, zone, at)
    moment = local.replace(tzinfo=_fixed(offset, at))
    if zone:
        fixed = zone in _UTC_NAMES or _OFFSET.fullmatch(zone) is not None
        stated = _fixed(zone, at) if fixed else _iana(zone, at)
        # An offset beside a zone settles a doubled hour, so it must be one that the zone really had.
        if moment.astimezone(stated).replace(tzinfo=None) != local:
            raise Invalid(errors.X_FIELD_INVALID, f"{at}.zone", "ZONE_DISAGREES")
    return moment


def _in_zone(local: datetime, zone: str, at: str) -> datetime:
    if zone in _UTC_NAMES or _OFFSET.fullmatch(zone):
        return local.replace(tzinfo=_fixed(zone, at))
    info = _iana(zone, at)
    first, second = local.replace(tzinfo=info), local.replace(tzinfo=info, fold=1)
    # A zone of the data base always knows its offset; that of Greenwich is none.
    before, after = first.utcoffset() or timedelta(), second.utcoffset() or timedelta()
    if before > after:
        raise Invalid(errors.X_TIME_NAIVE, f"{at}.zone", "DST_AMBIGUOUS")
    if before < after:
        raise Invalid(errors.X_FIELD_INVALID, f"{at}.text", "DST_GAP")
    return first


def _fixed(offset: str, at: str) -> timezone:
    if offset in _UTC_NAMES:
        return UTC
    match = _OFFSET.fullmatch(offset)
    if match is None:
        raise Invalid(errors.X_FIELD_INVALID, f"{at}.zone", "OFFSET")
    hours, minutes = int(match[2]), int(match[3] or 0)
    delta = timedelta(hours=hours, minutes=minutes)
    if minutes > 59 or delta > _MAX_OFFSET:
        raise Invalid(errors.X_FIELD_INVALID, f"{at}.zone", "OFFSET")
    return timezone(-delta if match[1] == "-" else delta)


def _iana(zone: str, at: str) -> zoneinfo.ZoneInfo:
    # Names such as EST are several offsets at once, and Etc/GMT+3 lies three hours WEST: no guess is made.
    if not _ZONE.fullmatch(zone) or zone.startswith("Etc/GMT"):
        raise Invalid(errors.X_FIELD_INVALID, f"{at}.zone", "ZONE_UNKNOWN")
    try:
        return zoneinfo.ZoneInfo(zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Invalid(errors.X_FIELD_INVALID, f"{at}.zone", "ZONE_UNKNOWN") from error
