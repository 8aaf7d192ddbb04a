# SPDX-License-Identifier: Apache-2.0
"""One process at a time in a profile: an advisory lock on a file, on POSIX and on Windows.

The system frees it when the process ends, however that happens. It does not wait, and it keeps nobody out who ignores
it.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from rogatory.protocol import errors
from rogatory.protocol.errors import Unavailable

if sys.platform == "win32":
    import msvcrt

    def _take(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

    def _free(handle: int) -> None:
        os.lseek(handle, 0, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _take(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _free(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_UN)


@contextlib.contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the lock of a file for the length of a ``with`` block.

    Raises:
        Unavailable: ``X_TRANSIENT`` with rule ``PROFILE.LOCKED``: another process holds it.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            _take(handle)
        except OSError as error:
            raise Unavailable(errors.X_TRANSIENT, "profile", "PROFILE.LOCKED") from error
        try:
            yield
        finally:
            _free(handle)
    finally:
        os.close(handle)
