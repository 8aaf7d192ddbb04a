# SPDX-License-Identifier: Apache-2.0
"""Choices that a seed repeats: the same seed and label give the same choices on every machine. Not for secrets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from tests.support.realm import SeededEntropy

T = TypeVar("T")


class Dice:
    """A source of choices; one for each user of it, so that threads do not take from each other."""

    def __init__(self, seed: int, label: str) -> None:
        self._entropy = SeededEntropy(f"crash/{seed}/{label}")

    def below(self, limit: int) -> int:
        return int.from_bytes(self._entropy.token(8), "big") % limit

    def between(self, low: int, high: int) -> int:
        """A number from low to high, both included."""
        return low + self.below(high - low + 1)

    def one_in(self, count: int) -> bool:
        return self.below(count) == 0

    def choose(self, items: Sequence[T]) -> T:
        return items[self.below(len(items))]
