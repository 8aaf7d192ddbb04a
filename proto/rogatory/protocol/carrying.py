# SPDX-License-Identifier: Apache-2.0
"""Rules of what is carried as a file while the exchange is down (architecture §13, ADR 0014).

Only in an emergency, only where the pack says so, and only what needs nobody who decides: an order that is in the log, or one
that its issuer may send before it is validated or alone. A statement that decides must have seen the log, so none is carried
that is not in it. What was carried must be deposited within the pack's term, counted from what the sender signed. Nothing
is sealed or checked for its content here.
"""

from __future__ import annotations

from rogatory.protocol import errors
from rogatory.protocol.copying import replace
from rogatory.protocol.decision import Decision, refuse
from rogatory.protocol.pack import Pack
from rogatory.protocol.pack.periods import end_ms, parse_period
from rogatory.protocol.state import Flag, Obligation, RequestState
from rogatory.protocol.terms import DEPOSIT


def may_be_carried(state: RequestState, pack: Pack) -> bool:
    """Tell whether a request may travel as a file: an emergency, under a pack that allows it."""
    return state.emergency and pack.offline.carry and pack.offline.deposit_within is not None


def require_carrying(state: RequestState, pack: Pack, at: str) -> None:
    """Demand that a request may travel as a file.

    Raises:
        Refused: ``X_STATE_NOT_ALLOWED`` with rule ``CARRY.EMERGENCY``, or the pack's ``offline/carry``.
    """
    if state.outside:
        refuse(errors.X_STATE_NOT_ALLOWED, at, "CARRY.OUTSIDE")
    if not state.emergency:
        refuse(errors.X_STATE_NOT_ALLOWED, at, "CARRY.EMERGENCY")
    if not may_be_carried(state, pack):
        refuse(errors.X_STATE_NOT_ALLOWED, at, pack.rule("offline/carry"))


def deposit_due_ms(pack: Pack, sent_at_ms: int) -> int:
    """Return when both ends must have deposited what was handed over at an instant; 0 where the pack allows none of it."""
    term = pack.offline.deposit_within
    return 0 if term is None else end_ms(parse_period(term, "pack"), sent_at_ms, pack.day_count)


def deposit_owed(state: RequestState, decision: Decision, sent_at_ms: int) -> RequestState:
    """Return the state after the asking side has said that it carried the order: the deposit is owed until it is delivered.

    The term counts from what was signed and not from the log, so that staying away from the log gains nobody time. One
    that runs already goes on.
    """
    asked = decision.header.issuer.org == state.agency.org and decision.header.addressee == state.provider
    running = any(item.name == DEPOSIT and not item.met for item in state.obligations)
    order = decision.header.about == state.order_digest
    if state.outside or not (asked and order and may_be_carried(state, decision.setting.pack)):
        return state
    if running or Flag.DELIVERED_TO_SERVICE in state.flags:
        return state
    pack, setting = decision.setting.pack, decision.setting
    due = deposit_due_ms(pack, sent_at_ms)
    item = Obligation(DEPOSIT, pack.rule("offline/deposit_within"), setting.index, due)
    return replace(state, obligations=(*state.obligations, item))
