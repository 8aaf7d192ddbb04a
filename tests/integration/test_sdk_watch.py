# SPDX-License-Identifier: Apache-2.0
"""A party's feed: complete, in order, gone on with after a break; what is withheld, swapped or made up is found.

Against the real server; a transport drops, swaps and forges messages on their way.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from typing_extensions import override

from rogatory.client import authority, provider
from rogatory.client.drafting import prepare_issue
from rogatory.client.session import Session
from rogatory.client.watch import Beat, Heard, watch
from rogatory.protocol.errors import NotVerified, Unavailable
from rogatory.protocol.feed import EMPTY_FEED
from rogatory.protocol.header import StatementKind
from rogatory.v1 import services_pb2
from tests.support.desks import Changed, Desks
from tests.support.front import ServerProcess

WATCH = "ExchangeService/Watch"
Message = services_pb2.WatchResponse


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("watch") / "realm"
    running = ServerProcess.start(folder, ROGATORY_HEARTBEAT_SECONDS="1")
    yield running
    running.stop()


@pytest.fixture
def desks(server: ServerProcess, tmp_path: Path) -> Desks:
    return Desks(server, tmp_path / "people")


async def issued(desks: Desks) -> bytes:
    sent = await desks.act("investigator", lambda session: prepare_issue(session, desks.draft()))
    return sent.request_id


async def until(session: Session, enough: Callable[[Heard | Beat], bool]) -> list[Heard | Beat]:
    """Listens until an event is enough, and a heartbeat has confirmed everything before it."""
    heard: list[Heard | Beat] = []
    async with asyncio.timeout(20):
        async for event in watch(session):
            heard.append(event)
            if enough(event):
                return heard
    return heard


def beat(event: Heard | Beat) -> bool:
    return isinstance(event, Beat)


def items(events: list[Heard | Beat]) -> list[Heard]:
    return [event for event in events if isinstance(event, Heard)]


def kept(message: bytes) -> tuple[bytes, ...]:
    return (message,)


async def test_what_was_addressed_to_a_party_is_heard_once_and_in_order(desks: Desks) -> None:
    request_id = await issued(desks)
    async with desks.open("judge") as session:
        first = items(await until(session, beat))
        assert [event.item.index for event in first] == sorted({event.item.index for event in first})
        assert first[-1].item.request_id == request_id
        assert first[-1].item.kind is StatementKind.ISSUE
        digest = session.state.trusted.feed_digest
        assert digest == first[-1].item.feed_digest != EMPTY_FEED
    other = await issued(desks)
    async with desks.open("judge") as session:
        assert [event.item.request_id for event in items(await until(session, beat))] == [other]


async def test_the_digest_of_what_was_heard_stands_in_what_is_signed_next(desks: Desks) -> None:
    request_id = await issued(desks)
    async with desks.open("judge") as session:
        await until(session, beat)
        prepared = await authority.prepare_grant(session, request_id)
        assert prepared.statement.header.seen.feed_digest == session.state.trusted.feed_digest


async def test_an_item_that_is_not_taken_comes_again(desks: Desks) -> None:
    await issued(desks)
    async with desks.open("judge") as session:
        (first,) = await until(session, lambda _event: True)
    async with desks.open("judge") as session:
        (again,) = await until(session, lambda _event: True)
    assert isinstance(first, Heard)
    assert again == first


@pytest.mark.parametrize("name", ["drop first", "swap", "made up"])
async def test_a_break_in_the_chain_is_found_and_kept(desks: Desks, name: str) -> None:
    for _ in range(2):
        await issued(desks)
    waiting: list[bytes] = []

    def change(message: bytes) -> tuple[bytes, ...]:
        event = Message.FromString(message)
        if event.WhichOneof("event") != "item":
            return ()
        waiting.append(message)
        if name == "drop first":
            return () if len(waiting) == 1 else (message,)
        if name == "swap":
            return () if len(waiting) == 1 else (waiting[1], waiting[0])
        event.item.envelope_digest = bytes(32)
        return (event.SerializeToString(),)

    transport = Changed(desks.transport("judge"), WATCH, change)
    async with desks.open("judge", transport=transport) as session:
        with pytest.raises(NotVerified) as raised:
            await until(session, lambda _event: False)
    assert (raised.value.code, raised.value.rule) == ("X_LOG_INVALID", "FEED.CHAIN")
    assert any(path.name.endswith("-feed") for path in session.profile.folder("evidence").iterdir())


async def test_a_withheld_last_item_is_told_by_the_heartbeat(desks: Desks) -> None:
    await issued(desks)

    def heartbeats_only(message: bytes) -> tuple[bytes, ...]:
        return (message,) if Message.FromString(message).WhichOneof("event") == "heartbeat" else ()

    transport = Changed(desks.transport("judge"), WATCH, heartbeats_only)
    async with desks.open("judge", transport=transport) as session:
        with pytest.raises(NotVerified) as raised:
            await until(session, beat)
    assert raised.value.rule == "FEED.WITHHELD"


async def test_another_partys_heartbeat_is_not_ours(desks: Desks) -> None:
    theirs: list[bytes] = []

    def record(message: bytes) -> tuple[bytes, ...]:
        theirs.append(message)
        return (message,)

    async with desks.open("compliance", transport=Changed(desks.transport("compliance"), WATCH, record)) as s:
        await until(s, beat)

    def replaced(message: bytes) -> tuple[bytes, ...]:
        is_beat = Message.FromString(message).WhichOneof("event") == "heartbeat"
        return (theirs[-1],) if is_beat else (message,)

    async with desks.open("judge", transport=Changed(desks.transport("judge"), WATCH, replaced)) as session:
        with pytest.raises(NotVerified) as raised:
            await until(session, beat)
    assert raised.value.rule == "FEED.PARTY"


async def test_the_stream_is_taken_up_again_after_a_break(desks: Desks) -> None:
    await issued(desks)
    broken = False

    class Once(Changed):
        @override
        async def receive(self, method: str, request: object, seconds: float | None) -> AsyncIterator[bytes]:
            nonlocal broken
            if not broken:
                broken = True
                raise Unavailable("X_TRANSIENT", "", "TRANSPORT")
            async for message in super().receive(method, request, seconds):
                yield message

    async with desks.open("judge", transport=Once(desks.transport("judge"), WATCH, kept)) as session:
        assert items(await until(session, beat))
    assert broken


async def test_the_service_says_delivered_for_what_is_there_and_for_what_comes(desks: Desks) -> None:
    async def granted() -> bytes:
        request_id = await issued(desks)
        await desks.act("judge", lambda session: authority.prepare_grant(session, request_id))
        return request_id

    first = await granted()
    delivered: list[bytes] = []
    async with desks.open("provider-service") as session:
        later: asyncio.Task[bytes] | None = None
        async with asyncio.timeout(20):
            async for sent in provider.serve(session):
                delivered.append(sent.request_id)
                if sent.request_id == first:
                    later = asyncio.create_task(granted())
                elif later is not None and later.done() and sent.request_id == later.result():
                    break
        assert [sent async for sent in provider.serve(session, once=True)] == []
    assert first in delivered
    assert len(delivered) == len(set(delivered))
