# SPDX-License-Identifier: Apache-2.0
"""A tree as lines for a terminal or a screen reader.

Headings and rows, two columns with a fixed gap; every line of a value begins with a bar, so that words cannot pose as a
row of ours. Plain form has no bars and no columns: one `label: value` on each line. Colour is added by the output
policy, not here, and no line is ever broken or cut: what is shown is all there is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rogatory.client.cli.render.marks import Piece
from rogatory.client.cli.render.tree import Row, Section

_BAR = "\u2502 "
_INDENT = "  "
_MAX_LABEL = 26


@dataclass(frozen=True, slots=True)
class Line:
    """One line, and whether it is a heading."""

    text: str
    heading: bool = False


def lines(section: Section, *, plain: bool) -> list[Line]:
    """Return a tree as lines, in order."""
    return list(_plain(section, ()) if plain else _columns(section, 0))


def joined(line: tuple[Piece, ...]) -> str:
    """Return pieces as text, marks written out."""
    return "".join(str(piece) for piece in line)


def _columns(section: Section, depth: int) -> Iterator[Line]:
    indent = _INDENT * depth
    yield Line(f"{indent}{section.title}", heading=True)
    rows = [item for item in section.items if isinstance(item, Row)]
    width = min(max((len(row.label) for row in rows), default=0), _MAX_LABEL)
    for item in section.items:
        if isinstance(item, Section):
            yield from _columns(item, depth + 1)
            continue
        for i, value in enumerate(item.lines):
            label = item.label if i == 0 else ""
            remark = f"  ({joined(item.remark)})" if item.remark and i == 0 else ""
            yield Line(f"{indent}{_INDENT}{label:<{width}}  {_BAR}{joined(value)}{remark}".rstrip())


def _plain(section: Section, above: tuple[str, ...]) -> Iterator[Line]:
    """Each line says in full where it stands, because a reader of one line sees no indentation."""
    path = (*above, section.title)
    yield Line(". ".join(path) + ".", heading=True)
    for item in section.items:
        if isinstance(item, Section):
            yield from _plain(item, path)
            continue
        for i, value in enumerate(item.lines):
            label = item.label if i == 0 else f"{item.label}, line {i + 1}"
            remark = f" ({joined(item.remark)})" if item.remark and i == 0 else ""
            yield Line(f"{label}: {joined(value)}{remark}".rstrip())
