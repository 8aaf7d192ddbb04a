# SPDX-License-Identifier: Apache-2.0
"""The real command on a real pseudo-terminal, typed at by a test that reads what it is asked.

Standard input and standard error are the terminal, standard output is a pipe, as with a redirected result. A test waits for words
and types a line; nothing is timed, and what hangs is ended after a minute. It draws no screen and knows no command.
"""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

SECONDS: Final = 60


class Terminal:
    """One run of the command; ``said`` is all that the terminal has shown."""

    def __init__(self, folder: Path, environment: Mapping[str, str], words: Sequence[str]) -> None:
        self._mine, theirs = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from rogatory.client.cli.main import main; main()", *words],
            cwd=folder,
            env=dict(environment),
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=theirs,
        )
        os.close(theirs)
        self.said = ""
        self._read = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        os.close(self._mine)

    def expect(self, words: str) -> str:
        """Waits until the words stand on the terminal, after what was waited for before; returns what stood before them."""
        while words not in self.said[self._read :]:
            if not self._more():
                raise AssertionError(f"the terminal ended without {words!r}:\n{self.said}")
        at = self.said.index(words, self._read)
        before = self.said[self._read : at]
        self._read = at + len(words)
        return before

    def type(self, line: str) -> None:
        """Types a line."""
        os.write(self._mine, line.encode() + b"\n")

    def answer(self, words: str, line: str) -> str:
        """Waits for a question and answers it; returns what stood before it."""
        before = self.expect(words)
        self.type(line)
        return before

    def choose(self, heading: str, value: str, question: str = "Number: ") -> None:
        """Finds a value in a list of choices below a heading and types its number."""
        self.expect(f"{heading}:\r\n")
        shown = self.expect(question)
        (number,) = [
            line.split()[0] for line in shown.splitlines() if value in line.split() or f"({value})" in line
        ]
        self.type(number)

    def end(self) -> tuple[int, str]:
        """Waits for the end; returns exit code and standard output."""
        while self._more():
            pass
        assert self._process.stdout is not None
        out = self._process.stdout.read().decode()
        return self._process.wait(SECONDS), out

    def _more(self) -> bool:
        """Reads what comes next; False at the end of the terminal."""
        ready, _, _ = select.select([self._mine], [], [], SECONDS)
        assert ready, f"nothing came for a minute after:\n{self.said}"
        try:
            data = os.read(self._mine, 65_536)
        except OSError:  # how a terminal says that its last program is gone
            return False
        self.said += data.decode(errors="replace")
        return bool(data)
