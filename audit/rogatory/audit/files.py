# SPDX-License-Identifier: Apache-2.0
"""Durable file writes: whole or not at all, and on the disk before the call returns.

Not a general file library; it holds the three moves that ratchet and mirror need, on POSIX and on Windows.
"""

from __future__ import annotations

import os
from pathlib import Path

from rogatory.audit.errors import LogCorrupt
from rogatory.audit.failpoints import failpoint

__all__ = ["replace_file", "sync_directory", "write_once"]


def sync_directory(path: Path) -> None:
    """Flush a directory, so that names made in it survive a power cut; Windows flushes them with the file."""
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        failpoint("folder.fsync.before")
        os.fsync(handle)
        failpoint("folder.fsync.after")
    finally:
        os.close(handle)


def replace_file(path: Path, data: bytes) -> None:
    """Put a file in place, durably; a reader or a crash sees the old content or the new, never a part."""
    temporary = path.with_name(path.name + ".tmp")
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        failpoint("file.fsync.before")
        os.fsync(file.fileno())
    failpoint("file.rename.before")
    temporary.replace(path)
    failpoint("file.rename.after")
    sync_directory(path.parent)


def write_once(path: Path, data: bytes) -> None:
    """Write a file that never changes. The same bytes again are fine.

    Raises:
        LogCorrupt: the file exists with other bytes; it is left as it is.
    """
    if path.exists():
        if path.read_bytes() != data:
            raise LogCorrupt("refusing to overwrite a file that must not change")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, data)
