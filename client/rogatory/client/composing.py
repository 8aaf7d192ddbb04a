# SPDX-License-Identifier: Apache-2.0
"""Statements in the making: exact bytes that a person can be shown before anything is signed or sent.

``Prepared`` is the two-step rule as a type: what ``outgoing.sign_and_send`` signs is what was shown, byte for byte. This
module makes headers and seals notes; which body is right in which state is not known here; it is the flows' business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

from rogatory.client.sealing.seal import seal_section
from rogatory.client.session import Session
from rogatory.client.views import RequestView
from rogatory.protocol import codec
from rogatory.protocol.content import Grounds, Note, Particulars
from rogatory.protocol.header import (
    Address,
    Header,
    Issuer,
    SectionKind,
    StatementKind,
    require,
)
from rogatory.protocol.ids import uuid7
from rogatory.protocol.sealed import section_context
from rogatory.protocol.statements import BODIES, Body, Statement, check_statement

# The longest life that the envelope allows: a signed statement may wait for a network that long.
LIFETIME_MS: Final = 7 * 86_400_000
_KINDS: Final = {cls: kind for kind, cls in BODIES.items()}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a check found: stable code, field, rule, whether it blocks (``ERROR``) or not (``WARNING``), legal basis."""

    code: str
    field: str
    rule: str
    severity: str = "ERROR"
    basis: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """Sections in clear, for the holder's eyes: never sent, never logged.

    Attributes:
        particulars: By task number.
        grounds: Where the reader is handed them.
        notes: Words of other statements, by the envelope digest of each.
        view: The request they belong to, where it exists already.
        problems: What does not match; nothing may be granted or searched while there are errors.
        objects: Object digests of the sections that were opened and matched, sorted.
    """

    particulars: Mapping[int, Particulars] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    grounds: Grounds | None = field(default=None, repr=False)
    notes: Mapping[bytes, Note] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    view: RequestView | None = None
    problems: tuple[Finding, ...] = ()
    objects: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Upload:
    """A sealed disclosure in the staging folder, and the RFC 6962 leaf hashes of its parts."""

    disclosure_id: bytes
    path: Path
    leaves: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement ready to be shown and signed.

    Attributes:
        statement: Header and body.
        payload: The exact bytes that will be signed.
        request_id: The request that it belongs to.
        view: The request as its signer has seen it; ``None`` for a new one.
        objects: Sealed sections to store before.
        upload: Sealed disclosure to upload before.
        opened: What is inside the sections, for the screen.
    """

    statement: Statement
    payload: bytes
    request_id: bytes
    view: RequestView | None = None
    objects: tuple[bytes, ...] = field(default=(), repr=False)
    upload: Upload | None = None
    opened: Opened | None = None


def new_header(
    session: Session, kind: StatementKind, request_id: bytes, addressee: Address, view: RequestView | None
) -> Header:
    """Return a header of this person, now, with what the client has verified."""
    me, now = session.me, session.clock.now_ms()
    seen = session.seen(view.state if view is not None else None)
    if view is not None and view.carried:
        # The rest has no place in the log yet: the last statement is named by its digest.
        seen = replace(seen, request_position=view.position, request_digest=view.state.last_digest)
    return Header(
        realm=session.profile.config.realm,
        statement_id=uuid7(session.clock, session.entropy),
        request_id=request_id,
        kind=kind,
        seen=seen,
        issuer=Issuer(me.org, me.unit, me.subject, me.role, session.row.key_id),
        addressee=addressee,
        issued_at_ms=now,
        expires_at_ms=now + LIFETIME_MS,
        pack_digest=view.state.pack_digest if view is not None else b"",
    )


def answer(
    session: Session,
    view: RequestView,
    body: Body,
    addressee: Address,
    about: bytes,
    *,
    note: str = "",
    upload: Upload | None = None,
    opened: Opened | None = None,
) -> Prepared:
    """Return a statement about a request that exists.

    Args:
        session: Whose statement it is.
        view: The request as seen.
        body: What is said.
        addressee: Unit that it goes to.
        about: Envelope digest of what it answers.
        note: Words, sealed to the addressee's and the own unit.
        upload: Sealed disclosure that goes before.
        opened: What was opened to decide, for the screen.

    Raises:
        Invalid: The statement breaks a rule of its own.
    """
    kind = _KINDS[type(body)]
    header = replace(new_header(session, kind, view.request_id, addressee, view), about=about)
    objects: tuple[bytes, ...] = ()
    if note:
        header, objects = _with_note(session, header, view, note)
    return prepared(Statement(header, body), view=view, objects=objects, upload=upload, opened=opened)


def prepared(
    statement: Statement,
    *,
    view: RequestView | None = None,
    objects: tuple[bytes, ...] = (),
    upload: Upload | None = None,
    opened: Opened | None = None,
) -> Prepared:
    """Check a statement by itself and fix its bytes.

    Raises:
        Invalid: It breaks a rule of its own.
    """
    check_statement(statement)
    payload = codec.encode(statement)
    return Prepared(statement, payload, statement.header.request_id, view, objects, upload, opened)


def _with_note(
    session: Session, header: Header, view: RequestView, words: str
) -> tuple[Header, tuple[bytes, ...]]:
    wanted = {header.addressee.org, session.me.org}
    known = {unit.key_id: unit.sealing_key for unit in session.directory.trust_list.units if unit.sealing_key}
    keys = {
        key.key_id: known[key.key_id] for key in view.state.keys if key.org in wanted and key.key_id in known
    }
    require(keys, "note", "RECIPIENTS")
    context = section_context(header, SectionKind.NOTE, 0, keys)
    data, ref = seal_section(codec.encode(Note(words)), context, keys, session.entropy)
    return replace(header, sections=(ref,)), (data,)
