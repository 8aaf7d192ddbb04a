# SPDX-License-Identifier: Apache-2.0
"""The authority of the provider's State, and taking a decision back.

Who asked notifies; the enforcing authority raises no ground, or consults (``asking``) and refuses, whole, by task, or under
conditions. A validating authority rescinds before anything was delivered; a judge annuls at any time. What each does to a
request is not decided here but by the rules.
"""

from __future__ import annotations

from rogatory.client.composing import Prepared
from rogatory.client.session import Session
from rogatory.client.speaking import look, say
from rogatory.client.views import RequestView
from rogatory.protocol import errors
from rogatory.protocol.dialogue import NoGrounds, Notify
from rogatory.protocol.duties import Annul, Rescind
from rogatory.protocol.errors import Refused
from rogatory.protocol.statements import Refuse


async def prepare_notify(session: Session, request_id: bytes, *, note: str = "") -> Prepared:
    """Prepare the notification of the enforcing authority that the issue names; its clock starts with it.

    Raises:
        Refused: The issue names none, or it was told before.
    """
    view = await look(session, request_id)
    unit = view.state.enforcing
    if unit is None:
        raise Refused(errors.X_STATE_NOT_ALLOWED, "request_id", "NO_ENFORCING_AUTHORITY")
    return say(session, view, Notify(), unit, view.state.order_digest, note=note)


async def prepare_no_grounds(session: Session, request_id: bytes, *, note: str = "") -> Prepared:
    """Prepare the enforcing authority's word that it raises no ground; delivery is free then."""
    view = await look(session, request_id)
    return say(session, view, NoGrounds(), view.state.agency, view.state.order_digest, note=note)


def enforcing_refusal(
    session: Session,
    view: RequestView,
    code: str,
    tasks: tuple[int, ...] = (),
    *,
    conditional: bool = False,
    note: str = "",
) -> Prepared:
    """Prepare the enforcing authority's refusal, after it has consulted the asking side.

    Args:
        session: With unlocked keys.
        view: The request, proven now.
        code: Ground of the pack's list.
        tasks: What is refused; the whole unless given.
        conditional: Nothing is refused, but the data may only be used under the conditions that the note states.
        note: Words to the asking unit, sealed.

    Raises:
        Refused: Not consulted before, too late, a ground that is not open here, or conditions without words.
    """
    if conditional and not note:
        raise Refused(errors.X_FIELD_MISSING, "note", "CONDITIONS_IN_WORDS")
    body = Refuse(code, tuple(sorted(set(tasks))), conditional)
    return say(session, view, body, view.state.agency, view.state.order_digest, note=note)


async def prepare_rescind(session: Session, request_id: bytes, code: str, *, note: str = "") -> Prepared:
    """Prepare to take a validation back, before anything was delivered.

    Raises:
        Refused: The pack does not list the code, this role may not validate such a request, or something was delivered.
    """
    view = await look(session, request_id)
    return say(session, view, Rescind(code), view.state.provider, view.state.issue_digest, note=note)


async def prepare_annul(session: Session, request_id: bytes, code: str, *, note: str = "") -> Prepared:
    """Prepare a judge's annulment; what was delivered must be deleted or restricted.

    Raises:
        Refused: The pack does not list the code, or the signer is no judge.
    """
    view = await look(session, request_id)
    return say(session, view, Annul(code), view.state.agency, view.state.issue_digest, note=note)
