# SPDX-License-Identifier: Apache-2.0
"""``ExchangeService``: statements in, requests and feeds out.

Each method decodes, makes one call, encodes; what goes to the writer goes there as the bytes that came (``raw``). No
policy, no SQL and no error handling stands here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from typing_extensions import override

from rogatory.protocol import codec
from rogatory.protocol.wire import FeedItem
from rogatory.server import identity
from rogatory.server.engine import Op
from rogatory.server.reader import Reader
from rogatory.server.watch import Event, SignedHeartbeat, WatchHub
from rogatory.server.write_path import WritePath
from rogatory.v1 import services_pb2 as pb
from rogatory.v1 import services_pb2_grpc


class ExchangeServicer(services_pb2_grpc.ExchangeServiceServicer):
    """See ``rogatory/v1/services.proto``."""

    def __init__(self, write_path: WritePath, reader: Reader, hub: WatchHub) -> None:
        self._write_path = write_path
        self._reader = reader
        self._hub = hub

    @override
    async def Submit(self, request: bytes, context: Any) -> bytes:  # type: ignore[override]
        return await self._write_path.call(Op.SUBMIT, identity.current().spki, request)

    @override
    async def GetRequest(self, request: bytes, context: Any) -> bytes:  # type: ignore[override]
        return await self._write_path.call(Op.GET_REQUEST, identity.current().spki, request)

    @override
    async def ListRequests(self, request: pb.ListRequestsRequest, context: Any) -> pb.ListRequestsResponse:
        listed = self._reader.list_requests(identity.current().row.org, request.from_index, request.limit)
        message: pb.ListRequestsResponse = codec.to_message(listed)
        return message

    @override
    async def Watch(self, request: pb.WatchRequest, context: Any) -> AsyncIterator[pb.WatchResponse]:
        async for event in self._hub.stream(identity.current(), request.from_index):
            yield _event(event)


def _event(event: Event) -> pb.WatchResponse:
    if isinstance(event, FeedItem):
        return pb.WatchResponse(item=codec.to_message(event))
    if isinstance(event, SignedHeartbeat):
        return pb.WatchResponse(heartbeat=event.envelope)
    return pb.WatchResponse(draining=pb.Draining())
