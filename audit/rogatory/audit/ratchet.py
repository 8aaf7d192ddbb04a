# SPDX-License-Identifier: Apache-2.0
"""The ratchet: a second memory of the largest published head, kept apart from the log's database.

Restoring an old database, by accident or on purpose, would make the log sign a second history. The ratchet is a small
append-only text file on another directory or volume; it moves *before* a checkpoint is released, so a head that the
public may have seen is always in it. One line per head: size, root in base64, eight hex digits of a checksum.

It is no witness: whoever can restore both files at once gets past it.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import BinaryIO

from rogatory.audit.encoding import decode_base64, encode_base64, parse_decimal
from rogatory.audit.errors import FileRefused, FormatError, LogCorrupt, LogUnavailable, RollbackDetected
from rogatory.audit.failpoints import failpoint
from rogatory.audit.files import read_file, replace_file, sync_directory

__all__ = ["Ratchet"]

COMPACT_ABOVE = 1 << 20
"""Bytes; beyond it the file is rewritten with its last line."""
_LINE = 128
"""No line is longer, and what a crash left behind the last whole one is no more than a line."""


class Ratchet:
    """The file and its last line. Make it with :meth:`create` or :meth:`open`; one process moves it."""

    def __init__(self, path: Path, compact_above: int) -> None:
        """Hold the path; the state comes from the file."""
        self._path = path
        self._compact_above = compact_above
        self._length = 0
        self._last: tuple[int, bytes] | None = None

    @classmethod
    def create(cls, path: Path, *, compact_above: int = COMPACT_ABOVE) -> Ratchet:
        """Make an empty ratchet for a new log.

        Raises:
            LogUnavailable: there is one already; a new log must not inherit or wipe another's.
        """
        try:
            path.touch(exist_ok=False)
        except FileExistsError:
            raise LogUnavailable("a ratchet file exists already") from None
        sync_directory(path.parent)
        return cls(path, compact_above)

    @classmethod
    def open(cls, path: Path, *, compact_above: int = COMPACT_ABOVE) -> Ratchet:
        """Read an existing ratchet. A last line that a crash cut off was never acted on and is ignored.

        Raises:
            LogUnavailable: the file is missing; its loss must not look like a fresh start.
            LogCorrupt: a line before the last is damaged, the sizes go back, or it is larger than a ratchet ever gets.
        """
        ratchet = cls(path, compact_above)
        try:
            content = read_file(path, max(compact_above, COMPACT_ABOVE) + _LINE)
        except FileRefused as refused:
            if refused.rule == "PRESENT":
                raise LogUnavailable("the ratchet file is missing") from None
            raise LogCorrupt("the ratchet file is no such file") from None
        # A process that was killed may have made the file or written its last line, and not flushed them: what is remembered
        # here is taken for safe below, so it must be.
        with path.open("r+b") as file:
            _flush(file)
        sync_directory(path.parent)
        *lines, _ = content.split(b"\n")
        for number, line in enumerate(lines, start=1):
            try:
                record = _parse(line)
            except LogCorrupt:
                if number == len(lines):
                    break
                raise
            if ratchet.last is not None and record[0] <= ratchet.last[0]:
                raise LogCorrupt("the ratchet file goes back")
            ratchet._last = record
            ratchet._length += len(line) + 1
        return ratchet

    @property
    def last(self) -> tuple[int, bytes] | None:
        """Size and root of the largest head that was ever about to be published."""
        return self._last

    def advance(self, size: int, root: bytes) -> None:
        """Remember a head, durably, before it is released. The same head again is fine.

        Raises:
            RollbackDetected: a larger head, or another root at this size, is remembered.
        """
        if self._last is not None:
            known, known_root = self._last
            if size < known:
                raise RollbackDetected("the log is older than its ratchet", known_size=known, head_size=size)
            if size == known and root != known_root:
                raise RollbackDetected("the log differs from its ratchet", known_size=known, head_size=size)
            if size == known:
                return
        line = _format(size, root)
        if self._length + len(line) > self._compact_above:
            replace_file(self._path, line)
            self._length = len(line)
        else:
            failpoint("ratchet.write.before")
            with self._path.open("r+b") as file:
                # Cuts off what a crash left behind the last whole line.
                file.truncate(self._length)
                file.seek(self._length)
                file.write(line)
                _flush(file)
            self._length += len(line)
        self._last = (size, root)


def _flush(file: BinaryIO) -> None:
    file.flush()
    failpoint("ratchet.fsync.before")
    os.fsync(file.fileno())
    failpoint("ratchet.fsync.after")


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _format(size: int, root: bytes) -> bytes:
    text = f"{size} {encode_base64(root)}"
    return f"{text} {_checksum(text)}\n".encode()


def _parse(line: bytes) -> tuple[int, bytes]:
    try:
        size, root, checksum = line.decode("ascii").split(" ")
        record = parse_decimal(size), decode_base64(root)
    except (ValueError, FormatError):
        raise LogCorrupt("a line of the ratchet file is damaged") from None
    if checksum != _checksum(f"{size} {root}") or len(record[1]) != 32:
        raise LogCorrupt("a line of the ratchet file is damaged")
    return record
