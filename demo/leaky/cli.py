# SPDX-License-Identifier: Apache-2.0
"""The ``rogatory`` command with a body cipher that encrypts nothing. For the demo's positive control only.

Lengths and layout stay those of Cobblestone-256, so that every other check of the product still runs.
"""

from __future__ import annotations

import hashlib

from cryptography.utils import Buffer

from rogatory.client.cli import main
from rogatory.client.sealing import body

_CHUNK, _TAG, _HEAD = 16_384, 16, 56


class Encryptor:
    """Salt, commitment, then each chunk as it is with a tag of zeros."""

    def __init__(self, stream_key: bytes, context: bytes) -> None:
        self._out = bytes(24) + hashlib.sha256(stream_key + context).digest()
        self._rest = b""

    def update(self, data: Buffer) -> bytes:
        """Return the chunks that are complete."""
        out, self._out = self._out, b""
        pending = self._rest + bytes(data)
        whole = len(pending) // _CHUNK * _CHUNK
        self._rest = pending[whole:]
        return out + b"".join(pending[at : at + _CHUNK] + bytes(_TAG) for at in range(0, whole, _CHUNK))

    def finalize(self) -> bytes:
        """Return the last, shorter chunk."""
        out, self._out = self._out, b""
        return out + self._rest + bytes(_TAG)


class Decryptor:
    """The way back."""

    def __init__(self, stream_key: bytes, context: bytes) -> None:
        del stream_key, context
        self._pending = b""
        self._skip = _HEAD

    def update(self, data: Buffer) -> bytes:
        """Return the plaintext of whole chunks."""
        self._pending += bytes(data)
        if self._skip:
            if len(self._pending) < self._skip:
                return b""
            self._pending, self._skip = self._pending[self._skip :], 0
        step = _CHUNK + _TAG
        whole = len(self._pending) // step * step
        done, self._pending = self._pending[:whole], self._pending[whole:]
        return b"".join(done[at : at + _CHUNK] for at in range(0, whole, step))

    def finalize(self) -> bytes:
        """Return the rest."""
        return self._pending[:-_TAG]


if __name__ == "__main__":
    body.encryptor = Encryptor
    body.decryptor = Decryptor
    main.main()
