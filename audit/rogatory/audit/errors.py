# SPDX-License-Identifier: Apache-2.0
"""The error family of the log library, sorted by what the caller can do.

::

    AuditError
    ├── FormatError          bytes from outside do not have the form the specification asks for: refuse them
    ├── ProofError           a Merkle proof does not lead to the root: refuse what it should have shown
    ├── CommitmentError      openings do not belong to the entry: refuse the view
    ├── NoteError            a signed note is well-formed but not good
    │   ├── UnverifiedNote       no signature of a known key
    │   ├── BadSignature         a known key's signature fails: the whole note is rejected
    │   └── AmbiguousKey         two configured keys share name and id
    ├── LogCorrupt           FATAL: the store contradicts itself; stop writing, page a human, run fsck
    │   └── RollbackDetected     FATAL: the log is older than, or other than, what was already published
    ├── LogUnavailable       the store cannot answer now: roll back, drop the memory state, try again later
    ├── HeadMoved            another writer won: roll back, drop the memory state, stage again
    ├── FileRefused          a file that was named is not there, no regular file, not readable, or over its cap
    ├── NoTransaction        the caller wrote without owning an open transaction: a bug of the caller
    └── NotServed            no published tree has this resource (HTTP 404)

No message holds an entry, a salt, a value or key bytes. This is not the error family that crosses the wire;
that one is ``rogatory.protocol.errors``.
"""

from __future__ import annotations

__all__ = [
    "AmbiguousKey",
    "AuditError",
    "BadSignature",
    "CommitmentError",
    "FileRefused",
    "FormatError",
    "HeadMoved",
    "LogCorrupt",
    "LogUnavailable",
    "NoTransaction",
    "NotServed",
    "NoteError",
    "ProofError",
    "RollbackDetected",
    "UnverifiedNote",
]


class AuditError(Exception):
    """Base of everything that rogatory.audit raises on purpose."""


class FormatError(AuditError):
    """Bytes from outside do not have the form that their specification asks for."""


class ProofError(AuditError):
    """A Merkle proof does not lead to the expected root."""


class CommitmentError(AuditError):
    """Openings and commitments do not belong to the entry."""


class NoteError(AuditError):
    """A well-formed signed note is not acceptable."""


class UnverifiedNote(NoteError):
    """No signature on the note is by a known key."""


class BadSignature(NoteError):
    """A signature by a known key does not verify, so the whole note is rejected."""


class AmbiguousKey(NoteError):
    """Two configured keys share one name and key id, and the note uses that pair."""


class LogCorrupt(AuditError):
    """The store contradicts itself. Fatal to the log: no further write until a human has looked."""


class RollbackDetected(LogCorrupt):
    """The log is older than, or other than, what was already published.

    Attributes:
        known_size: entries in the head that the ratchet remembers.
        head_size: entries in the head that the store holds.
    """

    def __init__(self, reason: str, *, known_size: int, head_size: int) -> None:
        super().__init__(f"{reason}: published size {known_size}, stored size {head_size}")
        self.known_size = known_size
        self.head_size = head_size


class LogUnavailable(AuditError):
    """The store cannot answer now. Roll back, discard, and try again later."""


class HeadMoved(AuditError):
    """The compare-and-swap of the head lost against another writer."""


class FileRefused(AuditError):
    """A file that was named is not one that is read.

    Attributes:
        rule: ``PRESENT`` (there is none), ``REGULAR_FILE`` (a folder, pipe, socket or device), ``READABLE`` (the system
            does not let us) or ``SIZE_CAP`` (it holds more than such a file can).
    """

    def __init__(self, rule: str) -> None:
        super().__init__(f"the file is refused: {rule}")
        self.rule = rule


class NoTransaction(AuditError):
    """A write was called outside a transaction of its owner."""


class NotServed(AuditError):
    """No published tree of this log has the resource."""
