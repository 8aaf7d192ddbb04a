# SPDX-License-Identifier: Apache-2.0
"""What a power cut leaves of a folder: all that was flushed, and of the rest a part by chance. Not a model of one drive.

The record of tests.crash.calls is played on a copy of the folder as it was. Of a file, each sector of 512 bytes that was
written after its last flush is kept or lost by itself, and so is each change of size. Of a folder, the names made, moved
and removed since its last flush are kept in their order up to some point, as file systems with a journal do; a file whose
name is lost is gone with all that was flushed into it. Flushing a file does not keep its name.
"""

from __future__ import annotations

import os
import shutil
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.crash.calls import HEAD
from tests.crash.dice import Dice

SECTOR = 512
_NOT_RECORDED = {"keys"}


@dataclass
class File:
    """Bytes that stay for certain, and what was done since: (offset, content), or (size, nothing) for a cut to a size."""

    flushed: bytearray = field(default_factory=bytearray)
    since: list[tuple[int, bytes | None]] = field(default_factory=list)

    def flush(self) -> None:
        self.flushed = self.after(self.since)
        self.since = []

    def after(self, steps: list[tuple[int, bytes | None]]) -> bytearray:
        data = bytearray(self.flushed)
        for at, content in steps:
            if content is None:
                del data[at:]
                data.extend(bytes(at - len(data)))
            else:
                data.extend(bytes(max(0, at - len(data))))
                data[at : at + len(content)] = content
        return data

    def sectors(self) -> list[tuple[int, bytes | None]]:
        """What was done since, in pieces that a drive writes whole or not at all."""
        pieces: list[tuple[int, bytes | None]] = []
        for at, content in self.since:
            if content is None:
                pieces.append((at, None))
                continue
            start = 0
            while start < len(content):
                end = start + SECTOR - (at + start) % SECTOR
                pieces.append((at + start, content[start:end]))
                start = end
        return pieces


Name = tuple[str | None, str | None, File | None]
"""A change of names: what goes, what comes, and what it stands for (nothing: a folder)."""


# Says where a running exchange listens; a start writes it anew, so nobody asks what became of it.
_FLEETING: Final = frozenset({"endpoint.json"})


class Disk:
    """A folder's files and names, as they are and as they are kept."""

    def __init__(self, base: Path) -> None:
        self.now: dict[str, File | None] = {}
        for path, content in _tree(base):
            self.now[path] = None if content is None else File(bytearray(content))
        self._kept = dict(self.now)
        self._waiting: dict[str, list[Name]] = {}
        self._recent: deque[str] = deque(maxlen=8)
        self.lost = 0

    def play(self, journal: Path) -> None:
        """Does again what was recorded."""
        data, at = journal.read_bytes(), 0
        while at < len(data):
            kind, name, number, length = HEAD.unpack_from(data, at)
            at += HEAD.size
            path, content = os.fsdecode(data[at : at + name]), data[at + name : at + name + length]
            at += name + length
            if path.partition("/")[0] not in _NOT_RECORDED:
                self._step(kind, path, number, content)

    def _step(self, kind: bytes, path: str, number: int, content: bytes) -> None:
        file = self.now.get(path)
        if kind == b"S":
            self._flush(path)
        elif kind == b"R" and path in self.now:
            self._rename(path, os.fsdecode(content), file)
        elif kind == b"U" and path in self.now:
            self._rename(path, None, file)
        elif kind in b"CD" and path not in self.now:
            self._rename(None, path, File() if kind == b"C" else None)
        elif kind == b"W" and file is not None:
            file.since.append((number, content))
        elif kind == b"T" and file is not None:
            file.since.append((number, None))

    def _flush(self, path: str) -> None:
        file = self.now.get(path)
        if file is not None:
            file.flush()
        for change in self._waiting.pop(path, []):
            _rename(self._kept, change)

    def _rename(self, old: str | None, new: str | None, file: File | None) -> None:
        folder = (new or old or "").rpartition("/")[0]
        self._waiting.setdefault(folder, []).append((old, new, file))
        self._recent.extend(name for name in (old, new) if name is not None)
        _rename(self.now, (old, new, file))

    def exact(self, folder: Path) -> bool:
        """Whether the record is what was really done, to the last call."""
        real = dict(_tree(folder))
        return real.keys() == self.now.keys() and all(
            file is None or bytes(file.after(file.since)) == real[name] for name, file in self.now.items()
        )

    def differences(self, folder: Path) -> list[str]:
        """Where the record is not what was really done; a call that the end interrupted may or may not have been."""
        real = {name: content for name, content in _tree(folder) if name not in _FLEETING}
        odd = [name for name in real.keys() ^ self.now.keys() if name not in {*self._recent, *_FLEETING}]
        for name, content in real.items():
            file = self.now.get(name)
            if content is not None and file is not None and name not in self._recent:
                until = [file.since, file.since[:-1]]
                if not any(file.after(steps) == content for steps in until):
                    odd.append(name)
        return odd

    def cut(self, folder: Path, dice: Dice) -> None:
        """Puts in the folder's place what a cut leaves; counts what was lost."""
        names = dict(self._kept)
        for changes in self._waiting.values():
            kept = dice.between(0, len(changes))
            self.lost += len(changes) - kept
            for change in changes[:kept]:
                _rename(names, change)
        keeps = dice.choose((0, 4, 7))
        _empty(folder)
        for name, file in sorted(names.items()):
            path = folder / name
            if not path.parent.is_dir():
                continue  # the folder's own name is lost, and what is below it
            if file is None:
                path.mkdir(0o700)
            else:
                path.write_bytes(self._left(file, lambda: dice.below(8) < keeps))
                path.chmod(0o600)

    def _left(self, file: File, keep: Callable[[], bool]) -> bytes:
        pieces = file.sectors()
        kept = [piece for piece in pieces if keep()]
        self.lost += len(pieces) - len(kept)
        return bytes(file.after(kept))


def _rename(names: dict[str, File | None], change: Name) -> None:
    old, new, file = change
    if old is not None:
        names.pop(old, None)
    if new is not None:
        names[new] = file


def _tree(folder: Path) -> Iterator[tuple[str, bytes | None]]:
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if name.partition("/")[0] not in _NOT_RECORDED and not name.endswith("-shm"):
            yield name, path.read_bytes() if path.is_file() else None


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.name in _NOT_RECORDED:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
