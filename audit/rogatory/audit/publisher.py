# SPDX-License-Identifier: Apache-2.0
"""Publishing: from the newest committed head to the public checkpoint, ratchet first.

Order: check the head against tiles, signature and the last published checkpoint; move the ratchet; sign with every
publishing key (Ed25519 and ML-DSA-44); insert the checkpoint row. A crash between any two steps leaves a ratchet that
is ahead of the public, never behind it.

One publisher at a time (a lease of the caller). It appends nothing to the log and asks no witness.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rogatory.audit.checkpoint import Checkpoint
from rogatory.audit.errors import FormatError, LogCorrupt, LogUnavailable, NoteError, RollbackDetected
from rogatory.audit.failpoints import failpoint
from rogatory.audit.keys import Signer
from rogatory.audit.merkle import root_at
from rogatory.audit.note import open_checkpoint, sign_note
from rogatory.audit.ratchet import Ratchet
from rogatory.audit.store import Head, LogStore, Published, Transaction
from rogatory.audit.tile import TileReader

__all__ = ["Publisher"]


class Publisher:
    """Publishes the heads of one log.

    Args:
        store: the log's store, on a connection of the publisher's own or the writer's.
        origin: the log's identity.
        signers: the publishing keys in the order of their lines; the key that signs commits is among them.
        ratchet: the second memory.
        transaction: owns a write transaction on the store.
        clock_ms: returns milliseconds since the Unix epoch.
    """

    def __init__(
        self,
        store: LogStore,
        origin: str,
        signers: Sequence[Signer],
        ratchet: Ratchet,
        transaction: Transaction,
        clock_ms: Callable[[], int],
    ) -> None:
        self._store = store
        self._origin = origin
        self._signers = tuple(signers)
        self._ratchet = ratchet
        self._transaction = transaction
        self._clock_ms = clock_ms

    def check(self) -> None:
        """Compare the stored log with everything that was published. Call it at start, before any append.

        Raises:
            RollbackDetected: the log is older than the ratchet, or has another history. Stay read-only.
            LogCorrupt: the ratchet was lost or replaced, or the store contradicts itself.
        """
        self._check_history(self._head())

    def publish(self) -> Published:
        """Publish the newest head, and return the newest published checkpoint; without growth, the one before.

        Raises:
            RollbackDetected: the ratchet refuses the head.
            LogCorrupt: the head contradicts tiles, signature or the last checkpoint. Nothing was signed.
            LogUnavailable: the store cannot answer; nothing was released.
        """
        head = self._head()
        latest = self._check_history(head)
        if latest is not None and latest.size == head.size:
            return latest
        if root_at(TileReader(self._store.tile), head.size) != head.root:
            raise LogCorrupt("tiles give another root than the head")
        failpoint("ratchet.advance.before")
        self._ratchet.advance(head.size, head.root)
        failpoint("ratchet.advance.after")
        now = self._clock_ms()
        published = Published(
            head.size, head.root, self._sign(head), max(now, latest.published_at_ms if latest else now)
        )
        failpoint("publish.row.before")
        with self._transaction():
            self._store.add_checkpoint(published)
        failpoint("publish.row.after")
        return published

    def _head(self) -> Head:
        head = self._store.head()
        if head is None:
            raise LogUnavailable("there is no log in this store")
        self._check_note(head.note, head.size, head.root)
        return head

    def _check_note(self, note: str, size: int, root: bytes) -> None:
        verifiers = [signer.verifier for signer in self._signers]
        try:
            signed = open_checkpoint(note, self._origin, verifiers)
        except (NoteError, FormatError):
            raise LogCorrupt("a stored note does not verify") from None
        if (signed.checkpoint.size, signed.checkpoint.root) != (size, root):
            raise LogCorrupt("a stored note is of another tree")

    def _check_history(self, head: Head) -> Published | None:
        latest = self._store.latest_checkpoint()
        if self._ratchet.last is None:
            if latest is not None:
                raise LogCorrupt("the ratchet is empty although checkpoints were published")
            return None
        known, root = self._ratchet.last
        self._check_prefix(head, known, root)
        if latest is not None:
            if latest.size > known:
                raise LogCorrupt("the ratchet is behind what was published")
            self._check_prefix(head, latest.size, latest.root)
        return latest

    def _check_prefix(self, head: Head, size: int, root: bytes) -> None:
        if size > head.size:
            raise RollbackDetected(
                "the log is older than what was published", known_size=size, head_size=head.size
            )
        if root_at(TileReader(self._store.tile), size) != root:
            raise RollbackDetected(
                "the log has another history than what was published", known_size=size, head_size=head.size
            )

    def _sign(self, head: Head) -> str:
        failpoint("publish.sign.before")
        note = sign_note(Checkpoint(self._origin, head.size, head.root).text(), self._signers)
        failpoint("publish.sign.after")
        # A note with one bad line of a known key is refused as a whole, so every own signature is checked here.
        self._check_note(note, head.size, head.root)
        return note
