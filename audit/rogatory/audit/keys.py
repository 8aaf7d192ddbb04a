# SPDX-License-Identifier: Apache-2.0
"""Note keys: verifiers and signers of every signature type, and their text forms.

| type | key                   | signature after the 4-byte key id         | signed bytes                      |
|------|-----------------------|-------------------------------------------|-----------------------------------|
| 0x01 | Ed25519               | 64 bytes                                  | note text                         |
| 0x02 | ECDSA P-256, SPKI     | DER                                       | note text, SHA-256                |
| 0x04 | Ed25519               | u64 seconds, 64 bytes                     | cosignature/v1                    |
| 0x05 | ECDSA P-256, SPKI     | u64 ms, 04 03, u16 length, DER            | RFC 6962 tree head; NOT the origin |
| 0x06 | ML-DSA-44             | u64 seconds, 2,420 bytes                  | subtree/v1                        |

Pure. It neither keeps nor finds keys: which key speaks for which log is configuration of the caller.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from rogatory.audit.checkpoint import parse_checkpoint
from rogatory.audit.cosignature import (
    SubtreeStatement,
    cosignature_message,
    format_timestamped,
    split_timestamped,
)
from rogatory.audit.encoding import check_name, decode_base64, encode_base64
from rogatory.audit.errors import BadSignature, FormatError
from rogatory.audit.framing import u64

__all__ = [
    "COSIGNATURE",
    "ECDSA_P256",
    "ED25519",
    "STATIC_CT",
    "SUBTREE",
    "Ed25519Signer",
    "PublicKey",
    "Signer",
    "TimestampedEd25519Signer",
    "TimestampedMlDsaSigner",
    "Verifier",
    "parse_signer",
    "parse_vkey",
]

ED25519 = 0x01
ECDSA_P256 = 0x02
COSIGNATURE = 0x04
STATIC_CT = 0x05
SUBTREE = 0x06

_MLDSA44_SIGNATURE = 2_420
_P25519 = 2**255 - 19
# y of the eight points of edwards25519 whose order divides 8; the sign of x does not matter here.
_SMALL_ORDER_Y = frozenset(
    {
        0,
        1,
        _P25519 - 1,
        0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,
        0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
    }
)
_VKEY = re.compile(r"(?P<name>[^+]+)\+(?P<id>[0-9a-f]{8})\+(?P<key>[A-Za-z0-9+/]+={0,2})")


class Verifier(Protocol):
    """Checks the note signatures of one key. Implementations are immutable and safe to share."""

    @property
    def name(self) -> str:
        """Key name, as on signature lines."""

    @property
    def key_id(self) -> bytes:
        """The 4-byte key id."""

    def verify(self, text: str, signature: bytes) -> int | None:
        """Return the POSIX seconds that the signature states, or None for types that state none.

        Raises:
            BadSignature: the signature is not by this key over this text.
        """


class Signer(Protocol):
    """Signs note texts with one key, which may live anywhere."""

    @property
    def verifier(self) -> Verifier:
        """What others check the signatures with."""

    def sign(self, text: str) -> bytes:
        """Return the signature blob over a note text, without the key id."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public note key of any type; the :class:`Verifier` of this library.

    Attributes:
        name: key name.
        key_type: one of the type bytes of the module docstring.
        key: raw Ed25519 (32 bytes) or ML-DSA-44 (1,312 bytes) key, or the DER SPKI of an ECDSA key.
    """

    name: str
    key_type: int
    key: bytes

    def __post_init__(self) -> None:
        check_name(self.name)
        if self.key_type not in _CHECKS:
            raise FormatError("unknown key type")
        sizes = {ED25519: 32, COSIGNATURE: 32, SUBTREE: 1_312}
        if self.key_type in sizes:
            if len(self.key) != sizes[self.key_type]:
                raise FormatError("public key has another length")
            if self.key_type != SUBTREE:
                _check_point(self.key)
        else:
            _load_p256(self.key)

    @property
    def key_id(self) -> bytes:
        """The 4-byte key id that the type derives from name and key."""
        if self.key_type == ECDSA_P256:
            return hashlib.sha256(self.key).digest()[:4]
        key = hashlib.sha256(self.key).digest() if self.key_type == STATIC_CT else self.key
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.key_type]) + key).digest()[:4]

    def vkey(self) -> str:
        """Return the verifier key text, ``name+id+base64(type || key)``."""
        return f"{self.name}+{self.key_id.hex()}+{encode_base64(bytes([self.key_type]) + self.key)}"

    def verify(self, text: str, signature: bytes) -> int | None:
        """Return the POSIX seconds that the signature states, if any.

        Raises:
            BadSignature: the signature is not by this key over this text.
        """
        try:
            return _CHECKS[self.key_type](self, text, signature)
        except (InvalidSignature, FormatError):
            raise BadSignature("a known key's signature does not verify") from None


def parse_vkey(text: str) -> PublicKey:
    """Parse a verifier key and compare its stated id with the one that its key gives.

    Raises:
        FormatError: wrong form, unknown type, bad key, or an id that does not match.
    """
    match = _VKEY.fullmatch(text)
    if match is None:
        raise FormatError("not a verifier key")
    data = decode_base64(match["key"])
    key = PublicKey(match["name"], data[0], data[1:])
    if key.key_id.hex() != match["id"]:
        raise FormatError("verifier key states an id that is not its own")
    return key


def _check_point(key: bytes) -> None:
    # Under a key of small order one signature fits many texts, and libraries disagree on spellings above p.
    y = int.from_bytes(key, "little") & (1 << 255) - 1
    if y >= _P25519 or y in _SMALL_ORDER_Y:
        raise FormatError("Ed25519 key is of small order or not canonical")


def _load_p256(spki: bytes) -> EllipticCurvePublicKey:
    try:
        key = load_der_public_key(spki)
    except ValueError:
        raise FormatError("not a public key") from None
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise FormatError("not an ECDSA P-256 key")
    return key


def _ed25519(key: PublicKey, text: str, signature: bytes) -> None:
    Ed25519PublicKey.from_public_bytes(key.key).verify(signature, text.encode())


def _ecdsa(key: PublicKey, text: str, signature: bytes) -> None:
    _load_p256(key.key).verify(signature, text.encode(), ECDSA(SHA256()))


def _cosignature(key: PublicKey, text: str, signature: bytes) -> int:
    time, raw = split_timestamped(signature, 64)
    Ed25519PublicKey.from_public_bytes(key.key).verify(raw, cosignature_message(time, text))
    return time


def _static_ct(key: PublicKey, text: str, signature: bytes) -> int:
    checkpoint = parse_checkpoint(text)
    head, der = signature[:12], signature[12:]
    # The type does not sign the origin, and its tree head has no place for extension lines.
    if checkpoint.origin != key.name or checkpoint.extensions:
        raise FormatError("tree head signature cannot cover this checkpoint")
    if len(head) != 12 or head[8:] != b"\x04\x03" + len(der).to_bytes(2, "big"):
        raise FormatError("not a static-ct signature")
    message = b"\x00\x01" + head[:8] + u64(checkpoint.size) + checkpoint.root
    _load_p256(key.key).verify(der, message, ECDSA(SHA256()))
    return int.from_bytes(head[:8], "big") // 1000


def _subtree(key: PublicKey, text: str, signature: bytes) -> int:
    time, raw = split_timestamped(signature, _MLDSA44_SIGNATURE)
    message = _checkpoint_statement(key.name, time, text)
    MLDSA44PublicKey.from_public_bytes(key.key).verify(raw, message)
    return time


def _checkpoint_statement(cosigner: str, time: int, text: str) -> bytes:
    checkpoint = parse_checkpoint(text)
    if checkpoint.extensions:
        raise FormatError("subtree statements do not cover extension lines")
    return SubtreeStatement(cosigner, time, checkpoint.origin, 0, checkpoint.size, checkpoint.root).message()


_CHECKS: dict[int, Callable[[PublicKey, str, bytes], int | None]] = {
    ED25519: _ed25519,
    ECDSA_P256: _ecdsa,
    COSIGNATURE: _cosignature,
    STATIC_CT: _static_ct,
    SUBTREE: _subtree,
}


class Ed25519Signer:
    """Signs notes with Ed25519 (type 0x01).

    Args:
        name: key name; for a log, its origin.
        key: the private key.
    """

    def __init__(self, name: str, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.verifier = PublicKey(name, ED25519, key.public_key().public_bytes_raw())

    def sign(self, text: str) -> bytes:
        """Return the 64-byte signature over the text."""
        return self._key.sign(text.encode())


class TimestampedEd25519Signer:
    """Cosigns with Ed25519 (type 0x04).

    Args:
        name: key name of the cosigner.
        key: the private key; one per cosigner, because the name is not signed.
        clock: returns POSIX seconds.
    """

    def __init__(self, name: str, key: Ed25519PrivateKey, clock: Callable[[], int]) -> None:
        self._key = key
        self._clock = clock
        self.verifier = PublicKey(name, COSIGNATURE, key.public_key().public_bytes_raw())

    def sign(self, text: str) -> bytes:
        """Return time and signature, 72 bytes."""
        time = self._clock()
        return format_timestamped(time, self._key.sign(cosignature_message(time, text)))


class TimestampedMlDsaSigner:
    """Signs or cosigns checkpoints with ML-DSA-44 (type 0x06).

    Args:
        name: key name; for a log, its origin.
        key: the private key.
        clock: returns POSIX seconds; a log that signs its own checkpoint may state 0, the default.
    """

    def __init__(self, name: str, key: MLDSA44PrivateKey, clock: Callable[[], int] = lambda: 0) -> None:
        self._key = key
        self._clock = clock
        self.verifier = PublicKey(name, SUBTREE, key.public_key().public_bytes_raw())

    def sign(self, text: str) -> bytes:
        """Return time and signature, 2,428 bytes.

        Raises:
            FormatError: the text is not a checkpoint, or has extension lines, which the type cannot cover.
        """
        time = self._clock()
        message = _checkpoint_statement(self.verifier.name, time, text)
        return format_timestamped(time, self._key.sign(message))


def parse_signer(text: str) -> Ed25519Signer:
    """Parse golang's private key text, ``PRIVATE+KEY+name+id+base64(0x01 || seed)``.

    Raises:
        FormatError: wrong form, or an id that does not match.
    """
    match = _VKEY.fullmatch(text.removeprefix("PRIVATE+KEY+"))
    if match is None or not text.startswith("PRIVATE+KEY+"):
        raise FormatError("not a private key text")
    data = decode_base64(match["key"])
    if len(data) != 33 or data[0] != ED25519:
        raise FormatError("not an Ed25519 private key")
    signer = Ed25519Signer(match["name"], Ed25519PrivateKey.from_private_bytes(data[1:]))
    if signer.verifier.key_id.hex() != match["id"]:
        raise FormatError("private key states an id that is not its own")
    return signer
