# SPDX-License-Identifier: Apache-2.0
"""Opened sections as trees: what was sealed, in clear, as only the parties of a request see it.

Identifiers are shown strictly: any character outside printable ASCII is a mark, because one look-alike letter is
another person. Words keep their lines and their script. Whether the content agrees with the header is not judged here
(`rogatory.protocol.match`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping

from rogatory.client.cli.catalogue import meaning
from rogatory.client.cli.render.tree import Row, Section, bytes_row, list_row, text_row, utc, words_row
from rogatory.protocol.content import Exhibit, Grounds, Instant, Note, Particulars
from rogatory.protocol.instants import local_text
from rogatory.protocol.writing import spoken

_GROUNDS = {
    "case_number": "case number",
    "offence": "offence",
    "necessity": "why it is necessary",
    "proportionality": "why it is proportionate",
    "case_summary": "the case in short",
    "emergency_reasons": "why it is an emergency",
}


def particulars_tree(particulars: Particulars) -> Section:
    """Return the sealed part of one task."""
    rows = (*particulars_rows(particulars), bytes_row("commitment key", particulars.commitment_key))
    return Section(f"Particulars of task {particulars.task} (sealed)", rows)


def particulars_rows(particulars: Particulars) -> Iterator[Row]:
    """Yield what a person reads of the sealed part of one task."""
    identifier = particulars.identifier.decode("utf-8", "backslashreplace")
    yield text_row("identifier", identifier, particulars.identifier_type, strict=True)
    yield from spoken_rows(particulars.identifier_type, identifier)
    yield from _exhibit(particulars.exhibit)
    yield text_row("service", particulars.service or "none", strict=True)
    yield list_row("data elements", particulars.elements)
    yield text_row("purpose", particulars.purpose, strict=True)
    yield instant_row("from", particulars.since)
    yield instant_row("until, included", particulars.until)
    yield from (instant_row("seen at", moment) for moment in particulars.observed)
    yield from _words("words for the provider", particulars.words)


def grounds_tree(grounds: Grounds) -> Section:
    """Return the grounds; empty fields are shown as empty, since their absence is what an authority looks for."""
    return Section("Grounds (sealed to agency and authority)", tuple(grounds_rows(grounds)))


def grounds_rows(grounds: Grounds) -> Iterator[Row]:
    """Yield each field of the grounds, an empty one too."""
    for field in dataclasses.fields(grounds):
        yield words_row(_GROUNDS.get(field.name, field.name), getattr(grounds, field.name) or "none")


def note_tree(note: Note) -> Section:
    """Return a sealed note."""
    return Section("Note (sealed)", (words_row("words", note.words),))


def opened_sections(
    particulars: Mapping[int, Particulars], grounds: Grounds | None, notes: Iterable[Note] = ()
) -> tuple[Section, ...]:
    """Return everything that was opened: tasks in order, grounds, notes."""
    found = [particulars_tree(particulars[number]) for number in sorted(particulars)]
    if grounds is not None:
        found.append(grounds_tree(grounds))
    return (*found, *(note_tree(note) for note in notes))


def instant_row(label: str, instant: Instant) -> Row:
    """Return a moment in the time of its stated zone, in UTC, and as it was written, so that no hour gets lost."""
    written = f"{instant.text} {instant.zone}".strip()
    return text_row(label, f"{local_and_utc(instant)}; written: {written}", strict=True)


def local_and_utc(instant: Instant) -> str:
    """Return a moment as clocks at its stated zone showed it and, beside it, in UTC; once where UTC was stated."""
    local, universal = local_text(instant), utc(instant.utc_ms)
    return universal if local in {"", universal.replace("UTC", "(UTC)")} else f"{local} = {universal}"


def reduced_rows(*, victim: bool) -> Iterator[Row]:
    """Yield what to keep in mind where the person is a victim."""
    if victim:
        yield text_row("distribution", "REDUCED_DISTRIBUTION", meaning("REDUCED_DISTRIBUTION", "flag"))


def spoken_rows(identifier_type: str, identifier: str) -> Iterator[Row]:
    """Yield a row with the identifier in groups for reading aloud, where groups help."""
    groups = spoken(identifier_type, identifier)
    if groups:
        yield text_row("read aloud", groups, strict=True)


def _exhibit(exhibit: Exhibit | None) -> Iterator[Row]:
    if exhibit is not None:
        yield bytes_row("lifted from a file with SHA-256", exhibit.sha256)
        yield text_row("at the place", exhibit.locator, strict=True)


def _words(label: str, words: str) -> Iterator[Row]:
    if words:
        yield words_row(label, words)
