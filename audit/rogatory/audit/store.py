# SPDX-License-Identifier: Apache-2.0
"""What the log needs from storage: a small read contract and a small write contract.

The log never opens, commits or rolls back a transaction. The *owner* (for Rogatory the exchange's single writer) begins
one, writes its own rows and the log's in it, and commits; so state and log become durable together or not at all.
Stores are independent implementations under one contract suite; they share nothing but these types.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

__all__ = ["Head", "LogReads", "LogSource", "LogStore", "Published", "Transaction"]

Transaction = Callable[[], AbstractContextManager[object]]
"""Begins a write transaction on entry, commits on normal exit, rolls back when an exception leaves the block."""


@dataclass(frozen=True, slots=True)
class Head:
    """The newest head, which every commit replaces.

    Attributes:
        size: number of entries.
        root: root hash, 32 bytes.
        epoch: fencing number; a writer that was superseded holds an older one.
        note: checkpoint signed with the log's commit key.
    """

    size: int
    root: bytes
    epoch: int
    note: str


@dataclass(frozen=True, slots=True)
class Published:
    """A checkpoint that was released to the public.

    Attributes:
        size: number of entries.
        root: root hash, 32 bytes.
        note: signed checkpoint.
        published_at_ms: milliseconds since the Unix epoch.
    """

    size: int
    root: bytes
    note: str
    published_at_ms: int


class LogSource(Protocol):
    """What a checker needs of a log, wherever it is kept: a database, a file, a directory of tiles.

    Inside the owner's transaction the reads show its writes; elsewhere, only what is committed.
    Raises, all methods: LogUnavailable when the store cannot answer, LogCorrupt when what it holds is damaged.
    """

    def head(self) -> Head | None:
        """Return the newest head, or None when no log was ever created here."""

    def entries(self, start: int, end: int) -> list[bytes]:
        """Return the entries start..end-1, in order, byte for byte as added.

        Raises:
            LogCorrupt: one of them is missing.
        """

    def tile(self, level: int, index: int) -> bytes:
        """Return the longest content of a hash tile, 32 bytes per hash; empty when there is none."""

    def checkpoints(self, low: int, high: int, limit: int | None = None) -> list[Published]:
        """Return published checkpoints with low <= size < high, by size, at most ``limit``."""


class LogReads(LogSource, Protocol):
    """The reads that writer and publisher need on top."""

    def entry_time_ms(self, index: int) -> int:
        """Return the commit time of an entry, in milliseconds since the Unix epoch.

        Raises:
            LogCorrupt: there is no such entry.
        """

    def latest_checkpoint(self) -> Published | None:
        """Return the published checkpoint with the largest size."""


class LogStore(LogReads, Protocol):
    """Writes. Every method needs the owner's open write transaction and takes effect only with its commit.

    Durability: after the owner's commit returns, the writes survive a crash of process, system or power.
    Atomicity: a rolled-back transaction leaves no trace, of any method.
    Concurrency: of two transactions that swap the same head, at most one commits.

    Raises, all methods: NoTransaction outside a transaction; LogUnavailable and LogCorrupt as for reads. Nothing
    that was added can be changed or deleted through the store, nor by its connection's plain SQL.
    """

    def swap_head(self, old: Head | None, new: Head) -> None:
        """Replace the head if it still has old's size, root and epoch; None stands for "no log yet".

        Raises:
            HeadMoved: it does not. The owner must roll back.
            LogCorrupt: the new head would be smaller or of an older epoch.
        """

    def add_entries(self, first: int, entries: Sequence[bytes], time_ms: int) -> None:
        """Add entries from index first on.

        Raises:
            LogCorrupt: an index is already taken.
        """

    def put_tile(self, level: int, index: int, data: bytes) -> None:
        """Store a hash tile's longest content.

        Raises:
            LogCorrupt: a former content is not a prefix of the new one, or the tile was full already.
        """

    def add_checkpoint(self, checkpoint: Published) -> None:
        """Add a published checkpoint.

        Raises:
            LogCorrupt: that size was published before.
        """
