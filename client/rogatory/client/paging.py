# SPDX-License-Identifier: Apache-2.0
"""Who is called when: from next steps, the roster, what was called before and who has looked, to the calls due now (pure).

A *notice* is something that people must hear of: a step that begins, a term that is about to end, one that is over. It is called
out once to the first on duty; without a ``page_ack`` (or any other signed act of the party, which shows as much) the next one is called after
the roster's ten minutes, and so on. Nothing is sent here and no clock is read: same input, same calls, also after a restart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from rogatory.client.roster import Roster, covered, on_duty

MINUTE: Final = 60_000
ARRIVED: Final = "ARRIVED"
REMIND: Final = "REMIND"
OVERDUE: Final = "OVERDUE"
EMERGENCY: Final = "EMERGENCY"
DUE_SOON: Final = "DUE_SOON"
ROUTINE: Final = "ROUTINE"
MAX_ROUNDS: Final = 6  # of the whole order, for what is urgent; what is not goes through it once
_FIRST_PAUSE: Final = MINUTE // 2
_LONGEST_PAUSE: Final = 5 * MINUTE
Key = tuple[bytes, str, bytes, int, str, int]


@dataclass(frozen=True, slots=True)
class Look:
    """A signed act of the own party by which somebody there shows to have seen something; ``about`` of a ``page_ack`` only."""

    index: int
    about: bytes = b""
    time_ms: int = 0


@dataclass(frozen=True, slots=True)
class Duty:
    """A step of the own unit, with the log index and the time of the statement since which it is owed.

    ``step`` is the same for what one person does in one go (read, freeze, answer), so that nobody is called for each part.
    """

    request_id: bytes
    step: str
    about: bytes
    since: int
    since_ms: int
    due_ms: int | None
    quiet: bool
    emergency: bool


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that people must hear of; ``mark`` is the log index after which an act of the party counts as seen."""

    request_id: bytes
    step: str
    about: bytes
    since: int
    cause: str
    due_ms: int
    mark: int
    urgency: str

    @property
    def key(self) -> Key:
        """What makes it the same notice at every look; a term that was moved is another one."""
        return (self.request_id, self.step, self.about, self.since, self.cause, self.due_ms)


@dataclass(frozen=True, slots=True)
class Page:
    """One call to one person, as the journal keeps it.

    ``page_id`` is random and the same in every attempt, so that whoever receives one twice can tell. ``sent_ms`` is 0 until a
    hook has taken it; ``tries`` failed before, the last with ``rule``. ``gap``: nobody was on duty.
    """

    page_id: bytes
    request_id: bytes
    step: str
    about: bytes
    since: int
    cause: str
    due_ms: int
    mark: int
    urgency: str
    person: str
    round: int
    gap: bool
    first_ms: int
    sent_ms: int = 0
    hook: str = ""
    tries: int = 0
    next_ms: int = 0
    rule: str = ""

    @property
    def key(self) -> Key:
        """Which notice it belongs to."""
        return (self.request_id, self.step, self.about, self.since, self.cause, self.due_ms)


@dataclass(frozen=True, slots=True)
class Call:
    """What to do now for a notice: call this person; ``again`` is an earlier page that no hook has taken yet."""

    notice: Notice
    person: str
    round: int
    gap: bool
    again: Page | None = None


def notices(duties: Iterable[Duty], roster: Roster, last_index: int, now_ms: int) -> Iterator[Notice]:
    """Yield what people must hear of one request at an instant; of reminders the tightest that has come.

    Args:
        duties: The own unit's.
        roster: For how long before a term ends people are reminded.
        last_index: Log index of the request's last statement.
        now_ms: The instant.
    """
    for duty in duties:
        cause, due = ARRIVED, 0
        if duty.due_ms is not None:
            passed = [m for m in roster.remind_minutes if duty.since_ms < duty.due_ms - m * MINUTE <= now_ms]
            if duty.due_ms <= now_ms:
                cause, due = OVERDUE, duty.due_ms
            elif passed:
                cause, due = f"{REMIND}.{min(passed)}", duty.due_ms
        if cause == ARRIVED and duty.quiet:
            continue
        mark = duty.since if cause == ARRIVED else last_index
        urgency = _urgency(duty, cause)
        yield Notice(duty.request_id, duty.step, duty.about, duty.since, cause, due, mark, urgency)


def _urgency(duty: Duty, cause: str) -> str:
    if duty.emergency:
        return EMERGENCY
    if cause == ARRIVED:
        return ROUTINE
    return OVERDUE if cause == OVERDUE else DUE_SOON


def next_call(
    notice: Notice, pages: Sequence[Page], looks: Iterable[Look], roster: Roster, now_ms: int
) -> Call | None:
    """Return whom to call for a notice now, or None.

    Args:
        notice: What it is about.
        pages: Calls for this very notice so far, oldest first.
        looks: Acts of the own party in the request.
        roster: Who is on duty.
        now_ms: The instant.
    """
    if seen(notice, pages, looks):
        return None
    order, gap = _order(notice, roster, now_ms)
    if not pages:
        return Call(notice, order[0], 0, gap) if order else None
    last = pages[-1]
    if now_ms - last.first_ms >= roster.escalate_minutes * MINUTE and order:
        called = {page.person for page in pages if page.round == last.round}
        rest = [person for person in order if person not in called]
        if rest:
            return Call(notice, rest[0], last.round, gap)
        if notice.urgency != ROUTINE and last.round + 1 < MAX_ROUNDS:
            return Call(notice, order[0], last.round + 1, gap)
    if not last.sent_ms and now_ms >= last.next_ms:
        return Call(notice, last.person, last.round, last.gap, last)
    return None


def seen(notice: Notice, pages: Sequence[Page], looks: Iterable[Look]) -> bool:
    """Tell whether somebody of the party has looked since the notice began.

    A ``page_ack`` counts for what it names; any other act shows that a person is at work on the request.
    """
    mark = pages[0].mark if pages else notice.mark
    return _look_after(mark, notice.about, looks) is not None


def seen_ms(page: Page, looks: Iterable[Look]) -> int:
    """Return when somebody of the party looked, by the log's time, after a page was due; 0 for not yet."""
    found = _look_after(page.mark, page.about, looks)
    return found.time_ms if found is not None else 0


def _look_after(mark: int, about: bytes, looks: Iterable[Look]) -> Look | None:
    return next((look for look in looks if look.index > mark and look.about in {b"", about}), None)


def failed(page: Page, rule: str, now_ms: int) -> Page:
    """Return a page after an attempt that no hook took, with the instant of the next: half a minute, then twice as long."""
    pause = min(_FIRST_PAUSE * 2 ** min(page.tries, 10), _LONGEST_PAUSE)
    return replace(page, tries=page.tries + 1, next_ms=now_ms + pause, rule=rule)


def _order(notice: Notice, roster: Roster, now_ms: int) -> tuple[tuple[str, ...], bool]:
    """Return whom to call in which order, and whether that is because nobody is on duty.

    What is not urgent waits while only those are on duty who are woken for what is.
    """
    order = on_duty(roster, now_ms, urgent=notice.urgency != ROUTINE)
    if order or covered(roster, now_ms):
        return order, False
    return roster.fallback, True
