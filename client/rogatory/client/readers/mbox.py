# SPDX-License-Identifier: Apache-2.0
"""Mailboxes in mbox form (RFC 4155): one message, one row, the moment of its ``Date`` header.

The ``From`` line between messages has no zone and is not used. A date without an offset, with ``-0000`` or with a
local name for a zone has no certain moment. The date is the sender's claim; bodies are not parsed.
"""

from __future__ import annotations

import email.utils
import re
from collections.abc import Iterator
from email.parser import BytesHeaderParser
from enum import Enum
from typing import BinaryIO, Final

from rogatory.client.readers.lines import lines
from rogatory.protocol.scope import Row

_MAX_HEADER: Final = 1 << 20
# An offset in digits, or one of the names that RFC 5322 gives a meaning; comments may follow.
_OFFSET: Final = re.compile(r"(?:[+-]\d{4}|\b(?:GMT|UT|UTC))\s*(?:\(.*\))?\s*\Z", re.ASCII | re.DOTALL)


def rows(stream: BinaryIO, task: int, element: str, item: int = 0) -> Iterator[Row]:
    """Yield one row for each message; bytes before the first separator count as one."""
    for header in _headers(stream):
        yield Row(item, task, element, _moment(header))


class _At(Enum):
    OUTSIDE = 0
    HEADER = 1
    BODY = 2


def _headers(stream: BinaryIO) -> Iterator[list[bytes]]:
    """Yield the header lines of each message; none where the header is too large to be one."""
    at, header, size = _At.OUTSIDE, list[bytes](), 0
    for line in lines(stream):
        if line is not None and line.startswith(b"From "):
            if at is not _At.OUTSIDE:
                yield header
            at, header, size = _At.HEADER, [], 0
        elif line == b"":
            at = _At.BODY if at is _At.HEADER else at
        elif at is not _At.BODY:
            at = _At.HEADER
            header.append(line or b"")
            size += len(line or b"")
            if line is None or size > _MAX_HEADER:
                at, header = _At.BODY, []
    if at is not _At.OUTSIDE:
        yield header


def _moment(header: list[bytes]) -> int | None:
    dates = BytesHeaderParser().parsebytes(b"\n".join(header)).get_all("Date", [])
    if len(dates) != 1:
        return None
    text = str(dates[0])
    if not _OFFSET.search(text) or "-0000" in text:
        return None
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):  # the last from a year or an offset without measure
        return None
    return None if moment.tzinfo is None else int(moment.timestamp()) * 1000
