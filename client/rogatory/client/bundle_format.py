# SPDX-License-Identifier: Apache-2.0
"""Names of a bundle's members and its index, ``bundle.json``: one encoding, made again to be compared.

Values and their bytes; nothing is read from a disk and nothing is verified here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rogatory.protocol import errors
from rogatory.protocol.errors import Invalid
from rogatory.protocol.header import require
from rogatory.protocol.plain import from_plain, to_plain

FORMAT: Final = "rogatory bundle 1"
INDEX: Final = "bundle.json"
CHECKPOINT: Final = "checkpoint.note"
DIRECTORY: Final = "scheme/directory.bin"
PACKS: Final = "scheme/packs.bin"
SECTION_KEY: Final = 32


@dataclass(frozen=True, slots=True)
class IndexRow:
    """A member: name, length in bytes, SHA-256."""

    name: str
    length: int
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Index:
    """What a bundle says of itself; members sorted by name."""

    format: str
    realm: bytes
    request_id: bytes
    members: tuple[IndexRow, ...]


def index_bytes(realm: bytes, request_id: bytes, rows: Sequence[IndexRow]) -> bytes:
    """Return the one encoding of an index."""
    plain = to_plain(Index(FORMAT, realm, request_id, tuple(rows)))
    return json.dumps(plain, indent=1, sort_keys=True).encode() + b"\n"


def parse_index(data: bytes) -> Index:
    """Parse an index that is in its one encoding.

    Raises:
        Invalid: ``X_ENCODING`` or ``X_FIELD_INVALID``.
    """
    try:
        found = from_plain(Index, json.loads(data), "bundle")
    except (ValueError, RecursionError) as error:  # the latter from brackets without end
        raise Invalid(errors.X_ENCODING, "bundle.json", "JSON") from error
    require(found.format == FORMAT, "bundle.format", "VERSION")
    if index_bytes(found.realm, found.request_id, found.members) != data:
        raise Invalid(errors.X_ENCODING, "bundle.json", "CANONICAL")
    return found


def statement_name(index: int) -> str:
    """Return the member of a statement by its log index."""
    return f"statements/{index:012d}.bin"


def proof_name(index: int) -> str:
    """Return the member of an entry's tlog-proof."""
    return f"proofs/{index:012d}.tlog-proof"


def rejection_name(index: int) -> str:
    """Return the member of a rejection by its log index."""
    return f"rejections/{index:012d}.bin"


def refused_name(index: int) -> str:
    """Return the member of the exact bytes that a rejection is about."""
    return f"rejections/{index:012d}.refused"


def section_name(object_digest: bytes) -> str:
    """Return the member of an opened section."""
    return f"sections/{object_digest.hex()}.bin"


def disclosure_name(disclosure_id: bytes, part: str) -> str:
    """Return a member of an opened disclosure: ``key``, ``meta`` or an item's number."""
    return f"disclosures/{disclosure_id.hex()}/{part}.bin"


def outside_name(digest: bytes, part: str) -> str:
    """Return a member of something that came another way, by the digest that was signed: ``meta`` or an item's number."""
    return f"outside/{digest.hex()}/{part}.bin"


def item_part(number: int) -> str:
    """Return the part name of an item, counted from 1."""
    return f"item-{number:04d}"
