# SPDX-License-Identifier: Apache-2.0
"""Rules of the answer: delivered, received, preserved, refused, disclosed, acknowledged, excess reported.

Clocks start with ``delivered``, which the provider's service signs by itself, so that silence shows. A disclosure is
sealed to the asking unit and nobody else, names tasks that are granted and still open, and stands in the log before
its last byte can be fetched. What is inside the seal the exchange cannot know: both ends check the scope.
"""

from __future__ import annotations

from typing import Final

from rogatory.protocol import errors
from rogatory.protocol.carrying import require_carrying
from rogatory.protocol.copying import replace
from rogatory.protocol.decision import Decision, refuse
from rogatory.protocol.disclosure import disclosure_context
from rogatory.protocol.lifecycle_table import VALID
from rogatory.protocol.reviewing import is_enforcing, refuse_by_authority
from rogatory.protocol.sealed import context_digest
from rogatory.protocol.state import (
    DisclosureState,
    Flag,
    HoldName,
    RequestState,
    StateName,
    TaskState,
)
from rogatory.protocol.statements import (
    Acknowledge,
    Disclose,
    Preserve,
    Receive,
    Refuse,
    ReportExcess,
    RequestKind,
    TaskOutcome,
)
from rogatory.protocol.terms import DEPOSIT, PRESERVE, PRODUCE, SERVE, met, progressed, start, started

NOTICE: Final = "notice"
DELIVERED_CLOCK: Final = "DELIVERED"
GRADES: Final = ("MAJOR", "MINOR")


def delivered(state: RequestState, decision: Decision) -> RequestState:
    """The provider's service has the request; clocks start."""
    if Flag.DELIVERED_TO_SERVICE in state.flags:
        refuse(errors.X_STATE_NOT_ALLOWED, "header.kind", "ONCE")
    here = replace(state, obligations=met(state, SERVE, DEPOSIT))
    return replace(
        here,
        obligations=started(here, decision, DELIVERED_CLOCK),
        flags=state.flagged(Flag.DELIVERED_TO_SERVICE),
    )


def receive(state: RequestState, decision: Decision) -> RequestState:
    """A person of the provider has read it, with every granted task's particulars opened and matched."""
    if Flag.DELIVERED_TO_SERVICE not in state.flags:
        refuse(errors.X_STATE_NOT_ALLOWED, "header.kind", "DELIVERED_FIRST")
    refs = [state.particulars(item.number) for item in state.granted]
    wanted = {ref.object_digest for ref in refs if ref is not None}
    if set(decision.body(Receive).opened) != wanted:
        refuse(errors.X_SECTION_NOT_OPENED, "body.opened", "SECTION.OPENED")
    return replace(state, name=StateName.RECEIVED)


def preserve(state: RequestState, decision: Decision) -> RequestState:
    """Frozen, until the instant that every party computes from the pack."""
    body = decision.body(Preserve)
    if not body.until_ms:
        # Signed without the log, which alone says when the term began: the rule is named instead of the instant.
        require_carrying(state, decision.setting.pack, "body.until_ms")
        term = state.obligation(PRODUCE if state.kind is RequestKind.DISCLOSURE else PRESERVE)
        body = replace(body, until_ms=term.due_ms if term is not None else 0)
    if state.kind is RequestKind.DISCLOSURE:
        produce = state.obligation("produce")
        if produce is None or body.until_ms < produce.due_ms:
            refuse(errors.X_FIELD_INVALID, "body.until_ms", "UNTIL.PRODUCE")
        _each_once(tuple((n, "PRESERVED") for n in state.open_tasks), body.outcomes)
        review = state.held(HoldName.EA_REVIEW)
        waits = review is not None and review.suspends
        name = StateName.AWAITING_ENFORCING_AUTHORITY if waits else StateName.PRESERVING
        return replace(state, name=name, preserved_until_ms=body.until_ms)
    term = state.obligation("preserve")
    if term is None or body.until_ms != term.due_ms:
        refuse(errors.X_FIELD_INVALID, "body.until_ms", "UNTIL.PACK")
    after = _outcomes(state, decision, body.outcomes)
    if after.open_tasks:
        refuse(errors.X_FIELD_MISSING, "body.outcomes", "EACH_TASK")
    return replace(after, name=StateName.PRESERVED, preserved_until_ms=body.until_ms)


def refuse_request(state: RequestState, decision: Decision) -> RequestState:
    """The provider does not comply, in whole or for tasks, with a code that the pack lists."""
    if is_enforcing(state, decision):
        return refuse_by_authority(state, decision)
    body = decision.body(Refuse)
    decision.require_state(state, *VALID)
    if body.conditional:
        refuse(errors.X_FIELD_INVALID, "body.conditional", "ENFORCING_ONLY")
    if body.code not in decision.setting.pack.refusal["provider"]:
        refuse(errors.X_FIELD_INVALID, "body.code", decision.setting.pack.rule("refusal/provider"))
    if body.tasks and set(body.tasks) - set(state.open_tasks):
        refuse(errors.X_FIELD_INVALID, "body.tasks", "TASK_OPEN")
    numbers = set(body.tasks or state.open_tasks)
    after = _set(state, dict.fromkeys(numbers, "REFUSED"))
    if not body.tasks or all(item.outcome == "REFUSED" for item in after.tasks if item.granted is not None):
        return replace(after, name=StateName.REFUSED, code=body.code)
    return progressed(replace(after, code=body.code))


def disclose(state: RequestState, decision: Decision) -> RequestState:
    """The manifest of a sealed disclosure."""
    header, body = decision.header, decision.body(Disclose)
    if state.kind is not RequestKind.DISCLOSURE:
        refuse(errors.X_STATE_NOT_ALLOWED, "header.kind", "PRESERVATION_DISCLOSES_NOTHING")
    if state.suspended is not None:
        refuse(errors.X_STATE_NOT_ALLOWED, "header.kind", f"HOLD.{state.suspended.name}")
    recipients = (decision.setting.directory.unit(state.agency, "header.reply_to").key_id,)
    if tuple(wrap.key_id for wrap in body.wraps) != recipients:
        refuse(errors.X_FIELD_NOT_FOR_RECIPIENT, "body.wraps", "RECIPIENT.ASKING_UNIT")
    expected = disclosure_context(
        state, header.realm, body.disclosure_id, header.issuer.org, header.issuer.key_id, recipients
    )
    if body.context_digest != context_digest(expected):
        refuse(errors.X_FIELD_INVALID, "body.context_digest", "DISCLOSURE.CONTEXT")
    if any(item.disclosure_id == body.disclosure_id for item in state.disclosures):
        refuse(errors.X_REPLAY, "body.disclosure_id", "ONCE")
    after = _outcomes(state, decision, body.outcomes)
    record = DisclosureState(
        body.disclosure_id,
        decision.verified.digest,
        decision.setting.index,
        tuple(item.number for item in body.outcomes),
        body.part_root,
        body.body_length,
    )
    after = replace(after, disclosures=(*state.disclosures, record))
    if decision.setting.pack.rules(state.kind).conditions_of_use:
        after = replace(after, flags=after.flagged(Flag.CONDITIONS_OF_USE))
    return progressed(_informing(after, decision))


def acknowledge(state: RequestState, decision: Decision) -> RequestState:
    """The agency has opened and verified a disclosure and checked its scope again; where the request had ended, it stays so."""
    body = decision.body(Acknowledge)
    record = next((d for d in state.disclosures if d.manifest == decision.header.about), None)
    if record is None or record.scope_report:
        refuse(errors.X_FIELD_INVALID, "header.about", "ABOUT.DISCLOSURE")
    done = tuple(replace(d, scope_report=body.scope_report) if d is record else d for d in state.disclosures)
    return progressed(replace(state, disclosures=done))


def report_excess(state: RequestState, decision: Decision) -> RequestState:
    """More came than was asked for: a duty to delete or restrict stands until it is settled."""
    if decision.header.about not in {d.manifest for d in state.disclosures}:
        refuse(errors.X_FIELD_INVALID, "header.about", "ABOUT.DISCLOSURE")
    if decision.body(ReportExcess).grade not in GRADES:
        refuse(errors.X_FIELD_INVALID, "body.grade", "VOCABULARY")
    return replace(state, flags=state.flagged(Flag.DELETE_OR_RESTRICT))


def _informing(state: RequestState, decision: Decision) -> RequestState:
    """With the first disclosure the duty to tell the person begins, where the pack gives it a term."""
    rules = decision.setting.pack.user_information
    running = any(item.name == NOTICE for item in state.obligations)
    if rules is None or rules.inform_within is None or running:
        return state
    return start(state, decision, NOTICE, rules.inform_within, "user_information")


def _outcomes(state: RequestState, decision: Decision, outcomes: tuple[TaskOutcome, ...]) -> RequestState:
    allowed = decision.setting.pack.outcomes[state.kind.name]
    for i, item in enumerate(outcomes):
        if item.number not in state.open_tasks:
            refuse(errors.X_SCOPE_EXCEEDED, f"body.outcomes[{i}].number", "TASK_OPEN")
        if item.outcome not in allowed:
            refuse(
                errors.X_FIELD_INVALID, f"body.outcomes[{i}].outcome", decision.setting.pack.rule("outcomes")
            )
    return _set(state, {item.number: item.outcome for item in outcomes})


def _set(state: RequestState, outcomes: dict[int, str]) -> RequestState:
    def ended(item: TaskState) -> TaskState:
        return replace(item, outcome=outcomes.get(item.task.number, item.outcome))

    return replace(state, tasks=tuple(ended(item) for item in state.tasks))


def _each_once(expected: tuple[tuple[int, str], ...], outcomes: tuple[TaskOutcome, ...]) -> None:
    if tuple((item.number, item.outcome) for item in outcomes) != expected:
        refuse(errors.X_FIELD_INVALID, "body.outcomes", "EACH_TASK")
