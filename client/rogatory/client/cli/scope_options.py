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
) -> Narrowing:
    """Return what the options leave out.

    Raises:
        UsageError: An option does not have its form.
    """
    return Narrowing(
        drop_tasks=frozenset(drop_task or ()),
        drop_elements=frozenset(numbered(text, "--drop-element") for text in drop_element or ()),
        since_day=days_of(since or (), "--since"),
        until_day=days_of(until or (), "--until"),
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
