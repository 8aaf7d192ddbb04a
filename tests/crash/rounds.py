# SPDX-License-Identifier: Apache-2.0
"""Rounds: plans for lives of the writer and the front, their ends, and the check after each. No choice is left to chance.

A writer's plan is laid down before the one before it dies, so no life is without one. After a death the next life must
become ready and the log must hold what it must; the clients go on all the while.
"""

from __future__ import annotations

import collections
import sqlite3
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rogatory.audit.errors import AuditError
from rogatory.audit.failpoints import NAMES
from tests.crash.clients import Client, Persistent
from tests.crash.dice import Dice
from tests.crash.exchange import START_SECONDS, Exchange, alive, kill, waited
from tests.crash.ledger import Ledger
from tests.crash.model import Model

FRONT = sorted(name for name in NAMES if name.startswith(("front.", "part.")))
FIRST_START = ["open.create.before", "open.begin.before", "open.begin.after"]
# Reached only where a whole file is replaced: the front's endpoint file, and the ratchet beyond a megabyte.
BY_FRONT = [
    "file.fsync.before",
    "file.rename.before",
    "file.rename.after",
    "folder.fsync.before",
    "folder.fsync.after",
]
# Passed once in a life.
ONCE = {"open.ratchet.before", "open.check.before", "open.fence.before", "writer.ready.before", *BY_FRONT}
CLIENT = {name for name in NAMES if name.startswith("client.")}  # held by the tests of races
WRITER = sorted(NAMES - {*FRONT, *FIRST_START, *BY_FRONT, *CLIENT})
CLIENTS = 3
PATIENCE_SECONDS = 60.0


@dataclass
class Tally:
    """What was done and found, over all fields."""

    kills: collections.Counter[str] = field(default_factory=collections.Counter)
    faults: collections.Counter[str] = field(default_factory=collections.Counter)
    cuts: collections.Counter[str] = field(default_factory=collections.Counter)
    lost: int = 0
    missed: int = 0
    told: int = 0
    resent: int = 0
    slowest_start: float = 0.0
    found: list[str] = field(default_factory=list)

    @property
    def killed(self) -> int:
        return sum(self.kills.values())


class Field:
    """One realm with its exchange, clients, ledger and model, for some rounds."""

    def __init__(self, exchange: Exchange, seed: int, tally: Tally, clients: int = CLIENTS) -> None:
        self.tally = tally
        self.exchange = exchange
        self.ledger = Ledger(exchange.folder / "ledger")
        self.model = Model(exchange.realm, exchange.folder, self.ledger)
        self._stop = threading.Event()
        self.exchange.relaunch()
        self._wire = Persistent(self.exchange, self._stop)
        self.clients = [
            Client(n, self._wire, self.ledger, Dice(seed, f"client/{n}"), self._stop) for n in range(clients)
        ]
        for client in self.clients:
            client.start()

    def close(self, *, check: bool = True) -> None:
        """Stops clients and exchange, and checks everything from nothing."""
        self._stop.set()
        for client in self.clients:
            client.join(30)
        if self.exchange.process.poll() is None:
            self._stop_exchange()
        if check:
            self._attempt(self.model.check_all)
        self.tally.told += len(self.ledger.told)
        self.tally.resent += self._wire.unanswered
        self.tally.found += self.model.found
        self.tally.slowest_start = max(self.tally.slowest_start, *self.exchange.starts)
        self._wire.close()
        self.ledger.close()

    def _stop_exchange(self) -> None:
        """Lets the exchange end by itself; one that does not is ended, and that is a finding too."""
        try:
            self.exchange.terminate()
        except subprocess.TimeoutExpired:
            self.model.found.append("I13 the exchange does not end when it is told to")
        finally:
            self.exchange.end()

    def check(self, *, again: bool = False) -> bool:
        """Checks what is new, or all of it again from nothing; tells whether nothing was ever found."""
        self._attempt(self._again if again else self.model.check)
        return not self.model.found

    def _again(self) -> None:
        self.model = self.model.again()

    def _attempt(self, check: object) -> None:
        for attempt in range(20):
            try:
                check()  # type: ignore[operator]
            except sqlite3.DatabaseError as error:
                if attempt == 19:
                    told = len(self.ledger.told)
                    self.model.found.append(
                        f"I1 {told} answers were given, and the log cannot be read: {error}"
                    )
                    return
                time.sleep(0.1)  # the writer may have died while it was being read
            except AuditError as error:
                self.model.found.append(f"I4 {type(error).__name__}: {error}")
                return
            else:
                return

    def await_answers(self, count: int) -> None:
        """Lets the clients get so many answers more."""
        before = len(self.ledger.told)
        if not waited(lambda: len(self.ledger.told) >= before + count, START_SECONDS):
            self.model.found.append("I13 the exchange gives no answers")

    def first_kill(self) -> None:
        """Ends the writer that the front began with, which has no plan."""
        pid = self.exchange.writer_pid
        assert pid is not None
        kill(pid)

    def writer_life(self, plan: str, name: str, timer_ms: int | None) -> None:
        """Follows the writer that has this plan to its end, and counts what ended it."""
        pid = self.exchange.await_life(plan)
        if timer_ms is not None:
            waited(lambda: self.exchange.is_ready(pid) or not alive(pid), PATIENCE_SECONDS)
            time.sleep(timer_ms / 1000)
            if kill(pid):
                self.tally.kills["timer"] += 1
        elif waited(lambda: not alive(pid), PATIENCE_SECONDS) and self.exchange.hit(pid):
            self.tally.kills[name] += 1
        elif kill(pid):
            self.tally.missed += 1
        waited(lambda: not alive(pid), PATIENCE_SECONDS)

    def front_life(self, name: str, spec: str) -> None:
        """Ends front and writer, starts a front with this failpoint and follows it to its end."""
        self.exchange.end()
        up = self.exchange.relaunch(spec)
        if up:
            waited(lambda: self.exchange.process.poll() is not None, PATIENCE_SECONDS)
        if self.exchange.process.poll() is not None and self.exchange.hit(self.exchange.process.pid):
            self.tally.kills[name] += 1
        else:
            self.tally.missed += 1
        self.exchange.end()


def schedule(seed: int, names: Sequence[str], count: int) -> list[tuple[str, int]]:
    """Which failpoint on which passage: first, second, random for every name in turn, a timer for every fifth."""
    dice = Dice(seed, "schedule")
    plans: list[tuple[str, int]] = []
    while len(plans) < count:
        for turn in (1, 2, 0):
            left = list(names)
            while left and len(plans) < count:
                name = left.pop(dice.below(len(left)))
                last = 4 if name in FRONT else 12
                plans.append((name, 1 if name in ONCE else turn or dice.between(3, last)))
                if dice.one_in(5):
                    plans.append(("timer", dice.between(1, 200)))
    return plans[:count]


def kill_writers(
    seed: int, plans: Sequence[tuple[str, int]], tally: Tally, until: str = "", **plan: object
) -> None:
    """A field whose writer dies once for each plan, until something is found; a control waits for what begins so."""
    with tempfile.TemporaryDirectory(prefix="crash-") as folder:
        field_ = Field(Exchange.build(Path(folder)), seed, tally)
        try:
            lives = [(*plans[0], _lay(field_.exchange, plans[0], plan))]
            field_.first_kill()
            for following in [*plans[1:], None]:
                (name, number, life) = lives.pop()
                if following is not None:
                    lives.append((*following, _lay(field_.exchange, following, plan)))
                field_.writer_life(life, name, number if name == "timer" else None)
                field_.check()
                if any(words.startswith(until) for words in field_.model.found):
                    break
        finally:
            field_.close()


def _lay(exchange: Exchange, planned: tuple[str, int], plan: dict[str, object]) -> str:
    name, number = planned
    return exchange.plan(failpoints="" if name == "timer" else f"{name}=kill@{number}", **plan)


def kill_fronts(seed: int, plans: Sequence[tuple[str, int]], tally: Tally) -> None:
    """A field whose front dies once for each plan."""
    with tempfile.TemporaryDirectory(prefix="crash-") as folder:
        field_ = Field(Exchange.build(Path(folder)), seed, tally)
        try:
            for name, number in plans:
                field_.front_life(name, f"{name}=kill@{number}")
                if not field_.check():
                    break
            field_.exchange.relaunch()
            field_.await_answers(3)
        finally:
            field_.close()


def kill_first_starts(seed: int, tally: Tally) -> None:
    """A realm whose very first starts die, each at another place, and that then must begin as if nothing had been."""
    for name in [
        *FIRST_START,
        "db.commit.before",
        "db.commit.after",
        "ratchet.fsync.before",
        "publish.row.before",
    ]:
        with tempfile.TemporaryDirectory(prefix="crash-") as folder:
            exchange = Exchange.build(Path(folder))
            plan = exchange.plan(failpoints=f"{name}=kill@1")
            up = exchange.launch()
            pid = exchange.pid_of(plan)
            if not up and pid is not None and exchange.hit(pid):
                tally.kills[f"first start: {name}"] += 1
            else:
                tally.missed += 1
            exchange.end()
            field_ = Field(exchange, seed, tally)
            field_.await_answers(3)
            field_.check()
            field_.close()
