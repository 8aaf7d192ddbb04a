# SPDX-License-Identifier: Apache-2.0
"""What an answer that came another way is signed by: one length and one SHA-256 over its meta and its files, joined.

``u32 n || meta (n bytes) || files in order``, as inside a sealed disclosure without the padding. Bytes only; whether they fit the
scope is checked elsewhere.
"""

from __future__ import annotations

import hashlib

from rogatory.audit.framing import u32


class OutsideDigest:
    """Takes the meta, then the files block by block."""

    def __init__(self, meta: bytes) -> None:
        head = u32(len(meta)) + meta
        self.length = len(head)
        self._hash = hashlib.sha256(head)

    def update(self, block: bytes) -> None:
        """Take the next bytes of the files."""
        self.length += len(block)
        self._hash.update(block)

    def digest(self) -> bytes:
        """Return the digest of everything taken."""
        return self._hash.digest()
