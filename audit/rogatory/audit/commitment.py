# SPDX-License-Identifier: Apache-2.0
"""One public entry of 57 bytes that commits to sixteen salted fields, each of which can be opened alone.

::

    hdr   = 0x01 || eid (16) || u32(epoch) || u32(due)                                    25 bytes
    ctx   = TH("rogatory/v1/ctx", origin, schema_id, hdr)
    C_i   = HMAC-SHA256(salt_i, "rogatory/v1/field" || 0x00 || ctx || U16(i) || LP(val_i))   i = 0..15
    body  = TH("rogatory/v1/body", ctx, C_0 .. C_15)
    entry = hdr || body                                                                   57 bytes

Specification: log-privacy section 2, as architecture section 8 changes it: there is no core digest and no signature in
slot 15; the person's signature stands in the envelope, whose digest is an ordinary field. Hiding rests on HMAC as a
pseudo-random function, binding on SHA-256 collisions, because a salt always has exactly 32 bytes.

Pure. What the slots mean, who may open which, and where salts are kept is not known here. Header and salts are never
derived from each other or from a long-lived key: that would make erasure a fiction.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from rogatory.audit.errors import CommitmentError, FormatError
from rogatory.audit.framing import lp, th, u16, u32

__all__ = [
    "ABSENT",
    "ENTRY_SIZE",
    "SALT_SIZE",
    "SLOTS",
    "Committed",
    "Entry",
    "EntryHeader",
    "Opening",
    "check_view",
    "commit",
    "context",
    "field_commitment",
    "parse_entry",
    "payload",
    "present",
    "random_salts",
]

SLOTS = 16
ENTRY_SIZE = 57
SALT_SIZE = 32
COMMITMENT_SIZE = 32
EID_SIZE = 16
MAX_VALUE = 65_535

ABSENT = b"\x00"
"""The value of a field that an entry does not have."""

_VERSION = b"\x01"
_PRESENT = b"\x01"
_CTX_TAG = "rogatory/v1/ctx"
_FIELD_TAG = b"rogatory/v1/field\x00"
_BODY_TAG = "rogatory/v1/body"
_SLOT_NUMBERS = tuple(u16(slot) for slot in range(SLOTS))
# The pads of HMAC for a key of 32 bytes in a block of 64: the key's bytes by table, and the rest of the block.
_INNER, _OUTER = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))
_INNER_REST, _OUTER_REST = b"\x36" * 32, b"\x5c" * 32


@dataclass(frozen=True, slots=True)
class EntryHeader:
    """The public part of an entry.

    Attributes:
        eid: 16 random bytes, never used twice.
        epoch: period of the entry, in the unit of the log's policy (days).
        due: period in which the entry must be opened, in the same unit.
    """

    eid: bytes
    epoch: int
    due: int

    def encode(self) -> bytes:
        """Return the 25 header bytes.

        Raises:
            FormatError: a field does not fit.
        """
        if len(self.eid) != EID_SIZE:
            raise FormatError("entry id is not 16 bytes")
        try:
            return _VERSION + self.eid + u32(self.epoch) + u32(self.due)
        except ValueError:
            raise FormatError("epoch or due is out of range") from None


@dataclass(frozen=True, slots=True)
class Entry:
    """A parsed entry.

    Attributes:
        header: the public part.
        body: 32-byte digest over the commitments.
    """

    header: EntryHeader
    body: bytes


@dataclass(frozen=True, slots=True)
class Opening:
    """What opens one slot. Salt and value stay out of ``repr``, so that no trace shows them.

    Attributes:
        slot: 0..15.
        salt: 32 random bytes.
        value: ``0x00`` for absent, or ``0x01 || payload``.
    """

    slot: int
    salt: bytes = field(repr=False)
    value: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Committed:
    """A new entry.

    Attributes:
        entry: the 57 public bytes.
        commitments: C_0..C_15, the closed view.
    """

    entry: bytes
    commitments: tuple[bytes, ...]


def present(data: bytes) -> bytes:
    """Return the value of a field that the entry has.

    Raises:
        FormatError: the payload is longer than 65,534 bytes.
    """
    return _check_value(_PRESENT + data)


def payload(value: bytes) -> bytes | None:
    """Return the payload of a value, or None for an absent one.

    Raises:
        FormatError: the value has neither form.
    """
    _check_value(value)
    return None if value == ABSENT else value[1:]


def _check_value(value: bytes) -> bytes:
    if value[:1] != _PRESENT and value != ABSENT:
        raise FormatError("a value is 00 alone, or 01 and a payload")
    if len(value) > MAX_VALUE:
        raise FormatError("a value is longer than 65,535 bytes")
    return value


def random_salts(random: Callable[[int], bytes]) -> tuple[bytes, ...]:
    """Return sixteen fresh salts from a source such as ``secrets.token_bytes``.

    Raises:
        CommitmentError: the source repeats itself or returns another length; an entry must not be built then.
    """
    # One call for all: asking the system sixteen times costs more than the sixteen commitments.
    drawn = random(SLOTS * SALT_SIZE)
    if len(drawn) != SLOTS * SALT_SIZE:
        raise CommitmentError("an entry needs sixteen salts of 32 bytes")
    return _check_salts(tuple([drawn[at : at + SALT_SIZE] for at in range(0, len(drawn), SALT_SIZE)]))


def _check_salts(salts: tuple[bytes, ...]) -> tuple[bytes, ...]:
    if len(salts) != SLOTS or set(map(len, salts)) != {SALT_SIZE}:
        raise CommitmentError("an entry needs sixteen salts of 32 bytes")
    if len(set(salts)) != SLOTS:
        # A source that repeats within one entry is broken or was forked; equal fields would become linkable.
        raise CommitmentError("salts repeat")
    return salts


def parse_entry(data: bytes) -> Entry:
    """Parse a public entry.

    Raises:
        FormatError: not 57 bytes, or another version.
    """
    if len(data) != ENTRY_SIZE or data[:1] != _VERSION:
        raise FormatError("not an entry of version 1")
    epoch, due = int.from_bytes(data[17:21], "big"), int.from_bytes(data[21:25], "big")
    return Entry(EntryHeader(data[1:17], epoch, due), data[25:])


def context(origin: str, schema_id: bytes, header: EntryHeader) -> bytes:
    """Return ctx, which ties every commitment to log, schema, entry id and dates.

    Raises:
        FormatError: the schema id is not 32 bytes, or the header does not fit.
    """
    if len(schema_id) != 32:
        raise FormatError("schema id is not 32 bytes")
    return th(_CTX_TAG, origin.encode(), schema_id, header.encode())


def field_commitment(ctx: bytes, slot: int, salt: bytes, value: bytes) -> bytes:
    """Return C_i of one slot.

    Raises:
        CommitmentError: slot or salt is out of range; a salt of another length would weaken binding.
        FormatError: the value has no presence byte.
    """
    if not 0 <= slot < SLOTS or len(salt) != SALT_SIZE:
        raise CommitmentError("slot or salt is out of range")
    return _commitment(_FIELD_TAG + ctx, slot, salt, value)


def _commitment(prefix: bytes, slot: int, salt: bytes, value: bytes) -> bytes:
    """Return C_i; HMAC-SHA256 (RFC 2104) is written out because it takes half the time of ``hmac``."""
    message = prefix + _SLOT_NUMBERS[slot] + lp(_check_value(value))
    inner = sha256(salt.translate(_INNER) + _INNER_REST + message).digest()
    return sha256(salt.translate(_OUTER) + _OUTER_REST + inner).digest()


def commit(
    origin: str, schema_id: bytes, header: EntryHeader, values: Sequence[bytes], salts: Sequence[bytes]
) -> Committed:
    """Build an entry.

    Args:
        origin: origin of the log that will hold it.
        schema_id: SHA-256 of the schema file that gives the slots their meaning.
        header: entry id and dates.
        values: sixteen values, each with its presence byte.
        salts: sixteen independent salts of 32 random bytes, used for nothing else.

    Raises:
        CommitmentError: not sixteen of each, or salts that repeat or have another length.
        FormatError: a value, the header or the schema id has another form.
    """
    if len(values) != SLOTS:
        raise CommitmentError("an entry has sixteen values")
    checked = _check_salts(tuple(salts))
    ctx = context(origin, schema_id, header)
    prefix = _FIELD_TAG + ctx
    commitments = tuple(
        [_commitment(prefix, slot, checked[slot], value) for slot, value in enumerate(values)]
    )
    return Committed(header.encode() + th(_BODY_TAG, ctx, *commitments), commitments)


def check_view(
    origin: str, schema_id: bytes, entry: bytes, commitments: Sequence[bytes], openings: Iterable[Opening]
) -> dict[int, bytes]:
    """Verify a view of an entry and return what it opens.

    Args:
        origin: origin of the log that the caller found the entry in.
        schema_id: schema that the caller expects.
        entry: the 57 public bytes.
        commitments: all sixteen, whether opened or not.
        openings: the slots that this audience may see, each at most once.

    Returns:
        The value of each opened slot, presence byte included.

    Raises:
        FormatError: entry or a value has another form.
        CommitmentError: the commitments are not those of the entry, or an opening is not that of its commitment.
    """
    if len(commitments) != SLOTS or any(len(value) != COMMITMENT_SIZE for value in commitments):
        raise CommitmentError("a view has sixteen commitments of 32 bytes")
    parsed = parse_entry(entry)
    ctx = context(origin, schema_id, parsed.header)
    if not hmac.compare_digest(th(_BODY_TAG, ctx, *commitments), parsed.body):
        raise CommitmentError("commitments are not those of the entry")
    opened: dict[int, bytes] = {}
    for opening in openings:
        computed = field_commitment(ctx, opening.slot, opening.salt, opening.value)
        if opening.slot in opened:
            raise CommitmentError("a slot is opened twice")
        if not hmac.compare_digest(computed, commitments[opening.slot]):
            raise CommitmentError("an opening is not that of its commitment")
        opened[opening.slot] = opening.value
    return opened
