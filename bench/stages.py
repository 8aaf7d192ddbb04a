# SPDX-License-Identifier: Apache-2.0
"""Where a statement's time goes in the writer: parse, verify, decide, entry, write, sign, answer.

The engine itself runs in this process, in batches of one size, with a stopwatch round the functions at the borders of
the stages; time inside an inner stage is not counted to the outer one. What is in no stage is called ``rest``. It measures
a single thread without the front, and a stopwatch costs about half a microsecond for each border passed.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from statistics import median
from typing import Any, Final

from bench.exchange import SENDER, Prepared, check_answers
from rogatory.audit.log import Log
from rogatory.protocol import codec, keys
from rogatory.server import memory
from rogatory.server.engine import Job, Op, ahead, placing, submitting
from rogatory.server.engine.batch import Batch, Finish
from rogatory.server.engine.states import States
from rogatory.server.store.sqlite import SqliteExchangeStore
from rogatory.server.vault import Vault

STAGES: Final = ("parse", "verify", "decide", "entry", "write", "sign", "answer")
# Microseconds a statement of the trial that chose this design, by batch size: what a stage was shown to need.
BUDGET: Final[Mapping[int, Mapping[str, float]]] = {
    64: {"parse": 10.6, "verify": 109, "decide": 10, "entry": 36, "write": 51, "sign": 1.9, "answer": 6.2},
    1: {"parse": 10.6, "verify": 109, "decide": 31.5, "entry": 36, "write": 297, "sign": 45, "answer": 6.2},
}
BORDERS: Final[Sequence[tuple[object, str, str]]] = (
    (ahead, "_read", "parse"),
    (ahead, "verify_envelope", "parse"),
    (keys, "verify", "verify"),
    (submitting, "_accept", "decide"),
    (placing, "entry_fields", "entry"),
    (Batch, "place", "entry"),
    (Vault, "flush", "write"),
    (States, "put", "write"),
    (placing, "_feed", "write"),
    (SqliteExchangeStore, "add_statement", "write"),
    (SqliteExchangeStore, "add_head", "write"),
    (Log, "write", "write"),
    (Log, "stage", "sign"),
    (Finish, "receipt", "answer"),
    (codec, "encode", "answer"),
)


class Stopwatch:
    """Exclusive seconds by stage."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._open: list[str] = []
        self._mark = 0.0
        self._clock = time.perf_counter

    def wrap(self, function: Callable[..., Any], stage: str) -> Callable[..., Any]:
        """Return the function with its time counted to a stage."""

        def timed(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
            self._enter(stage)
            try:
                return function(*args, **kwargs)
            finally:
                self._leave()

        return timed

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the time of a block to a stage."""
        self._enter(name)
        try:
            yield
        finally:
            self._leave()

    def _enter(self, stage: str) -> None:
        now = self._clock()
        if self._open:
            self.seconds[self._open[-1]] += now - self._mark
        self._open.append(stage)
        self._mark = now

    def _leave(self) -> None:
        now = self._clock()
        self.seconds[self._open.pop()] += now - self._mark
        self._mark = now


def stage_times(world: Prepared, batch_size: int, rounds: int, statements: int) -> dict[str, float]:
    """Return median microseconds a statement for each stage, ``rest`` and ``all``, at one batch size."""
    memory.settle(memory.WRITER)  # as the writer process does
    found: dict[str, list[float]] = {}
    for _ in range(rounds):
        payloads = world.calls(statements)
        jobs = [Job(Op.SUBMIT, world.realm.row(SENDER).tls_spki, payload) for payload in payloads]
        replies: list[object] = []
        watch = Stopwatch()
        with _borders(watch):
            for at in range(0, statements, batch_size):
                with watch.stage("rest"):
                    replies += world.engine.process(jobs[at : at + batch_size])
        check_answers(world.realm, [reply for reply in replies if isinstance(reply, bytes)])
        for name in (*STAGES, "rest"):
            found.setdefault(name, []).append(watch.seconds[name] / statements * 1e6)
        found.setdefault("all", []).append(sum(watch.seconds.values()) / statements * 1e6)
    return {name: median(values) for name, values in found.items()}


@contextmanager
def _borders(watch: Stopwatch) -> Iterator[None]:
    """Put the stopwatch in place, and take it away again."""
    before = [(owner, name, getattr(owner, name)) for owner, name, _ in BORDERS]
    transaction = SqliteExchangeStore.transaction

    @contextmanager
    def timed(store: SqliteExchangeStore) -> Iterator[None]:
        inner = transaction(store)
        with watch.stage("write"):
            inner.__enter__()
        yield
        with watch.stage("write"):
            inner.__exit__(None, None, None)

    for owner, name, stage in BORDERS:
        setattr(owner, name, watch.wrap(getattr(owner, name), stage))
    setattr(SqliteExchangeStore, "transaction", timed)  # noqa: B010 - a plain assignment is refused by the type checker
    try:
        yield
    finally:
        setattr(SqliteExchangeStore, "transaction", transaction)  # noqa: B010
        for owner, name, function in before:
            setattr(owner, name, function)
