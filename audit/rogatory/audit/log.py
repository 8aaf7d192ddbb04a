# SPDX-License-Identifier: Apache-2.0
"""The log itself: one writer appends in group commits, and every append has its signed head and proofs at once.

Writing takes three steps, so that the owner's rows and the log's become durable in one transaction::

    staged = log.stage(entries, time_ms)     # memory only: indexes, new head, proofs for receipts
    with transaction():                      # the owner's; it writes its own rows here too
        log.write(staged)                    # insert, read back, hash again, compare-and-swap
    log.adopt(staged)                        # after the commit; only now may anything of it be shown

After any failure in between, ``log.discard()`` drops the memory state and reloads with verification. A staged head that
was not committed must never be shown to anybody: the next batch signs another head of the same size, and the two
together would be a split view.

It keeps the right edge of the tree in memory, about 25 KB at any size. It publishes nothing
(:mod:`rogatory.audit.publisher`) and does not know what entries mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from rogatory.audit.checkpoint import Checkpoint
from rogatory.audit.errors import FormatError, LogCorrupt, LogUnavailable, NoteError
from rogatory.audit.failpoints import failpoint
from rogatory.audit.keys import Signer
from rogatory.audit.merkle import (
    EMPTY_ROOT,
    HASH_SIZE,
    Edge,
    Growth,
    consistency_proof,
    edge_at,
    inclusion_proof,
    leaf_hash,
    root_at,
)
from rogatory.audit.note import open_checkpoint, sign_note
from rogatory.audit.store import Head, LogStore
from rogatory.audit.tile import (
    FULL_TILE,
    HEIGHT,
    MAX_ENTRY,
    WIDTH,
    TileReader,
    fold,
    partial_width,
    tile_count,
)

__all__ = ["Log", "Staged"]


@dataclass(frozen=True, slots=True)
class Staged:
    """An append that exists in memory only. Show nothing of it before the owner's commit and ``adopt``.

    Attributes:
        first_index: index of the first entry.
        size: size of the new tree.
        root: root of the new tree, 32 bytes.
        note: signed checkpoint of the new tree.
        entries: the entries.
        leaf_hashes: their leaf hashes.
        time_ms: commit time.
        base: the head that it grows from.
        tiles: new content of every tile that changed, as (level, index, bytes).
        growth: the edges before and after.
    """

    first_index: int
    size: int
    root: bytes
    note: str
    entries: tuple[bytes, ...] = field(repr=False)
    leaf_hashes: tuple[bytes, ...] = field(repr=False)
    time_ms: int
    base: Head = field(repr=False)
    tiles: tuple[tuple[int, int, bytes], ...] = field(repr=False)
    growth: Growth = field(repr=False)

    def inclusion(self, index: int) -> list[bytes]:
        """Return the inclusion proof of one of the new entries in the new tree, from memory alone.

        Raises:
            ProofError: the index is not one of the new entries.
        """
        return inclusion_proof(self.growth.node, index, self.size)

    @property
    def head(self) -> Head:
        """The head that the commit puts in place."""
        return Head(self.size, self.root, self.base.epoch, self.note)


class Log:
    """A log for its single writer. Make it with :meth:`create` or :meth:`open`."""

    def __init__(self, store: LogStore, origin: str, signer: Signer) -> None:
        """Hold the parts; the state comes from :meth:`discard`."""
        self._store = store
        self._origin = origin
        self._signer = signer
        self._pending: Staged | None = None
        self._head = Head(0, EMPTY_ROOT, 0, "")
        self._edge = Edge()
        # Content of each level's partial tile, the lowest level first.
        self._partial: list[bytes] = []
        self._time_ms = 0

    @classmethod
    def create(cls, store: LogStore, origin: str, signer: Signer) -> Log:
        """Create an empty log inside the owner's open transaction; usable after its commit.

        Raises:
            HeadMoved: the store has a log already.
        """
        log = cls(store, origin, signer)
        note = sign_note(Checkpoint(origin, 0, EMPTY_ROOT).text(), [signer])
        log._head = Head(0, EMPTY_ROOT, 1, note)
        store.swap_head(None, log._head)
        return log

    @classmethod
    def open(cls, store: LogStore, origin: str, signer: Signer) -> Log:
        """Open an existing log, after checking that its tiles give the root of its head and the head verifies.

        Raises:
            LogUnavailable: there is no log.
            LogCorrupt: the store contradicts itself, or holds another log.
        """
        log = cls(store, origin, signer)
        log.discard()
        return log

    @property
    def origin(self) -> str:
        """The log's identity."""
        return self._origin

    @property
    def size(self) -> int:
        """Number of committed entries, which is the index of the next one."""
        return self._head.size

    @property
    def time_ms(self) -> int:
        """Commit time of the newest entry; 0 for none. Later commits may not state an earlier one."""
        return self._time_ms

    def head(self) -> Head:
        """Return the newest committed head."""
        return self._head

    def stage(self, entries: Sequence[bytes], time_ms: int) -> Staged:
        """Prepare an append in memory and sign its head.

        Args:
            entries: at least one, each at most 65,535 bytes.
            time_ms: commit time, milliseconds since the Unix epoch; not before the newest entry's.

        Raises:
            FormatError: no entry, an entry too long, or a time that goes back.
            LogUnavailable: an earlier append was neither adopted nor discarded.
        """
        if self._pending is not None:
            raise LogUnavailable("an earlier append is unfinished: adopt or discard it")
        if not entries or any(len(entry) > MAX_ENTRY for entry in entries):
            raise FormatError("an append needs entries of at most 65,535 bytes")
        if time_ms < self._time_ms:
            raise FormatError("commit time goes back")
        leaves = tuple(leaf_hash(entry) for entry in entries)
        growth = self._edge.extend(leaves)
        size, root = growth.after.size, growth.after.root()
        failpoint("log.sign.before")
        note = sign_note(Checkpoint(self._origin, size, root).text(), [self._signer])
        failpoint("log.sign.after")
        self._pending = Staged(
            first_index=self.size,
            size=size,
            root=root,
            note=note,
            entries=tuple(entries),
            leaf_hashes=leaves,
            time_ms=time_ms,
            base=self._head,
            tiles=tuple(self._grow_tiles(growth)),
            growth=growth,
        )
        return self._pending

    def _grow_tiles(self, growth: Growth) -> list[tuple[int, int, bytes]]:
        tiles: list[tuple[int, int, bytes]] = []
        for level, (first, hashes) in enumerate(growth.rows[::HEIGHT]):
            if not hashes:
                break
            former = self._partial[level] if level < len(self._partial) else b""
            data, index = former + b"".join(hashes), first // WIDTH
            tiles += [
                (level, index + k, data[at : at + FULL_TILE])
                for k, at in enumerate(range(0, len(data), FULL_TILE))
            ]
        return tiles

    def write(self, staged: Staged) -> None:
        """Write an append inside the owner's open transaction, and refuse it unless what was stored is right.

        Two independent routes must agree on the root: the edge in memory, and the tiles as read back from the store.

        Raises:
            HeadMoved: another writer committed first. Roll back, discard, decide again.
            LogCorrupt: what the store gives back is not what was staged. Roll back and stop.
            NoTransaction: the owner has no open transaction.
        """
        if staged is not self._pending:
            raise LogUnavailable("this is not the append that was staged last")
        failpoint("log.head.before")
        self._store.swap_head(staged.base, staged.head)
        failpoint("log.entries.before")
        self._store.add_entries(staged.first_index, staged.entries, staged.time_ms)
        failpoint("log.tiles.before")
        for tile in staged.tiles:
            self._store.put_tile(*tile)
        failpoint("log.tiles.after")
        stored = self._store.entries(staged.first_index, staged.size)
        if tuple(leaf_hash(entry) for entry in stored) != staged.leaf_hashes:
            raise LogCorrupt("entries read back differ from those that were hashed")
        self._check_tiles(staged)
        self._check_note(staged.head)
        failpoint("log.check.after")

    def _check_tiles(self, staged: Staged) -> None:
        for level, index, data in staged.tiles:
            # The root only reads the parent of a full tile, so the tile itself is compared here.
            if len(data) == FULL_TILE:
                parent = self._store.tile(level + 1, index // WIDTH)
                at = index % WIDTH * HASH_SIZE
                if fold(self._store.tile(level, index)) != parent[at : at + HASH_SIZE]:
                    raise LogCorrupt("a full tile is not the child of its parent")
        if root_at(TileReader(self._store.tile), staged.size) != staged.root:
            raise LogCorrupt("tiles give another root than the edge")

    def _check_note(self, head: Head) -> None:
        try:
            signed = open_checkpoint(head.note, self._origin, [self._signer.verifier])
        except (NoteError, FormatError):
            raise LogCorrupt("the head's note does not verify") from None
        if (signed.checkpoint.size, signed.checkpoint.root) != (head.size, head.root):
            raise LogCorrupt("the head's note is of another tree")

    def adopt(self, staged: Staged) -> None:
        """Make a committed append the log's state. Call it after the owner's commit, never before.

        Raises:
            LogUnavailable: this is not the append that was staged last.
        """
        if staged is not self._pending:
            raise LogUnavailable("this is not the append that was staged last")
        failpoint("log.adopt.before")
        self._head, self._edge, self._time_ms = staged.head, staged.growth.after, staged.time_ms
        for level, _, data in staged.tiles:
            if level == len(self._partial):
                self._partial.append(b"")
            self._partial[level] = data if len(data) < FULL_TILE else b""
        self._pending = None
        failpoint("log.adopt.after")

    def fence(self) -> None:
        """Raise the epoch inside the owner's open transaction, so that every other writer's next write is refused.

        Takes effect with the commit; on rollback call :meth:`discard`.

        Raises:
            HeadMoved: another writer was faster.
        """
        head = replace(self._head, epoch=self._head.epoch + 1)
        self._store.swap_head(self._head, head)
        self._head = head

    def discard(self) -> None:
        """Forget everything in memory and reload the committed state, verified.

        Raises:
            LogUnavailable: there is no log, or the store cannot answer.
            LogCorrupt: the store contradicts itself, or holds another log.
        """
        head = self._store.head()
        if head is None:
            raise LogUnavailable("there is no log in this store")
        edge = edge_at(TileReader(self._store.tile), head.size)
        if edge.root() != head.root:
            raise LogCorrupt("tiles give another root than the head")
        self._check_note(head)
        self._partial = self._read_partial(head.size)
        self._time_ms = self._store.entry_time_ms(head.size - 1) if head.size else 0
        self._head, self._edge, self._pending = head, edge, None

    def _read_partial(self, size: int) -> list[bytes]:
        partial: list[bytes] = []
        level = 0
        while size >> (HEIGHT * level):
            width = partial_width(level, size)
            data = self._store.tile(level, tile_count(level, size)) if width else b""
            if len(data) != width * HASH_SIZE:
                raise LogCorrupt("a partial tile has another width than the head's size asks for")
            partial.append(data)
            level += 1
        return partial

    def entry(self, index: int) -> bytes:
        """Return one committed entry.

        Raises:
            ProofError: there is no such entry.
        """
        return self.entries(index, index + 1)[0]

    def entries(self, start: int, end: int) -> list[bytes]:
        """Return the committed entries start..end-1.

        Raises:
            FormatError: the range reaches outside the log.
        """
        if not 0 <= start <= end <= self.size:
            raise FormatError("no such entries")
        return self._store.entries(start, end)

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """Return the proof that an entry is in the tree of the first ``size`` entries, from tiles.

        Raises:
            ProofError: there is no such entry in that tree.
            FormatError: the log is not that large.
        """
        return inclusion_proof(self._nodes(size), index, size)

    def consistency(self, old: int, new: int) -> list[bytes]:
        """Return the proof that the tree of ``old`` entries is a prefix of that of ``new`` entries, from tiles.

        Raises:
            ProofError: not 0 < old <= new.
            FormatError: the log is not that large.
        """
        return consistency_proof(self._nodes(new), old, new)

    def root_at(self, size: int) -> bytes:
        """Return the root over the first ``size`` entries, from tiles.

        Raises:
            FormatError: the log is not that large.
        """
        return root_at(self._nodes(size), size)

    def _nodes(self, size: int) -> TileReader:
        if not 0 <= size <= self.size:
            raise FormatError("the log is not that large")
        return TileReader(self._store.tile)
