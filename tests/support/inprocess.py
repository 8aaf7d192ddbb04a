# SPDX-License-Identifier: Apache-2.0
"""An exchange without processes and sockets, and a line to it that fails as it is told.

The engine, the reader, the transfers and their files are the real ones; only gRPC and the second process are not here, so
that a thousand runs with restarts take seconds. What the line does to a call is what a network or a power switch does.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from enum import Enum
from typing import Any, Final, TypeVar

from rogatory.protocol import codec
from rogatory.protocol.errors import RogatoryError, Unavailable
from rogatory.protocol.wire import (
    MAX_MESSAGE,
    GetCheckpointRequest,
    GetPartsRequest,
    ListRequestsRequest,
    PartStart,
    SubmitRequest,
    SubmitResponse,
)
from rogatory.server.engine import Engine, Job, Op
from rogatory.server.identity import Caller
from rogatory.server.parts import PartLimits, PartStore
from rogatory.server.reader import Reader
from rogatory.server.transfers import Frame, Transfers
from rogatory.v1 import services_pb2
from tests.support.acts import NO_FLOODS, World

T = TypeVar("T")
_OPS: Final = {
    "ExchangeService/Submit": Op.SUBMIT,
    "ExchangeService/GetRequest": Op.GET_REQUEST,
    "SealedService/PutSealed": Op.PUT_SEALED,
    "SealedService/FetchSealed": Op.FETCH_SEALED,
}


class Killed(BaseException):
    """The client's process is gone at this point; nothing of it runs any more."""


class Fault(Enum):
    """What happens to one call."""

    NONE = "nothing"
    LOST = "the request does not arrive"
    ANSWER_LOST = "the answer does not arrive"
    TWICE = "the request arrives twice"
    KILLED_BEFORE = "the client dies before it sends"
    KILLED_AFTER = "the client dies when the exchange has committed"


class Exchange:
    """The world's engine with what a front has beside it.

    ``first`` holds the first receipt that was given for each envelope, ``wire`` every envelope that arrived, by whom.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.first: dict[bytes, bytes] = {}
        self.wire: list[tuple[str, bytes]] = []
        self._reader = Reader(world.files.database)
        limits = PartLimits(disclosure_bytes=64 * 1024 * 1024, free_bytes=0)
        self._parts = PartStore(world.files.parts, limits)

    def restart(self) -> None:
        """Ends the engine and opens it again from its files."""
        self._reader.close()
        self.world.engine.close()
        self.world.engine = Engine.open(self.world.files, self.world.clock, self.world.entropy, NO_FLOODS)
        self._reader = Reader(self.world.files.database)

    def close(self) -> None:
        self._reader.close()
        self.world.engine.close()

    def _caller(self, name: str) -> Caller:
        row = self.world.realm.row(name)
        return Caller(row, self.world.realm.directory.org(row.org))

    async def call(self, op: Op, peer_spki: bytes, payload: bytes) -> bytes:
        """The write path that the transfers are given."""
        (reply,) = self.world.engine.process([Job(op, peer_spki, payload)])
        if isinstance(reply, RogatoryError):
            raise reply
        return reply

    async def ask(self, name: str, method: str, request: Any) -> bytes:  # noqa: ANN401 - any of the wire's requests
        """One call of one person."""
        caller = self._caller(name)
        if method in _OPS:
            reply = await self.call(_OPS[method], caller.spki, codec.encode(request))
            if isinstance(request, SubmitRequest):
                self._note(name, request, reply)
            return reply
        directory = {
            "DirectoryService/GetDirectory": self._reader.directory_response,
            "DirectoryService/GetPacks": self._reader.packs_response,
            "DirectoryService/ListProviders": self._reader.providers_response,
        }
        if method in directory:
            return codec.encode(directory[method]())
        if isinstance(request, GetCheckpointRequest):
            self.world.engine.publish()
            return codec.encode(self._reader.checkpoint(request.old_size))
        if isinstance(request, ListRequestsRequest):
            return codec.encode(self._reader.list_requests(caller.row.org, request.from_index, request.limit))
        assert isinstance(request, GetPartsRequest), method
        return codec.encode(await self._transfers.status(caller, request))

    async def put(self, name: str, frames: AsyncIterator[bytes]) -> bytes:
        """One upload."""
        return codec.encode(await self._transfers.receive(self._caller(name), _frames(frames)))

    @property
    def _transfers(self) -> Transfers:
        return Transfers(self, self._parts, 20.0)

    def _note(self, name: str, request: SubmitRequest, reply: bytes) -> None:
        answer = codec.decode(SubmitResponse, reply, limit=MAX_MESSAGE)
        for envelope, result in zip(request.envelopes, answer.results, strict=True):
            self.wire.append((name, envelope))
            if result.receipt is not None:
                given = self.first.setdefault(envelope, codec.encode(result.receipt))
                assert given == codec.encode(result.receipt), "one statement, one receipt, byte for byte"


async def _frames(messages: AsyncIterator[bytes]) -> AsyncIterator[Frame]:
    async for data in messages:
        message = services_pb2.PutPartsRequest.FromString(data)
        if message.WhichOneof("frame") == "start":
            yield codec.from_message(PartStart, message.start, "start")
        else:
            yield message.data


class Line:
    """One person's connection; the first call of ``method`` meets ``fault``, all others arrive and are answered."""

    def __init__(self, exchange: Exchange, name: str, method: str = "", fault: Fault = Fault.NONE) -> None:
        self._exchange, self._name, self._method = exchange, name, method
        self.fault = fault

    async def call(self, method: str, request: object, answer: type[T], *, repeatable: bool = True) -> T:
        del repeatable
        reply = await self._meet(method, lambda: self._exchange.ask(self._name, method, request))
        return codec.decode(answer, reply, limit=MAX_MESSAGE, at="answer")

    async def receive(self, method: str, request: object, seconds: float | None) -> AsyncIterator[bytes]:
        del request, seconds
        for message in (_cut(), b""):
            yield message
        assert not method

    async def send(self, method: str, frames: AsyncIterator[bytes], answer: type[T], seconds: float) -> T:
        del seconds
        data = [frame async for frame in frames]
        if method == self._method and self.fault is Fault.LOST:
            data = data[:2]  # the connection is cut inside the upload

        async def some() -> AsyncIterator[bytes]:
            for frame in data:
                yield frame

        reply = await self._meet(method, lambda: self._exchange.put(self._name, some()))
        return codec.decode(answer, reply, limit=MAX_MESSAGE, at="answer")

    async def close(self) -> None:
        """Nothing is held open."""

    async def _meet(self, method: str, act: Callable[[], Any]) -> bytes:
        if method != self._method:
            reply: bytes = await act()
            return reply
        fault, self.fault = self.fault, Fault.NONE
        if fault is Fault.KILLED_BEFORE:
            raise Killed
        if fault is Fault.LOST:
            if method == "TransferService/PutParts":
                await act()
            raise _lost()
        reply = await act()
        if fault is Fault.TWICE:
            reply = await act()
        if fault is Fault.KILLED_AFTER:
            raise Killed
        if fault is Fault.ANSWER_LOST:
            raise _lost()
        return reply


def _lost() -> Unavailable:
    return Unavailable("X_TRANSIENT", "", "TRANSPORT")


def _cut() -> bytes:
    raise _lost()
