# SPDX-License-Identifier: Apache-2.0
"""The two servers that are compared, each in processes of its own, and the processor time they have used.

Each is ended by the handle that started it, never by name. Processor time comes from ``/proc``, so the benchmark runs on
Linux only. No figure is computed here.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
_PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Target:
    """Where a server listens and which processes do its work."""

    address: str
    pids: tuple[int, ...]

    def cpu_seconds(self) -> float:
        """Return the processor time that its processes have used so far, in user and system mode."""
        return sum(_cpu_seconds(pid) for pid in self.pids)


@contextmanager
def exchange(folder: Path) -> Iterator[Target]:
    """Run ``rogatory-server`` over a prepared folder."""
    config, endpoint = folder / "server" / "config.toml", folder / "server" / "data" / "endpoint.json"
    with (folder / "server.log").open("wb") as log:
        arguments = [sys.executable, "-m", "rogatory.server.main", "--config", str(config)]
        process = subprocess.Popen(  # noqa: S603 - our own program
            arguments,
            env={**os.environ, "ROGATORY_LIMITS__FREE_BYTES": "0"},
            stderr=log,
            stdin=subprocess.DEVNULL,
        )
    try:
        _wait(lambda: endpoint.exists() or process.poll() is not None)
        told = json.loads(endpoint.read_bytes())
        yield Target(told["address"], (process.pid, told["writer_pid"]))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(_PATIENCE)


@contextmanager
def echo(folder: Path, answer_size: int) -> Iterator[Target]:
    """Run the bare echo with the same certificates."""
    arguments: Sequence[str] = (
        *(sys.executable, "-m", "bench.echo"),
        *("--config", str(folder / "server" / "config.toml"), "--size", str(answer_size)),
    )
    process = subprocess.Popen(  # noqa: S603 - our own program
        arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        line = process.stdout.readline() if process.stdout is not None else ""
        yield Target(line.strip(), (process.pid,))
    finally:
        process.communicate(timeout=_PATIENCE)


def _cpu_seconds(pid: int) -> float:
    # After the name, which may hold blanks and ends with the last bracket; utime and stime are fields 14 and 15.
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def _wait(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > end:
            msg = "the server did not start"
            raise RuntimeError(msg)
        time.sleep(0.02)
