# SPDX-License-Identifier: Apache-2.0
"""Units' sealing keys: X-Wing (ML-KEM-768 with X25519) from a 32-byte seed, and HPKE wraps of data keys.

HPKE base mode, KEM 0x647a, HKDF-SHA256, AES-256-GCM (RFC 9180, the X-Wing draft). Base mode does not authenticate the
sender: the signed statement does, and the context is bound through ``info``. Which keys may be recipients is decided by
the directory, not here; the keys have no serialisation, so seeds are what a key file holds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import mlkem, x25519
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from rogatory.protocol import errors, tags
from rogatory.protocol.errors import Invalid, NotAuthorised, NotVerified
from rogatory.protocol.header import require
from rogatory.protocol.keys import XWING_LENGTH, Alg, key_id
from rogatory.protocol.sealed import MAX_RECIPIENTS
from rogatory.protocol.statements import KeyWrap

SEED_LENGTH: Final = 32
_MLKEM_PUBLIC: Final = 1184
_MLKEM_SEED: Final = 64
_SUITE: Final = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def private_key(seed: bytes) -> MLKEM768X25519PrivateKey:
    """Expand a 32-byte seed with SHAKE256 to a 64-byte ML-KEM seed and a 32-byte X25519 key.

    Raises:
        Invalid: The seed has another length.
    """
    return MLKEM768X25519PrivateKey(*_halves(seed))


def public_raw(seed: bytes) -> bytes:
    """Return the 1,216-byte public key of a seed: ML-KEM-768, then X25519."""
    kem, curve = _halves(seed)
    return kem.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()


def _halves(seed: bytes) -> tuple[mlkem.MLKEM768PrivateKey, x25519.X25519PrivateKey]:
    require(len(seed) == SEED_LENGTH, "seed", "LENGTH")
    expanded = hashlib.shake_256(seed).digest(96)
    return (
        mlkem.MLKEM768PrivateKey.from_seed_bytes(expanded[:_MLKEM_SEED]),
        x25519.X25519PrivateKey.from_private_bytes(expanded[_MLKEM_SEED:]),
    )


def public_key(raw: bytes) -> MLKEM768X25519PublicKey:
    """Return the key object of a raw public key.

    Raises:
        Invalid: Wrong length, or not an ML-KEM-768 encapsulation key.
    """
    require(len(raw) == XWING_LENGTH, "recipients", "KEY_FORM")
    try:
        kem = mlkem.MLKEM768PublicKey.from_public_bytes(raw[:_MLKEM_PUBLIC])
        curve = x25519.X25519PublicKey.from_public_bytes(raw[_MLKEM_PUBLIC:])
        return MLKEM768X25519PublicKey(kem, curve)
    except ValueError as error:
        raise Invalid(errors.X_FIELD_INVALID, "recipients", "KEY_FORM") from error


def wrap_all(
    data_key: bytes, context_digest: bytes, recipients: Mapping[bytes, bytes], expected: Sequence[bytes]
) -> tuple[KeyWrap, ...]:
    """Wrap a data key for every recipient, sorted by key id.

    Args:
        data_key: The 32 bytes.
        context_digest: Digest of the object's context.
        recipients: Raw public key by key id, from the directory.
        expected: The recipients that the context names.

    Raises:
        Invalid: Recipients and context differ, a key id is not that of its key, or a key is malformed.
    """
    require(0 < len(recipients) <= MAX_RECIPIENTS, "recipients", "COUNT")
    require(sorted(recipients) == list(expected), "recipients", "CONTEXT_NAMES")
    return tuple(KeyWrap(name, _wrap(data_key, context_digest, name, recipients[name])) for name in expected)


def _wrap(data_key: bytes, context_digest: bytes, name: bytes, raw: bytes) -> bytes:
    require(key_id(Alg.X_WING, raw) == name, "recipients", "KEY_ID")
    key = public_key(raw)
    try:
        return _SUITE.encrypt(data_key, key, _info(context_digest, name))
    except ValueError as error:  # an X25519 half of low order
        raise Invalid(errors.X_FIELD_INVALID, "recipients", "KEY_FORM") from error


def _info(context_digest: bytes, name: bytes) -> bytes:
    return tags.framed(tags.DATA_KEY_WRAP, context_digest, name)


class UnitKeys:
    """The private sealing keys that this device holds, by key id: the current one and earlier ones."""

    def __init__(self, seeds: Iterable[bytes]) -> None:
        self._keys: Mapping[bytes, MLKEM768X25519PrivateKey] = MappingProxyType(
            {key_id(Alg.X_WING, public_raw(seed)): private_key(seed) for seed in seeds}
        )

    @property
    def key_ids(self) -> frozenset[bytes]:
        """Key ids of the rows that these keys belong to."""
        return frozenset(self._keys)

    def unwrap(self, wraps: Sequence[KeyWrap], context_digest: bytes, at: str, rule: str) -> bytes:
        """Return the data key of an object.

        Args:
            wraps: The object's wraps.
            context_digest: Digest of the context as the opener computes it.
            at: Path of the object, for error texts.
            rule: Rule named when the wrap does not open under this context.

        Raises:
            NotAuthorised: ``X_FIELD_NOT_FOR_RECIPIENT``: no wrap is for a key held here.
            NotVerified: ``X_SEAL_BROKEN``: the wrap was made for another context, or is damaged.
        """
        mine = next((wrap for wrap in wraps if wrap.key_id in self._keys), None)
        if mine is None:
            raise NotAuthorised(errors.X_FIELD_NOT_FOR_RECIPIENT, at, "RECIPIENT")
        try:
            return _SUITE.decrypt(mine.wrap, self._keys[mine.key_id], _info(context_digest, mine.key_id))
        except (InvalidTag, ValueError) as error:
            raise NotVerified(errors.X_SEAL_BROKEN, at, rule) from error
