# SPDX-License-Identifier: Apache-2.0
"""Scope of an answer: does every row belong to a granted task, element and window (architecture §7)?

One pure decision at both ends: before sealing, where out-of-scope rows block the release, and after opening, where
excess goes to quarantine. The exchange never runs it, for it sees no rows. Reading rows out of files is the client's.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rogatory.audit.framing import lp, th, u16, u32
from rogatory.protocol import errors, tags
from rogatory.protocol.content import Particulars
from rogatory.protocol.errors import NotVerified
from rogatory.protocol.header import DAY_MS, ascending, require
from rogatory.protocol.statements import GrantedTask


class Reason(StrEnum):
    """Why a row lies outside."""

    TASK_NOT_GRANTED = "TASK_NOT_GRANTED"
    ELEMENT_NOT_GRANTED = "ELEMENT_NOT_GRANTED"
    BEFORE_WINDOW = "BEFORE_WINDOW"
    AFTER_WINDOW = "AFTER_WINDOW"
    TIME_UNKNOWN = "TIME_UNKNOWN"


@dataclass(frozen=True, slots=True)
class ScopeTask:
    """What is granted for one task; both ends of the window belong to it, in milliseconds since the epoch."""

    number: int
    elements: tuple[str, ...]
    since_ms: int
    until_ms: int


@dataclass(frozen=True, slots=True)
class Scope:
    """What a request allows."""

    tasks: tuple[ScopeTask, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One record, or one file as a whole.

    Attributes:
        item: Index of the item that the row is in, from 0.
        task: Number of the task that it answers.
        element: Data element.
        instant_ms: The record's moment, or None.
        since_ms: Where there is no single moment: first moment of what is inside, or None.
        until_ms: Last moment of what is inside, or None.
    """

    item: int
    task: int
    element: str
    instant_ms: int | None = None
    since_ms: int | None = None
    until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Excess:
    """A row outside the scope: its place among all rows, from 0, its item, and why."""

    row: int
    item: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class ScopeReport:
    """How many rows lie inside, and which lie outside."""

    in_scope: int
    excess: tuple[Excess, ...]

    @property
    def fits(self) -> bool:
        """Whether nothing lies outside."""
        return not self.excess


def check_scope(scope: Scope, rows: Iterable[Row]) -> ScopeReport:
    """Decide every row; the first reason that holds is the one reported."""
    tasks = {task.number: task for task in scope.tasks}
    inside, excess = 0, []
    for index, row in enumerate(rows):
        reason = _reason(tasks.get(row.task), row)
        if reason is None:
            inside += 1
        else:
            excess.append(Excess(index, row.item, reason))
    return ScopeReport(inside, tuple(excess))


def _reason(task: ScopeTask | None, row: Row) -> Reason | None:
    if task is None:
        return Reason.TASK_NOT_GRANTED
    if row.element not in task.elements:
        return Reason.ELEMENT_NOT_GRANTED
    since = row.since_ms if row.instant_ms is None else row.instant_ms
    until = row.until_ms if row.instant_ms is None else row.instant_ms
    if since is None or until is None or since > until:
        return Reason.TIME_UNKNOWN
    if since < task.since_ms:
        return Reason.BEFORE_WINDOW
    if until > task.until_ms:
        return Reason.AFTER_WINDOW
    return None


def scope_of(granted: Sequence[GrantedTask], particulars: Mapping[int, Particulars]) -> Scope:
    """Return the scope of a grant: the exact instants of the particulars, cut to the granted days.

    Args:
        granted: The tasks as granted.
        particulars: Opened and matched particulars by task number.

    Raises:
        NotVerified: ``X_SECTION_NOT_OPENED``: particulars of a granted task are missing.
        Invalid: ``X_TIME_RANGE_INVALID``: the granted days leave nothing of the window.
    """
    tasks = []
    for task in granted:
        opened = particulars.get(task.number)
        if opened is None or opened.task != task.number:
            raise NotVerified(errors.X_SECTION_NOT_OPENED, "particulars", "GRANTED_TASK")
        since = max(opened.since.utc_ms, task.first_day * DAY_MS)
        until = min(opened.until.utc_ms, (task.last_day + 1) * DAY_MS - 1)
        require(since <= until, "granted.first_day", "WINDOW", errors.X_TIME_RANGE_INVALID)
        tasks.append(ScopeTask(task.number, task.elements, since, until))
    return Scope(tuple(tasks))


def scope_digest(granted: Sequence[GrantedTask]) -> bytes:
    """Return the digest of a granted scope (log slot 7): u16 count, then number, days and elements of each task.

    Raises:
        Invalid: Tasks or elements are not sorted and unique.
    """
    ascending([task.number for task in granted], "granted")
    parts = [u16(len(granted))]
    for task in granted:
        ascending(task.elements, "granted.elements")
        names = _names(tuple(task.elements))
        parts += [u16(task.number), u32(task.first_day), u32(task.last_day), u16(len(task.elements)), names]
    return th(tags.SCOPE, *parts)


@functools.lru_cache(maxsize=1024)
def _names(elements: tuple[str, ...]) -> bytes:
    """Return the element names as the digest takes them; the same few lists come again and again."""
    return b"".join(lp(element.encode()) for element in elements)
