# SPDX-License-Identifier: Apache-2.0
"""Bytes of a disclosure for a request that takes none now: a code, field and rule, and no byte of them kept.

Each state of a request's life is tried on the real server. What happens inside a part is `tests/integration/test_transfers.py`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from rogatory.protocol import codec
from rogatory.protocol.errors import RogatoryError
from rogatory.protocol.header import StatementKind
from rogatory.protocol.sealed import part_leaf
from rogatory.protocol.state import RequestState
from rogatory.protocol.statements import (
    Body,
    DecisionCode,
    Delivered,
    GrantedTask,
    Receive,
    Refuse,
    Validate,
    Withdraw,
)
from rogatory.protocol.wire import PartStart
from rogatory.v1 import services_pb2 as pb
from tests.support.front import ServerProcess, Wire
from tests.support.probing import Footprint, send

BYTES = b"sealed bytes of nobody's disclosure" * 2000
NOT_SEEN = ("X_NOT_FOUND", "request_id", "REQUEST.PARTY")


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    with ServerProcess.healthy(tmp_path_factory.mktemp("states")) as server:
        acts = Wire(server)
        yield acts
        acts.close()


def act(wire: Wire, name: str, kind: StatementKind, state: RequestState, body: Body) -> RequestState:
    about = state.issue_digest if kind is StatementKind.WITHDRAW else state.order_digest
    (result,) = wire.submit(name, wire.answer(name, kind, state, about, body))
    assert result.receipt is not None, wire.rejection(result).statement.body
    return wire.state(state.request_id)


def issued(wire: Wire, **change: object) -> RequestState:
    request_id, envelope = wire.issue(**change)  # type: ignore[arg-type]  # as the caller says
    assert wire.submit("investigator", envelope)[0].receipt is not None
    return wire.state(request_id)


def decided(wire: Wire, decision: DecisionCode, code: str = "") -> RequestState:
    state = issued(wire)
    granted = tuple(
        GrantedTask(item.task.number, item.task.elements, item.task.first_day, item.task.last_day)
        for item in state.tasks
    )
    opened = tuple(sorted(ref.object_digest for ref in state.sections))
    body = Validate(decision, code, granted if decision is DecisionCode.GRANT else (), opened)
    (result,) = wire.submit(
        "judge", wire.answer("judge", StatementKind.VALIDATE, state, state.issue_digest, body)
    )
    assert result.receipt is not None, wire.rejection(result).statement.body
    return wire.state(state.request_id)


def transmitted(wire: Wire) -> RequestState:
    return decided(wire, DecisionCode.GRANT)


def delivered(wire: Wire) -> RequestState:
    return act(wire, "provider-service", StatementKind.DELIVERED, transmitted(wire), Delivered())


def received(wire: Wire) -> RequestState:
    state = delivered(wire)
    particulars = state.particulars(1)
    assert particulars is not None
    return act(wire, "compliance", StatementKind.RECEIVE, state, Receive((), (particulars.object_digest,)))


def withdrawn(wire: Wire) -> RequestState:
    return act(wire, "investigator", StatementKind.WITHDRAW, received(wire), Withdraw("ERROR"))


def refused(wire: Wire) -> RequestState:
    state = received(wire)
    tasks = tuple(state.open_tasks)
    return act(wire, "compliance", StatementKind.REFUSE, state, Refuse("P_IMMUNITY_OR_PRESS", tasks))


@dataclass(frozen=True)
class Case:
    """A state, and what sending parts in it comes to: error, and entries in the log."""

    reach: Callable[[Wire], RequestState]
    error: tuple[str, str, str]
    entries: int = 0


CASES = {
    "issued, and not yet the provider's to see": Case(issued, NOT_SEEN, 1),
    "returned by the judge": Case(
        lambda wire: decided(wire, DecisionCode.RETURN, "A_GROUNDS_INSUFFICIENT"), NOT_SEEN, 1
    ),
    "granted": Case(transmitted, ("X_STATE_NOT_ALLOWED", "request_id", "STATE.TRANSMITTED")),
    "delivered to the service, read by nobody": Case(
        delivered, ("X_STATE_NOT_ALLOWED", "request_id", "STATE.TRANSMITTED")
    ),
    "withdrawn": Case(withdrawn, ("X_STATE_NOT_ALLOWED", "request_id", "STATE.WITHDRAWN")),
    "refused by the provider": Case(refused, ("X_STATE_NOT_ALLOWED", "request_id", "STATE.REFUSED")),
}


def messages(state: RequestState, disclosure: bytes = bytes(15) + b"d") -> list[bytes]:
    start = PartStart(state.request_id, disclosure, 0, 0, len(BYTES), part_leaf(BYTES))
    first = pb.PutPartsRequest(start=codec.to_message(start)).SerializeToString()
    return [first, pb.PutPartsRequest(data=BYTES).SerializeToString()]


@pytest.mark.parametrize("by", ["provider-service", "compliance"])
@pytest.mark.parametrize("name", CASES)
def test_parts_for_a_request_that_takes_none_leave_nothing(wire: Wire, name: str, by: str) -> None:
    case = CASES[name]
    state = case.reach(wire)
    before = Footprint.of(wire.server)
    with pytest.raises(RogatoryError) as caught:
        send(wire.channel(by), "TransferService/PutParts", *messages(state))
    assert caught.value.args == case.error
    after = Footprint.of(wire.server)
    assert after.kept == before.kept
    assert after.size - before.size == case.entries
    folder = wire.server.folder / "server" / "data" / "parts"
    assert not [path for path in folder.rglob("*") if state.request_id.hex() in path.as_posix()]


def test_the_same_bytes_are_kept_where_the_request_takes_them(wire: Wire) -> None:
    """Else each refusal above might have another cause than the state."""
    state = received(wire)
    before = Footprint.of(wire.server)
    send(wire.channel("compliance"), "TransferService/PutParts", *messages(state))
    after = Footprint.of(wire.server)
    assert after.kept["parts"] != before.kept["parts"]
    assert after.size == before.size


def test_a_second_start_for_another_request_is_looked_at_too(wire: Wire) -> None:
    """One stream may carry parts of more than one request; leave for one is leave for no other."""
    good, bad = received(wire), withdrawn(wire)
    before = Footprint.of(wire.server)
    with pytest.raises(RogatoryError) as caught:
        send(wire.channel("compliance"), "TransferService/PutParts", *messages(good), *messages(bad))
    assert caught.value.args == ("X_STATE_NOT_ALLOWED", "request_id", "STATE.WITHDRAWN")
    after = Footprint.of(wire.server)
    assert after.kept["parts"] != before.kept["parts"]  # the first part was whole, and stays
    folder = wire.server.folder / "server" / "data" / "parts"
    assert not [path for path in folder.rglob("*") if bad.request_id.hex() in path.as_posix()]
