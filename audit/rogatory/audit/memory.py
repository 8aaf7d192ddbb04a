# SPDX-License-Identifier: Apache-2.0
"""A log store in memory, for tests, for rebuilding and for tools. Nothing in it survives the process.

One thread only; it is not a cache in front of another store.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rogatory.audit.errors import HeadMoved, LogCorrupt, NoTransaction
from rogatory.audit.store import Head, Published
from rogatory.audit.tile import FULL_TILE

__all__ = ["MemoryStore"]


class MemoryStore:
    """The contract of :class:`rogatory.audit.store.LogStore` over dictionaries."""

    def __init__(self) -> None:
        self._head: Head | None = None
        self._entries: list[tuple[int, bytes]] = []
        self._tiles: dict[tuple[int, int], bytes] = {}
        self._checkpoints: dict[int, Published] = {}
        # What a rollback must restore; None outside a transaction.
        self._undo: tuple[Head | None, int, dict[tuple[int, int], bytes], dict[int, Published]] | None = None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Own a transaction: commit on normal exit, roll back when an exception leaves the block."""
        if self._undo is not None:
            raise NoTransaction("a transaction is already open")
        self._undo = (self._head, len(self._entries), dict(self._tiles), dict(self._checkpoints))
        try:
            yield
        except BaseException:
            self._head, size, self._tiles, self._checkpoints = self._undo
            del self._entries[size:]
            raise
        finally:
            self._undo = None

    def head(self) -> Head | None:
        """Return the newest head."""
        return self._head

    def entries(self, start: int, end: int) -> list[bytes]:
        """Return the entries start..end-1."""
        found = [data for _, data in self._entries[start:end]]
        if len(found) != end - start:
            raise LogCorrupt("an entry is missing")
        return found

    def entry_time_ms(self, index: int) -> int:
        """Return the commit time of an entry."""
        if not 0 <= index < len(self._entries):
            raise LogCorrupt("an entry is missing")
        return self._entries[index][0]

    def tile(self, level: int, index: int) -> bytes:
        """Return the longest content of a hash tile."""
        return self._tiles.get((level, index), b"")

    def checkpoints(self, low: int, high: int, limit: int | None = None) -> list[Published]:
        """Return published checkpoints with low <= size < high."""
        sizes = sorted(size for size in self._checkpoints if low <= size < high)
        return [self._checkpoints[size] for size in sizes[:limit]]

    def latest_checkpoint(self) -> Published | None:
        """Return the published checkpoint with the largest size."""
        return self._checkpoints[max(self._checkpoints)] if self._checkpoints else None

    def _need_transaction(self) -> None:
        if self._undo is None:
            raise NoTransaction("the owner has no open transaction")

    def swap_head(self, old: Head | None, new: Head) -> None:
        """Replace the head if it is still the old one."""
        self._need_transaction()
        if _identity(self._head) != _identity(old):
            raise HeadMoved("another writer moved the head")
        if old is not None:
            other = new.size == old.size and new.root != old.root
            if other or new.size < old.size or new.epoch < old.epoch:
                raise LogCorrupt("a head never goes back")
        self._head = new

    def add_entries(self, first: int, entries: Sequence[bytes], time_ms: int) -> None:
        """Add entries from index first on."""
        self._need_transaction()
        if first != len(self._entries):
            raise LogCorrupt("entries are not added at the end")
        self._entries.extend((time_ms, bytes(entry)) for entry in entries)

    def put_tile(self, level: int, index: int, data: bytes) -> None:
        """Store a hash tile's longest content."""
        self._need_transaction()
        former = self._tiles.get((level, index), b"")
        if len(former) == FULL_TILE or not data.startswith(former):
            raise LogCorrupt("a tile only grows")
        self._tiles[(level, index)] = bytes(data)

    def add_checkpoint(self, checkpoint: Published) -> None:
        """Add a published checkpoint."""
        self._need_transaction()
        if checkpoint.size in self._checkpoints:
            raise LogCorrupt("a checkpoint of this size was published before")
        self._checkpoints[checkpoint.size] = checkpoint


def _identity(head: Head | None) -> tuple[int, bytes, int] | None:
    return None if head is None else (head.size, head.root, head.epoch)
