# SPDX-License-Identifier: Apache-2.0
"""The writer's loop: take what is there, commit it as one batch, answer in one burst (architecture §4).

One thread, blocking. It never waits to fill a batch: while one commits, the next gathers by itself. A closed socket
means that the front is gone: the batch in hand is finished and the process ends. An exception from the engine is fatal
and passes through; the front sees the end of the stream and fails every caller at once. Logs nothing of what passes.
"""

from __future__ import annotations

import select
import socket
from collections import deque
from typing import Final

from rogatory.audit.failpoints import failpoint
from rogatory.audit.framing import u64
from rogatory.server.batching import MAX_BATCH, Ticker, WriterEngine
from rogatory.server.engine import Job
from rogatory.server.writer import frames
from rogatory.server.writer.frames import FrameType, Splitter

_CHUNK: Final = 1024 * 1024


class WriterService:
    """Serves one front over one connected stream socket.

    Args:
        engine: The open engine.
        connection: This end of the socket pair.
        publish_seconds: Time between two publications.
    """

    def __init__(self, engine: WriterEngine, connection: socket.socket, publish_seconds: float) -> None:
        self._engine = engine
        self._connection = connection
        self._ticker = Ticker(publish_seconds)
        self._splitter = Splitter()
        self._queue: deque[tuple[int, Job]] = deque()
        self._ended = False

    def run(self) -> None:
        """Serve until the front stops or goes away; then publish once more."""
        failpoint("writer.ready.before")
        self._send(frames.frame(FrameType.READY, u64(self._engine.size)))
        while not self._ended:
            self._receive(0.0 if self._queue else self._ticker.wait())
            self._commit()
            self._ticker.tick(self._engine)
        while self._queue:
            self._commit()
        self._engine.stop()

    def _receive(self, timeout: float) -> None:
        """Read what has arrived; wait at most ``timeout`` seconds for the first byte."""
        readable, _, _ = select.select([self._connection], [], [], timeout)
        while readable and not self._ended:
            data = self._connection.recv(_CHUNK)
            if not data:
                self._ended = True
                return
            failpoint("writer.receive.after")
            for kind, body in self._splitter.feed(data):
                self._accept(kind, body)
            readable, _, _ = select.select([self._connection], [], [], 0)
            if len(self._queue) >= MAX_BATCH:
                return

    def _accept(self, kind: FrameType, body: bytes) -> None:
        if kind is FrameType.CALL:
            self._queue.append(frames.read_call(body))
        elif kind is FrameType.STOP:
            self._ended = True
        else:
            raise frames.FrameError("type")

    def _commit(self) -> None:
        batch = [self._queue.popleft() for _ in range(min(MAX_BATCH, len(self._queue)))]
        if not batch:
            return
        failpoint("writer.process.before")
        before = self._engine.size
        replies = self._engine.process([job for _, job in batch])
        burst = [frames.reply(number, answer) for (number, _), answer in zip(batch, replies, strict=True)]
        if self._engine.size != before:
            burst.append(frames.frame(FrameType.NOTICE, u64(self._engine.size)))
        self._send(b"".join(burst))

    def _send(self, data: bytes) -> None:
        failpoint("writer.reply.before")
        try:
            self._connection.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            self._ended = True
        failpoint("writer.reply.after")
