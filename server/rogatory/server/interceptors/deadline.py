# SPDX-License-Identifier: Apache-2.0
"""A ceiling on how long a unary call may take, for clients that set no deadline of their own.

What the writer has in hand is committed all the same; only the waiting ends. Streams have their own rules: heartbeats,
silence on uploads, keepalive.
"""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

from rogatory.protocol import errors
from rogatory.protocol.errors import Unavailable
from rogatory.server.interceptors.guarded import Context, Guard, Method, Run


def deadline(seconds: float) -> Guard:
    """Return a guard that ends unary calls after ``seconds``."""
    ends = _Ends(seconds)

    def guard(method: Method, run: Run) -> Run:
        async def limited(request: Any, context: Context) -> Any:  # noqa: ANN401
            try:
                async with asyncio.timeout(None) as timeout:
                    ends.add(timeout)
                    try:
                        return await run(request, context)
                    finally:
                        ends.discard(timeout)
            except TimeoutError as error:
                raise Unavailable(errors.X_TRANSIENT, "", "DEADLINE") from error

        return run if method.streaming else limited

    return guard


class _Ends:
    """When open calls end, under one timer: all have the same time, so the first to begin is the first to end.

    A timer for each call costs more than all the other guards of the call together.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._open: dict[asyncio.Timeout, float] = {}
        self._armed = False

    def add(self, timeout: asyncio.Timeout) -> None:
        """Begin a call's time."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self._seconds
        self._open[timeout] = end
        if not self._armed:
            self._arm(loop, end)

    def discard(self, timeout: asyncio.Timeout) -> None:
        """Forget a call."""
        self._open.pop(timeout, None)

    def _arm(self, loop: asyncio.AbstractEventLoop, when: float) -> None:
        self._armed = True
        loop.call_at(when, self._end_overdue, loop)

    def _end_overdue(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for timeout, _ in list(itertools.takewhile(lambda item: item[1] <= now, self._open.items())):
            del self._open[timeout]
            timeout.reschedule(now)
        self._armed = False
        if self._open:
            self._arm(loop, next(iter(self._open.values())))
