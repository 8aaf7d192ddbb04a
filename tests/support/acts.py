# SPDX-License-Identifier: Apache-2.0
"""People of a training realm acting on an engine directly: statements signed, submitted, receipts checked.

Below the SDK on purpose: it can also do what the SDK refuses to do. It is no client and keeps nothing on disk.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from rogatory.audit.framing import u16
from rogatory.audit.merkle import root_of
from rogatory.client.sealing.seal import seal_section
from rogatory.protocol import codec
from rogatory.protocol.content import Grounds, Particulars
from rogatory.protocol.disclosure import disclosure_context
from rogatory.protocol.envelope import Verified, sign_statement, verify_envelope
from rogatory.protocol.errors import RogatoryError
from rogatory.protocol.header import (
    DAY_MS,
    Fact,
    Header,
    Issuer,
    SectionKind,
    SectionRef,
    Seen,
    StatementKind,
    Task,
)
from rogatory.protocol.ids import Entropy, uuid7
from rogatory.protocol.instants import parse_instant
from rogatory.protocol.lifecycle import LoggedEnvelope, fold
from rogatory.protocol.receipt import VerifiedReceipt, log_identity, verify_head, verify_receipt
from rogatory.protocol.sealed import (
    context_digest,
    identifier_commitment,
    key_commitment,
    part_leaf,
    section_context,
)
from rogatory.protocol.state import RequestState
from rogatory.protocol.statements import (
    PART_SIZE,
    Body,
    Disclose,
    Issue,
    KeyWrap,
    RequestKind,
    Statement,
    TaskOutcome,
)
from rogatory.protocol.wire import (
    MAX_MESSAGE,
    GetRequestRequest,
    GetRequestResponse,
    PutSealedRequest,
    SubmitRequest,
    SubmitResponse,
    SubmitResult,
)
from rogatory.server.engine import Engine, EngineFiles, FloodLimits, Job, Op
from rogatory.server.parts_index import disclosure_folder, part_name
from tests.support.realm import FixedClock, SeededEntropy, TrainingRealm

# Most tests let one person be refused as often as they like.
NO_FLOODS = FloodLimits(entries=1_000_000)
FACTS = (
    Fact("controller", ("CONTROLLER",)),
    Fact("offence.in_issuing_state", ("YES",)),
    Fact("offence.max_penalty_months", (), 120),
    Fact("person.resides_in_issuing_state", ("YES",)),
    Fact("person.role", ("SUSPECT",)),
)


@dataclass
class Wanted:
    """One task in plain words."""

    identifier_type: str = "account_id"
    identifier: str = "exercise-user@mail.example"
    elements: tuple[str, ...] = ("name", "postal_address")
    purpose: str = "EVIDENCE"
    days_back: int = 10


@dataclass
class World:
    """A realm, an engine on a folder, and everything that was submitted so far."""

    realm: TrainingRealm
    engine: Engine
    files: EngineFiles
    clock: FixedClock
    entropy: Entropy = field(default_factory=SeededEntropy)
    particulars: dict[tuple[bytes, int], Particulars] = field(default_factory=dict)

    @classmethod
    def build(cls, folder: Path) -> World:
        clock = FixedClock()
        realm = TrainingRealm.build(folder, clock=clock, entropy=SeededEntropy())
        files = engine_files(folder / "server")
        return cls(realm, Engine.open(files, clock, SeededEntropy("engine"), NO_FLOODS), files, clock)

    def call(self, name: str, op: Op, request: object) -> bytes:
        """One job; raises what the engine answers."""
        payload = request if isinstance(request, bytes) else codec.encode(request)
        (reply,) = self.engine.process([Job(op, self.realm.row(name).tls_spki, payload)])
        if isinstance(reply, RogatoryError):
            raise reply
        return reply

    def submit(self, name: str, *envelopes: bytes) -> tuple[SubmitResult, ...]:
        reply = self.call(name, Op.SUBMIT, SubmitRequest(envelopes))
        return codec.decode(SubmitResponse, reply, limit=MAX_MESSAGE).results

    def get(self, name: str, request_id: bytes) -> GetRequestResponse:
        reply = self.call(name, Op.GET_REQUEST, GetRequestRequest(request_id, "PROCESSING"))
        return codec.decode(GetRequestResponse, reply, limit=MAX_MESSAGE)

    def verify(self, result: SubmitResult) -> VerifiedReceipt:
        receipt = result.receipt or (result.rejection.receipt if result.rejection else None)
        assert receipt is not None
        return verify_receipt(receipt, log_identity(self.realm.root))

    def rejection(self, result: SubmitResult) -> Verified:
        assert result.rejection is not None, "the statement was accepted"
        return verify_envelope(result.rejection.envelope, self.realm.directory, self.clock.now_ms())

    def folded(self, name: str, request_id: bytes) -> tuple[RequestState, tuple[VerifiedReceipt, ...]]:
        """The state that a party folds by itself from what GetRequest gives."""
        answer = self.get(name, request_id)
        log = log_identity(self.realm.root)
        receipts = tuple(verify_receipt(item.receipt, log) for item in answer.statements)
        envelopes = [
            LoggedEnvelope(item.envelope, receipt.receipt.index, receipt.time_ms)
            for item, receipt in zip(answer.statements, receipts, strict=True)
        ]
        state, _ = fold(envelopes, self.realm.directory, self.realm.packs)
        assert state is not None
        return state, receipts

    def state(self, request_id: bytes) -> RequestState:
        """The state that the engine keeps."""
        state, _leaf = self.engine._core.state(request_id)
        assert state is not None
        return state

    def seen(self, name: str, state: RequestState | None = None) -> Seen:
        head = self.engine._core.log.head()
        tip = self.engine._core.store.feed_tip(self.realm.row(name).org)
        root = verify_head(head.note.encode(), log_identity(self.realm.root)).root
        return Seen(
            head.size,
            root,
            self.realm.directory.index,
            state.last_index + 1 if state is not None else 0,
            tip.feed_digest if tip is not None else b"",
        )

    def header(self, name: str, kind: StatementKind, request_id: bytes, state: RequestState | None) -> Header:
        row = self.realm.row(name)
        now = self.clock.now_ms()
        return Header(
            realm=self.realm.directory.realm,
            statement_id=uuid7(self.clock, self.entropy),
            request_id=request_id,
            kind=kind,
            seen=self.seen(name, state),
            issuer=Issuer(row.org, row.unit, row.subject, self.realm.role(name), row.key_id),
            addressee=self.realm.address("provider"),
            issued_at_ms=now,
            expires_at_ms=now + DAY_MS,
        )

    def sign(self, name: str, header: Header, body: Body) -> bytes:
        return sign_statement(Statement(header, body), self.realm.signer(name))

    def answer(self, name: str, kind: StatementKind, state: RequestState, about: bytes, body: Body) -> bytes:
        """A signed statement that answers another one of the same request."""
        return self.sign(name, replace(self.header(name, kind, state.request_id, state), about=about), body)

    def issue(
        self,
        name: str = "investigator",
        kind: RequestKind = RequestKind.DISCLOSURE,
        tasks: Sequence[Wanted] = (Wanted(),),
        facts: tuple[Fact, ...] = FACTS,
        provider: str = "provider",
        returned: RequestState | None = None,
        enforcing: str = "",
    ) -> tuple[bytes, bytes]:
        """Seal, store and sign a request; returns request id and envelope, not submitted yet.

        It is a new one, or with ``returned`` a new issue of what the authority has sent back; with ``enforcing`` the authority
        of the provider's State gets the grounds too.
        """
        request_id = uuid7(self.clock, self.entropy) if returned is None else returned.request_id
        bare = replace(
            self.header(name, StatementKind.ISSUE, request_id, returned),
            about=b"" if returned is None else returned.issue_digest,
            addressee=self.realm.address(provider),
            reply_to=self.realm.address(name),
            pack_digest=self.realm.pack.digest,
            facts=facts,
            tasks=tuple(self._task(request_id, i, wanted) for i, wanted in enumerate(tasks, start=1)),
        )
        people = {"ASKING": name, "AUTHORITY": "judge", "ENFORCING": enforcing, "PROVIDER": provider}

        def readers(section: str) -> dict[bytes, bytes]:
            named = [people[audience] for audience in self.realm.pack.readers(section) if people[audience]]
            return {unit.key_id: unit.sealing_key for unit in map(self.realm.unit, named)}

        refs = []
        for task in bare.tasks:
            content = codec.encode(self.particulars[request_id, task.number])
            refs.append(
                self.seal(name, bare, SectionKind.PARTICULARS, task.number, content, readers("PARTICULARS"))
            )
        words = codec.encode(Grounds("EX-1", "invented", "needed", "fits", "an exercise, nobody is real"))
        refs.append(self.seal(name, bare, SectionKind.GROUNDS, 0, words, readers("GROUNDS")))
        refs.sort(key=lambda ref: (ref.kind, ref.task, ref.object_digest))
        legal_type = self.realm.pack.kinds[kind.name].legal_type
        supersedes = b"" if returned is None else returned.issue_digest
        to = self.realm.address(enforcing) if enforcing else None
        body = Issue(kind, legal_type, self.realm.address("judge"), supersedes, enforcing=to)
        return request_id, self.sign(name, replace(bare, sections=tuple(refs)), body)

    def _task(self, request_id: bytes, number: int, wanted: Wanted) -> Task:
        today = self.clock.now_ms() // DAY_MS
        key = self.entropy.token(32)
        since = parse_instant(_iso((today - wanted.days_back) * DAY_MS))
        until = parse_instant(_iso(today * DAY_MS - 1000))
        value = wanted.identifier.encode()
        self.particulars[request_id, number] = Particulars(
            number,
            wanted.identifier_type,
            value,
            key,
            since,
            until,
            elements=wanted.elements,
            purpose=wanted.purpose,
        )
        realm = self.realm.directory.realm
        commitment = identifier_commitment(key, realm, request_id, number, wanted.identifier_type, value)
        return Task(
            number,
            wanted.identifier_type,
            commitment,
            wanted.elements,
            wanted.purpose,
            since.utc_ms // DAY_MS,
            until.utc_ms // DAY_MS,
        )

    def seal(
        self,
        name: str,
        header: Header,
        kind: SectionKind,
        task: int,
        content: bytes,
        keys: Mapping[bytes, bytes],
    ) -> SectionRef:
        context = section_context(header, kind, task, tuple(sorted(keys)))
        data, ref = seal_section(content, context, keys, self.entropy)
        self.call(name, Op.PUT_SEALED, PutSealedRequest(header.request_id, data))
        return ref

    def disclose(
        self, state: RequestState, outcomes: Mapping[int, str], body: bytes = b"sealed " * 600
    ) -> bytes:
        """Put parts of opaque bytes in place and sign their manifest; what is inside is not sealed for real."""
        disclosure_id = self.entropy.token(16)
        folder = disclosure_folder(self.files.parts, state.request_id, disclosure_id)
        folder.mkdir(parents=True, exist_ok=True)
        parts = [body[at : at + PART_SIZE] for at in range(0, len(body), PART_SIZE)]
        leaves = [part_leaf(part) for part in parts]
        for i, (part, leaf) in enumerate(zip(parts, leaves, strict=True)):
            (folder / part_name(i, leaf)).write_bytes(part)
        row, unit = self.realm.row("compliance"), self.realm.unit("investigator")
        context = disclosure_context(
            state, self.realm.directory.realm, disclosure_id, row.org, row.key_id, (unit.key_id,)
        )
        manifest = Disclose(
            disclosure_id=disclosure_id,
            context_digest=context_digest(context),
            wraps=(KeyWrap(unit.key_id, bytes(1168)),),
            body_length=len(body),
            part_size=PART_SIZE,
            part_root=root_of(leaves),
            key_commitment=key_commitment(body),
            plaintext_commitment=hashlib.sha256(u16(1)).digest(),
            fits_scope=True,
            outcomes=tuple(TaskOutcome(n, outcome) for n, outcome in sorted(outcomes.items())),
        )
        about = state.order_digest or bytes(32)
        return self.answer("compliance", StatementKind.DISCLOSE, state, about, manifest)


def engine_files(server: Path) -> EngineFiles:
    """Where ``TrainingRealm.build(folder)`` has put an exchange's files."""
    keys = server / "data" / "keys"
    return EngineFiles(
        data=server / "data",
        scheme=server / "scheme",
        ratchet=server / "data" / "ratchet",
        log_key=keys / "log-ed25519.seed",
        log_key_pq=keys / "log-ml-dsa-44.seed",
        exchange_key=keys / "exchange.seed",
        clock_key=keys / "clock.seed",
    )


def _iso(ms: int) -> str:
    import datetime as dt  # noqa: PLC0415 - one use

    return dt.datetime.fromtimestamp(ms / 1000, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
