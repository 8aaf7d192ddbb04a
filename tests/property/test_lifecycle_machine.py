# SPDX-License-Identifier: Apache-2.0
"""Random legal and illegal acts by everybody, against a request's life as plain sets: the rules agree with them at each step.

Statements are made, not signed: signatures have their own tests, and here it is the number of steps that matters. Every refusal
has a code that the catalogue knows and changes nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from rogatory.client.cli.catalogue import sentence
from rogatory.protocol.bodies import (
    Acknowledge,
    DecisionCode,
    Delivered,
    Preserve,
    Refuse,
    ReportExcess,
    RequestKind,
    TaskOutcome,
    Validate,
    Withdraw,
)
from rogatory.protocol.dialogue import (
    Amend,
    Clarify,
    ClarifyRequest,
    ConfirmOrigin,
    ConfirmOriginChallenge,
    Maintain,
    NoGrounds,
    Notify,
    Object,
    PageAck,
    ProposeNarrowing,
)
from rogatory.protocol.duties import (
    Annul,
    AttestDeletion,
    ClaimCost,
    DeferNotice,
    End,
    Error,
    Extend,
    Hold,
    NotifySubject,
    Release,
    Rescind,
    TransmitOutside,
)
from rogatory.protocol.envelope import Verified
from rogatory.protocol.errors import RogatoryError
from rogatory.protocol.header import DAY_MS, StatementKind
from rogatory.protocol.ids import uuid7
from rogatory.protocol.keeping import extended_until
from rogatory.protocol.lifecycle import decide
from rogatory.protocol.state import RequestState
from rogatory.protocol.statements import Body, Statement, check_statement
from tests.support.folding import granting, reading
from tests.support.plain_life import LEGAL, Life
from tests.support.regime_desk import CONTENT, SUBSCRIBER, TRAFFIC, USUAL, Desk

EXAMPLES, STEPS, FLOOR = 420, 50, 20_000
PEOPLE = {
    "agency": "investigator",
    "authority": "judge",
    "court": "judge",
    "enforcing": "enforcer",
    "provider": "compliance",
    "anybody": "investigator",
}
STRANGERS = ("other-investigator", "other-compliance", "enforcer", "inspector", "duty-officer")
DESK = Desk()


class Lives(RuleBasedStateMachine):
    """One request at a time, from its issue to wherever it comes."""

    state: RequestState
    life: Life
    acts = 0  # of all lives of this process

    def __init__(self) -> None:
        super().__init__()
        self.refusals: set[tuple[str, str]] = set()

    @initialize(dice=st.randoms(use_true_random=False))
    def issue(self, dice: Any) -> None:  # noqa: ANN401 - hypothesis' own generator
        DESK.clock.at_ms = 1_795_500_000_000
        preservation = dice.random() < 0.3
        kind = RequestKind.PRESERVATION if preservation else RequestKind.DISCLOSURE
        enforcing = "enforcer" if not preservation and dice.random() < 0.5 else ""
        asked = (
            (SUBSCRIBER, TRAFFIC) if enforcing else ((CONTENT,) if preservation else (SUBSCRIBER, SUBSCRIBER))
        )
        facts = USUAL if not preservation else {key: USUAL[key] for key in ("controller", "person.role")}
        self.state = DESK.ask(*asked, kind=kind, enforcing=enforcing, facts=facts)
        self.life = Life(kind.name, reviewed=bool(enforcing))
        if enforcing:
            self.life.rests.add("EA_REVIEW")

    @rule(dice=st.randoms(use_true_random=False))
    def act(self, dice: Any) -> None:  # noqa: ANN401 - hypothesis' own generator
        Lives.acts += 1
        what = dice.choice(list(LEGAL))
        if dice.random() < 0.6:  # most of the time something that is possible now
            what = dice.choice([name for name in LEGAL if self.life.allows(name)])
        mischief = dice.choice(("", "", "", "stranger", "about", "stale", "twice"))
        body, about = self.made(what, dice)
        person = PEOPLE[LEGAL[what][0]]
        if mischief == "stranger":
            # The enforcing authority may ask too, to consult before it refuses; the plain life does not tell of that.
            person = dice.choice([one for one in STRANGERS if (one, what) != ("enforcer", "CLARIFY_REQUEST")])
        if what == "CONFIRM_ORIGIN" and mischief != "stranger":
            person = "second-investigator"
        if mischief == "about":
            about = DESK.entropy.token(32)
        before = self.state.name.name
        said = self.said(person, what, body, about, stale=mischief == "stale")
        taken = self.take(said)
        expected = self.life.allows(what)
        if mischief in {"", "twice"}:
            assert taken == expected, (what, before, self.life)
        if mischief == "about":
            assert not taken, what
        if mischief == "stranger" and LEGAL[what][0] != "anybody":
            assert not taken or person in self.insiders(what), (what, person)
        if taken:
            self.follow(what, body)
        if mischief == "twice" and taken:
            possible = self.life.allows(what)
            if self.take(
                said
            ):  # the fold has no memory of ids; the exchange refuses them, and here it must at least make sense
                assert possible, what
                self.follow(what, body)

    @invariant()
    def agrees(self) -> None:
        if not hasattr(self, "life"):
            return
        for code, why in self.refusals:
            assert why
            assert "does not know" not in sentence(code).what, code
        self.refusals.clear()
        state, life = self.state, self.life
        assert state.name.name == life.state
        assert {item.name for item in state.holds if item.suspends} == life.rests
        assert sorted(state.open_tasks) == life.open
        assert ("DELETE_OR_RESTRICT" in state.flags) == life.must_delete
        assert {item.manifest: bool(item.scope_report) for item in state.disclosures} == life.answers
        asked = {item.task.number: item.task for item in state.tasks}
        for granted in state.granted:
            task = asked[granted.number]
            assert set(granted.elements) <= set(task.elements)
            assert task.first_day <= granted.first_day <= granted.last_day <= task.last_day
        for ref in state.readable_by(state.provider.org):
            assert ref.task == 0 or ref.task in {item.number for item in state.granted}

    # the acts

    def take(self, verified: Verified) -> bool:
        try:
            after = decide(self.state, verified, DESK.setting())
        except RogatoryError as error:
            self.refusals.add((error.code, error.rule))
            return False
        DESK.index += 1
        self.state = after
        return True

    def said(self, person: str, what: str, body: Body, about: bytes, *, stale: bool) -> Verified:
        kind = StatementKind[what]
        to = self.state.enforcing if what == "NOTIFY" and self.state.enforcing else self.state.provider
        header = DESK.header(person, kind, self.state, about=about, addressee=to)
        if stale:
            header = replace(header, seen=replace(header.seen, request_position=self.state.moved_index))
        statement = Statement(header, body)
        check_statement(statement)
        digest = DESK.entropy.token(32)
        return Verified(b"", statement, digest, digest, DESK.realm.row(person))

    def made(self, what: str, dice: Any) -> tuple[Body, bytes]:  # noqa: ANN401, PLR0911, PLR0912, C901 - one body a kind
        state, order = self.state, self.state.order_digest or bytes(32)
        granted = state.granted
        match what:
            case "VALIDATE":
                code = dice.choice(("GRANT", "GRANT", "GRANT", "RETURN", "REFUSE"))
                body = granting(state) if code == "GRANT" else Validate(DecisionCode[code], "A_NOT_NECESSARY")
                return body, state.issue_digest
            case "DELIVERED":
                return Delivered(), order
            case "RECEIVE":
                return reading(state), order
            case "PRESERVE":
                term = state.obligation("produce" if self.life.kind == "DISCLOSURE" else "preserve")
                outcomes = tuple(TaskOutcome(n, "PRESERVED") for n in state.open_tasks) or (
                    TaskOutcome(1, "PRESERVED"),
                )
                return Preserve(outcomes, term.due_ms if term else 1), order
            case "DISCLOSE":
                numbers = state.open_tasks or (1,)
                some = numbers if dice.random() < 0.7 else numbers[:1]
                ended = {f"task{n}": dice.choice(("DELIVERED", "NO_RECORD")) for n in some}
                return DESK.manifest(state, **ended), order
            case "REFUSE":
                some = (state.open_tasks[0],) if state.open_tasks and dice.random() < 0.5 else ()
                return Refuse("P_OTHER", some), order
            case "ACKNOWLEDGE":
                waiting = [item.manifest for item in state.disclosures if not item.scope_report]
                return Acknowledge("IN_SCOPE"), (waiting or [bytes(32)])[0]
            case "REPORT_EXCESS":
                return ReportExcess((), "MINOR"), self.a_manifest()
            case "WITHDRAW":
                return Withdraw("ERROR"), state.issue_digest
            case "CLARIFY_REQUEST":
                return ClarifyRequest("INCOMPLETE"), order
            case "CLARIFY":
                return Clarify(), self.a_hold("CLARIFICATION_PENDING")
            case "OBJECT":
                if dice.random() < 0.5:
                    return Object("P_IMMUNITY_OR_PRESS"), order
                return Object("P_THIRD_COUNTRY_CONFLICT", ("LAW_FORBIDS",)), order
            case "MAINTAIN":
                return Maintain(), self.a_hold("IMMUNITY_OBJECTION", "THIRD_COUNTRY_REVIEW")
            case "CONFIRM_ORIGIN_CHALLENGE":
                return ConfirmOriginChallenge(), order
            case "CONFIRM_ORIGIN":
                return ConfirmOrigin(dice.random() < 0.8), self.a_hold("ORIGIN_CHALLENGED")
            case "PROPOSE_NARROWING":
                return ProposeNarrowing(granted[:1] or self.something()), order
            case "AMEND":
                return Amend(granted[:1] or self.something()), order
            case "NOTIFY":
                return Notify(), order
            case "NO_GROUNDS":
                return NoGrounds(), order
            case "EXTEND":
                return Extend(self.until()), order
            case "HOLD":
                return Hold(uuid7(DESK.clock, DESK.entropy)), order
            case "END":
                return End(), order
            case "RELEASE":
                DESK.clock.at_ms = (
                    max(DESK.clock.at_ms, state.ended_ms + 2 * DAY_MS) if state.ended_ms else DESK.clock.at_ms
                )
                return Release(), order
            case "RESCIND":
                return Rescind("ERROR"), state.issue_digest
            case "ANNUL":
                return Annul("QUASHED"), state.issue_digest
            case "PAGE_ACK":
                return PageAck(), state.issue_digest
            case "ERROR":
                return Error(
                    dice.choice(("NEAR_MISS", "SERIOUS")), "PROVIDER", "WRONG_PERIOD"
                ), state.issue_digest
            case "ATTEST_DELETION":
                debts = [item.digest for item in state.debts if item.name == "ERROR"]
                return AttestDeletion("DELETED"), (debts or [state.issue_digest])[0]
            case "DEFER_NOTICE":
                return DeferNotice("RIGHTS_OF_OTHERS", DESK.clock.now_ms() // DAY_MS + 9), state.issue_digest
            case "NOTIFY_SUBJECT":
                return NotifySubject("INFORMED"), state.issue_digest
            case "CLAIM_COST":
                return ClaimCost(100, "EUR"), order
            case "TRANSMIT_OUTSIDE":
                return TransmitOutside(DESK.clock.now_ms() - 1, 1, bytes(32)), state.issue_digest
        raise AssertionError(what)

    def follow(self, what: str, body: Any) -> None:  # noqa: ANN401, C901, PLR0912, PLR0915 - on paper
        life = self.life
        match what:
            case "VALIDATE":
                life.state = {"GRANT": "TRANSMITTED", "RETURN": "RETURNED", "REFUSE": "REFUSED"}[
                    body.decision.name
                ]
                life.tasks = {task.number: "" for task in body.granted}
            case "DELIVERED":
                life.delivered = True
            case "RECEIVE":
                life.state = "RECEIVED"
            case "PRESERVE":
                life.kept = True
                if life.kind == "PRESERVATION":
                    life.tasks.update({item.number: item.outcome for item in body.outcomes})
                    life.state = "PRESERVED"
                else:
                    life.state = "AWAITING_ENFORCING_AUTHORITY" if "EA_REVIEW" in life.rests else "PRESERVING"
            case "DISCLOSE":
                life.tasks.update({item.number: item.outcome for item in body.outcomes})
                life.answers[self.state.last_digest] = False
                life.progress()
            case "REFUSE":
                life.tasks.update(dict.fromkeys(body.tasks or life.open, "REFUSED"))
                if not body.tasks or all(life.tasks[n] == "REFUSED" for n in life.granted):
                    life.state = "REFUSED"
                else:
                    life.progress()
            case "ACKNOWLEDGE":
                life.answers[next(m for m, said in life.answers.items() if not said)] = True
                life.progress()
            case "REPORT_EXCESS":
                life.must_delete = True
            case "WITHDRAW" | "RESCIND":
                life.state = "WITHDRAWN"
            case "CLARIFY_REQUEST":
                life.rests.add("CLARIFICATION_PENDING")
            case "OBJECT":
                life.rests.add(
                    "IMMUNITY_OBJECTION" if body.code == "P_IMMUNITY_OR_PRESS" else "THIRD_COUNTRY_REVIEW"
                )
            case "CLARIFY" | "MAINTAIN":
                life.rests = {item.name for item in self.state.holds if item.suspends}
            case "CONFIRM_ORIGIN_CHALLENGE":
                life.rests.add("ORIGIN_CHALLENGED")
            case "CONFIRM_ORIGIN":
                life.rests.discard("ORIGIN_CHALLENGED")
                if not body.confirmed:
                    life.state = "WITHDRAWN"
            case "AMEND":
                for number in set(life.open) - {task.number for task in body.granted}:
                    life.tasks[number] = "NARROWED"
                if not life.open:
                    life.progress()
            case "NOTIFY":
                life.notified = True
            case "NO_GROUNDS":
                life.resume()
            case "EXTEND":
                life.extensions += 1
                life.state = "EXTENDED"
            case "HOLD":
                life.state = "HELD_FOR_PRODUCTION"
            case "END":
                life.ended = True
            case "RELEASE":
                life.state = "RELEASED"
            case "ANNUL":
                if life.state != "CLOSED":
                    life.state = "WITHDRAWN"
                life.must_delete = life.must_delete or bool(life.answers)
            case "ERROR":
                life.must_delete = life.must_delete or body.grade != "NEAR_MISS"
            case "ATTEST_DELETION":
                life.must_delete = any(item.name == "ERROR" for item in self.state.debts)

    # what an act needs

    def insiders(self, what: str) -> set[str]:
        return {"agency": {"duty-officer"}, "enforcing": {"enforcer"}, "anybody": set(STRANGERS)}.get(
            LEGAL[what][0], set()
        )

    def a_manifest(self) -> bytes:
        return self.state.disclosures[0].manifest if self.state.disclosures else bytes(32)

    def a_hold(self, *names: str) -> bytes:
        found = [item.digest for item in self.state.holds if item.name in names]
        return (found or [bytes(32)])[0]

    def something(self) -> Any:  # noqa: ANN401 - a scope that has its form
        return granting(self.state).granted[:1]

    def until(self) -> int:
        return extended_until(self.state, DESK.pack) or 1


Lives.TestCase.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=STEPS,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.filterwarnings("ignore")
class TestLives(Lives.TestCase):  # type: ignore[misc,valid-type]
    """Hypothesis runs the lives; that it was as many acts as promised is looked at here."""

    def runTest(self) -> None:  # noqa: N802 - unittest's name
        before = Lives.acts
        super().runTest()
        assert Lives.acts - before >= FLOOR
