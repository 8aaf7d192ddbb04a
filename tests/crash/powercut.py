# SPDX-License-Identifier: Apache-2.0
"""What a power cut leaves of SQLite's files: all that was flushed, and of the rest a random part. Not a model of a disk.

`record` changes the default VFS of this process (sqlite.org/vfs.html): each write, truncation and flush of a database or
its write-ahead log is noted in a side file beside a copy of the files as they were. `cut` rebuilds the files from both
once no process holds them: for each file its writes up to the last flush, then each later one or not, by chance.
"""

from __future__ import annotations

import _sqlite3
import ctypes
import os
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.crash.dice import Dice

_HEAD = struct.Struct(">cHQI")
_WRITE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_int64)
_TRUNCATE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int64)
_SYNC = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int)
_OPEN = ctypes.CFUNCTYPE(
    ctypes.c_int,
    ctypes.c_void_p,
    ctypes.c_char_p,
    ctypes.c_void_p,
    ctypes.c_int,
    ctypes.POINTER(ctypes.c_int),
)


class _Vfs(ctypes.Structure):
    _fields_ = (
        ("version", ctypes.c_int),
        ("file_size", ctypes.c_int),
        ("path_length", ctypes.c_int),
        ("next", ctypes.c_void_p),
        ("name", ctypes.c_char_p),
        ("data", ctypes.c_void_p),
        ("open", ctypes.c_void_p),
    )


class _Methods(ctypes.Structure):
    _fields_ = (
        ("version", ctypes.c_int),
        ("close", ctypes.c_void_p),
        ("read", ctypes.c_void_p),
        ("write", ctypes.c_void_p),
        ("truncate", ctypes.c_void_p),
        ("sync", ctypes.c_void_p),
        ("others", ctypes.c_void_p * 13),
    )


_kept: list[Any] = []
"""Callbacks and tables that SQLite points to."""


def record(data: Path, side: Path) -> None:
    """Copies the databases as they are and notes from now on what this process does to them."""
    shutil.rmtree(side, ignore_errors=True)
    side.mkdir()
    for path in data.glob("*.sqlite*"):
        if not path.name.endswith("-shm"):
            shutil.copy(path, side / path.name)
    journal = os.open(side / "journal", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def note(kind: bytes, path: str, offset: int = 0, content: bytes = b"") -> None:
        name = Path(path).name.encode()
        os.write(journal, _HEAD.pack(kind, len(name), offset, len(content)) + name + content)

    library = ctypes.CDLL(_sqlite3.__file__)
    library.sqlite3_vfs_find.restype = ctypes.POINTER(_Vfs)
    library.sqlite3_vfs_find.argtypes = [ctypes.c_char_p]
    vfs = library.sqlite3_vfs_find(None).contents
    original = _OPEN(vfs.open)

    def opened(this: int, name: bytes | None, file: int, flags: int, out: Any) -> int:  # noqa: ANN401
        code = original(this, name, file, flags, out)
        # A rollback journal only serves the change to write-ahead mode at the first start, and is deleted then.
        if code == 0 and name is not None and not name.endswith(b"-journal"):
            _wrap(file, name.decode(), note)
        return code

    wrapped = _OPEN(opened)
    _kept.append(wrapped)
    vfs.open = ctypes.cast(wrapped, ctypes.c_void_p).value


def _wrap(file: int, path: str, note: Callable[..., None]) -> None:
    slot = ctypes.cast(file, ctypes.POINTER(ctypes.POINTER(_Methods)))
    methods = _Methods.from_buffer_copy(slot[0])
    write, truncate, sync = _WRITE(methods.write), _TRUNCATE(methods.truncate), _SYNC(methods.sync)

    def written(this: int, content: int, length: int, offset: int) -> int:
        note(b"W", path, offset, ctypes.string_at(content, length))
        return write(this, content, length, offset)

    def truncated(this: int, size: int) -> int:
        note(b"T", path, size)
        return truncate(this, size)

    def synced(this: int, flags: int) -> int:
        code = sync(this, flags)
        note(b"S", path)
        return code

    calls = (_WRITE(written), _TRUNCATE(truncated), _SYNC(synced))
    methods.write, methods.truncate, methods.sync = (
        ctypes.cast(call, ctypes.c_void_p).value for call in calls
    )
    _kept.append((calls, methods, write, truncate, sync))
    slot[0] = ctypes.pointer(methods)


def cut(data: Path, side: Path, dice: Dice) -> int:
    """Rebuilds the files as the cut left them; returns how many writes were lost."""
    events = _read(side / "journal")
    for path in data.glob("*.sqlite*"):
        path.unlink()
    for path in side.glob("*.sqlite*"):
        shutil.copy(path, data / path.name)
    lost = 0
    for name in {event[1] for event in events}:
        own = [event for event in events if event[1] == name]
        flushed = max((at for at, event in enumerate(own) if event[0] == b"S"), default=-1)
        with (data / name).open("r+b" if (data / name).exists() else "w+b") as file:
            for at, (kind, _, offset, content) in enumerate(own):
                if at > flushed and kind != b"S" and dice.one_in(2):
                    lost += 1
                elif kind == b"W":
                    file.seek(offset)
                    file.write(content)
                elif kind == b"T":
                    file.truncate(offset)
    return lost


def _read(path: Path) -> list[tuple[bytes, str, int, bytes]]:
    data, at, events = path.read_bytes(), 0, []
    while at + _HEAD.size <= len(data):
        kind, name, offset, length = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        events.append((kind, data[at : at + name].decode(), offset, data[at + name : at + name + length]))
        at += name + length
    return events
