# SPDX-License-Identifier: Apache-2.0
"""One accepted statement of every kind that has a body: several requests, run through a real engine.

For attacks, which must replay the honest original of each kind. What the rules say to each is not tested here; a kind that is
missing makes the tests that use this fail, so a new kind gets its line.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from rogatory.protocol.dialogue import (
    Amend,
    Clarify,
    ClarifyRequest,
    ConfirmOrigin,
    ConfirmOriginChallenge,
    Maintain,
    NewDeadline,
    NoGrounds,
    Notify,
    Object,
    PageAck,
    ProposeNarrowing,
    Second,
)
from rogatory.protocol.duties import (
    Annul,
    AttestDeletion,
    ClaimCost,
    DeferNotice,
    End,
    Erase,
    Error,
    Extend,
    ExtendSeal,
    Hold,
    NotifySubject,
    Release,
    Rescind,
    Rewrap,
    SettleCost,
    TransmitOutside,
)
from rogatory.protocol.envelope import envelope_digest, parse_envelope
from rogatory.protocol.header import DAY_MS, Fact, StatementKind
from rogatory.protocol.ids import uuid7
from rogatory.protocol.keeping import extended_until
from rogatory.protocol.state import RequestState
from rogatory.protocol.statements import (
    Acknowledge,
    Body,
    Delivered,
    GrantedTask,
    KeyWrap,
    Preserve,
    Refuse,
    ReportExcess,
    RequestKind,
    TaskOutcome,
    Withdraw,
)
from rogatory.server.engine import Op
from tests.support.acts import FACTS, Wanted, World
from tests.support.life import TWO_TASKS, Said, accept, grant, issued, reading, received, transmitted

K = StatementKind
PERSON = Wanted()
HURRY = (Fact("emergency", ("LIFE",)), Fact("emergency.reason", ("CHILD_AT_RISK",)))
HURRIED = tuple(sorted((*FACTS, *HURRY), key=lambda fact: fact.code))


@dataclass
class Told:
    """A request that goes on, and what was said in it."""

    world: World
    state: RequestState
    said: dict[StatementKind, Said] = field(default_factory=dict)

    def tell(self, name: str, kind: StatementKind, body: Body, about: bytes = b"", **other: Any) -> None:  # noqa: ANN401
        """Sign, submit and keep; about the order where nothing else is named."""
        world = self.world
        header = world.header(name, kind, self.state.request_id, self.state)
        header = replace(header, about=about or self.state.order_digest or self.state.issue_digest, **other)
        envelope = world.sign(name, header, body)
        self.state = accept(world, name, envelope, self.state.request_id)
        self.said.setdefault(kind, Said(name, envelope))

    def held(self) -> bytes:
        """The digest of the question or objection that was opened last."""
        return self.state.holds[-1].digest

    def keep(self) -> None:
        """Frozen, for as long as the request's term says."""
        name = "produce" if self.state.kind is RequestKind.DISCLOSURE else "preserve"
        term = self.state.obligation(name)
        assert term is not None
        kept = tuple(TaskOutcome(number, "PRESERVED") for number in self.state.open_tasks)
        self.tell("compliance", K.PRESERVE, Preserve(kept, term.due_ms))


def whole_life(world: World) -> dict[StatementKind, Said]:
    """Runs requests until each kind with a body was accepted, or said by the exchange, once.

    What needs a day to go by comes first, so that nothing of it has expired at the end.
    """
    said = _in_time(world) | _answered(world) | _kept(world) | _taken_back(world) | _erased(world)
    (result,) = world.submit("investigator", said[K.WITHDRAW].envelope[:-1])
    assert result.rejection is not None
    said[K.REJECT] = Said("exchange", result.rejection.envelope)
    said[K.STATUS] = Said("exchange", world.call("judge", Op.HEARTBEAT, b""))
    return said


def _in_time(world: World) -> dict[StatementKind, Said]:
    """A deadline that passes, told by the exchange's clock, and a release after the pack's grace."""
    late = Told(world, received(world, facts=HURRIED))
    told = Told(world, received(world, PERSON, kind=RequestKind.PRESERVATION))
    told.keep()
    told.tell("investigator", K.END, End())
    world.clock.at_ms += DAY_MS
    world.engine.publish()
    last = world.engine._core.store.statements_of(late.state.request_id)[-1]
    told.tell("compliance", K.RELEASE, Release())
    return {K.CLOCK: Said("clock", last.envelope), K.RELEASE: told.said[K.RELEASE]}


def _answered(world: World) -> dict[StatementKind, Said]:
    """Asked, reviewed, questioned, objected to, narrowed, answered, and what comes after."""
    request_id, envelope = world.issue(tasks=TWO_TASKS, enforcing="enforcer")
    told = Told(world, accept(world, "investigator", envelope, request_id))
    told.said[K.ISSUE] = Said("investigator", envelope)
    told.tell("investigator", K.SECOND, Second(), told.state.issue_digest)
    told.tell("judge", K.VALIDATE, grant(told.state), told.state.issue_digest)
    told.tell("provider-service", K.DELIVERED, Delivered())
    told.tell("compliance", K.PAGE_ACK, PageAck())
    told.tell("compliance", K.CONFIRM_ORIGIN_CHALLENGE, ConfirmOriginChallenge())
    told.tell("second-investigator", K.CONFIRM_ORIGIN, ConfirmOrigin(confirmed=True), told.held())
    told.tell("compliance", K.RECEIVE, reading(told.state))
    told.keep()
    told.tell("investigator", K.NOTIFY, Notify(), addressee=told.state.enforcing)
    told.tell("enforcer", K.NO_GROUNDS, NoGrounds())
    told.tell("compliance", K.CLARIFY_REQUEST, ClarifyRequest("SCOPE_UNCLEAR"))
    told.tell("investigator", K.CLARIFY, Clarify(), told.held())
    told.tell("compliance", K.OBJECT, Object("P_IMMUNITY_OR_PRESS"))
    told.tell("investigator", K.MAINTAIN, Maintain(), told.held())
    produce = told.state.obligation("produce")
    assert produce is not None
    told.tell("investigator", K.NEW_DEADLINE, NewDeadline(produce.due_ms + DAY_MS))
    first, second = told.state.granted
    narrower = (GrantedTask(first.number, first.elements[:1], first.first_day, first.last_day), second)
    told.tell("compliance", K.PROPOSE_NARROWING, ProposeNarrowing(narrower))
    told.tell("investigator", K.AMEND, Amend(narrower))
    told.tell("investigator", K.TRANSMIT_OUTSIDE, TransmitOutside(world.clock.now_ms() - 1, 1, bytes(32)))
    manifest = world.disclose(told.state, {1: "DELIVERED", 2: "NO_RECORD"})
    told.state = accept(world, "compliance", manifest, request_id)
    told.said[K.DISCLOSE] = Said("compliance", manifest)
    about = told.state.disclosures[0].manifest
    told.tell("compliance", K.CLAIM_COST, ClaimCost(100, "EUR"))
    told.tell("investigator", K.SETTLE_COST, SettleCost("PAID"), told.state.debts[-1].digest)
    told.tell("investigator", K.REPORT_EXCESS, ReportExcess((1, 2), "MINOR"), about)
    told.tell("investigator", K.ACKNOWLEDGE, Acknowledge("EXCESS_QUARANTINED"), about)
    told.tell("investigator", K.ATTEST_DELETION, AttestDeletion("DELETED"), about)
    told.tell("compliance", K.ERROR, Error("NEAR_MISS", "PROVIDER", "WRONG_PERIOD"))
    _afterwards(told)
    return told.said


def _afterwards(told: Told) -> None:
    """Notice, seal, one more recipient."""
    soon = told.world.clock.now_ms() // DAY_MS + 9
    told.tell("investigator", K.DEFER_NOTICE, DeferNotice("RIGHTS_OF_OTHERS", soon))
    told.tell("investigator", K.EXTEND_SEAL, ExtendSeal("RIGHTS_OF_OTHERS", soon))
    told.tell("investigator", K.NOTIFY_SUBJECT, NotifySubject("INFORMED"))
    grounds = told.state.grounds()
    assert grounds is not None
    audience = told.world.realm.pack.recipients[0]
    reader = told.world.realm.unit("inspector").key_id
    wrap = Rewrap(grounds.object_digest, audience, KeyWrap(reader, bytes(1168)))
    told.tell("investigator", K.REWRAP, wrap)


def _kept(world: World) -> dict[StatementKind, Said]:
    """A preservation: extended, held, ended."""
    told = Told(world, received(world, PERSON, kind=RequestKind.PRESERVATION))
    told.keep()
    until = extended_until(told.state, world.realm.pack)
    assert until is not None
    told.tell("investigator", K.EXTEND, Extend(until))
    told.tell("investigator", K.HOLD, Hold(uuid7(world.clock, world.entropy)))
    told.tell("investigator", K.END, End())
    return told.said


def _taken_back(world: World) -> dict[StatementKind, Said]:
    """Refused by the provider; taken back by the judge, by a court, by who asked."""
    refused = Told(world, received(world))
    refused.tell("compliance", K.REFUSE, Refuse("P_IMMUNITY_OR_PRESS", (1, 2)))
    rescinded = Told(world, transmitted(world))
    rescinded.tell("judge", K.RESCIND, Rescind("ERROR"), rescinded.state.issue_digest)
    annulled = Told(world, transmitted(world))
    annulled.tell("judge", K.ANNUL, Annul("QUASHED"), annulled.state.issue_digest)
    withdrawn = Told(world, issued(world))
    withdrawn.tell("investigator", K.WITHDRAW, Withdraw("ERROR"), withdrawn.state.issue_digest)
    return refused.said | rescinded.said | annulled.said | withdrawn.said


def _erased(world: World) -> dict[StatementKind, Said]:
    """Taken back, and destroyed on the word of two persons."""
    told = Told(world, issued(world))
    told.tell("investigator", K.WITHDRAW, Withdraw("ERROR"), told.state.issue_digest)
    state = told.state
    envelope = world.answer("investigator", K.ERASE, state, state.issue_digest, Erase("NOT_NEEDED"))
    digest = envelope_digest(parse_envelope(envelope), world.realm.row("investigator").alg)
    told.tell("duty-officer", K.SECOND, Second(), digest)
    accept(world, "investigator", envelope, state.request_id)
    return {K.ERASE: Said("investigator", envelope)}
