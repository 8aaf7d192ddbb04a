# SPDX-License-Identifier: Apache-2.0
"""Showing a third person what was in a section, without giving away a key that opens it (cryptography §2.3).

The commitment key of an object proves its plaintext against the commitment in the signed header; it decrypts nothing.
``commitment_key`` needs the unit's private key, ``prove_section`` needs none.
"""

from __future__ import annotations

import hashlib
import hmac

from rogatory.audit.framing import u32
from rogatory.client.sealing.derive import object_keys, plaintext_commitment
from rogatory.client.sealing.plaintext import held
from rogatory.client.sealing.xwing import UnitKeys
from rogatory.protocol.header import SectionRef
from rogatory.protocol.sealed import SectionContext, check_object, context_digest


def commitment_key(data: bytes, ref: SectionRef, context: SectionContext, unit_keys: UnitKeys) -> bytes:
    """Return the 32-byte key that proves a section's plaintext.

    Raises:
        NotVerified: ``X_SEAL_BROKEN``: the object is not the one referred to, or its wrap does not open here.
        NotAuthorised: It is sealed to other units.
    """
    sealed = check_object(data, ref)
    digest = context_digest(context)
    data_key = unit_keys.unwrap(sealed.wraps, digest, "section", "SECTION.CONTEXT")
    return object_keys(data_key, digest).commitment


def prove_section(message: bytes, key: bytes, ref: SectionRef) -> None:
    """Prove that ``message`` is what was sealed under a signed reference.

    Raises:
        NotVerified: ``X_SEAL_BROKEN`` with rule ``SECTION.PLAINTEXT_COMMITMENT``.
    """
    plain = u32(len(message)) + message
    expected = plaintext_commitment(key, hashlib.sha256(plain).digest())
    held(hmac.compare_digest(expected, ref.plaintext_commitment), "SECTION.PLAINTEXT_COMMITMENT", "section")
