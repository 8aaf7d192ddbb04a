# SPDX-License-Identifier: Apache-2.0
"""Verdicts of offline verification: the trust anchor, the three words, their exit codes.

An anchor is a realm's fingerprint: from --root, else from a profile that was named. Without one the best verdict is that
everything is consistent. It judges nothing itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Final, TypeVar

from rogatory.client.cli.exits import Exit
from rogatory.client.cli.session import ENV_PROFILE, Run, UsageError
from rogatory.protocol import errors
from rogatory.protocol.errors import Invalid, NotVerified

T = TypeVar("T")

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
