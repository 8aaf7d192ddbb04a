# SPDX-License-Identifier: Apache-2.0
"""Failpoints: named places on the write path where a crash test may end, delay or fail the process.

``failpoint("name")`` does nothing until ``arm`` was called with a text such as::

    db.commit.before=kill@3;publish.sign.after=raise:EIO@1;sleep:500

Clauses are separated by ``;``. A clause without a name belongs to the name before it. ``@3`` means on the third passage
only; without it, on each. ``kill`` ends the process as ``kill -9`` does, ``raise:ENOSPC`` raises that ``OSError``,
``sleep:500`` waits as many milliseconds. Test programs may give ``arm`` actions of their own.

All names stand in one table, each is used at one place (tests/architecture). The idea is that of FreeBSD's fail(9) and
of etcd's gofail. This module never reads the environment: only the mains of the server and the command do, and
not for a realm that is not an exercise.
"""

from __future__ import annotations

import errno
import os
import signal
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from rogatory.audit.errors import FormatError

__all__ = ["NAMES", "arm", "disarm", "failpoint"]

Action = Callable[[str], None]
"""Called with what stands behind the colon of its clause."""

NAMES: Final[frozenset[str]] = frozenset(
    {
        # The front: a call on its way to the writer, and its answer on the way back.
        "front.send.before",
        "front.send.after",
        "front.answer.before",
        # The writer's loop.
        "writer.ready.before",
        "writer.receive.after",
        "writer.process.before",
        "writer.reply.before",
        "writer.reply.after",
        # Opening a data folder.
        "open.create.before",
        "open.ratchet.before",
        "open.check.before",
        "open.fence.before",
        "open.begin.before",
        "open.begin.after",
        # One group commit, from the first statement to the answers.
        "batch.begin.after",
        "submit.verify.before",
        "submit.verify.after",
        "submit.place.before",
        "submit.place.after",
        "submit.state.after",
        "submit.feed.after",
        "vault.key.after",
        "vault.commit.before",
        "vault.commit.after",
        "log.sign.before",
        "log.sign.after",
        "log.head.before",
        "log.entries.before",
        "log.tiles.before",
        "log.tiles.after",
        "log.check.after",
        "db.begin.before",
        "db.commit.before",
        "db.commit.after",
        "log.adopt.before",
        "log.adopt.after",
        "batch.answer.after",
        # Publication.
        "ratchet.advance.before",
        "ratchet.write.before",
        "ratchet.fsync.before",
        "ratchet.fsync.after",
        "ratchet.advance.after",
        "publish.sign.before",
        "publish.sign.after",
        "publish.row.before",
        "publish.row.after",
        # Files that are replaced as a whole, and folders.
        "file.fsync.before",
        "file.rename.before",
        "file.rename.after",
        "folder.fsync.before",
        "folder.fsync.after",
        # Parts of disclosures, in the front.
        "part.append.before",
        "part.fsync.before",
        "part.fsync.after",
        "part.rename.before",
        "part.rename.after",
        # A client's statement, from its signature to the end of its stay in the outbox.
        "client.sign.after",
        "client.keep.before",
        "client.keep.after",
        "client.send.before",
        "client.answer.after",
        "client.receipt.after",
        "client.clear.after",
    }
)
"""Every failpoint there is."""

_armed: dict[str, list[tuple[int | None, Action, str]]] = {}
_passed: dict[str, int] = {}


def failpoint(name: str) -> None:
    """Do nothing, unless a test has armed this name."""
    if _armed:
        _pass(name)


def arm(spec: str, actions: Mapping[str, Action] = MappingProxyType({})) -> None:
    """Arm what a text says, in place of what was armed before.

    Args:
        spec: clauses as in the module's description.
        actions: further actions by their word.

    Raises:
        FormatError: an unknown name or action, or a number that is none; nothing is armed then.
    """
    known = {"kill": _kill, "raise": _raise, "sleep": _sleep, **actions}
    armed: dict[str, list[tuple[int | None, Action, str]]] = {}
    name = ""
    for clause in filter(None, spec.split(";")):
        before, equals, after = clause.partition("=")
        name, what = (before, after) if equals else (name, before)
        words, _, count = what.partition("@")
        word, _, argument = words.partition(":")
        numbers = [count] if count else []
        numbers += [argument] if word == "sleep" else []
        if word == "raise" and not hasattr(errno, argument):
            raise FormatError("a failpoint names an unknown error")
        if name not in NAMES or word not in known or not all(n.isascii() and n.isdigit() for n in numbers):
            raise FormatError("a failpoint does not parse")
        armed.setdefault(name, []).append((int(count) if count else None, known[word], argument))
    disarm()
    _armed.update(armed)


def disarm() -> None:
    """Arm nothing, and forget what was passed."""
    _armed.clear()
    _passed.clear()


def _pass(name: str) -> None:
    passed = _passed[name] = _passed.get(name, 0) + 1
    for count, action, argument in _armed.get(name, ()):
        if count is None or count == passed:
            action(argument)


def _kill(_argument: str) -> None:
    # TerminateProcess on Windows, where there is no SIGKILL; both leave no time for anything.
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


def _raise(argument: str) -> None:
    number: int = getattr(errno, argument)
    raise OSError(number, os.strerror(number))


def _sleep(argument: str) -> None:
    time.sleep(int(argument) / 1000)
