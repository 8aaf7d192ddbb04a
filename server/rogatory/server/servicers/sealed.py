# SPDX-License-Identifier: Apache-2.0
"""``SealedService``: sections in and out, as ciphertext that nobody here can open."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from rogatory.server import identity
from rogatory.server.engine import Op
from rogatory.server.write_path import WritePath
from rogatory.v1 import services_pb2 as pb
from rogatory.v1 import services_pb2_grpc


class SealedServicer(services_pb2_grpc.SealedServiceServicer):
    """See ``rogatory/v1/services.proto``."""

    def __init__(self, write_path: WritePath) -> None:
        self._write_path = write_path

    @override
    async def PutSealed(self, request: pb.PutSealedRequest, context: Any) -> pb.PutSealedResponse:
        payload = request.SerializeToString(deterministic=True)
        return pb.PutSealedResponse.FromString(
            await self._write_path.call(Op.PUT_SEALED, identity.current().spki, payload)
        )

    @override
    async def FetchSealed(self, request: pb.FetchSealedRequest, context: Any) -> pb.FetchSealedResponse:
        payload = request.SerializeToString(deterministic=True)
        return pb.FetchSealedResponse.FromString(
            await self._write_path.call(Op.FETCH_SEALED, identity.current().spki, payload)
        )
