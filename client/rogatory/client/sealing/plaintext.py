# SPDX-License-Identifier: Apache-2.0
"""The plaintext of a disclosure: ``u32(n) || meta || items || zero padding``, read as a stream or proven afterwards.

``PlaintextReader`` takes it apart on the way out of the cipher; ``verify_plaintext`` shows, with the commitment key
alone, that files are those of a signed manifest (cryptography §2.3): no data key is needed, so none is given away. It
does not judge whether the files are in scope.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

from rogatory.audit.framing import u32
from rogatory.client.sealing.derive import plaintext_commitment
from rogatory.client.sealing.files import blocks
from rogatory.protocol import codec, errors
from rogatory.protocol.content import MAX_ITEMS, MAX_META, DisclosureMeta
from rogatory.protocol.errors import NotVerified
from rogatory.protocol.sealed import pad_disclosure
from rogatory.protocol.statements import Disclose

Sink = Callable[[int, str], BinaryIO]
"""Opens the file for item ``index`` with the sender's name for it."""


def held(condition: object, rule: str, at: str = "disclosure") -> None:
    """Raise ``NotVerified(X_SEAL_BROKEN)`` with the rule unless the condition holds."""
    if not condition:
        raise NotVerified(errors.X_SEAL_BROKEN, at, rule)


class PlaintextReader:
    """Takes plaintext in any pieces, writes each item to its file and checks lengths, hashes and padding."""

    def __init__(self, total: int, sink: Sink, close: Callable[[BinaryIO], None]) -> None:
        """Read ``total`` bytes; ``sink`` opens an item's file and ``close`` finishes it."""
        self._total, self._sink, self._close = total, sink, close
        self._head = bytearray()
        self._hash = hashlib.sha256()
        self._meta: DisclosureMeta | None = None
        self._item = -1
        self._left = 0
        self._item_hash = hashlib.sha256()
        self._stream: BinaryIO | None = None
        self._padding = 0
        self.meta_bytes = b""

    def feed(self, data: bytes) -> None:
        """Take the next bytes.

        Raises:
            NotVerified: ``X_SEAL_BROKEN``: lengths, an item's hash or the padding do not hold.
            Invalid: The meta is not canonical.
        """
        view = memoryview(data)
        if self._meta is None:
            self._head += view
            view = memoryview(self._take_head())
        while view and self._stream is not None:
            piece = view[: self._left]
            self._hash.update(piece)
            self._item_hash.update(piece)
            self._stream.write(piece)
            self._left -= len(piece)
            view = view[len(piece) :]
            self._advance()
        if view:
            held(self._meta is not None and not bytes(view).strip(b"\x00"), "DISCLOSURE.PADDING")
            self._padding += len(view)

    def finish(self) -> tuple[DisclosureMeta, bytes]:
        """Return the meta and the SHA-256 of the plaintext without its padding.

        Raises:
            NotVerified: Something is missing, or there is too much padding.
        """
        meta = self._meta
        if meta is None or self._stream is not None or self._padding != meta.pad_length:
            raise NotVerified(errors.X_SEAL_BROKEN, "disclosure", "DISCLOSURE.PLAINTEXT_LENGTH")
        return meta, self._hash.digest()

    def _take_head(self) -> bytes:
        """Return what follows the meta, or nothing while the meta is not complete."""
        if len(self._head) < 4:
            return b""
        length = int.from_bytes(self._head[:4], "big")
        held(length <= min(MAX_META, self._total - 4), "DISCLOSURE.META_LENGTH")
        if len(self._head) < 4 + length:
            return b""
        self.meta_bytes = bytes(self._head[4 : 4 + length])
        meta = codec.decode(DisclosureMeta, self.meta_bytes, limit=MAX_META, at="meta")
        _check_lengths(meta, length, self._total)
        rest = bytes(self._head[4 + length :])
        self._hash.update(self._head[: 4 + length])
        self._head.clear()
        self._meta = meta
        self._advance()
        return rest

    def _advance(self) -> None:
        """Close the item that is complete and open the next one; items may be empty."""
        meta = self._meta
        while meta is not None and not self._left:
            if self._stream is not None:
                held(self._item_hash.digest() == meta.items[self._item].sha256, "DISCLOSURE.ITEM_HASH")
                self._close(self._stream)
                self._stream = None
            self._item += 1
            if self._item >= len(meta.items):
                return
            item = meta.items[self._item]
            self._left, self._item_hash = item.length, hashlib.sha256()
            self._stream = self._sink(self._item, item.name)


def _check_lengths(meta: DisclosureMeta, length: int, total: int) -> None:
    held(len(meta.items) <= MAX_ITEMS, "DISCLOSURE.ITEM_COUNT")
    held(meta.content_length == sum(item.length for item in meta.items), "DISCLOSURE.CONTENT_LENGTH")
    held(4 + length + meta.content_length + meta.pad_length == total, "DISCLOSURE.PLAINTEXT_LENGTH")
    # A size of the sender's choice could say something that the padding is there to hide.
    held(pad_disclosure(total) == total, "DISCLOSURE.PADDING")


def verify_plaintext(
    commitment_key: bytes, meta_bytes: bytes, files: Sequence[Path], disclose: Disclose
) -> DisclosureMeta:
    """Prove files against a signed manifest; ``prove_plaintext`` over the files' bytes."""
    return prove_plaintext(commitment_key, meta_bytes, [blocks(path) for path in files], disclose)


def prove_plaintext(
    commitment_key: bytes, meta_bytes: bytes, contents: Sequence[Iterable[bytes]], disclose: Disclose
) -> DisclosureMeta:
    """Prove contents against a signed manifest.

    Args:
        commitment_key: ``OpenedDisclosure.commitment_key``, 32 bytes.
        meta_bytes: The exact meta bytes.
        contents: The bytes of each item in blocks, in the meta's order; read once, never held whole.
        disclose: The signed manifest.

    Returns:
        The meta, once everything holds.

    Raises:
        NotVerified: ``X_SEAL_BROKEN`` with the rule.
        Invalid: The meta is not canonical.
    """
    meta = codec.decode(DisclosureMeta, meta_bytes, limit=MAX_META, at="meta")
    held(len(contents) == len(meta.items), "DISCLOSURE.ITEM_COUNT")
    plain = hashlib.sha256(u32(len(meta_bytes)) + meta_bytes)
    for item, content in zip(meta.items, contents, strict=True):
        digest, length = hashlib.sha256(), 0
        for block in content:
            plain.update(block)
            digest.update(block)
            length += len(block)
        held(length == item.length and digest.digest() == item.sha256, "DISCLOSURE.ITEM_HASH")
    expected = plaintext_commitment(commitment_key, plain.digest())
    held(hmac.compare_digest(expected, disclose.plaintext_commitment), "DISCLOSURE.PLAINTEXT_COMMITMENT")
    return meta
