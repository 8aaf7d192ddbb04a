# SPDX-License-Identifier: Apache-2.0
"""Watch streams: a party's feed from an index on, heartbeats, and a farewell when the server is about to stop.

Each stream pulls: it holds one page of items and its own cursor, so a slow reader costs a page and never holds up
another. The writer's commit notices wake only the streams of parties that something was addressed to. A heartbeat is
signed by the writer; before it is sent, the stream passes on everything that was committed before it, so a receiver that
is missing an item which a heartbeat covers has been denied it. (Later items may already have been sent by then.)
Opening a stream leaves one read entry. Nothing here decides who may watch what: a caller gets its own party's feed.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, Protocol

from rogatory.protocol.wire import FeedItem
from rogatory.server.engine import Op
from rogatory.server.identity import Caller
from rogatory.server.write_path import WritePath

PAGE: Final = 64


class Feeds(Protocol):
    """Where feeds are read; see ``rogatory.server.reader.Reader``."""

    def feed(self, org: bytes, from_index: int, limit: int) -> list[FeedItem]:
        """Return what was addressed to an organisation from a log index on."""
        ...

    def head_size(self) -> int:
        """Return the number of committed entries."""
        ...


@dataclass(frozen=True, slots=True)
class SignedHeartbeat:
    """Exact bytes of the exchange's envelope."""

    envelope: bytes


@dataclass(frozen=True, slots=True)
class Farewell:
    """The server is about to stop: reconnect and go on from the last index."""


Event = FeedItem | SignedHeartbeat | Farewell


@dataclass(slots=True)
class _Party:
    """Streams of one organisation, and the log index up to which they have been woken."""

    seen: int
    streams: set[asyncio.Event] = field(default_factory=set)


class WatchHub:
    """All streams of this front process.

    Args:
        feeds: Committed feeds.
        write_path: For the read entry and for heartbeats.
        heartbeat_seconds: Longest silence on a stream.
        now: Monotonic seconds.
    """

    def __init__(
        self,
        feeds: Feeds,
        write_path: WritePath,
        heartbeat_seconds: float,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._feeds = feeds
        self._write_path = write_path
        self._seconds = heartbeat_seconds
        self._now = now
        self._parties: dict[bytes, _Party] = {}
        self._draining = False

    def notice(self, size: int) -> None:
        """Wake the streams of every party that entries below ``size`` were addressed to."""
        for org, party in self._parties.items():
            if size > party.seen:
                if self._feeds.feed(org, party.seen, 1):
                    _wake(party)
                party.seen = size

    def drain(self) -> None:
        """Send every stream its farewell."""
        self._draining = True
        for party in self._parties.values():
            _wake(party)

    async def stream(self, caller: Caller, from_index: int) -> AsyncIterator[Event]:
        """Yield the caller's events for as long as it listens.

        Raises:
            Unavailable: The writer is gone; the caller reconnects and goes on from its last index.
        """
        await self._write_path.call(Op.WATCH_OPEN, caller.spki, b"")
        org, cursor = caller.row.org, from_index
        with self._joined(org) as woken:
            due = self._now()
            while not self._draining:
                woken.clear()
                beat: SignedHeartbeat | None = None
                if self._now() >= due:
                    beat = SignedHeartbeat(await self._write_path.call(Op.HEARTBEAT, caller.spki, b""))
                    due = self._now() + self._seconds
                while page := self._feeds.feed(org, cursor, PAGE):
                    for item in page:
                        yield item
                    cursor = page[-1].index + 1
                if beat is not None:
                    yield beat
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(woken.wait(), max(0.0, due - self._now()))
        yield Farewell()

    @contextlib.contextmanager
    def _joined(self, org: bytes) -> Iterator[asyncio.Event]:
        woken = asyncio.Event()
        party = self._parties.setdefault(org, _Party(self._feeds.head_size()))
        party.streams.add(woken)
        try:
            yield woken
        finally:
            party.streams.discard(woken)
            if not party.streams:
                self._parties.pop(org, None)


def _wake(party: _Party) -> None:
    for stream in party.streams:
        stream.set()
