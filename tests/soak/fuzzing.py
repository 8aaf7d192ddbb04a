# SPDX-License-Identifier: Apache-2.0
"""A given number of inputs over all fuzz targets, on every core, each target with its count and what it accepted.

Slow targets get fewer inputs. It follows no coverage and keeps no corpus: the same seed gives the same inputs, and a
finding is named by target, seed and round.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from multiprocessing import get_context

from tests.support.fuzz_all import ALL
from tests.support.fuzz_targets import Finding, Target, run

INPUTS = 1_000_000
_NOT_COUNTED = -1


@dataclass(frozen=True)
class Row:
    """What one target saw."""

    name: str
    inputs: int
    accepted: int
    finding: str = ""

    def line(self) -> str:
        if self.finding:
            return f"{self.name:<52} FOUND {self.finding}"
        return f"{self.name:<52} {self.inputs:>8,} inputs, {self.accepted:>8,} accepted"


def shares(total: int, slowness: Sequence[int]) -> list[int]:
    """Returns how many inputs each target gets, by its slowness; never fewer in all than asked for."""
    weight = Fraction(total) / sum(Fraction(1, slow) for slow in slowness)
    return [ceil(weight / slow) for slow in slowness]


def row_of(target: Target, seed: int, count: int) -> Row:
    """Runs one target and says what it saw."""
    name = f"{target.module} {target.name}"
    try:
        tally = run(target, seed, count)
    except Finding as finding:
        cause = finding.__cause__
        return Row(name, count, _NOT_COUNTED, f"{finding}; {type(cause).__name__} in {_place(cause)}")
    return Row(name, tally.inputs, tally.accepted)


def _numbered(number: int, seed: int, count: int) -> Row:
    # By its number, because targets hold functions that cannot be sent to another process.
    return row_of(ALL[number], seed, count)


def _place(error: BaseException | None) -> str:
    """Returns file and line of the innermost frame: no values, which a finding's input could have put there."""
    trace = error.__traceback__ if error is not None else None
    place = "nowhere"
    while trace is not None:
        place = f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}"  # noqa: PTH119
        trace = trace.tb_next
    return place


def fuzz(seed: int, total: int, say: Callable[[str], None]) -> list[Row]:
    """Runs every target, the ones with most work first, and says each one's row as it ends."""
    counts = shares(total, [target.slow for target in ALL])
    rows = []
    # A fresh interpreter for each worker: the targets' libraries are not made for a fork.
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        waiting = [pool.submit(_numbered, number, seed, count) for number, count in enumerate(counts)]
        for done, future in enumerate(as_completed(waiting), start=1):
            row = future.result()
            rows.append(row)
            say(f"fuzz {done:>3}/{len(waiting)}  {row.line()}")
    return sorted(rows, key=lambda row: row.name)
