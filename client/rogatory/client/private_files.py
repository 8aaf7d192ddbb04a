# SPDX-License-Identifier: Apache-2.0
"""Files of a profile: readable by their owner only, written whole or not at all, on the disk before a call returns.

Works on POSIX and on Windows (where access follows the user's folder). It encrypts nothing and knows no format.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from rogatory.protocol import errors
from rogatory.protocol.errors import Invalid, NotVerified

POSIX = os.name == "posix"


def private_dir(path: Path) -> Path:
    """Make a folder that only its owner may enter, with its parents, and return it."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def check_private(path: Path, at: str) -> None:
    """Refuse a file or folder that other users of the machine may read.

    Raises:
        Invalid: ``X_FIELD_INVALID`` with rule ``OWNER_ONLY``.
    """
    if POSIX and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise Invalid(errors.X_FIELD_INVALID, at, "OWNER_ONLY")


def write_private(path: Path, data: bytes) -> None:
    """Put a file in place, durably; a reader or a crash sees the old content or the new, never a part."""
    temporary = path.with_name(path.name + ".tmp")
    temporary.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(temporary, flags, 0o600), "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)
    sync_folder(path.parent)


def write_once(path: Path, data: bytes, at: str) -> None:
    """Write a file that never changes; the same bytes again are fine.

    Raises:
        NotVerified: ``X_RECEIPT_INVALID`` with rule ``STORED_DIFFERS``: what is stored under this name is something else.
    """
    if path.exists():
        if path.read_bytes() != data:
            raise NotVerified(errors.X_RECEIPT_INVALID, at, "STORED_DIFFERS")
        return
    private_dir(path.parent)
    write_private(path, data)


def sync_folder(path: Path) -> None:
    """Force a folder's names to the disk, where the system can."""
    if not POSIX:
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_optional(path: Path) -> bytes | None:
    """Return a file's bytes, or None when there is no such file."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
