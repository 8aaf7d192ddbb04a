# SPDX-License-Identifier: Apache-2.0
"""Lines of a stream with a cap on memory, for readers. It decodes and interprets nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Final

MAX_LINE: Final = 1 << 20


def lines(stream: BinaryIO) -> Iterator[bytes | None]:
    """Yield each line without its end; None stands for a line of more than 1 MiB, which is passed over."""
    while line := stream.readline(MAX_LINE + 1):
        if len(line) > MAX_LINE and not line.endswith(b"\n"):
            while line and not line.endswith(b"\n"):
                line = stream.readline(MAX_LINE)
            yield None
        else:
            yield line.rstrip(b"\r\n")
