# SPDX-License-Identifier: Apache-2.0
"""``AuditService``: checkpoints, proofs, public entries; opening entries leaves one of its own.

Each method decodes, makes one call, encodes. Proofs are made by the reader, not here.
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


class AuditServicer(services_pb2_grpc.AuditServiceServicer):
    """See ``rogatory/v1/services.proto``."""

    def __init__(self, write_path: WritePath, reader: Reader) -> None:
        self._write_path = write_path
        self._reader = reader

    @override
    async def GetCheckpoint(self, request: pb.GetCheckpointRequest, context: Any) -> pb.GetCheckpointResponse:
        message: pb.GetCheckpointResponse = codec.to_message(self._reader.checkpoint(request.old_size))
        return message

    @override
    async def GetTlogProof(self, request: pb.GetTlogProofRequest, context: Any) -> pb.GetTlogProofResponse:
        return pb.GetTlogProofResponse(proof=self._reader.tlog_proof(request.index))

    @override
    async def ListEntries(self, request: pb.ListEntriesRequest, context: Any) -> pb.ListEntriesResponse:
        listed = self._reader.list_entries(request.start, request.limit)
        message: pb.ListEntriesResponse = codec.to_message(listed)
        return message

    @override
    async def OpenEntries(self, request: bytes, context: Any) -> bytes:  # type: ignore[override]
        return await self._write_path.call(Op.OPEN_ENTRIES, identity.current().spki, request)
