# SPDX-License-Identifier: Apache-2.0
"""CGNAT logs in syslog form (RFC 5424): one line, one row, the moment of its TIMESTAMP with an offset.

Lines in the old form (RFC 3164) carry a local time without a zone and no year; they are rows without a moment. What the
message says about addresses and ports is not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, Final

from rogatory.client.readers.lines import lines
from rogatory.protocol.errors import Invalid
from rogatory.protocol.instants import instant_ms
from rogatory.protocol.scope import Row

# PRI and VERSION, then TIMESTAMP (RFC 5424 §6): NILVALUE "-" does not match, and stays unknown.
_HEADER: Final = re.compile(rb"<\d{1,3}>[1-9]\d{0,2} (\d{4}-\d{2}-\d{2}T\S{9,21}) ")


def rows(stream: BinaryIO, task: int, element: str, item: int = 0) -> Iterator[Row]:
    """Yield one row for each line that is not empty."""
    for line in lines(stream):
        if line is None or line.strip():
            yield Row(item, task, element, None if line is None else _moment(line))


def _moment(line: bytes) -> int | None:
    match = _HEADER.match(line)
    if match is None:
        return None
    try:
        return instant_ms(match[1].decode("ascii"))
    except (Invalid, UnicodeDecodeError):
        return None
