# SPDX-License-Identifier: Apache-2.0
"""FreeRADIUS detail files: one block, one row.

The first line of a block is a local time without a zone and is never trusted. ``Timestamp`` is the server's receipt of
the packet in seconds since the epoch; ``Event-Timestamp`` is when it happened, and may be many hours earlier. A block
with both has the span between them, so both must lie in the window. Names of zones are not resolved. A session's own
start, before the record, is not computed.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import BinaryIO, Final

from rogatory.client.readers.lines import lines
from rogatory.protocol.scope import Row

_ATTRIBUTE: Final = re.compile(rb"\s+(Timestamp|Event-Timestamp)\s*=\s*\"?([^\"]*?)\"?\s*")
_SECONDS: Final = re.compile(rb"\d{1,11}")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_EVENT: Final = re.compile(
    r"(\w{3}) {1,2}(\d{1,2}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) (?:(?:UTC|GMT|Z)|([+-])(\d{2}):?(\d{2}))",
    re.ASCII,
)


def rows(stream: BinaryIO, task: int, element: str, item: int = 0) -> Iterator[Row]:
    """Yield one row for each block."""
    moments: list[int | None] = []
    inside = False
    for line in lines(stream):
        if line is not None and not line.strip():
            if inside:
                yield _row(item, task, element, moments)
            moments, inside = [], False
            continue
        inside = True
        if line is None:
            moments.append(None)  # a line too long to be one of FreeRADIUS: nothing here is certain
        elif match := _ATTRIBUTE.fullmatch(line):
            moments.append(_moment(match[2]))
    if inside:
        yield _row(item, task, element, moments)


def _row(item: int, task: int, element: str, moments: list[int | None]) -> Row:
    known = [moment for moment in moments if moment is not None]
    if not known or len(known) != len(moments):
        return Row(item, task, element)
    if min(known) == max(known):
        return Row(item, task, element, known[0])
    return Row(item, task, element, None, min(known), max(known))


def _moment(value: bytes) -> int | None:
    if _SECONDS.fullmatch(value):
        return int(value) * 1000
    match = _EVENT.fullmatch(value.decode("ascii", "replace"))
    if match is None or match[1] not in _MONTHS:
        return None
    try:
        offset = dt.timedelta(hours=int(match[8] or 0), minutes=int(match[9] or 0))
        zone = dt.timezone(-offset if match[7] == "-" else offset)
        month = _MONTHS.index(match[1]) + 1
        day, year, hour, minute, second = (int(match[i]) for i in (2, 3, 4, 5, 6))
        moment = dt.datetime(year, month, day, hour, minute, second, tzinfo=zone)
    except (ValueError, OverflowError):
        return None
    return int(moment.timestamp()) * 1000
