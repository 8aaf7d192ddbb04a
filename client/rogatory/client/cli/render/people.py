# SPDX-License-Identifier: Apache-2.0
"""Rows about people: who has to do what until when, who was called, who has seen it; in local time, for eyes only.

`--json` has the same in ids and milliseconds. An instant of today is shown as an hour, any other with its day, and the zone stands
beside it; what is late is said in words. No row here stands for something signed but where it says so.
"""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Iterator, Sequence
from typing import Final

from rogatory.client.cli.catalogue import meaning
from rogatory.client.cli.people import People
from rogatory.client.cli.render.tree import Row, Section, bytes_row, text_row
from rogatory.client.cli.results import StatementResult
from rogatory.client.cli.results_people import (
    GapResult,
    PageResult,
    RosterResult,
    StepResult,
    ToldResult,
)

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_SEEN: Final = "PAGE_ACK"
_DELIVERED: Final = "DELIVERED"
_READ: Final = frozenset({"RECEIVE", "PRESERVE", "REFUSE", "DISCLOSE"})


def local_time(ms: int, now_ms: int, zone: str) -> str:
    """Return an instant by the clocks of a zone (of this machine where none is named), with its day unless it is today."""
    try:
        at, now = (_EPOCH + dt.timedelta(milliseconds=value) for value in (ms, now_ms))
        place = zoneinfo.ZoneInfo(zone) if zone else None
        here, today = at.astimezone(place), now.astimezone(place)
    except (OverflowError, ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return f"{ms} ms after 1970-01-01 00:00:00 UTC"
    return f"{here:%H:%M}" if here.date() == today.date() else f"{here:%Y-%m-%d %H:%M}"


def step_rows(steps: Sequence[StepResult], people: People, now_ms: int) -> Iterator[Row]:
    """Yield a row for each next step: who, what, until when."""
    for step in steps:
        who = "you" if step.org == people.own else _name(people, step.org)
        what = f"{who}: {meaning(f'step.{step.code}') or step.code}"
        if step.due_ms:
            late = "OVERDUE since" if step.due_ms <= now_ms else "due"
            what += f", {late} {local_time(step.due_ms, now_ms, people.zone)}"
        yield text_row("next", what, _zone(people) if step.due_ms else "")


def called_row(pages: Sequence[PageResult], people: People, now_ms: int) -> Iterator[Row]:
    """Yield one row with all calls, for a list; nothing where nobody was called."""
    if pages:
        yield text_row("called", "; ".join(_calls(pages, people, now_ms)), _zone(people))


def called_section(pages: Sequence[PageResult], people: People, now_ms: int) -> Iterator[Section]:
    """Yield the timeline of the calls: when, whom, by what, why; and when somebody had looked."""
    rows: list[Row] = []
    for i, page in enumerate(pages):
        again = i > 0 and _notice(pages[i - 1]) == _notice(page)
        why = "nobody had acknowledged the call before" if again else _because(page)
        at = local_time(page.sent_ms or page.first_ms, now_ms, people.zone)
        who = people.contacts.get(page.person, page.person) + (f" by {page.hook}" if page.hook else "")
        rows.append(text_row("called", f"{at}, {who}{_but(page)}", why))
        if _last(pages, i) and page.seen_ms:
            rows.append(
                text_row(
                    "seen", f"{local_time(page.seen_ms, now_ms, people.zone)}, by somebody of your party"
                )
            )
    if rows:
        yield Section(f"Who was called, {_zone(people)}", tuple(rows))


def heard_rows(statements: Sequence[StatementResult], people: People, now_ms: int) -> Iterator[Row]:
    """Yield what the signed statements say about who was reached: services, and people on duty."""
    zone = _zone(people)
    kinds = [item.kind for item in statements]
    for i, item in enumerate(statements):
        at, who = local_time(item.time_ms, now_ms, people.zone), _name(people, item.org)
        if item.kind == _DELIVERED and not _READ & set(kinds[i:]):
            yield text_row(
                "reached", f"{at}, the service of {who}; nobody there has signed to have read it", zone
            )
        if item.kind == _SEEN:
            yield text_row("seen", f"{at}, by a person on duty at {who}", zone)


def told_tree(item: ToldResult, people: People, now_ms: int) -> Section:
    """Return one thing that the pager did, or could not do."""
    rows = [bytes_row("request", item.request_id)] if item.request_id else []
    if item.page is not None:
        page = item.page
        rows.append(text_row("person", people.contacts.get(page.person, page.person)))
        rows.append(text_row("urgency", page.urgency, meaning(page.urgency, "urgency"), strict=True))
        rows.append(text_row("because of", _because(page)))
        rows.append(
            text_row(
                "at", local_time(page.sent_ms or now_ms, now_ms, people.zone), people.zone or "local time"
            )
        )
        if page.hook:
            rows.append(text_row("by", page.hook))
    if item.code:
        rows.append(
            text_row("code", f"{item.code} {item.rule}".strip(), meaning(item.code, "told"), strict=True)
        )
    return Section(meaning(item.what, "told") or item.what, tuple(rows))


def roster_tree(found: RosterResult, now_ms: int) -> Section:
    """Return who is on duty, and when nobody is."""
    rows: list[Row | Section] = [bytes_row("unit", found.unit), text_row("zone", found.zone)]
    rows += [
        text_row("on duty", item.name, "woken for what is urgent" if item.urgent_only else "")
        for item in found.on_duty
    ]
    if not found.on_duty:
        rows.append(text_row("on duty", "NOBODY", "the fallback is called"))
    looked = local_time(found.looked_ms, now_ms, found.zone) if found.looked_ms else "never"
    rows.append(text_row("pager looked", looked))
    rows.append(text_row("days looked at", str(found.days)))
    rows += [_gap(item, found.zone, now_ms) for item in found.gaps]
    if not found.gaps:
        rows.append(text_row("gaps", "none"))
    return Section("Duty roster", tuple(rows))


def _gap(item: GapResult, zone: str, now_ms: int) -> Row:
    since, until = local_time(item.since_ms, now_ms, zone), local_time(item.until_ms, now_ms, zone)
    return text_row("GAP", f"{since} to {until}, nobody is on duty")


def _calls(pages: Sequence[PageResult], people: People, now_ms: int) -> Iterator[str]:
    """Yield each call in a few words, and at the end of each notice whether somebody has looked."""
    for i, page in enumerate(pages):
        at = local_time(page.sent_ms or page.first_ms, now_ms, people.zone)
        words = f"{people.contacts.get(page.person, page.person)} {at}{_but(page)}"
        if _last(pages, i) and page.seen_ms:
            words += f", seen {local_time(page.seen_ms, now_ms, people.zone)}"
        elif _last(pages, i):
            words += ", not seen yet"
        yield words


def _but(page: PageResult) -> str:
    """Return what was wrong with a call."""
    missed = "" if page.sent_ms else f", NOT REACHED ({page.rule or 'being sent'})"
    return f"{missed}, though nobody was on duty" if page.gap else missed


def _notice(page: PageResult) -> tuple[str, str]:
    return (page.step, page.cause)


def _last(pages: Sequence[PageResult], i: int) -> bool:
    return i + 1 == len(pages) or _notice(pages[i + 1]) != _notice(pages[i])


def _zone(people: People) -> str:
    return people.zone or "local time"


def _because(page: PageResult) -> str:
    cause = page.cause.partition(".")[0]
    return f"{meaning(f'step.{page.step}') or page.step}; {meaning(cause, 'cause') or cause}"


def _name(people: People, org: bytes) -> str:
    return people.names.book.get(org) or f"{org.hex()[:8]}..."
