# SPDX-License-Identifier: Apache-2.0
"""Files as everything here reads and writes them, on POSIX and on Windows.

Writes are durable: whole or not at all, and on the disk before the call returns. Reads are bounded and never wait: only a
regular file is read (a link to one is), never a pipe, socket or device, and never more of it than the caller says such a
file can hold. Not a general file library, and it knows no format.
"""

from __future__ import annotations

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path

from rogatory.audit.errors import FileRefused, LogCorrupt
from rogatory.audit.failpoints import failpoint

__all__ = ["open_file", "read_file", "replace_file", "sync_directory", "write_once"]

# Without O_NONBLOCK the opening of a pipe waits for a writer, for ever if need be; O_NOCTTY: a terminal stays nobody's.
_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
_BLOCK = 1 << 16


def open_file(path: Path) -> BufferedReader:
    """Open a regular file for reading; the caller bounds what it reads.

    Raises:
        FileRefused: with its rule.
    """
    try:
        handle = os.open(path, _READ | getattr(os, "O_CLOEXEC", 0))
    except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: a NUL in the name
        raise FileRefused("PRESENT") from None
    except OSError as error:
        # What some systems say to the opening of a socket, and of a folder.
        other = error.errno in {errno.ENXIO, errno.EOPNOTSUPP} or os.path.isdir(path)  # noqa: PTH112 - raises nothing
        raise FileRefused("REGULAR_FILE" if other else "READABLE") from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise FileRefused("REGULAR_FILE")
    return os.fdopen(handle, "rb")


def read_file(path: Path, limit: int) -> bytes:
    """Return what a regular file holds, which is at most ``limit`` bytes.

    Raises:
        FileRefused: with its rule.
    """
    # In blocks, since to ask for the whole cap at once is to take the memory for it.
    blocks, left = [], limit + 1
    with open_file(path) as stream:
        try:
            while left and (block := stream.read(min(_BLOCK, left))):
                blocks.append(block)
                left -= len(block)
        except OSError:
            raise FileRefused("READABLE") from None
    if not left:
        raise FileRefused("SIZE_CAP")
    return b"".join(blocks)


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
    if os.path.lexists(path):
        try:
            same = read_file(path, len(data)) == data
        except FileRefused:
            same = False
        if not same:
            raise LogCorrupt("refusing to overwrite a file that must not change")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, data)
