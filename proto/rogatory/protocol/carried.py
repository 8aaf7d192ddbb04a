# SPDX-License-Identifier: Apache-2.0
"""A carry file: what travels by hand when the exchange is down (architecture §13, ``docs/carry.md``).

``rogatory carry file 1`` and a line end, the length of the head (four bytes), the head, then the sealed bodies of
disclosures one after the other. The head is a sealed object for one unit; what is in it is ``CarriedFile``. Values, framing
and the code that is read over the telephone; nothing is sealed, opened, verified or believed here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rogatory.audit.framing import th, u32
from rogatory.protocol import errors, tags
from rogatory.protocol.header import require
from rogatory.protocol.wire import GetDirectoryResponse, GetPacksResponse, LoggedStatement

MAGIC: Final = b"rogatory carry file 1\n"
PREFIX: Final = len(MAGIC) + 4
MAX_HEAD: Final = 16 * 1024 * 1024
MAX_SIGNED: Final = 64
MAX_OBJECTS: Final = 256
# No I, L, O, U: nothing that sounds or looks like something else (Crockford's base 32).
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_GROUPS: Final = 3
_GROUP: Final = 4


@dataclass(frozen=True, slots=True)
class CarriedFile:
    """Exact bytes of the content, and the signed ``transmit_outside`` that names their length and SHA-256."""

    content: bytes = b""
    cover: bytes = b""


@dataclass(frozen=True, slots=True)
class CarriedContent:
    """Directory, packs, newest head, what is logged (with receipts), what is signed and not logged, sealed sections."""

    directory: GetDirectoryResponse
    packs: GetPacksResponse
    checkpoint: bytes = b""
    logged: tuple[LoggedStatement, ...] = ()
    signed: tuple[bytes, ...] = ()
    objects: tuple[bytes, ...] = ()


def carry_context(realm: bytes, recipient: bytes) -> bytes:
    """Return what the keys of a carry file's head are bound to: the realm and the sealing row that it is for."""
    return th(tags.CARRY, realm, recipient)


def frame(head: bytes) -> bytes:
    """Return the beginning of a carry file, up to where the bodies begin."""
    return MAGIC + u32(len(head)) + head


def head_length(prefix: bytes) -> int:
    """Return the length of the head that a file's first bytes announce.

    Raises:
        Invalid: ``X_ENCODING``: no carry file; ``X_TOO_LARGE``: a head of this length is not read.
    """
    require(len(prefix) == PREFIX and prefix.startswith(MAGIC), "carried", "MAGIC", errors.X_ENCODING)
    length = int.from_bytes(prefix[len(MAGIC) :], "big")
    require(0 < length <= MAX_HEAD, "carried.head", "SIZE_CAP", errors.X_TOO_LARGE)
    return length


def check_content(content: CarriedContent) -> None:
    """Check what can be said of a content by itself.

    Raises:
        Invalid: Too many of something, or no statement at all.
    """
    require(content.logged or content.signed, "carried.signed", "PRESENT", errors.X_FIELD_MISSING)
    for name, items, most in (
        ("signed", content.signed, MAX_SIGNED),
        ("objects", content.objects, MAX_OBJECTS),
    ):
        require(len(items) <= most, f"carried.{name}", "COUNT", errors.X_TOO_LARGE)


def read_back(cover_digest: bytes) -> str:
    """Return the twelve characters that are read over the telephone: 60 bits of a hash over the cover's envelope digest.

    The cover is signed and names the content, so the code stands for all of it; both sides compute it.
    """
    return spoken_code(tags.CARRY_CODE, cover_digest)


def spoken_code(tag: str, digest: bytes) -> str:
    """Return twelve characters, in groups of four, that stand for a digest: 60 bits of its tagged hash."""
    number = int.from_bytes(th(tag, digest), "big")
    letters = "".join(_ALPHABET[(number >> (5 * i)) & 31] for i in range(_GROUPS * _GROUP))
    return "-".join(letters[i : i + _GROUP] for i in range(0, len(letters), _GROUP))
