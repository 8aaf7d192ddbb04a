# SPDX-License-Identifier: Apache-2.0
"""Tiles of the C2SP tlog-tiles specification: paths, which tiles a tree has, nodes inside tiles, entry bundles.

The tile height is 8: a full tile is 256 hashes (8,192 bytes). Tile ``(level, index)`` holds the nodes of tree level
``8 * level`` from ``256 * index`` on. Entry bundles use the same paths with ``entries`` in place of the level.

Pure: paths are text and are never opened here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rogatory.audit.encoding import MAX_INT
from rogatory.audit.errors import FormatError, LogCorrupt
from rogatory.audit.merkle import HASH_SIZE, node_hash

__all__ = [
    "BUNDLE_LEVEL",
    "FULL_TILE",
    "HEIGHT",
    "MAX_ENTRY",
    "WIDTH",
    "Tile",
    "TileReader",
    "fold",
    "format_bundle",
    "locate",
    "new_tiles",
    "parse_bundle",
    "parse_path",
    "partial_width",
    "tile_count",
    "tiles_of",
]

HEIGHT = 8
WIDTH = 256
FULL_TILE = WIDTH * HASH_SIZE
MAX_LEVEL = 63
MAX_ENTRY = 65_535
BUNDLE_LEVEL = -1
"""The level that stands for entry bundles."""

_PATH = re.compile(
    r"tile/(?P<level>entries|0|[1-9][0-9]?)/"
    r"(?P<index>(?:x[0-9]{3}/)*[0-9]{3})"
    r"(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """One tile or entry bundle.

    Attributes:
        level: 0..63, or :data:`BUNDLE_LEVEL`.
        index: position within the level.
        width: hashes (or entries) that it holds, 1..256; 256 is a full tile.
    """

    level: int
    index: int
    width: int = WIDTH

    def path(self) -> str:
        """Return the path below the log's prefix, for example ``tile/0/x001/x234/067.p/89``.

        Raises:
            FormatError: a number is outside its range.
        """
        if not (
            BUNDLE_LEVEL <= self.level <= MAX_LEVEL
            and 0 <= self.index <= MAX_INT
            and 1 <= self.width <= WIDTH
        ):
            raise FormatError("no such tile")
        groups = [f"{self.index % 1000:03d}"]
        rest = self.index // 1000
        while rest:
            groups.append(f"x{rest % 1000:03d}")
            rest //= 1000
        level = "entries" if self.level == BUNDLE_LEVEL else str(self.level)
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{level}/{'/'.join(reversed(groups))}{partial}"

    @property
    def max_bytes(self) -> int:
        """The largest content that it can have."""
        return self.width * (2 + MAX_ENTRY if self.level == BUNDLE_LEVEL else HASH_SIZE)

    def span(self) -> tuple[int, int]:
        """Return ``(low, high)``, the tree sizes for which this tile's width is the exact one.

        A tree of at least ``low`` leaves has the tile's content; a partial tile is asked for by the sizes
        low..high-1 only.
        """
        unit = 1 << (HEIGHT * max(self.level, 0))
        nodes = self.index * WIDTH + self.width
        return nodes * unit, (nodes + 1) * unit


def parse_path(path: str) -> Tile:
    """Parse a tile or bundle path; the exact inverse of :meth:`Tile.path`.

    Raises:
        FormatError: the path is not in the one form that the specification gives the tile.
    """
    match = _PATH.fullmatch(path)
    if match is None:
        raise FormatError("not a tile path")
    level = BUNDLE_LEVEL if match["level"] == "entries" else int(match["level"])
    index = int(match["index"].replace("/", "").replace("x", ""))
    width = int(match["width"]) if match["width"] else WIDTH
    tile = Tile(level, index, width)
    if (match["width"] and width >= WIDTH) or tile.path() != path:
        raise FormatError("not a tile path")
    return tile


def tile_count(level: int, size: int, height: int = HEIGHT) -> int:
    """Return how many full tiles a level has in a tree of ``size`` leaves."""
    return size >> (height * (max(level, 0) + 1))


def partial_width(level: int, size: int, height: int = HEIGHT) -> int:
    """Return the width of a level's partial tile, ``floor(size / 256^level) mod 256``; 0 means it has none."""
    return (size >> (height * max(level, 0))) & ((1 << height) - 1)


def tiles_of(size: int) -> Iterator[Tile]:
    """Yield every tile and bundle that a tree of ``size`` leaves has, full or partial, level by level."""
    yield from new_tiles(0, size)
    yield from _grown(BUNDLE_LEVEL, 0, size, HEIGHT)


def new_tiles(old: int, new: int, height: int = HEIGHT) -> Iterator[Tile]:
    """Yield the hash tiles (no bundles) that a tree of ``new`` leaves has and one of ``old`` leaves lacks.

    A partial tile that grew is listed with its new width. Other heights than 8 exist in golang's sumdb only.
    """
    level = 0
    while new >> (height * level):
        yield from _grown(level, old, new, height)
        level += 1


def _grown(level: int, old: int, new: int, height: int) -> Iterator[Tile]:
    for index in range(tile_count(level, old, height), tile_count(level, new, height)):
        yield Tile(level, index, 1 << height)
    width = partial_width(level, new, height)
    same_tile = tile_count(level, old, height) == tile_count(level, new, height)
    if width and not (same_tile and partial_width(level, old, height) == width):
        yield Tile(level, tile_count(level, new, height), width)


def locate(level: int, index: int) -> tuple[int, int, int, int]:
    """Return ``(tile level, tile index, level inside the tile, index inside the tile)`` of a tree node."""
    tile_level, inner = divmod(level, HEIGHT)
    tile_index = (index << inner) >> HEIGHT
    return tile_level, tile_index, inner, index - ((tile_index << HEIGHT) >> inner)


def fold(hashes: bytes) -> bytes:
    """Return the node over a power-of-two run of 32-byte hashes."""
    row = [hashes[k : k + HASH_SIZE] for k in range(0, len(hashes), HASH_SIZE)]
    while len(row) > 1:
        row = [node_hash(row[k], row[k + 1]) for k in range(0, len(row), 2)]
    return row[0]


@lru_cache(maxsize=256)
def _remembered_fold(hashes: bytes) -> bytes:
    # The edge is folded again on every commit and almost all of it is the same bytes as before. Keyed by content,
    # so a changed byte is a different key and never gets an old answer. At most 2 MB.
    return fold(hashes)


class TileReader:
    """A :data:`~rogatory.audit.merkle.NodeReader` over tiles, which fetches each tile once.

    Args:
        fetch: ``fetch(level, index)`` returns the longest known content of a tile, full or partial.
    """

    def __init__(self, fetch: Callable[[int, int], bytes]) -> None:
        self._fetch = fetch
        self._tiles: dict[tuple[int, int], bytes] = {}

    def __call__(self, level: int, index: int) -> bytes:
        """Return a node of the tree.

        Raises:
            LogCorrupt: the tile is missing or too short.
        """
        tile_level, tile_index, inner, position = locate(level, index)
        key = (tile_level, tile_index)
        if key not in self._tiles:
            self._tiles[key] = self._fetch(*key)
        start, end = (position << inner) * HASH_SIZE, ((position + 1) << inner) * HASH_SIZE
        hashes = self._tiles[key][start:end]
        if len(hashes) != end - start:
            raise LogCorrupt(f"tile {tile_level}/{tile_index} is missing or too short")
        return _remembered_fold(hashes)


def format_bundle(entries: Sequence[bytes]) -> bytes:
    """Return an entry bundle: each entry behind its u16 big-endian length.

    Raises:
        FormatError: an entry is longer than 65,535 bytes.
    """
    if any(len(entry) > MAX_ENTRY for entry in entries):
        raise FormatError("entry is longer than 65,535 bytes")
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def parse_bundle(data: bytes) -> list[bytes]:
    """Return the entries of a bundle.

    Raises:
        FormatError: the bundle ends inside an entry, or holds more than 256.
    """
    entries: list[bytes] = []
    position = 0
    while position < len(data):
        start = position + 2
        position = start + int.from_bytes(data[position:start], "big")
        if start > len(data) or position > len(data):
            raise FormatError("entry bundle ends inside an entry")
        entries.append(data[start:position])
    if len(entries) > WIDTH:
        raise FormatError("entry bundle holds more than 256 entries")
    return entries
