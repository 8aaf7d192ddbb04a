# SPDX-License-Identifier: Apache-2.0
"""Sealed bodies up and down, with resume: what has arrived is never sent again, even inside a part.

Always from or to a file of ciphertext in the staging folder: a body is never sealed twice under one manifest
(cryptography §2.4). Whether a fetched body is whole and right is decided when it is opened; nothing is opened here.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rogatory.client.channel import Transport
from rogatory.client.composing import Upload
from rogatory.client.private_files import open_kept, private_dir
from rogatory.protocol import codec, errors
from rogatory.protocol.errors import NotVerified, Unavailable
from rogatory.protocol.sealed import part_count, part_leaf, part_length
from rogatory.protocol.statements import PART_SIZE
from rogatory.protocol.wire import (
    MAX_MESSAGE,
    FetchPartsRequest,
    FetchPartsResponse,
    GetPartsRequest,
    GetPartsResponse,
    PartStart,
    PartStatus,
    PutPartsResponse,
)
from rogatory.v1 import services_pb2

Progress = Callable[[int, int], None]
"""Called with bytes done and bytes in all."""

FRAME: Final = 512 * 1024
# One call carries at most this much, so that a call that is cut off never has much behind it.
PARTS_A_CALL: Final = 16
_ATTEMPTS: Final = 5
_PAUSE: Final = 0.2
_SLOWEST: Final = 64 * 1024  # bytes a second below which a call is given up and resumed


@dataclass(frozen=True, slots=True)
class Pace:
    """How a transfer is cut: bytes in a frame, parts in a call, attempts without progress, pause between them."""

    frame: int = FRAME
    parts: int = PARTS_A_CALL
    attempts: int = _ATTEMPTS
    pause: float = _PAUSE


def ignore(_done: int, _total: int) -> None:
    """Show nothing."""


async def upload(
    transport: Transport,
    request_id: bytes,
    body: Upload,
    progress: Progress = ignore,
    pace: Pace | None = None,
) -> None:
    """Bring all parts of a sealed body to the exchange.

    Args:
        transport: The connection.
        request_id: The request that the disclosure answers.
        body: The staged ciphertext.
        progress: Called with bytes that have arrived, and in all.
        pace: How the transfer is cut.

    Raises:
        Unavailable: The network failed again and again without a byte of progress; call again later.
        NotVerified: ``X_PART_INVALID``: the staged file changed, or the exchange holds something else.
    """
    cut = pace or Pace()
    total = _have(body.path)
    if part_count(total) != len(body.leaves):
        raise NotVerified(errors.X_PART_INVALID, "staging", "LENGTH")
    failures, before = 0, -1
    while True:
        held = await _held(transport, request_id, body)
        missing = [i for i in range(len(body.leaves)) if i not in held or not held[i].complete]
        arrived = _arrived(held, total)
        progress(arrived, total)
        if not missing:
            return
        failures = 0 if arrived > before else failures
        before = arrived
        sent = _Frames(body, request_id, held, missing[: cut.parts], cut.frame, total, progress, arrived)
        try:
            await transport.send(
                "TransferService/PutParts", sent.frames(), PutPartsResponse, 60 + sent.length / _SLOWEST
            )
        except Unavailable:
            failures += 1
            if failures >= cut.attempts:
                raise
            await asyncio.sleep(cut.pause * failures)


async def _held(transport: Transport, request_id: bytes, body: Upload) -> dict[int, PartStatus]:
    answer = await transport.call(
        "TransferService/GetParts", GetPartsRequest(request_id, body.disclosure_id), GetPartsResponse
    )
    held = {status.part: status for status in answer.parts}
    for number, status in held.items():
        if status.complete and (number >= len(body.leaves) or status.leaf != body.leaves[number]):
            raise NotVerified(errors.X_PART_INVALID, "parts", "LEAF")
    return held


def _arrived(held: dict[int, PartStatus], total: int) -> int:
    return sum(
        part_length(total, number) if status.complete else status.received
        for number, status in held.items()
        if number < part_count(total)
    )


class _Frames:
    """The frames of one call."""

    def __init__(
        self,
        body: Upload,
        request_id: bytes,
        held: dict[int, PartStatus],
        numbers: list[int],
        frame: int,
        total: int,
        progress: Progress,
        arrived: int,
    ) -> None:
        self._body, self._request_id, self._frame = body, request_id, frame
        self._total, self._progress, self._done = total, progress, arrived
        self._plan = [(number, self._offset(held.get(number), number)) for number in numbers]
        self.length = sum(part_length(total, number) - offset for number, offset in self._plan)

    def _offset(self, status: PartStatus | None, number: int) -> int:
        """Go on inside a part only where what has arrived is of the same part."""
        if status is None or (status.leaf and status.leaf != self._body.leaves[number]):
            return 0
        return status.received

    async def frames(self) -> AsyncIterator[bytes]:
        """Yield starts and data; the next part is read from the disk while the last one travels."""
        for number, offset in self._plan:
            part = await asyncio.to_thread(self._part, number)
            start = PartStart(
                self._request_id,
                self._body.disclosure_id,
                number,
                offset,
                len(part),
                self._body.leaves[number],
            )
            yield services_pb2.PutPartsRequest(start=codec.to_message(start)).SerializeToString()
            for at in range(offset, len(part), self._frame):
                piece = part[at : at + self._frame]
                yield services_pb2.PutPartsRequest(data=piece).SerializeToString()
                self._done += len(piece)
                self._progress(self._done, self._total)

    def _part(self, number: int) -> bytes:
        with open_kept(self._body.path, "staging") as stream:
            stream.seek(number * PART_SIZE)
            part = stream.read(part_length(self._total, number))
        if part_leaf(part) != self._body.leaves[number]:
            raise NotVerified(errors.X_PART_INVALID, "staging", "SOURCE_CHANGED")
        return part


async def download(
    transport: Transport,
    request_id: bytes,
    disclosure_id: bytes,
    length: int,
    into: Path,
    progress: Progress = ignore,
    pace: Pace | None = None,
) -> Path:
    """Fetch a sealed body into a file, going on where an earlier attempt was cut off.

    Args:
        transport: The connection.
        request_id: The request.
        disclosure_id: The disclosure.
        length: Length of the body as the signed manifest says.
        into: Where the ciphertext goes; made or continued.
        progress: Called with bytes that are here, and in all.
        pace: How the transfer is cut.

    Returns:
        The file, which has exactly the manifest's length; what is inside is proven when it is opened.

    Raises:
        Unavailable: The network failed again and again without a byte of progress; call again later.
        NotVerified: ``X_PART_INVALID``: the exchange sent other bytes than were asked for.
    """
    cut = pace or Pace()
    private_dir(into.parent)
    failures = 0
    while True:
        have = _have(into)
        if have > length:
            _drop(into)
            raise NotVerified(errors.X_PART_INVALID, "staging", "LENGTH")
        progress(have, length)
        if have == length:
            return into
        request = FetchPartsRequest(request_id, disclosure_id, have, "TRANSFER")
        try:
            await _append(transport, request, length, into, progress)
        except Unavailable:
            failures = failures + 1 if _have(into) == have else 1
            if failures >= cut.attempts:
                raise
            await asyncio.sleep(cut.pause * failures)


def _have(path: Path) -> int:
    """Return how much is there; what is no file (and could be written to for ever) counts as another's."""
    if not os.path.lexists(path):
        return 0
    with open_kept(path, "staging") as stream:
        return stream.seek(0, os.SEEK_END)


def _drop(path: Path) -> None:
    path.unlink(missing_ok=True)


async def _append(
    transport: Transport, request: FetchPartsRequest, length: int, into: Path, progress: Progress
) -> None:
    expected = request.offset
    deadline = 60 + (length - expected) / _SLOWEST
    with into.open("ab") as stream:
        async for message in transport.receive("TransferService/FetchParts", request, deadline):
            frame = codec.decode(FetchPartsResponse, message, limit=MAX_MESSAGE, at="answer")
            if frame.offset != expected or not frame.data or expected + len(frame.data) > length:
                raise NotVerified(errors.X_PART_INVALID, "answer.offset", "ORDER")
            await asyncio.to_thread(stream.write, frame.data)
            expected += len(frame.data)
            progress(expected, length)
    if expected == request.offset:
        raise Unavailable(errors.X_TRANSIENT, "", "TRANSPORT.CLOSED")
