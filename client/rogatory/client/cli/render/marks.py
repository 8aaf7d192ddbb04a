# SPDX-License-Identifier: Apache-2.0
"""Text of other people, made safe to look at: what cannot be seen, or looks like something else, becomes a mark.

A mark is the code point in angle brackets, such as ⟨U+202E⟩. Marked are control, bidirectional, zero-width and other
characters without a shape, characters that compatibility makes into one of ASCII, letters of another script inside a
word, leading and piled-up combining signs, and the two brackets themselves, so that nobody can write a mark. Sources:
Unicode UAX #9, UTS #39 §5; the standard library has no script table, so scripts come from the characters' names.

It changes how a text is shown, never the text; bytes that are signed or searched are not touched here.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from typing_extensions import override

LEFT: Final = "\u27e8"
RIGHT: Final = "\u27e9"
MAX_COMBINING: Final = 2
# Letters and marks that show nothing although their category says they do (Unicode Default_Ignorable_Code_Point,
# and the braille blank).
_SHAPELESS: Final = frozenset(
    itertools.chain(
        map(chr, (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0)),
        map(chr, range(0x180B, 0x1810)),
        map(chr, range(0xFE00, 0xFE10)),
        map(chr, range(0xE0000, 0xE1000)),
    )
)
# Scripts of which single letters pass for Latin ones.
_LOOKALIKE_SCRIPTS: Final = frozenset(
    {"ARMENIAN", "CHEROKEE", "COPTIC", "CYRILLIC", "GEORGIAN", "GREEK", "LATIN", "LISU"}
)
# Letters of modifiers and phonetics count as what they modify only when their names say so; the rest is its own script.
_NEUTRAL: Final = frozenset({"DIGIT", "MODIFIER", "FEMININE", "MASCULINE"})


@dataclass(frozen=True, slots=True)
class Mark:
    """One character that is not shown as itself."""

    code_point: int

    @override
    def __str__(self) -> str:
        """Return the mark as it is shown."""
        return f"{LEFT}U+{self.code_point:04X}{RIGHT}"


Piece = str | Mark


def pieces(text: str, *, strict: bool = False) -> tuple[Piece, ...]:
    """Return a text as runs of harmless characters and marks, in order; the characters can be read back from it.

    Args:
        text: Any text, of any origin.
        strict: For identifiers, names of files and addresses: everything outside printable ASCII becomes a mark.
    """
    foreign = frozenset() if strict else _foreign(text)
    found: list[Piece] = []
    combining = MAX_COMBINING  # a combining sign at the very start would sit on our own text
    for place, char in enumerate(text):
        if unicodedata.category(char)[0] == "M":
            combining += 1
        else:
            combining = 0
        bad = _ascii_bad(char) if strict else (place in foreign or combining > MAX_COMBINING or _bad(char))
        if bad:
            found.append(Mark(ord(char)))
            combining = MAX_COMBINING
        elif found and isinstance(found[-1], str):
            found[-1] += char
        else:
            found.append(char)
    return tuple(found)


def safe(text: str, *, strict: bool = False) -> str:
    """Return a text with marks written out: one line, no control character of any kind."""
    return "".join(str(piece) for piece in pieces(text, strict=strict))


def safe_lines(text: str) -> tuple[str, ...]:
    """Return words as lines, each of them safe; only line feeds (with or without carriage return) break lines."""
    return tuple(safe(line) for line in text.replace("\r\n", "\n").split("\n"))


def _ascii_bad(char: str) -> bool:
    return not " " <= char <= "~"


@lru_cache(maxsize=4096)
def _bad(char: str) -> bool:
    if " " <= char <= "~":
        return False
    category = unicodedata.category(char)
    if category[0] == "C" or category in {"Zl", "Zp", "Zs"} or char in _SHAPELESS or char in {LEFT, RIGHT}:
        return True
    flat = unicodedata.normalize("NFKC", char)
    return len(flat) == 1 and flat != char and flat.isascii()


def _foreign(text: str) -> frozenset[int]:
    """Return the places of letters that stand in a word of mixed scripts and are not of the word's main script."""
    places: set[int] = set()
    for start, word in _words(text):
        scripts = {i: script for i, char in enumerate(word) if (script := _script(char))}
        names = set(scripts.values())
        if len(names) < 2 or not names & _LOOKALIKE_SCRIPTS - {"LATIN"}:
            continue
        main = "LATIN" if "LATIN" in names else max(sorted(names), key=list(scripts.values()).count)
        places |= {start + i for i, script in scripts.items() if script != main}
    return frozenset(places)


def _words(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for word in text.split(" "):
        yield start, word
        start += len(word) + 1


@lru_cache(maxsize=4096)
def _script(char: str) -> str:
    """Return the first word of a letter's name, which for alphabets is the script; empty for what is no letter."""
    if not char.isalpha():
        return ""
    name = unicodedata.name(char, "").split(" ", 1)[0]
    return "" if name in _NEUTRAL else name
