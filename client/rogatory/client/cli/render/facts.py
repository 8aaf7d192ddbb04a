# SPDX-License-Identifier: Apache-2.0
"""The four facts that are repeated where a person signs (architecture §11): whom, when, what, on which law; and which signature.

Chosen for the commonest harms: a wrong identifier, an hour or a year that slipped, data that the law does not give, a wrong legal
basis. They come from the opened sections and the signed header, never from the draft. That no qualified electronic signature is
made is said each time, because some law wants one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from rogatory.client.cli.catalogue import meaning
from rogatory.client.cli.render.content import local_and_utc, spoken_rows
from rogatory.client.cli.render.tree import Row, Section, day, list_row, text_row, words_row
from rogatory.protocol.content import Grounds, Particulars
from rogatory.protocol.header import Fact, Task
from rogatory.protocol.pack import Pack
from rogatory.protocol.statements import GrantedTask

_TITLE: Final = "Read these four once more before you sign"
_SIGNATURE: Final = (
    "advanced: your enrolled key; no qualified electronic signature or seal is made, its place is empty"
)


def four_facts(
    pack: Pack,
    legal_type: str,
    tasks: Sequence[Task],
    granted: Mapping[int, GrantedTask],
    particulars: Mapping[int, Particulars],
    grounds: Grounds | None,
    facts: Sequence[Fact],
) -> Section:
    """Return the four facts of each task that is asked for or granted, then the law and the kind of signature.

    Args:
        pack: The law.
        legal_type: Name of the instrument.
        tasks: As issued.
        granted: What a grant leaves of them; all of them where nothing is granted yet.
        particulars: Opened, by task number.
        grounds: Opened, where the reader is handed them.
        facts: The header's coded facts.
    """
    rows: list[Row | Section] = []
    for task in tasks:
        left = granted.get(task.number)
        if granted and left is None:
            continue
        rows.append(
            Section(f"Task {task.number}", tuple(_task(pack, task, left, particulars.get(task.number))))
        )
    offence = tuple(_offence(grounds, facts))
    law = text_row("4 legal basis", f"{pack.basis or pack.pack_id}; {legal_type}", pack.title)
    return Section(_TITLE, (*rows, law, *offence, text_row("signature", _SIGNATURE)))


def _task(pack: Pack, task: Task, left: GrantedTask | None, opened: Particulars | None) -> Iterator[Row]:
    if opened is None:
        yield text_row("1 identifier", "not opened", task.identifier_type)
    else:
        identifier = opened.identifier.decode("utf-8", "backslashreplace")
        yield text_row("1 identifier", identifier, task.identifier_type, strict=True)
        yield from spoken_rows(task.identifier_type, identifier)
        yield text_row("2 from", local_and_utc(opened.since), strict=True)
        yield text_row("2 until, included", local_and_utc(opened.until), strict=True)
    if left is not None and (left.first_day, left.last_day) != (task.first_day, task.last_day):
        yield text_row("2 granted days", f"{day(left.first_day)} to {day(left.last_day)}, included, UTC")
    elements = left.elements if left is not None else task.elements
    yield list_row("3 data", (f"{pack.category(item, task.purpose) or 'none'}: {item}" for item in elements))


def _offence(grounds: Grounds | None, facts: Sequence[Fact]) -> Iterator[Row]:
    if grounds is not None:
        yield words_row("4 offence", grounds.offence or "none stated")
    for fact in facts:
        if fact.code.startswith("offence."):
            values = [*fact.values, *([str(fact.number)] if fact.number else [])]
            yield list_row(f"4 {fact.code}", values, meaning(fact.code))
