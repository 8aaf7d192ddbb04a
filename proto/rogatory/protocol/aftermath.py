# SPDX-License-Identifier: Apache-2.0
"""Rules of what outlives an answer: errors and deletion, notice to the person, seals, costs, what went another way.

None of it needs the request to be open: an error found a year later is still reported. A duty flag falls only when the
party that holds the data attests what it did. Money, people and other channels are named in notes, not here.
"""

from __future__ import annotations

from typing import Final

from rogatory.protocol import errors
from rogatory.protocol.carrying import deposit_owed
from rogatory.protocol.copying import replace
from rogatory.protocol.decision import Decision, refuse
from rogatory.protocol.duties import (
    ClaimCost,
    DeferNotice,
    Erase,
    Error,
    ExtendSeal,
    NotifySubject,
    Rewrap,
    TransmitOutside,
)
from rogatory.protocol.header import DAY_MS
from rogatory.protocol.pack.periods import end_ms, parse_period
from rogatory.protocol.state import Debt, Flag, RequestState
from rogatory.protocol.terms import met, owed, start

ERROR: Final = "ERROR"
COST: Final = "COST"
NOTICE: Final = "notice"
ERROR_TERM: Final = "error"
MAX_DEBTS: Final = 64


def error(state: RequestState, decision: Decision) -> RequestState:
    """What went wrong; from REPORTABLE on it stays open until deletion is attested, and a clock runs."""
    body, pack = decision.body(Error), decision.setting.pack
    rules = pack.errors
    if rules is None or body.cause not in rules.causes:
        refuse(errors.X_FIELD_INVALID, "body.cause", pack.rule("errors/causes"))
    if set(body.tasks) - {item.task.number for item in state.tasks}:
        refuse(errors.X_FIELD_INVALID, "body.tasks", "TASK_EXISTS")
    if body.grade == "NEAR_MISS":
        return state
    owed = _owed(state, decision, ERROR)
    after = replace(owed, flags=owed.flagged(Flag.DELETE_OR_RESTRICT))
    return start(
        after,
        decision,
        ERROR_TERM,
        rules.settle_within,
        "errors/settle_within",
        working=rules.count == "WORKING",
    )


def attest_deletion(state: RequestState, decision: Decision) -> RequestState:
    """The holder of the data has destroyed or restricted them."""
    about = decision.header.about
    debt = next((item for item in state.debts if item.digest == about and item.name == ERROR), None)
    manifest = about in {item.manifest for item in state.disclosures}
    if debt is None and not manifest and about != state.issue_digest:
        refuse(errors.X_FIELD_INVALID, "header.about", "ABOUT.DUTY")
    if Flag.DELETE_OR_RESTRICT not in state.flags:
        refuse(errors.X_STATE_NOT_ALLOWED, "header.kind", "NOTHING_TO_DELETE")
    debts = tuple(item for item in state.debts if item is not debt)
    left = any(item.name == ERROR for item in debts)
    after = replace(state, debts=debts)
    if left:
        return after
    return replace(after, flags=after.unflagged(Flag.DELETE_OR_RESTRICT), obligations=met(after, ERROR_TERM))


def defer_notice(state: RequestState, decision: Decision) -> RequestState:
    """The person is not told yet, for a ground of the pack, until a day on which that is looked at again."""
    body, setting = decision.body(DeferNotice), decision.setting
    rules, path = setting.pack.user_information, setting.pack.rule("user_information")
    if rules is None or body.ground not in rules.delay_grounds:
        refuse(errors.X_FIELD_INVALID, "body.ground", path)
    today = setting.time_ms // DAY_MS
    if body.review_day <= today:
        refuse(errors.X_TIME_RANGE_INVALID, "body.review_day", "AFTER_TODAY")
    if rules.longest_delay is not None:
        last = end_ms(parse_period(rules.longest_delay, "pack"), setting.time_ms, setting.pack.day_count)
        if (body.review_day + 1) * DAY_MS > last:
            refuse(errors.X_TIME_RANGE_INVALID, "body.review_day", path)
    after = replace(state, flags=state.flagged(Flag.NOTICE_DEFERRED), obligations=met(state, NOTICE))
    review = start(after, decision, NOTICE, "P1D", "user_information")
    *before, item = review.obligations
    return replace(review, obligations=(*before, replace(item, due_ms=(body.review_day + 1) * DAY_MS)))


def notify_subject(state: RequestState, decision: Decision) -> RequestState:
    """The person was told, or it was decided not to, for a ground that was stated before."""
    if decision.body(NotifySubject).decision == "OMITTED" and Flag.NOTICE_DEFERRED not in state.flags:
        refuse(errors.X_STATE_NOT_ALLOWED, "body.decision", "GROUND_STATED")
    after = replace(state, flags=state.unflagged(Flag.NOTICE_DEFERRED), obligations=met(state, NOTICE))
    return replace(after, flags=after.flagged(Flag.NOTICE_GIVEN))


def extend_seal(state: RequestState, decision: Decision) -> RequestState:
    """The entries stay sealed for the public longer."""
    body, setting = decision.body(ExtendSeal), decision.setting
    rules = setting.pack.user_information
    if rules is None or body.ground not in rules.delay_grounds:
        refuse(errors.X_FIELD_INVALID, "body.ground", setting.pack.rule("user_information"))
    if body.until_day <= setting.time_ms // DAY_MS:
        refuse(errors.X_TIME_RANGE_INVALID, "body.until_day", "AFTER_TODAY")
    return state


def claim_cost(state: RequestState, decision: Decision) -> RequestState:
    """What the answer cost, where the pack lets that be claimed."""
    decision.body(ClaimCost)
    if not decision.setting.pack.cost_claims:
        refuse(errors.X_STATE_NOT_ALLOWED, "header.kind", decision.setting.pack.rule("cost_claims"))
    return _owed(state, decision, COST)


def settle_cost(state: RequestState, decision: Decision) -> RequestState:
    """A claim is paid or denied."""
    about = decision.header.about
    debt = next((item for item in state.debts if item.digest == about and item.name == COST), None)
    if debt is None:
        refuse(errors.X_FIELD_INVALID, "header.about", "ABOUT.CLAIM")
    return replace(state, debts=tuple(item for item in state.debts if item is not debt))


def transmit_outside(state: RequestState, decision: Decision) -> RequestState:
    """What went another way, recorded with its date, size and digest; the order itself as a file starts the term of deposit."""
    sent_at_ms = decision.body(TransmitOutside).sent_at_ms
    if sent_at_ms > decision.setting.time_ms:
        refuse(errors.X_TIME_RANGE_INVALID, "body.sent_at_ms", "NOT_IN_FUTURE")
    return deposit_owed(state, decision, sent_at_ms)


def rewrap(state: RequestState, decision: Decision) -> RequestState:
    """One more recipient for a sealed object, of an audience that the pack lists."""
    body, pack = decision.body(Rewrap), decision.setting.pack
    if body.audience not in pack.recipients:
        refuse(errors.X_FIELD_NOT_FOR_RECIPIENT, "body.audience", pack.rule("recipients"))
    known = {ref.object_digest for ref in state.sections} | {item.manifest for item in state.disclosures}
    if body.object_digest not in known:
        refuse(errors.X_NOT_FOUND, "body.object_digest", "OBJECT_OF_REQUEST")
    if not decision.setting.directory.seals_to(body.wrap.key_id):
        refuse(errors.X_FIELD_NOT_FOR_RECIPIENT, "body.wrap.key_id", "DIRECTORY.UNIT")
    return state


def erase(state: RequestState, decision: Decision) -> RequestState:
    """The controller has what the exchange holds of it destroyed; from then on nothing is said of it any more.

    Not while somebody still owes something: what is left to be done could not be followed afterwards.
    """
    decision.body(Erase)
    if state.debts or Flag.DELETE_OR_RESTRICT in state.flags:
        refuse(errors.X_STATE_NOT_ALLOWED, "header.kind", "DUTIES_OPEN")
    if any(owed(state, item) for item in state.obligations):
        refuse(errors.X_STATE_NOT_ALLOWED, "header.kind", "DUTIES_OPEN")
    rest = tuple(replace(item, met=True) for item in state.obligations)
    return replace(state, flags=state.flagged(Flag.ERASED), obligations=rest)


def _owed(state: RequestState, decision: Decision, name: str) -> RequestState:
    if len(state.debts) >= MAX_DEBTS:
        refuse(errors.X_TOO_LARGE, "header.kind", "COUNT")
    item = Debt(name, decision.verified.digest, decision.header.issuer.org)
    return replace(state, debts=(*state.debts, item))
