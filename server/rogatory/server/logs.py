# SPDX-License-Identifier: Apache-2.0
"""Log lines: one JSON object each on standard error, constant event names, no payload, no identifier, no error text.

Only a process's main sets this up. Lines of libraries are kept as logger and level alone, since their text may quote
what they were given. Where an exception is logged, it is by kind and by place in the code.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from typing import Any, Final

import structlog
from typing_extensions import override

_FRAMES: Final = 6


def configure(level: str, process: str) -> None:
    """Send log lines of at least ``level`` to standard error, each marked with the process's name."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(serializer=_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)
    logging.basicConfig(handlers=[LibraryHandler()], level=logging.WARNING, force=True)


# Made once: json.dumps makes a new encoder for each line that is not written in its default form.
_ENCODER: Final = json.JSONEncoder(sort_keys=True, default=repr)


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
