# SPDX-License-Identifier: Apache-2.0
"""The body cipher: Cobblestone-256 of C2SP chunked-encryption, as the ``cryptography`` package implements it.

The one place where plaintext becomes ciphertext and back; ``seal`` and ``unseal`` call these two functions through the
module. 16 KiB chunks under AES-256-GCM, a random salt and a commitment to the key in front; cut, swapped or added chunks
fail. No key is derived or kept here.
"""

from __future__ import annotations

from typing import Protocol

from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.utils import Buffer


class BodyCipher(Protocol):
    """A running encryption or decryption."""

    def update(self, data: Buffer) -> bytes:
        """Return what these bytes lead to; a decryptor raises ``InvalidTag`` when a chunk does not hold."""
        ...

    def finalize(self) -> bytes:
        """Return the rest; a decryptor raises ``InvalidTag`` when the end is missing."""
        ...


def encryptor(stream_key: bytes, context: bytes) -> BodyCipher:
    """Return a fresh encryption under a 32-byte key; its first 56 bytes are salt and key commitment."""
    return Cobblestone256Encryptor(stream_key, context)


def decryptor(stream_key: bytes, context: bytes) -> BodyCipher:
    """Return a decryption; what it gives before ``finalize`` has returned must not be used yet."""
    return Cobblestone256Decryptor(stream_key, context)
