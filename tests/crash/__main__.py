# SPDX-License-Identifier: Apache-2.0
"""`python -m tests.crash --seed N --kills 500`: kills, then the controls; the last line is one JSON object.

Exit 0 only if no invariant broke, every failpoint in reach fired, and every control was caught. The same seed lays the
same plans; where threads meet is up to the machine, so a replay is of the plans and not of every interleaving.
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
import time

from tests.crash import faults, rounds
from tests.crash.rounds import Tally

FIELD = 60


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.crash")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--kills", type=int, default=500)
    options = parser.parse_args()
    seed = secrets.randbelow(2**32) if options.seed is None else options.seed
    say(f"crash: seed {seed}, {options.kills} kills; replay with SEED={seed} KILLS={options.kills}")
    begun = time.monotonic()
    tally = kills(seed, options.kills)
    faults.fail_disks(seed, max(6, options.kills // 8), tally)
    report(tally, begun)
    seconds = time.monotonic() - begun
    caught = {"acknowledge before commit": control_early(seed)}
    reached = {name.rpartition(" ")[2] for name in tally.kills}
    expected = {*rounds.WRITER, *rounds.FRONT, *rounds.BY_FRONT, *rounds.FIRST_START}
    result = {
        "seed": seed,
        "kills": tally.killed,
        "at_failpoints": tally.killed - tally.kills["timer"],
        "failpoints_fired": len(reached - {"timer"}),
        "failpoints_not_fired": sorted(expected - reached),
        "faults": dict(sorted(tally.faults.items())),
        "not_reached_in_time": tally.missed,
        "answers_in_ledger": tally.told,
        "sent_again": tally.resent,
        "violations": tally.found,
        "controls_caught": caught,
        "seconds": round(seconds, 1),
        "slowest_start_seconds": round(tally.slowest_start, 2),
    }
    say(json.dumps(result))
    whole = options.kills < len(expected) * 3 or not result["failpoints_not_fired"]
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


def control_early(seed: int) -> bool:
    """A writer that answers before it commits must be found out."""
    tally = Tally()
    plans = [("writer.reply.after", number) for number in (2, 3, 2, 4, 2, 3)]
    rounds.kill_writers(seed, plans, tally, early=True)
    say(f"crash: control 'acknowledge before commit': {tally.found[:1] or 'NOT CAUGHT'}")
    return bool(tally.found)


def report(tally: Tally, begun: float) -> None:
    seconds = time.monotonic() - begun
    say(
        f"crash: {tally.killed} kills at {len(tally.kills)} places, {tally.told} answers in the ledger,"
        f" {len(tally.found)} violations, {seconds:.0f} s"
    )


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
