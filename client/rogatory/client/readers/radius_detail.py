# SPDX-License-Identifier: Apache-2.0
"""FreeRADIUS detail files: one block, one row.

The first line of a block is a local time without a zone and is never trusted. ``Timestamp`` is the server's receipt of
the packet in seconds since the epoch; ``Event-Timestamp`` is when it happened, and may be many hours earlier, by
``Acct-Delay-Time`` seconds. A block with several of them has the span between them, so all must lie in the window. An
``Event-Timestamp`` under the name of a local zone is passed over: names are not resolved, and the other two say the
same. A session's own start, before the record, is not computed.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import BinaryIO, Final

from rogatory.client.readers.lines import lines
from rogatory.protocol.scope import Row

_ATTRIBUTE: Final = re.compile(rb"\s+(Timestamp|Event-Timestamp|Acct-Delay-Time)\s*=\s*\"?([^\"]*?)\"?\s*")
_SECONDS: Final = re.compile(rb"\d{1,11}")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_EVENT: Final = re.compile(
    r"(\w{3}) {1,2}(\d{1,2}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) (?:(?:UTC|GMT|Z)|([+-])(\d{2}):?(\d{2}))",
    re.ASCII,
)
# A local zone by name, where the two exact attributes must serve instead.
_NAMED: Final = re.compile(
    rb"\w{3} {1,2}\d{1,2} \d{4} \d{2}:\d{2}:\d{2} (?!(?:UTC|GMT|Z)\b)[A-Z][A-Za-z]{1,4}"
)


def rows(stream: BinaryIO, task: int, element: str, item: int = 0) -> Iterator[Row]:
    """Yield one row for each block."""
    block: list[tuple[bytes, bytes]] = []
    inside = False
    for line in lines(stream):
        if line is None or line.strip():
            inside = True
            match = _ATTRIBUTE.fullmatch(line) if line is not None else None
            if line is None:
                block.append((b"", b""))  # too long to be a line of FreeRADIUS: nothing here is certain
            elif match is not None:
                block.append((match[1], match[2]))
        elif inside:
            yield _row(item, task, element, block)
            block, inside = [], False
    if inside:
        yield _row(item, task, element, block)


def _row(item: int, task: int, element: str, block: list[tuple[bytes, bytes]]) -> Row:
    stamped = [(name, value) for name, value in block if name != b"Acct-Delay-Time"]
    moments = [_moment(value) for _, value in stamped if not _NAMED.fullmatch(value)]
    known = [moment for moment in moments if moment is not None]
    delays = [value for name, value in block if name == b"Acct-Delay-Time"]
    exact = all(_SECONDS.fullmatch(value) for value in delays)
    if not known or len(known) != len(moments) or not exact:
        return Row(item, task, element)
    # The delay counts from the server's receipt; an earlier event stands for it where its time could be read.
    received = [moment for name, value in stamped if name == b"Timestamp" and (moment := _moment(value))]
    known += [moment - int(delay) * 1000 for moment in received for delay in delays]
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
