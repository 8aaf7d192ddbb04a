# SPDX-License-Identifier: Apache-2.0
"""The real command many times over without starting Python each time: one process has imported it, each run is a fork.

A run has its own process, streams, folder and environment, and is ended when it takes too long, so that a command that
waits for a pipe fails its test instead of holding it. What it opened for reading is told too, by Python's own audit events.
It does not show that the installed script starts; a few tests use a process of their own for that.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.support.privilege import drop_privilege
from tests.support.project import ROOT

SECONDS: Final = 60


@dataclass(frozen=True)
class Ran:
    """What a run did: exit code (negative for a signal), its two streams, and the files that it opened to read."""

    code: int
    out: str
    err: str
    read: tuple[str, ...]


class Shell:
    """The process that forks; the command runs in ``run``."""

    def __init__(self) -> None:
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("ROGATORY_", "GRPC_"))
        }
        environment |= {
            "COLUMNS": "100",
            "PYTHONUTF8": "1",
            "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)]),
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.forked"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
        )

    def close(self) -> None:
        """Ends the process by closing its input."""
        self._process.communicate(timeout=20)

    def run(
        self,
        folder: Path,
        *arguments: str,
        stdin: str = "",
        environment: Mapping[str, str] | None = None,
        privileged: bool = True,
    ) -> Ran:
        """Runs the command in a folder, as a shell would."""
        job = {
            "folder": str(folder),
            "arguments": arguments,
            "stdin": stdin,
            "environment": dict(environment or {}),
            "privileged": privileged,
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return Ran(answer["code"], answer["out"], answer["err"], tuple(answer["read"]))


def _serve() -> None:
    from rogatory.client.cli import main  # noqa: PLC0415 - once, here, and not in the tests' own process

    for line in sys.stdin:
        job = json.loads(line)
        with tempfile.TemporaryDirectory() as name:
            streams = Path(name)
            (streams / "in").write_text(job["stdin"], "utf-8")
            child = os.fork()
            if child == 0:
                _run(main.run, job, streams)
            _, status = os.waitpid(child, 0)
            read = streams / "read"
            answer = {
                "code": os.waitstatus_to_exitcode(status),
                "out": (streams / "out").read_text("utf-8"),
                "err": (streams / "err").read_text("utf-8"),
                "read": json.loads(read.read_text("utf-8")) if read.exists() else [],
            }
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _run(run: Any, job: dict[str, Any], streams: Path) -> None:  # noqa: ANN401 - imported only where it runs
    """The child: it ends here, whatever happens."""
    code = 99
    try:
        signal.alarm(SECONDS)
        for number, (name, flags) in enumerate(
            (("in", os.O_RDONLY), ("out", os.O_WRONLY), ("err", os.O_WRONLY))
        ):
            os.dup2(os.open(streams / name, flags | os.O_CREAT, 0o600), number)
        os.chdir(job["folder"])
        os.environ.update(job["environment"])
        read: dict[str, None] = {}
        if not job["privileged"]:
            drop_privilege()
        sys.addaudithook(lambda event, arguments: _note(read, arguments) if event == "open" else None)
        code = run(job["arguments"])
        sys.stdout.flush()
        own = os.path.realpath(job["folder"]) + os.sep
        kept = sorted(path.removeprefix(own) for path in read if path.startswith(own))
        (streams / "read").write_text(json.dumps(kept), "utf-8")
    finally:
        sys.stderr.flush()
        os._exit(code)


def _note(read: dict[str, None], arguments: tuple[Any, ...]) -> None:
    """Keep the name of a file that is opened for reading; a folder that is only flushed to the disk is none."""
    name, _, flags = arguments
    if isinstance(name, (str, Path)) and isinstance(flags, int) and not flags & (os.O_WRONLY | os.O_RDWR):
        path = os.path.realpath(os.path.join(os.getcwd(), name))  # noqa: PTH109, PTH118 - opens nothing itself
        if not os.path.isdir(path):  # noqa: PTH112
            read[path] = None


if __name__ == "__main__":
    _serve()
