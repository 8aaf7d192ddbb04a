# SPDX-License-Identifier: Apache-2.0
"""On every call: who is it, by the directory as it is now, and may its kind of party call this method at all.

The rules come from the wire schema. Which objects a caller may see is not decided here but further in.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from rogatory.protocol.directory import Directory
from rogatory.protocol.ids import Clock
from rogatory.server import identity, policy
from rogatory.server.interceptors.guarded import Call, Guard
from rogatory.server.policy import OPEN_METHODS, Rule


def authorise(
    rules: Mapping[str, Rule], directory: Callable[[], Directory], clock: Clock, *, require_pq: bool = False
) -> Guard:
    """Return a guard that identifies the caller and applies the method's rule."""

    @asynccontextmanager
    async def guard(call: Call) -> AsyncIterator[None]:
        if call.method not in OPEN_METHODS:
            peer = {name: list(values) for name, values in call.context.auth_context().items()}
            caller = identity.identify(peer, directory(), clock.now_ms(), require_pq=require_pq)
            policy.authorise(call.method, rules, caller.org)
            identity.enter(caller)
        yield

    return guard
