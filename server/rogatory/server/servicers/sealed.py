# SPDX-License-Identifier: Apache-2.0
"""``SealedService``: sections in and out, as ciphertext that nobody here can open; nor is a call parsed here (``raw``)."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from rogatory.server import identity
from rogatory.server.engine import Op
from rogatory.server.write_path import WritePath
from rogatory.v1 import services_pb2_grpc


class SealedServicer(services_pb2_grpc.SealedServiceServicer):
    """See ``rogatory/v1/services.proto``."""

    def __init__(self, write_path: WritePath) -> None:
        self._write_path = write_path

    @override
    async def PutSealed(self, request: bytes, context: Any) -> bytes:  # type: ignore[override]
        return await self._write_path.call(Op.PUT_SEALED, identity.current().spki, request)

    @override
    async def FetchSealed(self, request: bytes, context: Any) -> bytes:  # type: ignore[override]
        return await self._write_path.call(Op.FETCH_SEALED, identity.current().spki, request)
