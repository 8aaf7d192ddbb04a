# SPDX-License-Identifier: Apache-2.0
"""C2SP chunked encryption, written a second time and plainly: the judge of the body cipher in tests, never product code.

With SHA-256 it reads the published vectors; with SHA-512 and AES-256-GCM it is Cobblestone-256.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

CHUNK = 16_384
TAG = 16


class Aead(Protocol):
    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...


AEADS: dict[str, tuple[int, Callable[[bytes], Aead]]] = {
    "AEAD_AES_128_GCM": (16, AESGCM),
    "AEAD_AES_256_GCM": (32, AESGCM),
    "AEAD_CHACHA20_POLY1305": (32, ChaCha20Poly1305),
}


class Framing:
    """One recipe: an AEAD and a hash."""

    def __init__(self, aead: str, algorithm: hashes.HashAlgorithm) -> None:
        self._label = b"c2sp.org/chunked-encryption@v1+" + aead.encode() + b"\x00"
        self._key_length, self._cipher = AEADS[aead]
        self._hash = algorithm

    def _schedule(self, key: bytes, salt: bytes, context: bytes) -> tuple[Aead, int, bytes]:
        if len(key) != self._key_length:
            raise InvalidTag
        length = self._key_length + 12 + 32
        okm = HKDFExpand(self._hash, length, self._label + salt + context).derive(key)
        nonce = int.from_bytes(okm[self._key_length : self._key_length + 12], "big")
        return self._cipher(okm[: self._key_length]), nonce, okm[-32:]

    def seal(self, key: bytes, context: bytes, salt: bytes, plaintext: bytes) -> bytes:
        """Returns salt, commitment and chunks; the last chunk is always shorter than a full one."""
        aead, nonce, commitment = self._schedule(key, salt, context)
        sealed = salt + commitment
        for number, start in enumerate(range(0, len(plaintext) + 1, CHUNK)):
            chunk = plaintext[start : start + CHUNK]
            sealed += aead.encrypt((nonce ^ number).to_bytes(12, "big"), chunk, None)
        return sealed

    def open(self, key: bytes, context: bytes, sealed: bytes) -> bytes:
        """Returns the plaintext.

        Raises:
            InvalidTag: anything does not hold.
        """
        salt, given, chunks = sealed[:24], sealed[24:56], sealed[56:]
        aead, nonce, commitment = self._schedule(key, salt, context)
        if len(sealed) < 56 or given != commitment:
            raise InvalidTag
        pieces = [chunks[start : start + CHUNK + TAG] for start in range(0, len(chunks), CHUNK + TAG)]
        if not pieces or len(pieces[-1]) == CHUNK + TAG or len(pieces[-1]) < TAG:
            raise InvalidTag
        return b"".join(
            aead.decrypt((nonce ^ number).to_bytes(12, "big"), piece, None)
            for number, piece in enumerate(pieces)
        )
