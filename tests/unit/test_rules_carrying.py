# SPDX-License-Identifier: Apache-2.0
"""What is signed without the log and folded later: order by digest, ends by rule, the deposit's term, and who may.

The fold alone; files and their checks are tests/attacks' and tests/cli's matter.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from rogatory.protocol.carrying import deposit_due_ms
from rogatory.protocol.header import Fact, Seen, StatementKind
from rogatory.protocol.pack import Pack
from rogatory.protocol.state import Flag, RequestState, StateName
from rogatory.protocol.statements import (
    Body,
    Clock,
    Delivered,
    Preserve,
    RequestKind,
    TaskOutcome,
    TransmitOutside,
)
from tests.support.acts import FACTS
from tests.support.folding import SUBSCRIBER, Folding, granting, reading
from tests.support.refused import refusal

K = StatementKind
URGENT = {
    "emergency": ("LIFE",),
    "emergency.reason": ("CHILD_AT_RISK",),
    "validation": ("EX_POST",),
}


@pytest.fixture
def desk() -> Folding:
    return Folding()


def urgent(facts: Iterable[Fact] = FACTS) -> tuple[Fact, ...]:
    claimed = [Fact(code, values) for code, values in URGENT.items()]
    return tuple(sorted((*facts, *claimed), key=lambda fact: fact.code))


def carried(desk: Folding, kind: RequestKind = RequestKind.DISCLOSURE, **other: Any) -> RequestState:  # noqa: ANN401
    """An emergency that went out before its validation."""
    header, body = desk.asking(kind=kind, asked=(SUBSCRIBER,), facts=urgent())
    state = desk.decide(None, desk.say("investigator", header, body), **other)
    assert state.name is StateName.TRANSMITTED
    return state


def by_hand(
    desk: Folding,
    name: str,
    kind: StatementKind,
    state: RequestState,
    body: Body,
    **other: Any,  # noqa: ANN401
) -> RequestState:
    """A statement whose signer names the last one by its digest, and no place in the log."""
    seen = Seen(request_position=0, request_digest=other.pop("last", state.last_digest))
    return desk.act(name, kind, state, state.order_digest, body, seen=seen, **other)


def covered(desk: Folding, state: RequestState) -> RequestState:
    body = TransmitOutside(desk.clock.now_ms() - 1, 9, bytes(32))
    return desk.act("investigator", K.TRANSMIT_OUTSIDE, state, state.order_digest, body)


def answered(desk: Folding, kind: RequestKind = RequestKind.DISCLOSURE) -> RequestState:
    state = by_hand(desk, "compliance", K.DELIVERED, covered(desk, carried(desk, kind)), Delivered())
    return by_hand(desk, "compliance", K.RECEIVE, state, reading(state))


def without_carrying(pack: Pack) -> Pack:
    return replace(pack, offline=replace(pack.offline, carry=False))


def test_who_decides_may_name_the_last_statement_by_its_digest(desk: Folding) -> None:
    state = answered(desk)
    body = desk.manifest(state, task1="DELIVERED")
    assert by_hand(desk, "compliance", K.DISCLOSE, state, body).disclosures
    stale = ("X_STALE_GENERATION", "header.seen.request_position", "ORDER")
    assert refusal(by_hand, desk, "compliance", K.DISCLOSE, state, body, last=state.issue_digest) == stale
    assert refusal(by_hand, desk, "compliance", K.DISCLOSE, state, body, last=b"") == stale


def test_who_was_overtaken_by_a_statement_that_counts_is_told_so(desk: Folding) -> None:
    state = answered(desk)
    body, known = desk.manifest(state, task1="DELIVERED"), state.last_digest
    asked = Preserve((TaskOutcome(1, "PRESERVED"),), 0)
    moved = by_hand(desk, "second-compliance", K.PRESERVE, state, asked)
    assert (
        refusal(by_hand, desk, "compliance", K.DISCLOSE, moved, body, last=known)[0] == "X_STALE_GENERATION"
    )


def test_a_whole_validation_afterwards_and_a_late_deposit_overtake_nobody(desk: Folding) -> None:
    state = answered(desk)
    body, known = desk.manifest(state, task1="DELIVERED"), state.last_digest
    granted = desk.act("judge", K.VALIDATE, state, state.issue_digest, granting(state))
    assert granted.last_digest != known
    assert by_hand(desk, "compliance", K.DISCLOSE, granted, body, last=known).disclosures


def test_only_an_emergency_and_only_where_the_pack_allows_it(desk: Folding) -> None:
    ordinary = desk.transmitted()
    at = "header.seen.request_digest"
    assert refusal(by_hand, desk, "compliance", K.DELIVERED, ordinary, Delivered()) == (
        "X_STATE_NOT_ALLOWED",
        at,
        "CARRY.EMERGENCY",
    )
    state = carried(desk)
    seen = Seen(request_digest=state.last_digest)
    header = desk.header("compliance", K.DELIVERED, state, about=state.order_digest, seen=seen)
    said = desk.say("compliance", header, Delivered())
    pack = without_carrying(desk.pack)
    assert refusal(desk.decide, state, said, pack=pack) == (
        "X_STATE_NOT_ALLOWED",
        at,
        pack.rule("offline/carry"),
    )


@pytest.mark.parametrize("kind", RequestKind)
def test_a_preservation_without_an_instant_ends_when_the_pack_says(desk: Folding, kind: RequestKind) -> None:
    state = answered(desk, kind)
    body = Preserve((TaskOutcome(1, "PRESERVED"),), 0)
    term = state.obligation("produce" if kind is RequestKind.DISCLOSURE else "preserve")
    assert term is not None
    assert by_hand(desk, "compliance", K.PRESERVE, state, body).preserved_until_ms == term.due_ms
    ordinary = desk.received(kind=kind)
    refused = refusal(desk.act, "compliance", K.PRESERVE, ordinary, ordinary.order_digest, body)
    assert refused == ("X_STATE_NOT_ALLOWED", "body.until_ms", "CARRY.EMERGENCY")


def test_the_deposit_runs_from_what_was_signed_until_it_is_delivered(desk: Folding) -> None:
    state = covered(desk, carried(desk))
    duty = state.obligation("deposit")
    assert duty is not None
    assert duty.due_ms == deposit_due_ms(desk.pack, desk.clock.now_ms() - 1)
    assert duty.rule == desk.pack.rule("offline/deposit_within")
    again = covered(desk, state)
    assert [item.name for item in again.obligations].count("deposit") == 1
    met = by_hand(desk, "compliance", K.DELIVERED, state, Delivered()).obligation("deposit")
    assert met is not None
    assert met.met


def test_a_late_deposit_is_flagged_and_stops_nothing(desk: Folding) -> None:
    state = covered(desk, carried(desk))
    duty = state.obligation("deposit")
    assert duty is not None
    desk.clock = type(desk.clock)(duty.due_ms)
    body = Clock(duty.name, duty.trigger, duty.rule, duty.due_ms)
    late = desk.act("clock", K.CLOCK, state, b"", body)
    assert (late.name, late.flags) == (StateName.TRANSMITTED, (Flag.OVERDUE.value,))
    assert late.moved_index == state.moved_index


@pytest.mark.parametrize("who", ["investigator", "compliance"])
def test_what_else_goes_another_way_starts_no_term(desk: Folding, who: str) -> None:
    """An ordinary request, an answer, and what goes after it was delivered."""
    body = TransmitOutside(desk.clock.now_ms(), 9, bytes(32))
    for state in (desk.transmitted(), answered(desk)):
        before = state.obligation("deposit")
        name, other = who, {"addressee": state.agency} if who == "compliance" else {}
        after = desk.act(name, K.TRANSMIT_OUTSIDE, state, state.order_digest, body, **other)
        assert after.obligation("deposit") == before


def test_a_provider_without_a_key_is_outside_and_nothing_is_carried_to_it(desk: Folding) -> None:
    address = desk.address_of_org("outside-provider")
    header, issue = desk.asking(facts=urgent(), asked=(SUBSCRIBER,), addressee=address)
    refs = [desk.ref(ref.kind, ref.task, "investigator", "judge") for ref in header.sections]
    refs.sort(key=lambda ref: (ref.kind, ref.task, ref.object_digest))
    said = desk.say("investigator", replace(header, sections=tuple(refs)), issue)
    state = desk.decide(None, said)
    assert state.outside
    assert not carried(desk).outside
    body = TransmitOutside(desk.clock.now_ms(), 9, bytes(32))
    after = desk.act("investigator", K.TRANSMIT_OUTSIDE, state, state.order_digest, body, addressee=address)
    assert after.obligation("deposit") is None
