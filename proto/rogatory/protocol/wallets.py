# SPDX-License-Identifier: Apache-2.0
"""Addresses of crypto-assets with the checksum of their chain: one wrong character is another person's money, or nobody's.

Base58Check (Bitcoin and its kin, Tron), Bech32 and Bech32m (BIP 173, BIP 350), mixed-case hexadecimal (EIP-55 over Keccak-256).
A chain that stands in no table here has no check, so that a pack can allow new ones; whether anybody uses an address is
not known to this module.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

_BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_BECH32M: Final = 0x2BC830A3
_HEX_ADDRESS: Final = re.compile(r"0x[0-9A-Fa-f]{40}")
_MASK: Final = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Chain:
    """How a chain writes addresses: version bytes of Base58Check, the part before Bech32's 1, or hexadecimal."""

    versions: frozenset[int] = frozenset()
    part: str = ""
    hexadecimal: bool = False


CHAINS: Final[Mapping[str, Chain]] = MappingProxyType(
    {
        "bitcoin": Chain(frozenset({0x00, 0x05}), "bc"),
        "dogecoin": Chain(frozenset({0x1E, 0x16})),
        "ethereum": Chain(hexadecimal=True),
        "litecoin": Chain(frozenset({0x30, 0x32, 0x05}), "ltc"),
        "tron": Chain(frozenset({0x41})),
    }
)


def address_holds(chain: str, address: str) -> bool:
    """Tell whether an address has its chain's form and checksum; always true of a chain that is not in the table."""
    how = CHAINS.get(chain)
    if how is None:
        return True
    if how.hexadecimal:
        return _HEX_ADDRESS.fullmatch(address) is not None and _cased(address[2:])
    if how.part and address.lower().startswith(how.part + "1"):
        return _bech32(address, how.part)
    return _base58(address, how.versions)


def _base58(address: str, versions: frozenset[int]) -> bool:
    if not 25 <= len(address) <= 35 or not set(address) <= set(_BASE58):
        return False
    number = 0
    for char in address:
        number = number * 58 + _BASE58.index(char)
    if number >> 200:
        return False
    raw = number.to_bytes(25)
    # Each leading 1 is a zero byte: with more or fewer of them the same number would have several spellings.
    zeros = len(raw) - len(raw.lstrip(b"\0"))
    leading = len(address) - len(address.lstrip("1"))
    digest = hashlib.sha256(hashlib.sha256(raw[:21]).digest()).digest()
    return zeros == leading and raw[0] in versions and digest[:4] == raw[21:]


def _bech32(address: str, part: str) -> bool:
    lowered = address.lower()
    data = lowered[len(part) + 1 :]
    if (
        address not in {lowered, address.upper()}
        or not 39 <= len(data) <= 87
        or not set(data) <= set(_BECH32)
    ):
        return False
    values = [_BECH32.index(char) for char in data]
    expanded = [ord(char) >> 5 for char in part] + [0] + [ord(char) & 31 for char in part]
    check = 1
    for value in (*expanded, *values):
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for i, generator in enumerate(_GENERATOR):
            check ^= generator if top >> i & 1 else 0
    # Version 0 of a witness program has Bech32, every later one Bech32m.
    return check == (_BECH32M if values[0] else 1)


def _cased(address: str) -> bool:
    """EIP-55: the case of each letter is a bit of the digest; all in one case means that no checksum was written."""
    if address in {address.lower(), address.upper()}:
        return True
    digest = keccak256(address.lower().encode()).hex()
    return all(
        char.isdigit() or char.isupper() == (int(nibble, 16) > 7)
        for char, nibble in zip(address, digest, strict=False)
    )


def keccak256(data: bytes) -> bytes:
    """Return Keccak-256 as Ethereum uses it: FIPS 202 with the padding of the contest, which hashlib does not have."""
    rate = 136
    padded = bytearray(data + b"\x01" + bytes(-(len(data) + 1) % rate))
    padded[-1] |= 0x80
    lanes = [0] * 25
    for start in range(0, len(padded), rate):
        for i in range(rate // 8):
            lanes[i] ^= int.from_bytes(padded[start + 8 * i : start + 8 * i + 8], "little")
        lanes = _permuted(lanes)
    return b"".join(lane.to_bytes(8, "little") for lane in lanes[:4])


def _turned(value: int, by: int) -> int:
    return (value << by | value >> (64 - by)) & _MASK


def _permuted(lanes: list[int]) -> list[int]:
    """Keccak-f[1600]: theta, rho, pi, chi, iota, twenty-four times."""
    state, register = list(lanes), 1
    for _ in range(24):
        columns = [state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20] for x in range(5)]
        for i in range(25):
            state[i] ^= columns[(i - 1) % 5] ^ _turned(columns[(i + 1) % 5], 1)
        x, y, current = 1, 0, state[1]
        for step in range(24):
            x, y = y, (2 * x + 3 * y) % 5
            current, state[x + 5 * y] = state[x + 5 * y], _turned(current, (step + 1) * (step + 2) // 2 % 64)
        rows = list(state)
        for i in range(25):
            row = i - i % 5
            state[i] = rows[i] ^ (~rows[row + (i + 1) % 5] & rows[row + (i + 2) % 5] & _MASK)
        for bit in range(7):
            register = (register << 1 ^ (0x71 if register & 0x80 else 0)) & 0xFF
            state[0] ^= (1 << ((1 << bit) - 1)) if register & 2 else 0
    return state
