# SPDX-License-Identifier: Apache-2.0
"""Slips of the hand, the hour and the year are asked about; what cannot be right is refused; the usual is left in peace.

Whether a person answers the question truthfully is not tested.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from rogatory.protocol.content import Instant
from rogatory.protocol.errors import Invalid
from rogatory.protocol.instants import local_text, offset_in_zone, offset_of, parse_instant
from rogatory.protocol.plausibility import Question, Stated, identifier_doubts, questions

LONDON = "Europe/London"
NOW = parse_instant("2026-11-24T12:00:00Z").utc_ms
INCIDENT = parse_instant("2026-07-14T21:00:00", LONDON)


def at(text: str, zone: str = "") -> Instant:
    return parse_instant(text, zone)


USUAL = Stated(
    "ip_port_time",
    "203.0.113.7:40001",
    at("2026-07-14T00:00:00", LONDON),
    at("2026-07-14T23:59:59", LONDON),
    (at("2026-07-14T21:03:00+01:00"),),
)


def asked(stated: Stated, incident: Instant | None = INCIDENT, now: int = NOW) -> list[Question]:
    return list(questions(stated, now, incident))


def test_a_usual_task_is_not_asked_about() -> None:
    assert asked(USUAL) == []
    assert asked(USUAL, None) == []


def test_an_hour_off_is_asked_about() -> None:
    utc = replace(USUAL, observed=(at("2026-07-14T21:03:00Z"),))
    assert asked(utc) == [Question("W_OFFSET_UNUSUAL", "tasks[0].observed[0]", "NOT_LOCAL_OFFSET")]
    assert asked(utc, at("2026-07-14T20:00:00Z")) == []  # no place is stated, only a moment


def test_a_year_off_is_asked_about_with_and_without_an_incident() -> None:
    wrong = replace(
        USUAL,
        since=at("2025-07-10T00:00:00", LONDON),
        until=at("2025-07-12T00:00:00", LONDON),
        observed=(),
    )
    assert {(item.code, item.rule) for item in asked(wrong)} == {("W_YEAR_FAR", "FAR_FROM_INCIDENT")}
    assert [item.field for item in asked(wrong)] == ["tasks[0].since", "tasks[0].until"]
    assert {(item.code, item.rule) for item in asked(wrong, None)} == {("W_YEAR_FAR", "FAR_FROM_TODAY")}


def test_exactly_366_days_away_is_near_enough() -> None:
    edge = replace(USUAL, since=INCIDENT, until=INCIDENT, observed=())
    far = Instant(INCIDENT.text, INCIDENT.zone, INCIDENT.utc_ms + 366 * 86_400_000)
    later = NOW + 400 * 86_400_000
    assert asked(edge, far, later) == []
    further = replace(far, utc_ms=far.utc_ms + 1)
    assert [item.code for item in asked(edge, further, later)] == ["W_YEAR_FAR", "W_YEAR_FAR"]


def test_a_window_is_asked_about_when_it_ends_in_the_future_or_is_long() -> None:
    today = replace(USUAL, since=at("2026-11-24T00:00:00Z"), until=at("2026-11-24T23:59:59Z"), observed=())
    assert asked(today, None) == [Question("W_TIME_FUTURE", "tasks[0].until", "WINDOW_END_FUTURE")]
    long = replace(USUAL, since=at("2026-07-01T00:00:00Z"), until=at("2026-09-29T00:00:00Z"), observed=())
    assert asked(long, None) == [Question("W_WINDOW_LONG", "tasks[0].until", "WINDOW")]
    assert asked(replace(long, until=at("2026-09-28T23:59:59Z")), None) == []


def test_something_seen_outside_the_window_is_asked_about() -> None:
    outside = replace(USUAL, observed=(*USUAL.observed, at("2026-07-16T08:00:00", LONDON)))
    assert asked(outside) == [Question("W_OBSERVED_OUTSIDE", "tasks[0].observed", "OUTSIDE_WINDOW")]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            replace(USUAL, since=at("2026-11-25T00:00:00Z"), until=at("2026-11-26T00:00:00Z")),
            ("X_PROSPECTIVE_DATA", "tasks[0].since", "WINDOW_FUTURE"),
        ),
        (
            replace(USUAL, observed=(at("2026-11-24T12:00:00.001Z"),)),
            ("X_TIME_RANGE_INVALID", "tasks[0].observed", "OBSERVED_FUTURE"),
        ),
    ],
)
def test_what_cannot_be_right_is_no_question(wrong: Stated, said: tuple[str, str, str]) -> None:
    with pytest.raises(Invalid) as caught:
        asked(wrong)
    assert (caught.value.code, caught.value.field, caught.value.rule) == said


@pytest.mark.parametrize(
    ("identifier_type", "value", "rules"),
    [
        ("msisdn", "+15550100123", []),
        ("msisdn", "+442079460123", []),
        ("msisdn", "+1555010012", ["NUMBER_PLAN_LENGTH"]),
        ("msisdn", "+4420794601234", ["NUMBER_PLAN_LENGTH"]),
        ("msisdn", "+999000000001", ["COUNTRY_CODE_UNASSIGNED"]),
        ("domain", "xn--bcher-kva.example", []),
        ("domain", "xn--a.example", ["IDNA_LABEL"]),
        ("email", "jo@xn--a.example", ["IDNA_LABEL"]),
        ("payment_account", "GB82WEST12345698765432", []),
        ("payment_account", "XX57WEST12345698765432", ["IBAN_COUNTRY"]),
        ("mac", "00:00:5e:00:53:01", []),
        ("mac", "02:00:5e:00:53:01", ["MAC_RANDOMISED"]),
        ("ip_port_time", "10.1.2.3:40001", ["ADDRESS_PRIVATE"]),
        ("ip_port_time", "[fe80::1]:40001", ["ADDRESS_PRIVATE"]),
        ("ip_time", "100.64.0.1", ["ADDRESS_PRIVATE"]),
        ("ip_time", "2001:db8::1", []),
        ("vin", "1M8GDM9AXKP042788", []),
        ("vin", "1M8GDM9AXKP042789", ["VIN_CHECK_DIGIT"]),
        ("vin", "WM8GDM9AXKP042789", []),
        ("crypto_wallet", "bitcoin:bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", []),
        ("crypto_wallet", "ethereum:0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", ["WITHOUT_CHECKSUM"]),
        ("crypto_wallet", "invented:q0000example", ["CHAIN_UNKNOWN"]),
        ("imei", "490154203237518", []),
        ("mac", "no address at all", []),
    ],
)
def test_an_unusual_identifier_is_asked_about_and_a_malformed_one_is_for_the_check(
    identifier_type: str, value: str, rules: list[str]
) -> None:
    if rules == ["IBAN_COUNTRY"]:
        value = _with_check_digits(value)
    assert list(identifier_doubts(identifier_type, value)) == rules
    stated = replace(USUAL, identifier_type=identifier_type, identifier=value)
    assert [item.rule for item in asked(stated)] == rules


def _with_check_digits(iban: str) -> str:
    """The same account with right check digits, so that only its country is wrong."""
    number = int("".join(str(int(char, 36)) for char in iban[4:] + iban[:2] + "00"))
    return f"{iban[:2]}{98 - number % 97:02d}{iban[4:]}"


@pytest.mark.parametrize(
    ("text", "zone", "local"),
    [
        ("2018-07-14T21:03:00", LONDON, "2018-07-14 21:03:00 Europe/London (UTC+01:00)"),
        ("2018-12-14T21:03:00.250", LONDON, "2018-12-14 21:03:00.250 Europe/London (UTC)"),
        ("2018-07-14T21:03:00Z", "", "2018-07-14 21:03:00 (UTC)"),
        ("2018-07-14T21:03:00-03:30", "", "2018-07-14 21:03:00 (UTC-03:30)"),
    ],
)
def test_a_moment_is_read_back_as_its_clocks_showed_it(text: str, zone: str, local: str) -> None:
    assert local_text(at(text, zone)) == local


def test_a_zone_that_nobody_knows_or_a_moment_in_no_calendar_is_not_read_back() -> None:
    assert local_text(Instant("", "No/Where", 0)) == ""
    assert local_text(Instant("", "Z", 1 << 60)) == ""
    assert offset_of(Instant("", "+99:00", 0)) is None
    assert offset_in_zone(1 << 60, LONDON) is None
