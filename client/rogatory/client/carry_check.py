# SPDX-License-Identifier: Apache-2.0
"""A carry file checked without a network, all of it, before anything is kept, shown or signed (architecture §13).

Seal, realm, directory and packs by their quorums (the newer of the file's and the own one counts, so a device that either
knows to be revoked is refused), the cover over the content, what is logged by its receipts against the heads known here,
what is not by signature, law and fold, addressee, emergency, the pack's permission and its term, sections against the signed
header. Whether the other side is who it says by telephone is for a person; the code is for that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path
from typing import Final

from rogatory.client.carried_store import (
    CarriedIn,
    CarryRecord,
    carried_files,
    fold_known,
    header_of,
    keep_record,
)
from rogatory.client.composing import Opened
from rogatory.client.outbox import list_outbox
from rogatory.client.private_files import open_kept, private_dir, write_private
from rogatory.client.requests import open_view, require_matched
from rogatory.client.scheme import Scheme, verify_scheme
from rogatory.client.sealing.carry import open_head
from rogatory.client.sealing.files import BLOCK, staged
from rogatory.client.session import Session
from rogatory.client.views import RequestView
from rogatory.protocol import codec, errors
from rogatory.protocol.carried import (
    MAX_HEAD,
    PREFIX,
    CarriedContent,
    CarriedFile,
    check_content,
    head_length,
    read_back,
)
from rogatory.protocol.carrying import deposit_due_ms, require_carrying
from rogatory.protocol.envelope import CLOCK_SKEW_MS, Verified, verify_envelope
from rogatory.protocol.errors import Invalid, NotVerified, Refused, RogatoryError
from rogatory.protocol.header import Address, StatementKind, require
from rogatory.protocol.receipt import verify_head
from rogatory.protocol.sealed import object_digest
from rogatory.protocol.state import TERMINAL
from rogatory.protocol.statements import Disclose, TransmitOutside

# In the order in which they are made; what is shown to a person before a call.
CHECKS: Final = (
    "CARRY.SEAL",
    "DIRECTORY.QUORUM",
    "CARRY.COVER",
    "LOG.RECEIPTS",
    "CHAIN.SIGNATURES",
    "PACK.RULES",
    "CARRY.ADDRESSEE",
    "CARRY.TERM",
    "SECTIONS.MATCH",
)


@dataclass(frozen=True, slots=True)
class Taken:
    """A carry file in which everything holds.

    Attributes:
        view: The request with what the file adds to it.
        opened: Its sections, opened and matched.
        record: What is kept of it.
        file: The plain content.
        sender: Unit of who signed the cover.
        bodies: Where the sealed body of each disclosure begins in the file.
    """

    view: RequestView
    opened: Opened
    record: CarryRecord
    file: CarriedFile = field(repr=False)
    sender: Address
    bodies: tuple[tuple[bytes, int, int], ...] = ()


async def check_carried(session: Session, path: Path) -> Taken:
    """Check a carry file that is for this unit.

    Of one that does not hold nothing is kept but a newer directory and log heads that verified by themselves.

    Args:
        session: With unlocked keys; the exchange is not asked.
        path: The file.

    Raises:
        NotAuthorised: ``X_FIELD_NOT_FOR_RECIPIENT``: it is sealed to another unit.
        NotVerified: Changed, forged, of another realm, or of another history of the log.
        Refused: Too old, not allowed by the pack, for somebody else, revoked, or against the rules of the request.
        Invalid: No carry file.
    """
    head, begin, size = _read(path)
    plain = open_head(head, session.profile.config.realm, session.unit_keys)
    file = codec.decode(CarriedFile, plain, limit=MAX_HEAD, at="carried")
    content = codec.decode(CarriedContent, file.content, limit=MAX_HEAD, at="carried.content")
    check_content(content)
    _scheme(session, content)
    cover = _cover(session, file)
    if content.checkpoint:
        session.state.note_heads(verify_head(content.checkpoint, session.exchange.scheme.log))
    request_id = cover.header.request_id
    known = carried_files(session.profile, request_id)
    if any(item.record.cover == cover.digest for item in known):
        raise Refused(errors.X_REPLAY, "carried", "CARRY.TAKEN")
    waiting = [item for item in list_outbox(session.profile) if item.request_id == request_id]
    before = tuple(header_of(item.envelope).statement_id for item in waiting)
    record = CarryRecord(
        incoming=True,
        code=read_back(cover.digest),
        cover=cover.digest,
        sent_at_ms=0,
        deposit_by_ms=0,
        before=before,
    )
    files = [item for item in known if item.record.incoming] + [CarriedIn(record, file)]
    view = fold_known(session, request_id, files, waiting)
    if view is None:
        raise Invalid(errors.X_FIELD_MISSING, "carried.signed", "PRESENT")
    session.state.note_heads(*view.heads)
    record = _addressed(session, view, cover, record)
    bodies = tuple(_bodies(view, content, begin, size))
    fresh = _sections(session, [*content.objects, *(data for item in waiting for data in item.objects)])
    try:
        opened = await open_view(session, view, "PROCESSING")
        require_matched(opened, view.state, (task.number for task in view.state.granted))
    except RogatoryError:
        for place in fresh:
            place.unlink(missing_ok=True)
        raise
    return Taken(
        view, opened, record, file, Address(cover.header.issuer.org, cover.header.issuer.unit), bodies
    )


def take_in(session: Session, taken: Taken) -> None:
    """Keep a checked file, so that later commands go on from it."""
    keep_record(session.profile, taken.view.request_id, taken.record, taken.file)


def extract(session: Session, path: Path, taken: Taken) -> None:
    """Put the sealed bodies of a file where a fetched one would lie; what is in them is proven when they are opened."""
    folder = private_dir(session.profile.folder("staging"))
    with open_kept(path, "carried") as stream:
        for disclosure_id, begin, length in taken.bodies:
            stream.seek(begin)
            _copy(stream, folder / f"{disclosure_id.hex()}.fetched", length)


def _copy(stream: BufferedReader, into: Path, length: int) -> None:
    left = length
    with staged(into) as out:
        while left:
            block = stream.read(min(BLOCK, left))
            require(block, "carried", "LENGTH", errors.X_ENCODING)
            out.write(block)
            left -= len(block)


def _read(path: Path) -> tuple[bytes, int, int]:
    """Return the head of a file, where what follows begins, and how long the file is."""
    with open_kept(path, "carried") as stream:
        length = head_length(stream.read(PREFIX))
        head = stream.read(length)
        require(len(head) == length, "carried.head", "LENGTH", errors.X_ENCODING)
        return head, PREFIX + length, stream.seek(0, 2)


def _scheme(session: Session, content: CarriedContent) -> None:
    """Verify the file's directory and packs, and go on with the newer of them and the own ones, within their term."""
    now = session.clock.now_ms()
    given = verify_scheme(content.directory, content.packs, session.profile.config.realm)
    own = _own(session)
    if (
        own is None
        or given.directory.trust_list.version > own.directory.trust_list.version
        or _more(given, own)
    ):
        session.exchange.adopt(content.directory, content.packs, given)
    session.exchange.scheme.check_term(now)


def _own(session: Session) -> Scheme | None:
    try:
        return session.state.load_scheme()
    except RogatoryError:
        return None


def _more(given: Scheme, own: Scheme) -> bool:
    """Whether the file knows packs or recalls that are not known here, under the same directory."""
    same = given.directory.trust_list == own.directory.trust_list
    recalled = {digest for digest, pack in given.packs.items() if pack.recalled_at is not None}
    known = {digest for digest, pack in own.packs.items() if pack.recalled_at is not None}
    return same and (not set(given.packs) <= set(own.packs) or not recalled <= known)


def _cover(session: Session, file: CarriedFile) -> Verified:
    """Verify the signed statement over the content: it is what this file holds, all of it."""
    cover = verify_envelope(file.cover, session.directory, session.clock.now_ms())
    body = cover.statement.body
    if cover.header.kind is not StatementKind.TRANSMIT_OUTSIDE or not isinstance(body, TransmitOutside):
        raise NotVerified(errors.X_SEAL_BROKEN, "carried.cover", "CARRY.COVER")
    if (body.length, body.digest) != (len(file.content), hashlib.sha256(file.content).digest()):
        raise NotVerified(errors.X_SEAL_BROKEN, "carried.content", "CARRY.COVER")
    return cover


def _addressed(session: Session, view: RequestView, cover: Verified, record: CarryRecord) -> CarryRecord:
    """Demand that the file is for this unit, from the other end of the request, allowed, and young enough."""
    state, me, now = view.state, session.me.address, session.clock.now_ms()
    sender = cover.header.issuer.org
    ends = {state.agency.org: state.provider, state.provider.org: state.agency}
    if ends.get(sender) != me or cover.header.addressee != me:
        raise Refused(errors.X_ADDRESSEE_NOT_DESIGNATED, "carried.cover", "CARRY.ADDRESSEE")
    if not state.transmitted or state.name in TERMINAL:
        raise Refused(errors.X_STATE_NOT_ALLOWED, "carried", f"STATE.{state.name.name}")
    require_carrying(state, view.pack, "carried")
    if view.pack.recalled_at is not None:
        raise Refused(errors.X_PACK_RECALLED, "carried", view.pack.rule("recall"))
    body = cover.statement.body
    sent = body.sent_at_ms if isinstance(body, TransmitOutside) else 0
    if sent > now + CLOCK_SKEW_MS:
        raise Refused(errors.X_ISSUED_IN_FUTURE, "carried.cover", "CLOCK_SKEW")
    if now >= deposit_due_ms(view.pack, sent):
        raise Refused(errors.X_EXPIRED, "carried.cover", "CARRY.STALE")
    return CarryRecord(
        incoming=True,
        code=record.code,
        cover=record.cover,
        sent_at_ms=sent,
        deposit_by_ms=deposit_due_ms(view.pack, _began(view, sent)),
        before=record.before,
    )


def _began(view: RequestView, sent_at_ms: int) -> int:
    """When the request itself was handed over; an answer has no term of its own."""
    asking = (item.statement.body for item in view.said if item.header.issuer.org == view.state.agency.org)
    return min([sent_at_ms, *(body.sent_at_ms for body in asking if isinstance(body, TransmitOutside))])


def _sections(session: Session, objects: list[bytes]) -> list[Path]:
    """Put the file's sealed sections and the own unsent ones where fetched ones lie, and return what was not there.

    Each is named by its digest and checked when it is opened.
    """
    fresh: list[Path] = []
    for data in objects:
        path = session.state.object_path(object_digest(data))
        if not path.exists():
            fresh.append(path)
            write_private(path, data)
    return fresh


def _bodies(
    view: RequestView, content: CarriedContent, begin: int, size: int
) -> Iterator[tuple[bytes, int, int]]:
    """Yield id, place and length of the sealed bodies; the file ends with the last one."""
    carried = set(content.signed)
    at = begin
    for item in view.carried:
        body = item.verified.statement.body
        if isinstance(body, Disclose) and item.verified.data in carried:
            yield body.disclosure_id, at, body.body_length
            at += body.body_length
    require(at == size, "carried", "LENGTH", errors.X_ENCODING)
