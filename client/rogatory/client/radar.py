# SPDX-License-Identifier: Apache-2.0
"""Retention radar: what of the own drafts and open requests a provider will have deleted, and when.

From the provider's signed catalogue and the windows that were asked for. A catalogue is the provider's word about its
practice: a row is a warning and no proof that data exist, and what nobody declared is said to be unknown. Pure but for
``look_around``; nothing is signed or sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from rogatory.client.addressbook import find_provider
from rogatory.client.draft_checks import parse
from rogatory.client.drafts import DraftRequest, DraftTask, list_drafts, load_draft, new_draft
from rogatory.client.requests import standing
from rogatory.client.session import Session
from rogatory.client.views import RequestView
from rogatory.protocol.catalogues import TERM_CUSTOMER, TERM_NOT_HELD, Catalogue
from rogatory.protocol.errors import RogatoryError
from rogatory.protocol.header import DAY_MS, Address
from rogatory.protocol.ids import Clock, Entropy
from rogatory.protocol.state import TERMINAL, RequestState, StateName
from rogatory.protocol.statements import RequestKind

# The provider has said that it has frozen what was asked, and has not let go.
_FROZEN: Final = frozenset({StateName.PRESERVED, StateName.EXTENDED, StateName.HELD_FOR_PRODUCTION})


class Outlook(StrEnum):
    """What becomes of data of an element for a window."""

    GOING = "GOING"  # the earliest day that is still held is gone at a known moment
    GONE = "GONE"  # all of the window is past its time
    STAYS = "STAYS"  # as long as the customer is one
    NOT_HELD = "NOT_HELD"
    UNKNOWN = "UNKNOWN"  # nobody has declared it


@dataclass(frozen=True, slots=True)
class Watched:
    """One task of a draft or of an open request.

    ``state`` is None for a draft that is not sent; ``identifier`` is empty where only its commitment is known here.
    """

    request_id: str
    kind: RequestKind
    state: StateName | None
    provider: Address
    task: int
    elements: tuple[str, ...]
    first_day: int
    last_day: int
    identifier: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Blip:
    """One element of a watched task.

    Attributes:
        watched: The task.
        element: Data element.
        outlook: What becomes of it.
        day: The next UTC day of the window to go; the last one where all are gone, 0 where nothing goes.
        gone_ms: When that day is gone; 0 where nothing goes.
        preservation: Request id (hex) of the own preservation that asks for the same; empty where there is none.
        frozen: Whether the provider has said that it did that.
    """

    watched: Watched
    element: str
    outlook: Outlook
    day: int = 0
    gone_ms: int = 0
    preservation: str = ""
    frozen: bool = False


def outlook(
    catalogue: Catalogue | None, element: str, window: tuple[int, int], now_ms: int
) -> tuple[Outlook, int, int]:
    """Return what becomes of an element over a window of whole UTC days, the next day to go, and when it is gone."""
    held = catalogue.holding(element) if catalogue is not None else None
    if held is None or catalogue is None:
        return Outlook.UNKNOWN, 0, 0
    if held.term == TERM_CUSTOMER:
        return Outlook.STAYS, 0, 0
    if held.term == TERM_NOT_HELD:
        return Outlook.NOT_HELD, 0, 0
    first, last = window
    # A day is gone when its last moment is as old as the term is long.
    next_day = max(first, (now_ms // DAY_MS) - held.days)
    day = min(next_day, last)
    gone_ms = catalogue.gone_ms(element, day) or 0
    return (Outlook.GOING if gone_ms > now_ms else Outlook.GONE), day, gone_ms


def scan(
    watched: Iterable[Watched], catalogues: dict[Address, Catalogue | None], now_ms: int
) -> tuple[Blip, ...]:
    """Return a row for each element: what goes next first; then what is gone, stays, is not held, unknown; frozen ones last."""
    tasks = tuple(watched)
    order = list(Outlook)
    found = [blip for item in tasks for blip in _blips(item, catalogues.get(item.provider), tasks, now_ms)]

    def urgency(blip: Blip) -> tuple[bool, int, int, str, int]:
        item = blip.watched
        return blip.frozen, order.index(blip.outlook), blip.gone_ms, item.request_id, item.task

    return tuple(sorted(found, key=urgency))


def preserving(
    draft: DraftRequest, blip: Blip, clock: Clock, entropy: Entropy, pack_id: str = ""
) -> DraftRequest:
    """Return the draft of a preservation of a row's whole task; what was drafted about the case goes with it.

    Args:
        draft: The draft of the row's request.
        blip: The row.
        clock: For the new request id.
        entropy: The same.
        pack_id: Another regime, where the draft's own knows no preservation.
    """
    kept = replace(
        draft,
        kind=RequestKind.PRESERVATION.name,
        pack_id=pack_id or draft.pack_id,
        tasks=(draft.tasks[blip.watched.task - 1],),
        preservation="",
        together="",
        request_id="",
    )
    return new_draft(kept, clock, entropy)


async def look_around(session: Session) -> tuple[Blip, ...]:
    """Return the radar over the drafts of this profile and the open requests of its party."""
    now_ms = session.clock.now_ms()
    views = {view.request_id.hex(): view for view in await _views(session)}
    watched = [*_drafted(session, views), *(item for view in views.values() for item in _asked(view))]
    drafted = {(item.request_id, item.task) for item in watched if item.identifier[0]}
    tasks = [item for item in watched if item.identifier[0] or (item.request_id, item.task) not in drafted]
    catalogues = {item.provider: session.exchange.catalogues.of(item.provider, now_ms) for item in tasks}
    return scan(tasks, catalogues, now_ms)


def _blips(
    item: Watched, catalogue: Catalogue | None, tasks: tuple[Watched, ...], now_ms: int
) -> Iterator[Blip]:
    for element in item.elements:
        what, day, gone_ms = outlook(catalogue, element, (item.first_day, item.last_day), now_ms)
        covers = [other for other in tasks if _covers(other, item, element)]
        best = max(covers, key=lambda other: other.state in _FROZEN, default=None)
        preservation = best.request_id if best is not None else ""
        yield Blip(
            item, element, what, day, gone_ms, preservation, best is not None and best.state in _FROZEN
        )


def _covers(other: Watched, item: Watched, element: str) -> bool:
    """Tell whether a preservation that was sent asks for an element of a task; one that is only drafted freezes nothing."""
    return (
        other.kind is RequestKind.PRESERVATION
        and other.state is not None
        and (other is item or (item.identifier[0] != "" and other.identifier == item.identifier))
        and other.provider == item.provider
        and element in other.elements
        and other.first_day <= item.first_day
        and item.last_day <= other.last_day
    )


async def _views(session: Session) -> list[RequestView]:
    """Return the requests of this party: as the exchange has them, or as stored where it is not reached."""
    if not session.online:
        stored = (session.exchange.stored_view(item) for item in session.state.known_requests())
        return [view for view in stored if view is not None]
    tips = await session.exchange.list_requests()
    views = [await standing(session, tip.request_id, "STATUS", tip.last_index) for tip in tips]
    return [view for view in views if view is not None]


def _drafted(session: Session, views: dict[str, RequestView]) -> Iterator[Watched]:
    """Yield the tasks of drafts, unless their request has ended or what they asked for has come."""
    for name in list_drafts(session.profile):
        draft = load_draft(session.profile, name)
        view = views.get(draft.request_id)
        for i, task in enumerate(draft.tasks, 1):
            if view is None or _open(view.state, i):
                try:
                    yield _of_draft(session, draft, i, task, view.state.name if view is not None else None)
                except RogatoryError:
                    continue  # no such provider or time yet; `request lint` says which


def _of_draft(
    session: Session, draft: DraftRequest, number: int, task: DraftTask, state: StateName | None
) -> Watched:
    return Watched(
        draft.request_id,
        RequestKind[draft.kind] if draft.kind in RequestKind.__members__ else RequestKind.DISCLOSURE,
        state,
        find_provider(session, draft.provider, "draft.provider").address,
        number,
        tuple(sorted(set(task.elements))),
        parse(task.since, "draft").utc_ms // DAY_MS,
        parse(task.until, "draft").utc_ms // DAY_MS,
        (task.identifier_type, task.identifier),
    )


def _asked(view: RequestView) -> Iterator[Watched]:
    for item in view.state.tasks:
        if _open(view.state, item.task.number):
            task = item.task
            yield Watched(
                view.request_id.hex(),
                view.state.kind,
                view.state.name,
                view.state.provider,
                task.number,
                task.elements,
                task.first_day,
                task.last_day,
            )


def _open(state: RequestState, number: int) -> bool:
    """Tell whether a task still waits for its data; a preservation is open until it has ended, since it can lapse."""
    if state.name in TERMINAL:
        return False
    if state.kind is RequestKind.PRESERVATION:
        return True
    return any(item.task.number == number and not item.outcome for item in state.tasks)
