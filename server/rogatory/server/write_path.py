# SPDX-License-Identifier: Apache-2.0
"""The way from the front to the one writer: a call goes in, the reply's bytes come out (architecture §4).

``WritePath`` is what servicers are given. ``ProcessWritePath`` (``rogatory.server.writer.client``) reaches the writer
process; ``LocalWritePath`` here runs an engine in a thread of the same process, for tests. Neither looks into a payload.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from typing import Protocol

from rogatory.protocol import errors
from rogatory.protocol.errors import RogatoryError, Unavailable
from rogatory.server.batching import MAX_BATCH, Ticker, WriterEngine
from rogatory.server.engine import Job, Op
from rogatory.server.engine.engine import Reply

OnCommit = Callable[[int], None]
_Waiting = tuple[Job, "asyncio.Future[bytes]"]


class WritePath(Protocol):
    """What leads to the writer."""

    async def call(self, op: Op, peer_spki: bytes, payload: bytes) -> bytes:
        """Return the bytes of the reply.

        A caller that goes away undoes nothing: the job is committed or refused all the same.

        Raises:
            RogatoryError: The engine's refusal; ``Unavailable`` when the writer is not there, or died meanwhile (the
                job may or may not have been committed, and may be sent again).
        """
        ...


def writer_gone() -> Unavailable:
    """Return the error of every call that the writer did not answer."""
    return Unavailable(errors.X_TRANSIENT, "", "WRITER")


def settle(waiting: asyncio.Future[bytes], reply: Reply) -> None:
    """Hand a reply to its caller, unless the caller has left."""
    if waiting.done():
        return
    if isinstance(reply, RogatoryError):
        waiting.set_exception(reply)
    else:
        waiting.set_result(reply)


class LocalWritePath:
    """An engine in one worker thread of this process: same batches, same publisher's tick as the writer process.

    The engine is opened by ``open_engine`` in that thread, because SQLite connections stay in the thread that made them.
    """

    def __init__(
        self, open_engine: Callable[[], WriterEngine], on_commit: OnCommit, publish_seconds: float = 1.0
    ) -> None:
        self._open_engine = open_engine
        self._on_commit = on_commit
        self._publish_seconds = publish_seconds
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._ready: asyncio.Future[None] = self._loop.create_future()
        self._open = False
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)

    async def start(self) -> None:
        """Start the thread and wait until the engine is open.

        Raises:
            Exception: What opening the engine raised.
        """
        self._thread.start()
        await self._ready

    async def call(self, op: Op, peer_spki: bytes, payload: bytes) -> bytes:
        """See ``WritePath``."""
        if not self._open:
            raise writer_gone()
        waiting: asyncio.Future[bytes] = self._loop.create_future()
        self._queue.put((Job(op, peer_spki, payload), waiting))
        return await waiting

    async def stop(self) -> None:
        """Finish what is queued, close the engine and end the thread."""
        self._open = False
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        try:
            engine = self._open_engine()
        except BaseException as error:  # noqa: BLE001 - handed to the one who waits in start()
            self._post(self._ready.set_exception, error)
            return
        self._open = True
        self._post(self._ready.set_result, None)
        ticker = Ticker(self._publish_seconds)
        try:
            while self._turn(engine, ticker):
                pass
            engine.stop()
        finally:
            self._open = False
            engine.close()

    def _turn(self, engine: WriterEngine, ticker: Ticker) -> bool:
        """Do one batch; tell whether to go on."""
        batch, ended = self._take(ticker.wait())
        if batch:
            before = engine.size
            try:
                replies: list[Reply] = list(engine.process([job for job, _ in batch]))
            except BaseException:
                self._fail(batch)
                raise
            for (_, waiting), reply in zip(batch, replies, strict=True):
                self._post(settle, waiting, reply)
            if engine.size != before:
                self._post(self._on_commit, engine.size)
        ticker.tick(engine)
        return not ended

    def _take(self, timeout: float) -> tuple[list[_Waiting], bool]:
        batch: list[_Waiting] = []
        while len(batch) < MAX_BATCH:
            try:
                item = self._queue.get(timeout=timeout) if not batch else self._queue.get_nowait()
            except queue.Empty:
                break
            if item is None:
                return batch, True
            batch.append(item)
        return batch, False

    def _fail(self, batch: list[_Waiting]) -> None:
        self._open = False
        while not self._queue.empty():
            item = self._queue.get_nowait()
            if item is not None:
                batch.append(item)
        for _, waiting in batch:
            self._post(settle, waiting, writer_gone())

    def _post(self, callback: Callable[..., object], *args: object) -> None:
        self._loop.call_soon_threadsafe(callback, *args)
