# SPDX-License-Identifier: Apache-2.0
"""The engine as the processes drive it: at most 32 jobs a commit, in order, and a publisher's tick between.

Shared by the writer process and by the thread that tests use, so that both batch alike (architecture §4). An emergency
waits behind at most one batch; what stands first within a batch is the engine's matter. Opens no socket.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from rogatory.server.engine import Job
from rogatory.server.engine.engine import Reply

MAX_BATCH: Final = 32


class WriterEngine(Protocol):
    """What is asked of an engine; see ``rogatory.server.engine.Engine``."""

    @property
    def size(self) -> int:
        """Number of committed entries."""
        ...

    def process(self, jobs: Sequence[Job]) -> list[Reply]:
        """Do jobs as one group commit; any exception but those in the replies is fatal."""
        ...

    def publish(self) -> int | None:
        """Publish the newest head."""
        ...

    def stop(self) -> int | None:
        """Write down what is counted in memory only and publish once more, at a clean stop."""
        ...

    def close(self) -> None:
        """Close the files."""
        ...


class Ticker:
    """Says when the next publication is due.

    Args:
        seconds: Time between two publications.
        now: Monotonic seconds.
    """

    def __init__(self, seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._now = now
        self._due = now() + seconds

    def wait(self) -> float:
        """Return the seconds until publication is due, 0 when it is."""
        return max(0.0, self._due - self._now())

    def tick(self, engine: WriterEngine) -> None:
        """Publish if due."""
        if self._now() >= self._due:
            engine.publish()
            self._due = self._now() + self._seconds
