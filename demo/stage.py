# SPDX-License-Identifier: Apache-2.0
"""The stage: a folder, a real server process, and people who type commands.

Each command is run as its own process with the installed ``rogatory``, shown as it was typed and with what it answered.
It knows no story and looks into no answer beyond the exit code; ``story`` does.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PASSPHRASE = "an exercise, nobody is real"  # noqa: S105 - of invented people, printed by the demo itself
_SHOWN = 40
_WIDTH = 150
_START_SECONDS = 30
_STOP_SECONDS = 40


class DemoFailed(Exception):
    """Something did not happen as the story says; the text is for the reader."""


def free_port() -> int:
    """Return a port of the loopback address that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Stage:
    """A folder with a training realm; ``leaky`` plays with the build that leaks on purpose."""

    folder: Path
    leaky: bool = False
    quiet: bool = False
    server: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def realm(self) -> Path:
        """Where ``operator init`` puts the realm."""
        return self.folder / "realm"

    @property
    def server_folder(self) -> Path:
        """The exchange's folder."""
        return self.realm / "server"

    @property
    def server_log(self) -> Path:
        """Where the exchange's log lines go."""
        return self.folder / "server.log"

    def say(self, text: str) -> None:
        """Print a line of the story."""
        if not self.quiet:
            print(textwrap.fill(text, 110) if text else "", flush=True)

    def heading(self, text: str) -> None:
        """Print a heading."""
        if not self.quiet:
            print(f"\n━━ {text} " + "━" * max(3, 104 - len(text)) + "\n", flush=True)

    def run(self, person: str, *arguments: str, expect: int = 0, answer: str = "") -> str:
        """Type a command as a person and return its standard output.

        Raises:
            DemoFailed: It ended with another exit code than expected.
        """
        shown = " ".join(_quoted(item) for item in arguments)
        self.say("")
        if not self.quiet:
            print(f"{person} $ rogatory {shown}", flush=True)
        result = subprocess.run(
            [*self._command(), *arguments],
            input=answer,
            capture_output=True,
            text=True,
            env=self._environment(person),
            cwd=self.folder,
            check=False,
        )
        if not self.quiet:
            self._show((result.stderr + result.stdout).rstrip().splitlines())
            print(f"    (exit {result.returncode})", flush=True)
        if result.returncode != expect:
            text = f"rogatory {shown}: exit {result.returncode}, expected {expect}\n{result.stderr}{result.stdout}"
            raise DemoFailed(text)
        return result.stdout

    def _show(self, lines: list[str]) -> None:
        """Print an answer; a long one is cut in the middle, and says so, unless FULL is set."""
        if len(lines) > _SHOWN and not os.environ.get("FULL"):
            head, tail = lines[: _SHOWN - 8], lines[-7:]
            lines = [
                *head,
                f"  … {len(lines) - len(head) - len(tail)} more lines (make demo FULL=1) …",
                *tail,
            ]
        for line in lines:
            cut = line if len(line) <= _WIDTH or os.environ.get("FULL") else line[: _WIDTH - 1] + "…"
            print(f"    {cut}", flush=True)

    def json(self, person: str, *arguments: str, expect: int = 0) -> Any:  # noqa: ANN401
        """Type a command with ``--json``, without showing it, and return what it says."""
        result = subprocess.run(
            [*self._command(), *arguments, "--json"],
            capture_output=True,
            text=True,
            env=self._environment(person),
            cwd=self.folder,
            check=False,
        )
        if result.returncode != expect:
            raise DemoFailed(f"rogatory {' '.join(arguments)}: exit {result.returncode}\n{result.stderr}")
        return json.loads(result.stdout)["result"]

    def start(self) -> None:
        """Start the exchange and wait until it says where it listens.

        Raises:
            DemoFailed: It did not start in time.
        """
        program = ["-m", "demo.leaky.server"] if self.leaky else ["-m", "rogatory.server.main"]
        with self.server_log.open("wb") as log:
            self.server = subprocess.Popen(
                [sys.executable, *program, "--config", str(self.server_folder / "config.toml")],
                stdout=log,
                stderr=log,
                env=self._environment(""),
                cwd=_root(),
            )
        endpoint = self.server_folder / "data" / "endpoint.json"
        deadline = time.monotonic() + _START_SECONDS
        while not endpoint.exists():
            if self.server.poll() is not None or time.monotonic() > deadline:
                raise DemoFailed(f"the exchange did not start:\n{self.server_log.read_text('utf-8')}")
            time.sleep(0.05)

    def pids(self) -> dict[str, int]:
        """Return the process ids of front and writer."""
        said = json.loads((self.server_folder / "data" / "endpoint.json").read_text("utf-8"))
        return {"front": int(said["pid"]), "writer": int(said["writer_pid"])}

    def stop(self) -> None:
        """Ask the exchange to stop, by its own process id, and wait for it."""
        if self.server is not None and self.server.poll() is None:
            self.server.send_signal(signal.SIGTERM)
            try:
                self.server.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.server.kill()
                self.server.wait()
        self.server = None

    def _command(self) -> list[str]:
        if self.leaky:
            return [sys.executable, "-m", "demo.leaky.cli"]
        return [str(Path(sys.executable).with_name("rogatory"))]

    def _environment(self, person: str) -> dict[str, str]:
        secret = self.folder / "passphrase"
        if not secret.exists():
            secret.write_text(PASSPHRASE + "\n", encoding="utf-8")
        profile = self.realm / "profiles" / person
        environment = {
            **os.environ,
            "ROGATORY_PROFILE": str(profile),
            "ROGATORY_PASSPHRASE_FILE": str(secret),
            "COLUMNS": "110",
            "NO_COLOR": "1",
        }
        # The words must reach the exchange through the commands alone, not as part of its environment.
        environment.pop("MARKER", None)
        if not person or not profile.exists():
            del environment["ROGATORY_PROFILE"]
        if self.leaky:
            environment["PYTHONPATH"] = str(_root())
        return environment


def _root() -> Path:
    return Path(__file__).resolve().parent.parent


def _quoted(text: str) -> str:
    return f'"{text}"' if " " in text or not text else text
