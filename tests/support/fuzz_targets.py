# SPDX-License-Identifier: Apache-2.0
"""The register of fuzz targets: for each parser its valid inputs, and what must hold of any bytes at all.

A target takes bytes and returns whether they were accepted. It may raise the errors that its module documents and
nothing else, and where it accepts, what was read is written again and compared. It is no test of meaning.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.support.mutator import mutations


@dataclass(frozen=True)
class Target:
    """One parser under fuzzing.

    Attributes:
        name: what a report calls it.
        module: module that the parser stands in, below ``rogatory``.
        errors: what it may raise.
        corpus: makes its valid inputs.
        read: reads bytes, and checks what holds where they are accepted.
        slow: how many times slower than most it is, because it needs files or a large parser; it gets fewer inputs.
    """

    name: str
    module: str
    errors: tuple[type[Exception], ...]
    corpus: Callable[[], Sequence[bytes]]
    read: Callable[[bytes], object]
    slow: int = 1

    def accepts(self, data: bytes) -> bool:
        """Returns whether the bytes were accepted; lets nothing through but the documented errors."""
        try:
            self.read(data)
        except self.errors:
            return False
        return True


@dataclass(frozen=True)
class Tally:
    """How many inputs a target saw and how many of them it accepted."""

    inputs: int
    accepted: int


class Finding(Exception):
    """A parser raised what it does not document, or read something that it does not write."""


def run(target: Target, seed: int, count: int) -> Tally:
    """Runs a target on ``count`` inputs.

    Raises:
        Finding: With target, seed and round, from which the input can be made again.
    """
    accepted = 0
    for number, data in enumerate(mutations(target.name, seed, target.corpus(), count)):
        try:
            accepted += target.accepts(data)
        except Exception as error:
            raise Finding(f"{target.name}: seed {seed}, round {number}: {type(error).__name__}") from error
    return Tally(count, accepted)
