# SPDX-License-Identifier: Apache-2.0
"""What the disk alone takes of a commit: a write of as many bytes, and the wait until they are there.

The write-ahead log of SQLite is written over and over in place, so the file is made before. Measures no database.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Final

# What a commit of one statement of the benchmark adds to the write-ahead log, rounded up: fifteen pages and their headers.
SIZE: Final = 64 * 1024
_PLACES: Final = 32


def commit_seconds(folder: Path, count: int) -> list[float]:
    """Return the seconds of ``count`` writes that wait for the disk, of a file beside the exchange's own."""
    data = os.urandom(SIZE)
    handle = os.open(folder / "disk.bin", os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.pwrite(handle, bytes(SIZE * _PLACES), 0)
        os.fsync(handle)
        took: list[float] = []
        for number in range(count):
            begun = time.perf_counter()
            os.pwrite(handle, data, number % _PLACES * SIZE)
            os.fdatasync(handle)
            took.append(time.perf_counter() - begun)
        return took
    finally:
        os.close(handle)
