# SPDX-License-Identifier: Apache-2.0
"""Rules of questions and objections: who may ask, what rests meanwhile, and what an answer ends.

A question of the provider suspends delivery; one of an authority does not, but the enforcing authority's is the consultation
that must come before its refusal (regimes §1.5). An answer names the question and carries no scope. Data stay preserved
whatever is objected, until the asking side has decided.
"""

from __future__ import annotations

from rogatory.protocol import errors
from rogatory.protocol.copying import replace
from rogatory.protocol.decision import Decision, refuse
from rogatory.protocol.dialogue import ClarifyRequest, ConfirmOrigin, NewDeadline, Object
from rogatory.protocol.directory import PartyKind
from rogatory.protocol.state import Flag, HoldName, Open, RequestState, StateName
from rogatory.protocol.terms import CLARIFICATION, PRODUCE, in_time, met, moved, started

# What an answer of the asking side ends, whatever the answer says.
OBJECTIONS = frozenset(
    {
        HoldName.COURT_REMEDY,
        HoldName.IMMUNITY_OBJECTION,
        HoldName.THIRD_COUNTRY_REVIEW,
        HoldName.CLARIFICATION_PENDING,
    }
)


def clarify_request(state: RequestState, decision: Decision) -> RequestState:
    """A coded question, by the provider or by an authority."""
    body, pack = decision.body(ClarifyRequest), decision.setting.pack
    if body.code not in pack.questions:
        refuse(errors.X_FIELD_INVALID, "body.code", pack.rule("questions"))
    if set(body.tasks) - {item.task.number for item in state.tasks}:
        refuse(errors.X_FIELD_INVALID, "body.tasks", "TASK_EXISTS")
    provider = decision.org.kind is PartyKind.PROVIDER
    if provider and decision.header.about != state.order_digest:
        refuse(errors.X_FIELD_INVALID, "header.about", "ABOUT.ORDER")
    after = opened(state, decision, HoldName.CLARIFICATION_PENDING, suspends=provider)
    if provider:
        return replace(after, obligations=started(after, decision, "QUESTIONED"))
    if state.enforcing is not None and decision.header.issuer.org == state.enforcing.org:
        return replace(after, consulted=tuple(sorted({*state.consulted, state.enforcing.org})))
    return after


def clarify(state: RequestState, decision: Decision) -> RequestState:
    """The answer to a question, in a note."""
    item = answered(state, decision, HoldName.CLARIFICATION_PENDING)
    return closed(state, item)


def challenge(state: RequestState, decision: Decision) -> RequestState:
    """The provider asks whether the request really came from there."""
    if state.held(HoldName.ORIGIN_CHALLENGED) is not None:
        refuse(errors.X_STATE_NOT_ALLOWED, "header.kind", "ONCE")
    return opened(state, decision, HoldName.ORIGIN_CHALLENGED, suspends=True)


def confirm(state: RequestState, decision: Decision) -> RequestState:
    """An officer who neither drafted nor sent it answers; a no takes the request back."""
    item = answered(state, decision, HoldName.ORIGIN_CHALLENGED)
    if decision.header.issuer.subject == state.drafter:
        refuse(errors.X_NOT_AUTHORISED, "header.issuer", "THIRD_OFFICER")
    if decision.body(ConfirmOrigin).confirmed:
        return without(state, item)
    return replace(
        without(state, item),
        name=StateName.WITHDRAWN,
        code="ORIGIN_DENIED",
        ended_ms=decision.setting.time_ms,
    )


def object_to(state: RequestState, decision: Decision) -> RequestState:
    """Impossibility, immunity, a conflict of laws: delivery rests until the asking side has decided."""
    body, pack = decision.body(Object), decision.setting.pack
    rule = pack.objections.get(body.code)
    if rule is None:
        refuse(errors.X_FIELD_INVALID, "body.code", pack.rule("objections"))
    path = pack.rule(f"objections/{body.code}")
    if set(body.bases) - set(rule.bases) or bool(body.bases) != bool(rule.bases):
        refuse(errors.X_FIELD_INVALID, "body.bases", path)
    if rule.bases and set(body.bases) <= set(rule.never_alone):
        refuse(errors.X_OBJECTION_NOT_REASONED, "body.bases", path)
    if rule.within and not in_time(state, rule.within, decision.setting.time_ms):
        refuse(errors.X_TOO_LATE, "header.kind", path)
    return opened(state, decision, HoldName(rule.hold), suspends=True)


def maintain(state: RequestState, decision: Decision) -> RequestState:
    """The request is kept as it is."""
    return closed(state, answered(state, decision, *OBJECTIONS))


def new_deadline(state: RequestState, decision: Decision) -> RequestState:
    """A later end of the term to produce; where it is about an objection, it answers it."""
    due_ms, running = decision.body(NewDeadline).due_ms, state.obligation(PRODUCE)
    if running is None or running.met or due_ms <= max(running.due_ms, decision.setting.time_ms):
        refuse(errors.X_FIELD_INVALID, "body.due_ms", "DEADLINE.LATER")
    # Only what was asked or objected: the review of an authority and a validation that is owed carry the order's own digest.
    item = next((h for h in state.holds if h.digest == decision.header.about and h.name in OBJECTIONS), None)
    if item is None and decision.header.about != state.order_digest:
        refuse(errors.X_FIELD_INVALID, "header.about", "ABOUT.ORDER")
    after = closed(state, item) if item is not None else state
    again = tuple(replace(o, fired=False) if o.name == PRODUCE else o for o in after.obligations)
    fresh = replace(after, obligations=again)
    return replace(fresh, obligations=moved(fresh, PRODUCE, due_ms), flags=fresh.unflagged(Flag.OVERDUE))


def page_ack(state: RequestState, _decision: Decision) -> RequestState:
    """Seen by a person on duty: a line of the timeline, and nothing else."""
    return state


def opened(state: RequestState, decision: Decision, name: HoldName, *, suspends: bool) -> RequestState:
    """Return the state with one more hold."""
    item = Open(
        name.value, decision.verified.digest, decision.header.issuer.org, decision.setting.index, suspends
    )
    return replace(state, holds=(*state.holds, item))


def answered(state: RequestState, decision: Decision, *names: HoldName) -> Open:
    """Return the hold that a statement answers.

    Raises:
        Refused: ``X_FIELD_INVALID`` with rule ``ABOUT.HOLD``: nothing of these names is open under this digest.
    """
    wanted = {name.value for name in names}
    about = decision.header.about
    item = next((hold for hold in state.holds if hold.digest == about and hold.name in wanted), None)
    if item is None:
        refuse(errors.X_FIELD_INVALID, "header.about", "ABOUT.HOLD")
    return item


def closed(state: RequestState, item: Open) -> RequestState:
    """Return the state without a question or an objection; the clock of questions stops with the last one that suspends."""
    after = without(state, item)
    still = any(hold.suspends and hold.name == HoldName.CLARIFICATION_PENDING for hold in after.holds)
    return after if still else replace(after, obligations=met(after, CLARIFICATION))


def without(state: RequestState, item: Open) -> RequestState:
    """Return the state without a hold."""
    return replace(state, holds=tuple(hold for hold in state.holds if hold is not item))
