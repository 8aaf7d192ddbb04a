# SPDX-License-Identifier: Apache-2.0
"""Ids of 16 bytes, and the sources of time and randomness that make them.

Statement and request ids are UUIDv7 (RFC 9562 §5.7): time-ordered, since random ids cost twice the commit time.
Organisation, unit, subject and disclosure ids are random. Nothing here reads a clock by itself in pure code: callers
pass a ``Clock`` and an ``Entropy``.
"""

from __future__ import annotations

import secrets
import time
from typing import Protocol


class Clock(Protocol):
    """Where time comes from."""

    def now_ms(self) -> int:
        """Return milliseconds since 1970-01-01T00:00:00Z."""
        ...


class Entropy(Protocol):
    """Where randomness comes from."""

    def token(self, length: int) -> bytes:
        """Return ``length`` bytes that nobody can guess."""
        ...


class SystemClock:
    """The machine's clock."""

    def now_ms(self) -> int:
        """Return milliseconds since 1970-01-01T00:00:00Z."""
        return time.time_ns() // 1_000_000


class SystemEntropy:
    """The operating system's generator."""

    def token(self, length: int) -> bytes:
        """Return ``length`` bytes that nobody can guess."""
        return secrets.token_bytes(length)


def uuid7(clock: Clock, entropy: Entropy) -> bytes:
    """Return a fresh UUIDv7 as 16 bytes (RFC 9562 §5.7): 48 bits of milliseconds, 74 random bits."""
    tail = bytearray(entropy.token(10))
    tail[0] = 0x70 | (tail[0] & 0x0F)
    tail[2] = 0x80 | (tail[2] & 0x3F)
    return clock.now_ms().to_bytes(6, "big") + bytes(tail)


def is_uuid7(value: bytes) -> bool:
    """Tell whether 16 bytes have the version and variant bits of a UUIDv7."""
    return len(value) == 16 and value[6] >> 4 == 7 and value[8] >> 6 == 2
