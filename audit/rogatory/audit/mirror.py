# SPDX-License-Identifier: Apache-2.0
"""A verified copy of a log as a C2SP tlog-tiles directory: what an oversight body keeps, and what a web server serves.

``checkpoint``, ``tile/<level>/…`` and ``tile/entries/…`` below one directory. :func:`pull` fetches from anywhere (an
HTTP prefix, another directory, a store) and believes nothing: it rebuilds the tree from the copy it has, and takes a new
checkpoint only if signature, old root, new root and every entry agree. Files never change once written; the checkpoint
is replaced last.

It signs nothing: cosigning what was copied is the witness's business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from shutil import rmtree

from rogatory.audit.checkpoint import Checkpoint, parse_checkpoint
from rogatory.audit.errors import FileRefused, FormatError, LogCorrupt, RollbackDetected
from rogatory.audit.files import read_file, replace_file, sync_directory, write_once
from rogatory.audit.fsck import Progress, Report, fsck
from rogatory.audit.keys import Verifier
from rogatory.audit.merkle import EMPTY_ROOT, HASH_SIZE, Edge, edge_at, leaf_hash
from rogatory.audit.note import MAX_NOTE, SignedCheckpoint, open_checkpoint, parse_note
from rogatory.audit.resources import resource
from rogatory.audit.store import Head, LogReads, Published
from rogatory.audit.tile import (
    BUNDLE_LEVEL,
    HEIGHT,
    WIDTH,
    Tile,
    TileReader,
    new_tiles,
    parse_bundle,
    partial_width,
    tile_count,
)

__all__ = ["DirectoryLog", "Fetch", "export", "pull", "verify_directory"]

Fetch = Callable[[str], bytes]
"""Returns what a path below the log's prefix holds, or raises."""


class DirectoryLog:
    """A tlog-tiles directory as a :class:`~rogatory.audit.store.LogSource`, at the size it has when first read.

    Args:
        path: the directory; it may be empty or missing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._size: int | None = None

    def head(self) -> Head | None:
        """Return the checkpoint, parsed but NOT verified, or None when there is none.

        Raises:
            LogCorrupt: the file is no checkpoint.
            FileRefused: it is none that is read.
        """
        note = _held(self.path / "checkpoint", MAX_NOTE)
        if note is None:
            return None
        try:
            checkpoint = parse_checkpoint(parse_note(note).text)
        except FormatError:
            raise LogCorrupt("the checkpoint file is damaged") from None
        return Head(checkpoint.size, checkpoint.root, 0, note.decode())

    def entries(self, start: int, end: int) -> list[bytes]:
        """Return the entries start..end-1.

        Raises:
            LogCorrupt: a bundle is missing or damaged.
        """
        found: list[bytes] = []
        for index in range(start // WIDTH, -(-end // WIDTH)):
            try:
                bundle = parse_bundle(self._read(BUNDLE_LEVEL, index))
            except FormatError:
                raise LogCorrupt("an entry bundle is damaged") from None
            first = index * WIDTH
            found += bundle[max(start - first, 0) : end - first]
        if len(found) != end - start:
            raise LogCorrupt("an entry is missing")
        return found

    def tile(self, level: int, index: int) -> bytes:
        """Return the content of a hash tile at the checkpoint's size; empty when it has none."""
        return self._read(level, index)

    def checkpoints(self, low: int, high: int, limit: int | None = None) -> list[Published]:
        """Return nothing: a directory keeps its newest checkpoint only, and that is the head."""
        del low, high, limit
        return []

    def _read(self, level: int, index: int) -> bytes:
        if self._size is None:
            head = self.head()
            self._size = head.size if head else 0
        size = self._size
        width = WIDTH if index < tile_count(level, size) else partial_width(level, size)
        if not width or index > tile_count(level, size):
            return b""
        tile = Tile(level, index, width)
        return _held(self.path / tile.path(), tile.max_bytes) or b""


def _held(path: Path, limit: int) -> bytes | None:
    """Return what a file of the copy holds, or None where there is none."""
    try:
        return read_file(path, limit)
    except FileRefused as refused:
        if refused.rule == "PRESENT":
            return None
        raise


def verify_directory(
    path: Path, origin: str, verifiers: Sequence[Verifier], progress: Progress | None = None
) -> Report:
    """Check a whole tlog-tiles directory offline.

    Raises:
        LogUnavailable: there is no checkpoint.
        LogCorrupt: the checkpoint file is damaged.
    """
    return fsck(DirectoryLog(path), origin, verifiers, progress)


def export(path: Path, store: LogReads, origin: str, log_keys: Sequence[Verifier]) -> SignedCheckpoint:
    """Bring a directory up to the newest published checkpoint of a store; see :func:`pull`."""
    return pull(path, lambda name: resource(store, name).body, origin, log_keys)


def pull(
    path: Path,
    fetch: Fetch,
    origin: str,
    log_keys: Sequence[Verifier],
    progress: Progress | None = None,
) -> SignedCheckpoint:
    """Bring a directory up to a log's newest checkpoint, verifying everything before it counts.

    Needs 32 bytes of memory for every new entry. May be interrupted and repeated.

    Args:
        path: the directory; made when missing.
        fetch: reads the log.
        origin: which log it must be.
        log_keys: keys of the log.
        progress: called after every bundle.

    Raises:
        FormatError, NoteError: the fetched checkpoint is not acceptable.
        RollbackDetected: it is older than the copy, or another tree of the same size.
        LogCorrupt: it is no continuation of the copy, or an entry is not what the tree says; or the copy itself is
            damaged. The old checkpoint stays; keep the new one as evidence.
    """
    local = DirectoryLog(path)
    head = local.head()
    old = Checkpoint(origin, 0, EMPTY_ROOT)
    if head is not None:
        old = open_checkpoint(head.note, origin, log_keys).checkpoint
    signed = open_checkpoint(fetch("checkpoint"), origin, log_keys)
    new = signed.checkpoint
    if new.size < old.size or (new.size == old.size and new.root != old.root):
        raise RollbackDetected(
            "the log is not a continuation of the copy", known_size=old.size, head_size=new.size
        )
    path.mkdir(parents=True, exist_ok=True)
    if new.size > old.size:
        written: set[Path] = set()
        tiles = _rebuild(local, fetch, old, new)
        for done, bundle in _bundles(fetch, old.size, new.size, tiles):
            write_once(path / bundle[0], bundle[1])
            written.add(path / bundle[0])
            if progress is not None:
                progress(done, new.size)
        for tile, data in tiles.items():
            write_once(path / tile.path(), data)
            written.add(path / tile.path())
        _flush_names(path, written)
    replace_file(path / "checkpoint", signed.note.encode())
    _drop_superseded(path, old.size, new.size)
    return signed


def _local_edge(local: DirectoryLog, old: Checkpoint) -> Edge:
    edge = edge_at(TileReader(local.tile), old.size)
    if edge.root() != old.root:
        raise LogCorrupt("the copy's tiles give another root than its checkpoint")
    return edge


def _rebuild(local: DirectoryLog, fetch: Fetch, old: Checkpoint, new: Checkpoint) -> dict[Tile, bytes]:
    """Return the new tiles, rebuilt from fetched leaf hashes that lead from the old root to the new one."""
    edge = _local_edge(local, old)
    levels = range(64 // HEIGHT)
    content = {level: bytearray(local.tile(level, tile_count(level, old.size))) for level in levels}
    first = {level: tile_count(level, old.size) for level in content}
    for tile in _new(0, old.size, new.size):
        data = fetch(tile.path())
        known = max(old.size - tile.index * WIDTH, 0)
        if len(data) != tile.width * HASH_SIZE:
            raise LogCorrupt(f"fetched tile 0/{tile.index} has another length")
        leaves = [data[k * HASH_SIZE : (k + 1) * HASH_SIZE] for k in range(known, tile.width)]
        growth = edge.extend(leaves)
        for level, (_, hashes) in enumerate(growth.rows[::HEIGHT]):
            content[level] += b"".join(hashes)
        edge = growth.after
    if edge.root() != new.root:
        raise LogCorrupt(
            f"the tree of size {new.size} is no continuation of the copied one of size {old.size}"
        )
    tiles: dict[Tile, bytes] = {}
    for tile in new_tiles(old.size, new.size):
        at = (tile.index - first[tile.level]) * WIDTH * HASH_SIZE
        tiles[tile] = bytes(content[tile.level][at : at + tile.width * HASH_SIZE])
    return tiles


def _new(level: int, old: int, new: int) -> Iterator[Tile]:
    return (tile for tile in new_tiles(old, new) if tile.level == level)


def _bundles(
    fetch: Fetch, old: int, new: int, tiles: dict[Tile, bytes]
) -> Iterator[tuple[int, tuple[str, bytes]]]:
    for tile in _new(0, old, new):
        path = Tile(BUNDLE_LEVEL, tile.index, tile.width).path()
        data = fetch(path)
        try:
            entries = parse_bundle(data)
        except FormatError:
            raise LogCorrupt(f"fetched bundle {tile.index} is damaged") from None
        if len(entries) != tile.width:
            raise LogCorrupt(f"fetched bundle {tile.index} has another number of entries")
        for k, entry in enumerate(entries):
            if leaf_hash(entry) != tiles[tile][k * HASH_SIZE : (k + 1) * HASH_SIZE]:
                raise LogCorrupt(f"fetched entry {tile.index * WIDTH + k} is not what the tree says")
        yield tile.index * WIDTH + tile.width, (path, data)


def _flush_names(path: Path, written: set[Path]) -> None:
    """Flush all folders on the way to what was written, new or from a run that was cut off, before it counts."""
    folders = {parent for file in written for parent in file.parents if parent.is_relative_to(path)}
    for folder in (*folders, path.parent):
        sync_directory(folder)


def _drop_superseded(path: Path, old: int, new: int) -> None:
    """Remove the partial files of tiles that are full now; every reader finds the full one first."""
    for level in (BUNDLE_LEVEL, *range(64 // HEIGHT)):
        index = tile_count(level, old)
        if index < tile_count(level, new):
            rmtree((path / Tile(level, index).path()).with_name(f"{index % 1000:03d}.p"), ignore_errors=True)
