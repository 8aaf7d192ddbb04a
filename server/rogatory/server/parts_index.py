# SPDX-License-Identifier: Apache-2.0
"""Which parts of a disclosure have arrived whole: names only, no content.

``<parts>/<request id>/<disclosure id>/<number>-<leaf>``: number in six digits, leaf the RFC 6962 leaf hash in hex. The
part store writes these names once a part is complete, verified and durable; the write path reads them to compare the
root with the manifest's. It opens no part and hashes nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_NAME: Final = re.compile(r"([0-9]{6})-([0-9a-f]{64})\Z")


@dataclass(frozen=True, slots=True)
class StoredPart:
    """A complete part: its leaf hash and its file."""

    leaf: bytes
    path: Path


def disclosure_folder(parts: Path, request_id: bytes, disclosure_id: bytes) -> Path:
    """Return the folder of a disclosure's parts, whether it exists or not."""
    return parts / request_id.hex() / disclosure_id.hex()


def part_name(number: int, leaf: bytes) -> str:
    """Return the name of a complete part."""
    return f"{number:06d}-{leaf.hex()}"


def list_parts(folder: Path) -> dict[int, StoredPart]:
    """Return the complete parts in a disclosure's folder by number; nothing where there is no folder."""
    if not folder.is_dir():
        return {}
    matches = ((path, _NAME.match(path.name)) for path in folder.iterdir())
    return {int(m[1]): StoredPart(bytes.fromhex(m[2]), path) for path, m in matches if m is not None}


def whole_parts(parts: Path, request_id: bytes, disclosure_id: bytes) -> list[tuple[bytes, int]]:
    """Return leaf hash and length of complete parts 0, 1, … up to the first that is missing."""
    found = list_parts(disclosure_folder(parts, request_id, disclosure_id))
    whole: list[tuple[bytes, int]] = []
    while len(whole) in found:
        part = found[len(whole)]
        whole.append((part.leaf, part.path.stat().st_size))
    return whole
