# SPDX-License-Identifier: Apache-2.0
"""What outlives an answer: errors and deletion, notice to the person, costs, and what went another way.

Coded statements with words in sealed notes. None of it needs the request to be open; none of it deletes, informs or pays
anything by itself: it records, signed, that somebody has.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rogatory.client.composing import Prepared
from rogatory.client.private_files import open_kept
from rogatory.client.session import Session
from rogatory.client.speaking import choose, look, order_of, other_side, say, unit_of
from rogatory.client.views import RequestView
from rogatory.protocol import errors
from rogatory.protocol.aftermath import COST, ERROR
from rogatory.protocol.duties import (
    AttestDeletion,
    ClaimCost,
    DeferNotice,
    Erase,
    Error,
    ExtendSeal,
    NotifySubject,
    SettleCost,
    TransmitOutside,
)
from rogatory.protocol.errors import Refused

_BLOCK: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class OutsideFile:
    """Length and SHA-256 of something that went another way."""

    length: int
    digest: bytes


async def prepare_error(
    session: Session,
    request_id: bytes,
    cause: str,
    grade: str,
    party: str,
    tasks: tuple[int, ...] = (),
    *,
    note: str = "",
) -> Prepared:
    """Prepare the report of an error.

    Args:
        session: With unlocked keys.
        request_id: The request; it may have ended.
        cause: Of the pack's list.
        grade: ``NEAR_MISS``, ``REPORTABLE`` or ``SERIOUS``; the last two stay open until deletion is attested.
        party: Whose error: ``AGENCY``, ``AUTHORITY``, ``PROVIDER`` or ``EXCHANGE``.
        tasks: What is concerned; the whole unless given.
        note: Words to the other side, sealed.

    Raises:
        Refused: The pack does not list the cause, or there is no such task.
        Invalid: Grade or party are none of these.
    """
    view = await look(session, request_id)
    body = Error(grade, party, cause, tuple(sorted(set(tasks))))
    return say(session, view, body, other_side(session, view.state), order_of(view.state), note=note)


async def prepare_attest_deletion(
    session: Session, request_id: bytes, done: str, *, duty: str = "", note: str = ""
) -> Prepared:
    """Prepare to attest that data were ``DELETED`` or ``RESTRICTED``.

    Args:
        session: Of the party that holds them.
        request_id: The request.
        done: What was done.
        duty: Beginning of the digest (hex) of the error report or the disclosure that it is about; the one error that is open,
            else the last disclosure, unless given.
        note: Words to the other side, sealed.

    Raises:
        Refused: Nothing is to be deleted, or ``duty`` does not choose one thing.
    """
    view = await look(session, request_id)
    about = _duty(view, duty)
    return say(session, view, AttestDeletion(done), other_side(session, view.state), about, note=note)


def _duty(view: RequestView, prefix: str) -> bytes:
    state = view.state
    owed = [item for item in state.debts if item.name == ERROR]
    if prefix:
        manifests = [item.manifest for item in state.disclosures]
        found = [
            d for d in (*(item.digest for item in owed), *manifests) if d.hex().startswith(prefix.lower())
        ]
        if len(found) != 1:
            raise Refused(errors.X_NOT_FOUND, "about", "ONE_OPEN")
        return found[0]
    if owed:
        return choose(owed, "").digest
    return state.disclosures[-1].manifest if state.disclosures else state.issue_digest


async def prepare_defer_notice(
    session: Session, request_id: bytes, ground: str, review_day: int, *, note: str = ""
) -> Prepared:
    """Prepare the decision that the person is not told yet; ``review_day`` counts days since the epoch, UTC.

    Raises:
        Refused: The pack does not list the ground, or the day is too late or in the past.
    """
    view = await look(session, request_id)
    body = DeferNotice(ground, review_day)
    return say(session, view, body, other_side(session, view.state), order_of(view.state), note=note)


async def prepare_extend_seal(
    session: Session, request_id: bytes, ground: str, until_day: int, *, note: str = ""
) -> Prepared:
    """Prepare that the request's entries stay sealed for the public until a later day (days since the epoch, UTC).

    Raises:
        Refused: The pack does not list the ground, or the day is in the past.
    """
    view = await look(session, request_id)
    body = ExtendSeal(ground, until_day)
    return say(session, view, body, other_side(session, view.state), order_of(view.state), note=note)


async def prepare_notice(
    session: Session, request_id: bytes, *, omitted: bool = False, note: str = ""
) -> Prepared:
    """Prepare to record that the person was informed, or (``omitted``) that informing is omitted for the ground stated before.

    Raises:
        Refused: Omitted, and no ground was stated before.
    """
    view = await look(session, request_id)
    body = NotifySubject("OMITTED" if omitted else "INFORMED")
    return say(session, view, body, other_side(session, view.state), order_of(view.state), note=note)


async def prepare_claim_cost(
    session: Session, request_id: bytes, amount: int, currency: str, *, note: str = ""
) -> Prepared:
    """Prepare the provider's claim, in hundredths of a currency's unit.

    Raises:
        Refused: The pack lets no cost be claimed.
        Invalid: No amount, or no ISO 4217 code.
    """
    view = await look(session, request_id)
    body = ClaimCost(amount, currency)
    return say(session, view, body, view.state.agency, view.state.order_digest, note=note)


async def prepare_settle_cost(
    session: Session, request_id: bytes, *, paid: bool, claim: str = "", note: str = ""
) -> Prepared:
    """Prepare the asking side's answer to a claim; ``claim`` chooses where several are open.

    Raises:
        Refused: ``X_NOT_FOUND`` with rule ``ONE_OPEN``: there is no claim, or several.
    """
    view = await look(session, request_id)
    item = choose([debt for debt in view.state.debts if debt.name == COST], claim)
    body = SettleCost("PAID" if paid else "DENIED")
    return say(session, view, body, unit_of(view.state, item.org), item.digest, note=note)


async def prepare_outside(
    session: Session, request_id: bytes, sent_at_ms: int, file: OutsideFile, *, note: str = ""
) -> Prepared:
    """Prepare the record of what went another way: when, how long, its digest; by which way says the note.

    Raises:
        Refused: The moment lies in the future, or the request has ended.
    """
    view = await look(session, request_id)
    body = TransmitOutside(sent_at_ms, file.length, file.digest)
    return say(session, view, body, other_side(session, view.state), order_of(view.state), note=note)


async def prepare_erase(session: Session, request_id: bytes, ground: str) -> Prepared:
    """Prepare the controller's word that the exchange destroys what it holds of an ended request; a second person approves it.

    What the parties keep themselves is not touched by it.

    Args:
        session: Of the party that asked.
        request_id: The request.
        ground: ``COURT_ORDER``, ``NOT_NEEDED``, ``RETENTION_ENDED`` or ``UNLAWFUL``.

    Raises:
        Refused: The request goes on, or something of it is still owed.
        Invalid: There is no such ground.
    """
    view = await look(session, request_id)
    return say(session, view, Erase(ground), other_side(session, view.state), view.state.issue_digest)


def measure(path: Path) -> OutsideFile:
    """Return length and digest of a file, read once and never kept.

    Raises:
        Invalid: It cannot be read, or is no regular file.
    """
    digest, length = hashlib.sha256(), 0
    with open_kept(path, "file") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            length += len(block)
    return OutsideFile(length, digest.digest())
