# SPDX-License-Identifier: Apache-2.0
"""The folder of a mirror: the log in C2SP tlog-tiles form, and beside it what the mirror's owner may open.

    checkpoint, tile/…            the public log, as other people's verifiers read it
    scheme/directory.bin          roots and trust list, as received
    scheme/packs.bin              packs, as received
    openings/<block>.bin          opened entries of 256 indexes each: u32 length and the bytes of an OpenedEntry

Reading is strict: an opening out of order, twice or outside its block is refused. Nothing is verified here, and no
file is ever changed in place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from rogatory.audit.framing import u32
from rogatory.client.private_files import private_dir, read_optional, write_private
from rogatory.protocol import codec, errors
from rogatory.protocol.errors import NotVerified
from rogatory.protocol.wire import MAX_MESSAGE, OpenedEntry

BLOCK: Final = 256


def block_path(folder: Path, index: int) -> Path:
    """Return the file that holds the opened entries around an index."""
    return folder / "openings" / f"{index // BLOCK:09d}.bin"


def read_block(folder: Path, number: int) -> tuple[OpenedEntry, ...]:
    """Return the opened entries of one block, in order; none where there is no such file.

    Raises:
        NotVerified: ``X_LOG_INVALID`` with rule ``MIRROR.BLOCK``.
        Invalid: An entry is not canonical.
    """
    data = read_optional(block_path(folder, number * BLOCK))
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
