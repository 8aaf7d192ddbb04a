# SPDX-License-Identifier: Apache-2.0
"""Log lines: one JSON object each on standard error, constant event names, no payload, no identifier, no error text.

Only a process's main sets this up. Lines of libraries are kept as logger and level alone, since their text may quote
what they were given. Where an exception is logged, it is by kind and by place in the code.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import functools
import json
import logging
import sys
import threading
import time
import traceback
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any, ClassVar, Final, TextIO, cast

import structlog
from typing_extensions import override

from rogatory.protocol.errors import RogatoryError

_FRAMES: Final = 6
_HELD_SECONDS: Final = 0.1


_LOG: Final = structlog.get_logger(__name__)


class Sink:
    """Standard error as lines reach it, in their order: most at once, those of calls together every tenth of a second.

    A write for each call would let the event loop wait for the interpreter lock once more. What is held is written before
    anything else, and when the process exits; only a process that is killed loses it.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._held: list[str] = []
        # Re-entrant: what the collector finds in the middle of a write may have something to say.
        self._lock = threading.RLock()

    def write(self, text: str) -> None:
        """Write at once."""
        self._put(text)
        self.flush()

    def hold(self, text: str) -> None:
        """Write soon; for the thread of a running event loop."""
        if self._put(text):
            asyncio.get_running_loop().call_later(_HELD_SECONDS, self._flush_late)

    def flush(self) -> None:
        """Write what is held."""
        with self._lock:
            rest: list[str] = []
            held, self._held = self._held, rest
            self._stream.write("".join(held))
            self._stream.flush()

    def _put(self, text: str) -> bool:
        with self._lock:
            self._held.append(text)
            return len(self._held) == 1

    def _flush_late(self) -> None:
        # Lines that nobody takes, or that no disk has room for, end no call and not the loop.
        with contextlib.suppress(OSError):
            self.flush()


class _Lines:
    """How the line of a call is written: before ``configure`` as structlog has it."""

    sink: ClassVar[Sink | None] = None
    enabled: ClassVar[bool] = True
    process: ClassVar[str] = ""


def configure(level: str, process: str) -> None:
    """Send log lines of at least ``level`` to standard error, each marked with the process's name."""

    def mark(_logger: object, _name: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        line["process"] = process
        return line

    sink = Sink(sys.stderr)
    structlog.configure(
        processors=[
            mark,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(serializer=_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", sink)),
        cache_logger_on_first_use=True,
    )
    _Lines.sink, _Lines.process = sink, _quoted(process)
    _Lines.enabled = logging.getLevelNamesMapping()[level.upper()] <= logging.INFO
    atexit.register(sink.flush)
    logging.basicConfig(handlers=[LibraryHandler()], level=logging.WARNING, force=True)


def call_ended(method: str, code: str, tls: str, milliseconds: float) -> None:
    """Write the line of a call, by far the most frequent one; put together here, because that takes a fifth of the time."""
    if not _Lines.enabled:
        return
    if _Lines.sink is None:
        _LOG.info("call", method=method, code=code, tls=tls, ms=round(milliseconds, 2))
        return
    seconds, microseconds = divmod(time.time_ns() // 1000, 1_000_000)
    _Lines.sink.hold(
        f'{{"code": {_quoted(code)}, "event": "call", "level": "info", "method": {_quoted(method)}, '
        f'"ms": {milliseconds:.2f}, "process": {_Lines.process}, '
        f'"timestamp": "{_second(seconds)}.{microseconds:06}Z", "tls": {_quoted(tls)}}}\n'
    )


@functools.lru_cache(maxsize=1)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


# Made once: json.dumps makes a new encoder for each line that is not written in its default form.
_ENCODER: Final = json.JSONEncoder(sort_keys=True, default=repr)
_quoted: Final = functools.lru_cache(maxsize=256)(json.dumps)


def _json(line: dict[str, Any], **_options: object) -> str:
    return _ENCODER.encode(line)


class LibraryHandler(logging.Handler):
    """Passes on that a library spoke, and not what it said."""

    @override
    def emit(self, record: logging.LogRecord) -> None:
        """Write one line with logger and level."""
        structlog.get_logger().warning("library", logger=record.name, library_level=record.levelname.lower())


def failure(error: BaseException) -> dict[str, Any]:
    """Return what may be logged of an exception: its class, and module and line of the innermost frames.

    One of the protocol's own errors adds code, field and rule, which can hold no value; then an operator can tell which of
    the files that were put in is wrong.
    """
    steps = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    found: dict[str, Any] = {
        "error_class": type(error).__name__,
        "at": [f"{step.filename.rsplit('/rogatory/', 1)[-1]}:{step.lineno}" for step in steps],
    }
    if isinstance(error, RogatoryError):
        found |= {"code": error.code, "field": error.field, "rule": error.rule}
    return found
