# SPDX-License-Identifier: Apache-2.0
"""The power goes: both processes end at one moment, and their files lose a random part of what was not flushed.

The moment is a passage of a failpoint in either process, or any time; or it is just before the n-th write or flush, which
reaches the moments inside SQLite's commit and its checkpoint. Nothing runs while the files are rebuilt (tests.crash.disk). They are checked as they are left, before the exchange opens them, and
what it makes of them at the next cut; everything from nothing each time. It must start from whatever is left.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.crash import rounds
from tests.crash.calls import RECORDABLE
from tests.crash.dice import Dice
from tests.crash.exchange import Exchange, waited
from tests.crash.rounds import PATIENCE_SECONDS, Field, Tally

FIELD = 12
_NO_START = "I13 the exchange does not start from what the cut left"
UNKNOWN = "a power cut cannot be simulated on this system, so it is not known what it would lose"
_FIRST_STARTS = [
    *rounds.FIRST_START,
    "vault.commit.after",
    "log.head.before",
    "db.commit.before",
    "db.commit.after",
    "ratchet.write.before",
    "ratchet.fsync.before",
    "folder.fsync.before",
    "publish.row.before",
    "writer.ready.before",
]
# A start takes about twenty flushes, a request ten; SQLite's first checkpoint comes after two thousand writes.
_LAST = {"flush": 100, "write": 3000}
_PLACES = sorted({*rounds.WRITER, *rounds.FRONT, *rounds.BY_FRONT})


def cut_power(seed: int, count: int, tally: Tally) -> None:
    """So many cuts, in fields of a few; the last few in the first starts of new realms."""
    if not RECORDABLE:
        tally.found.append(
            "the power cut cannot be simulated on this system, so it is not known what it would lose"
        )
        return
    first = _FIRST_STARTS[: count // 5]
    plans = schedule(seed, count - len(first))
    while plans and not tally.found:
        cut_field(seed + len(plans), plans[:FIELD], tally)
        plans = plans[FIELD:]
    for number, name in enumerate(first if not tally.found else ()):
        _first_start(seed + number, name, tally)


def schedule(seed: int, count: int) -> list[tuple[str, int]]:
    """Which moment: a flush, a failpoint, a write, a failpoint, and so on."""
    dice = Dice(seed, "moments")
    places = rounds.schedule(seed, _PLACES, count)
    plans: list[tuple[str, int]] = []
    for turn in range(count):
        kind = ("flush", "write")[turn // 2 % 2]
        plans.append(places[turn] if turn % 2 else (kind, dice.between(1, _LAST[kind])))
    return plans


def cut_field(seed: int, plans: Sequence[tuple[str, int]], tally: Tally, **plan: object) -> None:
    """A realm whose power is cut once for each plan; `plan` is for its writers besides, but the first."""
    if not RECORDABLE:
        tally.found.append(UNKNOWN)
        return
    dice = Dice(seed, "power")
    with tempfile.TemporaryDirectory(prefix="crash-") as folder:
        exchange = Exchange.build(Path(folder))
        exchange.recorded = True
        field_ = Field(exchange, seed, tally)
        try:
            field_.await_answers(4)
            cut(field_, dice)
            for name, number in plans:
                if dice.one_in(3):
                    _life_before(field_, dice, plan)
                if field_.model.found or not _life(field_, name, number, plan):
                    break
                cut(field_, dice)
            if not field_.model.found:
                exchange.only_plan(**plan)
                if exchange.launch():
                    field_.await_answers(1)
                else:
                    field_.model.found.append(f"{_NO_START}: {exchange.last_words()}")
        finally:
            field_.close(check=not field_.model.found)


def _life_before(field_: Field, dice: Dice, plan: dict[str, object]) -> None:
    """A life whose processes are killed at some flush or write, and the power stays: the next finds what is not flushed."""
    moment = dice.choose(("flush", "write"))
    field_.exchange.only_plan(**plan)
    field_.exchange.launch("", f"{moment}@{dice.between(1, _LAST[moment])}")
    waited(lambda: field_.exchange.process.poll() is not None, PATIENCE_SECONDS)
    field_.exchange.power_off()
    field_.tally.kills[f"both: {moment}"] += 1
    disk = field_.exchange.disk
    assert disk is not None
    if not disk.exact(field_.exchange.data):
        cut(field_, dice)  # the last call was not carried out, and no record could go on from it


def _life(field_: Field, name: str, number: int, plan: dict[str, object]) -> bool:
    """Starts the exchange and follows it to the moment at which its power goes; tells whether it started at all."""
    exchange = field_.exchange
    timed = name == "timer"
    inside = name in {"flush", "write"}
    ours = "" if timed or inside else f"{name}=power@{number}"
    front = ours if name in {*rounds.FRONT, *rounds.BY_FRONT} else ""
    exchange.only_plan(failpoints="" if front else ours, **plan)
    up = exchange.launch(front, f"{name}@{number}" if inside else "never")
    if timed and up:
        field_.await_answers(1)
        time.sleep(number / 1000)
    elif waited(lambda: exchange.process.poll() is not None, PATIENCE_SECONDS) and exchange.hit(
        exchange.process.pid
    ):
        field_.tally.cuts[name] += 1
        return True
    if not up or exchange.process.poll() is not None:
        field_.model.found.append(f"{_NO_START}: {exchange.last_words()}")
        return False
    field_.tally.cuts["timer"] += 1
    field_.tally.missed += not timed
    return True


def cut(field_: Field, dice: Dice) -> None:
    """Ends both processes if they run, rebuilds their files as a cut leaves them, and checks these."""
    exchange = field_.exchange
    exchange.power_off()
    disk = exchange.disk
    assert disk is not None
    odd = disk.differences(exchange.data)
    assert not odd, f"the record is not whole, so the cut would mean nothing: {odd}"
    disk.cut(exchange.data, dice)
    exchange.disk = None
    field_.tally.lost += disk.lost
    field_.check(again=True)


def _first_start(seed: int, name: str, tally: Tally) -> None:
    """A realm whose power goes in its very first start, and that then must begin as if nothing had been."""
    with tempfile.TemporaryDirectory(prefix="crash-") as folder:
        exchange = Exchange.build(Path(folder))
        exchange.recorded = True
        exchange.plan(failpoints=f"{name}=power@1")
        up = exchange.launch()
        waited(lambda: exchange.process.poll() is not None, PATIENCE_SECONDS)
        if up or not exchange.hit(exchange.process.pid):
            tally.missed += 1
        else:
            tally.cuts[f"first start: {name}"] += 1
        exchange.power_off()
        disk = exchange.disk
        assert disk is not None
        disk.cut(exchange.data, Dice(seed, "power"))
        exchange.disk = None
        tally.lost += disk.lost
        field_ = Field(exchange, seed, tally)
        field_.await_answers(3)
        field_.close()
