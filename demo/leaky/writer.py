# SPDX-License-Identifier: Apache-2.0
"""The writer process with a vault that encrypts nothing. For the demo's positive control only."""

from __future__ import annotations

import sys
from typing import Any

from rogatory.server import vault
from rogatory.server.writer.__main__ import main


class NoCipher:
    """AES-GCM's interface; the data stay as they are. It protects nothing."""

    def __init__(self, key: bytes) -> None:
        del key

    def encrypt(self, nonce: bytes, data: bytes, associated: bytes) -> bytes:
        """Return the data and a tag of zeros."""
        del nonce, associated
        return data + bytes(16)

    def decrypt(self, nonce: bytes, data: bytes, associated: bytes) -> bytes:
        """Return the data."""
        del nonce, associated
        return data[:-16]


if __name__ == "__main__":
    leaking: Any = vault
    leaking.AESGCM = NoCipher
    sys.exit(main())
