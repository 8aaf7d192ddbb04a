# SPDX-License-Identifier: Apache-2.0
"""Check digits agree with an independent library on made-up numbers, and one wrong or swapped digit is seen.

Whether a number was ever given out is not tested: nobody can know.
"""

from __future__ import annotations

import hashlib
from types import ModuleType

import pytest
from stdnum import damm, luhn, verhoeff
from stdnum.iso7064 import mod_11_2, mod_11_10, mod_37_2, mod_37_36, mod_97_10

from rogatory.protocol.check_digits import CHECKSUMS, sums_up
from rogatory.protocol.identifiers import IdentifierRule, check_identifier
from rogatory.protocol.pack.targets import target_faults
from rogatory.protocol.wallets import address_holds, keccak256

DIGITS = "0123456789"
LETTERS = DIGITS + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ORACLES: dict[str, tuple[ModuleType, str]] = {
    "damm": (damm, DIGITS),
    "iso7064-mod11-10": (mod_11_10, DIGITS),
    "iso7064-mod11-2": (mod_11_2, DIGITS),
    "iso7064-mod37-2": (mod_37_2, LETTERS),
    "iso7064-mod37-36": (mod_37_36, LETTERS),
    "luhn": (luhn, DIGITS),
    "mod97": (mod_97_10, LETTERS),
    "verhoeff": (verhoeff, DIGITS),
}
WALLETS = [
    ("bitcoin", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"),
    ("bitcoin", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy"),
    ("bitcoin", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"),
    ("bitcoin", "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4"),
    ("bitcoin", "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"),
    ("ethereum", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
    ("ethereum", "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"),
    ("tron", "TJRabPrwbZy45sbavfcjinPJC18kjpRTv8"),
    ("a-chain-of-tomorrow", "any"),
]


@pytest.mark.parametrize("name", ORACLES)
def test_check_digits_are_those_of_an_independent_library(name: str) -> None:
    library, alphabet = ORACLES[name]
    for seed in range(200):
        dice = hashlib.sha256(f"{name} {seed}".encode()).digest()
        text = "".join(alphabet[byte % len(alphabet)] for byte in dice[: 2 + seed % 19])
        digit = library.calc_check_digits(text) if name == "mod97" else library.calc_check_digit(text)
        assert sums_up(name, text + digit)
        assert sums_up(name, text) == library.is_valid(text)


@pytest.mark.parametrize("name", [*ORACLES, "iban", "vin"])
def test_one_wrong_digit_is_always_seen(name: str) -> None:
    right = {
        "iban": "GB82WEST12345698765432",
        "vin": "1M8GDM9AXKP042788",
    }.get(name) or _ended(name, "493015")
    assert sums_up(name, right)
    for place, char in enumerate(right):
        if char.isdigit() and (name != "vin" or place != 8):
            wrong = right[:place] + str((int(char) + 1) % 10) + right[place + 1 :]
            assert not sums_up(name, wrong)


def _ended(name: str, text: str) -> str:
    library, _alphabet = ORACLES[name]
    return text + str(library.calc_check_digits(text) if name == "mod97" else library.calc_check_digit(text))


def test_what_has_no_value_or_no_length_never_sums_up() -> None:
    for name in CHECKSUMS:
        assert not sums_up(name, "?!")
        assert not sums_up(name, "\u0661\u0662")
    assert not sums_up("no-such-sum", "1")


@pytest.mark.parametrize(("chain", "address"), WALLETS)
def test_an_address_of_a_chain_holds(chain: str, address: str) -> None:
    assert address_holds(chain, address)


@pytest.mark.parametrize(
    ("chain", "address"), [item for item in WALLETS if item[1].lower() != item[1] and item[1] != "any"]
)
def test_an_address_with_one_wrong_character_does_not(chain: str, address: str) -> None:
    place = len(address) - 3
    other = next(char for char in "fF2" if char.lower() != address[place].lower())
    assert not address_holds(chain, address[:place] + other + address[place + 1 :])


@pytest.mark.parametrize(
    ("chain", "address"),
    [
        ("bitcoin", "bc1"),
        ("bitcoin", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3tb"),
        ("bitcoin", "bc1qW508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"),
        ("bitcoin", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN0"),
        ("bitcoin", "11BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"),
        ("bitcoin", "z" * 35),
        ("bitcoin", "TJRabPrwbZy45sbavfcjinPJC18kjpRTv8"),
        ("ethereum", "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
        ("ethereum", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe"),
        ("tron", "short"),
    ],
)
def test_what_another_chain_or_nobody_writes_does_not_hold(chain: str, address: str) -> None:
    assert not address_holds(chain, address)


def test_keccak_is_that_of_the_contest_and_takes_several_blocks() -> None:
    assert keccak256(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    assert len({keccak256(b"a" * length) for length in (135, 136, 137, 272)}) == 4


def test_a_new_type_is_data_and_proves_itself_with_its_examples() -> None:
    rule = IdentifierRule(r"\d{4}", checksum="verhoeff", label="badge of a guild", examples=("2363",))
    assert list(target_faults({"guild_badge": rule})) == []
    check_identifier("guild_badge", b"2363", {"guild_badge": rule})
    broken = IdentifierRule(r"\d{4}", checksum="verhoeff", examples=("2363", "2364"))
    assert list(target_faults({"guild_badge": broken})) == [
        ("pack.identifiers.guild_badge.examples[1]", "EXAMPLE_PASSES")
    ]
