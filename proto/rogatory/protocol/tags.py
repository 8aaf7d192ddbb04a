# SPDX-License-Identifier: Apache-2.0
"""Every domain tag that Rogatory hashes, MACs or derives under, in one place.

Framing is ``TH``/``LP`` of ``rogatory.audit.framing``. RFC 6962 hashing, DSSE's PAE and Cobblestone-256 keep their own
framing, and the log entry's tags (``ctx``, ``field``, ``body``) belong to ``rogatory.audit.commitment``. A tag serves
one purpose only; a test holds the list against reuse. This module computes nothing but the framed prefix.
"""

from __future__ import annotations

from typing import Final

from rogatory.audit.framing import lp

REALM: Final = "rogatory/v1/realm"
KEY: Final = "rogatory/v1/key"
STATEMENT: Final = "rogatory/v1/statement"
ENVELOPE: Final = "rogatory/v1/envelope"
HYBRID: Final = "rogatory/v1/hybrid"
ML_DSA_CONTEXT: Final = "rogatory/v1/ml-dsa"
QUORUM: Final = "rogatory/v1/quorum"
PACK: Final = "rogatory/v1/pack"
HEADER: Final = "rogatory/v1/header"
IDENTIFIER: Final = "rogatory/v1/identifier"
IDENTIFIERS: Final = "rogatory/v1/identifiers"
SCOPE: Final = "rogatory/v1/scope"
MANIFEST: Final = "rogatory/v1/manifest"
FEED: Final = "rogatory/v1/feed"
OBJECT: Final = "rogatory/v1/object"
RAW: Final = "rogatory/v1/raw"
SECTION_CONTEXT: Final = "rogatory/v1/section-context"
DISCLOSURE_CONTEXT: Final = "rogatory/v1/disclosure-context"
STREAM: Final = "rogatory/v1/stream"
PLAINTEXT_COMMITMENT: Final = "rogatory/v1/plaintext-commitment"
DATA_KEY_WRAP: Final = "rogatory/v1/data-key-wrap"
BODY: Final = "rogatory/v1/sealed-body"
CARRY: Final = "rogatory/v1/carry"
CARRY_CODE: Final = "rogatory/v1/carry-code"
LETTER_CODE: Final = "rogatory/v1/letter-code"
KEY_FILE: Final = "rogatory/v1/key-file"
VAULT: Final = "rogatory/v1/vault"

ALL: Final[tuple[str, ...]] = tuple(
    value
    for name, value in list(globals().items())
    if name.isupper() and isinstance(value, str) and value.startswith("rogatory/v1/")
)


def framed(tag: str, *parts: bytes) -> bytes:
    """Return ``LP(tag) || LP(p1) || … || LP(pn)``: the message form of a tag, for HMAC, HKDF info and HPKE info."""
    return lp(tag.encode("ascii")) + b"".join(lp(part) for part in parts)
