# SPDX-License-Identifier: Apache-2.0
"""The feed of a party: what was addressed to it, in order, with nothing left out.

Each item must continue the hash chain that the client has verified so far; each heartbeat is signed by the exchange and
must agree with that chain. A break is kept as evidence and raised: an event was withheld, swapped or made up. Lost
connections and draining servers are ordinary, and the stream goes on at the cursor. What an item says is not proven
here; the request itself is, when it is fetched.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from google.protobuf.message import DecodeError

from rogatory.client.evidence import keeping
from rogatory.client.rejections import EXCHANGE_ROLE
from rogatory.client.session import Session
from rogatory.protocol import codec, errors
from rogatory.protocol.directory import PartyKind
from rogatory.protocol.envelope import CLOCK_SKEW_MS, verify_envelope
from rogatory.protocol.errors import Invalid, NotVerified, Unavailable
from rogatory.protocol.feed import next_feed
from rogatory.protocol.statements import Heartbeat
from rogatory.protocol.wire import FeedItem, WatchRequest
from rogatory.v1 import services_pb2

_PAUSE = 1.0
_LONGEST_PAUSE = 30.0
_REMEMBERED = 4096
# Twenty times what an exchange waits between heartbeats by default.
_SILENCE = 300.0


@dataclass(frozen=True, slots=True)
class Heard:
    """An item that continues the chain."""

    item: FeedItem


@dataclass(frozen=True, slots=True)
class Beat:
    """The exchange's signed word that the feed goes exactly as far as was heard."""

    position: int
    time_ms: int


async def watch(
    session: Session, *, reconnect: bool = True, silence: float = _SILENCE
) -> AsyncIterator[Heard | Beat]:
    """Yield the party's feed from the stored cursor on; the cursor moves after each item was taken.

    Args:
        session: Whose feed.
        reconnect: Whether to go on after the stream has ended; otherwise the iteration ends with it.
        silence: Seconds without even a heartbeat after which the stream counts as broken.

    Raises:
        NotVerified: ``X_LOG_INVALID`` with rule ``FEED.CHAIN``, ``FEED.HEARTBEAT``, ``FEED.STALE`` or ``FEED.WITHHELD``.
        NotAuthorised: The exchange does not take this device.
        Unavailable: The stream broke or fell silent (``FEED.SILENT``), and ``reconnect`` is off.
    """
    pause = _PAUSE
    while True:
        try:
            async for event in _stream(session, silence):
                pause = _PAUSE
                yield event
        except Unavailable:
            if not reconnect:
                raise
        if not reconnect:
            return
        jitter = int.from_bytes(session.entropy.token(2), "big") / 65_536
        await asyncio.sleep(pause * (0.5 + jitter))
        pause = min(pause * 2, _LONGEST_PAUSE)


async def _stream(session: Session, silence: float) -> AsyncIterator[Heard | Beat]:
    feed = _Feed(session)
    request = WatchRequest(session.state.trusted.cursor)
    messages = session.exchange.channel.receive("ExchangeService/Watch", request, None)
    async for message in _unless_silent(messages, silence):
        event = _parsed(message)
        which = event.WhichOneof("event")
        if which == "item":
            item = codec.from_message(FeedItem, event.item, "item")
            with keeping(session.state, "feed", message):
                feed.take(item)
            yield Heard(item)
            _keep(session, feed.cursor, feed.digest)
        elif which == "heartbeat":
            with keeping(session.state, "heartbeat", event.heartbeat):
                beat = feed.heartbeat(event.heartbeat)
            _keep(session, feed.cursor, feed.digest, event.heartbeat, beat)
            yield beat
        elif which == "draining":
            return


def taken(session: Session, heard: Heard) -> None:
    """Say that an item was taken, for who ends the iteration with it; it is not heard again."""
    _keep(session, heard.item.index + 1, heard.item.feed_digest)


def _keep(
    session: Session, cursor: int, digest: bytes, envelope: bytes = b"", beat: Beat | None = None
) -> None:
    """Write down how far the feed was heard, unless another command has the profile just now: then at a later event."""
    try:
        with session.exclusively():
            session.state.save_cursor(cursor, digest)
            if beat is not None:
                session.state.save_beat(envelope, beat.position, beat.time_ms)
    except Unavailable:
        session.state.bear_cursor(cursor, digest)


async def _unless_silent(messages: AsyncIterator[bytes], silence: float) -> AsyncIterator[bytes]:
    """Pass messages on for as long as they come; a stream that says nothing at all cannot be told from a frozen one."""
    while True:
        try:
            async with asyncio.timeout(silence):
                message = await anext(messages)
        except StopAsyncIteration:
            return
        except TimeoutError as error:
            raise Unavailable(errors.X_TRANSIENT, "watch", "FEED.SILENT") from error
        yield message


def _parsed(message: bytes) -> services_pb2.WatchResponse:
    try:
        return services_pb2.WatchResponse.FromString(message)
    except DecodeError as error:
        raise Invalid(errors.X_ENCODING, "watch", "PARSE") from error


class _Feed:
    """The chain as one stream gives it, from the stored cursor on."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.cursor = session.state.trusted.cursor
        self.digest = session.state.trusted.feed_digest
        self._known = {self.cursor: self.digest}
        # Heartbeats of this stream are made after it was opened; one that is older was kept back and played again.
        self._since = session.clock.now_ms() - CLOCK_SKEW_MS
        self._beat = b""

    def take(self, item: FeedItem) -> None:
        """Go on by one item, which must continue the chain."""
        digest = next_feed(self.digest, item.index, item.envelope_digest)
        if item.index < self.cursor or item.feed_digest != digest:
            raise NotVerified(errors.X_LOG_INVALID, "watch.item", "FEED.CHAIN")
        self.cursor, self.digest = item.index + 1, digest
        self._known[self.cursor] = digest
        if len(self._known) > _REMEMBERED:
            del self._known[next(iter(self._known))]

    def heartbeat(self, data: bytes) -> Beat:
        """Verify the exchange's signed word on how far the feed went when it was signed.

        Everything that it covers was sent before it; items that came later may have been sent before it too.
        """
        directory = self._session.directory
        verified = verify_envelope(data, directory, self._session.clock.now_ms())
        body = verified.statement.body
        operator = directory.org(verified.row.org).kind is PartyKind.OPERATOR
        exchange = operator and verified.header.issuer.role == EXCHANGE_ROLE
        if not exchange or not isinstance(body, Heartbeat):
            raise NotVerified(errors.X_LOG_INVALID, "watch.heartbeat", "FEED.HEARTBEAT")
        if body.org != self._session.me.org:
            raise NotVerified(errors.X_LOG_INVALID, "watch.heartbeat", "FEED.PARTY")
        if verified.header.issued_at_ms < self._since or verified.digest == self._beat:
            raise NotVerified(errors.X_LOG_INVALID, "watch.heartbeat", "FEED.STALE")
        self._since, self._beat = verified.header.issued_at_ms, verified.digest
        if body.position > self.cursor:
            raise NotVerified(errors.X_LOG_INVALID, "watch.heartbeat", "FEED.WITHHELD")
        if self._known.get(body.position) != body.feed_digest:
            raise NotVerified(errors.X_LOG_INVALID, "watch.heartbeat", "FEED.HEARTBEAT")
        return Beat(body.position, verified.header.issued_at_ms)
