# SPDX-License-Identifier: Apache-2.0
"""Fails when the tests leave more than one branch in twenty of the core untaken.

`make coverage` runs it on what it has just counted. The usual percentage mixes lines with branches and hides branches;
here they are held apart, for protocol and audit each. It measures whether code was run, not whether a test would have
noticed a change: that is what mutation is for.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from coverage import Coverage

FLOOR = 95.0
PARTS = ("rogatory/protocol/", "rogatory/audit/")


def shares(files: dict[str, Any], part: str) -> tuple[float, float]:
    """Returns the percentages of lines and of branches that ran in the files of a part.

    Raises:
        ValueError: Nothing of this part was counted, so there is nothing to judge.
    """
    summaries = [found["summary"] for path, found in files.items() if part in path]
    lines = sum(one["num_statements"] for one in summaries)
    branches = sum(one["num_branches"] for one in summaries)
    if not lines or not branches:
        msg = f"no lines or no branches of {part} were counted"
        raise ValueError(msg)
    ran = sum(one["covered_lines"] for one in summaries)
    taken = sum(one["covered_branches"] for one in summaries)
    return 100 * ran / lines, 100 * taken / branches


def main(data: str) -> int:
    """Prints each part's shares and returns 1 if one is under the floor."""
    coverage = Coverage(data_file=data)
    coverage.load()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "coverage.json")
        coverage.json_report(outfile=str(out))
        files = json.loads(out.read_text())["files"]
    missed = 0
    for part in PARTS:
        lines, branches = shares(files, part)
        missed += lines < FLOOR or branches < FLOOR
        print(f"{part}: lines {lines:.1f} %, branches {branches:.1f} %, floor {FLOOR:.0f} %")  # noqa: T201
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
