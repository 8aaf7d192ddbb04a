# SPDX-License-Identifier: Apache-2.0
"""The folder of a mirror: the log in C2SP tlog-tiles form, and beside it what the mirror's owner may open.

    checkpoint, tile/…            the public log, as other people's verifiers read it
    scheme/directory.bin          roots and trust list, as received
    scheme/packs.bin              packs, as received
    openings/<block>.bin          opened entries of 256 indexes each: u32 length and the bytes of an OpenedEntry

Reading is strict: an opening out of order, twice or outside its block is refused, and so is every file that is not
listed here, so that nothing lies in a mirror that no check covers. Signatures and hashes are not checked here, and no
file is ever changed in place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from rogatory.audit.errors import FormatError
from rogatory.audit.framing import u32
from rogatory.audit.merkle import HASH_SIZE
from rogatory.audit.tile import BUNDLE_LEVEL, Tile, parse_bundle, parse_path, tiles_of
from rogatory.client.private_files import private_dir, read_kept, read_optional, write_private
from rogatory.protocol import codec, errors
from rogatory.protocol.errors import NotVerified
from rogatory.protocol.statements import MAX_ENVELOPE
from rogatory.protocol.wire import MAX_MESSAGE, OpenedEntry

BLOCK: Final = 256
MAX_BLOCK: Final = BLOCK * 2 * MAX_ENVELOPE  # an opened entry is an envelope and what is small beside it
CHECKPOINT: Final = "checkpoint"
DIRECTORY: Final = "scheme/directory.bin"
PACKS: Final = "scheme/packs.bin"


def block_path(folder: Path, index: int) -> Path:
    """Return the file that holds the opened entries around an index."""
    return folder / "openings" / f"{index // BLOCK:09d}.bin"


def read_block(folder: Path, number: int) -> tuple[OpenedEntry, ...]:
    """Return the opened entries of one block, in order; none where there is no such file.

    Raises:
        NotVerified: ``X_LOG_INVALID`` with rule ``MIRROR.BLOCK``.
        Invalid: An entry is not canonical.
    """
    data = read_optional(block_path(folder, number * BLOCK), "openings", MAX_BLOCK)
    if data is not None and not data:
        raise NotVerified(errors.X_LOG_INVALID, "openings", "MIRROR.BLOCK")
    found: list[OpenedEntry] = []
    at, last = 0, number * BLOCK - 1
    while data and at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        piece = data[at + 4 : at + 4 + length]
        if len(piece) != length or not length:
            raise NotVerified(errors.X_LOG_INVALID, "openings", "MIRROR.BLOCK")
        entry = codec.decode(OpenedEntry, piece, limit=MAX_MESSAGE, at="openings")
        if not last < entry.index < (number + 1) * BLOCK:
            raise NotVerified(errors.X_LOG_INVALID, "openings", "MIRROR.BLOCK")
        found.append(entry)
        last, at = entry.index, at + 4 + length
    return tuple(found)


def blocks(folder: Path) -> Iterator[int]:
    """Yield the numbers of the blocks that are there, in order.

    Raises:
        NotVerified: Something else lies between them.
    """
    root = folder / "openings"
    names = sorted(path.name for path in root.iterdir()) if root.exists() else []
    for name in names:
        stem = name.removesuffix(".bin")
        if not stem.isdecimal() or name != f"{int(stem):09d}.bin":
            raise NotVerified(errors.X_LOG_INVALID, "openings", "MIRROR.BLOCK")
        yield int(stem)


def add_entries(folder: Path, entries: Iterable[OpenedEntry]) -> None:
    """Add opened entries to their blocks; entries that are there already stay as they are."""
    fresh: dict[int, list[OpenedEntry]] = {}
    for entry in entries:
        fresh.setdefault(entry.index // BLOCK, []).append(entry)
    for number, items in fresh.items():
        held = {entry.index: entry for entry in read_block(folder, number)}
        for item in items:
            held.setdefault(item.index, item)
        encoded = [codec.encode(held[index]) for index in sorted(held)]
        private_dir(folder / "openings")
        write_private(block_path(folder, number * BLOCK), b"".join(u32(len(data)) + data for data in encoded))


def last_opened(folder: Path) -> int:
    """Return the index after the last opened entry; 0 for none."""
    numbers = list(blocks(folder))
    entries = read_block(folder, numbers[-1]) if numbers else ()
    return entries[-1].index + 1 if entries else 0


def _paths(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield everything below a folder that is no folder, with its path from there."""
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_dir():
            yield path.relative_to(folder).as_posix(), path


def check_files(folder: Path, size: int) -> None:
    """Demand exactly the files of a mirror of this size, each tile and bundle with exactly its hashes or entries.

    Raises:
        NotVerified: ``X_LOG_INVALID`` with rule ``MIRROR.FILE`` (one too many or too few) or ``MIRROR.TILE``.
        Invalid: A file is none that is read.
    """
    tiles = {tile.path(): tile for tile in tiles_of(size)}
    wanted = {CHECKPOINT, DIRECTORY, PACKS, *tiles}
    wanted |= {block_path(Path(), number * BLOCK).as_posix() for number in blocks(folder)}
    found = dict(_paths(folder))
    if set(found) != wanted or any(path.is_symlink() for path in found.values()):
        raise NotVerified(errors.X_LOG_INVALID, "mirror", "MIRROR.FILE")
    for name, tile in tiles.items():
        if not _exact(tile, read_kept(found[name], "mirror.tile", tile.max_bytes)):
            raise NotVerified(errors.X_LOG_INVALID, "mirror", "MIRROR.TILE")


def _exact(tile: Tile, data: bytes) -> bool:
    if tile.level != BUNDLE_LEVEL:
        return len(data) == tile.width * HASH_SIZE
    try:
        return len(parse_bundle(data)) == tile.width
    except FormatError:
        return False


def tidy(folder: Path, size: int) -> None:
    """Remove what earlier, smaller copies left: narrower partial tiles, and files of a write that was cut off."""
    wanted = {tile.path() for tile in tiles_of(size)}
    for name, path in list(_paths(folder)):
        if name in wanted:
            continue
        try:
            stale = name.endswith(".tmp") or bool(parse_path(name).path())
        except FormatError:
            stale = False
        if stale:
            path.unlink()
