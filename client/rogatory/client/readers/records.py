# SPDX-License-Identifier: Apache-2.0
"""Records as JSON lines: ``{"instant": …, "task": …, "element": …, "payload": …}``, one line, one row.

``instant`` is text with an offset, or ``{"text": …, "zone": …}``. Each line says itself which task and element it
answers, and that is what the scope check sees, whatever the item declares. The payload is not looked at.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from rogatory.client.readers.lines import lines
from rogatory.protocol.errors import Invalid
from rogatory.protocol.instants import instant_ms
from rogatory.protocol.scope import Row


def rows(stream: BinaryIO, task: int, element: str, item: int = 0) -> Iterator[Row]:
    """Yield one row for each line that is not empty; a line that is no record has no moment."""
    for line in lines(stream):
        if line is None:
            yield Row(item, task, element)
        elif line.strip():
            yield _row(line, task, element, item)


def _row(line: bytes, task: int, element: str, item: int) -> Row:
    try:
        record = json.loads(line, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return Row(item, task, element)
    if not isinstance(record, dict):
        return Row(item, task, element)
    stated_task, stated_element = record.get("task", task), record.get("element", element)
    if type(stated_task) is not int or not isinstance(stated_element, str):
        return Row(item, task, element)
    return Row(item, stated_task, stated_element, _moment(record.get("instant")))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a name that stands twice: two readers would see two records."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _moment(value: object) -> int | None:
    text, zone = (value.get("text"), value.get("zone", "")) if isinstance(value, dict) else (value, "")
    if not isinstance(text, str) or not isinstance(zone, str):
        return None
    try:
        return instant_ms(text, zone)
    except Invalid:
        return None
