# SPDX-License-Identifier: Apache-2.0
"""Sign what was shown, keep it, send it, verify the receipt: the second step of every act.

The statement is in the outbox before the network is touched, so a crash or a lost connection costs nothing. It leaves
with a receipt or with the exchange's signed rejection, which is raised; after anything else (an answer that does not hold,
a certificate that ran out) it stays, for nothing is known about it. It never changes a statement after it was shown.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rogatory.audit.failpoints import failpoint
from rogatory.client import outbox
from rogatory.client.carried_store import carried_files, header_of
from rogatory.client.composing import Prepared
from rogatory.client.exchange import NotSaved
from rogatory.client.outbox import Waiting
from rogatory.client.private_files import write_private
from rogatory.client.rejections import Rejected
from rogatory.client.seconding import rests, wants_second
from rogatory.client.session import Session
from rogatory.client.transfer import Progress, ignore, upload
from rogatory.client.views import RequestView, ViewedStatement
from rogatory.protocol import codec, errors
from rogatory.protocol.envelope import envelope_digest, parse_envelope, sign_statement
from rogatory.protocol.errors import Invalid, NotAuthorised, Refused, RogatoryError, Unavailable
from rogatory.protocol.header import StatementKind
from rogatory.protocol.receipt import VerifiedReceipt
from rogatory.protocol.sealed import object_digest
from rogatory.protocol.state import RequestState

BEHIND: Final = "OUTBOX.BEHIND"
DISK: Final = "PROFILE.DISK"
WAITS: Final = "OUTBOX.WAITS"
SECOND: Final = "OUTBOX.SECOND"
OTHER_SIDE: Final = "CARRY.OTHER_SIDE"


class NotYet(Unavailable):
    """One statement cannot go just now; those of other requests may."""


class NotUploaded(NotYet):
    """The parts of one disclosure cannot be brought to the exchange just now."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a statement: in the log (with receipt and state), or waiting in the outbox (``queued``).

    Where the disk does not take the receipt of an accepted one, ``receipt_saved`` is false and the statement stays in the
    outbox, to fetch the receipt again; nothing about it is open any more. ``second`` is the file of signed bytes that a
    colleague must approve before it is sent.
    """

    request_id: bytes
    index: int = 0
    time_ms: int = 0
    state: RequestState | None = None
    receipt: VerifiedReceipt | None = None
    queued: bool = False
    second: Path | None = None
    receipt_saved: bool = True


@dataclass(frozen=True, slots=True)
class Flushed:
    """One statement of the outbox: sent, or refused for good, or still there (``kept``) with the reason why.

    One that is accepted and whose receipt the disk does not take is both sent and kept.

    A reason with rule ``OUTBOX.BEHIND`` means that an earlier statement of the same request waits.
    """

    waiting: Waiting
    sent: Sent | None = None
    error: RogatoryError | None = None
    kept: bool = False


def sign_and_keep(session: Session, prepared: Prepared) -> Waiting:
    """Sign a prepared statement and keep it in the outbox, without a try to send it.

    Raises:
        Refused: As ``sign_and_send``; nothing was signed then.
        NotAuthorised: The keys are locked.
    """
    if codec.encode(prepared.statement) != prepared.payload:
        raise Invalid(errors.X_ENCODING, "prepared.payload", "SHOWN_IS_SIGNED")
    session.exchange.scheme.check_term(session.clock.now_ms())
    _once(session, prepared)
    envelope = sign_statement(prepared.statement, session.signer)
    failpoint("client.sign.after")
    return outbox.enqueue(session.profile, envelope, prepared)


async def sign_and_send(session: Session, prepared: Prepared, *, progress: Progress | None = None) -> Sent:
    """Sign a prepared statement and bring it to the exchange.

    Args:
        session: With unlocked keys.
        prepared: What the person was shown.
        progress: Called with bytes of the upload that have arrived, and in all.

    Returns:
        The receipt's facts, or ``queued`` when the exchange cannot be reached or the profile's disk fails before that.

    Raises:
        Rejected: The exchange's signed refusal.
        Refused: ``X_EXPIRED``: the directory's term has ended; ``X_REPLAY`` with rule ``OUTBOX.WAITS``: an issue of this
            request is signed and waits. Nothing was signed then.
        NotVerified: What came back does not hold; the statement stays in the outbox.
        NotAuthorised: The keys are locked, or the exchange does not take this device's certificate.
    """
    waiting = sign_and_keep(session, prepared)
    earlier = [item for item in outbox.list_outbox(session.profile) if item.number < waiting.number]
    if any(item.request_id == waiting.request_id for item in earlier):
        # Order within a request is kept.
        return Sent(waiting.request_id, queued=True, receipt_saved=False)
    try:
        if await rests(session, waiting.kind, waiting.envelope, prepared.view):
            file = outbox.envelope_file(session.profile, waiting)
            return Sent(waiting.request_id, queued=True, receipt_saved=False, second=file)
        return await _send(session, waiting, prepared.view, progress)
    except (Unavailable, OSError):
        # Also where the own disk fails before there is an answer: it is signed and kept, and goes later.
        return Sent(waiting.request_id, queued=True, receipt_saved=False)


def _once(session: Session, prepared: Prepared) -> None:
    """A request is issued once: what is signed and waits is not signed a second time."""
    issue = (prepared.request_id, StatementKind.ISSUE)
    if prepared.statement.header.kind is StatementKind.ISSUE and issue in {
        (item.request_id, item.kind) for item in outbox.list_outbox(session.profile)
    }:
        raise Refused(errors.X_REPLAY, "header.request_id", WAITS)


async def flush_outbox(session: Session, *, progress: Progress | None = None) -> tuple[Flushed, ...]:
    """Send what waits, in order.

    Where the exchange (or the own disk) cannot be used nothing more is tried, for that holds for all. What stays for a reason of its own
    (an answer that does not hold, an upload that finds no room) keeps back the later ones of its request and no others.

    Returns:
        One item for each statement that waited.
    """
    outbox.sweep(session.profile)
    done: list[Flushed] = []
    held: set[bytes] = set()
    down: Unavailable | None = None
    for waiting in outbox.list_outbox(session.profile):
        if down is None and waiting.request_id not in held:
            item = await _try(session, waiting, progress)
            if isinstance(item.error, Unavailable) and not isinstance(item.error, NotYet):
                down = item.error
        else:
            behind = Unavailable(errors.X_TRANSIENT, "outbox", BEHIND)
            item = Flushed(waiting, error=down or behind, kept=True)
        if item.kept and item.sent is None:
            held.add(waiting.request_id)
        done.append(item)
    return tuple(done)


async def _try(session: Session, waiting: Waiting, progress: Progress | None) -> Flushed:
    try:
        view = session.exchange.stored_view(waiting.request_id)
        if await rests(session, waiting.kind, waiting.envelope, view):
            raise Refused(errors.X_SECOND_MISSING, "outbox", SECOND)
        if view is not None and wants_second(view, waiting.kind):
            view = session.exchange.stored_view(
                waiting.request_id
            )  # with the approval, where it was looked for
        sent = await _send(session, waiting, view, progress)
        return Flushed(waiting, sent, kept=not sent.receipt_saved)
    except Rejected as error:
        return Flushed(waiting, error=error)
    except RogatoryError as error:
        return Flushed(waiting, error=error, kept=True)
    except OSError:
        # Our own disk, before there was an answer or while a "no" was put away; the next statement would meet it too.
        return Flushed(waiting, error=Unavailable(errors.X_TRANSIENT, "profile", DISK), kept=True)


async def _send(
    session: Session, waiting: Waiting, view: RequestView | None, progress: Progress | None
) -> Sent:
    await _in_its_turn(session, waiting)
    try:
        viewed = await _deliver(session, waiting, view, progress or ignore)
    except Rejected:
        # Kept as evidence with the statement's bytes; a person must decide anew.
        outbox.remove(session.profile, waiting)
        raise
    except NotSaved as error:
        state = error.viewed.state if error.viewed is not None else None
        index, time_ms = error.receipt.receipt.index, error.receipt.time_ms
        return Sent(waiting.request_id, index, time_ms, state, error.receipt, receipt_saved=False)
    failpoint("client.receipt.after")
    # Accepted, and the receipt is kept: where it cannot be cleared away it goes again and gets the same.
    with suppress(OSError):
        outbox.remove(session.profile, waiting)
    return Sent(waiting.request_id, viewed.index, viewed.receipt.time_ms, viewed.state, viewed.receipt)


async def _in_its_turn(session: Session, waiting: Waiting) -> None:
    """Keep back what answers a statement that came by hand and is not in the log: whoever signed that deposits it.

    Sent before it, the exchange would refuse an answer to what it has never seen, and the answer would be gone.

    Raises:
        NotYet: Rule ``CARRY.OTHER_SIDE``.
    """
    about = header_of(waiting.envelope).about
    others = {
        envelope_digest(parse_envelope(data), session.directory.key(parse_envelope(data).key_id).alg)
        for item in carried_files(session.profile, waiting.request_id)
        if item.record.incoming
        for data in item.envelopes
    }
    if about not in others:
        return
    if _holds(session, waiting.request_id, about):
        return
    with suppress(NotAuthorised):
        await session.exchange.get_request(waiting.request_id, "PROCESSING")
    if not _holds(session, waiting.request_id, about):
        raise NotYet(errors.X_TRANSIENT, "outbox", OTHER_SIDE)


def _holds(session: Session, request_id: bytes, digest: bytes) -> bool:
    view = session.exchange.stored_view(request_id)
    return view is not None and any(item.verified.digest == digest for item in view.statements)


async def _deliver(
    session: Session, waiting: Waiting, view: RequestView | None, progress: Progress
) -> ViewedStatement:
    # What is not taken any more, because somebody has acted since, is refused by a word that is not signed and proves
    # nothing: the statement itself gets one that is, or its receipt where everything had arrived before.
    with suppress(Refused, Invalid, NotAuthorised):
        await _bring(session, waiting, progress)
    failpoint("client.send.before")
    return await session.exchange.submit(waiting.envelope, view)


async def _bring(session: Session, waiting: Waiting, progress: Progress) -> None:
    """Bring what a statement names by digest."""
    exchange = session.exchange
    for data in waiting.objects:
        await exchange.put_sealed(waiting.request_id, data)
        write_private(session.state.object_path(object_digest(data)), data)
    # Without its ciphertext (sent before, and the crash came while it was cleared away) the exchange's word decides.
    if waiting.upload is not None and waiting.upload.path.exists():
        try:
            await upload(exchange.channel, waiting.request_id, waiting.upload, progress)
        except Unavailable as error:
            raise NotUploaded(error.code, error.field, error.rule) from error
