# SPDX-License-Identifier: Apache-2.0
"""What a request waits for, as people's next steps: who must do what, about which statement, until when.

Computed from the fold alone (architecture §13 "nobody awake", §2 ``page_ack``), so every party names the same next steps. A
step is words for people and for whoever pages them; it decides nothing, and no rule of the lifecycle reads it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from rogatory.protocol.aftermath import ERROR_TERM, NOTICE
from rogatory.protocol.header import Address
from rogatory.protocol.lifecycle_table import LET_GO, UNTIL_ENDED, VALID
from rogatory.protocol.state import TERMINAL, Flag, HoldName, Open, RequestState, StateName
from rogatory.protocol.terms import CLARIFICATION, ENFORCING, EX_POST, PRESERVE, PRODUCE, VALIDATE, owed


@dataclass(frozen=True, slots=True)
class Step:
    """Something that a person at one unit has to do.

    Attributes:
        code: What, such as ``ANSWER``; the catalogue has the words.
        unit: Whose step it is.
        about: Envelope digest of the statement that asks for it.
        due_ms: When its obligation ends; None where no clock runs.
        quiet: Nobody is called when it begins, only before it falls due.
    """

    code: str
    unit: Address
    about: bytes
    due_ms: int | None = None
    quiet: bool = False


_ANSWERS: Final = MappingProxyType(
    {
        HoldName.CLARIFICATION_PENDING.value: ("ANSWER_QUESTION", CLARIFICATION),
        HoldName.ORIGIN_CHALLENGED.value: ("CONFIRM_ORIGIN", ""),
        HoldName.COURT_REMEDY.value: ("DECIDE_OBJECTION", ""),
        HoldName.IMMUNITY_OBJECTION.value: ("DECIDE_OBJECTION", ""),
        HoldName.THIRD_COUNTRY_REVIEW.value: ("DECIDE_OBJECTION", ""),
    }
)
_DECISIONS: Final = MappingProxyType(
    {
        HoldName.EX_POST_VALIDATION_PENDING.value: ("DECIDE_AFTERWARDS", EX_POST),
        HoldName.WIDENING_PENDING.value: ("DECIDE_WIDENING", ""),
    }
)
_AT_PROVIDER: Final = MappingProxyType(
    {
        StateName.TRANSMITTED: "RECEIVE",
        StateName.RECEIVED: "PRESERVE",
        StateName.PRESERVING: "ANSWER",
        StateName.EXECUTING: "ANSWER",
    }
)


def next_steps(state: RequestState) -> tuple[Step, ...]:
    """Return what people have to do now, in an order that never changes for one state."""
    held = tuple(step for item in state.holds for step in _held(state, item))
    return (*_before(state), *held, *_provider(state), *_asking(state))


def _before(state: RequestState) -> Iterator[Step]:
    """Yield the step of a request that is not valid yet."""
    if state.name is StateName.RETURNED:
        yield Step("CORRECT", state.agency, state.issue_digest)
    if state.name is StateName.ISSUED and state.authority is not None:
        yield Step("DECIDE", state.authority, state.issue_digest, _due(state, VALIDATE))


def _held(state: RequestState, item: Open) -> Iterator[Step]:
    """Yield the step of who is asked by a hold."""
    if state.name in TERMINAL:
        return
    if item.name in _ANSWERS:
        code, duty = _ANSWERS[item.name]
        yield Step(code, state.agency, item.digest, _due(state, duty))
    if item.name in _DECISIONS and state.authority is not None:
        code, duty = _DECISIONS[item.name]
        yield Step(code, state.authority, item.digest, _due(state, duty))
    if item.name == HoldName.EA_REVIEW and state.enforcing is not None:
        yield Step("REVIEW", state.enforcing, item.digest, _due(state, ENFORCING))


def _provider(state: RequestState) -> Iterator[Step]:
    """Yield the provider's step. While delivery rests it has to read and freeze all the same."""
    code = _AT_PROVIDER.get(state.name, "")
    rests = code == "ANSWER" and (state.suspended is not None or not state.open_tasks)
    if code and not rests:
        yield Step(code, state.provider, state.order_digest, _due(state, PRODUCE))
    over = state.name in LET_GO - UNTIL_ENDED or (state.name in UNTIL_ENDED and Flag.ENDED in state.flags)
    if over and state.preserved_until_ms:
        yield Step("RELEASE", state.provider, state.order_digest, quiet=True)


def _asking(state: RequestState) -> Iterator[Step]:
    """Yield the steps of the asking side that no hold opens."""
    for item in state.proposals:
        if state.name in VALID:
            yield Step("DECIDE_PROPOSAL", state.agency, item.digest)
    for given in state.disclosures:
        if not given.scope_report:
            yield Step("TAKE_IN", state.agency, given.manifest)
    order = state.order_digest or state.issue_digest
    if Flag.DELETE_OR_RESTRICT in state.flags:
        yield Step("ATTEST_DELETION", state.agency, order, _due(state, ERROR_TERM))
    ends = _due(state, PRESERVE)
    if state.name in {StateName.PRESERVED, StateName.EXTENDED} and Flag.ENDED not in state.flags and ends:
        yield Step("EXTEND_OR_END", state.agency, order, ends, quiet=True)
    told = _due(state, NOTICE)
    if told is not None:
        yield Step("TELL_PERSON", state.agency, order, told, quiet=True)


def _due(state: RequestState, name: str) -> int | None:
    """Return the end of a running obligation, or None."""
    return min(
        (item.due_ms for item in state.obligations if item.name == name and owed(state, item)), default=None
    )
