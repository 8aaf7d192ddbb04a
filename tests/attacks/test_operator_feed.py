# SPDX-License-Identifier: Apache-2.0
"""The operator drops, swaps or invents an event in one party's feed, or freezes it, and signs what fits the lie.

Chain and heartbeats agree with each other, so the victim hears nothing wrong: oversight reads the lie in what the victim
signed next. Breaks that the victim finds alone are tests/integration/test_sdk_watch.py's matter.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from rogatory.client.session import Session
from rogatory.client.watch import Heard, watch
from rogatory.protocol.errors import NotVerified, Unavailable
from rogatory.protocol.feed import next_feed
from rogatory.protocol.wire import FeedItem
from tests.support.acts import World
from tests.support.liar import Inner, Inside, granted, oversight_finds

MINUTE = 60_000
Add = Callable[[bytes, FeedItem], None]


@pytest.fixture
def inner(tmp_path: Path) -> Iterator[Inner]:
    inner = Inner.build(tmp_path)
    yield inner
    inner.world.engine.close()


def issued(world: World) -> bytes:
    request_id, envelope = world.issue()
    assert world.submit("investigator", envelope)[0].receipt is not None
    return request_id


def tell_the_authority(
    world: World, monkeypatch: pytest.MonkeyPatch, tell: Callable[[Add, FeedItem], None]
) -> None:
    """The engine's own feed, except that a liar stands between it and the authority's."""
    store = world.engine._core.store
    victim, honest = world.realm.row("judge").org, store.add_feed

    def add(org: bytes, item: FeedItem) -> None:
        if org == victim:
            tell(honest, item)
        else:
            honest(org, item)

    monkeypatch.setattr(store, "add_feed", add)


def chained(world: World, item: FeedItem) -> FeedItem:
    """The item with a digest that continues what the victim was told so far."""
    tip = world.engine._core.store.feed_tip(world.realm.row("judge").org)
    previous = tip.feed_digest if tip is not None else b""
    return replace(item, feed_digest=next_feed(previous, item.index, item.envelope_digest))


async def listen(session: Session) -> list[Heard]:
    return [event async for event in watch(session, reconnect=False) if isinstance(event, Heard)]


async def hears_and_grants(inner: Inner, request_id: bytes, told: int) -> None:
    """The judge listens, is content, and grants."""
    async with inner.open("judge") as session:
        assert len(await listen(session)) == told
        digest = session.state.trusted.feed_digest
    (result,) = inner.world.submit("judge", granted(inner.world, request_id, digest))
    assert result.receipt is not None


def drop(world: World, held: list[FeedItem], add: Add, item: FeedItem) -> None:
    """The first event is not told."""
    if held:
        add(world.realm.row("judge").org, chained(world, item))
    held.append(item)


def swap(world: World, held: list[FeedItem], add: Add, item: FeedItem) -> None:
    """The first two events are told as if each were the other."""
    held.append(item)
    if len(held) == 2:
        for place, content in ((held[0], held[1]), (held[1], held[0])):
            told = replace(content, index=place.index)
            add(world.realm.row("judge").org, chained(world, told))
    elif len(held) > 2:
        add(world.realm.row("judge").org, chained(world, item))


def invent(world: World, held: list[FeedItem], add: Add, item: FeedItem) -> None:
    """The first event is told with another envelope."""
    told = item if held else replace(item, envelope_digest=bytes(32))
    held.append(item)
    add(world.realm.row("judge").org, chained(world, told))


@pytest.mark.parametrize(("lie", "told"), [(drop, 1), (swap, 2), (invent, 2)])
async def test_an_event_dropped_swapped_or_invented_is_named_from_what_the_victim_signed(
    inner: Inner, monkeypatch: pytest.MonkeyPatch, lie: Callable[..., None], told: int
) -> None:
    world, held = inner.world, list[FeedItem]()
    tell_the_authority(world, monkeypatch, lambda add, item: lie(world, held, add, item))
    issued(world)
    second = issued(world)
    await hears_and_grants(inner, second, told)
    index, rule = oversight_finds(world)
    assert rule == "FEED.DIVERGED"
    assert index == world.state(second).last_index


async def test_an_honest_feed_passes_the_same_eyes(inner: Inner) -> None:
    issued(inner.world)
    second = issued(inner.world)
    await hears_and_grants(inner, second, 2)
    assert oversight_finds(inner.world) == (-1, "")


async def test_a_party_cannot_frame_the_exchange_with_a_feed_that_it_never_heard(inner: Inner) -> None:
    """Else one signature of a dishonest party would make oversight's check of an honest log fail."""
    request_id = issued(inner.world)
    (result,) = inner.world.submit("judge", granted(inner.world, request_id, b"\x07" * 32))
    body: Any = inner.world.rejection(result).statement.body
    assert (body.code, body.field, body.rule) == (
        "X_LOG_INVALID",
        "header.seen.feed_digest",
        "FEED.KNOWN",
    )
    assert oversight_finds(inner.world) == (-1, "")


async def test_a_frozen_party_holds_the_signed_word_that_there_was_nothing(
    inner: Inner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fresh heartbeats, nothing told: found as soon as the victim sees the request by any other way."""
    world = inner.world
    tell_the_authority(world, monkeypatch, lambda _add, _item: None)
    request_id = issued(world)
    world.clock.at_ms += 5 * MINUTE
    async with inner.open("judge") as session:
        assert await listen(session) == []
        with pytest.raises(NotVerified) as raised:
            await session.exchange.get_request(request_id, "VALIDATION")
    assert (raised.value.code, raised.value.rule) == ("X_LOG_INVALID", "FEED.WITHHELD")
    assert inner.evidence("judge") == ["feed"]


async def test_an_old_heartbeat_is_not_played_again(inner: Inner) -> None:
    """The cheapest freeze: what was signed before the party was cut off."""
    world = inner.world
    async with inner.open("judge") as session:
        old = Inside(world, "judge").beats()[0]
        assert await listen(session) == []
    world.clock.at_ms += 5 * MINUTE
    issued(world)
    for beats in ((old,), (fresh := Inside(world, "judge").beats()[0], fresh)):
        async with inner.open("judge", Inside(world, "judge", beats)) as session:
            with pytest.raises(NotVerified) as raised:
                await listen(session)
        assert raised.value.rule == "FEED.STALE"


async def test_a_stream_that_says_nothing_at_all_is_given_up(inner: Inner) -> None:
    class Mute(Inside):
        @override
        async def receive(self, method: str, request: object, seconds: float | None) -> AsyncIterator[bytes]:
            await asyncio.Event().wait()
            yield b""

    async with inner.open("judge", Mute(inner.world, "judge")) as session:
        with pytest.raises(Unavailable) as raised:
            await anext(watch(session, reconnect=False, silence=0.05))
    assert raised.value.rule == "FEED.SILENT"
