# SPDX-License-Identifier: Apache-2.0
"""Mutation of the modules that decide: mutmut changes them one place at a time, and the rule tests must notice.

`make soak PART=mutation` runs it. mutmut 3 takes sources from one folder and names a module by its path, so the four
namespace roots are laid into one copy first (docs/adr/0010). It changes functions, not constants of a module, and it
is no measure of tests that are left out of its selection in pyproject.toml.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.support.project import NAMESPACE_ROOTS, ROOT

FLOOR = 85.0
WORK = ROOT / "build/mutation"
# How mutmut ends a mutant: pytest's exit code, its own numbers, or a signal. What is not named here is no detection.
_KILLED = frozenset({1, 3})
_TIMEOUT = frozenset({36, 24, -24, 152, 255})
_SURVIVED = frozenset({0})


@dataclass(frozen=True)
class Score:
    """How the mutants of one module ended."""

    module: str
    killed: int
    timeout: int
    survivors: tuple[str, ...]
    others: tuple[str, ...]

    @property
    def total(self) -> int:
        return self.killed + self.timeout + len(self.survivors) + len(self.others)

    @property
    def share(self) -> float:
        """Percent that was noticed. A mutant that no test reaches, or that ended in no known way, was not."""
        return 100 * (self.killed + self.timeout) / self.total if self.total else 0.0

    def line(self) -> str:
        return (
            f"{self.module:<30} {self.total:>5} mutants, killed {self.killed:>4}, timeout {self.timeout:>3}, "
            f"survived {len(self.survivors):>3}, other {len(self.others):>3}: {self.share:5.1f} %"
        )


def score(module: str, ended: dict[str, int | None]) -> Score:
    """Counts exit codes by the name of their mutant."""
    kinds = Counter(_kind(code) for code in ended.values())
    return Score(
        module,
        kinds["killed"],
        kinds["timeout"],
        tuple(sorted(name for name, code in ended.items() if _kind(code) == "survived")),
        tuple(sorted(name for name, code in ended.items() if _kind(code) == "other")),
    )


def _kind(code: int | None) -> str:
    for kind, codes in (("killed", _KILLED), ("timeout", _TIMEOUT), ("survived", _SURVIVED)):
        if code in codes:
            return kind
    return "other"


def mutated() -> list[str]:
    """The modules under mutation, as pyproject.toml lists them, by their path in the copy."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())
    found: list[str] = config["tool"]["mutmut"]["only_mutate"]
    return found


def lay(work: Path) -> None:
    """Lays the four roots into one, with the tests beside them; what was there before goes."""
    shutil.rmtree(work, ignore_errors=True)
    caches = shutil.ignore_patterns("__pycache__")
    for root in NAMESPACE_ROOTS:
        shutil.copytree(ROOT / root / "rogatory", work / "src/rogatory", ignore=caches, dirs_exist_ok=True)
    shutil.copytree(ROOT / "tests", work / "tests", ignore=caches)
    shutil.copy2(ROOT / "pyproject.toml", work)


def scores(work: Path) -> list[Score]:
    """Reads what mutmut has written down about each module."""
    found = []
    for path in mutated():
        meta = json.loads((work / "mutants" / f"{path}.meta").read_text())
        module = path.removeprefix("src/").removesuffix(".py").replace("/", ".")
        found.append(score(module, meta["exit_code_by_key"]))
    return found


def mutate(work: Path) -> None:
    """Runs mutmut, keeps what it prints in a file, and prints a line for each twentieth of the mutants.

    Raises:
        CalledProcessError: It could not run its tests. A mutant that survives is no such failure.
    """
    # The copy must be what is imported, whatever folders the caller had on the path.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    command = [str(Path(sys.executable).with_name("mutmut")), "run", "--max-children", "1"]
    shown, printed = -1, bytearray()
    with subprocess.Popen(command, cwd=work, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        while data := os.read(process.stdout.fileno(), 4096):
            printed += data
            counted = re.findall(rb" ([0-9]+)/([0-9]+) ", data)
            if counted and (step := 20 * int(counted[-1][0]) // int(counted[-1][1])) > shown:
                shown = step
                print(f"mutation: {counted[-1][0].decode()} of {counted[-1][1].decode()}", flush=True)  # noqa: T201
    (work / "mutmut.log").write_bytes(printed)
    if process.returncode:
        sys.stderr.buffer.write(bytes(printed[-4000:]))
        raise subprocess.CalledProcessError(process.returncode, command)


def main() -> int:
    """Runs mutmut and returns 1 if a module is under the floor."""
    lay(WORK)
    mutate(WORK)
    missed = 0
    for found in scores(WORK):
        missed += found.share < FLOOR
        print(found.line())  # noqa: T201
        for name in (*found.survivors, *found.others):
            print(f"  not noticed: {name}")  # noqa: T201
    print(f"mutation: floor {FLOOR:.0f} %, modules under it: {missed}")  # noqa: T201
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
