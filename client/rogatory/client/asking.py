# SPDX-License-Identifier: Apache-2.0
"""Questions and objections, and what the asking side says to them.

A question is coded and its words travel in a sealed note; an answer names the question and never carries scope. Which party
may ask what, and what rests meanwhile, the rules say (``rogatory.protocol.questions``); this module never decides it.
"""

from __future__ import annotations

from rogatory.client.composing import Prepared
from rogatory.client.session import Session
from rogatory.client.speaking import look, open_hold, order_of, say, unit_of
from rogatory.protocol.dialogue import (
    Clarify,
    ClarifyRequest,
    ConfirmOrigin,
    ConfirmOriginChallenge,
    Maintain,
    NewDeadline,
    Object,
)
from rogatory.protocol.questions import OBJECTIONS
from rogatory.protocol.state import HoldName


async def prepare_ask(
    session: Session, request_id: bytes, code: str, tasks: tuple[int, ...] = (), *, note: str = ""
) -> Prepared:
    """Prepare a question by provider, validating or enforcing authority.

    Args:
        session: With unlocked keys.
        request_id: The request.
        code: Of the pack's list; an enforcing authority consults with ``CONSULTATION``.
        tasks: What it is about; the whole unless given.
        note: The question in words, sealed to the asking unit and one's own.

    Raises:
        Refused: The pack does not list the code, there is no such task, or the state does not allow it.
    """
    view = await look(session, request_id)
    body = ClarifyRequest(code, tuple(sorted(set(tasks))))
    return say(session, view, body, view.state.agency, order_of(view.state), note=note)


async def prepare_answer(session: Session, request_id: bytes, note: str, *, question: str = "") -> Prepared:
    """Prepare the answer to a question; ``question`` is the beginning of its digest (hex), where several are open.

    Raises:
        Refused: ``X_NOT_FOUND`` with rule ``ONE_OPEN``: no question is open, or several.
    """
    view = await look(session, request_id)
    item = open_hold(view.state, (HoldName.CLARIFICATION_PENDING,), question)
    return say(session, view, Clarify(), unit_of(view.state, item.org), item.digest, note=note)


async def prepare_challenge(session: Session, request_id: bytes, *, note: str = "") -> Prepared:
    """Prepare the provider's question whether a request really came from there; nothing is delivered meanwhile."""
    view = await look(session, request_id)
    return say(session, view, ConfirmOriginChallenge(), view.state.agency, view.state.order_digest, note=note)


async def prepare_confirm_origin(
    session: Session, request_id: bytes, *, confirmed: bool, note: str = ""
) -> Prepared:
    """Prepare the answer to a challenge, by an officer who has not drafted the request; a no takes it back.

    Raises:
        Refused: Nothing was asked, or this officer has drafted the request (rule ``THIRD_OFFICER``).
    """
    view = await look(session, request_id)
    item = open_hold(view.state, (HoldName.ORIGIN_CHALLENGED,))
    return say(session, view, ConfirmOrigin(confirmed), unit_of(view.state, item.org), item.digest, note=note)


async def prepare_object(
    session: Session, request_id: bytes, code: str, bases: tuple[str, ...] = (), *, note: str = ""
) -> Prepared:
    """Prepare the provider's objection; the data stay preserved until the asking side has decided.

    Raises:
        Refused: The pack does not list the code or a basis, the bases carry nothing by themselves, or it is too late.
    """
    view = await look(session, request_id)
    body = Object(code, tuple(sorted(set(bases))))
    return say(session, view, body, view.state.agency, view.state.order_digest, note=note)


async def prepare_maintain(
    session: Session, request_id: bytes, *, objection: str = "", note: str = ""
) -> Prepared:
    """Prepare to keep a request as it is, whatever was objected; ``objection`` chooses where several are open."""
    view = await look(session, request_id)
    item = open_hold(view.state, OBJECTIONS, objection)
    return say(session, view, Maintain(), unit_of(view.state, item.org), item.digest, note=note)


async def prepare_new_deadline(
    session: Session, request_id: bytes, due_ms: int, *, objection: str = "", note: str = ""
) -> Prepared:
    """Prepare a later end of the term to produce.

    Args:
        session: With unlocked keys.
        request_id: The request.
        due_ms: The new end, in milliseconds since the epoch.
        objection: Beginning of the digest (hex) of the question or objection that it answers; about the order without one.
        note: Words to the provider, sealed.

    Raises:
        Refused: It is not later than the running one, or no term runs.
    """
    view = await look(session, request_id)
    about = open_hold(view.state, OBJECTIONS, objection).digest if objection else view.state.order_digest
    return say(session, view, NewDeadline(due_ms), view.state.provider, about, note=note)
