# SPDX-License-Identifier: Apache-2.0
"""Files of a profile: readable by their owner only, written whole or not at all, on the disk before a call returns.

What is read back is read as a stranger's: a regular file, no larger than such a file can be, and JSON with one reading.
Works on POSIX and on Windows (where access follows the user's folder). It encrypts nothing and knows no format.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import stat
from io import BufferedReader
from pathlib import Path
from typing import Any, Final

from rogatory.audit import files
from rogatory.audit.errors import FileRefused
from rogatory.protocol import errors
from rogatory.protocol.errors import Invalid, NotVerified

POSIX = os.name == "posix"
# Drafts, plans, settings, state, passphrases, identifiers; not what is disclosed.
MAX_SMALL: Final = 1024 * 1024
MAX_LOGGED: Final = 8 * 1024 * 1024  # two messages of the wire: what came in one, with what it was sent in
_flushed: Final[set[Path]] = set()  # folders, by this process
_CODES: Final = {"PRESENT": errors.X_FIELD_MISSING, "SIZE_CAP": errors.X_TOO_LARGE}


def private_dir(path: Path) -> Path:
    """Make a folder that only its owner may enter, with its parents, durably, and return it.

    One that is there already is flushed too, once in the life of a process: its maker may have been ended before.
    """
    missing = [level for level in (path, *path.parents) if not level.exists()]
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if missing or path not in _flushed:
        for level in reversed(missing or [path]):
            with contextlib.suppress(PermissionError):  # a folder of others that may be entered and not read
                sync_folder(level.parent)
        _flushed.add(path)
    return path


def require_new(folder: Path) -> None:
    """Refuse a folder that something could be overwritten in.

    Raises:
        Invalid: ``X_FIELD_INVALID`` with rule ``FOLDER`` (something else has the name) or ``EMPTY``.
    """
    if not os.path.lexists(folder):
        return
    if not folder.is_dir():
        raise Invalid(errors.X_FIELD_INVALID, "folder", "FOLDER")
    if any(folder.iterdir()):
        raise Invalid(errors.X_FIELD_INVALID, "folder", "EMPTY")


def check_private(path: Path, at: str) -> None:
    """Refuse a file or folder that other users of the machine may read.

    Raises:
        Invalid: ``X_FIELD_INVALID`` with rule ``OWNER_ONLY``; ``X_FIELD_MISSING`` where there is none.
    """
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        raise Invalid(errors.X_FIELD_MISSING, at, "PRESENT") from error
    if POSIX and mode & 0o077:
        raise Invalid(errors.X_FIELD_INVALID, at, "OWNER_ONLY")


def others_may_read(path: Path) -> bool:
    """Tell whether users of the machine who are neither owner nor of the group may enter the folder of a file.

    A folder that cannot be asked counts as open; where rights are no bits (Windows), none is seen as open.
    """
    try:
        mode = stat.S_IMODE(path.absolute().parent.stat().st_mode)
    except OSError:
        return True
    return POSIX and bool(mode & 0o005)


def write_private(path: Path, data: bytes) -> None:
    """Put a file in place, durably; a reader or a crash sees the old content or the new, never a part."""
    temporary = path.with_name(path.name + ".tmp")
    temporary.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        with os.fdopen(os.open(temporary, flags, 0o600), "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_once(path: Path, data: bytes, at: str) -> None:
    """Write a file that never changes; the same bytes again are fine.

    Raises:
        NotVerified: ``X_RECEIPT_INVALID`` with rule ``STORED_DIFFERS``: what is stored under this name is something else.
    """
    if os.path.lexists(path):
        if read_optional(path, at, len(data)) != data:
            raise NotVerified(errors.X_RECEIPT_INVALID, at, "STORED_DIFFERS")
        sync_folder(path.parent)  # whoever put it there may have been ended before its name was flushed
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


def read_kept(path: Path, at: str, limit: int) -> bytes:
    """Return what a file holds, which is at most ``limit`` bytes.

    Args:
        path: The file.
        at: The field that stands for it in an error.
        limit: Bytes; no more is read.

    Raises:
        Invalid: ``X_FIELD_MISSING`` with rule ``PRESENT``, ``X_TOO_LARGE`` with ``SIZE_CAP``, ``X_FIELD_INVALID`` with
            ``REGULAR_FILE`` or ``READABLE``.
    """
    try:
        return files.read_file(path, limit)
    except FileRefused as refused:
        raise refusal(refused, at) from refused


def open_kept(path: Path, at: str) -> BufferedReader:
    """Open a file for reading; the caller bounds what it reads.

    Raises:
        Invalid: As ``read_kept``.
    """
    try:
        return files.open_file(path)
    except FileRefused as refused:
        raise refusal(refused, at) from refused


def read_optional(path: Path, at: str, limit: int) -> bytes | None:
    """Return what a file holds, or None when there is no such file.

    Raises:
        Invalid: As ``read_kept``, but for a missing file.
    """
    try:
        return files.read_file(path, limit)
    except FileRefused as refused:
        if refused.rule == "PRESENT":
            return None
        raise refusal(refused, at) from refused


def refusal(refused: FileRefused, at: str) -> Invalid:
    """Return the client's error for a file that is not read."""
    return Invalid(_CODES.get(refused.rule, errors.X_FIELD_INVALID), at, refused.rule)


def parse_json(data: bytes | str, at: str) -> Any:  # noqa: ANN401 - JSON may be anything
    """Return what JSON says, where it has one reading.

    Raises:
        Invalid: ``X_ENCODING`` with rule ``JSON`` (no UTF-8, no JSON, NaN, numbers or nesting without measure) or
            ``JSON.TWICE`` (a name twice in one object: two readers would take two values).
    """
    try:
        text = data.decode() if isinstance(data, bytes) else data
        return json.loads(
            text,
            object_pairs_hook=lambda pairs: _once(pairs, at),
            parse_constant=_no_number,
            parse_float=_finite,
        )
    except (ValueError, RecursionError) as error:
        raise Invalid(errors.X_ENCODING, at, "JSON") from error


def _once(pairs: list[tuple[str, Any]], at: str) -> dict[str, Any]:
    if len(found := dict(pairs)) != len(pairs):
        raise Invalid(errors.X_ENCODING, at, "JSON.TWICE")
    return found


def _finite(text: str) -> float:
    """Refuse 1e400, which Python reads as Infinity and another reader as something else."""
    if math.isinf(number := float(text)):
        raise ValueError
    return number


def _no_number(_text: str) -> float:
    """Refuse NaN and Infinity, which Python reads and JSON does not have."""
    raise ValueError
