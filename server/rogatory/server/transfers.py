# SPDX-License-Identifier: Apache-2.0
"""Moving disclosure parts: ask the write path whether the caller may, then let the part store do it.

Fetching leaves one read entry for each call, made by the write path before the first byte goes out. Knows no gRPC and
no file.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from rogatory.protocol import errors
from rogatory.protocol.errors import Invalid, Unavailable
from rogatory.protocol.wire import (
    FetchPartsRequest,
    FetchPartsResponse,
    GetPartsRequest,
    GetPartsResponse,
    PartStart,
    PartStatus,
    PutPartsResponse,
)
from rogatory.server.engine import Direction, Op, TransferGrant, TransferOpen
from rogatory.server.engine.jobs import pack_json, unpack_json
from rogatory.server.identity import Caller
from rogatory.server.parts import PartStore, Upload
from rogatory.server.write_path import WritePath

Frame = PartStart | bytes


class Transfers:
    """Uploads, their status, and downloads.

    Args:
        write_path: Decides who may move what.
        parts: Keeps the bytes.
        idle_seconds: How long an upload may be silent.
    """

    def __init__(self, write_path: WritePath, parts: PartStore, idle_seconds: float) -> None:
        self._write_path = write_path
        self._parts = parts
        self._idle = idle_seconds

    async def receive(self, caller: Caller, incoming: AsyncIterator[Frame]) -> PutPartsResponse:
        """Take in the parts of one upload and return their status, all of it flushed.

        Raises:
            Invalid: A frame before the first part's start, or what ``PartStore`` and ``Upload`` refuse.
            NotAuthorised: The caller may not send this disclosure.
            Unavailable: Silence, a full disk, a part that a newer upload took over.
        """
        statuses: dict[int, PartStatus] = {}
        allowed: set[tuple[bytes, bytes]] = set()
        upload: Upload | None = None
        try:
            async for frame in self._patiently(incoming):
                if isinstance(frame, PartStart):
                    if upload is not None:
                        await _end(upload, statuses)
                        upload = None
                    if (frame.request_id, frame.disclosure_id) not in allowed:
                        await self._ask(caller, frame.request_id, frame.disclosure_id, Direction.PUT)
                        allowed.add((frame.request_id, frame.disclosure_id))
                    upload = await self._parts.begin(frame)
                elif upload is None:
                    raise Invalid(errors.X_PART_INVALID, "frame", "START_FIRST")
                else:
                    await upload.write(frame)
        finally:
            if upload is not None:
                await _end(upload, statuses)
        return PutPartsResponse(tuple(statuses[number] for number in sorted(statuses)))

    async def status(self, caller: Caller, request: GetPartsRequest) -> GetPartsResponse:
        """Return what has arrived of a disclosure.

        Raises:
            NotAuthorised: Neither its provider nor its agency.
        """
        await self._ask(caller, request.request_id, request.disclosure_id, Direction.STATUS)
        return GetPartsResponse(await self._parts.status(request.request_id, request.disclosure_id))

    async def fetch(self, caller: Caller, request: FetchPartsRequest) -> AsyncIterator[FetchPartsResponse]:
        """Yield the sealed body from an offset on.

        Raises:
            NotAuthorised: Not the agency that it is for.
            Invalid: Purpose or offset.
        """
        grant = await self._ask(
            caller, request.request_id, request.disclosure_id, Direction.FETCH, request.purpose
        )
        frames = self._parts.read(
            request.request_id, request.disclosure_id, request.offset, grant.body_length
        )
        async for offset, data in frames:
            yield FetchPartsResponse(offset, data)

    async def _ask(
        self, caller: Caller, request_id: bytes, disclosure_id: bytes, way: Direction, purpose: str = ""
    ) -> TransferGrant:
        payload = pack_json(TransferOpen(request_id, disclosure_id, way, purpose))
        return unpack_json(TransferGrant, await self._write_path.call(Op.TRANSFER_OPEN, caller.spki, payload))

    async def _patiently(self, incoming: AsyncIterator[Frame]) -> AsyncIterator[Frame]:
        while True:
            try:
                async with asyncio.timeout(self._idle):
                    frame = await anext(incoming)
            except StopAsyncIteration:
                return
            except TimeoutError as error:
                raise Unavailable(errors.X_TRANSIENT, "frame", "IDLE") from error
            yield frame


async def _end(upload: Upload, statuses: dict[int, PartStatus]) -> None:
    await upload.close()
    statuses[upload.status.part] = upload.status
