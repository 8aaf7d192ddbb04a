# SPDX-License-Identifier: Apache-2.0
"""Failpoints of a command: armed from ``ROGATORY_TEST_FAILPOINTS``, and only where the realm is an exercise.

The same rule as for the exchange: a process may be ended or failed on purpose only where nobody's case is real, and what
counts is the root that people signed. With the variable set in any other realm the command is refused before it sends or
signs anything. Without it this does nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Final

from rogatory.audit import failpoints
from rogatory.audit.errors import AuditError
from rogatory.client.cli.session import UsageError

VARIABLE: Final = "ROGATORY_TEST_FAILPOINTS"


def arm_failpoints(marking: Callable[[], str]) -> None:
    """Arm what the environment says, if it says anything and the realm is an exercise.

    Args:
        marking: Gives the marking of the verified root; not asked unless the variable is set.

    Raises:
        UsageError: The realm is no exercise, or the text does not parse.
    """
    spec = os.environ.get(VARIABLE)
    if spec is None:
        return
    if marking() != "EXERCISE":
        raise UsageError(
            f"{VARIABLE} is set, and this realm is no exercise, so nothing is done.",
            VARIABLE,
            "EXERCISE_ONLY",
        )
    try:
        failpoints.arm(spec)
    except AuditError as error:
        raise UsageError(f"{VARIABLE} does not parse, so nothing is done.", VARIABLE, "SYNTAX") from error
