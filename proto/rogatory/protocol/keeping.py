# SPDX-License-Identifier: Apache-2.0
"""Rules of a preservation's term: extended, held for a production, ended, let go (regimes §9.2).

The end of a term is what every party computes from the pack. A provider lets go only after the grace that the pack gives
beyond the end, so that an extension in flight is not lost. What proves an end to it (a published head) is its client's check.
"""

from __future__ import annotations

from rogatory.protocol import errors
from rogatory.protocol.copying import replace
from rogatory.protocol.decision import Decision, refuse
from rogatory.protocol.duties import Extend
from rogatory.protocol.lifecycle_table import UNTIL_ENDED
from rogatory.protocol.pack import Pack
from rogatory.protocol.pack.periods import end_ms, parse_period
from rogatory.protocol.state import Flag, RequestState, StateName
from rogatory.protocol.terms import PRESERVE, met, moved


def extended_until(state: RequestState, pack: Pack) -> int:
    """Return the end of the next extension, in milliseconds since the epoch; 0 where the pack has none."""
    rule = pack.rules(state.kind).extension
    if rule is None:
        return 0
    # The last millisecond of the running term: an extension begins where the term ends.
    return end_ms(parse_period(rule.period, "pack"), state.preserved_until_ms - 1, pack.day_count)


def released_from(state: RequestState, pack: Pack) -> int:
    """Return from when a provider may let go, in milliseconds since the epoch: the end, and the pack's grace after it."""
    grace = pack.rules(state.kind).release_after
    if grace is None:
        return state.ended_ms
    return end_ms(parse_period(grace, "pack"), state.ended_ms, pack.day_count)


def extend(state: RequestState, decision: Decision) -> RequestState:
    """The term goes on by the pack's period."""
    pack = decision.setting.pack
    rule, path = pack.rules(state.kind).extension, pack.rule(f"kinds/{state.kind.name}/extension")
    if rule is None or state.extensions >= rule.most:
        refuse(errors.X_EXTENSION_EXHAUSTED, "header.kind", path)
    if decision.setting.time_ms >= state.preserved_until_ms:
        refuse(errors.X_TOO_LATE, "header.kind", path)
    until = decision.body(Extend).until_ms
    if until != extended_until(state, pack):
        refuse(errors.X_FIELD_INVALID, "body.until_ms", "UNTIL.PACK")
    return replace(
        state,
        name=StateName.EXTENDED,
        extensions=state.extensions + 1,
        preserved_until_ms=until,
        obligations=moved(state, PRESERVE, until),
    )


def hold(state: RequestState, decision: Decision) -> RequestState:
    """A production has been asked for: the data stay until it has ended."""
    pack = decision.setting.pack
    rule = pack.rules(state.kind).extension
    if rule is None or not rule.holds:
        refuse(errors.X_STATE_NOT_ALLOWED, "header.kind", pack.rule(f"kinds/{state.kind.name}/extension"))
    if decision.setting.time_ms >= state.preserved_until_ms:
        refuse(errors.X_TOO_LATE, "header.kind", "TERM_RUNNING")
    return replace(state, name=StateName.HELD_FOR_PRODUCTION, obligations=met(state, PRESERVE))


def end(state: RequestState, decision: Decision) -> RequestState:
    """No longer needed."""
    if not state.preserved_until_ms:
        refuse(errors.X_STATE_NOT_ALLOWED, "header.kind", "NOTHING_PRESERVED")
    if Flag.ENDED in state.flags:
        refuse(errors.X_STATE_NOT_ALLOWED, "header.kind", "ONCE")
    return replace(
        state,
        flags=state.flagged(Flag.ENDED),
        ended_ms=decision.setting.time_ms,
        obligations=met(state, PRESERVE),
    )


def release(state: RequestState, decision: Decision) -> RequestState:
    """The provider has let go."""
    if not state.preserved_until_ms:
        refuse(errors.X_STATE_NOT_ALLOWED, "header.kind", "NOTHING_PRESERVED")
    if state.name in UNTIL_ENDED and Flag.ENDED not in state.flags:
        refuse(errors.X_STATE_NOT_ALLOWED, "header.kind", f"STATE.{state.name.name}")
    pack = decision.setting.pack
    if decision.setting.time_ms < released_from(state, pack):
        refuse(errors.X_STATE_NOT_ALLOWED, "header.kind", pack.rule(f"kinds/{state.kind.name}/release_after"))
    return replace(state, name=StateName.RELEASED)
