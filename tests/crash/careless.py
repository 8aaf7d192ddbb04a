# SPDX-License-Identifier: Apache-2.0
"""Writers that break the rules on purpose, for the positive controls: the harness must catch each. Never for use.

`acknowledge_before_commit` swaps the two last steps of the write path: the answers go out, then the transaction commits.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import AbstractContextManager

from typing_extensions import override

from rogatory.audit import sqlite as audit_sqlite
from rogatory.audit.failpoints import failpoint
from rogatory.protocol.errors import RogatoryError
from rogatory.server.engine import Engine, Job
from rogatory.server.engine.batch import Answer, Batch, Finish
from rogatory.server.engine.engine import Reply
from rogatory.server.writer import __main__ as shipped
from rogatory.server.writer.service import WriterService


class EarlyEngine(Engine):
    """Answers from a transaction that `settle` commits later."""

    _open: AbstractContextManager[None] | None = None

    @override
    def process(self, jobs: Sequence[Job]) -> list[Reply]:
        core = self._core
        batch = Batch(core, self._now_ms())
        self._open = core.store.transaction()
        self._open.__enter__()
        failpoint("batch.begin.after")
        pending: list[Answer | RogatoryError] = self._do(batch, jobs)
        staged = self._write(batch)
        if staged is not None:
            core.log.adopt(staged)
        finish = Finish(core, staged)
        return [item if isinstance(item, RogatoryError) else item(finish) for item in pending]

    def settle(self) -> None:
        if self._open is not None:
            self._open.__exit__(None, None, None)
            self._open = None


class EarlyService(WriterService):
    """Commits when the answers are out."""

    @override
    def _send(self, data: bytes) -> None:
        super()._send(data)
        if isinstance(self._engine, EarlyEngine):
            self._engine.settle()


def flush_nothing() -> None:
    """Opens databases as shipped, but for `synchronous`, which is off: nothing is ever flushed."""
    prepare = audit_sqlite.prepare

    def unflushed(connection: sqlite3.Connection, *, read_only: bool = False) -> sqlite3.Connection:
        prepare(connection, read_only=read_only)
        connection.execute("PRAGMA synchronous=OFF")
        return connection

    setattr(audit_sqlite, "prepare", unflushed)  # noqa: B010


def acknowledge_before_commit() -> None:
    """Puts the early engine in the place of the shipped one, in this process."""
    setattr(shipped, "Engine", EarlyEngine)  # noqa: B010 - a deliberate change of a module from outside
    setattr(shipped, "WriterService", EarlyService)  # noqa: B010
