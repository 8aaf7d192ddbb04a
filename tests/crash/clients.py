# SPDX-License-Identifier: Apache-2.0
"""Clients under fire: requests from issue to closed over mutual TLS, each act sent again until it is answered.

They keep a ledger of what they sent and were told, and complain by themselves where the exchange contradicts its own
answer: another receipt for the same bytes, or a refusal of what is right. They run in the harness's process, which no
fault touches; they check no log (tests.crash.model).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import grpc
from typing_extensions import override

from rogatory.protocol import codec
from rogatory.protocol.envelope import parse_envelope
from rogatory.protocol.errors import RogatoryError
from rogatory.protocol.header import Seen, StatementKind
from rogatory.protocol.receipt import encode_receipt, log_identity, verify_head
from rogatory.protocol.sealed import part_leaf
from rogatory.protocol.state import RequestState
from rogatory.protocol.statements import (
    Acknowledge,
    Body,
    DecisionCode,
    Delivered,
    Disclose,
    GrantedTask,
    Receive,
    Reject,
    Statement,
    Validate,
    Withdraw,
)
from rogatory.protocol.wire import (
    MAX_MESSAGE,
    GetCheckpointRequest,
    GetCheckpointResponse,
    PartStart,
    SubmitResult,
)
from rogatory.server.engine import Op
from rogatory.v1 import services_pb2 as pb
from tests.crash.dice import Dice
from tests.crash.exchange import Exchange
from tests.crash.ledger import Ledger
from tests.support.acts import Wanted
from tests.support.front import _METHODS, Wire, code_of, typed

CANARY = "crash-canary@mail.example"
_BODY = b"sealed " * 600
_AGAIN = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.UNKNOWN,
}

_STEPS = (
    StatementKind.VALIDATE,
    StatementKind.DELIVERED,
    StatementKind.RECEIVE,
    StatementKind.DISCLOSE,
    StatementKind.ACKNOWLEDGE,
)
_LAST = {StatementKind.WITHDRAW, StatementKind.ACKNOWLEDGE}


class Stopped(Exception):
    """The harness wants no more of this client."""


class Persistent(Wire):
    """A `Wire` that sends the same bytes until there is an answer; how often it had to is counted."""

    def __init__(self, exchange: Exchange, stop: threading.Event) -> None:
        super().__init__(exchange)
        self._stop = stop
        self.unanswered = 0

    @override
    def call(self, name: str, op: Op, request: object) -> bytes:
        return self.ask(name, _METHODS[op], request if isinstance(request, bytes) else codec.encode(request))

    def ask(self, name: str, method: str, payload: bytes) -> bytes:
        caller: Any = self.channel(name).unary_unary(f"/rogatory.v1.{method}")
        return bytes(self.insist(lambda: caller(payload, timeout=10)))

    def insist(self, attempt: Callable[[], Any]) -> Any:  # noqa: ANN401 - any gRPC call
        while not self._stop.is_set():
            try:
                return attempt()
            except grpc.RpcError as error:
                if code_of(error) not in _AGAIN:
                    raise typed(error) from error
            self.unanswered += 1
            self._stop.wait(0.05)
        raise Stopped

    @override
    def seen(self, name: str, state: RequestState | None = None) -> Seen:
        reply = self.ask("inspector", "AuditService/GetCheckpoint", codec.encode(GetCheckpointRequest()))
        answer = codec.decode(GetCheckpointResponse, reply, limit=MAX_MESSAGE)
        head = verify_head(answer.checkpoint, log_identity(self.realm.root))
        position = state.last_index + 1 if state is not None else 0
        return Seen(head.size, head.root, self.realm.directory.index, position)


@dataclass
class Client(threading.Thread):
    """One client; it takes one step of one of its requests after another until it is stopped."""

    number: int
    wire: Persistent
    ledger: Ledger
    dice: Dice
    stop: threading.Event
    acts: int = 0
    _open: dict[bytes, int] = field(default_factory=dict)
    _told: list[tuple[str, bytes, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(name=f"client-{self.number}", daemon=True)

    @override
    def __hash__(self) -> int:
        return id(self)

    @override
    def run(self) -> None:
        while not self.stop.is_set():
            try:
                self._step()
            except Stopped:
                return
            except RogatoryError as error:
                self.ledger.complain(
                    f"a call that is right was refused: {error.code} {error.field} {error.rule}"
                )
                self._open.clear()
                time.sleep(0.05)

    def _step(self) -> None:
        if self._told and self.dice.one_in(4):
            self._again(*self.dice.choose(self._told[-40:]))
        elif self.dice.one_in(12):
            self._nonsense()
        elif len(self._open) < 2 or self.dice.one_in(3):
            request_id, envelope = self.wire.issue(tasks=(Wanted(identifier=CANARY),))
            if self._submit("investigator", envelope):
                self._open[request_id] = 0
        else:
            self._advance(self.dice.choose(list(self._open)))

    def _advance(self, request_id: bytes) -> None:
        state = self.wire.state(request_id)
        step = self._open[request_id]
        if step < _STEPS.index(StatementKind.DISCLOSE) and self.dice.one_in(8):
            kind = StatementKind.WITHDRAW
        else:
            kind = _STEPS[step]
        if kind is StatementKind.DISCLOSE:
            name, envelope = "compliance", self._disclosed(state)
        else:
            name, about, body = _act(state, kind)
            envelope = self.wire.answer(name, kind, state, about, body)
        self._open[request_id] += 1
        if not self._submit(name, envelope) or kind in _LAST:
            del self._open[request_id]

    def _disclosed(self, state: RequestState) -> bytes:
        """Uploads a part through the front and signs its manifest."""
        envelope = self.wire.disclose(state, {1: "DELIVERED"}, _BODY)
        body = codec.decode(Statement, parse_envelope(envelope).payload, limit=MAX_MESSAGE).body
        assert isinstance(body, Disclose)
        start = PartStart(state.request_id, body.disclosure_id, 0, 0, len(_BODY), part_leaf(_BODY))
        messages = [pb.PutPartsRequest(start=codec.to_message(start)), pb.PutPartsRequest(data=_BODY)]
        channel: Any = self.wire.channel("provider-service")
        put = channel.stream_unary(
            "/rogatory.v1.TransferService/PutParts", pb.PutPartsRequest.SerializeToString
        )
        self.wire.insist(lambda: put(iter(messages), timeout=10))
        return envelope

    def _submit(self, name: str, envelope: bytes) -> bool:
        self.ledger.note_sent(envelope)
        (result,) = self.wire.submit(name, envelope)
        receipt = self._keep(envelope, result)
        if result.receipt is None:
            body = self.wire.rejection(result).statement.body
            assert isinstance(body, Reject)
            self.ledger.complain(
                f"a statement that is right was rejected: {body.code} {body.field} {body.rule}"
            )
            return False
        self._told.append((name, envelope, receipt))
        if self.dice.one_in(4):
            self._again(name, envelope, receipt)
        return True

    def _again(self, name: str, envelope: bytes, receipt: bytes) -> None:
        """The same bytes once more must give the same receipt, byte for byte."""
        (result,) = self.wire.submit(name, envelope)
        if result.receipt is None or encode_receipt(result.receipt) != receipt:
            self.ledger.complain("the same bytes gave another answer than before")

    def _nonsense(self) -> None:
        """A statement that must be rejected, and leave an entry that says so."""
        _request, envelope = self.wire.issue(tasks=(Wanted(identifier=CANARY, purpose="NO_SUCH_PURPOSE"),))
        (result,) = self.wire.submit("investigator", envelope)
        if result.rejection is None:
            self.ledger.complain("a statement that breaks a rule was accepted")
        else:
            self._keep(envelope, result)

    def _keep(self, envelope: bytes, result: SubmitResult) -> bytes:
        self.acts += 1
        receipt = result.receipt or (result.rejection.receipt if result.rejection else None)
        assert receipt is not None
        data = encode_receipt(receipt)
        self.ledger.note_told(envelope, receipt.index, data, accepted=result.receipt is not None)
        return data


def _act(state: RequestState, kind: StatementKind) -> tuple[str, bytes, Body]:
    """Who does it, about which statement, and what it says."""
    if kind is StatementKind.WITHDRAW:
        return "investigator", state.issue_digest, Withdraw("NO_LONGER_NEEDED")
    if kind is StatementKind.VALIDATE:
        tasks = [item.task for item in state.tasks]
        granted = tuple(GrantedTask(t.number, t.elements, t.first_day, t.last_day) for t in tasks)
        everything = tuple(sorted(ref.object_digest for ref in state.sections))
        return "judge", state.issue_digest, Validate(DecisionCode.GRANT, "", granted, everything)
    if kind is StatementKind.DELIVERED:
        return "provider-service", state.order_digest, Delivered()
    if kind is StatementKind.RECEIVE:
        particulars = state.particulars(1)
        assert particulars is not None
        return "compliance", state.order_digest, Receive((), (particulars.object_digest,))
    return "investigator", state.disclosures[0].manifest, Acknowledge("IN_SCOPE")
