# SPDX-License-Identifier: Apache-2.0
"""Disclosure parts on files: resumable inside a part, idempotent, durable before they are acknowledged.

Contract
    A part is at most 4 MiB and comes in frames of 64 KiB to 1 MiB (its last frame may be smaller). Bytes are appended to
    ``<number>-<leaf>.partial``. When the last byte is there, the file is flushed, read back and hashed; only if its
    RFC 6962 leaf hash is the announced one is it renamed to ``<number>-<leaf>`` and the folder flushed. Whoever reads
    ``rogatory.server.parts_index`` therefore sees whole, verified, durable parts and nothing else.
    A status that says ``received`` bytes has flushed them. A complete part never changes: the same part again is
    acknowledged, another one under its number is refused. What an earlier process left is flushed before it is counted. A newer upload of a part takes it over from an older one,
    whose connection may be half dead.

What is inside a part is ciphertext. Who may send or fetch is decided by the write path; names outside this folder cannot
be made, since they come from ids, numbers and digests.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rogatory.audit.failpoints import failpoint
from rogatory.audit.files import sync_directory
from rogatory.protocol import errors
from rogatory.protocol.errors import Invalid, Refused, Unavailable
from rogatory.protocol.header import require
from rogatory.protocol.sealed import part_leaf
from rogatory.protocol.statements import PART_SIZE
from rogatory.protocol.wire import PartStart, PartStatus
from rogatory.server import part_files
from rogatory.server.part_files import PARTIAL
from rogatory.server.parts_index import disclosure_folder, list_parts, part_name

FRAME_MIN: Final = 64 * 1024
FRAME_MAX: Final = 1024 * 1024
_SETTLED: Final = 10_000


@dataclass(frozen=True, slots=True)
class PartLimits:
    """Bytes of one disclosure at most, and bytes that must stay free on the disk."""

    disclosure_bytes: int
    free_bytes: int


class PartStore:
    """Parts below one folder, for the event loop of one front process.

    Args:
        folder: Made when missing.
        limits: See ``PartLimits``.
    """

    def __init__(self, folder: Path, limits: PartLimits) -> None:
        self.folder = folder
        self._limits = limits
        self._owners: dict[tuple[Path, int], Upload] = {}
        self._settled: set[Path] = set()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        sync_directory(folder.parent)

    async def begin(self, start: PartStart) -> Upload:
        """Begin a part, or go on with it at ``start.offset``.

        Raises:
            Invalid: Lengths, number or offset out of range.
            Refused: ``X_PART_INVALID``: another part is complete under this number.
            Unavailable: The disk is nearly full.
        """
        self._check(start)
        upload = Upload(self, start)
        previous = self._owners.get(upload.place)
        self._owners[upload.place] = upload
        if previous is not None:
            async with previous.lock:  # a write in flight ends before this one looks at the file
                pass
        try:
            async with upload.lock:
                await asyncio.to_thread(upload.open)
        except BaseException:
            self.release(upload)
            raise
        return upload

    async def status(self, request_id: bytes, disclosure_id: bytes) -> tuple[PartStatus, ...]:
        """Return what has arrived, complete or not, by number; all of it is flushed."""
        folder = disclosure_folder(self.folder, request_id, disclosure_id)
        return await asyncio.to_thread(self._status, folder)

    async def read(
        self, request_id: bytes, disclosure_id: bytes, offset: int, length: int
    ) -> AsyncIterator[tuple[int, bytes]]:
        """Yield (offset, frame) of a body of ``length`` bytes from ``offset`` to its end.

        Raises:
            Invalid: The offset lies outside.
            Unavailable: A part that the manifest names is not there.
        """
        require(0 <= offset <= length, "request.offset", "RANGE")
        parts = await asyncio.to_thread(list_parts, disclosure_folder(self.folder, request_id, disclosure_id))
        while offset < length:
            number, within = divmod(offset, PART_SIZE)
            if number not in parts:
                raise Unavailable(errors.X_TRANSIENT, "part", "PARTS.STORED")
            wanted = min(FRAME_MAX, length - offset, PART_SIZE - within)
            data = await asyncio.to_thread(part_files.read_at, parts[number].path, within, wanted)
            if len(data) != wanted:
                raise Unavailable(errors.X_TRANSIENT, "part", "PARTS.STORED")
            yield offset, data
            offset += len(data)

    def owns(self, upload: Upload) -> bool:
        """Tell whether no newer upload has taken the part over."""
        return self._owners.get(upload.place) is upload

    def release(self, upload: Upload) -> None:
        """Forget an upload that has ended."""
        if self.owns(upload):
            del self._owners[upload.place]

    def settle(self, folder: Path) -> None:
        """Make a disclosure's folder and flush all names, once in the life of this process. Runs in a thread."""
        if folder not in self._settled:
            part_files.settle(self.folder, folder)
            if len(self._settled) >= _SETTLED:
                self._settled.clear()
            self._settled.add(folder)

    def _status(self, folder: Path) -> tuple[PartStatus, ...]:
        if folder.is_dir():
            self.settle(folder)
        return part_files.status(folder)

    def _check(self, start: PartStart) -> None:
        require(len(start.request_id) == 16 and len(start.disclosure_id) == 16, "start", "ID")
        require(len(start.leaf) == 32, "start.leaf", "DIGEST", errors.X_PART_INVALID)
        require(0 < start.length <= PART_SIZE, "start.length", "PART_CAP", errors.X_TOO_LARGE)
        require(0 <= start.offset <= start.length, "start.offset", "RANGE", errors.X_PART_INVALID)
        last = self._limits.disclosure_bytes // PART_SIZE
        require(0 <= start.part < min(last, 1_000_000), "start.part", "DISCLOSURE_CAP", errors.X_TOO_LARGE)
        if shutil.disk_usage(self.folder).free < self._limits.free_bytes + PART_SIZE:
            raise Unavailable(errors.X_TRANSIENT, "part", "DISK_SPACE")


class Upload:
    """One part on its way in. Made by ``PartStore.begin``; write frames until ``complete``, then or before ``close``."""

    def __init__(self, store: PartStore, start: PartStart) -> None:
        self._store = store
        self._start = start
        self._folder = disclosure_folder(store.folder, start.request_id, start.disclosure_id)
        name = part_name(start.part, start.leaf)
        self._final = self._folder / name
        self.partial = self._folder / (name + PARTIAL)
        self.place = (self._folder, start.part)
        self.lock = asyncio.Lock()
        self._received = 0
        self._complete = False

    @property
    def status(self) -> PartStatus:
        """Bytes taken in; after ``close`` they are flushed."""
        return PartStatus(self._start.part, self._received, self._complete, self._start.leaf)

    async def write(self, data: bytes) -> None:
        """Append one frame; the last one completes the part. Frames of a part that is complete are passed over.

        Raises:
            Invalid: ``X_PART_INVALID``: the frame's size, too many bytes, or another leaf hash at the end (the bytes are
                then thrown away and the part begins anew).
            Unavailable: A newer upload has taken the part over.
        """
        require(0 < len(data) <= FRAME_MAX, "frame", "FRAME_SIZE", errors.X_PART_INVALID)
        if self._complete:
            return
        async with self.lock:
            if not self._store.owns(self):
                raise Unavailable(errors.X_TRANSIENT, "part", "PART.TAKEN_OVER")
            end = self._received + len(data)
            require(end <= self._start.length, "frame", "PART_LENGTH", errors.X_PART_INVALID)
            require(
                len(data) >= FRAME_MIN or end == self._start.length,
                "frame",
                "FRAME_SIZE",
                errors.X_PART_INVALID,
            )
            await asyncio.to_thread(self._append, data)
            self._received = end
            if end == self._start.length:
                await asyncio.to_thread(self._finish)
                self._complete = True

    async def close(self) -> None:
        """Flush what has arrived and give the part up; bytes that a newer upload took over are not counted."""
        async with self.lock:
            if not self._complete:
                if self._store.owns(self):
                    await asyncio.to_thread(part_files.flush, self.partial)
                else:
                    self._received = 0
        self._store.release(self)

    def open(self) -> None:
        """Find out what is there and make the file stand at the announced offset. Runs in a thread."""
        start = self._start
        self._store.settle(self._folder)
        standing = list_parts(self._folder).get(start.part)
        if standing is not None:
            if standing.leaf != start.leaf:
                raise Refused(errors.X_PART_INVALID, "start.leaf", "PART.COMPLETE")
            self._received, self._complete = start.length, True
            return
        for other in self._folder.glob(f"{start.part:06d}-*{PARTIAL}"):
            if other != self.partial:  # the provider sealed anew: the old bytes lead nowhere
                other.unlink()
        held = self.partial.stat().st_size if self.partial.exists() else 0
        if start.offset > held:
            raise Invalid(errors.X_PART_INVALID, "start.offset", "PART.RECEIVED")
        handle = os.open(self.partial, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.ftruncate(handle, start.offset)
        finally:
            os.close(handle)
        self._received = start.offset
        if start.offset == start.length:
            self._finish()
            self._complete = True

    def _append(self, data: bytes) -> None:
        failpoint("part.append.before")
        with self.partial.open("r+b") as file:
            file.seek(self._received)  # never "append": after a failed write the file may stand further on
            file.write(data)

    def _finish(self) -> None:
        """Flush, read back, hash, rename, flush the folder."""
        part_files.flush(self.partial)
        if part_leaf(self.partial.read_bytes()) != self._start.leaf:
            self.partial.unlink()
            self._received = 0
            raise Invalid(errors.X_PART_INVALID, "start.leaf", "PART.LEAF")
        failpoint("part.rename.before")
        self.partial.rename(self._final)
        failpoint("part.rename.after")
        sync_directory(self._folder)
