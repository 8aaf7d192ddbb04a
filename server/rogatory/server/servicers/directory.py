# SPDX-License-Identifier: Apache-2.0
"""``DirectoryService``: the signed directory and the regime packs, each with the proof that it is logged.

It hands out what others signed and vouches for nothing of it; what is published is not parsed here (``raw``).
"""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from rogatory.protocol import codec
from rogatory.server import identity
from rogatory.server.engine import Op
from rogatory.server.reader import Reader
from rogatory.server.write_path import WritePath
from rogatory.v1 import services_pb2 as pb
from rogatory.v1 import services_pb2_grpc


class DirectoryServicer(services_pb2_grpc.DirectoryServiceServicer):
    """See ``rogatory/v1/services.proto``."""

    def __init__(self, write_path: WritePath, reader: Reader) -> None:
        self._write_path = write_path
        self._reader = reader

    @override
    async def GetDirectory(self, request: pb.GetDirectoryRequest, context: Any) -> pb.GetDirectoryResponse:
        message: pb.GetDirectoryResponse = codec.to_message(self._reader.directory_response())
        return message

    @override
    async def Publish(self, request: bytes, context: Any) -> bytes:  # type: ignore[override]
        return await self._write_path.call(Op.PUBLISH, identity.current().spki, request)

    @override
    async def GetPacks(self, request: pb.GetPacksRequest, context: Any) -> pb.GetPacksResponse:
        message: pb.GetPacksResponse = codec.to_message(self._reader.packs_response())
        return message

    @override
    async def ListProviders(self, request: pb.ListProvidersRequest, context: Any) -> pb.ListProvidersResponse:
        message: pb.ListProvidersResponse = codec.to_message(self._reader.providers_response())
        return message
