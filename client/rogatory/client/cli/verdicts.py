# SPDX-License-Identifier: Apache-2.0
"""Verdicts of offline verification: the trust anchor, the three words, their exit codes.

An anchor is a realm's fingerprint: from --root, else from a profile that was named. Without one the best verdict is that
everything is consistent. It judges nothing itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Annotated, Final, Protocol, TypeVar

import typer

from rogatory.client.cli.exits import Exit
from rogatory.client.cli.render.tree import Section
from rogatory.client.cli.session import ENV_PROFILE, Run, UsageError
from rogatory.client.transfer import Progress
from rogatory.protocol import errors
from rogatory.protocol.errors import Invalid, NotVerified

ROOT = Annotated[str, typer.Option("--root", metavar="FINGERPRINT", help="Realm to hold it against.")]


class Judged(Protocol):
    """A result that says a verdict."""

    @property
    def verdict(self) -> str:
        """One of ``WORDS``."""
        ...


T = TypeVar("T")
J = TypeVar("J", bound=Judged)

WORDS: Final = {
    "VERIFIED": ("VERIFIED", Exit.OK),
    "CONSISTENT_BUT_NOT_ANCHORED": ("CONSISTENT BUT NOT ANCHORED", Exit.NOT_ANCHORED),
    "FAILED": ("FAILED", Exit.NOT_VERIFIED),
}


def fingerprint_of(run: Run, text: str) -> bytes | None:
    """Return the fingerprint to hold things against, if there is one.

    Raises:
        UsageError: Not 64 hexadecimal digits.
    """
    if text:
        try:
            value = bytes.fromhex(text)
        except ValueError:
            value = b""
        if len(value) != 32:
            raise UsageError("--root takes a fingerprint of 64 hexadecimal digits.", "--root", "FINGERPRINT")
        return value
    if run.profile_text or os.environ.get(ENV_PROFILE):
        return run.profile().config.realm
    return None


def judge(
    run: Run,
    root: str,
    verify: Callable[[bytes | None, Progress], J],
    tree: Callable[[J], Section],
    *,
    entries: bool = False,
) -> Exit:
    """Verify something against the fingerprint, show the verdict and return its exit code.

    Args:
        run: The command.
        root: Fingerprint as it was typed, or nothing.
        verify: Does it, with the fingerprint that it is held against.
        tree: Renders the verdict.
        entries: Whether progress counts entries, and not bytes.
    """
    pinned = fingerprint_of(run, root)

    def work() -> J:
        with run.output.progress("verifying", entries=entries) as report:
            return verify(pinned, report)

    result = verifying(work)
    code = verdict_exit(result.verdict)
    run.output.outcome(run.command, code, result, tree(result))
    return code


def verdict_exit(verdict: str) -> Exit:
    """Return the exit code of a verdict."""
    return WORDS[verdict][1]


def verifying(work: Callable[[], T]) -> T:
    """Do a verification; bytes that do not even parse have failed it, whatever family the error has.

    Raises:
        NotVerified: In place of ``Invalid``.
    """
    try:
        return work()
    except Invalid as error:
        raise NotVerified(error.code or errors.X_ENCODING, error.field, error.rule) from error
