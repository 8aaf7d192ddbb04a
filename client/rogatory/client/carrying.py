# SPDX-License-Identifier: Apache-2.0
"""Write a carry file: a request, or the answer to one, for the day on which the exchange is down (architecture §13).

The file holds all that the other side needs to check it without a network, and a signed ``transmit_outside`` whose digest
covers the rest; that statement waits in the outbox with the others and is in the log later. It is sealed to the other
side's unit. Checking a file is ``rogatory.client.carry_check``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rogatory.client.carried_store import CarryRecord, keep_record, view_of
from rogatory.client.composing import Prepared, Upload, answer
from rogatory.client.outbox import Waiting, list_outbox
from rogatory.client.outgoing import sign_and_keep
from rogatory.client.private_files import open_kept, read_optional
from rogatory.client.requests import section_places
from rogatory.client.sealing.carry import seal_head
from rogatory.client.sealing.files import BLOCK, staged
from rogatory.client.session import Session
from rogatory.client.views import RequestView
from rogatory.protocol import codec, errors
from rogatory.protocol.carried import CarriedContent, CarriedFile, check_content, frame, read_back
from rogatory.protocol.carrying import deposit_due_ms, require_carrying
from rogatory.protocol.envelope import envelope_digest, parse_envelope
from rogatory.protocol.errors import Refused, Unavailable
from rogatory.protocol.header import Address, StatementKind, require
from rogatory.protocol.sealed import MAX_SECTION, check_object, object_digest
from rogatory.protocol.state import TERMINAL, Flag
from rogatory.protocol.statements import TransmitOutside
from rogatory.protocol.wire import GetDirectoryResponse, GetPacksResponse, LoggedStatement

_MAX_SCHEME: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Carrying:
    """A carry file in the making: the statement to be shown and signed, the content that it names, disclosures to append."""

    prepared: Prepared
    content: bytes = field(repr=False)
    recipient: Address
    deposit_by_ms: int
    statements: int
    bodies: tuple[Upload, ...] = ()


@dataclass(frozen=True, slots=True)
class Carried:
    """A carry file that was written: where, how long, the code for the telephone, until when both ends must deposit."""

    request_id: bytes
    path: Path
    length: int
    code: str
    sent_at_ms: int
    deposit_by_ms: int


async def prepare_carry(session: Session, request_id: bytes) -> Carrying:
    """Prepare the file that carries a request to its provider.

    Raises:
        Refused: Not an emergency, not allowed by the pack, not an order yet, delivered already, or not this party's request.
        Unavailable: ``OFFLINE``: this profile knows nothing of the request.
    """
    view = await _current(session, request_id)
    if view.state.agency.org != session.me.org:
        raise Refused(errors.X_NOT_AUTHORISED, "header.issuer", "PARTY.ASKING")
    if Flag.DELIVERED_TO_SERVICE in view.state.flags:
        raise Refused(errors.X_STATE_NOT_ALLOWED, "request_id", "CARRY.DELIVERED")
    return _prepare(session, view, view.state.provider)


async def prepare_answer(session: Session, request_id: bytes) -> Carrying:
    """Prepare the file that carries a provider's answer back to the agency.

    Raises:
        Refused: As ``prepare_carry``; ``X_STATE_NOT_ALLOWED`` with rule ``CARRY.ANSWERED``: nothing was signed to be carried.
    """
    view = await _current(session, request_id)
    if view.state.provider.org != session.me.org:
        raise Refused(errors.X_NOT_AUTHORISED, "header.issuer", "PARTY.PROVIDER")
    mine = [item for item in view.carried if item.verified.header.issuer.org == session.me.org]
    if not mine:
        raise Refused(errors.X_STATE_NOT_ALLOWED, "request_id", "CARRY.ANSWERED")
    return _prepare(session, view, view.state.agency)


def write_carry(session: Session, carrying: Carrying, out: Path) -> Carried:
    """Sign the cover, keep it in the outbox, and write the file, which exists whole or not at all.

    Raises:
        Invalid: ``X_TOO_LARGE``.
        OSError: The file cannot be written; the cover waits in the outbox then, and a new file gets a new one.
    """
    require(not out.exists(), "out", "EXISTS")
    unit = session.directory.unit(carrying.recipient, "header.addressee")
    waiting = sign_and_keep(session, carrying.prepared)
    file = CarriedFile(carrying.content, waiting.envelope)
    realm = session.profile.config.realm
    head = frame(seal_head(codec.encode(file), realm, unit, session.entropy))
    length = 0
    with staged(out) as stream:
        for block in _blocks(head, carrying.bodies):
            stream.write(block)
            length += len(block)
    body = carrying.prepared.statement.body
    sent_at_ms = body.sent_at_ms if isinstance(body, TransmitOutside) else 0
    cover = envelope_digest(parse_envelope(waiting.envelope), session.row.alg)
    code = read_back(cover)
    record = CarryRecord(
        incoming=False, code=code, cover=cover, sent_at_ms=sent_at_ms, deposit_by_ms=carrying.deposit_by_ms
    )
    keep_record(session.profile, waiting.request_id, record, file)
    return Carried(waiting.request_id, out, length, code, sent_at_ms, carrying.deposit_by_ms)


async def _current(session: Session, request_id: bytes) -> RequestView:
    """Return the request with what is not in the log yet; looked at again first where the exchange is there."""
    if session.online:
        with suppress(Unavailable):
            await session.exchange.get_request(request_id, "PROCESSING")
    view = view_of(session, request_id)
    if view is None:
        raise Unavailable(errors.X_TRANSIENT, "request_id", "OFFLINE")
    return view


def _prepare(session: Session, view: RequestView, to: Address) -> Carrying:
    state = view.state
    require_carrying(state, view.pack, "request_id")
    if view.pack.recalled_at is not None:
        raise Refused(errors.X_PACK_RECALLED, "request_id", view.pack.rule("recall"))
    if not state.transmitted or state.name in TERMINAL:
        raise Refused(errors.X_STATE_NOT_ALLOWED, "request_id", f"STATE.{state.name.name}")
    session.exchange.scheme.check_term(session.clock.now_ms())
    waiting = [item for item in list_outbox(session.profile) if item.request_id == view.request_id]
    content = _content(session, view, to, waiting)
    check_content(content)
    data, now = codec.encode(content), session.clock.now_ms()
    body = TransmitOutside(now, len(data), hashlib.sha256(data).digest())
    made = answer(session, view, body, to, state.order_digest)
    bodies = tuple(
        item.upload for item in waiting if item.kind is StatementKind.DISCLOSE and item.upload is not None
    )
    due = deposit_due_ms(view.pack, _since(session, view, now))
    return Carrying(made, data, to, due, len(view.statements) + len(view.carried), bodies)


def _since(session: Session, view: RequestView, now_ms: int) -> int:
    """Return when the request was handed over, which is when the term of deposit began."""
    sent = [
        body.sent_at_ms
        for body in (
            item.statement.body for item in view.said if item.header.issuer.org == view.state.agency.org
        )
        if isinstance(body, TransmitOutside)
    ]
    return min(sent) if sent and session.me.org != view.state.agency.org else now_ms


def _content(session: Session, view: RequestView, to: Address, waiting: list[Waiting]) -> CarriedContent:
    directory, packs = session.state.scheme_bytes()
    trusted = session.state.trusted
    return CarriedContent(
        directory=codec.decode(GetDirectoryResponse, directory, limit=_MAX_SCHEME, at="directory"),
        packs=codec.decode(GetPacksResponse, packs, limit=_MAX_SCHEME, at="packs"),
        checkpoint=session.state.note_of(trusted.highest.size) if trusted.highest is not None else b"",
        logged=tuple(LoggedStatement(s.verified.data, s.receipt.receipt) for s in view.statements),
        signed=tuple(item.verified.data for item in view.carried),
        objects=tuple(_objects(session, view, to, waiting)),
    )


def _objects(session: Session, view: RequestView, to: Address, waiting: list[Waiting]) -> Iterator[bytes]:
    """Yield the sections that the other side is handed, as they lie here."""
    unit = session.directory.unit(to, "header.addressee").key_id
    staged_objects = {object_digest(data): data for item in waiting for data in item.objects}
    handed = view.state.readable_by(to.org)
    for ref, header, _digest in section_places(view, handed):
        if unit not in ref.recipients or header.issuer.org == to.org:
            continue  # nothing for them, or their own
        data = read_optional(session.state.object_path(ref.object_digest), "section", MAX_SECTION)
        data = data if data is not None else staged_objects.get(ref.object_digest)
        if data is None:
            raise Refused(errors.X_SECTION_MISSING, "header.sections", "CARRY.SECTION")
        check_object(data, ref)
        yield data


def _blocks(head: bytes, bodies: tuple[Upload, ...]) -> Iterator[bytes]:
    yield head
    for item in bodies:
        with open_kept(item.path, "staging") as stream:
            while block := stream.read(BLOCK):
                yield block
