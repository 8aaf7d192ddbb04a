# SPDX-License-Identifier: Apache-2.0
"""What a bundle's members must show one by one: the same functions for who writes a bundle and for who checks it.

Pure; the order of checks and the verdict are ``rogatory.client.bundle_check``, and no key that opens anything is used.
"""

from __future__ import annotations

from rogatory.client.bundle_format import SECTION_KEY
from rogatory.client.scheme import Scheme
from rogatory.client.sealing.plaintext import held
from rogatory.client.sealing.proving import prove_section
from rogatory.client.views import open_receipt
from rogatory.protocol import codec, errors
from rogatory.protocol.content import MAX_CONTENT, Grounds, Note, Particulars
from rogatory.protocol.directory import KeyRow
from rogatory.protocol.entry_schema import ACTOR, SUBJECT, bytes_value, read_record
from rogatory.protocol.envelope import parse_envelope
from rogatory.protocol.errors import NotVerified, RogatoryError
from rogatory.protocol.header import Header, SectionKind, SectionRef
from rogatory.protocol.match import match
from rogatory.protocol.pack import Pack
from rogatory.protocol.receipt import Rejection
from rogatory.protocol.statements import MAX_ENVELOPE, Statement


def check_section(message: bytes, key: bytes, ref: SectionRef, header: Header, pack: Pack) -> None:
    """Prove a section's plaintext against its signed reference, and particulars against the header's commitments.

    Raises:
        NotVerified: It is not what was sealed, or does not say what the header says.
        Invalid: It is not canonical.
    """
    held(len(key) == SECTION_KEY, "KEY.LENGTH", "section")
    prove_section(message, key, ref)
    if ref.kind is SectionKind.PARTICULARS:
        opened = codec.decode(Particulars, message, limit=MAX_CONTENT, at="particulars")
        if opened.task != ref.task:
            raise NotVerified(errors.X_SECTION_MISMATCH, "particulars.task", "HEADER_SAYS")
        match(header, opened, pack.identifiers)
    elif ref.kind is SectionKind.GROUNDS:
        codec.decode(Grounds, message, limit=MAX_CONTENT, at="grounds")
    else:
        codec.decode(Note, message, limit=MAX_CONTENT, at="note")


def claimed_request(envelope: bytes) -> bytes:
    """Return the request that envelope bytes claim to be about, nothing verified; empty where they do not parse."""
    try:
        payload = parse_envelope(envelope).payload
        return codec.decode(Statement, payload, limit=MAX_ENVELOPE, at="statement").header.request_id
    except RogatoryError:
        return b""


def submitter(rejection: Rejection, scheme: Scheme) -> KeyRow:
    """Return the directory row of the person whose statement was refused, as the rejection's entry names it."""
    values = open_receipt(rejection.receipt, scheme).values
    subject, role, _ = read_record(values[SUBJECT], 3)
    for row in scheme.directory.trust_list.keys:
        first = row.roles[0].encode() if row.roles else b""
        if (bytes_value(row.org), row.subject, first) == (values[ACTOR], subject, role):
            return row
    raise NotVerified(errors.X_RECEIPT_INVALID, "rejection.receipt", "DIRECTORY.KEY")
