# SPDX-License-Identifier: Apache-2.0
"""The front's end of the socket pair: starts the writer, calls it, fails callers when it dies, starts it again.

When the stream ends every waiting caller fails at once with ``Unavailable``; nobody waits for a deadline. The writer is
started again with growing pauses. It is a new program (exec), so nothing of gRPC or of the front's memory is in it.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
import subprocess
from collections.abc import Callable, Sequence
from typing import Any, Final

import structlog
from typing_extensions import override

from rogatory.audit.failpoints import failpoint
from rogatory.server.batching import MAX_BATCH
from rogatory.server.engine import Op
from rogatory.server.engine.engine import Reply
from rogatory.server.write_path import OnCommit, settle, writer_gone
from rogatory.server.writer import frames
from rogatory.server.writer.frames import FrameError, FrameType, Splitter

_LOG: Final = structlog.get_logger(__name__)
_PAUSES: Final = (0.05, 0.2, 0.5, 1.0, 2.0, 5.0)
_HOLD_SECONDS: Final = 0.002

Command = Callable[[int], Sequence[str]]


class ProcessWritePath:
    """The writer process, kept alive.

    Args:
        command: Gives the argument list of the writer for the number of its inherited socket.
        on_commit: Called with the log's size after each commit.
        on_state: Called with the writer's process id when it is ready, and with None when it is gone.
    """

    def __init__(self, command: Command, on_commit: OnCommit, on_state: Callable[[int | None], None]) -> None:
        self._command = command
        self._on_commit = on_commit
        self._on_state = on_state
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[bytes]] = {}
        self._link: asyncio.WriteTransport | None = None
        self._ready = asyncio.Event()
        self._stopping = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._outgoing: list[bytes] = []
        self._unanswered = 0
        self._splitter = Splitter()

    async def start(self) -> None:
        """Start the writer and wait until it is ready.

        Raises:
            Unavailable: It ended before it was ready; its own log line says why.
        """
        self._keeper = asyncio.create_task(self._keep(), name="writer-keeper")
        ready = asyncio.create_task(self._ready.wait())
        await asyncio.wait((self._keeper, ready), return_when=asyncio.FIRST_COMPLETED)
        if not ready.done():
            ready.cancel()
            await self._keeper
            raise writer_gone()

    async def call(self, op: Op, peer_spki: bytes, payload: bytes) -> bytes:
        """See ``rogatory.server.write_path.WritePath``."""
        if self._link is None:
            raise writer_gone()
        number = next(self._numbers)
        waiting: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting[number] = waiting
        try:
            failpoint("front.send.before")
            self._write(frames.call(number, op, peer_spki, payload))
            failpoint("front.send.after")
            answer = await waiting
            failpoint("front.answer.before")
            return answer
        finally:
            self._waiting.pop(number, None)

    def _write(self, data: bytes) -> None:
        """Send with everything else of this turn of the loop; while the writer has a batch in hand, with what comes till then.

        It takes nothing in before it has answered, and every write costs both ends as much as a small call does. A writer
        that answers late finds the next batch in its socket all the same.
        """
        self._outgoing.append(data)
        if len(self._outgoing) >= MAX_BATCH:
            self._flush()
        elif len(self._outgoing) == 1:
            loop = asyncio.get_running_loop()
            if self._unanswered:
                loop.call_later(_HOLD_SECONDS, self._flush)
            else:
                loop.call_soon(self._flush)

    def _flush(self) -> None:
        if self._link is not None and self._outgoing:
            self._unanswered += len(self._outgoing)
            data, self._outgoing = b"".join(self._outgoing), []
            self._link.write(data)

    async def stop(self) -> None:
        """Let the writer finish what it has, and wait until it has exited."""
        self._stopping.set()
        self._tell_to_stop()
        if self._keeper is not None:
            await self._keeper

    def _tell_to_stop(self) -> None:
        self._flush()
        if self._link is not None:
            self._link.write(frames.frame(FrameType.STOP, b""))

    async def _keep(self) -> None:
        """Run writers, one after another, until told to stop; the first must become ready."""
        failures = 0
        while not self._stopping.is_set():
            was_ready = await self._one_life()
            failures = 0 if was_ready else failures + 1
            if self._stopping.is_set() or not self._ready.is_set():
                return
            pause = _PAUSES[min(failures, len(_PAUSES) - 1)]
            _LOG.error("writer_restart", pause_ms=round(pause * 1000))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)

    async def _one_life(self) -> bool:
        """Start one writer, serve it until its stream ends, and tell whether it ever became ready."""
        ours, theirs = socket.socketpair()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                *self._command(theirs.fileno()), pass_fds=(theirs.fileno(),), stdin=subprocess.DEVNULL
            )
        self._splitter = Splitter()
        stream = _Stream(lambda link, data: self._arrived(link, data, process.pid))
        link, _ = await asyncio.get_running_loop().create_connection(lambda: stream, sock=ours)
        try:
            await stream.ended
        finally:
            was_ready = self._link is link
            self._leave()
            link.close()
            await _ended(process)
        return was_ready

    def _arrived(self, link: asyncio.WriteTransport, data: bytes, pid: int) -> None:
        """Take what the writer says, and give it what was held."""
        for kind, body in self._splitter.feed(data):
            if kind is FrameType.READY:
                self._enter(link, pid)
            else:
                self._accept(kind, body)
        self._flush()

    def _enter(self, link: asyncio.WriteTransport, pid: int) -> None:
        self._link = link
        self._ready.set()
        if self._stopping.is_set():
            # ``stop`` came while this writer was starting and had nobody to tell.
            self._tell_to_stop()
        self._on_state(pid)
        _LOG.info("writer_ready")

    def _leave(self) -> None:
        self._link = None
        for waiting in self._waiting.values():
            settle(waiting, writer_gone())
        self._waiting.clear()
        self._outgoing.clear()
        self._unanswered = 0
        self._on_state(None)

    def _accept(self, kind: FrameType, body: bytes) -> None:
        if kind is FrameType.NOTICE:
            self._on_commit(frames.read_number(body)[0])
            return
        if kind is FrameType.REPLY:
            number, data = frames.read_number(body)
            answer: Reply = data
        elif kind is FrameType.ERROR:
            number, answer = frames.read_error(body)
        else:
            raise FrameError("type")
        self._unanswered -= 1
        waiting = self._waiting.get(number)
        if waiting is not None:
            settle(waiting, answer)


class _Stream(asyncio.Protocol):
    """The socket of one writer as the loop sees it: bytes that arrive, and an end."""

    def __init__(self, arrived: Callable[[asyncio.WriteTransport, bytes], None]) -> None:
        self._arrived = arrived
        self._link: Any = None
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._link = transport

    @override
    def data_received(self, data: bytes) -> None:
        try:
            self._arrived(self._link, data)
        except FrameError:
            _LOG.error("writer_stream")
            self._link.abort()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if exc is not None:
            _LOG.error("writer_stream")
        if not self.ended.done():
            self.ended.set_result(None)


async def _ended(process: asyncio.subprocess.Process) -> None:
    """Wait for a writer whose stream has ended; one that hangs is ended, since a new one must own the data."""
    try:
        await asyncio.wait_for(process.wait(), 10)
    except TimeoutError:
        process.kill()
        await process.wait()
