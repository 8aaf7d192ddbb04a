# SPDX-License-Identifier: Apache-2.0
"""``python -m bench.canned --config FILE``: the real server with a writer process that answers at once.

The front is the shipped one, with its guards, log lines and frames, and so is the loop of the writer process; only the
engine is replaced, by one that gives each job the same bytes. What is measured is therefore what a call costs apart from
its statement. It checks nothing, keeps nothing and is no exchange: the answer is read from ``answer.bin`` beside the settings.
"""

from __future__ import annotations

import argparse
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rogatory.server.config import load_settings
from rogatory.server.engine import Job
from rogatory.server.engine.engine import Reply
from rogatory.server.main import main as serve
from rogatory.server.writer.service import WriterService

ANSWER: Final = "answer.bin"


class CannedEngine:
    """Answers every job with the same bytes; its log grows by one for each batch, so that the front is notified as usual."""

    def __init__(self, answer: bytes, size: int = 1) -> None:
        self._answer = answer
        self.size = size

    def process(self, jobs: Sequence[Job]) -> list[Reply]:
        """Answer."""
        self.size += 1
        return [self._answer for _ in jobs]

    def publish(self) -> int:
        """Publish nothing."""
        return self.size

    def stop(self) -> int:
        """Nothing is counted."""
        return self.size

    def close(self) -> None:
        """There are no files."""


def main() -> int:
    """Run as the front, or with ``--socket`` as the writer that the front starts."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--socket", type=int)
    options = parser.parse_args()
    if options.socket is None:
        return serve(["--config", str(options.config)], writer="bench.canned")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    answer = options.config.with_name(ANSWER).read_bytes()
    with socket.socket(fileno=options.socket) as connection:
        WriterService(CannedEngine(answer), connection, load_settings(options.config).publish_seconds).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
