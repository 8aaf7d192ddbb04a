# SPDX-License-Identifier: Apache-2.0
"""`python -m tests.soak [PART] [--seed N]`: the long runs, one after the other, and what each of them came to.

The seed is the first line; the same seed gives the same inputs, the same draws of the machines and the same plans of
kills. Every part runs although another failed; the exit code is 1 if any did. Nothing here is judged by how long it took.
"""

from __future__ import annotations

import argparse
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.soak import fuzzing
from tests.soak.fuzzing import Row
from tests.support.project import ROOT

KILLS = 500


@dataclass(frozen=True)
class Ended:
    """One part: whether it held, and its last words."""

    held: bool
    words: str


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def command(words: str, *arguments: str, **environment: str) -> Ended:
    """Runs a module of this interpreter, showing what it prints."""
    found = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=os.environ | environment, check=False
    ).returncode
    return Ended(found == 0, f"{words}: exit {found}")


def pytest(seed: int, *folders: str) -> Ended:
    """Runs tests with many more examples than usual, drawn afresh from the seed."""
    return command(
        " ".join(folders),
        "-m",
        "pytest",
        "-q",
        # Here a test runs for minutes because it has much to do; printing the stacks of a running thread can end the process.
        "-o",
        "faulthandler_timeout=0",
        f"--hypothesis-seed={seed}",
        f"--randomly-seed={seed}",
        "--hypothesis-show-statistics",
        *folders,
        HYPOTHESIS_PROFILE="soak",
    )


def mutation(_options: argparse.Namespace) -> Ended:
    """Mutants of the modules that decide; fails under 85 % noticed in any of them."""
    return command("mutants of twelve modules", "-m", "tests.support.mutation_gate")


def fuzz(options: argparse.Namespace) -> Ended:
    """Changed inputs for every parser."""
    return judged(fuzzing.fuzz(options.seed, options.inputs, say), options.inputs)


def judged(rows: Sequence[Row], wanted: int) -> Ended:
    """Sums rows up; a finding fails, and so do fewer inputs than wanted."""
    findings = [row for row in rows if row.finding]
    for row in findings:
        say(row.line())
    inputs, accepted = sum(row.inputs for row in rows), sum(row.accepted for row in rows if not row.finding)
    words = f"{inputs:,} inputs over {len(rows)} targets, {accepted:,} accepted, {len(findings)} findings"
    return Ended(not findings and inputs >= wanted, words)


def machines(options: argparse.Namespace) -> Ended:
    """The state machine of the outbox and racing statements, at deep settings."""
    return pytest(options.seed, "tests/races")


def properties(options: argparse.Namespace) -> Ended:
    """Every property with a thousand examples."""
    return pytest(options.seed, "tests/property", "tests/unit/audit")


def crash(options: argparse.Namespace) -> Ended:
    """Kills and faults under load."""
    arguments = ("--seed", str(options.seed), "--kills", str(options.kills))
    return command(f"{options.kills} kills", "-m", "tests.crash", *arguments)


PARTS: dict[str, Callable[[argparse.Namespace], Ended]] = {
    part.__name__: part for part in (mutation, fuzz, machines, properties, crash)
}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak")
    parser.add_argument(
        "part", nargs="?", choices=sorted(PARTS), help="this one alone; without it, all of them"
    )
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--inputs", type=int, default=fuzzing.INPUTS, help="of the part fuzz")
    parser.add_argument("--kills", type=int, default=KILLS, help="of the part crash")
    options = parser.parse_args(arguments)
    if options.seed is None:
        options.seed = secrets.randbelow(2**32)
    chosen = [options.part] if options.part else list(PARTS)
    say(f"soak: seed {options.seed}; replay with SEED={options.seed}; parts: {' '.join(chosen)}")
    ended: dict[str, tuple[Ended, float]] = {}
    for name in chosen:
        say(f"soak: {name} begins")
        begun = time.monotonic()
        ended[name] = PARTS[name](options), time.monotonic() - begun
    for name, (part, seconds) in ended.items():
        say(f"soak: {name:<11} {'held  ' if part.held else 'FAILED'} {part.words} ({seconds:.0f} s)")
    return 0 if all(part.held for part, _seconds in ended.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
