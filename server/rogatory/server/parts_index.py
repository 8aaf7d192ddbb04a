# SPDX-License-Identifier: Apache-2.0
"""Which parts of a disclosure have arrived whole: names only, no content.

``<parts>/<request id>/<disclosure id>/<number>-<leaf>``: number in six digits, leaf the RFC 6962 leaf hash in hex. The
part store writes these names once a part is complete, verified and durable; the write path reads them to compare the
root with the manifest's. It opens no part and hashes nothing.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

_NAME: Final = re.compile(r"([0-9]{6})-([0-9a-f]{64})\Z")


def disclosure_folder(parts: Path, request_id: bytes, disclosure_id: bytes) -> Path:
    """Return the folder of a disclosure's parts, whether it exists or not."""
    return parts / request_id.hex() / disclosure_id.hex()


def part_name(number: int, leaf: bytes) -> str:
    """Return the name of a complete part."""
    return f"{number:06d}-{leaf.hex()}"


def part_leaves(parts: Path, request_id: bytes, disclosure_id: bytes) -> list[bytes]:
    """Return the leaf hashes of complete parts 0, 1, … up to the first that is missing."""
    folder = disclosure_folder(parts, request_id, disclosure_id)
    if not folder.is_dir():
        return []
    matches = (_NAME.match(path.name) for path in folder.iterdir())
    found = {int(match[1]): bytes.fromhex(match[2]) for match in matches if match is not None}
    leaves: list[bytes] = []
    while len(leaves) in found:
        leaves.append(found[len(leaves)])
    return leaves
