# SPDX-License-Identifier: Apache-2.0
"""``TransferService``: the parts of disclosures, in and out.

Each method decodes, makes one call, encodes. Whether parts may move is not decided here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from typing_extensions import override

from rogatory.protocol import codec
from rogatory.protocol.wire import FetchPartsRequest, GetPartsRequest, PartStart
from rogatory.server import identity
from rogatory.server.transfers import Frame, Transfers
from rogatory.v1 import services_pb2 as pb
from rogatory.v1 import services_pb2_grpc


class TransferServicer(services_pb2_grpc.TransferServiceServicer):
    """See ``rogatory/v1/services.proto``."""

    def __init__(self, transfers: Transfers) -> None:
        self._transfers = transfers

    @override
    async def PutParts(
        self, request_iterator: AsyncIterator[pb.PutPartsRequest], context: Any
    ) -> pb.PutPartsResponse:
        received = await self._transfers.receive(identity.current(), _frames(request_iterator))
        message: pb.PutPartsResponse = codec.to_message(received)
        return message

    @override
    async def GetParts(self, request: pb.GetPartsRequest, context: Any) -> pb.GetPartsResponse:
        wanted = codec.from_message(GetPartsRequest, request, "request")
        message: pb.GetPartsResponse = codec.to_message(
            await self._transfers.status(identity.current(), wanted)
        )
        return message

    @override
    async def FetchParts(
        self, request: pb.FetchPartsRequest, context: Any
    ) -> AsyncIterator[pb.FetchPartsResponse]:
        wanted = codec.from_message(FetchPartsRequest, request, "request")
        async for frame in self._transfers.fetch(identity.current(), wanted):
            yield pb.FetchPartsResponse(offset=frame.offset, data=frame.data)


async def _frames(messages: AsyncIterator[pb.PutPartsRequest]) -> AsyncIterator[Frame]:
    async for message in messages:
        if message.WhichOneof("frame") == "start":
            yield codec.from_message(PartStart, message.start, "start")
        else:
            yield message.data
