# SPDX-License-Identifier: Apache-2.0
"""What the harness's two server mains share: a plan for each writer's life, and a note of the failpoint that ended it.

The shipped mains are run as they are; nothing here is reachable from shipped code. A plan is a file in the folder that
the variable CRASH_FOLDER names; each writer takes the oldest. Notes go to files by one unbuffered write.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from rogatory.audit import failpoints
from rogatory.server import rehearsal
from tests.crash import calls
from tests.crash.deny import deny

FOLDER = "CRASH_FOLDER"
RECORD = "CRASH_RECORD"


def folder() -> Path:
    return Path(os.environ[FOLDER])


def data() -> Path:
    """The exchange's data folder."""
    return folder() / "server" / "data"


def note(name: str, words: str) -> None:
    """Adds a line to a file of the harness; it is there even if the process ends at once."""
    handle = os.open(folder() / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(handle, f"{words}\n".encode())
    os.close(handle)


def lives(folder: Path) -> list[tuple[str, int, float]]:
    """Each writer so far: its plan, its process id, and when it began, before it did anything."""
    lines = (line.split(" ") for line in (folder / "lives").read_text().splitlines())
    return [(plan, int(pid), float(at)) for plan, pid, at in lines]


def take_plan() -> dict[str, Any]:
    """The oldest plan, taken away from those who come later; an empty one when there is none."""
    for path in sorted((folder() / "plans").glob("*.json")):
        taken = folder() / "taken" / path.name
        path.rename(taken)
        plan: dict[str, Any] = json.loads(taken.read_bytes())
        note("lives", f"{path.stem} {os.getpid()} {time.monotonic()}")
        return plan
    note("lives", f"none {os.getpid()} {time.monotonic()}")
    return {}


def record() -> None:
    """Records what this process and its writer do to the exchange's files, if the harness asks for it."""
    moment = os.environ.get(RECORD)
    if moment:
        front = os.getpid()
        calls.record(data(), folder() / "journal", lambda: _end_both(front), moment)


def _end_both(front: int) -> None:
    note("hits", str(front))
    for pid in sorted({*_writer_of(front), front}, key=lambda pid: pid == os.getpid()):  # itself last
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def note_ends() -> None:
    """Lets a failpoint leave a note of itself before it kills or fails, make system calls fail, or cut the power."""
    kill: Callable[[str], None] = failpoints._kill
    fail: Callable[[str], None] = failpoints._raise
    arm: Callable[..., None] = failpoints.arm

    def noted_kill(argument: str) -> None:
        note("hits", str(os.getpid()))
        kill(argument)

    def noted_fail(argument: str) -> None:
        note("faults", f"{os.getpid()} {log_size()}")
        fail(argument)

    def noted_deny(argument: str) -> None:
        note("faults", f"{os.getpid()} {log_size()}")
        deny(argument)

    def noted_power(_argument: str) -> None:
        writer = os.getpid() in (pid for _, pid, _ in lives(folder()))
        _end_both(os.getppid() if writer else os.getpid())

    actions = {"deny": noted_deny, "power": noted_power}
    # Deliberate changes of a module from outside: shipped code knows no note and no denial.
    setattr(failpoints, "_kill", noted_kill)  # noqa: B010
    setattr(failpoints, "_raise", noted_fail)  # noqa: B010
    setattr(failpoints, "arm", lambda spec: arm(spec, actions))  # noqa: B010


def _writer_of(front: int) -> list[int]:
    """The writer that came last, if it is this front's."""
    children = Path(f"/proc/{front}/task").glob("*/children")
    mine = {int(pid) for path in children for pid in path.read_text().split()}
    return [pid for _, pid, _ in lives(folder())[-1:] if pid in mine]


def log_size() -> int:
    """Entries committed so far, as another connection sees it."""
    database = data() / "rogatory.sqlite"
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as db:
        ((size,),) = db.execute("SELECT size FROM log_head").fetchall()
    return int(size)


def set_failpoints(spec: str) -> None:
    os.environ[rehearsal.VARIABLE] = spec
