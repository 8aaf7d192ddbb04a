# SPDX-License-Identifier: Apache-2.0
"""Two persons for one statement: the first signs and keeps it back, the second approves its exact bytes, then it goes.

Where the regime wants a second person, a signed statement rests in the outbox until the request's own chain shows the approval
of a colleague. The second is handed the file of signed bytes, which is verified and rehearsed before anybody is asked. What is
in a sealed object the second person does not see here.
"""

from __future__ import annotations

from dataclasses import dataclass

from rogatory.client.composing import Prepared
from rogatory.client.session import Session
from rogatory.client.speaking import look, rehearse, say, unit_of
from rogatory.client.views import RequestView
from rogatory.protocol import errors
from rogatory.protocol.dialogue import Second
from rogatory.protocol.envelope import envelope_digest, parse_envelope, verify_envelope
from rogatory.protocol.errors import Refused
from rogatory.protocol.header import StatementKind
from rogatory.protocol.lifecycle import two_persons
from rogatory.protocol.state import RequestState


@dataclass(frozen=True, slots=True)
class Seconding:
    """The approval, ready to be shown and signed, and the exact payload of the statement that it approves."""

    prepared: Prepared
    payload: bytes


async def prepare_second(session: Session, envelope: bytes, *, note: str = "") -> Seconding:
    """Prepare the approval of one exact envelope of a colleague.

    Args:
        session: Of the second person, with unlocked keys.
        envelope: The file of signed bytes, out of the colleague's outbox.
        note: Words to one's own unit, sealed.

    Raises:
        Refused: It is another party's or one's own, needs no second person, was approved before, or the rules refuse it.
        RogatoryError: It does not verify.
    """
    verified = verify_envelope(envelope, session.directory, session.clock.now_ms())
    header = verified.header
    if header.issuer.org != session.me.org:
        raise Refused(errors.X_NOT_AUTHORISED, "header.issuer", "SECOND.SAME_PARTY")
    if header.issuer.subject == session.me.subject:
        raise Refused(errors.X_NOT_AUTHORISED, "header.issuer", "SECOND.OTHER_PERSON")
    view = await look(session, header.request_id)
    if not wants_second(view, header.kind):
        raise Refused(errors.X_STATE_NOT_ALLOWED, "header.kind", "SECOND.NOT_WANTED")
    if _approved(view.state, verified.digest):
        raise Refused(errors.X_STATE_NOT_ALLOWED, "header.kind", "ONCE")
    rehearse(session, view, verified.statement, verified.row)
    own = unit_of(view.state, session.me.org)
    made = say(session, view, Second(), own, verified.digest, note=note)
    return Seconding(made, parse_envelope(envelope).payload)


def wants_second(view: RequestView, kind: StatementKind) -> bool:
    """Tell whether the table or the regime wants a second person for a kind of statement about this request."""
    return two_persons(view.pack, view.state, kind)


async def rests(session: Session, kind: StatementKind, envelope: bytes, view: RequestView | None) -> bool:
    """Tell whether a signed statement must wait for a second person; looks at the request again before it says so."""
    if view is None or kind is StatementKind.SECOND or not wants_second(view, kind):
        return False
    digest = envelope_digest(parse_envelope(envelope), session.row.alg)
    if _approved(view.state, digest):
        return False
    try:
        return not _approved((await look(session, view.request_id)).state, digest)
    except Refused as error:
        if error.code != errors.X_ERASED:
            raise
        return False  # by this very statement, most likely; the exchange says which


def _approved(state: RequestState, digest: bytes) -> bool:
    return any(item.digest == digest for item in state.seconded)
