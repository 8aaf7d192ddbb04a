# SPDX-License-Identifier: Apache-2.0
"""Rules of the enforcing authority: it is told, raises nothing, or refuses in time and after consulting (regimes §1.4, §1.5).

Its review suspends delivery where the pack says so, and never in an emergency that the pack excepts; then a refusal comes
after delivery and brings delete-or-restrict. Who that authority is, the issue names.
"""

from __future__ import annotations

from rogatory.protocol import errors
from rogatory.protocol.bodies import Refuse
from rogatory.protocol.copying import replace
from rogatory.protocol.decision import Decision, refuse
from rogatory.protocol.directory import PartyKind
from rogatory.protocol.header import DAY_MS
from rogatory.protocol.pack import Asked, check_refusal
from rogatory.protocol.state import Flag, HoldName, Open, RequestState, StateName
from rogatory.protocol.terms import ENFORCING, in_time, met, progressed, resumed, started

_DONE = frozenset({StateName.DELIVERED, StateName.CLOSED})


def notify(state: RequestState, decision: Decision) -> RequestState:
    """Who asked tells the enforcing authority; its clock starts."""
    if state.enforcing is None:
        refuse(errors.X_STATE_NOT_ALLOWED, "header.kind", "NO_ENFORCING_AUTHORITY")
    if decision.header.addressee != state.enforcing:
        refuse(errors.X_ADDRESSEE_NOT_DESIGNATED, "header.addressee", "ADDRESSEE.ENFORCING")
    if any(item.name == ENFORCING for item in state.obligations):
        refuse(errors.X_STATE_NOT_ALLOWED, "header.kind", "ONCE")
    return replace(state, obligations=started(state, decision, "NOTIFIED"))


def no_grounds(state: RequestState, _decision: Decision) -> RequestState:
    """It raises no ground: delivery is free."""
    holds = tuple(item for item in state.holds if item.name != HoldName.EA_REVIEW)
    return resumed(replace(state, holds=holds, obligations=met(state, ENFORCING)))


def refuse_by_authority(state: RequestState, decision: Decision) -> RequestState:
    """It refuses whole or in part, or lets the data be used under conditions."""
    body, setting = decision.body(Refuse), decision.setting
    pack = setting.pack
    if body.code not in pack.refusal.get("enforcing", ()):
        refuse(errors.X_FIELD_INVALID, "body.code", pack.rule("refusal/enforcing"))
    if decision.header.issuer.org not in state.consulted:
        refuse(errors.X_CONSULTATION_MISSING, "header.kind", "CONSULTED_BEFORE")
    if not in_time(state, ENFORCING, setting.time_ms):
        refuse(errors.X_TOO_LATE, "header.kind", pack.rule(f"kinds/{state.kind.name}/deadlines/{ENFORCING}"))
    if set(body.tasks) - {item.number for item in state.granted}:
        refuse(errors.X_FIELD_INVALID, "body.tasks", "TASK_GRANTED")
    check_refusal(pack, _asked(state, decision), body.code)
    reviewed = replace(
        state,
        code=body.code,
        obligations=met(state, ENFORCING),
        holds=tuple(item for item in state.holds if item.name != HoldName.EA_REVIEW),
    )
    if body.conditional:
        return resumed(replace(reviewed, flags=reviewed.flagged(Flag.CONDITIONS_OF_USE)))
    return _without_tasks(reviewed, body.tasks)


def _without_tasks(state: RequestState, numbers: tuple[int, ...]) -> RequestState:
    """Drop tasks, or all; what was delivered of them already must be deleted or restricted."""
    dropped = set(numbers or (item.number for item in state.granted))
    delivered = any(item.task.number in dropped and item.outcome == "DELIVERED" for item in state.tasks)
    tasks = tuple(
        replace(item, granted=None, outcome="REFUSED")
        if item.task.number in dropped and not item.outcome
        else item
        for item in state.tasks
    )
    after = replace(state, tasks=tasks)
    if delivered:
        after = replace(after, flags=after.flagged(Flag.DELETE_OR_RESTRICT))
    if after.name in _DONE:
        return after
    if any(item.granted is not None for item in after.tasks):
        return resumed(after) if after.open_tasks else progressed(after)
    return replace(after, name=StateName.REFUSED)


def review_opened(state: RequestState, *, suspends: bool) -> RequestState:
    """Return a transmitted state that the enforcing authority must be told of."""
    item = Open(HoldName.EA_REVIEW.value, state.issue_digest, state.agency.org, state.last_index, suspends)
    return replace(state, holds=(*state.holds, item))


def is_enforcing(state: RequestState, decision: Decision) -> bool:
    """Tell whether a statement is the enforcing authority's."""
    mine = state.enforcing is not None and decision.header.issuer.org == state.enforcing.org
    return mine and decision.org.kind is PartyKind.AUTHORITY


def _asked(state: RequestState, decision: Decision) -> Asked:
    directory = decision.setting.directory
    return Asked(
        kind=state.kind,
        legal_type=state.legal_type,
        role="",
        facts=state.facts,
        tasks=tuple(item.task for item in state.tasks),
        validator=state.authority is not None,
        enforcing=True,
        day=decision.setting.time_ms // DAY_MS,
        issuing=directory.org(state.agency.org).jurisdiction,
        receiving=directory.org(state.provider.org).jurisdiction,
    )
