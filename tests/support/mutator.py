# SPDX-License-Identifier: Apache-2.0
"""Seeded changes of valid inputs: bits, bytes, numbers at their edges, lengths, cuts, repeats, joins of two inputs.

The same seed gives the same bytes on every machine, so a finding is named by target, seed and round. It knows nothing
of any format and follows no coverage.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

_EDGES = (
    b"\0",
    b"\xff",
    b"\x7f",
    b"\x80",
    b"\n",
    b"\r\n",
    b"\0\0\0\0",
    b"\xff\xff\xff\xff",
    b"\x80\x80\x80\x80\x10",
)
_WORDS = (
    b"-1",
    b"0",
    b"00",
    b"9223372036854775808",
    b"1e400",
    b"NaN",
    b"null",
    b"{}",
    b'"',
    b"\\u0000",
    b"=",
    b" ",
)
_ODD = ("\u0660", "\ud800", "\u202e", "\ufeff", "e\u0301", "\U0001f9ff")
LARGEST = 1 << 17


class Dice:
    """Numbers from a seed."""

    def __init__(self, *seed: object) -> None:
        self._state = hashlib.shake_256(repr(seed).encode()).digest(32)
        self._pool = b""

    def below(self, limit: int) -> int:
        """A number from 0 to below the limit."""
        if len(self._pool) < 4:
            data = hashlib.shake_256(self._state).digest(32 + 256)
            self._state, self._pool = data[:32], data[32:]
        number, self._pool = int.from_bytes(self._pool[:4], "big"), self._pool[4:]
        return number % limit if limit else 0

    def choose(self, items: Sequence[bytes]) -> bytes:
        return items[self.below(len(items))]


def mutations(name: str, seed: int, corpus: Sequence[bytes], count: int) -> Iterator[bytes]:
    """Yields ``count`` inputs: one to four changes of one of the corpus each; the corpus itself comes first."""
    dice = Dice(name, seed)
    yield from corpus[:count]
    for _ in range(count - len(corpus)):
        data = dice.choose(corpus)
        for _ in range(1 + dice.below(4)):
            data = _change(dice, data, corpus)
        yield data[:LARGEST]


def _change(dice: Dice, data: bytes, corpus: Sequence[bytes]) -> bytes:
    at, length = dice.below(len(data) + 1), 1 + dice.below(16)
    head, tail = data[:at], data[at:]
    odd = _ODD[dice.below(len(_ODD))].encode("utf-8", "surrogatepass")
    edge, other = dice.choose(_EDGES), dice.choose(corpus)
    near = int.from_bytes(tail[:2], "big") + dice.below(3) - 1
    bit = bytes([(tail[0] if tail else 0) ^ 1 << dice.below(8)])
    changed = (
        bit + tail[1:],
        bytes([dice.below(256)]) + tail[1:],
        tail[length:],
        tail[:length] + tail,
        edge + tail[len(edge) :],
        dice.choose(_WORDS) + tail[dice.below(3) :],
        other[dice.below(len(other) + 1) :],
        b"",
        odd + tail,
        (near % 65536).to_bytes(2, "big") + tail[2:],
    )
    return head + changed[dice.below(len(changed))]
