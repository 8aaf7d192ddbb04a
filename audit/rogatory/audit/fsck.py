# SPDX-License-Identifier: Apache-2.0
"""A full check of a log: every entry hashed again, every tile, every published checkpoint, every signature.

It reads and reports; it repairs nothing. Where an entry and its tile disagree, the parent tile (or the root) says which
of the two was changed. Works on any :class:`~rogatory.audit.store.LogSource`: a live store, a database file offline
(:func:`fsck_file`), a directory of tiles (:mod:`rogatory.audit.mirror`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from rogatory.audit.encoding import MAX_INT
from rogatory.audit.errors import FormatError, LogCorrupt, LogUnavailable, NoteError
from rogatory.audit.keys import Verifier
from rogatory.audit.merkle import HASH_SIZE, Edge, leaf_hash
from rogatory.audit.note import open_checkpoint
from rogatory.audit.sqlite import SqliteStore, connect
from rogatory.audit.store import Head, LogSource
from rogatory.audit.tile import HEIGHT, WIDTH, fold

__all__ = ["Finding", "Progress", "Report", "fsck", "fsck_file"]

MAX_FINDINGS = 100

Progress = Callable[[int, int], None]
"""Called with (entries checked, entries in all)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        kind: ``entry``, ``tile``, ``entry-or-tile``, ``head`` or ``checkpoint``.
        index: index of the entry; for a tile of a higher level, of the first entry below the bad hash; for head and
            checkpoint, the size.
        detail: what was expected, without content.
    """

    kind: str
    index: int
    detail: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found.

    Attributes:
        origin: the log.
        size: size of the head that was checked.
        root: root of that head.
        entries: entries hashed.
        checkpoints: published checkpoints verified.
        findings: at most 100, in the order of discovery.
    """

    origin: str
    size: int
    root: bytes
    entries: int
    checkpoints: int
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    @property
    def first_bad(self) -> int | None:
        """The lowest index that a finding names."""
        return min((finding.index for finding in self.findings), default=None)


def fsck(
    source: LogSource, origin: str, verifiers: Sequence[Verifier], progress: Progress | None = None
) -> Report:
    """Check a whole log.

    Args:
        source: where it is kept.
        origin: which log it must be.
        verifiers: keys of the log.
        progress: called after every 256 entries.

    Raises:
        LogUnavailable: there is no log, or the source cannot answer.
    """
    head = source.head()
    if head is None:
        raise LogUnavailable("there is no log here")
    return _Check(source, origin, verifiers, head).run(progress)


def fsck_file(
    path: Path, origin: str, verifiers: Sequence[Verifier], progress: Progress | None = None
) -> Report:
    """Check a SQLite database file without changing it, as of one moment even while a writer goes on.

    Raises:
        LogUnavailable: the file is missing, or holds no log.
        LogCorrupt: the file is no readable database at all.
    """
    with closing(connect(path, read_only=True)) as connection:
        connection.execute("BEGIN")
        return fsck(SqliteStore(connection), origin, verifiers, progress)


class _Check:
    """State of one pass. ``edge`` and ``rows`` hold trusted hashes: those that parents or the root vouch for."""

    def __init__(self, source: LogSource, origin: str, verifiers: Sequence[Verifier], head: Head) -> None:
        self.source = source
        self.origin = origin
        self.verifiers = verifiers
        self.head = head
        self.edge = Edge()
        # Per tile level from 1 up: hashes of the tile that is being filled.
        self.rows: list[list[bytes]] = []
        self.counts: list[int] = []
        self.checkpoints = 0
        self.findings: list[Finding] = []

    def found(self, kind: str, index: int, detail: str) -> None:
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(Finding(kind, index, detail))

    def run(self, progress: Progress | None) -> Report:
        size = self.head.size
        self.check_note("head", self.head.note, size, self.head.root)
        self.check_checkpoints(0, 1, [])
        for start in range(0, size, WIDTH):
            end = min(start + WIDTH, size)
            trusted = self.check_block(start, end)
            self.check_checkpoints(start + 1, end + 1, trusted)
            self.edge = self.edge.extend(trusted).after
            if end - start == WIDTH:
                self.fill(1, fold(b"".join(trusted)))
            if progress is not None:
                progress(end, size)
        for level, row in enumerate(self.rows, start=1):
            self.check_tile(level, row)
        if self.edge.root() != self.head.root:
            self.found("head", size, "entries give another root than the head")
        for published in self.source.checkpoints(size + 1, MAX_INT, MAX_FINDINGS):
            self.found("checkpoint", published.size, "published, but the log is smaller")
        return Report(self.origin, size, self.head.root, size, self.checkpoints, tuple(self.findings))

    def check_block(self, start: int, end: int) -> list[bytes]:
        """Compare up to 256 entries with their tile, and return the hashes to go on with."""
        leaves = self.hash_entries(start, end)
        data = self.read_tile(0, start // WIDTH)
        tile = [data[k : k + HASH_SIZE] for k in range(0, (end - start) * HASH_SIZE, HASH_SIZE)]
        bad = [k for k in range(end - start) if leaves[k] != tile[k]]
        if not bad:
            return tile
        if self.vouched(start, end, tile):
            kind, trusted = "entry", tile
        elif self.vouched(start, end, leaves):
            kind, trusted = "tile", leaves
        else:
            kind, trusted = "entry-or-tile", tile
        for k in bad:
            self.found(kind, start + k, "entry and tile 0 disagree")
        return [value if len(value) == HASH_SIZE else bytes(HASH_SIZE) for value in trusted]

    def hash_entries(self, start: int, end: int) -> list[bytes]:
        """Return the leaf hashes; empty bytes where an entry cannot be read."""
        try:
            return [leaf_hash(entry) for entry in self.source.entries(start, end)]
        except LogCorrupt:
            if end - start == 1:
                return [b""]
            middle = (start + end) // 2
            return [*self.hash_entries(start, middle), *self.hash_entries(middle, end)]

    def read_tile(self, level: int, index: int) -> bytes:
        try:
            return self.source.tile(level, index)
        except LogCorrupt:
            return b""

    def vouched(self, start: int, end: int, hashes: list[bytes]) -> bool:
        """Whether the parent tile, or for the last block the root, confirms these hashes."""
        if any(len(value) != HASH_SIZE for value in hashes):
            return False
        if end - start < WIDTH:
            return self.edge.extend(hashes).after.root() == self.head.root
        at = start // WIDTH % WIDTH * HASH_SIZE
        return self.read_tile(1, start // WIDTH // WIDTH)[at : at + HASH_SIZE] == fold(b"".join(hashes))

    def fill(self, level: int, value: bytes) -> None:
        """Add a node to the tile of a level that is being filled; a full one is checked and hashed upward."""
        if level > len(self.rows):
            self.rows.append([])
            self.counts.append(0)
        row = self.rows[level - 1]
        row.append(value)
        if len(row) == WIDTH:
            self.check_tile(level, row)
            self.counts[level - 1] += 1
            self.rows[level - 1] = []
            self.fill(level + 1, fold(b"".join(row)))

    def check_tile(self, level: int, row: list[bytes]) -> None:
        index = self.counts[level - 1]
        data = self.read_tile(level, index) if row else b""
        for k, value in enumerate(row):
            if data[k * HASH_SIZE : (k + 1) * HASH_SIZE] != value:
                first = (index * WIDTH + k) << (HEIGHT * level)
                self.found("tile", first, f"hash {k} of tile {level}/{index} is not that of the tile below")

    def check_checkpoints(self, low: int, high: int, leaves: list[bytes]) -> None:
        """Check the published checkpoints with low <= size < high; ``leaves`` follow the edge."""
        for published in self.source.checkpoints(low, high):
            self.checkpoints += 1
            self.check_note("checkpoint", published.note, published.size, published.root)
            root = self.edge.extend(leaves[: published.size - self.edge.size]).after.root()
            if root != published.root:
                self.found("checkpoint", published.size, "entries give another root than the checkpoint")

    def check_note(self, kind: str, note: str, size: int, root: bytes) -> None:
        try:
            signed = open_checkpoint(note, self.origin, self.verifiers).checkpoint
        except (NoteError, FormatError):
            self.found(kind, size, "signed note does not verify")
            return
        if (signed.size, signed.root) != (size, root):
            self.found(kind, size, "signed note is of another tree")
