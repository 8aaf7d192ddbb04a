# SPDX-License-Identifier: Apache-2.0
"""``python -m bench [--json]``: runs the comparison, prints the table, writes ``build/bench.json``.

Rounds of the servers follow each other, medians of five. It fails if a single answer of the exchange is not a
receipt that verifies. It does not fail for being slow: a figure is for a reader to judge.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import shutil
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Final

from bench import decide, processes
from bench.disk import SIZE, commit_seconds
from bench.echo import METHOD
from bench.exchange import SENDER, Prepared, check_answers
from bench.load import SUBMIT, Client, Figures, measured
from bench.rows import Row, make_row, table, write
from bench.stages import BUDGET, STAGES, stage_times

_FOLDER: Final = Path(__file__).resolve().parent.parent / "build"
_ROUNDS: Final = 5
# Calls of one round, by calls in flight.
_CALLS: Final = {1: 150, 64: 1000}
_COMMITS: Final = 20
_STAGE_ROUNDS: Final = 3
_STAGE_STATEMENTS: Final = 192
_ECHO: Final = "bare grpc.aio mTLS echo"


def main() -> int:
    """Run everything and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON instead of the table")
    options = parser.parse_args()
    began = time.monotonic()
    folder = _FOLDER / "bench"
    shutil.rmtree(folder, ignore_errors=True)
    rows = run(folder)
    shutil.rmtree(folder, ignore_errors=True)
    text = write(rows, _FOLDER / "bench.json")
    sys.stdout.write((text if options.json else table(rows)) + "\n")
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    sys.stderr.write(
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()},"
        f" load average {load}, {time.monotonic() - began:.0f} s\n"
    )
    return 0


def run(folder: Path) -> list[Row]:
    """Measure stages and servers over a fresh folder and return all rows."""
    world = Prepared.build(folder)
    stages = _stage_rows(world)
    total = (_ROUNDS + 1) * sum(_CALLS.values())
    calls = world.calls(total)
    world.engine.close()
    answers: list[bytes] = []
    # The front alone has data of its own: two servers never share a folder.
    shutil.copytree(folder / "server", folder / "alone" / "server")
    with processes.exchange(folder) as ours:
        rows = asyncio.run(_compare(folder, world, ours, calls, answers))
    check_answers(world.realm, answers)
    if len(answers) != total:
        msg = "an answer is missing"
        raise RuntimeError(msg)
    return rows + stages + decide.rows()


async def _compare(
    folder: Path, world: Prepared, ours: processes.Target, calls: list[bytes], answers: list[bytes]
) -> list[Row]:
    """Send every call to the exchange and as many of the same size to the others, in turns."""
    rows: list[Row] = []
    left = iter(calls)
    submit = Client(ours, SUBMIT, world.realm, SENDER)
    # The first round warms the servers up, and shows how long an answer is.
    answers += await submit.run(_take(left, _CALLS[1]), 1)
    answers += await submit.run(_take(left, _CALLS[64]), 64)
    answer = sorted(answers, key=len)[len(answers) // 2]
    sizes = f"{len(calls[0])} B there, {len(answer)} B back"
    alone = folder / "alone"
    with processes.front(alone, answer) as bound, processes.echo(folder, len(answer)) as theirs:
        front, echo = Client(bound, SUBMIT, world.realm, SENDER), Client(theirs, METHOD, world.realm, SENDER)
        for client in (front, echo):
            await client.run(calls[: _CALLS[64]], 64)
        for in_flight, count in _CALLS.items():
            figures = Figures(), Figures(), Figures()
            disk: list[float] = []
            for _ in range(_ROUNDS):
                disk += commit_seconds(alone, _COMMITS)
                answers += await measured(submit, _take(left, count), in_flight, figures[0])
                await measured(front, calls[:count], in_flight, figures[1])
                await measured(echo, calls[:count], in_flight, figures[2])
            note = f"{in_flight} in flight, {sizes}"
            if in_flight == 1:
                note += f"; a write of {SIZE // 1024} KiB that waits for the disk took {median(disk) * 1e6:.0f} us alone"
            rows += _load_rows(in_flight, *figures, note)
        for client in (front, echo, submit):
            await client.close()
    return rows


def _take(left: Iterator[bytes], count: int) -> list[bytes]:
    return list(islice(left, count))


def _load_rows(in_flight: int, ours: Figures, front: Figures, echo: Figures, note: str) -> list[Row]:
    both = "processor time of front and writer, beside that of the echo"
    alone = "processor time of the front, before a writer that answers at once"
    return [
        _rate(f"submit_{in_flight}", ours, echo, note),
        _cpu(f"submit_{in_flight}", ours, echo, both),
        _rate(f"front_{in_flight}", front, echo, "the same; the writer answers at once"),
        _cpu(f"front_{in_flight}", front, echo, alone),
    ]


def _rate(name: str, ours: Figures, echo: Figures, note: str) -> Row:
    return make_row(f"{name}_vs_echo", ours.rate, "calls/s", _ECHO, echo.rate, note)


def _cpu(name: str, ours: Figures, echo: Figures, note: str) -> Row:
    return make_row(f"{name}_cpu_vs_echo_cpu", ours.cpu, "us CPU/call", _ECHO, echo.cpu, note)


def _stage_rows(world: Prepared) -> list[Row]:
    rows: list[Row] = []
    for batch, budget in BUDGET.items():
        times = stage_times(world, batch, _STAGE_ROUNDS, _STAGE_STATEMENTS)
        note = f"writer alone, batches of {batch}"
        rows += [
            make_row(f"stage_{batch}_{stage}", times[stage], "us/statement", "trial", budget[stage], note)
            for stage in STAGES
        ]
        rest = f"{note}; {times['rest']:.0f} us of it in no stage"
        rows.append(
            make_row(f"stage_{batch}_all", times["all"], "us/statement", "trial", sum(budget.values()), rest)
        )
    return rows


if __name__ == "__main__":
    sys.exit(main())
