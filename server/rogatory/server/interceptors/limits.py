# SPDX-License-Identifier: Apache-2.0
"""How many calls and streams one peer and one party may have open; never a cap on everybody together.

A common cap would let one party's calls starve another's Watch. Calls and streams are counted apart for the same reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rogatory.protocol import errors
from rogatory.protocol.errors import Unavailable
from rogatory.server import identity
from rogatory.server.config import LimitSettings
from rogatory.server.interceptors.guarded import Call, Guard
from rogatory.server.policy import OPEN_METHODS


def limits(settings: LimitSettings) -> Guard:
    """Return a guard that counts. It stands inside authorisation, since it must know the caller."""
    held: Counter[tuple[bytes, bool]] = Counter()
    ceilings = {
        ("PEER", False): settings.calls_per_peer,
        ("PEER", True): settings.streams_per_peer,
        ("PARTY", False): settings.calls_per_party,
        ("PARTY", True): settings.streams_per_party,
    }

    @asynccontextmanager
    async def guard(call: Call) -> AsyncIterator[None]:
        if call.method in OPEN_METHODS:
            yield
            return
        caller = identity.current()
        # A peer's digest has 32 bytes and a party's id 16, so the two cannot be confused.
        keys = {"PEER": (caller.spki, call.streaming), "PARTY": (caller.row.org, call.streaming)}
        for name, key in keys.items():
            if held[key] >= ceilings[name, call.streaming]:
                raise Unavailable(errors.X_TRANSIENT, "peer", f"LIMIT.{name}")
        held.update(keys.values())
        try:
            yield
        finally:
            held.subtract(keys.values())
            for key in keys.values():
                if not held[key]:
                    del held[key]

    return guard
