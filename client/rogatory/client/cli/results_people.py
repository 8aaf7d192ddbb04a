# SPDX-License-Identifier: Apache-2.0
"""What `--json` says about people: next steps, calls, the roster's gaps. Part of the published schema, like `results`.

Next steps are computed from the reader's own fold and name units by id. Calls come from the profile's own journal; a person in it is
the roster's short key, which means something to this party only. Nothing of it came from the exchange.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rogatory.client.duty import Told
from rogatory.client.paging import Look, Page, seen_ms
from rogatory.protocol.state import RequestState
from rogatory.protocol.steps import next_steps


@dataclass(frozen=True, slots=True)
class StepResult:
    """What a person at a unit has to do next, about which statement; `due_ms` is 0 where no clock runs."""

    code: str
    org: bytes
    unit: bytes
    about: bytes
    due_ms: int


@dataclass(frozen=True, slots=True)
class PageResult:
    """A call to somebody on duty, from the profile's journal.

    `person` and `hook` are keys of the roster. `sent_ms` is 0 until a hook has taken it, `seen_ms` until somebody of the party has
    looked; `tries` failed, the last with `rule`. `gap`: nobody was on duty.
    """

    page_id: bytes
    step: str
    cause: str
    urgency: str
    person: str
    round: int
    gap: bool
    first_ms: int
    sent_ms: int
    seen_ms: int
    hook: str
    tries: int
    rule: str


@dataclass(frozen=True, slots=True)
class ToldResult:
    """Something that the pager did, or could not do; one of these on each line of `duty run --json`.

    `what` is SENT, FAILED (tried again later), PLANNED (a dry run) or TROUBLE (with the exchange, or one request).
    """

    what: str
    request_id: bytes
    page: PageResult | None
    code: str
    rule: str


@dataclass(frozen=True, slots=True)
class OnDutyResult:
    """Somebody on duty, in the order of escalation; `urgent_only` is woken for an emergency or a term that ends."""

    person: str
    name: str
    urgent_only: bool


@dataclass(frozen=True, slots=True)
class GapResult:
    """A time in which nobody is on duty."""

    since_ms: int
    until_ms: int


@dataclass(frozen=True, slots=True)
class RosterResult:
    """The roster of a unit: who is on duty now, when nobody is within the days looked at, when the pager last looked (0: never)."""

    unit: bytes
    zone: str
    now_ms: int
    on_duty: tuple[OnDutyResult, ...]
    days: int
    gaps: tuple[GapResult, ...]
    looked_ms: int


def step_results(state: RequestState) -> tuple[StepResult, ...]:
    """Return the next steps of a request."""
    return tuple(
        StepResult(step.code, step.unit.org, step.unit.unit, step.about, step.due_ms or 0)
        for step in next_steps(state)
    )


def page_results(pages: Iterable[Page], looks: Sequence[Look]) -> tuple[PageResult, ...]:
    """Return calls about one request, oldest first."""
    return tuple(page_result(page, looks) for page in pages)


def page_result(page: Page, looks: Sequence[Look] = ()) -> PageResult:
    """Return one call."""
    return PageResult(
        page.page_id,
        page.step,
        page.cause,
        page.urgency,
        page.person,
        page.round,
        page.gap,
        page.first_ms,
        page.sent_ms,
        seen_ms(page, looks),
        page.hook,
        page.tries,
        page.rule,
    )


def told_result(told: Told) -> ToldResult:
    """Return what the pager told."""
    page = page_result(told.page) if told.page is not None else None
    return ToldResult(told.what, told.request_id, page, told.code, told.rule)
