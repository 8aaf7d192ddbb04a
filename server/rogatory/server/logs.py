# SPDX-License-Identifier: Apache-2.0
"""Log lines: one JSON object each on standard error, constant event names, no payload, no identifier, no error text.

Only a process's main sets this up. Lines of libraries are kept as logger and level alone, since their text may quote
what they were given. Where an exception is logged, it is by kind and by place in the code.
"""

from __future__ import annotations

import functools
import json
import logging
import sys
import traceback
from collections.abc import Callable, MutableMapping
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

import structlog
from typing_extensions import override

_FRAMES: Final = 6


_LOG: Final = structlog.get_logger(__name__)


class _CallLines:
    """Whether and how lines of calls are written: before ``configure`` as structlog has it."""

    write: ClassVar[Callable[[str], object] | None] = None
    enabled: ClassVar[bool] = True
    process: ClassVar[str] = ""


def configure(level: str, process: str) -> None:
    """Send log lines of at least ``level`` to standard error, each marked with the process's name."""

    def mark(_logger: object, _name: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        line["process"] = process
        return line

    structlog.configure(
        processors=[
            mark,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(serializer=_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    _CallLines.write, _CallLines.process = sys.stderr.write, _quoted(process)
    _CallLines.enabled = logging.getLevelNamesMapping()[level.upper()] <= logging.INFO
    logging.basicConfig(handlers=[LibraryHandler()], level=logging.WARNING, force=True)


def call_ended(method: str, code: str, tls: str, milliseconds: float) -> None:
    """Write the line of a call, by far the most frequent one; put together here, because that takes a fifth of the time."""
    if not _CallLines.enabled:
        return
    if _CallLines.write is None:
        _LOG.info("call", method=method, code=code, tls=tls, ms=round(milliseconds, 2))
        return
    _CallLines.write(
        f'{{"code": {_quoted(code)}, "event": "call", "level": "info", "method": {_quoted(method)}, '
        f'"ms": {milliseconds:.2f}, "process": {_CallLines.process}, '
        f'"timestamp": "{datetime.now(UTC).replace(tzinfo=None).isoformat()}Z", "tls": {_quoted(tls)}}}\n'
    )


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
    """Return what may be logged of an exception: its class, and module and line of the innermost frames."""
    steps = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return {
        "error_class": type(error).__name__,
        "at": [f"{step.filename.rsplit('/rogatory/', 1)[-1]}:{step.lineno}" for step in steps],
    }
