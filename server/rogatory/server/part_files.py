# SPDX-License-Identifier: Apache-2.0
"""File work of the part store: blocking calls that run in a thread.

Rules and order are not here but in ``rogatory.server.parts``.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from rogatory.audit.failpoints import failpoint
from rogatory.audit.files import sync_directory
from rogatory.protocol.wire import PartStatus
from rogatory.server.parts_index import list_parts

PARTIAL: Final = ".partial"


def settle(root: Path, folder: Path) -> None:
    """Make a disclosure's folder below ``root`` if there is none, and flush its name and the names in it.

    Those that are there already too: a process that was killed may have made them and not flushed them.
    """
    for level in (folder.parent, folder):  # each by itself: parents=True would forget the mode
        level.mkdir(mode=0o700, exist_ok=True)
    for level in (root, folder.parent, folder):
        sync_directory(level)


def flush(path: Path) -> None:
    """Flush a file, if it exists."""
    if not path.exists():
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        failpoint("part.fsync.before")
        os.fsync(handle)
        failpoint("part.fsync.after")
    finally:
        os.close(handle)


def read_at(path: Path, offset: int, length: int) -> bytes:
    """Return up to ``length`` bytes from an offset."""
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(length)


def status(folder: Path) -> tuple[PartStatus, ...]:
    """Return the parts in a disclosure's folder by number, each flushed before it is counted."""
    if not folder.is_dir():
        return ()
    found = {
        number: PartStatus(number, part.path.stat().st_size, True, part.leaf)
        for number, part in list_parts(folder).items()
    }
    if found:  # a part that another thread has just named may not be flushed yet
        sync_directory(folder)
    for path in folder.glob(f"*{PARTIAL}"):
        number, _, leaf = path.name.removesuffix(PARTIAL).partition("-")
        if int(number) not in found:
            flush(path)
            found[int(number)] = PartStatus(int(number), path.stat().st_size, False, bytes.fromhex(leaf))
    return tuple(found[number] for number in sorted(found))
