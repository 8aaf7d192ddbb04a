# SPDX-License-Identifier: Apache-2.0
"""Statements signed, verified and folded with nothing around them: no engine, no log, no sealed objects.

For tests of the rules alone, which must be quick because mutation runs them again for every change. What is sealed is
named by invented digests, so it is no test of sealing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from rogatory.protocol.decision import Setting
from rogatory.protocol.directory import Directory, build_directory
from rogatory.protocol.disclosure import disclosure_context
from rogatory.protocol.envelope import Verified, sign_statement, verify_envelope
from rogatory.protocol.header import (
    DAY_MS,
    Address,
    Header,
    Issuer,
    SectionKind,
    SectionRef,
    Seen,
    StatementKind,
    Task,
)
from rogatory.protocol.ids import uuid7
from rogatory.protocol.lifecycle import decide
from rogatory.protocol.pack import Pack
from rogatory.protocol.sealed import context_digest
from rogatory.protocol.state import Obligation, RequestState
from rogatory.protocol.statements import (
    PART_SIZE,
    Body,
    DecisionCode,
    Delivered,
    Disclose,
    GrantedTask,
    Issue,
    KeyWrap,
    Receive,
    RequestKind,
    Statement,
    TaskOutcome,
    Validate,
)
from tests.support.acts import FACTS
from tests.support.realm import FixedClock, SeededEntropy, TrainingRealm

# Subscriber data, which a prosecutor may validate, and traffic data, for which it takes a judge.
SUBSCRIBER = ("account_id", ("name", "postal_address"), "EVIDENCE")
TRAFFIC = ("msisdn", ("call_record",), "EVIDENCE")


@cache
def frozen_realm() -> TrainingRealm:
    """Returns a realm whose clock stands; made once per process, only read."""
    return TrainingRealm.build(clock=FixedClock(), entropy=SeededEntropy("folding"))


@dataclass
class Folding:
    """People of a realm at one moment, and the log index that the next statement gets."""

    realm: TrainingRealm = field(default_factory=frozen_realm)
    clock: FixedClock = field(default_factory=FixedClock)
    entropy: SeededEntropy = field(default_factory=lambda: SeededEntropy("folding"))
    index: int = 10

    @property
    def directory(self) -> Directory:
        return self.realm.directory

    def setting(self, **other: Any) -> Setting:  # noqa: ANN401 - any field of a setting
        return replace(Setting(self.index, self.clock.now_ms(), self.directory, self.realm.pack), **other)

    def header(self, name: str, kind: StatementKind, state: RequestState | None, **other: Any) -> Header:  # noqa: ANN401
        row, now = self.realm.row(name), self.clock.now_ms()
        header = Header(
            realm=self.directory.realm,
            statement_id=uuid7(self.clock, self.entropy),
            request_id=uuid7(self.clock, self.entropy) if state is None else state.request_id,
            kind=kind,
            seen=Seen(request_position=0 if state is None else state.last_index + 1),
            issuer=Issuer(row.org, row.unit, row.subject, self.realm.role(name), row.key_id),
            addressee=self.realm.address("provider"),
            issued_at_ms=now,
            expires_at_ms=now + DAY_MS,
        )
        return replace(header, **other)

    def sign(self, name: str, header: Header, body: Body) -> bytes:
        return sign_statement(Statement(header, body), self.realm.signer(name))

    def say(self, name: str, header: Header, body: Body) -> Verified:
        """A statement as its reader has it: signed, sent, verified."""
        return verify_envelope(self.sign(name, header, body), self.directory, self.clock.now_ms())

    def decide(self, state: RequestState | None, verified: Verified, **other: Any) -> RequestState:  # noqa: ANN401
        after = decide(state, verified, self.setting(**other))
        self.index += 1
        return after

    def act(
        self,
        name: str,
        kind: StatementKind,
        state: RequestState,
        about: bytes,
        body: Body,
        **other: Any,  # noqa: ANN401 - any field of a header
    ) -> RequestState:
        header = self.header(name, kind, state, **({"about": about} | other))
        return self.decide(state, self.say(name, header, body))

    def ref(
        self, kind: SectionKind, task: int, *readers: str, key_ids: Sequence[bytes] | None = None
    ) -> SectionRef:
        keys = key_ids if key_ids is not None else [self.realm.unit(name).key_id for name in readers]
        token = self.entropy.token
        return SectionRef(kind, task, token(32), 4096, token(32), token(32), tuple(sorted(set(keys))))

    def asking(
        self,
        name: str = "investigator",
        kind: RequestKind = RequestKind.DISCLOSURE,
        asked: Sequence[tuple[str, tuple[str, ...], str]] = (SUBSCRIBER,),
        state: RequestState | None = None,
        **other: Any,  # noqa: ANN401 - any field of a header
    ) -> tuple[Header, Issue]:
        """An issue that the rules allow, unless ``other`` says otherwise."""
        today = self.clock.now_ms() // DAY_MS
        listed = tuple(
            Task(number, identifier, self.entropy.token(32), elements, purpose, today - 10, today)
            for number, (identifier, elements, purpose) in enumerate(asked, start=1)
        )
        readers = (name, "judge")
        refs = [self.ref(SectionKind.PARTICULARS, task.number, *readers, "provider") for task in listed]
        refs.append(self.ref(SectionKind.GROUNDS, 0, *readers))
        refs.sort(key=lambda ref: (ref.kind, ref.task, ref.object_digest))
        header = self.header(
            name,
            StatementKind.ISSUE,
            state,
            about=b"" if state is None else state.issue_digest,
            reply_to=self.realm.address(name),
            pack_digest=self.realm.pack.digest,
            facts=FACTS,
            tasks=listed,
            sections=tuple(refs),
        )
        legal_type = self.realm.pack.kinds[kind.name].legal_type
        supersedes = b"" if state is None else state.issue_digest
        return replace(header, **other), Issue(kind, legal_type, self.realm.address("judge"), supersedes)

    def issued(self, *tasks: Any, kind: RequestKind = RequestKind.DISCLOSURE) -> RequestState:  # noqa: ANN401
        header, body = self.asking(kind=kind, asked=tasks or (SUBSCRIBER,))
        return self.decide(None, self.say("investigator", header, body))

    def transmitted(self, *tasks: Any, kind: RequestKind = RequestKind.DISCLOSURE) -> RequestState:  # noqa: ANN401
        state = self.issued(*tasks, kind=kind)
        return self.act("judge", StatementKind.VALIDATE, state, state.issue_digest, granting(state))

    def delivered(self, *tasks: Any, kind: RequestKind = RequestKind.DISCLOSURE) -> RequestState:  # noqa: ANN401
        state = self.transmitted(*tasks, kind=kind)
        return self.act("provider-service", StatementKind.DELIVERED, state, state.order_digest, Delivered())

    def received(self, *tasks: Any, kind: RequestKind = RequestKind.DISCLOSURE) -> RequestState:  # noqa: ANN401
        state = self.delivered(*tasks, kind=kind)
        return self.act("compliance", StatementKind.RECEIVE, state, state.order_digest, reading(state))

    def manifest(self, state: RequestState, **outcomes: str) -> Disclose:
        """A manifest with outcomes by task, written as ``task1="DELIVERED"``."""
        row, unit = self.realm.row("compliance"), self.realm.unit("investigator")
        disclosure_id = self.entropy.token(16)
        context = disclosure_context(
            state, self.directory.realm, disclosure_id, row.org, row.key_id, (unit.key_id,)
        )
        ended = sorted((int(name.removeprefix("task")), outcome) for name, outcome in outcomes.items())
        return Disclose(
            disclosure_id=disclosure_id,
            context_digest=context_digest(context),
            wraps=(KeyWrap(unit.key_id, bytes(1168)),),
            body_length=4096,
            part_size=PART_SIZE,
            part_root=self.entropy.token(32),
            key_commitment=self.entropy.token(32),
            plaintext_commitment=hashlib.sha256(b"").digest(),
            fits_scope=True,
            outcomes=tuple(TaskOutcome(number, outcome) for number, outcome in ended),
        )

    def answered(self, state: RequestState, **outcomes: str) -> RequestState:
        """The state after a disclosure with these outcomes."""
        body = self.manifest(state, **outcomes)
        return self.act("compliance", StatementKind.DISCLOSE, state, state.order_digest, body)

    def changed(self, name: str, **other: Any) -> Directory:  # noqa: ANN401 - any field of a key row
        """The directory with another row for this person's key; nobody has signed it."""
        listed, wanted = self.directory.trust_list, self.realm.row(name).key_id
        rows = tuple(replace(row, **other) if row.key_id == wanted else row for row in listed.keys)
        return self.rebuilt(keys=rows)

    def rebuilt(self, **other: Any) -> Directory:  # noqa: ANN401 - any field of a trust list
        """The directory with other lists of rows; nobody has signed it."""
        listed = replace(self.directory.trust_list, **other)
        return build_directory(self.directory.root, listed, self.directory.index)

    @property
    def pack(self) -> Pack:
        return self.realm.pack

    def address(self, name: str) -> Address:
        return self.realm.address(name)

    def address_of_org(self, name: str) -> Address:
        """The unit of an organisation in which nobody may sign."""
        return self.realm.realm.units[name].row.address


def whole(state: RequestState) -> tuple[GrantedTask, ...]:
    """Everything that was asked for."""
    asked = [item.task for item in state.tasks]
    return tuple(GrantedTask(t.number, t.elements, t.first_day, t.last_day) for t in asked)


def granting(state: RequestState, *numbers: int) -> Validate:
    """A grant of these tasks, or of the whole, with every needed section opened."""
    granted = tuple(task for task in whole(state) if not numbers or task.number in numbers)
    refs = [state.particulars(task.number) for task in granted] + [state.grounds()]
    opened = tuple(sorted(ref.object_digest for ref in refs if ref is not None))
    narrowed = len(granted) < len(state.tasks)
    decision = DecisionCode.GRANT_NARROWED if narrowed else DecisionCode.GRANT
    return Validate(decision, "", granted, opened)


def reading(state: RequestState) -> Receive:
    """The provider's word that it opened the particulars of every granted task."""
    refs = [state.particulars(task.number) for task in state.granted]
    return Receive((), tuple(sorted(ref.object_digest for ref in refs if ref is not None)))


def obligation(state: RequestState, name: str) -> Obligation:
    """A duty that must be running, or have run."""
    found = state.obligation(name)
    assert found is not None
    return found
