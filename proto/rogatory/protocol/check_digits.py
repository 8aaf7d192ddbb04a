# SPDX-License-Identifier: Apache-2.0
"""Check digits by name: the closed table that a pack's ``checksum`` chooses from.

ISO/IEC 7812 (Luhn), ISO 7064 (pure and hybrid systems), ISO 13616 (IBAN), 49 CFR 565.15 (VIN), Verhoeff 1969 and Damm 2004.
A pack is read by the exchange's writer too, which holds no sockets; python-stdnum brings TLS with it and takes 0.2 s to
load, so these are written here and tests hold them against that library. A right check digit is no proof that a number
was ever given out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

_ALPHANUMERIC: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*"
_VERHOEFF_PRODUCT: Final = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_VERHOEFF_TURN: Final = (
    "0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip
_DAMM: Final = (
    "0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
    "3674209581", "5869720134", "8945362017", "9438617205", "2581436790",
)  # fmt: skip
_VIN_VALUES: Final = dict(
    zip("0123456789ABCDEFGHJKLMNPRSTUVWXYZ", map(int, "012345678912345678123457923456789"), strict=True)
)
_VIN_WEIGHTS: Final = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


def _numbers(text: str, alphabet: str) -> list[int]:
    """Return the values of the characters; a character outside the alphabet has none."""
    return [alphabet.index(char) for char in text]


def luhn(text: str) -> bool:
    """Tell whether digits end in their Luhn check digit (cards, IMEI, ICCID)."""
    total = 0
    for place, digit in enumerate(reversed(_numbers(text, _ALPHANUMERIC[:10]))):
        doubled = digit * (1 + place % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def _verhoeff(text: str) -> bool:
    check = 0
    for place, digit in enumerate(reversed(_numbers(text, _ALPHANUMERIC[:10]))):
        check = int(_VERHOEFF_PRODUCT[check][int(_VERHOEFF_TURN[place % 8][digit])])
    return check == 0


def _damm(text: str) -> bool:
    check = 0
    for digit in _numbers(text, _ALPHANUMERIC[:10]):
        check = int(_DAMM[check][digit])
    return check == 0


def _pure(modulus: int, radix: int, alphabet: str, last: str) -> Callable[[str], bool]:
    """Return a pure system of ISO 7064 with one check character, which may be one more than the others can be."""

    def check(text: str) -> bool:
        total = 0
        for value in (*_numbers(text[:-1], alphabet), *_numbers(text[-1:], alphabet + last)):
            total = (total * radix + value) % modulus
        return total == 1

    return check


def _hybrid(modulus: int) -> Callable[[str], bool]:
    """Return a hybrid system of ISO 7064: modulus M + 1 and M."""

    def check(text: str) -> bool:
        product = modulus
        for value in _numbers(text[:-1], _ALPHANUMERIC[:modulus]):
            product = ((product + value) % modulus or modulus) * 2 % (modulus + 1)
        return (product + _ALPHANUMERIC[:modulus].index(text[-1:])) % modulus == 1

    return check


def _mod97(text: str) -> bool:
    return int("".join(str(value) for value in _numbers(text, _ALPHANUMERIC[:36]))) % 97 == 1


def iban(text: str) -> bool:
    """Tell whether an IBAN, without spaces, has its check digits: ISO 7064 over the number with its head moved to the end."""
    return _mod97(text[4:] + text[:4])


def vin(text: str) -> bool:
    """Tell whether a vehicle number has the check character that North America demands in its ninth place."""
    total = sum(_VIN_VALUES[char] * weight for char, weight in zip(text, _VIN_WEIGHTS, strict=True))
    return "0123456789X"[total % 11] == text[8]


CHECKSUMS: Final[Mapping[str, Callable[[str], bool]]] = MappingProxyType(
    {
        "damm": _damm,
        "iban": iban,
        "iso7064-mod11-10": _hybrid(10),
        "iso7064-mod11-2": _pure(11, 2, _ALPHANUMERIC[:10], "X"),
        "iso7064-mod37-2": _pure(37, 2, _ALPHANUMERIC[:36], "*"),
        "iso7064-mod37-36": _hybrid(36),
        "luhn": luhn,
        "mod97": _mod97,
        "verhoeff": _verhoeff,
        "vin": vin,
    }
)


def sums_up(name: str, text: str) -> bool:
    """Tell whether a value ends well under a checksum of the table; one with characters that it does not know does not."""
    try:
        return CHECKSUMS[name](text)
    except (ValueError, KeyError):  # a character without a value, or a length that the system does not have
        return False
