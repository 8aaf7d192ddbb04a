# SPDX-License-Identifier: Apache-2.0
"""The desk of a provider: what came in, receive, preserve, refuse; and the service that acknowledges arrival.

Every act stands on the own fold: the validator's role, the pack's thresholds and the grant are checked here, not
believed (architecture §1.5). Particulars of granted tasks are the only sections that exist for a provider. The answer
itself is ``rogatory.client.disclosing``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Final

from rogatory.client.carried_view import current
from rogatory.client.composing import Opened, Prepared, answer
from rogatory.client.outbox import list_outbox
from rogatory.client.outgoing import Sent, flush_outbox, sign_and_send
from rogatory.client.requests import RequestRow, list_rows, open_view, require_matched, standing
from rogatory.client.session import Session
from rogatory.client.views import RequestView
from rogatory.client.watch import Heard, watch
from rogatory.protocol import errors
from rogatory.protocol.errors import Refused, Unavailable
from rogatory.protocol.header import StatementKind, require
from rogatory.protocol.lifecycle_table import LET_GO
from rogatory.protocol.state import TERMINAL, RequestState, StateName
from rogatory.protocol.statements import (
    Delivered,
    Preserve,
    Receive,
    Refuse,
    RequestKind,
    TaskOutcome,
)

# What `receive` says was checked; the provider's own fold and matching have done all of it.
CHECKED: Final = ("AUTHORITY.ROLE", "CHAIN.SIGNATURES", "PACK.RULES", "SECTIONS.MATCH")
DELIVERED_FLAG: Final = "DELIVERED_TO_SERVICE"
_PURPOSE: Final = "PROCESSING"


async def inbox(session: Session) -> tuple[RequestRow, ...]:
    """Return the requests that were transmitted to this provider: those not at their end, and those whose data may go."""
    return await list_rows(
        session,
        _PURPOSE,
        lambda state: _mine(session, state) and (state.name not in TERMINAL or _to_let_go(state)),
    )


def _to_let_go(state: RequestState) -> bool:
    return state.name in LET_GO and state.preserved_until_ms > 0


async def show(session: Session, request_id: bytes) -> Opened:
    """Open the particulars of the granted tasks; problems are named."""
    view = await transmitted(session, request_id)
    return await open_view(session, view, _PURPOSE)


async def deliver(session: Session, request_id: bytes) -> Sent | None:
    """Say that a request has arrived and verifies, which starts its clocks; no person is asked.

    Returns:
        The receipt's facts, or None when it was said before (and perhaps waits to be sent).
    """
    view = await standing(session, request_id, "DELIVERY")
    if view is None:
        return None
    state = view.state
    if not _mine(session, state) or DELIVERED_FLAG in state.flags or state.name in TERMINAL:
        return None
    said = (request_id, StatementKind.DELIVERED)
    if said in {(item.request_id, item.kind) for item in list_outbox(session.profile)}:
        return None
    prepared = answer(session, view, Delivered(), state.agency, state.order_digest)
    return await sign_and_send(session, prepared)


async def serve(session: Session, *, once: bool = False) -> AsyncIterator[Sent]:
    """The provider's service: say ``delivered`` for whatever arrives, until the task is cancelled.

    What could not be sent waits in the outbox and goes at the next event, a heartbeat at the latest.

    Args:
        session: Of the service, with unlocked keys.
        once: Stop after what is there already.

    Raises:
        Unavailable: The exchange cannot be reached, at the beginning or with ``once``; later it is tried again.
    """
    todo = dict.fromkeys([tip.request_id for tip in await session.exchange.list_requests()])
    async for sent in _deliver_all(session, todo):
        yield sent
    if once:
        return
    async for event in watch(session):
        if isinstance(event, Heard):
            todo[event.item.request_id] = None
        with suppress(Unavailable):
            async for sent in _deliver_all(session, todo):
                yield sent


async def _deliver_all(session: Session, todo: dict[bytes, None]) -> AsyncIterator[Sent]:
    """Send what waited, then deliver what stands on the list; what was done leaves it."""
    for item in await flush_outbox(session):
        if item.sent is not None and item.waiting.kind is StatementKind.DELIVERED:
            yield item.sent
    for request_id in tuple(todo):
        sent = await deliver(session, request_id)
        del todo[request_id]
        if sent is not None:
            yield sent


async def prepare_receive(session: Session, request_id: bytes) -> Prepared:
    """Prepare ``receive``: a person has read it, with every granted task's particulars opened and matched.

    Raises:
        NotVerified: A section does not open or match, by its own code and rule.
        Refused: Not in a state to be received.
    """
    view = await transmitted(session, request_id)
    state = view.state
    if state.name is not StateName.TRANSMITTED or DELIVERED_FLAG not in state.flags:
        raise Refused(errors.X_STATE_NOT_ALLOWED, "request_id", f"STATE.{state.name.name}")
    opened = await open_view(session, view, _PURPOSE)
    return _received(session, view, opened)


def _received(session: Session, view: RequestView, opened: Opened) -> Prepared:
    state = view.state
    numbers = [task.number for task in state.granted]
    require_matched(opened, state, numbers)
    refs = [state.particulars(number) for number in numbers]
    body = Receive(CHECKED, tuple(sorted(ref.object_digest for ref in refs if ref is not None)))
    return answer(session, view, body, state.agency, state.order_digest, opened=opened)


def prepare_received(session: Session, view: RequestView, opened: Opened) -> tuple[Prepared, ...]:
    """Prepare what a person signs who takes in a request that came as a file: ``delivered``, then ``receive``.

    Raises:
        Refused: Not in a state to be received.
    """
    state = view.state
    if state.name is not StateName.TRANSMITTED:
        raise Refused(errors.X_STATE_NOT_ALLOWED, "request_id", f"STATE.{state.name.name}")
    made = (
        []
        if DELIVERED_FLAG in state.flags
        else [answer(session, view, Delivered(), state.agency, state.order_digest)]
    )
    return (*made, _received(session, view, opened))


async def prepare_preserve(
    session: Session,
    request_id: bytes,
    outcomes: Mapping[int, str] = MappingProxyType({}),
    *,
    note: str = "",
) -> Prepared:
    """Prepare ``preserve``: frozen until the instant that every party computes from the pack.

    Args:
        session: With unlocked keys.
        request_id: The request.
        outcomes: Outcome by task number where it is not ``PRESERVED``.
        note: Words to the agency, sealed.

    Raises:
        Refused: Not in a state to be preserved, or no term runs yet.
        Invalid: An outcome names no open task.
    """
    view = await transmitted(session, request_id)
    state = view.state
    if state.name is not StateName.RECEIVED:
        raise Refused(errors.X_STATE_NOT_ALLOWED, "request_id", f"STATE.{state.name.name}")
    term = state.obligation("produce" if state.kind is RequestKind.DISCLOSURE else "preserve")
    if term is None:
        raise Refused(errors.X_STATE_NOT_ALLOWED, "request_id", "DELIVERED_FIRST")
    require(set(outcomes) <= set(state.open_tasks), "outcomes", "TASK_OPEN")
    ended = tuple(TaskOutcome(n, outcomes.get(n, "PRESERVED")) for n in state.open_tasks)
    # Without the log nobody knows when the term began: the pack's end is named by its rule, and the log gives the instant.
    body = Preserve(ended, 0 if view.carried else term.due_ms)
    return answer(session, view, body, state.agency, state.order_digest, note=note)


async def prepare_refuse(
    session: Session, request_id: bytes, code: str, tasks: tuple[int, ...] = (), *, note: str = ""
) -> Prepared:
    """Prepare a refusal of some tasks, or of the whole request when none is named.

    Raises:
        Refused: The pack does not list the code.
        Invalid: A task is not open.
    """
    view = await transmitted(session, request_id)
    if code not in view.pack.refusal["provider"]:
        raise Refused(errors.X_FIELD_INVALID, "body.code", view.pack.rule("refusal/provider"))
    require(set(tasks) <= set(view.state.open_tasks), "body.tasks", "TASK_OPEN")
    body = Refuse(code, tuple(sorted(set(tasks))))
    return answer(session, view, body, view.state.agency, view.state.order_digest, note=note)


async def transmitted(session: Session, request_id: bytes) -> RequestView:
    """Return a request that was transmitted to this provider.

    Raises:
        NotAuthorised: ``X_NOT_FOUND``.
        Refused: ``X_STATE_NOT_ALLOWED``: it is somebody else's, or not transmitted.
    """
    view = await current(session, request_id, _PURPOSE)
    if not _mine(session, view.state):
        raise Refused(errors.X_STATE_NOT_ALLOWED, "request_id", f"STATE.{view.state.name.name}")
    return view


def _mine(session: Session, state: RequestState) -> bool:
    return state.transmitted and state.provider.org == session.me.org
