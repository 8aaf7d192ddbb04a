# SPDX-License-Identifier: Apache-2.0
"""Options that leave out part of a scope, and how a command line writes days and moments.

Shared by a grant, a proposal and an amendment, so that one thing is written in one way. Whether what is left may be asked
for is not known here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Final

import typer

from rogatory.client.authority import Narrowing
from rogatory.client.cli.draft_input import number_of
from rogatory.client.cli.session import UsageError
from rogatory.protocol.errors import Invalid
from rogatory.protocol.instants import parse_instant

NARROW = Annotated[
    list[str] | None,
    typer.Option(
        metavar="[N:]WHAT", help="Less of task N or of all: drop, without=ELEMENT, window=DAY..DAY; repeat."
    ),
]
DROP_TASK = Annotated[list[int] | None, typer.Option(metavar="N", min=1, help="Leave out a task; repeat.")]
DROP_ELEMENT = Annotated[
    list[str] | None, typer.Option(metavar="[N:]ELEMENT", help="Leave out an element, of task N or of all.")
]
SINCE = Annotated[list[str] | None, typer.Option(metavar="[N:]DAY", help="First day, such as 2026-11-03.")]
UNTIL = Annotated[list[str] | None, typer.Option(metavar="[N:]DAY", help="Last day, included.")]
TASK = Annotated[list[int] | None, typer.Option(metavar="N", min=1, help="Only this task; repeat.")]
_EPOCH: Final = dt.date(1970, 1, 1)


def narrowing_of(
    drop_task: Sequence[int] | None,
    drop_element: Sequence[str] | None,
    since: Sequence[str] | None,
    until: Sequence[str] | None,
    narrow: Sequence[str] | None = None,
) -> Narrowing:
    """Return what the options leave out; ``narrow`` says the same as the others in one option.

    Raises:
        UsageError: An option does not have its form.
    """
    tasks, elements = list(drop_task or ()), list(drop_element or ())
    firsts, lasts = list(since or ()), list(until or ())
    for text in narrow or ():
        number, what = numbered(text, "--narrow")
        at = f"{number}:" if number else ""
        word, _, value = what.partition("=")
        first, dots, last = value.partition("..")
        if what == "drop" and number:
            tasks.append(number)
        elif word == "without" and value:
            elements.append(f"{at}{value}")
        elif word == "window" and dots and first and last:
            firsts.append(f"{at}{first}")
            lasts.append(f"{at}{last}")
        else:
            raise UsageError(
                "The form is N:drop, [N:]without=ELEMENT or [N:]window=DAY..DAY.", "--narrow", "FORM"
            )
    return Narrowing(
        drop_tasks=frozenset(tasks),
        drop_elements=frozenset(numbered(text, "--drop-element") for text in elements),
        since_day=days_of(firsts, "--since"),
        until_day=days_of(lasts, "--until"),
    )


def tasks_of(numbers: Sequence[int] | None) -> tuple[int, ...]:
    """Return the tasks that were named, ascending."""
    return tuple(sorted(set(numbers or ())))


def day_of(text: str, option: str) -> int:
    """Return a day as days since the epoch.

    Raises:
        UsageError: It is no day.
    """
    try:
        return (dt.date.fromisoformat(text) - _EPOCH).days
    except ValueError as error:
        raise UsageError(f"{option} takes a day such as 2026-11-03.", option, "DAY") from error


def moment_of(text: str, option: str) -> int:
    """Return a moment with an offset in milliseconds since the epoch.

    Raises:
        UsageError: It is no moment, or two.
    """
    try:
        return parse_instant(text, "", option).utc_ms
    except Invalid as error:
        raise UsageError(
            f"{option} takes a moment with an offset, such as 2026-11-02T08:15:00+01:00.", option, "MOMENT"
        ) from error


def numbered(text: str, option: str) -> tuple[int, str]:
    """Return task number (0 for all tasks) and value of ``N:VALUE`` or ``VALUE``."""
    number, colon, value = text.partition(":")
    if not colon:
        return 0, text
    if not value:
        raise UsageError("The form is VALUE, or N:VALUE for task N.", option, "FORM")
    return number_of(number, option), value


def days_of(texts: Sequence[str], option: str) -> dict[int, int]:
    """Return days by task number (0 for all tasks).

    Raises:
        UsageError: One is no day, or names a task twice.
    """
    days: dict[int, int] = {}
    for text in texts:
        number, value = numbered(text, option)
        if number in days:
            raise UsageError(f"{option} names a task twice.", option, "ONCE")
        days[number] = day_of(value, option)
    return days
