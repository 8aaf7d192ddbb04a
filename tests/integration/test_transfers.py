# SPDX-License-Identifier: Apache-2.0
"""Disclosure parts through the real server: cut off inside a part, gone on, announced, fetched from any offset.

The bytes are opaque here; sealing and opening are held by the tests of the client.
"""

import hashlib
import itertools
import threading
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import pytest

from rogatory.protocol import codec, errors
from rogatory.protocol.envelope import verify_envelope
from rogatory.protocol.errors import Invalid, NotAuthorised, RogatoryError, Unavailable
from rogatory.protocol.header import StatementKind
from rogatory.protocol.sealed import part_leaf
from rogatory.protocol.state import RequestState
from rogatory.protocol.statements import (
    PART_SIZE,
    Body,
    DecisionCode,
    Delivered,
    Disclose,
    GrantedTask,
    Receive,
    Reject,
    Validate,
)
from rogatory.protocol.wire import (
    MAX_MESSAGE,
    FetchPartsRequest,
    GetPartsRequest,
    GetPartsResponse,
    PartStart,
    PartStatus,
    PutPartsResponse,
)
from rogatory.server.parts import FRAME_MIN
from rogatory.v1 import services_pb2 as pb
from tests.support.front import ServerProcess, Wire, open_stream, raw_call, typed

FRAME = 512 * 1024
BODY = hashlib.shake_256(b"sealed body").digest(PART_SIZE + 100_000)
DISCLOSURE = bytes(15) + b"d"


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    server = ServerProcess.start(tmp_path_factory.mktemp("exchange"), ROGATORY_IDLE_SECONDS="0.5")
    acts = Wire(server)
    yield acts
    acts.close()
    server.stop()
    assert "internal_error" not in server.events()


def act(
    wire: Wire, name: str, kind: StatementKind, state: RequestState, about: bytes, body: Body
) -> RequestState:
    (result,) = wire.submit(name, wire.answer(name, kind, state, about, body))
    assert result.receipt is not None, wire.rejection(result).statement.body
    return wire.state(state.request_id)


@pytest.fixture
def state(wire: Wire) -> RequestState:
    """A request for disclosure that the provider has received."""
    request_id, envelope = wire.issue()
    assert wire.submit("investigator", envelope)[0].receipt is not None
    state = wire.state(request_id)
    granted = tuple(
        GrantedTask(item.task.number, item.task.elements, item.task.first_day, item.task.last_day)
        for item in state.tasks
    )
    everything = tuple(sorted(ref.object_digest for ref in state.sections))
    validate = Validate(DecisionCode.GRANT, "", granted, everything)
    state = act(wire, "judge", StatementKind.VALIDATE, state, state.issue_digest, validate)
    state = act(wire, "provider-service", StatementKind.DELIVERED, state, state.order_digest, Delivered())
    particulars = state.particulars(1)
    assert particulars is not None
    receive = Receive((), (particulars.object_digest,))
    return act(wire, "compliance", StatementKind.RECEIVE, state, state.order_digest, receive)


def part(number: int) -> bytes:
    return BODY[number * PART_SIZE : (number + 1) * PART_SIZE]


def frames(
    state: RequestState,
    number: int,
    offset: int = 0,
    leaf: bytes | None = None,
    disclosure: bytes = DISCLOSURE,
) -> Iterator[Any]:
    data = part(number)
    start = PartStart(state.request_id, disclosure, number, offset, len(data), leaf or part_leaf(data))
    yield pb.PutPartsRequest(start=codec.to_message(start))
    for at in range(offset, len(data), FRAME):
        yield pb.PutPartsRequest(data=data[at : at + FRAME])


def put(wire: Wire, messages: Iterator[Any], name: str = "provider-service") -> tuple[PartStatus, ...]:
    channel: Any = wire.channel(name)
    call = channel.stream_unary("/rogatory.v1.TransferService/PutParts", pb.PutPartsRequest.SerializeToString)
    try:
        reply = call(messages, timeout=20)
    except grpc.RpcError as error:
        raise typed(error) from error
    return codec.decode(PutPartsResponse, reply, limit=MAX_MESSAGE).parts


def arrived(
    wire: Wire, state: RequestState, name: str = "provider-service", disclosure: bytes = DISCLOSURE
) -> tuple[PartStatus, ...]:
    payload = codec.encode(GetPartsRequest(state.request_id, disclosure))
    reply = raw_call(wire.channel(name), "TransferService/GetParts", payload)
    return codec.decode(GetPartsResponse, reply, limit=MAX_MESSAGE).parts


def fetch(
    wire: Wire, state: RequestState, disclosure: bytes, offset: int, name: str = "investigator"
) -> bytes:
    request = FetchPartsRequest(state.request_id, disclosure, offset, "PROCESSING")
    received = b""
    try:
        for message in open_stream(wire.channel(name), "TransferService/FetchParts", codec.encode(request)):
            frame = pb.FetchPartsResponse.FromString(message)
            assert frame.offset == offset + len(received)
            received += frame.data
    except grpc.RpcError as error:
        raise typed(error) from error
    return received


def test_an_upload_that_is_cut_off_goes_on_and_what_is_fetched_is_what_was_sent(
    wire: Wire, state: RequestState
) -> None:
    envelope = wire.disclose(state, {1: "DELIVERED"}, BODY)
    body = verify_envelope(envelope, wire.realm.directory, wire.clock.now_ms()).statement.body
    assert isinstance(body, Disclose)
    given = body.disclosure_id
    early = wire.rejection(wire.submit("compliance", envelope)[0]).statement.body
    assert isinstance(early, Reject)
    assert (early.code, early.rule) == (errors.X_PART_INVALID, "PARTS.STORED")

    (status,) = put(wire, itertools.islice(frames(state, 0, disclosure=given), 4))
    assert (status.received, status.complete) == (3 * FRAME, False)
    assert arrived(wire, state, disclosure=given) == (status,)
    rest = itertools.chain(
        frames(state, 0, status.received, disclosure=given), frames(state, 1, disclosure=given)
    )
    done = put(wire, rest)
    assert [(item.received, item.complete) for item in done] == [(PART_SIZE, True), (100_000, True)]
    assert arrived(wire, state, "investigator", given) == done

    assert wire.submit("compliance", envelope)[0].receipt is not None
    for offset in (0, 12_345, PART_SIZE + 1, len(BODY)):
        assert fetch(wire, state, given, offset) == BODY[offset:]
    assert refusal(lambda: fetch(wire, state, given, len(BODY) + 1)).rule == "RANGE"
    for name in ("other-investigator", "judge", "inspector"):
        with pytest.raises(NotAuthorised):
            fetch(wire, state, given, 0, name)
    # The manifest stands in the log: nothing more is taken in under it.
    assert refusal(lambda: put(wire, frames(state, 1, disclosure=given))).code == errors.X_STATE_NOT_ALLOWED


@pytest.mark.parametrize("name", ["other-provider-service", "other-compliance"])
def test_another_provider_can_neither_send_nor_see_parts(wire: Wire, state: RequestState, name: str) -> None:
    for attempt in (lambda: put(wire, frames(state, 1), name), lambda: arrived(wire, state, name)):
        assert refusal(attempt).code == errors.X_NOT_FOUND


def refusal(attempt: Callable[[], object]) -> RogatoryError:
    with pytest.raises(RogatoryError) as caught:
        attempt()
    return caught.value


def test_a_part_with_another_leaf_hash_is_refused_and_not_kept(wire: Wire, state: RequestState) -> None:
    error = refusal(lambda: put(wire, frames(state, 1, leaf=bytes(32))))
    assert (type(error), error.code, error.rule) == (Invalid, errors.X_PART_INVALID, "PART.LEAF")
    assert arrived(wire, state) == ()


def test_data_before_any_start_is_refused(wire: Wire) -> None:
    error = refusal(lambda: put(wire, iter([pb.PutPartsRequest(data=bytes(FRAME_MIN))])))
    assert (error.code, error.rule) == (errors.X_PART_INVALID, "START_FIRST")


def test_an_upload_that_falls_silent_is_ended(wire: Wire, state: RequestState) -> None:
    ended = threading.Event()

    def silent() -> Iterator[Any]:
        yield next(frames(state, 1))
        ended.wait(10)

    error = refusal(lambda: put(wire, silent()))
    ended.set()
    assert (type(error), error.rule) == (Unavailable, "IDLE")


def test_parts_lie_in_files_that_are_private(wire: Wire, state: RequestState) -> None:
    put(wire, frames(state, 1))
    folder = wire.server.folder / "server" / "data"
    held = [path for path in folder.rglob("*") if path.name.endswith(part_leaf(part(1)).hex())]
    assert {path.read_bytes() for path in held} == {
        part(1)
    }  # other tests may have sent the same part elsewhere
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.rglob("*"))
