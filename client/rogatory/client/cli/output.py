# SPDX-License-Identifier: Apache-2.0
"""The output policy of the whole command, and the only place that writes to the terminal.

1. Results go to standard output, talk (prompts, progress, warnings, errors) to standard error.
2. `--json`: exactly one JSON object on standard output, ASCII only, errors too; talk stays what it is.
3. `--plain`: no columns, bars, colours or moving lines; each line can be understood alone (screen readers).
4. Colour only on a terminal, never as the only sign of anything, and never with NO_COLOR set.
5. Text of other people reaches a terminal only as a tree (`render`) or through `safe`.
6. Errors show a code, a rule, a field and a sentence of the catalogue; never a value.
7. Progress is shown for what takes longer than a second.

Nothing here decides what is true, and nothing is logged.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, TextIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TransferSpeedColumn,
)

from rogatory.client.cli.catalogue import sentence
from rogatory.client.cli.exits import Exit, exit_of
from rogatory.client.cli.render.text import lines
from rogatory.client.cli.render.tree import Section
from rogatory.protocol.errors import RogatoryError
from rogatory.protocol.plain import to_plain

PATIENCE_SECONDS: Final = 1.0
USAGE: Final = "USAGE"  # the code of everything that is wrong before an exchange is asked
_BOLD, _NORMAL = "\x1b[1m", "\x1b[0m"
Report = Callable[[int, int], None]


@dataclass(slots=True)
class Output:
    """How one run of a command speaks: its two streams and the two flags; ``outbox``, where something waited."""

    json: bool = False
    plain: bool = False
    out: TextIO = field(default_factory=lambda: sys.stdout)
    err: TextIO = field(default_factory=lambda: sys.stderr)
    outbox: object = None

    def result(self, command: str, data: object, tree: Section) -> None:
        """Write the result: the tree for people, the data as one JSON object for programs."""
        if self.json:
            self._object({"command": command, "ok": True, "exit": int(Exit.OK), "result": to_plain(data)})
        else:
            self._tree(tree, self.out)

    def outcome(self, command: str, code: Exit, data: object, tree: Section) -> None:
        """Write a result that is itself bad news, such as findings or a failed verification."""
        if self.json:
            self._object(
                {"command": command, "ok": code is Exit.OK, "exit": int(code), "result": to_plain(data)}
            )
        else:
            self._tree(tree, self.out)

    def show(self, tree: Section) -> None:
        """Show something that is not the result, such as what is about to be signed."""
        self._tree(tree, self.err)

    def say(self, text: str) -> None:
        """Write a sentence of ours to standard error."""
        self._write(self.err, text)

    def line(self, text: str) -> None:
        """Write one line of a result that has no end (`watch`) or is a text of its own (a proof)."""
        self._write(self.out, text)

    def error(self, command: str, error: RogatoryError) -> Exit:
        """Write an error and return the exit code."""
        code, words = exit_of(error), sentence(error.code, error.rule)
        if self.json:
            detail = {"code": error.code, "field": error.field, "rule": error.rule}
            self._object(
                {
                    "command": command,
                    "ok": False,
                    "exit": int(code),
                    "error": {**detail, "what": words.what, "next": words.advice},
                }
            )
            return code
        self.say(f"{error.code}: {words.what}")
        if error.rule:
            self.say(f"  rule   {error.rule}")
        if error.field:
            self.say(f"  field  {error.field}")
        self.say(f"  next   {words.advice}")
        return code

    def usage(self, command: str, message: str, field: str, rule: str) -> Exit:
        """Write what is wrong with the command line and return the exit code.

        Args:
            command: The command's words.
            message: A sentence of ours; it never repeats what was typed.
            field: Option, argument or path into a file that was given.
            rule: Stable name of what does not hold.
        """
        if self.json:
            error = {"code": USAGE, "field": field, "rule": rule, "what": message, "next": "See --help."}
            self._object({"command": command, "ok": False, "exit": int(Exit.USAGE), "error": error})
        else:
            self.say(message)
        return Exit.USAGE

    def fault(self, command: str, kind: str) -> Exit:
        """Write that the program itself failed, by the name of the fault alone: its text could hold a value."""
        what = "This program has a fault, and nothing is known about what it was doing."
        advice = "See with `request status` what has happened; to find the fault, set ROGATORY_TRACE and run again."
        if self.json:
            error = {"code": "FAULT", "field": "", "rule": kind, "what": what, "next": advice}
            self._object({"command": command, "ok": False, "exit": int(Exit.FAULT), "error": error})
            return Exit.FAULT
        self.say(f"FAULT: {what}")
        self.say(f"  rule   {kind}")
        self.say(f"  next   {advice}")
        return Exit.FAULT

    @contextmanager
    def progress(self, label: str, *, entries: bool = False) -> Iterator[Report]:
        """Give a callback for (done, total) that shows progress once a second has passed.

        Args:
            label: What is being done.
            entries: Whether things are counted rather than bytes.
        """
        started = time.monotonic()
        if self.json or self.plain or not self.err.isatty():
            yield _Steps(self, label, started).report
            return
        counted = (MofNCompleteColumn(),) if entries else (DownloadColumn(), TransferSpeedColumn())
        bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            *counted,
            console=Console(file=self.err),
            transient=True,
        )
        task = bar.add_task(label, total=None)

        def report(done: int, total: int) -> None:
            if not bar.live.is_started and time.monotonic() - started >= PATIENCE_SECONDS:
                bar.start()
            bar.update(task, completed=done, total=total)

        try:
            yield report
        finally:
            bar.stop()

    def _object(self, data: dict[str, Any]) -> None:
        if self.outbox is not None:
            data = {**data, "outbox": to_plain(self.outbox)}
        self._write(self.out, json.dumps(data, ensure_ascii=True, indent=2))

    def _tree(self, tree: Section, stream: TextIO) -> None:
        colour = stream.isatty() and not self.plain and not os.environ.get("NO_COLOR")
        for line in lines(tree, plain=self.plain):
            bold = colour and line.heading
            self._write(stream, f"{_BOLD}{line.text}{_NORMAL}" if bold else line.text)

    @staticmethod
    def _write(stream: TextIO, text: str) -> None:
        """Write a line; what the stream's encoding lacks is escaped, never a reason to fail."""
        encoding = stream.encoding or "utf-8"
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        stream.flush()


class _Steps:
    """Progress as whole lines, at each quarter, for screen readers, files and logs of scripts."""

    def __init__(self, output: Output, label: str, started: float) -> None:
        self._output, self._label, self._started = output, label, started
        self._shown = 0

    def report(self, done: int, total: int) -> None:
        """Say how far it is when another quarter is reached and a second has passed."""
        quarter = 4 * done // total if total else 0
        if quarter > self._shown and time.monotonic() - self._started >= PATIENCE_SECONDS:
            self._shown = quarter
            self._output.say(f"{self._label}: {25 * quarter} %")
