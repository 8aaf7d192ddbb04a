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
from rogatory.client.session import Session
from rogatory.client.views import RequestView
from rogatory.protocol import errors
from rogatory.protocol.errors import NotVerified, Refused
from rogatory.protocol.header import Task, require
from rogatory.protocol.state import RequestState, StateName
from rogatory.protocol.statements import DecisionCode, GrantedTask, Validate

_PURPOSE = "VALIDATION"


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
    """Return the requests that wait for this unit's decision."""
    mine = session.me.address
    return await list_rows(
        session, _PURPOSE, lambda state: state.name is StateName.ISSUED and state.authority == mine
    )


async def show(session: Session, request_id: bytes) -> Opened:
    """Open a request: every section matched against what was signed; problems are named."""
    view = await session.exchange.get_request(request_id, _PURPOSE)
    return await open_view(session, view, _PURPOSE)


async def prepare_grant(
    session: Session, request_id: bytes, narrowing: Narrowing | None = None, *, note: str = ""
) -> Prepared:
    """Prepare a grant of a whole request or of a part.

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
    opened, view = await _decidable(session, request_id)
    state, cut = view.state, narrowing or Narrowing()
    asked = [item.task for item in state.tasks]
    numbers = {task.number for task in asked} | {0}
    named = {*cut.drop_tasks, *cut.since_day, *cut.until_day, *(n for n, _ in cut.drop_elements)}
    require(named <= numbers, "narrowing", "TASK_EXISTS")
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
        Refused: Not waiting for a decision, or the pack does not list the code.
    """
    return await _negative(session, request_id, DecisionCode.RETURN, code, note)


async def prepare_refuse(session: Session, request_id: bytes, code: str, *, note: str = "") -> Prepared:
    """Prepare a refusal, which ends the request.

    Raises:
        Refused: Not waiting for a decision, or the pack does not list the code.
    """
    return await _negative(session, request_id, DecisionCode.REFUSE, code, note)


async def _negative(
    session: Session, request_id: bytes, decision: DecisionCode, code: str, note: str
) -> Prepared:
    opened, view = await _decidable(session, request_id)
    if code not in view.pack.refusal["authority"]:
        raise Refused(errors.X_FIELD_INVALID, "body.code", view.pack.rule("refusal/authority"))
    body = Validate(decision=decision, code=code, opened=_own_sections(opened, view.state))
    state = view.state
    return answer(session, view, body, state.agency, state.issue_digest, note=note, opened=opened)


async def _decidable(session: Session, request_id: bytes) -> tuple[Opened, RequestView]:
    view = await session.exchange.get_request(request_id, _PURPOSE)
    if view.state.name is not StateName.ISSUED or view.state.authority != session.me.address:
        raise Refused(errors.X_STATE_NOT_ALLOWED, "request_id", f"STATE.{view.state.name.name}")
    return await open_view(session, view, _PURPOSE), view


def _grounds_opened(opened: Opened, state: RequestState) -> None:
    ref = state.grounds()
    if ref is None or ref.object_digest not in opened.objects:
        raise NotVerified(errors.X_SECTION_NOT_OPENED, "grounds", "SECTION.OPENED")


def _own_sections(opened: Opened, state: RequestState) -> tuple[bytes, ...]:
    """The request's sections that were opened and match, sorted; all of them are listed, as in the log."""
    existing = {ref.object_digest for ref in state.sections}
    return tuple(sorted(existing & set(opened.objects)))
