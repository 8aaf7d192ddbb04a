# SPDX-License-Identifier: Apache-2.0
"""One spelling for each identifier, and groups to read aloud. Nothing is guessed, and a range stays a range."""

from __future__ import annotations

import pytest

from rogatory.protocol.errors import Invalid
from rogatory.protocol.identifiers import IdentifierRule, check_identifier
from rogatory.protocol.writing import checks_itself, one_spelling, spoken


@pytest.mark.parametrize(
    ("identifier_type", "written", "spelled"),
    [
        ("msisdn", "+1 (555) 010-0123", "+15550100123"),
        ("msisdn", " +1\u00a0555.010.0123\n", "+15550100123"),
        ("imei", "49-015420-323751-8", "490154203237518"),
        ("domain", "Bücher.Example.", "xn--bcher-kva.example"),
        ("domain", "A_B.Example", "a_b.example"),
        ("domain", "\u2603\u200d.Example", "\u2603\u200d.Example"),
        ("email", "Jo@BÜCHER.example", "Jo@xn--bcher-kva.example"),
        ("email", "nobody", "nobody"),
        ("mac", "00-00-5E-00-53-01", "00:00:5e:00:53:01"),
        ("mac", "0000.5e00.5301", "00:00:5e:00:53:01"),
        ("mac", "00:00:5e", "00:00:5e"),
        ("payment_account", "gb82 west 1234 5698 7654 32", "GB82WEST12345698765432"),
        ("vin", "1m8gdm9axkp042788", "1M8GDM9AXKP042788"),
        ("ip_port_time", "[2001:DB8:0::1]:40001", "[2001:db8::1]:40001"),
        ("ip_port_time", "203.0.113.7:40001", "203.0.113.7:40001"),
        ("ip_port_time", "2001:DB8::1", "2001:DB8::1"),
        ("ip_time", "2001:DB8::1", "2001:db8::1"),
        ("ip_time", "203.0.113.007", "203.0.113.007"),
        ("account_id", "e\u0301va@svc.example", "\u00e9va@svc.example"),
    ],
)
def test_ways_of_writing_become_one_spelling(identifier_type: str, written: str, spelled: str) -> None:
    assert one_spelling(identifier_type, written) == spelled
    assert one_spelling(identifier_type, spelled) == spelled


@pytest.mark.parametrize(
    "written", ["+15550100123/126", "+15550100123\u201326", "+15550100123, +15550100124"]
)
def test_a_range_or_a_list_is_not_spelled_away(written: str) -> None:
    spelled = one_spelling("msisdn", written)
    with pytest.raises(Invalid):
        check_identifier("msisdn", spelled.encode(), {"msisdn": IdentifierRule(".+")})


@pytest.mark.parametrize(
    ("identifier_type", "value", "groups"),
    [
        ("msisdn", "+15550100123", "+155 501 001 23"),
        ("imsi", "9997000000000011", "999 700 000 000 0011"),
        ("imei", "490154203237518", "490 154 203 237 518"),
        ("payment_account", "GB82WEST12345698765432", "GB82 WEST 1234 5698 7654 32"),
        ("crypto_wallet", "invented:q0000example", "invented: q000 0exa mple"),
        ("ip_port_time", "203.0.113.7:40001", "203.0.113.7 port 4 0 0 0 1"),
        ("ip_port_time", "[2001:db8::1]:443", "[2001:db8::1] port 4 4 3"),
        ("email", "jo@mail.example", ""),
    ],
)
def test_a_value_is_grouped_for_the_voice(identifier_type: str, value: str, groups: str) -> None:
    assert spoken(identifier_type, value) == groups


def test_what_checks_itself_needs_no_second_entry() -> None:
    assert checks_itself("imei", "490154203237518")
    assert checks_itself("crypto_wallet", "tron:TJRabPrwbZy45sbavfcjinPJC18kjpRTv8")
    assert checks_itself("guild_badge", "2363", "verhoeff")
    assert not checks_itself("crypto_wallet", "invented:q0000example")
    assert not checks_itself("msisdn", "+15550100123")
