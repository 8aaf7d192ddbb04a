# SPDX-License-Identifier: Apache-2.0
"""A request as it is now: from the exchange, or while that is down with what came as a file and what waits in the outbox.

Only for requests of which a file was written or taken in; of all others nothing is said without the exchange. Nothing is
decided here.
"""

from __future__ import annotations

from rogatory.client.carried_store import carried_files, view_of
from rogatory.client.session import Session
from rogatory.client.views import RequestView


def carried_view(session: Session, request_id: bytes) -> RequestView | None:
    """Return a request that was carried, with what is in no log yet; None where no file of it is known.

    Raises:
        RogatoryError: Something of it does not verify, or the rules refuse it now.
    """
    return view_of(session, request_id) if carried_files(session.profile, request_id) else None


async def current(session: Session, request_id: bytes, purpose: str) -> RequestView:
    """Return a request, proven now; without the exchange one that was carried, as far as it is known here.

    Raises:
        Unavailable: The exchange is not reached, and no file of this request was written or taken in.
        RogatoryError: As ``get_request``.
    """
    if not session.online:
        view = carried_view(session, request_id)
        if view is not None:
            return view
    return await session.exchange.get_request(request_id, purpose)
