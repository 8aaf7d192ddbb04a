# SPDX-License-Identifier: Apache-2.0
"""What is inside sealed sections and disclosures, as values.

Mirrors the messages of ``rogatory/v1/sealed.proto`` that are marked sealed, field by field and name by name, for
``rogatory.protocol.codec``. These values exist in clear only at the ends; the exchange neither parses nor holds them.
Nothing here checks anything: form and agreement with the header are ``instants``, ``identifiers`` and ``match``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MAX_CONTENT: Final = 65_536
MAX_META: Final = 1_048_576
MAX_ITEMS: Final = 4096
RADIUS_DETAIL: Final = "RADIUS_DETAIL"
CGNAT_SYSLOG: Final = "CGNAT_SYSLOG"
MBOX: Final = "MBOX"
RECORDS: Final = "RECORDS"
OPAQUE: Final = "OPAQUE"
FORMATS: Final = (CGNAT_SYSLOG, MBOX, OPAQUE, RADIUS_DETAIL, RECORDS)


@dataclass(frozen=True, slots=True)
class Instant:
    """A moment: the text as it was written, the zone or offset that was stated, and milliseconds since the epoch."""

    text: str = ""
    zone: str = ""
    utc_ms: int = 0


@dataclass(frozen=True, slots=True)
class Exhibit:
    """Where an identifier was taken from: SHA-256 of a file, and a place in it such as ``line:12``."""

    sha256: bytes = b""
    locator: str = ""


@dataclass(frozen=True, slots=True)
class Particulars:
    """What the provider needs for one task. ``identifier`` are exact UTF-8 bytes; ``commitment_key`` 32 random ones.

    ``since`` and ``until`` both belong to the window. ``exhibit`` is absent where the identifier was typed.
    """

    task: int
    identifier_type: str
    identifier: bytes
    commitment_key: bytes
    since: Instant
    until: Instant
    service: str = ""
    observed: tuple[Instant, ...] = ()
    elements: tuple[str, ...] = ()
    purpose: str = ""
    words: str = ""
    exhibit: Exhibit | None = None


@dataclass(frozen=True, slots=True)
class Grounds:
    """Why: for the authority that validates, never for the provider."""

    case_number: str = ""
    offence: str = ""
    necessity: str = ""
    proportionality: str = ""
    case_summary: str = ""
    emergency_reasons: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """Words between the parties."""

    words: str = ""


@dataclass(frozen=True, slots=True)
class DisclosedItem:
    """One file or one run of records in a disclosure.

    ``length`` in bytes; ``sha256`` of the item's bytes, 32 bytes, or empty while the item is not measured yet.
    ``since`` and ``until`` are the span that the provider declares; ``format`` is one of ``FORMATS``; ``label`` says which
    of several it is, where the pack wants that said.
    """

    name: str = ""
    media_type: str = ""
    task: int = 0
    element: str = ""
    since: Instant | None = None
    until: Instant | None = None
    length: int = 0
    sha256: bytes = b""
    format: str = OPAQUE
    label: str = ""


@dataclass(frozen=True, slots=True)
class DisclosureMeta:
    """What a disclosure holds, in the order in which the items are joined; lengths in bytes."""

    items: tuple[DisclosedItem, ...] = ()
    content_length: int = 0
    pad_length: int = 0
    words: str = ""
