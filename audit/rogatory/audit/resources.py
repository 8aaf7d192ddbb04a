# SPDX-License-Identifier: Apache-2.0
"""The read side of C2SP tlog-tiles over a store: which path holds which bytes. No HTTP in it.

Only what a *published* checkpoint promises is served: full tiles up to the newest one, and a partial tile or bundle
only with a width that some published size asks for. Everything but the checkpoint may be cached for ever.
"""

from __future__ import annotations

from dataclasses import dataclass

from rogatory.audit.errors import FormatError, LogCorrupt, NotServed
from rogatory.audit.merkle import HASH_SIZE
from rogatory.audit.store import LogReads
from rogatory.audit.tile import BUNDLE_LEVEL, WIDTH, Tile, format_bundle, parse_path

__all__ = ["Resource", "resource"]


@dataclass(frozen=True, slots=True)
class Resource:
    """One answer.

    Attributes:
        body: the bytes.
        content_type: media type that the specification asks for.
        immutable: whether the path will answer the same bytes for ever.
    """

    body: bytes
    content_type: str
    immutable: bool


def resource(store: LogReads, path: str) -> Resource:
    """Return what a path below the log's prefix holds.

    Args:
        store: the log's store.
        path: ``checkpoint``, or a tile or bundle path, without leading slash.

    Raises:
        NotServed: no published tree has it.
        LogUnavailable: the store cannot answer now.
        LogCorrupt: the store lacks what a published checkpoint promises.
    """
    latest = store.latest_checkpoint()
    if latest is None:
        raise NotServed("nothing is published yet")
    if path == "checkpoint":
        return Resource(latest.note.encode(), "text/plain; charset=utf-8", immutable=False)
    try:
        tile = parse_path(path)
    except FormatError:
        raise NotServed("no such resource") from None
    if not _promised(store, tile, latest.size):
        raise NotServed("no published tree has this tile")
    return Resource(_content(store, tile), "application/octet-stream", immutable=True)


def _promised(store: LogReads, tile: Tile, newest: int) -> bool:
    low, high = tile.span()
    if low > newest:
        return False
    return tile.width == WIDTH or bool(store.checkpoints(low, high, 1))


def _content(store: LogReads, tile: Tile) -> bytes:
    if tile.level == BUNDLE_LEVEL:
        start = tile.index * WIDTH
        return format_bundle(store.entries(start, start + tile.width))
    data = store.tile(tile.level, tile.index)[: tile.width * HASH_SIZE]
    if len(data) != tile.width * HASH_SIZE:
        raise LogCorrupt(f"tile {tile.level}/{tile.index} is missing or too short")
    return data
