# SPDX-License-Identifier: Apache-2.0
"""The three verdicts of offline verification, and why (architecture §11).

VERIFIED needs a realm that the verifier pinned beforehand; without one, everything may fit together and still be a realm
that somebody made up. Values only; nothing is verified here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from rogatory.audit.errors import AuditError, FileRefused
from rogatory.client.private_files import refusal
from rogatory.protocol import errors
from rogatory.protocol.errors import RogatoryError


class Word(StrEnum):
    """What a verification comes to."""

    VERIFIED = "VERIFIED"
    CONSISTENT_BUT_NOT_ANCHORED = "CONSISTENT_BUT_NOT_ANCHORED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Reason:
    """Something that does not hold: stable code, where, and the rule."""

    code: str
    at: str
    rule: str


@dataclass(frozen=True, slots=True)
class Check:
    """A check that was made, and on how many things."""

    name: str
    count: int


def reason_of(error: RogatoryError | AuditError | OSError, at: str) -> Reason:
    """Return the reason that an error stands for; a file that cannot be read counts as one that does not hold."""
    if isinstance(error, FileRefused):
        error = refusal(error, "")
    if isinstance(error, OSError):
        return Reason(errors.X_ENCODING, at, "FILE.READ")
    if isinstance(error, RogatoryError):
        return Reason(error.code, f"{at}.{error.field}" if error.field else at, error.rule)
    return Reason(errors.X_LOG_INVALID, at, type(error).__name__)


def word_of(reasons: tuple[Reason, ...], fingerprint: bytes | None) -> Word:
    """Return the verdict: failed with a reason, anchored with a fingerprint."""
    if reasons:
        return Word.FAILED
    return Word.VERIFIED if fingerprint is not None else Word.CONSISTENT_BUT_NOT_ANCHORED
