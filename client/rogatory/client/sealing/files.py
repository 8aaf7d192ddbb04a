# SPDX-License-Identifier: Apache-2.0
"""Files of the sealing package: streamed hashes, part leaves, staging writes, safe names. No cryptographic keys here."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from rogatory.audit.files import open_file
from rogatory.protocol.statements import PART_SIZE

BLOCK: Final = 1 << 20
PARTIAL: Final = ".partial"
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")
_NAME_LENGTH: Final = 80

Progress = Callable[[int, int], None]
"""Called with bytes done and bytes in all."""


def no_progress(_done: int, _total: int) -> None:
    """Show nothing."""


class PartLeaves:
    """RFC 6962 leaf hashes of the 4 MiB parts of a stream, whatever the sizes in which it comes."""

    def __init__(self) -> None:
        self.length = 0
        self._leaves: list[bytes] = []
        self._current = hashlib.sha256(b"\x00")

    def update(self, data: bytes) -> None:
        """Take the next bytes of the body."""
        view = memoryview(data)
        while view:
            room = PART_SIZE - self.length % PART_SIZE
            piece = view[:room]
            self._current.update(piece)
            self.length += len(piece)
            if self.length % PART_SIZE == 0:
                self._close()
            view = view[room:]

    def leaves(self) -> tuple[bytes, ...]:
        """Return the leaves of everything taken; call once, at the end."""
        if self.length % PART_SIZE:
            self._close()
        return tuple(self._leaves)

    def _close(self) -> None:
        self._leaves.append(self._current.digest())
        self._current = hashlib.sha256(b"\x00")


def blocks(path: Path) -> Iterator[bytes]:
    """Yield a file in blocks of 1 MiB.

    Raises:
        FileRefused: It is missing or no regular file.
    """
    with open_file(path) as stream:
        while block := stream.read(BLOCK):
            yield block


def create(path: Path) -> BinaryIO:
    """Open a new file for writing, readable by its owner only; a leftover under this name is removed, never followed."""
    path.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    return os.fdopen(os.open(path, flags, 0o600), "wb")


def sync(stream: BinaryIO) -> None:
    """Force a stream's bytes to the disk."""
    stream.flush()
    os.fsync(stream.fileno())


def sync_folder(path: Path) -> None:
    """Force a folder's names to the disk, where the system can."""
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextlib.contextmanager
def staged(path: Path) -> Iterator[BinaryIO]:
    """Write ``path`` so that it exists whole or not at all: a ``.partial`` beside it, fsync, rename."""
    partial = path.with_name(path.name + PARTIAL)
    stream = create(partial)
    try:
        with stream:
            yield stream
            sync(stream)
        partial.replace(path)
        sync_folder(path.parent)
    finally:
        partial.unlink(missing_ok=True)


def safe_name(index: int, name: str) -> str:
    """Return a file name that is safe on every system: ``0001-`` and what is harmless of the sender's name.

    The number keeps names apart and harmless (no reserved device name starts with it); folders, control, bidirectional
    and all other characters beyond ASCII letters, digits, dot, dash and underscore are replaced.
    """
    last = re.split(r"[/\\]", name)[-1]
    stem, dot, suffix = _UNSAFE.sub("_", last).strip("._").rpartition(".")
    if dot and len(suffix) <= 10:
        tidy = f"{stem[: _NAME_LENGTH - len(suffix) - 1]}.{suffix}"
    else:
        tidy = f"{stem}{dot}{suffix}"[:_NAME_LENGTH]
    return f"{index + 1:04d}-{tidy.strip('._') or 'item'}"
