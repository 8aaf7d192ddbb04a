# SPDX-License-Identifier: Apache-2.0
"""A smaller or larger scope: the provider proposes, the asking side amends.

A proposal and an amendment state the whole scope that would hold from then on, so what is signed can be compared with what
holds now. Another identifier is another request and never an amendment. Whether a widening is granted is the authority's
decision (``authority``).
"""

from __future__ import annotations

from collections.abc import Sequence

from rogatory.client.authority import Narrowing
from rogatory.client.composing import Prepared
from rogatory.client.session import Session
from rogatory.client.speaking import choose, look, open_hold, say
from rogatory.protocol.dialogue import Amend, ProposeNarrowing
from rogatory.protocol.header import require
from rogatory.protocol.questions import OBJECTIONS
from rogatory.protocol.scoping import NARROWED, narrower
from rogatory.protocol.state import RequestState
from rogatory.protocol.statements import GrantedTask


async def prepare_propose(
    session: Session, request_id: bytes, narrowing: Narrowing, *, note: str = ""
) -> Prepared:
    """Prepare the provider's proposal of a smaller scope; it changes nothing by itself.

    Raises:
        Refused: ``X_SCOPE_EXCEEDED``: it is not smaller than what is granted.
        Invalid: The narrowing leaves nothing, or names a task that is not granted.
    """
    view = await look(session, request_id)
    body = ProposeNarrowing(narrowed(view.state.granted, narrowing))
    return say(session, view, body, view.state.agency, view.state.order_digest, note=note)


async def prepare_accept(
    session: Session, request_id: bytes, proposal: str = "", *, note: str = ""
) -> Prepared:
    """Prepare an amendment that takes up a proposal as it stands; ``proposal`` chooses by the beginning of its digest (hex).

    Raises:
        Refused: ``X_NOT_FOUND`` with rule ``ONE_OPEN``: there is no proposal, or several.
    """
    view = await look(session, request_id)
    item = choose(view.state.proposals, proposal)
    return say(session, view, Amend(item.granted), view.state.provider, item.digest, note=note)


async def prepare_amend(
    session: Session,
    request_id: bytes,
    narrowing: Narrowing | None = None,
    *,
    from_issue: bool = False,
    objection: str = "",
    note: str = "",
) -> Prepared:
    """Prepare another scope of one's own.

    Args:
        session: With unlocked keys.
        request_id: The request.
        narrowing: What is left out; nothing unless given.
        from_issue: Begin with what was issued instead of what is granted now; what is larger then waits for the authority.
        objection: Beginning of the digest (hex) of the question or objection that a smaller scope answers.
        note: Words, sealed to the addressee and one's own unit.

    Raises:
        Refused: It changes nothing, reaches beyond what was issued, or drops what has its answer.
        Invalid: The narrowing leaves nothing, or names a task that is not there.
    """
    view = await look(session, request_id)
    state = view.state
    granted = narrowed(issued(state) if from_issue else state.granted, narrowing or Narrowing())
    asked = state.provider if narrower(granted, state) or state.authority is None else state.authority
    about = open_hold(state, OBJECTIONS, objection).digest if objection else state.order_digest
    return say(session, view, Amend(granted), asked, about, note=note)


def issued(state: RequestState) -> tuple[GrantedTask, ...]:
    """Return the scope that may be asked for again: as issued, but what has its answer keeps the scope of the answer."""
    scope: list[GrantedTask] = []
    for item in state.tasks:
        task = item.task
        if not item.outcome or item.outcome == NARROWED:
            scope.append(GrantedTask(task.number, task.elements, task.first_day, task.last_day))
        elif item.granted is not None:
            scope.append(item.granted)
    return tuple(scope)


def narrowed(scope: Sequence[GrantedTask], narrowing: Narrowing) -> tuple[GrantedTask, ...]:
    """Return what a narrowing leaves of a scope.

    Raises:
        Invalid: It names a task that is not in the scope, or nothing is left.
    """
    numbers = {task.number for task in scope} | {0}
    require(narrowing.named <= numbers, "narrowing", "TASK_EXISTS")
    left = tuple(task for task in (narrowing.applied(item) for item in scope) if task is not None)
    require(left, "narrowing", "SOMETHING_LEFT")
    return left
