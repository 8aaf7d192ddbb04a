# SPDX-License-Identifier: Apache-2.0
"""Moments: what is certain is read exactly, what is not is refused by name."""

import pytest

from rogatory.protocol import errors
from rogatory.protocol.content import Instant
from rogatory.protocol.errors import Invalid
from rogatory.protocol.instants import check_instant, instant_ms, parse_instant

_VIENNA = "Europe/Vienna"


@pytest.mark.parametrize(
    ("text", "zone", "utc_ms"),
    [
        ("1970-01-01T00:00:00Z", "", 0),
        ("2026-11-02T08:15:00.250+01:00", "", 1_793_603_700_250),
        ("2026-11-02 08:15:00", "+0100", 1_793_603_700_000),
        ("2026-11-02T08:15:00", _VIENNA, 1_793_603_700_000),
        ("2026-11-02T08:15:00+01:00", _VIENNA, 1_793_603_700_000),
        ("2026-11-02T07:15:00.5z", "UTC", 1_793_603_700_500),
        ("2026-11-02T02:15:00-05:00", "America/New_York", 1_793_603_700_000),
        ("2026-11-02T13:00:00", "Asia/Kathmandu", 1_793_603_700_000),
        # The hour that occurs twice is two hours apart by its offset, and the offset settles which one is meant.
        ("2026-10-25T02:30:00+02:00", _VIENNA, 1_792_888_200_000),
        ("2026-10-25T02:30:00+01:00", _VIENNA, 1_792_891_800_000),
    ],
)
def test_a_stated_moment_is_read_to_the_millisecond(text: str, zone: str, utc_ms: int) -> None:
    instant = parse_instant(text, zone)
    assert (instant.text, instant.utc_ms) == (text, utc_ms)
    assert instant.zone
    check_instant(instant)


@pytest.mark.parametrize(
    ("text", "zone", "code", "rule"),
    [
        ("2026-11-02T08:15:00", "", errors.X_TIME_NAIVE, "ZONE_STATED"),
        ("2026-10-25T02:30:00", _VIENNA, errors.X_TIME_NAIVE, "DST_AMBIGUOUS"),
        ("2026-03-29T02:30:00", _VIENNA, errors.X_FIELD_INVALID, "DST_GAP"),
        ("2026-03-29T02:30:00+01:00", _VIENNA, errors.X_FIELD_INVALID, "ZONE_DISAGREES"),
        ("2026-11-02T08:15:00+02:00", _VIENNA, errors.X_FIELD_INVALID, "ZONE_DISAGREES"),
        ("2026-11-02T08:15:00Z", "+01:00", errors.X_FIELD_INVALID, "ZONE_DISAGREES"),
        ("2026-11-02T08:15:00", "CET", errors.X_FIELD_INVALID, "ZONE_UNKNOWN"),
        ("2026-11-02T08:15:00", "Europe", errors.X_FIELD_INVALID, "ZONE_UNKNOWN"),
        ("2026-11-02T08:15:00", "Europe/Nowhere", errors.X_FIELD_INVALID, "ZONE_UNKNOWN"),
        ("2026-11-02T08:15:00", "Etc/GMT+3", errors.X_FIELD_INVALID, "ZONE_UNKNOWN"),
        ("2026-11-02T08:15:00", "../etc/passwd", errors.X_FIELD_INVALID, "ZONE_UNKNOWN"),
        ("2026-11-02T08:15:00+14:30", "", errors.X_FIELD_INVALID, "OFFSET"),
        ("2026-11-02T08:15:00+01:60", "", errors.X_FIELD_INVALID, "OFFSET"),
        ("2026-11-02T08:15:00.0001Z", "", errors.X_FIELD_INVALID, "PRECISION"),
        ("2026-02-29T08:15:00Z", "", errors.X_FIELD_INVALID, "CALENDAR"),
        ("2026-11-02T24:00:00Z", "", errors.X_FIELD_INVALID, "CALENDAR"),
        ("2026-06-30T23:59:60Z", "", errors.X_FIELD_INVALID, "CALENDAR"),
        ("1969-12-31T23:59:59Z", "", errors.X_FIELD_INVALID, "BEFORE_1970"),
        ("2026-11-02", "", errors.X_FIELD_INVALID, "RFC3339"),
        ("02/11/2026 08:15:00", "Z", errors.X_FIELD_INVALID, "RFC3339"),
        ("2026-11-02T08:15:00Z\n", "", errors.X_FIELD_INVALID, "RFC3339"),
        ("２026-11-02T08:15:00Z", "", errors.X_FIELD_INVALID, "RFC3339"),  # noqa: RUF001 - a full-width digit
    ],
)
def test_an_uncertain_moment_is_refused_by_name(text: str, zone: str, code: str, rule: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_instant(text, zone, "particulars.since")
    assert (caught.value.code, caught.value.rule) == (code, rule)
    assert caught.value.field.startswith("particulars.since.")
    assert text not in str(caught.value)


def test_a_moment_whose_utc_was_changed_is_refused() -> None:
    good = parse_instant("2026-11-02T08:15:00+01:00")
    with pytest.raises(Invalid) as caught:
        check_instant(Instant(good.text, good.zone, good.utc_ms + 1))
    assert caught.value.rule == "UTC_DIFFERS"


def test_finer_digits_in_a_record_are_cut_never_rounded_into_the_next_moment() -> None:
    assert instant_ms("2026-11-02T08:15:00.999999+01:00") == 1_793_603_700_999
