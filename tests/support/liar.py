# SPDX-License-Identifier: Apache-2.0
"""An exchange that lies with its own keys: the real engine in this process, and the SDK on top of it.

A test changes one function of the engine, so that a lie is committed, proven, signed and published like the truth; what
stops it is then the receiver alone. It is no network and has no streams of its own: a feed is given once, from its start.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar, cast

import pytest

from rogatory.client.channel import Transport
from rogatory.client.opened_entries import Recomputer
from rogatory.client.profile import Profile, unpack_secrets
from rogatory.client.scheme import verify_scheme
from rogatory.client.session import Session, open_session
from rogatory.protocol import codec
from rogatory.protocol.errors import NotVerified
from rogatory.protocol.header import StatementKind
from rogatory.protocol.statements import DecisionCode, GrantedTask, Validate
from rogatory.protocol.wire import (
    MAX_MESSAGE,
    GetCheckpointRequest,
    ListEntriesRequest,
    ListRequestsRequest,
    OpenEntriesRequest,
    OpenEntriesResponse,
    WatchRequest,
)
from rogatory.server.engine import Engine, Op
from rogatory.server.engine.batch import Batch
from rogatory.server.engine.genesis import SchemeObject
from rogatory.server.reader import Reader
from rogatory.server.store.contract import SchemeRow
from rogatory.v1 import services_pb2
from tests.support.acts import World, engine_files
from tests.support.desks import make_profile, secrets_of
from tests.support.realm import SeededEntropy

T = TypeVar("T")
_WRITTEN = {
    "ExchangeService/Submit": Op.SUBMIT,
    "ExchangeService/GetRequest": Op.GET_REQUEST,
    "SealedService/PutSealed": Op.PUT_SEALED,
    "SealedService/FetchSealed": Op.FETCH_SEALED,
    "AuditService/OpenEntries": Op.OPEN_ENTRIES,
}


class Inside:
    """A connection of one person to an engine in this process.

    ``beats`` are given instead of a fresh heartbeat; without ``publish`` the public checkpoint stands still.
    """

    def __init__(
        self, world: World, name: str, beats: tuple[bytes, ...] | None = None, *, publish: bool = True
    ) -> None:
        self._world, self._name, self._beats, self._publish = world, name, beats, publish

    async def call(self, method: str, request: object, answer: type[T], *, repeatable: bool = True) -> T:
        del repeatable
        if method in _WRITTEN:
            reply = self._world.call(self._name, _WRITTEN[method], request)
            if self._publish:
                self._world.engine.publish()
            return codec.decode(answer, reply, limit=MAX_MESSAGE)
        reader = Reader(self._world.files.database)
        try:
            return cast("T", self._read(reader, method, request))
        finally:
            reader.close()

    def _read(self, reader: Reader, method: str, request: Any) -> object:  # noqa: ANN401 - one of the wire's requests
        if isinstance(request, GetCheckpointRequest):
            return reader.checkpoint(request.old_size)
        if isinstance(request, ListEntriesRequest):
            return reader.list_entries(request.start, request.limit)
        if isinstance(request, ListRequestsRequest):
            org = self._world.realm.row(self._name).org
            return reader.list_requests(org, request.from_index, request.limit)
        answers = {
            "DirectoryService/GetDirectory": reader.directory_response,
            "DirectoryService/GetPacks": reader.packs_response,
            "DirectoryService/ListProviders": reader.providers_response,
        }
        return answers[method]()

    async def receive(self, method: str, request: object, seconds: float | None) -> AsyncIterator[bytes]:
        del method, seconds
        assert isinstance(request, WatchRequest)
        reader = Reader(self._world.files.database)
        items = reader.feed(self._world.realm.row(self._name).org, request.from_index, 1000)
        reader.close()
        for item in items:
            yield services_pb2.WatchResponse(item=codec.to_message(item)).SerializeToString()
        for beat in self.beats():
            yield services_pb2.WatchResponse(heartbeat=beat).SerializeToString()

    def beats(self) -> tuple[bytes, ...]:
        """The heartbeats that a stream ends with."""
        return (self._world.call(self._name, Op.HEARTBEAT, b""),) if self._beats is None else self._beats

    async def send(self, method: str, frames: AsyncIterator[bytes], answer: type[T], seconds: float) -> T:
        pytest.fail(f"no stream goes up here: {method}")

    async def close(self) -> None:
        """Nothing is held open."""


@dataclass
class Inner:
    """A world and the profiles of its people."""

    world: World
    folder: Path
    profiles: dict[str, Profile] = field(default_factory=dict)

    @classmethod
    def build(cls, folder: Path) -> Inner:
        return cls(World.build(folder / "realm"), folder / "people")

    def profile(self, name: str) -> Profile:
        if name not in self.profiles:
            self.profiles[name] = make_profile(self.world.realm, name, self.folder / name, "in-process:0")
        return self.profiles[name]

    def open(
        self, name: str, transport: Transport | None = None, world: World | None = None
    ) -> AbstractAsyncContextManager[Session]:
        """A session of one person with this exchange, or with another copy of it."""
        return open_session(
            self.profile(name),
            unpack_secrets(secrets_of(self.world.realm, name)),
            clock=self.world.clock,
            transport=transport or Inside(world or self.world, name),
        )

    def evidence(self, name: str) -> list[str]:
        """Kinds of what a person has kept as evidence."""
        folder = self.profile(name).folder("evidence")
        return sorted(path.name.partition("-")[2] for path in folder.iterdir()) if folder.exists() else []


def log_scheme(world: World, kind: StatementKind, data: bytes) -> None:
    """Put an object of the scheme into the log and the directory, as a later version would come."""
    core, item = world.engine._core, SchemeObject(kind, data)
    batch = Batch(core, max(core.clock.now_ms(), core.log.time_ms))
    with core.store.transaction():
        placed = batch.place(item.fields(batch.time_ms), core.exchange_key.row.org, None, data)
        core.store.add_scheme(SchemeRow(placed.index, kind.name, data, placed.blob))
        staged = world.engine._write(batch)
    assert staged is not None
    core.log.adopt(staged)
    world.engine.publish()


def twin(world: World, folder: Path) -> World:
    """Another exchange from a copy of the data, with the same keys: what an operator with two books has."""
    shutil.copytree(world.files.data.parent, folder / "server")
    files = engine_files(folder / "server")
    engine = Engine.open(files, world.clock, SeededEntropy("twin"))
    return World(world.realm, engine, files, world.clock, SeededEntropy("people"), world.particulars)


def granted(world: World, request_id: bytes, feed_digest: bytes = b"") -> bytes:
    """The judge's grant of all that was asked, signed with this feed digest."""
    state = world.state(request_id)
    tasks = (item.task for item in state.tasks)
    body = Validate(
        DecisionCode.GRANT,
        granted=tuple(GrantedTask(t.number, t.elements, t.first_day, t.last_day) for t in tasks),
        opened=tuple(sorted(ref.object_digest for ref in state.sections)),
    )
    header = world.header("judge", StatementKind.VALIDATE, request_id, state)
    header = replace(header, about=state.issue_digest, seen=replace(header.seen, feed_digest=feed_digest))
    return world.sign("judge", header, body)


def oversight_finds(world: World) -> tuple[int, str]:
    """Index and rule of the first entry that oversight's own computation contradicts; -1 where everything holds."""
    reader = Reader(world.files.database)
    directory, packs = reader.directory_response(), reader.packs_response()
    reader.close()
    objects = (*directory.roots, directory.trust_list, *packs.packs)
    scheme = verify_scheme(directory, packs, world.realm.directory.realm)
    recomputer = Recomputer(scheme, {item.receipt.index: item.quorum for item in objects})
    reply = world.call("inspector", Op.OPEN_ENTRIES, OpenEntriesRequest(0, 256, "INSPECTION"))
    for item in codec.decode(OpenEntriesResponse, reply, limit=MAX_MESSAGE).entries:
        try:
            recomputer.take(item)
        except NotVerified as error:
            return item.index, error.rule
    return -1, ""
