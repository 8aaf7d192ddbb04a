# SPDX-License-Identifier: Apache-2.0
"""The desk of a validating authority: what waits, what is inside, grant, narrow, return, refuse.

A grant is prepared only when grounds and every granted task's particulars were opened here and match the signed header.
A narrowing only drops tasks or elements and shrinks windows. Whether a request deserves a grant is the person's
decision, never this module's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from rogatory.client.composing import Opened, Prepared, answer
from rogatory.client.requests import RequestRow, list_rows, open_view, require_matched
from rogatory.client.reviews import enforcing_refusal
from rogatory.client.session import Session
from rogatory.client.views import RequestView
from rogatory.protocol import errors
from rogatory.protocol.errors import NotVerified, Refused
from rogatory.protocol.header import Task, require
from rogatory.protocol.state import HoldName, Open, RequestState, StateName
from rogatory.protocol.statements import DecisionCode, GrantedTask, Validate
from rogatory.protocol.terms import ENFORCING

_PURPOSE = "VALIDATION"
_LATER = (HoldName.EX_POST_VALIDATION_PENDING, HoldName.WIDENING_PENDING)


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What a grant leaves out; task number 0 stands for all tasks.

    Attributes:
        drop_tasks: Numbers of tasks not granted.
        drop_elements: (task number, element) pairs not granted.
        since_day: First granted day by task number, days since the epoch.
        until_day: Last granted day by task number.
    """

    drop_tasks: frozenset[int] = frozenset()
    drop_elements: frozenset[tuple[int, str]] = frozenset()
    since_day: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))
    until_day: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def named(self) -> frozenset[int]:
        """Numbers of the tasks that it speaks of."""
        dropped = (number for number, _ in self.drop_elements)
        return frozenset({*self.drop_tasks, *self.since_day, *self.until_day, *dropped})

    def applied(self, task: Task | GrantedTask) -> GrantedTask | None:
        """Return what is left of a task, or None.

        Raises:
            Refused: ``X_SCOPE_EXCEEDED``: the window would grow.
            Invalid: Nothing is left of its elements or its window; drop the task instead.
        """
        if task.number in self.drop_tasks:
            return None
        at = f"tasks[{task.number}]"
        dropped = {element for number, element in self.drop_elements if number in {0, task.number}}
        first = self._day(self.since_day, task, task.first_day)
        last = self._day(self.until_day, task, task.last_day)
        if first < task.first_day or last > task.last_day:
            raise Refused(errors.X_SCOPE_EXCEEDED, f"{at}.window", "GRANT_NEVER_WIDENS")
        elements = tuple(element for element in task.elements if element not in dropped)
        require(elements, f"{at}.elements", "PRESENT", errors.X_FIELD_MISSING)
        require(first <= last, f"{at}.last_day", "WINDOW", errors.X_TIME_RANGE_INVALID)
        return GrantedTask(task.number, elements, first, last)

    @staticmethod
    def _day(days: Mapping[int, int], task: Task | GrantedTask, otherwise: int) -> int:
        return days.get(task.number, days.get(0, otherwise))


async def queue(session: Session) -> tuple[RequestRow, ...]:
    """Return the requests that wait for this unit's decision: new ones, emergencies to be validated, larger scopes.

    An enforcing authority's are those that it was notified of and has not spoken on.
    """
    return await list_rows(
        session, _PURPOSE, lambda state: _waits(session, state) or _reviewed(session, state)
    )


def _waits(session: Session, state: RequestState) -> bool:
    if state.authority != session.me.address:
        return False
    return state.name is StateName.ISSUED or any(state.held(name) for name in _LATER)


def _reviewed(session: Session, state: RequestState) -> bool:
    told = any(item.name == ENFORCING and not item.met and not item.fired for item in state.obligations)
    return state.enforcing == session.me.address and told


async def show(session: Session, request_id: bytes) -> Opened:
    """Open a request: every section matched against what was signed; problems are named."""
    view = await session.exchange.get_request(request_id, _PURPOSE)
    return await open_view(session, view, _PURPOSE)


async def prepare_grant(
    session: Session, request_id: bytes, narrowing: Narrowing | None = None, *, note: str = ""
) -> Prepared:
    """Prepare a grant: of a request, whole or in part; after an emergency issue; or of a larger scope that waits.

    A larger scope is granted as it stands or not at all. Where both an emergency and a larger scope wait, the emergency comes
    first, for nothing may be built on it before.

    Args:
        session: With unlocked keys.
        request_id: The request.
        narrowing: What is left out; nothing unless given.
        note: Words, sealed to the provider's unit and one's own.

    Raises:
        NotVerified: A section does not open or match, by its own code and rule.
        Refused: Not waiting for a decision, or the grant would widen what was asked.
        Invalid: The narrowing leaves nothing.
    """
    view = await _seen(session, request_id)
    opened = await _decidable(session, view)
    state, cut = view.state, narrowing or Narrowing()
    larger = _larger(state)
    if larger is not None:
        return _widening(session, view, opened, larger, cut, note)
    asked = [item.task for item in state.tasks]
    numbers = {task.number for task in asked} | {0}
    require(cut.named <= numbers, "narrowing", "TASK_EXISTS")
    granted = tuple(left for left in (cut.applied(task) for task in asked) if left is not None)
    require(granted, "narrowing", "SOMETHING_LEFT")
    require_matched(opened, state, (task.number for task in granted))
    _grounds_opened(opened, state)
    whole = granted == tuple(GrantedTask(t.number, t.elements, t.first_day, t.last_day) for t in asked)
    body = Validate(
        decision=DecisionCode.GRANT if whole else DecisionCode.GRANT_NARROWED,
        granted=granted,
        opened=_own_sections(opened, state),
    )
    return answer(session, view, body, state.provider, state.issue_digest, note=note, opened=opened)


async def prepare_return(session: Session, request_id: bytes, code: str, *, note: str = "") -> Prepared:
    """Prepare a return: the agency may send a better request under the same id.

    Raises:
        Refused: Not waiting for a decision, sent before its validation, or the pack does not list the code.
    """
    return await _negative(session, await _seen(session, request_id), DecisionCode.RETURN, code, note)


async def prepare_refuse(
    session: Session,
    request_id: bytes,
    code: str,
    tasks: tuple[int, ...] = (),
    *,
    conditional: bool = False,
    note: str = "",
) -> Prepared:
    """Prepare a refusal: of the validating authority, which ends the request, or of the enforcing one.

    Args:
        session: With unlocked keys.
        request_id: The request.
        code: Reason of the pack's list.
        tasks: What the enforcing authority refuses; the whole unless given.
        conditional: The enforcing authority lets the data be used under the conditions of the note.
        note: Words, sealed.

    Raises:
        Refused: Not waiting for this unit, the pack does not list the code, or only an enforcing authority may say so.
    """
    view = await _seen(session, request_id)
    if view.state.enforcing == session.me.address != view.state.authority:
        return enforcing_refusal(session, view, code, tasks, conditional=conditional, note=note)
    if tasks or conditional:
        raise Refused(errors.X_FIELD_INVALID, "body.tasks", "ENFORCING_ONLY")
    return await _negative(session, view, DecisionCode.REFUSE, code, note)


async def _negative(
    session: Session, view: RequestView, decision: DecisionCode, code: str, note: str
) -> Prepared:
    state, opened = view.state, await _decidable(session, view)
    if code not in view.pack.refusal["authority"]:
        raise Refused(errors.X_FIELD_INVALID, "body.code", view.pack.rule("refusal/authority"))
    larger = _larger(state)
    if decision is DecisionCode.RETURN and larger is None and state.name is not StateName.ISSUED:
        raise Refused(errors.X_STATE_NOT_ALLOWED, "body.decision", "EX_POST_GRANT_OR_REFUSE")
    body = Validate(decision=decision, code=code, opened=_own_sections(opened, state))
    about = larger.digest if larger is not None else state.issue_digest
    return answer(session, view, body, state.agency, about, note=note, opened=opened)


async def _seen(session: Session, request_id: bytes) -> RequestView:
    return await session.exchange.get_request(request_id, _PURPOSE)


async def _decidable(session: Session, view: RequestView) -> Opened:
    if not _waits(session, view.state):
        raise Refused(errors.X_STATE_NOT_ALLOWED, "request_id", f"STATE.{view.state.name.name}")
    return await open_view(session, view, _PURPOSE)


def _larger(state: RequestState) -> Open | None:
    """Return the larger scope that is to be decided on now."""
    if state.held(HoldName.EX_POST_VALIDATION_PENDING) is not None:
        return None
    return state.held(HoldName.WIDENING_PENDING)


def _widening(
    session: Session, view: RequestView, opened: Opened, larger: Open, cut: Narrowing, note: str
) -> Prepared:
    state = view.state
    require(not cut.named, "narrowing", "WIDENING_AS_ASKED")
    require_matched(opened, state, (task.number for task in larger.granted))
    _grounds_opened(opened, state)
    body = Validate(DecisionCode.GRANT, "", larger.granted, _own_sections(opened, state))
    return answer(session, view, body, state.provider, larger.digest, note=note, opened=opened)


def _grounds_opened(opened: Opened, state: RequestState) -> None:
    ref = state.grounds()
    if ref is None or ref.object_digest not in opened.objects:
        raise NotVerified(errors.X_SECTION_NOT_OPENED, "grounds", "SECTION.OPENED")


def _own_sections(opened: Opened, state: RequestState) -> tuple[bytes, ...]:
    """The request's sections that were opened and match, sorted; all of them are listed, as in the log."""
    existing = {ref.object_digest for ref in state.sections}
    return tuple(sorted(existing & set(opened.objects)))
