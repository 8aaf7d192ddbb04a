# SPDX-License-Identifier: Apache-2.0
"""`python -m tests.crash --seed N --kills 500`: kills, then the controls; the last line is one JSON object.

Kills, failing disks, power cuts, and two writers that must be caught. Exit 0 only if no invariant broke, every failpoint
fired (where there are kills enough), and each control was caught as a lost acknowledged statement. The same seed lays the
same plans; where threads meet is up to the machine, so a replay is of the plans and not of every interleaving.
"""

from __future__ import annotations

import argparse
import json
import secrets
import signal
import sys
import time

from rogatory.audit.failpoints import NAMES
from tests.crash import faults, power, rounds
from tests.crash.rounds import Tally

FIELD = 60
LOST = "I1 "
"""How the model says that an acknowledged statement is gone."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.crash")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--kills", type=int, default=500)
    options = parser.parse_args()
    seed = secrets.randbelow(2**32) if options.seed is None else options.seed
    say(f"crash: seed {seed}, {options.kills} kills; replay with SEED={seed} KILLS={options.kills}")
    signal.signal(
        signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM)
    )  # so that the exchange is ended too
    begun = time.monotonic()
    tally = kills(seed, options.kills)
    faults.fail_disks(seed, max(6, options.kills // 10), tally)
    report(tally, begun)
    power.cut_power(seed, max(6, options.kills // 10), tally)
    report(tally, begun)
    caught = {"acknowledge before commit": control_early(seed), "no fsync": control_unflushed(seed)}
    seconds = time.monotonic() - begun
    at = {name: name.rpartition(" ")[2] for name in tally.kills}
    reached = NAMES & set(at.values())
    result = {
        "seed": seed,
        "kills": tally.killed,
        "at_failpoints": sum(tally.kills[name] for name, place in at.items() if place in NAMES),
        "failpoints_fired": sorted(reached),
        "failpoints_not_fired": sorted(NAMES - rounds.CLIENT - reached),
        "faults": dict(sorted(tally.faults.items())),
        "power_cuts": dict(sorted(tally.cuts.items())),
        "lost_in_power_cuts": tally.lost,
        "not_reached_in_time": tally.missed,
        "answers_in_ledger": tally.told,
        "sent_again": tally.resent,
        "violations": tally.found,
        "controls_caught": caught,
        "seconds": round(seconds, 1),
        "slowest_start_seconds": round(tally.slowest_start, 2),
    }
    say(json.dumps(result))
    whole = options.kills < len(NAMES) * 3 or not result["failpoints_not_fired"]
    return 0 if not tally.found and all(caught.values()) and whole else 1


def kills(seed: int, count: int) -> Tally:
    """Kills of writers, of fronts and of first starts until there are as many as asked for."""
    tally = Tally()
    begun = time.monotonic()
    fronts = max(2, count // 10)
    if count >= 100:
        rounds.kill_first_starts(seed, tally)
        report(tally, begun)
    plans = rounds.schedule(seed, [*rounds.FRONT, *rounds.BY_FRONT], fronts)
    rounds.kill_fronts(seed, [plan for plan in plans if plan[0] != "timer"], tally)
    report(tally, begun)
    plans = rounds.schedule(seed + 1, rounds.WRITER, count * 2)
    while tally.killed < count and plans and not tally.found:
        share = min(FIELD, count - tally.killed)
        rounds.kill_writers(seed + len(plans), plans[:share], tally)
        plans = plans[share:]
        report(tally, begun)
    return tally


def control_early(seed: int) -> str:
    """A writer that answers before it commits must be found out, by the log itself; returns the finding, or nothing."""
    tally = Tally()
    plans = [("writer.reply.after", number % 5 + 2) for number in range(60)]
    rounds.kill_writers(seed, plans, tally, until=LOST, early=True)
    return caught_as_lost("acknowledge before commit", tally)


def control_unflushed(seed: int) -> str:
    """A writer that never flushes its databases must be found out by a power cut; returns the finding, or nothing."""
    tally = Tally()
    power.cut_field(seed, [("timer", 100)] * 5, tally, unflushed=True)
    return caught_as_lost("no fsync", tally)


def caught_as_lost(control: str, tally: Tally) -> str:
    lost = next((words for words in tally.found if words.startswith(LOST)), "")
    say(f"crash: control '{control}': {lost or f'NOT CAUGHT; found only {tally.found}'}")
    return lost


def report(tally: Tally, begun: float) -> None:
    seconds = time.monotonic() - begun
    say(
        f"crash: {tally.killed} kills at {len(tally.kills)} places, {tally.faults.total()} faults,"
        f" {tally.cuts.total()} power cuts, {tally.told} answers in the ledger, {len(tally.found)} violations,"
        f" {seconds:.0f} s"
    )


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
