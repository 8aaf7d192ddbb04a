# SPDX-License-Identifier: Apache-2.0
"""The term of a preservation: extended, held, ended, and let go with proof.

The end of a term is computed here from the pack and never typed. A provider lets go only on its own reckoning: the end
follows from envelopes that it has verified itself, the pack's grace has passed by its own clock, and the entry that ended
the term lies in the log's published checkpoint. A clock event of the exchange alone is never enough.
"""

from __future__ import annotations

import asyncio
from typing import Final

from rogatory.client.composing import Prepared
from rogatory.client.provider import transmitted
from rogatory.client.session import Session
from rogatory.client.speaking import look, say
from rogatory.client.views import RequestView, ViewedStatement
from rogatory.protocol import errors
from rogatory.protocol.duties import End, Extend, Hold, Release
from rogatory.protocol.errors import Refused, Unavailable
from rogatory.protocol.keeping import extended_until, released_from

_PUBLISHED_WITHIN: Final = 12  # tries; the exchange publishes about every second
_PAUSE: Final = 0.25


async def prepare_extend(session: Session, request_id: bytes, *, note: str = "") -> Prepared:
    """Prepare an extension by the pack's period.

    Raises:
        Refused: ``X_EXTENSION_EXHAUSTED``, ``X_TOO_LATE``, or a state that has nothing to extend.
    """
    view = await look(session, request_id)
    until = extended_until(view.state, view.pack)
    if not until:
        path = view.pack.rule(f"kinds/{view.state.kind.name}/extension")
        raise Refused(errors.X_EXTENSION_EXHAUSTED, "header.kind", path)
    return say(session, view, Extend(until), view.state.provider, view.state.order_digest, note=note)


async def prepare_hold(session: Session, request_id: bytes, production: bytes, *, note: str = "") -> Prepared:
    """Prepare to hold the data for a production; ``production`` is the id of the request that asks for them.

    Raises:
        Refused: The pack knows no hold, the term is over, or the production is not one of this party's.
    """
    view = await look(session, request_id)
    wanted = await look(session, production)
    if wanted.state.provider.org != view.state.provider.org:
        raise Refused(errors.X_ADDRESSEE_NOT_DESIGNATED, "body.production", "SAME_PROVIDER")
    return say(session, view, Hold(production), view.state.provider, view.state.order_digest, note=note)


async def prepare_end(session: Session, request_id: bytes, *, note: str = "") -> Prepared:
    """Prepare to say that a preservation is no longer needed."""
    view = await look(session, request_id)
    return say(session, view, End(), view.state.provider, view.state.order_digest, note=note)


async def prepare_release(session: Session, request_id: bytes, *, note: str = "") -> Prepared:
    """Prepare to let go of what was preserved.

    Raises:
        Refused: The term has not ended, or the pack's grace has not passed by one's own clock.
        Unavailable: ``X_TRANSIENT`` with rule ``RELEASE.NOT_PUBLISHED``: the entry that ended it is not published yet.
        NotVerified: The published log is not the one that the receipts are of.
    """
    view = await transmitted(session, request_id)
    ended = ending(view)
    if session.clock.now_ms() < released_from(view.state, view.pack):
        path = view.pack.rule(f"kinds/{view.state.kind.name}/release_after")
        raise Refused(errors.X_STATE_NOT_ALLOWED, "header.kind", path)
    await _published(session, ended)
    return say(session, view, Release(), view.state.agency, view.state.order_digest, note=note)


def ending(view: RequestView) -> ViewedStatement:
    """Return the statement that ended a preservation, as one's own fold has it.

    Raises:
        Refused: ``X_STATE_NOT_ALLOWED``: nothing has ended it.
    """
    at_ms = view.state.ended_ms
    found = next((item for item in view.statements if at_ms and item.state.ended_ms == at_ms), None)
    if found is None:
        raise Refused(errors.X_STATE_NOT_ALLOWED, "request_id", f"STATE.{view.state.name.name}")
    return found


async def _published(session: Session, ended: ViewedStatement) -> None:
    """Wait until the published checkpoint covers an entry; that it is of one history with its receipt, ``sync`` proves."""
    for _ in range(_PUBLISHED_WITHIN):
        report = await session.exchange.sync()
        if report.checkpoint.size > max(ended.index, ended.receipt.head.size - 1):
            return
        await asyncio.sleep(_PAUSE)
    raise Unavailable(errors.X_TRANSIENT, "checkpoint", "RELEASE.NOT_PUBLISHED")
