# SPDX-License-Identifier: Apache-2.0
"""A ceiling on how long a unary call may take, for clients that set no deadline of their own.

What the writer has in hand is committed all the same; only the waiting ends. Streams have their own rules: heartbeats,
silence on uploads, keepalive.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rogatory.protocol import errors
from rogatory.protocol.errors import Unavailable
from rogatory.server.interceptors.guarded import Call, Guard


def deadline(seconds: float) -> Guard:
    """Return a guard that ends unary calls after ``seconds``."""

    @asynccontextmanager
    async def guard(call: Call) -> AsyncIterator[None]:
        if call.streaming:
            yield
            return
        try:
            async with asyncio.timeout(seconds):
                yield
        except TimeoutError as error:
            raise Unavailable(errors.X_TRANSIENT, "", "DEADLINE") from error

    return guard
