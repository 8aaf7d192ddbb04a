# SPDX-License-Identifier: Apache-2.0
"""A disk that fails under the writer: nothing may be acknowledged after, the process must end, the next one must go on.

The system calls really fail (tests.crash.deny); further errors are raised at failpoints. Reads of the front may go on.
"""

from __future__ import annotations

import platform
import sys
import tempfile
from pathlib import Path

from tests.crash.deny import CALLS
from tests.crash.dice import Dice
from tests.crash.exchange import START_SECONDS, Exchange, alive, kill, waited
from tests.crash.rounds import PATIENCE_SECONDS, Field, Tally

DENIABLE = sys.platform == "linux" and platform.machine() in CALLS
_PLACES = (
    "batch.begin.after",
    "submit.place.after",
    "vault.commit.before",
    "log.head.before",
    "db.commit.before",
)
_RAISED = (
    "vault.commit.before",
    "vault.commit.after",
    "log.tiles.before",
    "db.commit.before",
    "db.commit.after",
    "ratchet.fsync.before",
    "publish.row.before",
)


def schedule(seed: int, count: int) -> list[str]:
    """What fails and where, each kind in turn."""
    dice = Dice(seed, "faults")
    whole: list[str] = []
    kinds = [f"{place}={what}" for place in _RAISED for what in ("raise:EIO", "raise:ENOSPC")]
    if DENIABLE:
        kinds += [
            f"{place}=deny:{what}" for place in _PLACES for what in ("sync:EIO", "write:ENOSPC", "write:EIO")
        ]
    while len(whole) < count:
        left = list(kinds)
        while left:
            whole.append(f"{left.pop(dice.below(len(left)))}@{dice.between(1, 4)}")
    return whole[:count]


def fail_disks(seed: int, count: int, tally: Tally) -> None:
    """A field whose writer's disk fails once in each life."""
    specs = schedule(seed, count)
    with tempfile.TemporaryDirectory(prefix="crash-") as folder:
        field_ = Field(Exchange.build(Path(folder)), seed, tally)
        try:
            lives = [field_.exchange.plan(failpoints=spec) for spec in specs[:1]]
            field_.first_kill()
            for at, spec in enumerate(specs):
                if at + 1 < len(specs):
                    lives.append(field_.exchange.plan(failpoints=specs[at + 1]))
                _life(field_, lives[at], spec)
                if not field_.check():
                    break
        finally:
            field_.close()


def _life(field_: Field, plan: str, spec: str) -> None:
    exchange, tally = field_.exchange, field_.tally
    pid = exchange.await_life(plan)
    waited(lambda: exchange.fault(pid) is not None or not alive(pid), PATIENCE_SECONDS)
    size = exchange.fault(pid)
    if size is None:
        tally.missed += 1
        kill(pid)
        return
    tally.faults[spec.partition("=")[2].partition("@")[0]] += 1
    if not waited(lambda: not alive(pid), START_SECONDS):
        kill(pid)
        field_.model.found.append(f"I12 the writer went on after {spec}")
    at = exchange.await_next(pid)
    late = [told.index for told in field_.ledger.snapshot()[1] if told.index >= size and told.at <= at]
    if late:
        field_.model.found.append(f"I12 entry {late[0]} was acknowledged after {spec}")
