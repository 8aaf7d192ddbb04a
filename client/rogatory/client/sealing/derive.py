# SPDX-License-Identifier: Apache-2.0
"""From a data key to the keys of one object (architecture §6): each key serves one purpose and is bound to a context.

HKDF-Expand with SHA-512; a data key is 32 random bytes already, so there is no extract step. Nothing is stored here.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from rogatory.protocol import errors, tags
from rogatory.protocol.header import require

KEY_LENGTH = 32


@dataclass(frozen=True, slots=True)
class ObjectKeys:
    """The keys of one sealed object; never shown.

    Attributes:
        stream: Key of the body.
        commitment: Key of the plaintext commitment; revealing it proves content without giving the data key away.
        body_context: What the body's key schedule is bound to.
    """

    stream: bytes = field(repr=False)
    commitment: bytes = field(repr=False)
    body_context: bytes = field(repr=False)


def object_keys(data_key: bytes, context_digest: bytes) -> ObjectKeys:
    """Derive the keys of the object with this context.

    Raises:
        Invalid: The data key is not 32 bytes: HKDF would take any length (cryptography §9, pitfall 13).
    """
    require(len(data_key) == KEY_LENGTH, "data_key", "LENGTH", errors.X_SEAL_BROKEN)
    return ObjectKeys(
        stream=_expand(data_key, tags.framed(tags.STREAM, context_digest)),
        commitment=_expand(data_key, tags.framed(tags.PLAINTEXT_COMMITMENT, context_digest)),
        body_context=tags.framed(tags.BODY, context_digest),
    )


def plaintext_commitment(commitment_key: bytes, plaintext_sha256: bytes) -> bytes:
    """Return HMAC-SHA256 over the SHA-256 of the plaintext without its padding.

    Keyed, because a bare hash of a short answer can be guessed.
    """
    return hmac.digest(commitment_key, plaintext_sha256, "sha256")


def _expand(key: bytes, info: bytes) -> bytes:
    return HKDFExpand(hashes.SHA512(), KEY_LENGTH, info).derive(key)
