# SPDX-License-Identifier: Apache-2.0
"""The exchange under test: a real front and a real writer, started, ended and started again by the harness.

It holds a fixed port, so that clients find a front that came back. It ends only processes that it started.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from typing_extensions import override

from tests.crash.disk import Disk
from tests.crash.entry import FOLDER, RECORD, lives
from tests.support.front import ServerProcess, wait_until
from tests.support.project import ROOT
from tests.support.realm import TrainingRealm

_RETRY: tuple[tuple[str, int], ...] = (
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.min_reconnect_backoff_ms", 50),
    ("grpc.max_reconnect_backoff_ms", 200),
)
START_SECONDS = 120.0
"""Only against waiting for ever: no outcome depends on how fast a machine is."""
SETTINGS = {
    "ROGATORY_LIMITS__FREE_BYTES": "0",
    "ROGATORY_LIMITS__REJECTIONS_PER_PEER": "1000",
    "ROGATORY_PUBLISH_SECONDS": "0.1",
    "ROGATORY_GRACE_SECONDS": "5",
}


@dataclass
class Exchange(ServerProcess):
    """`folder` holds `server`, `realm`, the log lines, and the harness's own `plans`, `taken`, `lives`, `hits`."""

    planned: int = 0
    recorded: bool = False
    disk: Disk | None = None
    _pending: bool = False
    starts: list[float] = field(default_factory=list)

    @property
    def data(self) -> Path:
        return self.folder / "server" / "data"

    @property
    def journal(self) -> Path:
        """What was done to the data folder since the last launch; there once all that is recorded have ended."""
        return self.folder / "journal"

    @classmethod
    def build(cls, folder: Path) -> Exchange:
        """Lays out a realm; nothing runs yet."""
        realm = TrainingRealm.build(folder, listen=f"127.0.0.1:{free_port()}")
        for name in ("plans", "taken"):
            (folder / name).mkdir()
        for name in ("lives", "hits", "faults", "server.log"):
            (folder / name).touch()
        ended = subprocess.Popen(["true"])  # noqa: S607 - a process that has ended stands for none
        ended.wait()
        return cls(folder, realm, ended, folder / "server.log")

    def launch(self, front_failpoints: str = "", moment: str = "never") -> bool:
        """Starts a front; tells whether it came up (a failpoint may have ended it or its first writer).

        Where it is recorded, its power may go at a moment that the record knows (tests.crash.calls).
        """
        if self.recorded:
            self._take_record()
            self._pending = True
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "tests.crash.front",
                    "--config",
                    self.folder / "server" / "config.toml",
                ],
                env={
                    **os.environ,
                    **SETTINGS,
                    FOLDER: str(self.folder),
                    RECORD: moment if self.recorded else "",
                    "ROGATORY_TEST_FAILPOINTS": front_failpoints,
                },
                cwd=ROOT,
                stderr=output,
                stdin=subprocess.DEVNULL,
            )
        begun = time.monotonic()
        wait_until(lambda: self._is_up() or self.process.poll() is not None, START_SECONDS)
        if self.process.poll() is None:
            self.starts.append(time.monotonic() - begun)
        return self.process.poll() is None

    def _is_up(self) -> bool:
        # One that was killed has left its endpoint file. It is not taken away: the record would know nothing of it.
        with contextlib.suppress(FileNotFoundError):
            return bool(json.loads(self.endpoint_file.read_bytes())["pid"] == self.process.pid)
        return False

    def relaunch(self, front_failpoints: str = "") -> bool:
        """Starts a front that must come up, unless a failpoint of its own ends it; tells whether it did.

        The writer of the one before may take a moment to go.
        """
        for _ in range(20):
            if self.launch(front_failpoints):
                return True
            if self.hit(self.process.pid):
                return False
            time.sleep(0.1)
        raise AssertionError(f"the exchange does not start again: {self.last_words()}")

    def last_words(self) -> str:
        """What the processes said last of a failure."""
        lines = self.log.read_text().splitlines()
        return "\n".join([line for line in lines if '"level": "critical"' in line][-2:] + lines[-3:])

    def plan(self, **plan: object) -> str:
        """Lays down the plan of the next writer but those already planned, and returns its name."""
        self.planned += 1
        name = f"{self.planned:06d}"
        temporary = self.folder / "plans" / f"{name}.tmp"
        temporary.write_text(json.dumps(plan))
        temporary.rename(temporary.with_suffix(".json"))
        return name

    def only_plan(self, **plan: object) -> str:
        """The same, in the place of those that no writer came to take."""
        for path in (self.folder / "plans").glob("*.json"):
            path.unlink()
        return self.plan(**plan)

    def pid_of(self, plan: str) -> int | None:
        """Process id of the writer that took a plan."""
        return next((pid for name, pid, _ in lives(self.folder) if name == plan), None)

    def await_next(self, pid: int) -> float:
        """When the writer after this one began."""
        order = [life[1] for life in lives(self.folder)]
        following = order.index(pid) + 1
        wait_until(lambda: len(lives(self.folder)) > following, START_SECONDS)
        return lives(self.folder)[following][2]

    def await_life(self, plan: str) -> int:
        waited(lambda: self.pid_of(plan) is not None or self.process.poll() is not None, START_SECONDS)
        pid = self.pid_of(plan)
        assert pid is not None, f"no writer came after the one before:\n{self.log.read_text()[-3000:]}"
        return pid

    def is_ready(self, pid: int) -> bool:
        with contextlib.suppress(FileNotFoundError, ValueError):
            return self.writer_pid == pid
        return False

    def hit(self, pid: int) -> bool:
        """Whether a failpoint noted that it ends this process."""
        return str(pid) in (self.folder / "hits").read_text().splitlines()

    def fault(self, pid: int) -> int | None:
        """Size of the log when a fault struck this process, or nothing if none did."""
        for line in (self.folder / "faults").read_text().splitlines():
            at, size = line.split(" ")
            if int(at) == pid:
                return int(size)
        return None

    def end(self) -> None:
        """Ends the front and the writer that it has, at once."""
        writers = [pid for _, pid, _ in lives(self.folder)]
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for pid in writers[-2:]:
            wait_until(lambda pid=pid: not alive(pid), START_SECONDS)  # type: ignore[misc]

    def power_off(self) -> None:
        """Ends both processes at once, and waits for the end of the record of what they did."""
        for _, pid, _ in lives(self.folder)[-1:]:
            if alive(pid) and _parent(pid) == self.process.pid:
                kill(pid)
        self.end()
        self._take_record()

    def _take_record(self) -> None:
        """Plays what was recorded since the last launch; without a disk the files as they are become one."""
        if self.disk is None:
            self.disk = Disk(self.data)
        if self._pending:
            wait_until(self.journal.exists, START_SECONDS)
            self.disk.play(self.journal)
            self.journal.unlink()
            self._pending = False

    @override
    def terminate(self) -> int:
        self.process.terminate()
        return self.process.wait(START_SECONDS)

    @override
    def channel(
        self, name: str | None, *options: tuple[str, int], compression: grpc.Compression | None = None
    ) -> grpc.Channel:
        roots = self.realm.realm.authority.certificate
        tls = self.realm.tls(name or "investigator")
        credentials = grpc.ssl_channel_credentials(roots, tls.key, tls.certificate)
        settings: list[tuple[str, Any]] = [*_RETRY, *options]
        return grpc.secure_channel(self._address(), credentials, settings, compression)

    def _address(self) -> str:
        # The settings' own, since the endpoint file is away while the front is.
        text = (self.folder / "server" / "config.toml").read_text()
        line = next(line for line in text.splitlines() if line.startswith("listen"))
        return line.split("=")[1].strip().strip('"')


def kill(pid: int) -> bool:
    """Ends a process of the exchange as a power switch would; tells whether it was still there."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def alive(pid: int) -> bool:
    return _stat(pid)[0] != "Z"


def _parent(pid: int) -> int:
    return int(_stat(pid)[1])


def _stat(pid: int) -> list[str]:
    """State and parent of a process; of one that is gone, as of one that nobody has waited for."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ["Z", "0"]
    return stat.rpartition(")")[2].split()


def waited(condition: Callable[[], object], seconds: float) -> bool:
    """Waits until something is true; tells whether it came to be."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.003)
    return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
