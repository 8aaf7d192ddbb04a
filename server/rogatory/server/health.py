# SPDX-License-Identifier: Apache-2.0
"""Standard gRPC health: whether there is a writer, told on demand and to whoever watches.

The library's own servicer keeps its watchers until the server cuts them off, so that one load balancer would hold up
every stop for the whole grace; here a watcher is told NOT_SERVING and its stream ends. Known is only the exchange as a
whole, by the empty name. It tells nothing of anybody and needs no enrolment.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final, Literal

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from typing_extensions import override

_STATUS: Final = health_pb2.HealthCheckResponse
_Word = Literal[1, 2, 3]


class Health(health_pb2_grpc.HealthServicer):
    """See ``grpc.health.v1``; not serving until it is told."""

    def __init__(self) -> None:
        self._status: _Word = _STATUS.NOT_SERVING
        self._draining = False
        self._watchers: set[asyncio.Event] = set()

    def set(self, *, serving: bool) -> None:
        """Say whether the exchange serves; after ``drain`` it never does again."""
        if not self._draining:
            self._tell(serving=serving)

    def drain(self) -> None:
        """Say for the last time that the exchange does not serve, and end every watch."""
        self._draining = True
        self._tell(serving=False)

    @override
    async def Check(
        self, request: health_pb2.HealthCheckRequest, context: Any
    ) -> health_pb2.HealthCheckResponse:
        if request.service:
            await context.abort(grpc.StatusCode.NOT_FOUND)
        return _STATUS(status=self._status)

    @override
    async def Watch(
        self, request: health_pb2.HealthCheckRequest, context: Any
    ) -> AsyncIterator[health_pb2.HealthCheckResponse]:
        woken, last = asyncio.Event(), None
        self._watchers.add(woken)
        try:
            while True:
                woken.clear()
                # Both at once: a drain that comes while the answer is being sent is seen in the next turn.
                status: _Word = _STATUS.SERVICE_UNKNOWN if request.service else self._status
                ended = self._draining
                if status != last:
                    yield _STATUS(status=status)
                    last = status
                if ended:
                    return
                await woken.wait()
        finally:
            self._watchers.discard(woken)

    def _tell(self, *, serving: bool) -> None:
        self._status = _STATUS.SERVING if serving else _STATUS.NOT_SERVING
        for watcher in self._watchers:
            watcher.set()
