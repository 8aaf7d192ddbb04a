# SPDX-License-Identifier: Apache-2.0
"""On every call: who is it, by the directory as it is now, and may its kind of party call this method at all.

The rules come from the wire schema. Which objects a caller may see is not decided here but further in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rogatory.protocol.directory import Directory
from rogatory.protocol.ids import Clock
from rogatory.server import identity, policy
from rogatory.server.interceptors.guarded import Context, Guard, Method, Run
from rogatory.server.policy import OPEN_METHODS, Rule


def authorise(
    rules: Mapping[str, Rule], directory: Callable[[], Directory], clock: Clock, *, require_pq: bool = False
) -> Guard:
    """Return a guard that identifies the caller and applies the method's rule."""
    callers = identity.Callers(require_pq=require_pq)

    def guard(method: Method, run: Run) -> Run:
        async def authorised(request: Any, context: Context) -> Any:  # noqa: ANN401
            caller = callers.identify(context.auth_context(), directory(), clock.now_ms())
            policy.authorise(method.name, rules, caller.org)
            identity.enter(caller)
            return await run(request, context)

        return run if method.name in OPEN_METHODS else authorised

    return guard
