# SPDX-License-Identifier: Apache-2.0
"""The servers that are compared, each in processes of its own, and the processor time they have used.

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

from bench.canned import ANSWER

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
    with _server(folder, "rogatory.server.main") as (address, front, writer):
        yield Target(address, (front, writer))


@contextmanager
def front(folder: Path, answer: bytes) -> Iterator[Target]:
    """Run the front over a prepared folder, before a writer that gives every call the same answer and is not counted."""
    (folder / "server" / ANSWER).write_bytes(answer)
    with _server(folder, "bench.canned") as (address, front, _writer):
        yield Target(address, (front,))


@contextmanager
def _server(folder: Path, program: str) -> Iterator[tuple[str, int, int]]:
    """Run a server, and tell its address and the numbers of its two processes."""
    config, endpoint = folder / "server" / "config.toml", folder / "server" / "data" / "endpoint.json"
    with (folder / "server.log").open("wb") as log:
        arguments = [sys.executable, "-m", program, "--config", str(config)]
        process = subprocess.Popen(  # noqa: S603 - our own program
            arguments,
            env={**os.environ, "ROGATORY_LIMITS__FREE_BYTES": "0"},
            stderr=log,
            stdin=subprocess.DEVNULL,
        )
    try:
        _wait(lambda: endpoint.exists() or process.poll() is not None)
        told = json.loads(endpoint.read_bytes())
        yield told["address"], process.pid, told["writer_pid"]
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
    # In nanoseconds for each thread; the sum for the process stands in ticks of ten milliseconds only.
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text("ascii").split()[0]) for thread in threads) / 1e9


def _wait(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > end:
            msg = "the server did not start"
            raise RuntimeError(msg)
        time.sleep(0.02)
