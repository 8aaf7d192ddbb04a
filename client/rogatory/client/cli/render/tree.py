# SPDX-License-Identifier: Apache-2.0
"""The tree of what is shown: sections, rows, and values as pieces of text and marks.

One tree serves a terminal and, later, a page. Values get in only through the functions here, which make every character
of other people's text safe (`marks`). The tree does not know widths, colours or HTML.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from rogatory.client.cli.render.marks import Mark, Piece, pieces


@dataclass(frozen=True, slots=True)
class Row:
    """A label of ours, a value as lines of pieces, and a remark of ours (such as a name from the holder's own book)."""

    label: str
    lines: tuple[tuple[Piece, ...], ...]
    remark: tuple[Piece, ...] = ()

    @property
    def marked(self) -> bool:
        """Whether the value holds a mark."""
        return any(isinstance(piece, Mark) for line in self.lines for piece in line)


@dataclass(frozen=True, slots=True)
class Section:
    """A heading of ours with rows and further sections below it."""

    title: str
    items: tuple[Row | Section, ...] = ()


def text_row(label: str, value: str, remark: str = "", *, strict: bool = False) -> Row:
    """Return a row with a value on one line; line feeds in it become marks."""
    return Row(label, (pieces(value, strict=strict),), pieces(remark))


def words_row(label: str, value: str) -> Row:
    """Return a row with somebody's words, which may have several lines."""
    return Row(label, tuple(pieces(line) for line in value.replace("\r\n", "\n").split("\n")))


def bytes_row(label: str, value: bytes, remark: str = "") -> Row:
    """Return a row with an id or a digest, in full."""
    return text_row(label, value.hex() or "none", remark)


def list_row(label: str, values: Iterable[object], remark: str = "") -> Row:
    """Return a row with codes or numbers, each on a line of its own so that no value can hide in another."""
    lines = tuple(pieces(str(value), strict=True) for value in values)
    return Row(label, lines or (("none",),), pieces(remark))


def time_row(label: str, ms: int, remark: str = "") -> Row:
    """Return a row with a moment in UTC."""
    return text_row(label, utc(ms), remark)


def day_row(label: str, first: int, last: int) -> Row:
    """Return a row with a window of whole UTC days."""
    return text_row(label, f"{day(first)} to {day(last)}, both days included, UTC")


def utc(ms: int) -> str:
    """Return milliseconds since the epoch as UTC text, to the millisecond where there are any.

    Values that no calendar has, which a hostile statement may carry, are shown as the number that they are.
    """
    try:
        moment = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(milliseconds=ms)
    except OverflowError:
        return f"{ms} ms after 1970-01-01 00:00:00 UTC"
    fraction = f".{ms % 1000:03d}" if ms % 1000 else ""
    return f"{moment:%Y-%m-%d %H:%M:%S}{fraction} UTC"


def day(number: int) -> str:
    """Return a UTC day, counted from 1970-01-01, as ISO text."""
    try:
        return (dt.date(1970, 1, 1) + dt.timedelta(days=number)).isoformat()
    except OverflowError:
        return f"day {number} after 1970-01-01"
