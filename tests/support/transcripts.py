# SPDX-License-Identifier: Apache-2.0
"""Transcripts of the command: a text file says what was typed and what came, and a run must say the same again.

    # words for the reader
    $ rogatory ...        typed; both streams are compared
    $$ rogatory ...       typed; only standard output and the exit code are compared
    $- rogatory ...       typed; only the exit code is compared
    < text                one line of standard input
    | text                a line of standard output
    ! text                a line of standard error
    ? 4                   exit code, where it is not 0
    @ NAME result.path    keeps a value of JSON output; {NAME} stands for it from there on
    & start | stop        the server

Ids, digests, moments, log positions and folders are replaced by their kind before comparing. `python -m
tests.support.transcripts FILE FOLDER` writes what came into the file. It does not judge what a command should say.
"""

from __future__ import annotations

import json
import re
import shlex
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.commands import Ran, Realm

_KINDS = (
    (re.compile(r"\b[0-9a-f]{12,}\b"), "<hex>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{3})? UTC"), "<time>"),
    (
        re.compile(
            r"\b(log entry|log index|entry|position|size|opened to you|in the tree|entries opened|computed again)( +[\u2502] )?( *)\d+"
        ),
        r"\1\2\3<n>",
    ),
    (
        re.compile(r"(reader \d+ .*\(in your book: ).*\)$"),
        r"\1<name>)",
    ),  # readers are sorted by their keys' digests
    (re.compile(r"(length +\u2502 )\d{5,} bytes"), r"\1<n> bytes"),
    (re.compile(r"\b\d+ (days|hours) (left|ago)"), r"<span> \2"),
    # An hour of today, or a day with its hour; no part of a longer time, and no offset.
    (re.compile(r"(?<![-+:.\dT])(\d{4}-\d\d-\d\d )?\d\d:\d\d(?![:\d])"), "<local>"),
    (re.compile(r'("(?:time_ms|due_ms|index|last_index|preserved_until_ms|size)": )\d+'), r"\1<n>"),
)


@dataclass
class Step:
    """One typed command with what is expected; the comments before it."""

    typed: str
    before: list[str]
    stdin: str = ""
    after: list[str] = field(default_factory=list)

    @property
    def streams(self) -> str:
        """Which streams are compared, by the signs of their lines."""
        return {"$$": "|", "$-": ""}.get(self.typed[:2], "|!")


def parse(text: str) -> list[Step]:
    """Returns the steps of a transcript; a server command is a step too."""
    steps: list[Step] = []
    before: list[str] = []
    for line in text.splitlines():
        if line.startswith(("$", "&")):
            steps.append(Step(line, before))
            before = []
        elif line.startswith("< "):
            steps[-1].stdin += line[2:] + "\n"
        elif line.startswith(("|", "!", "?", "@")):
            steps[-1].after.append(line)
        else:
            before.append(line)
    return steps


def play(steps: list[Step], realm: Realm) -> list[list[str]]:
    """Runs the steps and returns for each what came, in the transcript's own lines."""
    values: dict[str, str] = {}
    came: list[list[str]] = []
    for step in steps:
        if step.typed.startswith("&"):
            realm.start() if step.typed.split()[1] == "start" else realm.stop()
            came.append([])
            continue
        typed = step.typed.lstrip("$- ")
        for name, value in values.items():
            typed = typed.replace(f"{{{name}}}", value)
        words = shlex.split(typed)
        assert words[0] == "rogatory", "transcripts type one command only"
        ran = realm.run(*words[1:], stdin=step.stdin)
        lines = _lines(ran, realm.folder, step.streams)
        for line in step.after:
            if line.startswith("@"):
                _, name, path = line.split()
                values[name] = _value(ran.out, path)
                lines.append(line)
        came.append(lines)
    return came


def written(steps: list[Step], came: list[list[str]]) -> str:
    """Returns the transcript with what came."""
    out: list[str] = []
    for step, lines in zip(steps, came, strict=True):
        out += [*step.before, step.typed, *(f"< {line}" for line in step.stdin.splitlines()), *lines]
    return "\n".join(out) + "\n"


def _lines(ran: Ran, folder: Path, streams: str) -> list[str]:
    said = (("|", ran.out), ("!", ran.err))
    lines = [
        f"{sign} {line}".rstrip() for sign, text in said if sign in streams for line in text.splitlines()
    ]
    if ran.code:
        lines.append(f"? {ran.code}")
    return [_kind(line.replace(str(folder), "<dir>")) for line in lines]


def _kind(line: str) -> str:
    for pattern, kind in _KINDS:
        line = pattern.sub(kind, line)
    return line


def _value(out: str, path: str) -> str:
    value = json.loads(out)
    for name in path.split("."):
        value = value[int(name)] if name.isdigit() else value[name]
    return str(value)


if __name__ == "__main__":
    source, place = Path(sys.argv[1]), Realm.make(Path(sys.argv[2]))
    for item in source.parent.glob("files/*"):
        (place.folder / item.name).write_bytes(item.read_bytes())
    typed_steps = parse(source.read_text(encoding="utf-8"))
    try:
        source.write_text(written(typed_steps, play(typed_steps, place)), encoding="utf-8")
    finally:
        place.stop()
