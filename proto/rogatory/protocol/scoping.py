# SPDX-License-Identifier: Apache-2.0
"""Rules of a smaller or larger scope: the provider proposes, who asked amends, the authority is asked only for more.

A narrowing drops tasks or elements or shrinks windows and needs nobody else; anything else is a widening and waits for the
authority (architecture §2). Nothing reaches beyond what was issued: another identifier is another request.
"""

from __future__ import annotations

from rogatory.protocol import errors
from rogatory.protocol.bodies import DecisionCode, GrantedTask, Validate
from rogatory.protocol.copying import replace
from rogatory.protocol.decision import Decision, refuse
from rogatory.protocol.dialogue import Amend, ProposeNarrowing
from rogatory.protocol.header import Task
from rogatory.protocol.questions import OBJECTIONS, closed
from rogatory.protocol.state import HoldName, Open, RequestState
from rogatory.protocol.terms import progressed

NARROWED = "NARROWED"


def propose_narrowing(state: RequestState, decision: Decision) -> RequestState:
    """The provider proposes a smaller scope; nothing changes until it is taken up."""
    granted = decision.body(ProposeNarrowing).granted
    if not narrower(granted, state) or granted == state.granted:
        refuse(errors.X_SCOPE_EXCEEDED, "body.granted", "PROPOSAL.NARROWS")
    _nothing_delivered_is_dropped(granted, state)
    item = Open(
        "PROPOSAL",
        decision.verified.digest,
        decision.header.issuer.org,
        decision.setting.index,
        False,
        granted,
    )
    return replace(state, proposals=(*state.proposals, item))


def amend(state: RequestState, decision: Decision) -> RequestState:
    """Who asked states the whole scope from now on; a smaller one about an objection answers it."""
    granted, about = decision.body(Amend).granted, decision.header.about
    proposal = next((item for item in state.proposals if item.digest == about), None)
    answers = next((item for item in state.holds if item.digest == about and item.name in OBJECTIONS), None)
    if proposal is None and answers is None and about != state.order_digest:
        refuse(errors.X_FIELD_INVALID, "header.about", "ABOUT.ORDER")
    if proposal is not None and granted != proposal.granted:
        refuse(errors.X_FIELD_INVALID, "body.granted", "PROPOSAL.AS_PROPOSED")
    if granted == state.granted:
        refuse(errors.X_FIELD_INVALID, "body.granted", "AMEND_CHANGES")
    _within_issue(granted, state)
    _nothing_delivered_is_dropped(granted, state)
    proposals = tuple(item for item in state.proposals if item is not proposal)
    if narrower(granted, state):
        eased = closed(state, answers) if answers is not None else state
        after = with_scope(replace(eased, proposals=proposals), granted)
        # Where the last open task fell out of the scope, nothing is left to be answered.
        return after if after.open_tasks else progressed(after)
    if answers is not None:
        refuse(errors.X_SCOPE_EXCEEDED, "body.granted", "ANSWER_NARROWS")
    if state.authority is None:
        return with_scope(replace(state, proposals=proposals), granted)
    if state.held(HoldName.WIDENING_PENDING) is not None:
        refuse(errors.X_STATE_NOT_ALLOWED, "header.kind", "HOLD.WIDENING_PENDING")
    item = Open(
        HoldName.WIDENING_PENDING.value,
        decision.verified.digest,
        decision.header.issuer.org,
        decision.setting.index,
        False,
        granted,
    )
    return replace(state, proposals=proposals, holds=(*state.holds, item))


def validate_widening(state: RequestState, decision: Decision, item: Open) -> RequestState:
    """The authority decides on a larger scope; the one in force stays whatever it says but a grant."""
    body = decision.body(Validate)
    holds = tuple(hold for hold in state.holds if hold is not item)
    if body.decision is DecisionCode.GRANT:
        if body.granted != item.granted:
            refuse(errors.X_SCOPE_EXCEEDED, "body.granted", "GRANT_NEVER_WIDENS")
        return with_scope(replace(state, holds=holds), item.granted)
    if body.decision is DecisionCode.GRANT_NARROWED:
        refuse(errors.X_FIELD_INVALID, "body.decision", "GRANT_SAYS_WHAT_IT_DOES")
    return replace(state, holds=holds)


def with_scope(state: RequestState, granted: tuple[GrantedTask, ...]) -> RequestState:
    """Return the state with another scope; tasks that fall out of it are closed as narrowed."""
    by_number = {item.number: item for item in granted}
    tasks = []
    for item in state.tasks:
        scope = by_number.get(item.task.number)
        if scope is not None:
            tasks.append(
                replace(item, granted=scope, outcome="" if item.outcome == NARROWED else item.outcome)
            )
        elif item.granted is not None and not item.outcome:
            tasks.append(replace(item, granted=None, outcome=NARROWED))
        else:
            tasks.append(item)
    return replace(state, tasks=tuple(tasks))


def within(granted: GrantedTask, task: Task) -> bool:
    """Tell whether a scope asks for nothing but what a task asked for."""
    return (
        set(granted.elements) <= set(task.elements)
        and task.first_day <= granted.first_day
        and granted.last_day <= task.last_day
    )


def narrower(granted: tuple[GrantedTask, ...], state: RequestState) -> bool:
    """Tell whether a scope asks for nothing but what is granted now."""
    now = {item.number: item for item in state.granted}
    return all(
        task.number in now
        and set(task.elements) <= set(now[task.number].elements)
        and now[task.number].first_day <= task.first_day
        and task.last_day <= now[task.number].last_day
        for task in granted
    )


def _within_issue(granted: tuple[GrantedTask, ...], state: RequestState) -> None:
    issued = {item.task.number: item.task for item in state.tasks}
    for i, item in enumerate(granted):
        if item.number not in issued or not within(item, issued[item.number]):
            refuse(errors.X_SCOPE_EXCEEDED, f"body.granted[{i}]", "WITHIN_ISSUE")


def _nothing_delivered_is_dropped(granted: tuple[GrantedTask, ...], state: RequestState) -> None:
    """A task that has its answer keeps the scope under which it was given."""
    after = {item.number: item for item in granted}
    for item in state.tasks:
        if item.granted is not None and item.outcome and after.get(item.task.number) != item.granted:
            refuse(errors.X_SCOPE_EXCEEDED, "body.granted", "ANSWERED_TASK")
