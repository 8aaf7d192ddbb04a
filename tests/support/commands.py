# SPDX-License-Identifier: Apache-2.0
"""A training realm as the product's own command makes it, the real server on it, and the real command as a process.

Key files are locked at the lowest cost that the product accepts, so that thirty commands stay quick. The server is ended
by its own process id. Nothing here knows what a command should answer.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typing_extensions import override

from rogatory.client.cli import main
from rogatory.client.keyfile import DEFAULT_LIMITS
from rogatory.client.private_files import write_private
from rogatory.client.realm_init import init_training
from tests.support.front import wait_until
from tests.support.published import check_published

PASSPHRASE = "words for training only"


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str


class _Typed(io.StringIO):
    """What a person types at a terminal."""

    @override
    def isatty(self) -> bool:
        return True


@dataclass
class Realm:
    """A folder with a realm, profiles and (while it runs) a server."""

    folder: Path
    process: subprocess.Popen[bytes] | None = None

    @classmethod
    def make(cls, folder: Path) -> Realm:
        """Makes a realm and its profiles; no server yet, and nobody listens where the profiles think."""
        init_training(folder / "realm", PASSPHRASE, "127.0.0.1:1", cost=DEFAULT_LIMITS.floor)
        write_private(folder / "passphrase", PASSPHRASE.encode())
        return cls(folder)

    def start(self) -> None:
        """Starts the server on a free port and tells the profiles where it is."""
        endpoint = self.folder / "realm" / "server" / "data" / "endpoint.json"
        config = self.folder / "realm" / "server" / "config.toml"
        environment = {"ROGATORY_LISTEN": "127.0.0.1:0", "ROGATORY_LIMITS__FREE_BYTES": "0"}
        with (self.folder / "server.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "rogatory.server.main", "--config", config],
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stderr=log,
            )
        self.process = process
        wait_until(lambda: endpoint.exists() or process.poll() is not None)
        assert process.poll() is None, "the server did not start"
        address = json.loads(endpoint.read_text())["address"]
        for path in (self.folder / "realm" / "profiles").glob("*/profile.json"):
            data = {**json.loads(path.read_text()), "address": address}
            write_private(path, json.dumps(data).encode())

    def stop(self) -> None:
        """Ends the server, if one runs."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=30)
        (self.folder / "realm" / "server" / "data" / "endpoint.json").unlink(missing_ok=True)

    def environment(self) -> dict[str, str]:
        """What the command's process is given."""
        mine = {
            name: value for name, value in os.environ.items() if not name.startswith(("ROGATORY_", "GRPC_"))
        }
        return mine | {
            "ROGATORY_HOME": str(self.folder / "realm" / "profiles"),
            "ROGATORY_PASSPHRASE_FILE": str(self.folder / "passphrase"),
            "COLUMNS": "100",
            "PYTHONUTF8": "1",
        }

    def here(self, *arguments: str, stdin: str = "", terminal: bool = False) -> Ran:
        """Runs the command in this process: the same code without a second of imports, for stories with many commands.

        With ``terminal`` what it reads says that a person types it.
        """
        out, err = io.StringIO(), io.StringIO()
        before, folder, reader = dict(os.environ), Path.cwd(), sys.stdin
        os.environ.update(self.environment())
        os.chdir(self.folder)
        sys.stdin = _Typed(stdin) if terminal else io.StringIO(stdin)
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = main.run(arguments)
        finally:
            os.environ.clear()
            os.environ.update(before)
            os.chdir(folder)
            sys.stdin = reader
        return _published(arguments, Ran(code, out.getvalue(), err.getvalue()))

    def run(self, *arguments: str, stdin: str = "", failpoints: str | None = None) -> Ran:
        """Runs the command in the folder, as a shell would."""
        environment = self.environment()
        if failpoints is not None:
            environment["ROGATORY_TEST_FAILPOINTS"] = failpoints
        done = subprocess.run(
            [sys.executable, "-c", "from rogatory.client.cli.main import main; main()", *arguments],
            cwd=self.folder,
            env=environment,
            input=stdin.encode(),
            capture_output=True,
            timeout=120,
            check=False,
        )
        return _published(arguments, Ran(done.returncode, done.stdout.decode(), done.stderr.decode()))


def _published(arguments: Sequence[str], ran: Ran) -> Ran:
    if "--json" in arguments:
        assert ran.out, f"nothing came but: {ran.err}"
        check_published(ran.out, ran.code)
    return ran


def said(realm: Realm, *arguments: str, stdin: str = "", code: int = 0) -> dict[str, Any]:
    """Runs a command with `--json`, which must end as told, and returns its result or its error."""
    ran = realm.here(*arguments, "--json", stdin=stdin)
    assert ran.code == code, ran.out + ran.err
    found: dict[str, Any] = json.loads(ran.out)
    result: dict[str, Any] = found.get("result") or found["error"]
    return result
