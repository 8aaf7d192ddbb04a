# SPDX-License-Identifier: Apache-2.0
"""Targets: one complete value of one type passes; many values, parts of a value and look-alikes are refused by name."""

import pytest

from rogatory.protocol import errors
from rogatory.protocol.errors import Invalid
from rogatory.protocol.identifier_types import CHECKS
from rogatory.protocol.identifiers import IdentifierRule, check_identifier, check_shared_address

_ANY = {name: IdentifierRule(r".+") for name in (*CHECKS, "badge", "cell_time", "ip_range")}


def _refusal(
    name: str, value: str | bytes, rules: dict[str, IdentifierRule] | None = None
) -> tuple[str, str]:
    data = value.encode() if isinstance(value, str) else value
    with pytest.raises(Invalid) as caught:
        check_identifier(name, data, rules or _ANY)
    if data:
        assert data.decode("utf-8", "replace") not in str(caught.value)
    return caught.value.code, caught.value.rule


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("account_id", "jo.example@chat.example"),
        ("advert_id", "ad-4711@adverts.example"),
        ("badge", "any-form_the.pack:allows"),
        ("crypto_wallet", "invented:q0000example"),
        ("device_ad_id", "00000000-0000-4000-8000-00000000002a"),
        ("domain", "bad-cafe.example"),
        ("domain", "xn--bcher-kva.example"),
        ("email", "jö@example.org"),
        ("iccid", "8943000000000000003"),
        ("imei", "490154203237518"),
        ("imsi", "999700000000001"),
        ("ip_port_time", "203.0.113.7:40001"),
        ("ip_port_time", "[2001:db8::1]:40001"),
        ("ip_time", "203.0.113.7"),
        ("ip_time", "2001:db8::1"),
        ("mac", "00:00:5e:00:53:01"),
        ("msisdn", "+999000000001"),
        ("onion", "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion"),
        ("payment_account", "GB82WEST12345698765432"),
        ("url", "https://example.org/ad?id=4711&x=%20"),
        ("url", "http://[2001:db8::1]:8080/"),
        ("vin", "1M8GDM9AXKP042788"),
    ],
)
def test_one_complete_value_is_a_target(name: str, value: str) -> None:
    check_identifier(name, value.encode(), _ANY)


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("msisdn", "+999000000001,+999000000002", "LIST"),
        ("msisdn", "+999000000001\n+999000000002", "LIST"),
        ("msisdn", "+999 000 000 001", "LIST"),
        ("email", "a@example.org;b@example.org", "LIST"),
        ("badge", "one\u2003two", "LIST"),
        ("url", "https://example.org/a,https://example.org/b", "LIST"),
        ("email", "*@example.org", "WILDCARD"),
        ("email", "%@example.org", "WILDCARD"),
        ("msisdn", "+9990000000??", "WILDCARD"),
        ("imsi", "99970[0-9]00000001", "WILDCARD"),
        ("ip_port_time", "203.0.113.0/24", "RANGE"),
        ("ip_port_time", "203.0.113.0/24:40001", "RANGE"),
        ("ip_port_time", "[2001:db8::]/32", "RANGE"),
        ("ip_port_time", "203.0.113.1-203.0.113.9", "RANGE"),
        ("ip_port_time", "203.0.113.7:40001-40010", "RANGE"),
        ("ip_port_time", "203.0.113.7:1..9", "RANGE"),
        ("msisdn", "+999000000001-+999000000009", "RANGE"),
        ("msisdn", "+999000000001\u2013+999000000009", "RANGE"),
        ("badge", "100-200", "RANGE"),
        ("ip_time", "2001:db8::1-2001:db8::9", "RANGE"),
        ("ip_time", "203.0.113.0/24", "RANGE"),
        ("ip_range", "203.0.113.7", "BULK_TYPE"),
        ("cell_time", "tower", "BULK_TYPE"),
    ],
)
def test_more_than_one_target_is_never_specific(name: str, value: str, rule: str) -> None:
    assert _refusal(name, value) == (errors.X_TARGET_NOT_SPECIFIC, rule)


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("ip_port_time", "203.0.113.7", "PORT"),
        ("ip_port_time", "203.0.113.7:", "PORT"),
        ("ip_port_time", "[2001:db8::1]", "PORT"),
        ("ip_port_time", "2001:db8::1", "PORT"),
        ("msisdn", "0900000001", "COUNTRY_CODE"),
        ("msisdn", "+999001", "DIGITS_MISSING"),
        ("imei", "49015420323751", "DIGITS_MISSING"),
        ("imsi", "99970", "DIGITS_MISSING"),
        ("account_id", "jo.example", "SERVICE"),
        ("account_id", "@chat.example", "SERVICE"),
        ("email", "@example.org", "MAILBOX"),
        ("domain", "localhost", "FQDN"),
        ("crypto_wallet", "q0000example", "CHAIN"),
        ("url", "https:///path", "URL_HOST"),
        ("badge", "", "PRESENT"),
    ],
)
def test_a_missing_part_is_asked_for_never_guessed(name: str, value: str, rule: str) -> None:
    assert _refusal(name, value) == (errors.X_IDENTIFIER_INCOMPLETE, rule)


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("imei", "490154203237519", "CHECK_DIGIT"),
        ("iccid", "8943000000000000005", "CHECK_DIGIT"),
        ("payment_account", "GB82WEST12345698765433", "CHECK_DIGIT"),
        ("payment_account", "4000000000000002", "CARD_NUMBER"),
        ("payment_account", "notaniban", "IBAN"),
        ("onion", "qg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion", "CHECK_DIGIT"),
        ("onion", "short.onion", "ONION_V3"),
        ("ip_port_time", "203.0.113.07:40001", "IP_ADDRESS"),
        ("ip_port_time", "[2001:DB8::1]:40001", "CANONICAL_ADDRESS"),
        ("ip_port_time", "[2001:db8:0::1]:40001", "CANONICAL_ADDRESS"),
        ("ip_port_time", "[203.0.113.7]:40001", "IP_ADDRESS"),
        ("ip_port_time", "[2001:db8::1", "IP_ADDRESS"),
        ("ip_port_time", "0.0.0.0:40001", "HOST_ADDRESS"),
        ("ip_port_time", "203.0.113.7:0", "PORT"),
        ("ip_port_time", "203.0.113.7:65536", "PORT"),
        ("ip_port_time", "203.0.113.7:040", "PORT"),
        ("ip_time", "203.0.113.7:40001", "IP_ADDRESS"),
        ("crypto_wallet", "bitcoin:bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", "CHECK_DIGIT"),
        ("msisdn", "+0999000001", "E164"),
        ("msisdn", "+9990000000000001", "DIGITS"),
        ("msisdn", "+\uff19\uff19\uff19000000001", "DIGITS"),
        ("mac", "01:00:5e:00:53:01", "STATION_ADDRESS"),
        ("mac", "00-00-5E-00-53-01", "EUI48"),
        ("email", "a@b@example.org", "MAILBOX"),
        ("email", "a@bücher.example", "A_LABEL"),
        ("domain", "Example.org", "A_LABEL"),
        ("domain", "-a.example", "A_LABEL"),
        ("url", "https://jo:secret@example.org/", "URL_CREDENTIALS"),
        ("url", "ftp://example.org/", "URL_SCHEME"),
        ("url", "https://[::1/", "URL"),
        ("device_ad_id", "00000000-0000-0000-0000-000000000000", "UUID"),
        ("vin", "1M8GDM9AXKP04278I", "VIN"),
        ("badge", "a\u202eb", "CHARACTERS"),
        ("badge", "a\u200bb", "CHARACTERS"),
        ("badge", "a\x00b", "CHARACTERS"),
        ("badge", "e\u0301", "NFC"),
        ("badge", b"\xff", "UTF8"),
        ("badge", "x" * 257, "LENGTH"),
        ("unknown_type", "x", "IDENTIFIER_TYPE"),
    ],
)
def test_a_malformed_value_is_refused_by_name(name: str, value: str | bytes, rule: str) -> None:
    assert _refusal(name, value) == (errors.X_FIELD_INVALID, rule)


def test_the_whole_value_must_match_the_pack_and_its_digits_are_ascii() -> None:
    rules = {"badge": IdentifierRule(r"\d{3}", max_length=8)}
    check_identifier("badge", b"123", rules)
    for value in ("1234", "12", "x123", "\u0661\u0662\u0663"):
        assert _refusal("badge", value, rules) == (errors.X_FIELD_INVALID, "PATTERN")


def test_a_checksum_that_the_pack_names_is_computed() -> None:
    rules = {"badge": IdentifierRule(r"\d{4}", checksum="verhoeff")}
    check_identifier("badge", b"2363", rules)
    assert _refusal("badge", "2364", rules) == (errors.X_FIELD_INVALID, "CHECK_DIGIT")


@pytest.mark.parametrize(
    ("rule", "observed", "broken"),
    [
        (IdentifierRule(".+", observed_required=True, port_required_with_nat=True), 1, "PORT_AT_CGNAT"),
        (IdentifierRule(".+", observed_required=True), 0, "OBSERVED_AT_CGNAT"),
    ],
)
def test_behind_a_shared_address_port_and_moment_are_needed(
    rule: IdentifierRule, observed: int, broken: str
) -> None:
    with pytest.raises(Invalid) as caught:
        check_shared_address(rule, declares_cgnat=True, observed=observed)
    assert (caught.value.code, caught.value.rule) == (errors.X_IDENTIFIER_INCOMPLETE, broken)
    check_shared_address(rule, declares_cgnat=False, observed=observed)


def test_behind_a_shared_address_a_port_and_a_moment_are_enough() -> None:
    rule = IdentifierRule(".+", observed_required=True)
    check_shared_address(rule, declares_cgnat=True, observed=1)
    check_shared_address(IdentifierRule(".+"), declares_cgnat=True, observed=0)
    assert not rule.port_required_with_nat
