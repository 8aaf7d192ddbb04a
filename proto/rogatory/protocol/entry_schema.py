# SPDX-License-Identifier: Apache-2.0
"""The sixteen slots of a log entry, their encodings, who may open which: one table for code and docs.

``SCHEMA`` is the published schema file, word for word; its SHA-256 is the ``schema_id`` inside every commitment and is
logged before first use (architecture §8). Old entries keep the schema they were made under, so this text never changes:
a new meaning is a new file beside it. The commitments themselves are ``rogatory.audit.commitment``.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from rogatory.audit.commitment import ABSENT, payload, present
from rogatory.audit.errors import FormatError
from rogatory.audit.framing import lp, u16, u32, u64
from rogatory.protocol import errors
from rogatory.protocol.errors import NotVerified

SCHEMA: Final = b"""rogatory entry schema 1
Value bytes: 00 = absent; 01 and a payload = present. Integers are big-endian. LP(x) = u32 length and x.
text = UTF-8 in NFC. id = 16 bytes. digest = 32 bytes. time = u64 milliseconds since 1970-01-01T00:00:00Z.
list = u16 count and LP(item) each, items sorted and unique. record = LP(item) each, as many as are named here.
0 record(text statement kind, text operation of LED Art. 25)
1 text statistics bucket, a function of slots 0, 5, 6 and 15
2 id acting party
3 id receiving party
4 time commit
5 record(text pack id, u32 pack version, text legal type)
6 list of text data categories
7 digest scope
8 digest root of the identifier commitments
9 digest leaf hash of the request's previous entry
10 digest envelope, or quorum object
11 digest manifest
12 record(u32 due day, u16 extension number)
13 time user notice due
14 record(id subject, text role, text purpose or justification code)
15 record(text outcome code, text rule, text state after, text flags joined by a comma)
"""
SCHEMA_ID: Final = hashlib.sha256(SCHEMA).digest()

KIND, BUCKET, ACTOR, RECEIVER, TIME, PACK, CATEGORIES, SCOPE = range(8)
IDENTIFIERS, PREVIOUS, ENVELOPE, MANIFEST, SEAL, NOTICE, SUBJECT, OUTCOME = range(8, 16)

ALL_SLOTS: Final = frozenset(range(16))
# Who opens which slots (architecture §8). The public opens nothing before an entry is due.
VIEWS: Final[Mapping[str, frozenset[int]]] = MappingProxyType(
    {
        "party": ALL_SLOTS,
        "oversight": ALL_SLOTS,
        "public, once due": frozenset({KIND, BUCKET, PACK, CATEGORIES, SEAL}),
        "public, before due": frozenset(),
    }
)
# Slots that stay within legal retention even when a request is erased.
NOT_ERASABLE: Final = frozenset({0, 1, 2, 3, 4, 5, 9, 10, 12, 14, 15})


# The year 3000: an operator's number must not carry a calendar computation over its edge.
MAX_TIME_MS: Final = 32_503_680_000_000


def text_value(text: str) -> bytes:
    """Return the value of a text slot: UTF-8 in NFC; absent when empty."""
    return present(unicodedata.normalize("NFC", text).encode()) if text else ABSENT


def bytes_value(data: bytes) -> bytes:
    """Return the value of an id or digest slot; absent when empty."""
    return present(data) if data else ABSENT


def time_value(ms: int) -> bytes:
    """Return the value of a time slot (milliseconds since the epoch)."""
    return present(u64(ms))


def list_value(items: Iterable[str]) -> bytes:
    """Return the value of a list slot: sorted and unique; absent when empty."""
    encoded = sorted({unicodedata.normalize("NFC", item).encode() for item in items})
    return present(u16(len(encoded)) + b"".join(lp(item) for item in encoded)) if encoded else ABSENT


def record_value(*items: bytes) -> bytes:
    """Return the value of a record slot, whose item count the schema fixes."""
    return present(b"".join(lp(item) for item in items))


def read_record(value: bytes, count: int) -> tuple[bytes, ...]:
    """Return the items of a record slot, or empty ones where the slot is absent.

    Raises:
        NotVerified: ``X_LOG_INVALID``: not exactly ``count`` items, or no value at all.
    """
    data = _payload(value, "SLOT.RECORD")
    if data is None:
        return (b"",) * count
    items: list[bytes] = []
    while data:
        length = int.from_bytes(data[:4], "big")
        if len(data) < 4 + length:
            raise NotVerified(errors.X_LOG_INVALID, "entry", "SLOT.RECORD")
        items.append(data[4 : 4 + length])
        data = data[4 + length :]
    if len(items) != count:
        raise NotVerified(errors.X_LOG_INVALID, "entry", "SLOT.RECORD")
    return tuple(items)


def read_time(value: bytes) -> int:
    """Return the milliseconds of a time slot.

    Raises:
        NotVerified: ``X_LOG_INVALID``: no value, absent, not eight bytes, or beyond any calendar reckoned with here.
    """
    data = _payload(value, "SLOT.TIME")
    if data is None or len(data) != 8:
        raise NotVerified(errors.X_LOG_INVALID, "entry", "SLOT.TIME")
    time_ms = int.from_bytes(data, "big")
    if time_ms >= MAX_TIME_MS:
        raise NotVerified(errors.X_LOG_INVALID, "entry", "SLOT.TIME")
    return time_ms


def read_code(data: bytes) -> str:
    """Return an item of a record slot that holds a code.

    Raises:
        NotVerified: ``X_LOG_INVALID``: not ASCII.
    """
    try:
        return data.decode("ascii")
    except UnicodeDecodeError as error:
        raise NotVerified(errors.X_LOG_INVALID, "entry", "SLOT.CODE") from error


def _payload(value: bytes, rule: str) -> bytes | None:
    try:
        return payload(value)
    except FormatError as error:
        raise NotVerified(errors.X_LOG_INVALID, "entry", rule) from error


def seal_value(due_day: int, extension: int = 0) -> bytes:
    """Return the value of the seal terms slot: due day and extension number."""
    return record_value(u32(due_day), u16(extension))
