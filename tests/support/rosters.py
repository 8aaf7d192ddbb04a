# SPDX-License-Identifier: Apache-2.0
"""A roster of invented people: a desk by day that takes everything, a night desk that is woken for what is urgent, a head.

Their hook is a command that a test names. Nobody in it exists.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from rogatory.client.hook_settings import Hook
from rogatory.client.roster import DAYS, Contact, Reach, Roster, Shift

ROSTER: Final = Roster(
    zone="Europe/Vienna",
    people={
        "desk": Contact("Day desk (invented)", (Reach("sms", "desk"),)),
        "head": Contact("Head of desk (invented)", (Reach("sms", "head"),)),
        "night": Contact("Night desk (invented)", (Reach("sms", "night"),)),
    },
    shifts=(
        Shift("08:00", "18:00", ("desk", "head"), DAYS),
        Shift("18:00", "08:00", ("night", "head"), DAYS, takes="URGENT"),
    ),
    fallback=("head",),
    hooks={"sms": Hook("COMMAND", argv=("/bin/true",))},
)


def roster(**change: Any) -> Roster:  # noqa: ANN401 - any field of a roster
    """The roster with something else in it; not checked."""
    return replace(ROSTER, **change)
