# SPDX-License-Identifier: Apache-2.0
"""Fixed-width integers, length-prefixed strings and tagged hashes.

Every hash and MAC in Rogatory is computed over bytes built with these functions, so that no two different
sequences of parts can ever produce the same input (architecture section 6, log-privacy section 1).

This module is pure. It is not a wire format and not a parser: nothing is ever decoded with it.
"""

from __future__ import annotations

import functools
import hashlib

__all__ = ["lp", "th", "u8", "u16", "u32", "u64"]


def _too_large(width: int) -> ValueError:
    return ValueError(f"integer does not fit in {width} unsigned bytes")


@functools.lru_cache(maxsize=1024)
def _tag(tag: str) -> bytes:
    return lp(tag.encode("ascii"))


def u8(value: int) -> bytes:
    """Return ``value`` as 1 byte.

    Raises:
        ValueError: the value is outside 0..2**8-1.
    """
    try:
        return value.to_bytes(1, "big")
    except OverflowError:
        raise _too_large(1) from None


def u16(value: int) -> bytes:
    """Return ``value`` as 2 big-endian bytes.

    Raises:
        ValueError: the value is outside 0..2**16-1.
    """
    try:
        return value.to_bytes(2, "big")
    except OverflowError:
        raise _too_large(2) from None


def u32(value: int) -> bytes:
    """Return ``value`` as 4 big-endian bytes.

    Raises:
        ValueError: the value is outside 0..2**32-1.
    """
    try:
        return value.to_bytes(4, "big")
    except OverflowError:
        raise _too_large(4) from None


def u64(value: int) -> bytes:
    """Return ``value`` as 8 big-endian bytes.

    Raises:
        ValueError: the value is outside 0..2**64-1.
    """
    try:
        return value.to_bytes(8, "big")
    except OverflowError:
        raise _too_large(8) from None


def lp(part: bytes) -> bytes:
    """Return ``part`` with its length in front, as ``u32(len) || part``.

    Raises:
        ValueError: the part is 2**32 bytes or longer.
    """
    try:
        return len(part).to_bytes(4, "big") + part
    except OverflowError:
        msg = "a part is 2**32 bytes or longer"
        raise ValueError(msg) from None


def th(tag: str, *parts: bytes) -> bytes:
    """Return the tagged hash ``SHA-256(LP(tag) || LP(p1) || ...)``, 32 bytes.

    Args:
        tag: the domain of the hash, for example ``rogatory/v1/body``; ASCII only.
        parts: the hashed parts, in order.

    Raises:
        UnicodeEncodeError: the tag is not ASCII.
        ValueError: a part is 2**32 bytes or longer.
    """
    # Written out instead of calling ``lp``: dozens of parts are framed for each statement.
    framed = [_tag(tag)]
    try:
        for part in parts:
            framed += (len(part).to_bytes(4, "big"), part)
    except OverflowError:
        msg = "a part is 2**32 bytes or longer"
        raise ValueError(msg) from None
    return hashlib.sha256(b"".join(framed)).digest()
