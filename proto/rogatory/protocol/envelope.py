# SPDX-License-Identifier: Apache-2.0
"""The signed envelope: bytes in, a verified statement out, or an error with code, field and rule.

DSSE pre-authentication encoding, one signature, one key (architecture §4, cryptography §1). The steps and their order:
size cap, strict parse, payload type, key row, row active, signature with the row's algorithm, payload parsed from the
same bytes, header against row, realm, time. Unverified and verified are different types, and only ``Verified`` is
accepted by the fold. What a statement does to a request, and whether it was seen before, is not decided here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rogatory.audit.framing import th, u8
from rogatory.protocol import codec, errors, keys, tags
from rogatory.protocol.directory import Directory, KeyRow, RowStatus
from rogatory.protocol.errors import Invalid, NotVerified, Refused
from rogatory.protocol.header import Header
from rogatory.protocol.statements import (
    MAX_ENVELOPE,
    PAYLOAD_TYPES,
    Statement,
    check_statement,
    payload_type,
)

CLOCK_SKEW_MS: Final = 120_000
MAX_LIFETIME_MS: Final = 7 * 86_400_000


@dataclass(frozen=True, slots=True)
class Envelope:
    """As parsed, nothing verified."""

    payload: bytes
    payload_type: str
    key_id: bytes
    sig: bytes


@dataclass(frozen=True, slots=True)
class Verified:
    """A statement whose signature, key row, realm and time held at ``at_ms``.

    ``data`` are the exact envelope bytes; ``digest`` is the envelope digest (signature included), which later
    statements name; ``statement_digest`` leaves the signature out and is the identity for idempotency.
    """

    data: bytes
    statement: Statement
    statement_digest: bytes
    digest: bytes
    row: KeyRow

    @property
    def header(self) -> Header:
        """The statement's header."""
        return self.statement.header


def pae(kind: str, payload: bytes) -> bytes:
    """Return DSSE's pre-authentication encoding (DSSE v1.0.2, protocol)."""
    name = kind.encode()
    return b"DSSEv1 %d %b %d %b" % (len(name), name, len(payload), payload)


def sign_statement(statement: Statement, signer: keys.Signer) -> bytes:
    """Return the exact envelope bytes of a statement signed by ``signer``.

    Raises:
        Invalid: The statement breaks a rule of its own, or names another key than the signer's.
    """
    check_statement(statement)
    if statement.header.issuer.key_id != keys.signer_id(signer):
        raise Invalid(errors.X_FIELD_INVALID, "header.issuer.key_id", "SIGNER")
    payload = codec.encode(statement)
    kind = payload_type(statement.header.kind)
    data = codec.encode(
        Envelope(payload, kind, statement.header.issuer.key_id, signer.sign(pae(kind, payload)))
    )
    if len(data) > MAX_ENVELOPE:
        raise Invalid(errors.X_TOO_LARGE, "envelope", "SIZE_CAP")
    return data


def envelope_digest(envelope: Envelope, alg: int) -> bytes:
    """Return the digest that covers the signature too: what chains name and the log entry holds."""
    return _digest(pae(envelope.payload_type, envelope.payload), envelope, alg)


def _digest(message: bytes, envelope: Envelope, alg: int) -> bytes:
    return th(tags.ENVELOPE, message, u8(alg), envelope.key_id, envelope.sig)


def raw_digest(data: bytes) -> bytes:
    """Return a digest of bytes that may not even parse, for rejections."""
    return th(tags.RAW, data)


def parse_envelope(data: bytes) -> Envelope:
    """Parse the outer message strictly, verifying nothing.

    Raises:
        Invalid: Too large, not canonical, or a payload type that is not a statement's.
    """
    envelope = codec.decode(Envelope, data, limit=MAX_ENVELOPE, at="envelope")
    if envelope.payload_type not in PAYLOAD_TYPES:
        raise Invalid(errors.X_KIND_UNKNOWN, "envelope.payload_type", "TYPE")
    return envelope


def verify_envelope(data: bytes, directory: Directory, at_ms: int) -> Verified:
    """Verify envelope bytes against a directory at a moment (commit time, milliseconds since the epoch).

    Raises:
        Invalid: Size, encoding, or a rule of the statement by itself.
        NotVerified: Unknown key or a signature that does not hold, another realm.
        Refused: Key not active at ``at_ms``, role not held, expired, issued in the future, lifetime too long.
    """
    envelope = parse_envelope(data)
    row = directory.key(envelope.key_id)
    message = pae(envelope.payload_type, envelope.payload)
    keys.verify(row.alg, row.raw, envelope.sig, message)
    statement = codec.decode(Statement, envelope.payload, limit=MAX_ENVELOPE, at="statement")
    check_statement(statement)
    _match_row(statement.header, envelope, row, directory)
    _match_time(statement.header, row, at_ms)
    return Verified(
        data,
        statement,
        th(tags.STATEMENT, message),
        _digest(message, envelope, row.alg),
        row,
    )


def _match_row(header: Header, envelope: Envelope, row: KeyRow, directory: Directory) -> None:
    if header.kind is not PAYLOAD_TYPES[envelope.payload_type]:
        raise Invalid(errors.X_FIELD_INVALID, "header.kind", "TYPE_MATCHES")
    if header.realm != directory.realm:
        raise NotVerified(errors.X_REALM_MISMATCH, "header.realm", "REALM")
    issuer = header.issuer
    if (issuer.key_id, issuer.org, issuer.unit, issuer.subject) != (
        envelope.key_id,
        row.org,
        row.unit,
        row.subject,
    ):
        raise NotVerified(errors.X_SIGNATURE_INVALID, "header.issuer", "ROW_MATCHES")
    if issuer.role not in row.roles:
        raise Refused(errors.X_ROLE_NOT_HELD, "header.issuer.role", "DIRECTORY.ROLES")
    directory.unit(row.address, "header.issuer")


def _match_time(header: Header, row: KeyRow, at_ms: int) -> None:
    if row.status is not RowStatus.ACTIVE or not row.valid_from_ms <= at_ms < row.valid_until_ms:
        raise Refused(errors.X_KEY_NOT_ACTIVE, "key_id", "DIRECTORY.VALIDITY")
    if header.issued_at_ms - CLOCK_SKEW_MS > at_ms:
        raise Refused(errors.X_ISSUED_IN_FUTURE, "header.issued_at_ms", "CLOCK_SKEW")
    if at_ms >= header.expires_at_ms:
        raise Refused(errors.X_EXPIRED, "header.expires_at_ms", "EXPIRY")
    if header.expires_at_ms - header.issued_at_ms > MAX_LIFETIME_MS:
        raise Refused(errors.X_FIELD_INVALID, "header.expires_at_ms", "LIFETIME")
