# SPDX-License-Identifier: Apache-2.0
"""Clocks of a request: which duties an event starts, when they end, and what happens when one falls due (regimes §1.3).

Every party computes the same instants from the pack; the exchange's clock statement only says that one has passed, and is
refused unless it names an obligation of the state exactly. Nothing here reads a clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from rogatory.protocol import errors
from rogatory.protocol.copying import replace
from rogatory.protocol.decision import Decision, refuse
from rogatory.protocol.directory import PartyKind
from rogatory.protocol.duties import Clock
from rogatory.protocol.header import DAY_MS
from rogatory.protocol.pack import Pack
from rogatory.protocol.pack.periods import end_ms, parse_period
from rogatory.protocol.state import TERMINAL, Flag, HoldName, Obligation, RequestState, StateName

CLOCK_ROLE: Final = "CLOCK"
EX_POST: Final = "ex_post_validation"
CLARIFICATION: Final = "clarification"
DEPOSIT: Final = "deposit"
ENFORCING: Final = "enforcing_authority"
OBJECTION: Final = "objection"
PRESERVE: Final = "preserve"
PRODUCE: Final = "produce"
SERVE: Final = "serve"
VALIDATE: Final = "validate"
_ENDS_WITH_REQUEST: Final = frozenset({CLARIFICATION, DEPOSIT, OBJECTION, PRESERVE, PRODUCE, SERVE, VALIDATE})


def started(state: RequestState, decision: Decision, clock: str) -> tuple[Obligation, ...]:
    """Return the state's obligations with those that an event starts by the pack; a running one of the same name goes on."""
    pack, setting = decision.setting.pack, decision.setting
    going = {item.name for item in state.obligations if not item.met and not item.fired}
    new = tuple(
        Obligation(
            name,
            pack.rule(f"kinds/{state.kind.name}/deadlines/{name}"),
            setting.index,
            pack.due_ms(
                deadline, setting.time_ms, emergency=state.emergency, rank=pack.rank(state.categories)
            ),
        )
        for name, deadline in sorted(pack.rules(state.kind).deadlines.items())
        if deadline.clock == clock and name not in going
    )
    return (*state.obligations, *new)


def start(
    state: RequestState, decision: Decision, name: str, period: str, rule: str, *, working: bool = False
) -> RequestState:
    """Return the state with an obligation whose period stands elsewhere in the pack than among the deadlines."""
    pack, setting = decision.setting.pack, decision.setting
    due = end_ms(parse_period(period, "pack"), setting.time_ms, pack.day_count, working=working)
    item = Obligation(name, pack.rule(rule), setting.index, due)
    return replace(state, obligations=(*state.obligations, item))


def met(state: RequestState, *names: str) -> tuple[Obligation, ...]:
    """Return the obligations with some of them met."""
    return tuple(replace(item, met=True) if item.name in names else item for item in state.obligations)


def moved(state: RequestState, name: str, due_ms: int) -> tuple[Obligation, ...]:
    """Return the obligations with a running one that ends at another instant."""
    return tuple(
        replace(item, due_ms=due_ms) if item.name == name and not item.met and not item.fired else item
        for item in state.obligations
    )


def in_time(state: RequestState, name: str, at_ms: int) -> bool:
    """Tell whether an obligation has not ended at an instant; one that never started has no end."""
    item = next((item for item in reversed(state.obligations) if item.name == name), None)
    return item is None or at_ms < item.due_ms


def rests(state: RequestState, item: Obligation) -> bool:
    """Tell whether a term does not end for now: nobody is late with a delivery that is forbidden to them."""
    return item.name == PRODUCE and state.suspended is not None


def running(state: RequestState) -> tuple[Obligation, ...]:
    """Return the obligations of which the clock will tell when they end."""
    return tuple(
        item for item in state.obligations if not item.met and not item.fired and not rests(state, item)
    )


def rested(before: RequestState, after: RequestState, decision: Decision) -> RequestState:
    """Return the state after a statement with the term to produce stopped, or moved by as long as it was.

    Only by holds that the pack lists; an end that the statement itself has set stays as it was set. Where the term ended
    with a day, it still does.
    """
    now = decision.setting.time_ms
    deadline = decision.setting.pack.rules(after.kind).deadlines.get(PRODUCE)
    names = deadline.rests_with if deadline is not None else ()
    stopped = any(item.suspends and item.name in names for item in after.holds)
    if stopped == bool(after.rested_ms):
        return after
    if stopped:
        return replace(after, rested_ms=now)
    gone = now - after.rested_ms

    def later(item: Obligation) -> Obligation:
        if item.name != PRODUCE or item.met or item.fired or item not in before.obligations:
            return item
        end = item.due_ms + gone
        return replace(item, due_ms=end if item.due_ms % DAY_MS else -(-end // DAY_MS) * DAY_MS)

    return replace(after, rested_ms=0, obligations=tuple(later(item) for item in after.obligations))


def due(state: RequestState, at_ms: int) -> tuple[Obligation, ...]:
    """Return the obligations that have ended at an instant and of which no clock statement has told yet, earliest first."""
    open_items = (item for item in running(state) if item.due_ms <= at_ms)
    return tuple(sorted(open_items, key=lambda item: (item.due_ms, item.trigger, item.name)))


def owed(state: RequestState, item: Obligation) -> bool:
    """Tell whether something is still to be done, or may still be.

    Not where the clock itself has settled it (a right that ended, a term), nor what only a request that goes on can owe.
    """
    over = state.name in TERMINAL and item.name in _ENDS_WITH_REQUEST
    return not item.met and not over and not (item.fired and item.name in _EFFECTS)


def clock(state: RequestState, decision: Decision) -> RequestState:
    """An obligation has fallen due.

    Raises:
        Refused: Not by the clock's role, not an obligation of this state, not due yet, or told before.
    """
    body, setting = decision.body(Clock), decision.setting
    if decision.org.kind is not PartyKind.OPERATOR or decision.header.issuer.role != CLOCK_ROLE:
        refuse(errors.X_NOT_AUTHORISED, "header.issuer", "CLOCK.KEY")
    key = (body.obligation, body.trigger, body.rule, body.due_ms)
    found = next((o for o in state.obligations if (o.name, o.trigger, o.rule, o.due_ms) == key), None)
    if found is None:
        refuse(errors.X_FIELD_INVALID, "body.obligation", "CLOCK.OBLIGATION")
    if found.met or found.fired:
        refuse(errors.X_STATE_NOT_ALLOWED, "body.obligation", "ONCE")
    if rests(state, found):
        refuse(errors.X_STATE_NOT_ALLOWED, "body.obligation", "CLOCK.RESTS")
    if setting.time_ms < found.due_ms:
        refuse(errors.X_FIELD_INVALID, "body.due_ms", "CLOCK.NOT_DUE")
    rules = setting.pack.rules(state.kind).deadlines.get(found.name)
    free = rules is not None and rules.on_silence == "NOTHING"
    told = tuple(replace(o, fired=True, met=free) if o is found else o for o in state.obligations)
    after = replace(state, obligations=told)
    if free:
        return after
    return _EFFECTS.get(found.name, _overdue)(after, setting.pack, setting.time_ms)


def _overdue(state: RequestState, _pack: Pack, _at_ms: int) -> RequestState:
    """Nothing stops and nothing is let go; everybody sees that it is late."""
    return replace(state, flags=state.flagged(Flag.OVERDUE))


def _preserve(state: RequestState, pack: Pack, at_ms: int) -> RequestState:
    """The term of a preservation is over: it lapses, unless it is held for a production."""
    if state.name not in {StateName.PRESERVED, StateName.EXTENDED}:
        return _overdue(state, pack, at_ms)
    return replace(state, name=StateName.LAPSED, ended_ms=at_ms)


def _ex_post(state: RequestState, _pack: Pack, at_ms: int) -> RequestState:
    """The authority has not said yes in time: the request is withdrawn, and what was obtained deleted or restricted."""
    holds = tuple(item for item in state.holds if item.name != HoldName.EX_POST_VALIDATION_PENDING)
    return replace(
        state,
        name=StateName.WITHDRAWN,
        code="EX_POST_VALIDATION_MISSED",
        holds=holds,
        flags=state.flagged(Flag.DELETE_OR_RESTRICT),
        ended_ms=at_ms,
    )


def _enforcing(state: RequestState, _pack: Pack, _at_ms: int) -> RequestState:
    """The enforcing authority has raised nothing in its time: delivery is free."""
    holds = tuple(item for item in state.holds if item.name != HoldName.EA_REVIEW)
    return resumed(replace(state, holds=holds))


def _clarification(state: RequestState, pack: Pack, at_ms: int) -> RequestState:
    """A question stayed unanswered: the provider is exempt, or goes on waiting, as the pack says."""
    silence = pack.rules(state.kind).deadlines[CLARIFICATION].on_silence
    after = _overdue(state, pack, at_ms)
    return replace(after, name=StateName.EXEMPT, ended_ms=at_ms) if silence == "EXEMPT" else after


def _validate(state: RequestState, pack: Pack, at_ms: int) -> RequestState:
    """Nobody has decided on it: it expires."""
    return (
        replace(state, name=StateName.EXPIRED)
        if state.name is StateName.ISSUED
        else _overdue(state, pack, at_ms)
    )


def _window(state: RequestState, _pack: Pack, _at_ms: int) -> RequestState:
    """A right was not used in its time; nobody is late."""
    return state


def resumed(state: RequestState) -> RequestState:
    """Return the state of a request whose review by the enforcing authority is over."""
    waiting = state.name is StateName.AWAITING_ENFORCING_AUTHORITY and state.held(HoldName.EA_REVIEW) is None
    return replace(state, name=StateName.EXECUTING) if waiting else state


def progressed(state: RequestState) -> RequestState:
    """EXECUTING while a task is open, DELIVERED when none is, CLOSED when every disclosure is acknowledged too.

    REFUSED where nothing is left of the scope but what the provider has refused.
    """
    if state.name in TERMINAL:
        return state
    if state.open_tasks:
        return replace(state, name=StateName.EXECUTING)
    if all(item.outcome == "REFUSED" for item in state.tasks if item.granted is not None):
        return replace(state, name=StateName.REFUSED)
    obligations = tuple(replace(o, met=o.met or o.name == PRODUCE) for o in state.obligations)
    closed = all(d.scope_report for d in state.disclosures)
    return replace(state, name=StateName.CLOSED if closed else StateName.DELIVERED, obligations=obligations)


_EFFECTS: Final[Mapping[str, Callable[[RequestState, Pack, int], RequestState]]] = MappingProxyType(
    {
        CLARIFICATION: _clarification,
        ENFORCING: _enforcing,
        EX_POST: _ex_post,
        OBJECTION: _window,
        PRESERVE: _preserve,
        VALIDATE: _validate,
    }
)
