# SPDX-License-Identifier: Apache-2.0
"""Watch streams: nothing twice, nothing left out, nobody woken for others' business, heartbeats after what they cover."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field

from rogatory.protocol.header import StatementKind
from rogatory.protocol.wire import FeedItem
from rogatory.server.engine import Op
from rogatory.server.identity import Caller
from rogatory.server.watch import PAGE, Event, Farewell, SignedHeartbeat, WatchHub
from tests.support.realm import shared_realm


@dataclass
class Exchange:
    """Feeds in memory, and a write path that remembers what it was asked."""

    items: dict[bytes, list[FeedItem]] = field(default_factory=dict)
    size: int = 0
    reads: list[bytes] = field(default_factory=list)
    asked: list[Op] = field(default_factory=list)
    commit_during_heartbeat: bytes | None = None

    def commit(self, org: bytes) -> None:
        item = FeedItem(self.size, bytes(16), bytes(32), StatementKind.ISSUE, bytes(32))
        self.items.setdefault(org, []).append(item)
        self.size += 1

    def feed(self, org: bytes, from_index: int, limit: int) -> list[FeedItem]:
        self.reads.append(org)
        return [item for item in self.items.get(org, []) if item.index >= from_index][:limit]

    def head_size(self) -> int:
        return self.size

    async def call(self, op: Op, peer_spki: bytes, payload: bytes) -> bytes:
        self.asked.append(op)
        await asyncio.sleep(0)
        if op is Op.HEARTBEAT and self.commit_during_heartbeat is not None:
            self.commit(self.commit_during_heartbeat)
            self.commit_during_heartbeat = None
        return f"beat {self.size}".encode()


def caller(name: str = "judge") -> Caller:
    realm = shared_realm()
    return Caller(realm.row(name), realm.org(name))


async def take(events: AsyncIterator[Event], count: int) -> list[Event]:
    async with asyncio.timeout(5):
        return [await anext(events) for _ in range(count)]


def indexes(events: list[Event]) -> list[int]:
    return [event.index for event in events if isinstance(event, FeedItem)]


async def test_a_stream_begins_with_what_was_missed_from_the_index_asked_for_then_a_heartbeat() -> None:
    exchange, judge = Exchange(), caller()
    for _ in range(PAGE + 3):
        exchange.commit(judge.row.org)
    hub = WatchHub(exchange, exchange, 60)
    async with aclosing(hub.stream(judge, 2)) as events:  # type: ignore[type-var]  # an async generator
        heard = await take(events, PAGE + 2)
    assert indexes(heard) == list(range(2, PAGE + 3))
    assert heard[-1] == SignedHeartbeat(f"beat {PAGE + 3}".encode())
    assert exchange.asked == [Op.WATCH_OPEN, Op.HEARTBEAT]


async def test_a_commit_that_is_addressed_to_the_party_wakes_its_stream() -> None:
    exchange, judge = Exchange(), caller()
    hub = WatchHub(exchange, exchange, 60)
    async with aclosing(hub.stream(judge, 0)) as events:  # type: ignore[type-var]
        await take(events, 1)
        waiting = asyncio.ensure_future(take(events, 1))
        await asyncio.sleep(0)
        exchange.commit(judge.row.org)
        hub.notice(exchange.size)
        assert indexes(await waiting) == [0]


async def test_a_commit_for_others_leaves_a_stream_asleep() -> None:
    exchange, judge = Exchange(), caller()
    hub = WatchHub(exchange, exchange, 60)
    async with aclosing(hub.stream(judge, 0)) as events:  # type: ignore[type-var]
        await take(events, 1)
        waiting = asyncio.ensure_future(take(events, 1))
        await asyncio.sleep(0)
        before = len(exchange.reads)
        exchange.commit(caller("compliance").row.org)
        hub.notice(exchange.size)
        await asyncio.sleep(0.05)
        assert not waiting.done()
        assert len(exchange.reads) == before + 1  # the hub's own look, not the stream's
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)


async def test_an_item_committed_before_a_heartbeat_was_signed_is_sent_before_it() -> None:
    exchange, judge = Exchange(), caller()
    exchange.commit_during_heartbeat = judge.row.org
    hub = WatchHub(exchange, exchange, 60)
    async with aclosing(hub.stream(judge, 0)) as events:  # type: ignore[type-var]
        heard = await take(events, 2)
    assert isinstance(heard[0], FeedItem)
    assert heard[1] == SignedHeartbeat(b"beat 1")


async def test_silence_is_broken_by_heartbeats() -> None:
    exchange = Exchange()
    hub = WatchHub(exchange, exchange, 0.02)
    async with aclosing(hub.stream(caller(), 0)) as events:  # type: ignore[type-var]
        heard = await take(events, 3)
    assert all(isinstance(event, SignedHeartbeat) for event in heard)


async def test_draining_ends_every_stream_with_a_farewell_and_nothing_after() -> None:
    exchange = Exchange()
    hub = WatchHub(exchange, exchange, 60)
    streams = [hub.stream(caller(name), 0) for name in ("judge", "investigator")]
    for events in streams:
        await take(events, 1)
    rests = [asyncio.ensure_future(drained(events)) for events in streams]
    await asyncio.sleep(0)
    hub.drain()
    async with asyncio.timeout(5):
        assert await asyncio.gather(*rests) == [[Farewell()], [Farewell()]]


async def drained(events: AsyncIterator[Event]) -> list[Event]:
    return [event async for event in events]


async def test_a_stream_that_was_left_is_forgotten() -> None:
    exchange = Exchange()
    hub = WatchHub(exchange, exchange, 60)
    async with aclosing(hub.stream(caller(), 0)) as events:  # type: ignore[type-var]
        await take(events, 1)
    exchange.reads.clear()
    exchange.commit(caller().row.org)
    hub.notice(exchange.size)
    assert exchange.reads == []
