# SPDX-License-Identifier: Apache-2.0
"""Failpoints of a server start: armed from ``ROGATORY_TEST_FAILPOINTS``, and only where the realm is an exercise.

A failpoint ends or fails the process on purpose, so nobody may be able to set one where cases are real. What counts is
what people signed: every root that the exchange would use must be marked EXERCISE. With the variable set and no such
root the start is refused with exit code 78 (``EX_CONFIG`` of sysexits). Without the variable this does nothing. Only the
two mains call it.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import Final

from rogatory.audit import failpoints
from rogatory.audit.errors import AuditError
from rogatory.audit.files import read_file
from rogatory.audit.sqlite import connect
from rogatory.protocol.errors import RogatoryError
from rogatory.protocol.quorum import MAX_QUORUM, open_root
from rogatory.server.config import Settings

VARIABLE: Final = "ROGATORY_TEST_FAILPOINTS"
EX_CONFIG: Final = 78
_ROOT: Final = "SELECT data FROM scheme WHERE kind = 'ROOT'"


class NoRehearsal(Exception):
    """Failpoints are asked for where they must not be. The text may be shown; it never holds a value."""


def arm_failpoints(settings: Settings) -> None:
    """Arm what the environment says, if it says anything and the realm is an exercise.

    Raises:
        NoRehearsal: The realm is not known to be an exercise, or the text does not parse; the process must exit 78.
    """
    spec = os.environ.get(VARIABLE)
    if spec is None:
        return
    try:
        markings = {open_root(data)[0].marking for data in _roots(settings)}
        if markings != {"EXERCISE"}:
            raise NoRehearsal(f"{VARIABLE}: EXERCISE_ONLY")
        failpoints.arm(spec)
    except (OSError, sqlite3.Error, AuditError, RogatoryError):
        raise NoRehearsal(f"{VARIABLE}: EXERCISE_AND_SYNTAX") from None


def _roots(settings: Settings) -> list[bytes]:
    """Return every root in reach: the one in the database, if it has begun, and that of the folder."""
    found = [read_file(settings.scheme_dir / "root.quorum", MAX_QUORUM)]
    database = settings.data_dir / "rogatory.sqlite"
    if database.exists():
        with closing(connect(database, read_only=True)) as connection:
            # A first start that was cut off has left no tables yet.
            if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'scheme'").fetchone():
                found += [bytes(data) for (data,) in connection.execute(_ROOT)]
    return found
