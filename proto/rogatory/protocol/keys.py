# SPDX-License-Identifier: Apache-2.0
"""Public keys, key ids and the signature algorithms that a directory row may name.

The algorithm belongs to the key's row, never to the message (cryptography §0.2). Verification is strict: Ed25519 keys
and R points of low order are refused, P-256 signatures must have low S, so one act has one signature. ``Signer`` is
what a key store gives; software signers for tests, services and training stand here, key files and tokens in the
client. Nothing here knows who a key belongs to.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from rogatory.audit.framing import th, u8
from rogatory.protocol import errors, tags
from rogatory.protocol.errors import Invalid, NotVerified

_P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_ED, _ED_SIG, _DSA, _DSA_SIG = 32, 64, 1952, 3309
XWING_LENGTH: Final = 1216
# The distinct encodings of points of low order on edwards25519, canonical or not (C2SP/CCTV, ed25519).
_LOW_ORDER: Final = frozenset(
    bytes.fromhex(text)
    for text in (
        "00" * 32,
        "00" * 31 + "80",
        "01" + "00" * 31,
        "01" + "00" * 30 + "80",
        "ec" + "ff" * 30 + "7f",
        "ec" + "ff" * 31,
        "ed" + "ff" * 30 + "7f",
        "ed" + "ff" * 31,
        "ee" + "ff" * 30 + "7f",
        "ee" + "ff" * 31,
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    )
)


class Alg(IntEnum):
    """Algorithm numbers of directory rows (cryptography §1.2)."""

    ED25519 = 1
    P256 = 2
    ML_DSA_65 = 3
    ED25519_ML_DSA_65 = 4
    X_WING = 9


_RAW_LENGTH: Final = {
    Alg.ED25519: _ED,
    Alg.P256: 65,
    Alg.ML_DSA_65: _DSA,
    Alg.ED25519_ML_DSA_65: _ED + _DSA,
    Alg.X_WING: XWING_LENGTH,
}


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A raw public key and its algorithm number."""

    alg: int
    raw: bytes


class Signer(Protocol):
    """A private key that signs, wherever it lives."""

    @property
    def public_key(self) -> PublicKey:
        """The public half."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return the signature of ``message`` in the form of the key's algorithm."""
        ...


@functools.lru_cache(maxsize=4096)
def key_id(alg: int, raw: bytes) -> bytes:
    """Return the full 32-byte id of a key: it covers the algorithm, so ids cannot be confused across them."""
    return th(tags.KEY, u8(alg), raw)


def check_public_key(alg: int, raw: bytes, at: str = "key") -> None:
    """Check a raw key before it may stand in a row.

    Raises:
        Invalid: Unknown algorithm, wrong length, a point not on the curve, or an Ed25519 key of low order.
    """
    if alg not in _RAW_LENGTH:
        raise Invalid(errors.X_FIELD_INVALID, f"{at}.alg", "ALGORITHM")
    if len(raw) != _RAW_LENGTH[Alg(alg)] or raw[:32] in _LOW_ORDER:
        raise Invalid(errors.X_FIELD_INVALID, f"{at}.raw", "KEY_FORM")
    try:
        if alg == Alg.P256:
            _p256(raw)
        elif alg in {Alg.ED25519, Alg.ED25519_ML_DSA_65}:
            _ed25519(raw[:_ED])
    except ValueError as error:
        raise Invalid(errors.X_FIELD_INVALID, f"{at}.raw", "KEY_FORM") from error


def verify(alg: int, raw: bytes, sig: bytes, message: bytes) -> None:
    """Verify one signature with the algorithm of the key's row.

    Raises:
        NotVerified: ``X_SIGNATURE_INVALID``, whatever the reason.
    """
    try:
        if alg == Alg.ED25519:
            _verify_ed25519(raw, sig, message)
        elif alg == Alg.P256:
            _verify_p256(raw, sig, message)
        elif alg == Alg.ML_DSA_65:
            _ml_dsa(raw).verify(sig, message, tags.ML_DSA_CONTEXT.encode())
        elif alg == Alg.ED25519_ML_DSA_65:
            framed = tags.framed(tags.HYBRID, message)
            _verify_ed25519(raw[:_ED], sig[:_ED_SIG], framed)
            _ml_dsa(raw[_ED:]).verify(sig[_ED_SIG:], framed, tags.HYBRID.encode())
        else:
            raise NotVerified(errors.X_SIGNATURE_INVALID, "sig", "ALGORITHM")
    except (InvalidSignature, ValueError) as error:
        raise NotVerified(errors.X_SIGNATURE_INVALID, "sig", "SIGNATURE") from error


def _verify_ed25519(raw: bytes, sig: bytes, message: bytes) -> None:
    if len(sig) != _ED_SIG or raw in _LOW_ORDER or sig[:32] in _LOW_ORDER:
        raise InvalidSignature
    _ed25519(raw).verify(sig, message)


def _verify_p256(raw: bytes, sig: bytes, message: bytes) -> None:
    if len(sig) != 64:
        raise InvalidSignature
    r, s = int.from_bytes(sig[:32], "big"), int.from_bytes(sig[32:], "big")
    if s > _P256_ORDER // 2:  # else anybody could turn one signature into a second one
        raise InvalidSignature
    _p256(raw).verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))


@functools.lru_cache(maxsize=4096)
def _ed25519(raw: bytes) -> ed25519.Ed25519PublicKey:
    return ed25519.Ed25519PublicKey.from_public_bytes(raw)


@functools.lru_cache(maxsize=4096)
def _p256(raw: bytes) -> ec.EllipticCurvePublicKey:
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)


@functools.lru_cache(maxsize=64)
def _ml_dsa(raw: bytes) -> mldsa.MLDSA65PublicKey:
    return mldsa.MLDSA65PublicKey.from_public_bytes(raw)


class Ed25519Signer:
    """Software Ed25519 key from a 32-byte seed."""

    def __init__(self, seed: bytes) -> None:
        self._key = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
        self.public_key = PublicKey(Alg.ED25519, self._key.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature."""
        return self._key.sign(message)


class P256Signer:
    """Software P-256 key from a 32-byte scalar; signatures are r then s, s low."""

    def __init__(self, scalar: bytes) -> None:
        self._key = ec.derive_private_key(int.from_bytes(scalar, "big"), ec.SECP256R1())
        raw = self._key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        self.public_key = PublicKey(Alg.P256, raw)

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature."""
        r, s = decode_dss_signature(
            self._key.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
        )
        s = min(s, _P256_ORDER - s)
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


class HybridSigner:
    """Software Ed25519 + ML-DSA-65 pair from two 32-byte seeds, for roots, lists and packs; both halves must verify."""

    def __init__(self, seeds: bytes) -> None:
        self._ed = ed25519.Ed25519PrivateKey.from_private_bytes(seeds[:32])
        self._dsa = mldsa.MLDSA65PrivateKey.from_seed_bytes(seeds[32:64])
        raw = self._ed.public_key().public_bytes_raw() + self._dsa.public_key().public_bytes_raw()
        self.public_key = PublicKey(Alg.ED25519_ML_DSA_65, raw)

    def sign(self, message: bytes) -> bytes:
        """Return the Ed25519 signature followed by the ML-DSA-65 one."""
        framed = tags.framed(tags.HYBRID, message)
        return self._ed.sign(framed) + self._dsa.sign(framed, tags.HYBRID.encode())


def signer_id(signer: Signer) -> bytes:
    """Return the key id of a signer's public half."""
    return key_id(signer.public_key.alg, signer.public_key.raw)
