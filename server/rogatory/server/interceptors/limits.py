# SPDX-License-Identifier: Apache-2.0
"""How many calls and streams one peer and one party may have open; never a cap on everybody together.

A common cap would let one party's calls starve another's Watch. Calls and streams are counted apart for the same reason.
"""

from __future__ import annotations

from typing import Any

from rogatory.protocol import errors
from rogatory.protocol.errors import Unavailable
from rogatory.server import identity
from rogatory.server.config import LimitSettings
from rogatory.server.interceptors.guarded import Context, Guard, Method, Run
from rogatory.server.policy import OPEN_METHODS


def limits(settings: LimitSettings) -> Guard:
    """Return a guard that counts. It stands inside authorisation, since it must know the caller."""
    # A peer's digest has 32 bytes and a party's id 16, so the two cannot be confused.
    held: dict[bool, dict[bytes, int]] = {False: {}, True: {}}
    ceilings = {
        False: (settings.calls_per_peer, settings.calls_per_party),
        True: (settings.streams_per_peer, settings.streams_per_party),
    }

    def guard(method: Method, run: Run) -> Run:
        counts = held[method.streaming]
        per_peer, per_party = ceilings[method.streaming]

        async def counted(request: Any, context: Context) -> Any:  # noqa: ANN401
            caller = identity.current()
            peer, party = caller.spki, caller.row.org
            if counts.get(peer, 0) >= per_peer:
                raise Unavailable(errors.X_TRANSIENT, "peer", "LIMIT.PEER")
            if counts.get(party, 0) >= per_party:
                raise Unavailable(errors.X_TRANSIENT, "peer", "LIMIT.PARTY")
            counts[peer] = counts.get(peer, 0) + 1
            counts[party] = counts.get(party, 0) + 1
            try:
                return await run(request, context)
            finally:
                _release(counts, peer)
                _release(counts, party)

        return run if method.name in OPEN_METHODS else counted

    return guard


def _release(counts: dict[bytes, int], key: bytes) -> None:
    """Count one less, and keep nothing of who has nothing open."""
    if counts[key] == 1:
        del counts[key]
    else:
        counts[key] -= 1
