# SPDX-License-Identifier: Apache-2.0
"""The pager of a unit: looks at its requests, calls who is on duty, calls the next one when nobody acknowledges, reminds.

A long-running service of the party (architecture §13 "nobody awake"). It holds no unlocked key, signs nothing and opens nothing: next steps
come from the own fold, the roster and the journal are the party's own files. With the exchange out of reach it goes on calling
from what it has verified before. A page is written down before and after it is sent; see ``duty_book`` for what a kill in
between means. Who is called when is ``paging``'s matter, never this module's.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from rogatory.client.composing import Prepared
from rogatory.client.duty_book import Pages
from rogatory.client.hook_settings import Hook
from rogatory.client.hooks import Message, send
from rogatory.client.paging import Call, Duty, Look, Page, failed, next_call, notices
from rogatory.client.profile_lock import exclusive
from rogatory.client.requests import standing
from rogatory.client.roster import Roster
from rogatory.client.session import Session
from rogatory.client.speaking import look, order_of, other_side, say
from rogatory.client.views import RequestView, ViewedStatement
from rogatory.client.watch import Heard, watch
from rogatory.protocol import errors
from rogatory.protocol.errors import Refused, RogatoryError, Unavailable
from rogatory.protocol.header import Address, StatementKind
from rogatory.protocol.statements import PageAck
from rogatory.protocol.steps import Step, next_steps

SENT: Final = "SENT"
FAILED: Final = "FAILED"
PLANNED: Final = "PLANNED"
TROUBLE: Final = "TROUBLE"
_PURPOSE: Final = "STATUS"
_BY_MACHINE: Final = frozenset({StatementKind.DELIVERED})
_WORK: Final = frozenset({"RECEIVE", "PRESERVE", "ANSWER"})
_RUNNING: Final = "pages.lock"
_REFRESH: Final = 60.0  # seconds after which the exchange is asked even if the feed says nothing
_AT_ONCE: Final = 8
_LOCK_TRIES: Final = 100
_LOCK_PAUSE: Final = 0.1
Sender = Callable[[Hook, str, Message, Path], None]


@dataclass(frozen=True, slots=True)
class Told:
    """Something that the pager did or could not do.

    Attributes:
        what: ``SENT``, ``FAILED`` (it is tried again), ``PLANNED`` (a dry run) or ``TROUBLE`` (a request or the exchange).
        request_id: The request; empty where it is about the exchange.
        page: The page; None for trouble.
        code: Of what went wrong, with its rule.
        rule: The rule.
    """

    what: str
    request_id: bytes
    page: Page | None = None
    code: str = ""
    rule: str = ""


@dataclass(frozen=True, slots=True)
class _Known:
    """What the pager needs of one request, computed once for each change of it."""

    last_index: int
    duties: tuple[Duty, ...]
    looks: tuple[Look, ...]


@dataclass(slots=True)
class Pager:
    """What a running pager has in hand."""

    session: Session
    roster: Roster
    pages: Pages
    dry_run: bool = False
    sender: Sender = send
    known: dict[bytes, _Known] = field(default_factory=dict)
    broken: dict[bytes, int] = field(default_factory=dict)
    reached: int = 0  # log index from which on something may have changed

    async def refresh(self) -> AsyncIterator[Told]:
        """Take in what has changed at the exchange; what cannot be taken in is told, and the rest goes on."""
        try:
            async with _profile(self.session):
                await self.session.exchange.sync()
                tips = await self.session.exchange.list_requests(self.reached)
        except RogatoryError as error:
            yield Told(TROUBLE, b"", None, error.code, error.rule)
            return
        whole = True
        for tip in tips:
            held = self.known.get(tip.request_id)
            newest = held.last_index if held is not None else -1
            if max(newest, self.broken.get(tip.request_id, -1)) >= tip.last_index:
                continue
            try:
                async with _profile(self.session):
                    view = await standing(self.session, tip.request_id, _PURPOSE, tip.last_index)
            except Unavailable as error:
                whole = False
                yield Told(TROUBLE, tip.request_id, None, error.code, error.rule)
            except RogatoryError as error:
                self.broken[tip.request_id] = tip.last_index  # until it changes again
                yield Told(TROUBLE, tip.request_id, None, error.code, error.rule)
            else:
                if view is not None:
                    self._take(view)
                    continue
                self.known.pop(tip.request_id, None)  # erased: nobody is called for it any more
                self.broken[tip.request_id] = tip.last_index
        if whole and tips:
            self.reached = tips[-1].last_index + 1

    def recall(self) -> None:
        """Take in what the profile has stored, for a start without the exchange."""
        for request_id in self.session.state.known_requests():
            with contextlib.suppress(RogatoryError):
                view = self.session.exchange.stored_view(request_id)
                if view is not None:
                    self._take(view)

    def _take(self, view: RequestView) -> None:
        duties, looks = duties_of(view, self.session.me.address), looks_of(view, self.session.me.org)
        self.known[view.request_id] = _Known(view.state.last_index, duties, looks)

    async def turn(self) -> AsyncIterator[Told]:
        """Make every call that is due now, some at a time, so that a hook that hangs keeps back few others."""
        now = self.session.clock.now_ms()
        room = asyncio.Semaphore(_AT_ONCE)
        calling = [asyncio.ensure_future(self._make(call, room)) for call in self._due(now)]
        try:
            for done in asyncio.as_completed(calling):
                yield await done
        finally:
            for item in calling:
                item.cancel()
        if not self.dry_run:
            self.pages.looked(now)

    def _due(self, now: int) -> Iterator[Call]:
        made = self.pages.by_notice()
        for known in self.known.values():
            for notice in notices(known.duties, self.roster, known.last_index, now):
                call = next_call(notice, made.get(notice.key, ()), known.looks, self.roster, now)
                if call is not None:
                    yield call

    async def _make(self, call: Call, room: asyncio.Semaphore) -> Told:
        """Write a page down, send it by the first hook that takes it, and write down what became of it."""
        async with room:
            return await self._send(call)

    async def _send(self, call: Call) -> Told:
        page = call.again or self._page(call)
        if self.dry_run:
            return Told(PLANNED, page.request_id, page)
        if call.again is None:
            self.pages.write(page, self.session.clock.now_ms())
        rule = ""
        message = Message(page.page_id, page.request_id, page.urgency)
        for way in self.roster.people[page.person].reach if page.person in self.roster.people else ():
            hook = self.roster.hooks[way.hook]
            try:
                await asyncio.to_thread(self.sender, hook, way.to, message, self.session.profile.path)
            except Unavailable as error:
                rule = error.rule
                continue
            done = replace(page, sent_ms=self.session.clock.now_ms(), hook=way.hook, rule=rule)
            self.pages.write(done, done.sent_ms)
            return Told(SENT, page.request_id, done, errors.X_DUTY_GAP if page.gap else "")
        page = failed(page, rule or "PAGE.UNREACHABLE", self.session.clock.now_ms())
        self.pages.write(page, self.session.clock.now_ms())
        return Told(FAILED, page.request_id, page, errors.X_PAGE_FAILED, page.rule)

    def _page(self, call: Call) -> Page:
        notice = call.notice
        return Page(
            page_id=self.session.entropy.token(16),
            request_id=notice.request_id,
            step=notice.step,
            about=notice.about,
            since=notice.since,
            cause=notice.cause,
            due_ms=notice.due_ms,
            mark=notice.mark,
            urgency=notice.urgency,
            person=call.person,
            round=call.round,
            gap=call.gap,
            first_ms=self.session.clock.now_ms(),
        )


def duties_of(view: RequestView, unit: Address) -> tuple[Duty, ...]:
    """Return the steps of a request that are a unit's, each with the place and time since which it is owed."""
    found = []
    for step in next_steps(view.state):
        if step.unit == unit:
            asked = _begin(view, step)
            found.append(
                Duty(
                    view.request_id,
                    in_one_go(step.code),
                    step.about,
                    asked.index,
                    asked.receipt.time_ms,
                    step.due_ms,
                    step.quiet,
                    view.state.emergency,
                )
            )
    return tuple(found)


def in_one_go(code: str) -> str:
    """Return one name for the parts of what a person does in one go."""
    return "WORK" if code in _WORK else code


def _begin(view: RequestView, step: Step) -> ViewedStatement:
    """Return the statement since which a step has been owed without a break."""
    first = view.statements[-1]
    for item in reversed(view.statements):
        owed = {(in_one_go(other.code), other.unit, other.about) for other in next_steps(item.state)}
        if (in_one_go(step.code), step.unit, step.about) not in owed:
            break
        first = item
    return first


def looks_of(view: RequestView, org: bytes) -> tuple[Look, ...]:
    """Return the signed acts by which people of a party show that they have seen a request."""
    found = []
    for item in view.statements:
        header = item.verified.header
        if header.issuer.org == org and header.kind not in _BY_MACHINE:
            about = header.about if header.kind is StatementKind.PAGE_ACK else b""
            found.append(Look(item.index, about, item.receipt.time_ms))
    return tuple(found)


async def page(
    session: Session,
    roster: Roster,
    *,
    every: float,
    once: bool = False,
    dry_run: bool = False,
    sender: Sender = send,
) -> AsyncGenerator[Told]:
    """Run the pager, until the task is cancelled; it goes on from journal and feed where an earlier one ended.

    Args:
        session: Of any profile of the unit; it is left to other commands between two looks.
        roster: Whom to call.
        every: Seconds between two looks at the clock, where nothing happens.
        once: Make the calls that are due now, then end.
        dry_run: Say what would be done; call nobody and write nothing down.
        sender: What sends a page.

    Raises:
        NotVerified: The feed does not hold; what is due was called before.
    """
    with contextlib.ExitStack() as stack:
        if not dry_run:
            _alone(session, stack)
        pager = Pager(session, roster, Pages.open(session.profile), dry_run, sender)
        pager.recall()
        session.release()
        async for told in _look(pager, fresh=True):
            yield told
        if not (once or dry_run):
            async with contextlib.aclosing(_for_ever(pager, every)) as more:
                async for told in more:
                    yield told


def _alone(session: Session, stack: contextlib.ExitStack) -> None:
    """Be the only pager of the profile, or refuse."""
    try:
        stack.enter_context(exclusive(session.profile.folder("state") / _RUNNING))
    except Unavailable as error:
        raise Unavailable(errors.X_TRANSIENT, "profile", "PAGER.RUNNING") from error


async def _for_ever(pager: Pager, every: float) -> AsyncGenerator[Told]:
    woken = asyncio.Event()
    listening = asyncio.create_task(_listen(pager.session, woken))
    now = asyncio.get_running_loop().time
    asked = now()
    try:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(woken.wait(), every)
            fresh = woken.is_set() or now() - asked >= _REFRESH
            woken.clear()
            asked = now() if fresh else asked
            async for told in _look(pager, fresh=fresh):
                yield told
            if listening.done():
                listening.result()
    finally:
        listening.cancel()
        with contextlib.suppress(asyncio.CancelledError, RogatoryError):
            await listening


async def _look(pager: Pager, *, fresh: bool) -> AsyncIterator[Told]:
    if fresh:
        async for told in pager.refresh():
            yield told
    async for told in pager.turn():
        yield told


async def _listen(session: Session, woken: asyncio.Event) -> None:
    """Wake the pager at every event of the feed, whose chain is verified on the way."""
    try:
        async for event in watch(session):
            if isinstance(event, Heard):
                woken.set()
    finally:
        woken.set()


@contextlib.asynccontextmanager
async def _profile(session: Session) -> AsyncIterator[None]:
    """Hold the profile for a look, as soon as another command leaves it.

    Raises:
        Unavailable: ``X_TRANSIENT`` with rule ``PROFILE.LOCKED``: it is not left within a while.
    """
    for again in range(_LOCK_TRIES):
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(session.exclusively())
            except Unavailable:
                if again == _LOCK_TRIES - 1:
                    raise
            else:
                yield
                return
        await asyncio.sleep(_LOCK_PAUSE)


async def prepare_page_ack(session: Session, request_id: bytes, *, about: str = "") -> Prepared:
    """Prepare ``page_ack``: somebody on duty has seen what the unit was called for.

    Args:
        session: With unlocked keys.
        request_id: The request.
        about: Beginning of the digest (hex) of the statement that was seen; that of the unit's most urgent step without it.

    Raises:
        Refused: ``X_NOT_FOUND`` with rule ``ONE_OPEN``: ``about`` names no step of the unit, or several.
    """
    view = await look(session, request_id)
    steps = [step for step in next_steps(view.state) if step.unit == session.me.address]
    digests = dict.fromkeys(
        step.about for step in sorted(steps, key=lambda s: (s.due_ms is None, s.due_ms or 0))
    )
    found = [digest for digest in digests if digest.hex().startswith(about.lower())]
    if about and len(found) != 1:
        raise Refused(errors.X_NOT_FOUND, "about", "ONE_OPEN")
    seen = found[0] if found else order_of(view.state)
    return say(session, view, PageAck(), other_side(session, view.state), seen)
