# SPDX-License-Identifier: Apache-2.0
"""Which statements can race on one request as its life is today, and what the order rules say of the second.

Two people act on the same seen state. For either order the table names the code that the second gets (architecture §4,
order), the state after both, and what the loser gets for the same act after reading again. It runs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rogatory.protocol.state import StateName
from rogatory.protocol.statements import DecisionCode, RequestKind
from tests.support.racing import (
    DELIVER,
    EXCESS,
    PRESERVE,
    RECEIVE,
    TWO,
    Act,
    Stage,
    acknowledge,
    after,
    asked,
    decline,
    disclose,
    grant,
    received,
    refuse,
    reissue,
    withdraw,
    withdraw_as_first_issued,
)

STALE: Final = "X_STALE_GENERATION"
TERMINAL: Final = "X_OBJECT_TERMINAL"
NOT_NOW: Final = "X_STATE_NOT_ALLOWED"


@dataclass(frozen=True)
class Second:
    """What becomes of the statement that came second.

    ``refusal`` is the code it gets, empty where it goes in too; ``ends`` the state after both; ``afresh`` the code that
    the loser gets for the same act after reading again, empty where it then goes in.
    """

    refusal: str
    ends: StateName
    afresh: str = ""


@dataclass(frozen=True)
class Race:
    """Two acts on one state; ``behind_left`` is what becomes of the right one when the left one was first."""

    name: str
    stage: Stage
    left: Act
    right: Act
    behind_left: Second
    behind_right: Second


RETURNED: Final = after(asked(), decline("judge", DecisionCode.RETURN))
GRANTED: Final = after(asked(), grant("judge"))
ANSWERED: Final = after(received(), disclose(1))
PARTLY: Final = after(received(TWO), disclose(1))
CORRECTED: Final = after(RETURNED, reissue("investigator"))

RACES: Final = (
    Race(
        "withdraw-disclose",
        received(),
        withdraw(),
        disclose(1),
        Second(TERMINAL, StateName.WITHDRAWN, TERMINAL),
        Second("", StateName.WITHDRAWN),
    ),
    Race(
        "withdraw-disclose-of-one-task",
        received(TWO),
        withdraw(),
        disclose(1),
        Second(TERMINAL, StateName.WITHDRAWN, TERMINAL),
        Second("", StateName.WITHDRAWN),
    ),
    Race(
        "grant-grant",
        asked(),
        grant("judge"),
        grant("prosecutor"),
        Second(STALE, StateName.TRANSMITTED, NOT_NOW),
        Second(STALE, StateName.TRANSMITTED, NOT_NOW),
    ),
    Race(
        "grant-narrow",
        asked(TWO),
        grant("judge"),
        grant("prosecutor", 2),
        Second(STALE, StateName.TRANSMITTED, NOT_NOW),
        Second(STALE, StateName.TRANSMITTED, NOT_NOW),
    ),
    Race(
        "grant-decline",
        asked(),
        grant("judge"),
        decline("prosecutor", DecisionCode.REFUSE),
        Second(STALE, StateName.TRANSMITTED, NOT_NOW),
        Second(TERMINAL, StateName.REFUSED, TERMINAL),
    ),
    Race(
        "grant-return",
        asked(),
        grant("judge"),
        decline("prosecutor", DecisionCode.RETURN),
        Second(STALE, StateName.TRANSMITTED, NOT_NOW),
        Second(STALE, StateName.RETURNED, NOT_NOW),
    ),
    Race(
        "withdraw-grant",
        asked(),
        withdraw(),
        grant("judge"),
        Second(TERMINAL, StateName.WITHDRAWN, TERMINAL),
        Second("", StateName.WITHDRAWN),
    ),
    Race(
        "withdraw-withdraw",
        received(),
        withdraw(),
        withdraw("second-investigator"),
        Second(TERMINAL, StateName.WITHDRAWN, TERMINAL),
        Second(TERMINAL, StateName.WITHDRAWN, TERMINAL),
    ),
    Race(
        "issue-issue-after-a-return",
        RETURNED,
        reissue("investigator"),
        reissue("second-investigator"),
        Second(STALE, StateName.ISSUED, "X_REPLAY"),
        Second(STALE, StateName.ISSUED, "X_REPLAY"),
    ),
    Race(
        # A withdrawal takes the request back, whichever of its issues it names; a correction of what has ended says so.
        "issue-withdraw-after-a-return",
        RETURNED,
        reissue("investigator"),
        withdraw("second-investigator"),
        Second("", StateName.WITHDRAWN),
        Second(TERMINAL, StateName.WITHDRAWN, TERMINAL),
    ),
    Race(
        "grant-withdraw-of-the-replaced-issue",
        CORRECTED,
        grant("judge"),
        withdraw_as_first_issued(),
        Second("", StateName.WITHDRAWN),
        Second(TERMINAL, StateName.WITHDRAWN, TERMINAL),
    ),
    Race(
        "withdraw-withdraw-of-the-replaced-issue",
        CORRECTED,
        withdraw("second-investigator"),
        withdraw_as_first_issued(),
        Second(TERMINAL, StateName.WITHDRAWN, TERMINAL),
        Second(TERMINAL, StateName.WITHDRAWN, TERMINAL),
    ),
    Race(
        "delivered-withdraw",
        GRANTED,
        DELIVER,
        withdraw(),
        Second("", StateName.WITHDRAWN),
        Second(TERMINAL, StateName.WITHDRAWN, TERMINAL),
    ),
    Race(
        "delivered-delivered",
        GRANTED,
        DELIVER,
        DELIVER,
        Second(NOT_NOW, StateName.TRANSMITTED, NOT_NOW),
        Second(NOT_NOW, StateName.TRANSMITTED, NOT_NOW),
    ),
    Race(
        "receive-withdraw",
        after(GRANTED, DELIVER),
        RECEIVE,
        withdraw(),
        Second("", StateName.WITHDRAWN),
        Second(TERMINAL, StateName.WITHDRAWN, TERMINAL),
    ),
    Race(
        "disclose-disclose-of-other-tasks",
        received(TWO),
        disclose(1),
        disclose(2),
        Second(STALE, StateName.EXECUTING, ""),
        Second(STALE, StateName.EXECUTING, ""),
    ),
    Race(
        "disclose-disclose-of-the-same-task",
        received(TWO),
        disclose(1),
        disclose(1),
        Second(STALE, StateName.EXECUTING, "X_SCOPE_EXCEEDED"),
        Second(STALE, StateName.EXECUTING, "X_SCOPE_EXCEEDED"),
    ),
    Race(
        "disclose-disclose-of-everything",
        received(),
        disclose(1),
        disclose(1),
        Second(STALE, StateName.DELIVERED, NOT_NOW),
        Second(STALE, StateName.DELIVERED, NOT_NOW),
    ),
    Race(
        "preserve-withdraw",
        received(),
        PRESERVE,
        withdraw(),
        Second("", StateName.WITHDRAWN),
        Second(TERMINAL, StateName.WITHDRAWN, TERMINAL),
    ),
    Race(
        "preserve-withdraw-of-a-preservation",
        received(kind=RequestKind.PRESERVATION),
        PRESERVE,
        withdraw(),
        Second("", StateName.WITHDRAWN),
        Second(TERMINAL, StateName.WITHDRAWN, TERMINAL),
    ),
    Race(
        "preserve-disclose",
        received(),
        PRESERVE,
        disclose(1),
        Second(STALE, StateName.PRESERVING, ""),
        Second(NOT_NOW, StateName.DELIVERED, NOT_NOW),
    ),
    Race(
        "refuse-disclose",
        received(),
        refuse(),
        disclose(1),
        Second(TERMINAL, StateName.REFUSED, TERMINAL),
        Second(NOT_NOW, StateName.DELIVERED, NOT_NOW),
    ),
    Race(
        "refuse-disclose-of-one-task",
        received(TWO),
        refuse(),
        disclose(1),
        Second(TERMINAL, StateName.REFUSED, TERMINAL),
        Second("", StateName.REFUSED),
    ),
    Race(
        "refuse-one-task-disclose-the-other",
        received(TWO),
        refuse(2),
        disclose(1),
        Second(STALE, StateName.EXECUTING, ""),
        Second("", StateName.DELIVERED),
    ),
    Race(
        "refuse-withdraw",
        received(),
        refuse(),
        withdraw(),
        Second(TERMINAL, StateName.REFUSED, TERMINAL),
        Second(TERMINAL, StateName.WITHDRAWN, TERMINAL),
    ),
    Race(
        "acknowledge-acknowledge",
        ANSWERED,
        acknowledge("investigator"),
        acknowledge("second-investigator"),
        Second(TERMINAL, StateName.CLOSED, TERMINAL),
        Second(TERMINAL, StateName.CLOSED, TERMINAL),
    ),
    Race(
        "acknowledge-acknowledge-of-a-part",
        PARTLY,
        acknowledge("investigator"),
        acknowledge("second-investigator"),
        Second("X_FIELD_INVALID", StateName.EXECUTING, "X_FIELD_INVALID"),
        Second("X_FIELD_INVALID", StateName.EXECUTING, "X_FIELD_INVALID"),
    ),
    Race(
        "report-excess-acknowledge",
        ANSWERED,
        EXCESS,
        acknowledge("second-investigator"),
        Second("", StateName.CLOSED),
        Second("", StateName.CLOSED),
    ),
    Race(
        "acknowledge-disclose-the-rest",
        PARTLY,
        acknowledge("investigator"),
        disclose(2),
        Second(STALE, StateName.EXECUTING, ""),
        Second("", StateName.DELIVERED),
    ),
    Race(
        "withdraw-acknowledge",
        ANSWERED,
        withdraw(),
        acknowledge("second-investigator"),
        Second("", StateName.WITHDRAWN),
        Second(TERMINAL, StateName.CLOSED, TERMINAL),
    ),
    Race(
        "withdraw-acknowledge-of-a-part",
        PARTLY,
        withdraw(),
        acknowledge("second-investigator"),
        Second("", StateName.WITHDRAWN),
        Second("", StateName.WITHDRAWN),
    ),
    Race(
        "refuse-acknowledge-of-a-part",
        PARTLY,
        refuse(),
        acknowledge("investigator"),
        Second("", StateName.REFUSED),
        Second("", StateName.REFUSED),
    ),
    Race(
        "acknowledge-acknowledge-of-what-crossed-a-withdrawal",
        after(ANSWERED, withdraw()),
        acknowledge("investigator"),
        acknowledge("second-investigator"),
        Second(TERMINAL, StateName.WITHDRAWN, TERMINAL),
        Second(TERMINAL, StateName.WITHDRAWN, TERMINAL),
    ),
    Race(
        "acknowledge-acknowledge-of-what-crossed-a-refusal",
        after(PARTLY, refuse()),
        acknowledge("investigator"),
        acknowledge("second-investigator"),
        Second(TERMINAL, StateName.REFUSED, TERMINAL),
        Second(TERMINAL, StateName.REFUSED, TERMINAL),
    ),
    Race(
        "report-excess-acknowledge-of-what-crossed-a-withdrawal",
        after(ANSWERED, withdraw()),
        EXCESS,
        acknowledge("second-investigator"),
        Second("", StateName.WITHDRAWN),
        Second("", StateName.WITHDRAWN),
    ),
)
