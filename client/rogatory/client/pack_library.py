# SPDX-License-Identifier: Apache-2.0
"""The regime packs that ship, by id: files to read, to sign and to learn from. None of them counts until a quorum signed it."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import resources
from typing import Final

from rogatory.protocol import errors
from rogatory.protocol.errors import Refused

DEFAULT_PACK: Final = "eu.e-evidence.2023-1543"
ALL: Final = "all"


def shipped_packs() -> dict[str, bytes]:
    """Return the exact bytes of every pack that ships, by file name without ending (``ID.vVERSION``), ascending."""
    files = (item for item in resources.files("rogatory.packs").iterdir() if item.name.endswith(".yaml"))
    return {
        item.name.removesuffix(".yaml"): item.read_bytes() for item in sorted(files, key=lambda f: f.name)
    }


def chosen_packs(names: Iterable[str] = (DEFAULT_PACK,)) -> tuple[bytes, ...]:
    """Return packs by id, with or without version, or all of them.

    Raises:
        Refused: ``X_PACK_UNKNOWN``: no pack of that name ships.
    """
    wanted, files = tuple(names), shipped_packs()
    if ALL in wanted:
        return tuple(files.values())
    found: dict[str, bytes] = {}
    for name in wanted:
        of_name = {file: data for file, data in files.items() if name in {file, file.rpartition(".v")[0]}}
        if not of_name:
            raise Refused(errors.X_PACK_UNKNOWN, "pack", "PACK.SHIPS")
        found.update(of_name)
    return tuple(found.values())
