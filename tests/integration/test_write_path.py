# SPDX-License-Identifier: Apache-2.0
"""The way to the writer: order kept, batches capped, the lone call not held back, a dead writer felt by all at once."""

import asyncio
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from rogatory.protocol import errors
from rogatory.protocol.errors import Refused, Unavailable
from rogatory.server.batching import MAX_BATCH
from rogatory.server.engine import Op
from rogatory.server.write_path import LocalWritePath
from rogatory.server.writer import frames
from rogatory.server.writer.client import ProcessWritePath
from rogatory.server.writer.frames import FrameType, Splitter
from rogatory.server.writer.service import WriterService
from tests.support.front import EchoEngine

PEER = bytes(32)


@asynccontextmanager
async def local(engine: EchoEngine) -> AsyncIterator[tuple[LocalWritePath, list[int]]]:
    sizes: list[int] = []
    path = LocalWritePath(lambda: engine, sizes.append, publish_seconds=0.01)
    await path.start()
    try:
        yield path, sizes
    finally:
        with suppress(Exception):
            await path.stop()


async def test_each_caller_gets_its_own_reply() -> None:
    engine = EchoEngine()
    async with local(engine) as (path, sizes):
        payloads = [str(number).encode() for number in range(200)]
        replies = await asyncio.gather(*(path.call(Op.SUBMIT, PEER, payload) for payload in payloads))
        await asyncio.sleep(0)
    assert replies == payloads
    assert max(engine.batches) <= MAX_BATCH
    assert len(engine.batches) < len(payloads)  # what queues up is committed together
    assert sizes[-1] == 200
    assert engine.closed


async def test_a_refusal_is_its_own_callers_only() -> None:
    async with local(EchoEngine()) as (path, _):
        good, bad = await asyncio.gather(
            path.call(Op.SUBMIT, PEER, b"good"), path.call(Op.SUBMIT, PEER, b"refuse"), return_exceptions=True
        )
    assert good == b"good"
    assert isinstance(bad, Refused)
    assert bad.code == errors.X_REPLAY


async def test_the_log_is_published_while_nobody_calls() -> None:
    engine = EchoEngine()
    async with local(engine):
        async with asyncio.timeout(5):
            while engine.published < 2:  # noqa: ASYNC110 - the publisher is the engine's own tick, it signals nobody
                await asyncio.sleep(0.01)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_fatal_error_fails_everybody_at_once_and_nothing_is_taken_in_after() -> None:
    async with local(EchoEngine()) as (path, _):
        replies = await asyncio.gather(
            *(path.call(Op.SUBMIT, PEER, payload) for payload in (b"one", b"fatal", b"two")),
            return_exceptions=True,
        )
        assert {type(reply) for reply in replies[1:]} == {Unavailable}
        with pytest.raises(Unavailable):
            await path.call(Op.SUBMIT, PEER, b"three")
    assert "secret" not in repr(replies)


async def test_an_engine_that_does_not_open_is_told_to_the_one_who_starts_it() -> None:
    def broken() -> EchoEngine:
        raise FileNotFoundError

    path = LocalWritePath(broken, lambda _size: None)
    with pytest.raises(FileNotFoundError):
        await path.start()
    with pytest.raises(Unavailable):
        await path.call(Op.SUBMIT, PEER, b"")


class Serving:
    """The writer's loop in a thread, and the front's end of its socket."""

    def __init__(self, engine: EchoEngine) -> None:
        self.front, theirs = socket.socketpair()
        self.front.settimeout(5)
        self.error: BaseException | None = None
        self.thread = threading.Thread(target=self._run, args=(engine, theirs))
        self.thread.start()
        self.splitter = Splitter()
        self.read: list[tuple[FrameType, bytes]] = []

    def _run(self, engine: EchoEngine, connection: socket.socket) -> None:
        with connection:
            try:
                WriterService(engine, connection, 60.0).run()
            except OSError as error:
                self.error = error

    def until(self, count: int) -> list[tuple[FrameType, bytes]]:
        while len(self.read) < count:
            data = self.front.recv(1 << 20)
            assert data, "the writer has closed the stream"
            self.read.extend(self.splitter.feed(data))
        return self.read

    def close(self) -> None:
        self.front.close()
        self.thread.join(5)
        assert not self.thread.is_alive()


def test_the_writer_answers_in_order_in_capped_batches_and_then_tells_the_new_size() -> None:
    engine = EchoEngine()
    writer = Serving(engine)
    calls = b"".join(frames.call(number, Op.SUBMIT, PEER, b"x") for number in range(100))
    writer.front.sendall(calls)
    while sum(kind is FrameType.REPLY for kind, _ in writer.read) < 100:
        writer.until(len(writer.read) + 1)
    numbers = [frames.read_number(body)[0] for kind, body in writer.read if kind is FrameType.REPLY]
    assert writer.read[0][0] is FrameType.READY
    assert numbers == list(range(100))
    assert max(engine.batches) <= MAX_BATCH
    writer.close()


def test_the_writer_finishes_what_it_has_when_told_to_stop_and_publishes() -> None:
    engine = EchoEngine()
    writer = Serving(engine)
    batch = [frames.call(number, Op.SUBMIT, PEER, b"x") for number in range(40)]
    writer.front.sendall(b"".join([*batch, frames.frame(FrameType.STOP, b"")]))
    writer.thread.join(5)
    assert sum(engine.batches) == 40
    assert engine.published == 1
    writer.close()


def test_the_writer_ends_when_the_front_goes_away() -> None:
    engine = EchoEngine()
    writer = Serving(engine)
    writer.until(1)
    writer.close()
    assert engine.published == 1


def test_a_fatal_error_closes_the_stream_without_a_word() -> None:
    writer = Serving(EchoEngine())
    writer.until(1)
    writer.front.sendall(frames.call(1, Op.SUBMIT, PEER, b"fatal"))
    assert writer.front.recv(100) == b""
    writer.close()
    assert isinstance(writer.error, OSError)


async def test_a_writer_that_cannot_start_is_not_waited_for() -> None:
    states: list[int | None] = []
    path = ProcessWritePath(lambda _socket: ["false"], lambda _size: None, states.append)
    async with asyncio.timeout(10):
        with pytest.raises(Unavailable):
            await path.start()
    with pytest.raises(Unavailable):
        await path.call(Op.SUBMIT, PEER, b"")
    assert states == [None]


_WRITER = """
import socket, sys, time
from rogatory.server.writer import frames
from rogatory.server.writer.frames import FrameType, Splitter
kind, number = sys.argv[1], int(sys.argv[2])
connection = socket.socket(fileno=number)
time.sleep(1.0 if kind == "slow" else 0.0)
connection.sendall(frames.frame(FrameType.READY, bytes(8)))
if kind == "deaf":
    connection.shutdown(socket.SHUT_RD)
    time.sleep(0.5)
    sys.exit(1)
splitter = Splitter()
while data := connection.recv(65536):
    if kind == "busy":
        time.sleep(0.05)
        calls = [frames.read_number(body)[0] for frame, body in splitter.feed(data) if frame is FrameType.CALL]
        connection.sendall(b"".join(frames.reply(number, b"%d" % len(calls)) for number in calls))
        if not calls:
            sys.exit(0)
        continue
    for frame, body in splitter.feed(data):
        if frame is FrameType.STOP:
            sys.exit(0)
        if kind == "mortal":
            sys.exit(1)
        connection.sendall(frames.reply(frames.read_number(body)[0], b"here"))
"""


class Lives:
    """A `ProcessWritePath` whose writers are small programs, one kind after another."""

    def __init__(self, *kinds: str) -> None:
        self._kinds = list(kinds)
        self.begun = 0
        self.states: list[int | None] = []
        self.path = ProcessWritePath(self._command, lambda _size: None, self.states.append)

    def _command(self, number: int) -> list[str]:
        self.begun += 1
        kind = self._kinds.pop(0) if len(self._kinds) > 1 else self._kinds[0]
        return [sys.executable, "-c", _WRITER, kind, str(number)]

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not condition():  # noqa: ASYNC110 - the state is told by callback, nobody signals it
                await asyncio.sleep(0.01)


async def test_a_writer_that_dies_while_it_is_written_to_is_started_again() -> None:
    """The write then fails with EPIPE before the end of the stream is read; a front must not give up over that."""
    lives = Lives("deaf", "good")
    await lives.path.start()
    with pytest.raises(Unavailable):
        await lives.path.call(Op.SUBMIT, PEER, b"lost")
    await lives.until(lambda: lives.begun == 2 and lives.states[-1] is not None)
    assert await lives.path.call(Op.SUBMIT, PEER, b"again") == b"here"
    await lives.path.stop()


async def test_a_stop_that_comes_while_a_writer_starts_reaches_that_writer() -> None:
    lives = Lives("mortal", "slow")
    await lives.path.start()
    with pytest.raises(Unavailable):
        await lives.path.call(Op.SUBMIT, PEER, b"lost")
    await lives.until(lambda: lives.begun == 2)
    async with asyncio.timeout(20):
        await lives.path.stop()
    assert lives.states[-1] is None


async def test_what_is_called_while_the_writer_is_busy_reaches_it_together_and_in_order() -> None:
    lives = Lives("busy")
    await lives.path.start()
    first = asyncio.create_task(lives.path.call(Op.SUBMIT, PEER, b"first"))
    await asyncio.sleep(0.01)
    rest = []
    for number in range(20):  # each in a turn of its own
        rest.append(asyncio.create_task(lives.path.call(Op.SUBMIT, PEER, b"%d" % number)))
        await asyncio.sleep(0)
    assert await first == b"1", "a lone call is not held"
    assert max(map(int, await asyncio.gather(*rest))) > 1
    await lives.path.stop()


async def test_held_calls_fail_with_the_writer_that_they_were_meant_for() -> None:
    lives = Lives("mortal", "good")
    await lives.path.start()
    calls = []
    for number in range(3):
        calls.append(asyncio.create_task(lives.path.call(Op.SUBMIT, PEER, b"%d" % number)))
        await asyncio.sleep(0)
    assert {type(reply) for reply in await asyncio.gather(*calls, return_exceptions=True)} == {Unavailable}
    await lives.until(lambda: lives.begun == 2 and lives.states[-1] is not None)
    assert await lives.path.call(Op.SUBMIT, PEER, b"again") == b"here"
    await lives.path.stop()
