# SPDX-License-Identifier: Apache-2.0
"""Rows of the table: what was measured, against what, as text and as ``build/bench.json``. Measures nothing itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """One figure beside another of the same run, or beside a budget."""

    row: str
    ours: float
    unit: str
    against: str
    theirs: float
    ratio: float
    note: str


def make_row(name: str, ours: float, unit: str, against: str, theirs: float, note: str) -> Row:
    """Return a row with its ratio, rounded to what the measure is good for."""
    return Row(name, round(ours, 2), unit, against, round(theirs, 2), round(ours / theirs, 3), note)


def table(rows: Sequence[Row]) -> str:
    """Return the rows as aligned text."""
    lines = [("row", "ours", "theirs", "ratio", "unit", "against", "note")]
    lines += [
        (
            row.row,
            f"{row.ours:,.1f}",
            f"{row.theirs:,.1f}",
            f"{row.ratio:.2f}",
            row.unit,
            row.against,
            row.note,
        )
        for row in rows
    ]
    widths = [max(len(line[i]) for line in lines) for i in range(6)]
    return "\n".join(_line(line, widths) for line in lines)


def write(rows: Sequence[Row], path: Path) -> str:
    """Write the rows as JSON and return the text that was written."""
    text = json.dumps([asdict(row) for row in rows], indent=1)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n", encoding="utf-8")
    return text


def _line(cells: tuple[str, ...], widths: Sequence[int]) -> str:
    aligned = [
        cell.rjust(width) if 1 <= i <= 3 else cell.ljust(width)
        for i, (cell, width) in enumerate(zip(cells, widths, strict=False))
    ]
    return "  ".join((*aligned, cells[6])).rstrip()
