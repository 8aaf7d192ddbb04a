# SPDX-License-Identifier: Apache-2.0
"""Which reader reads which format, by the name that stands in the disclosure's meta.

An opaque file has no rows: the span that the provider declares stands for it. A format without a reader here cannot be
disclosed. Nothing is decided about scope here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, Final

from rogatory.audit.files import open_file
from rogatory.client.readers import cgnat_syslog, mbox, radius_detail, records
from rogatory.protocol import content, errors
from rogatory.protocol.content import DisclosedItem, Instant
from rogatory.protocol.errors import Invalid
from rogatory.protocol.instants import check_instant
from rogatory.protocol.scope import Row

Reader = Callable[[BinaryIO, int, str, int], Iterator[Row]]
"""Reads a stream for a task and an element; the last argument is the item's index."""

READERS: Final[Mapping[str, Reader]] = MappingProxyType(
    {
        content.CGNAT_SYSLOG: cgnat_syslog.rows,
        content.MBOX: mbox.rows,
        content.RADIUS_DETAIL: radius_detail.rows,
        content.RECORDS: records.rows,
    }
)


def item_rows(item: DisclosedItem, path: Path, index: int) -> Iterator[Row]:
    """Yield the rows of one item.

    An item without any row gives one row with the declared span, so that an unreadable or empty file never passes as
    "nothing out of scope".

    Args:
        item: The item as declared.
        path: Its file.
        index: Its index among the items.

    Raises:
        Invalid: ``X_FIELD_INVALID``: the format is not known.
        FileRefused: The file is gone since it was measured.
    """
    if item.format not in content.FORMATS:
        raise Invalid(errors.X_FIELD_INVALID, f"items[{index}].format", "VOCABULARY")
    reader = READERS.get(item.format)
    found = False
    if reader is not None:
        with open_file(path) as stream:
            for row in reader(stream, item.task, item.element, index):
                found = True
                yield row
    if not found:
        yield Row(index, item.task, item.element, None, _declared(item.since), _declared(item.until))


def disclosure_rows(items: Iterable[tuple[DisclosedItem, Path]]) -> Iterator[Row]:
    """Yield the rows of all items, in order, for ``rogatory.protocol.scope.check_scope``."""
    for index, (item, path) in enumerate(items):
        yield from item_rows(item, path, index)


def _declared(instant: Instant | None) -> int | None:
    if instant is None:
        return None
    try:
        check_instant(instant)
    except Invalid:
        return None
    return instant.utc_ms
