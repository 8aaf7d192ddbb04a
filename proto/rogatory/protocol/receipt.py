# SPDX-License-Identifier: Apache-2.0
"""Receipts: what the holder of one checks by itself, and the facts that it then may use.

A receipt is worth its checks: the openings against the commitments and the 57 bytes, the inclusion proof against the
head, the head's signature by the log's key, and the slots against what the holder computes from the envelope
(architecture §1.2, §8). A receipt that fails keeps its value as evidence, so the caller stores the bytes before it
complains. Whether two heads belong to one history is the log reader's matter, not a receipt's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rogatory.audit import commitment, merkle, note
from rogatory.audit.errors import AuditError
from rogatory.audit.keys import Verifier, parse_vkey
from rogatory.protocol import codec, errors
from rogatory.protocol.directory import TrustRoot
from rogatory.protocol.entry import Fields
from rogatory.protocol.entry_schema import SCHEMA_ID, SEAL, TIME, read_record, read_time
from rogatory.protocol.errors import NotVerified
from rogatory.protocol.header import DAY_MS

MAX_RECEIPT = 65_536


@dataclass(frozen=True, slots=True)
class Opening:
    """What opens one slot: 32 bytes of salt and the value bytes. Mirrors the wire message."""

    slot: int
    salt: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class Receipt:
    """As received; nothing in it is true before ``verify_receipt``. Mirrors the wire message."""

    entry: bytes
    commitments: tuple[bytes, ...]
    openings: tuple[Opening, ...]
    index: int
    inclusion: tuple[bytes, ...]
    head: bytes


@dataclass(frozen=True, slots=True)
class Rejection:
    """The exchange's signed word that it did not accept a statement, and the receipt of that word's own entry."""

    envelope: bytes
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class LogIdentity:
    """A log as a client knows it: origin, schema, verifier keys from the trust root."""

    origin: str
    schema_id: bytes
    verifiers: tuple[Verifier, ...]


@dataclass(frozen=True, slots=True)
class LogHead:
    """A head that the log signed: size, root, the signed note's bytes."""

    size: int
    root: bytes
    note: bytes


@dataclass(frozen=True, slots=True)
class VerifiedReceipt:
    """A receipt whose commitments, proof and head hold; ``values`` are the opened slots."""

    receipt: Receipt
    head: LogHead
    values: Mapping[int, bytes]
    leaf: bytes

    @property
    def time_ms(self) -> int:
        """Commit time, milliseconds since the epoch."""
        return read_time(self.values[TIME])


def log_identity(root: TrustRoot) -> LogIdentity:
    """Return the log that a trust root names.

    Raises:
        NotVerified: ``X_LOG_INVALID``: a verifier key of the root does not parse.
    """
    try:
        verifiers = tuple(parse_vkey(vkey.decode()) for vkey in root.log_vkeys)
    except (AuditError, UnicodeDecodeError) as error:
        raise NotVerified(errors.X_LOG_INVALID, "root.log_vkeys", "VKEY") from error
    return LogIdentity(root.log_origin, SCHEMA_ID, verifiers)


def verify_head(data: bytes, log: LogIdentity) -> LogHead:
    """Verify a signed head or checkpoint of a log.

    Raises:
        NotVerified: ``X_LOG_INVALID``.
    """
    try:
        signed = note.open_checkpoint(data, log.origin, log.verifiers)
    except AuditError as error:
        raise NotVerified(errors.X_LOG_INVALID, "head", "SIGNED_NOTE") from error
    return LogHead(signed.checkpoint.size, signed.checkpoint.root, data)


def verify_receipt(receipt: Receipt, log: LogIdentity) -> VerifiedReceipt:
    """Verify a receipt's commitments, inclusion and head.

    Raises:
        NotVerified: ``X_RECEIPT_INVALID`` or ``X_LOG_INVALID`` with the rule that failed.
    """
    openings = [commitment.Opening(item.slot, item.salt, item.value) for item in receipt.openings]
    try:
        values = commitment.check_view(
            log.origin, log.schema_id, receipt.entry, receipt.commitments, openings
        )
    except AuditError as error:
        raise NotVerified(errors.X_RECEIPT_INVALID, "receipt.openings", "COMMITMENT") from error
    head = verify_head(receipt.head, log)
    leaf = merkle.leaf_hash(receipt.entry)
    try:
        merkle.verify_inclusion(leaf, receipt.index, head.size, receipt.inclusion, head.root)
    except AuditError as error:
        raise NotVerified(errors.X_RECEIPT_INVALID, "receipt.inclusion", "INCLUSION") from error
    return VerifiedReceipt(receipt, head, values, leaf)


def check_fields(verified: VerifiedReceipt, expected: Fields) -> None:
    """Hold the opened slots, and the two dates that everybody sees, against the values that the holder computed.

    Raises:
        NotVerified: ``X_RECEIPT_INVALID`` naming the first slot in which the log says something else.
    """
    for slot, value in verified.values.items():
        if value != expected[slot]:
            raise NotVerified(errors.X_RECEIPT_INVALID, f"receipt.openings[{slot}]", f"SLOT.{slot}")
    check_dates(verified.receipt.entry, expected)


def check_dates(entry: bytes, expected: Fields) -> None:
    """Hold the public dates of an entry against its sixteen values: its day, and the day on which it must be opened.

    The public cannot open the slots behind them, so only who can open them can say that they lie.

    Raises:
        NotVerified: ``X_RECEIPT_INVALID`` with rule ``ENTRY.EPOCH`` or ``ENTRY.DUE``.
    """
    header = commitment.parse_entry(entry).header
    (due, _extension) = read_record(expected[SEAL], 2)
    if header.epoch != read_time(expected[TIME]) // DAY_MS:
        raise NotVerified(errors.X_RECEIPT_INVALID, "receipt.entry", "ENTRY.EPOCH")
    if header.due != int.from_bytes(due, "big"):
        raise NotVerified(errors.X_RECEIPT_INVALID, "receipt.entry", "ENTRY.DUE")


def encode_receipt(receipt: Receipt) -> bytes:
    """Return a receipt's bytes, for files and bundles."""
    return codec.encode(receipt)


def decode_receipt(data: bytes) -> Receipt:
    """Parse a receipt's bytes strictly.

    Raises:
        Invalid: Not canonical or over the cap.
    """
    return codec.decode(Receipt, data, limit=MAX_RECEIPT, at="receipt")
