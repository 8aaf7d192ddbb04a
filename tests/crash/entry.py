# SPDX-License-Identifier: Apache-2.0
"""What the harness's two server mains share: a plan for each writer's life, and a note of the failpoint that ended it.

The shipped mains are run as they are; nothing here is reachable from shipped code. A plan is a file in the folder that
the variable CRASH_FOLDER names; each writer takes the oldest. Notes go to files by one unbuffered write.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rogatory.audit import failpoints
from rogatory.server import rehearsal

FOLDER = "CRASH_FOLDER"


def folder() -> Path:
    return Path(os.environ[FOLDER])


def note(name: str, words: str) -> None:
    """Adds a line to a file of the harness; it is there even if the process ends at once."""
    handle = os.open(folder() / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(handle, f"{words}\n".encode())
    os.close(handle)


def take_plan() -> dict[str, Any]:
    """The oldest plan, taken away from those who come later; an empty one when there is none."""
    for path in sorted((folder() / "plans").glob("*.json")):
        taken = folder() / "taken" / path.name
        path.rename(taken)
        plan: dict[str, Any] = json.loads(taken.read_bytes())
        note("lives", f"{path.stem} {os.getpid()}")
        return plan
    note("lives", f"none {os.getpid()}")
    return {}


def note_kills() -> None:
    """Lets a failpoint leave a note of itself before it kills."""
    kill: Callable[[str], None] = failpoints._kill

    def noted(argument: str) -> None:
        note("hits", str(os.getpid()))
        kill(argument)

    setattr(failpoints, "_kill", noted)  # noqa: B010 - a deliberate change of a module from outside


def set_failpoints(spec: str) -> None:
    os.environ[rehearsal.VARIABLE] = spec


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
