# SPDX-License-Identifier: Apache-2.0
"""Streams that stand still on the real server: no request, no window, no reader. They cost little and starve nobody.

The stalling client writes frames by itself; the good one is plain gRPC. Silent uploads have their own limit and test.
"""

import hashlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from rogatory.protocol import codec
from rogatory.protocol.envelope import verify_envelope
from rogatory.protocol.errors import Unavailable
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
    Validate,
)
from rogatory.protocol.wire import FetchPartsRequest, PartStart, WatchRequest
from rogatory.v1 import services_pb2 as pb
from tests.support.front import ServerProcess, Wire, invoke, open_stream, raw_call, wait_until
from tests.support.http2 import INITIAL_WINDOW, Frame, Http2

LIST = "ExchangeService/ListRequests"
WATCH = "ExchangeService/Watch"
CALLS, STREAMS = 40, 32
REFUSED_STREAM = 7
BODY = hashlib.shake_256(b"a large answer").digest(5 * PART_SIZE + 1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess.healthy(
        tmp_path_factory.mktemp("stalled"),
        ROGATORY_LIMITS__CALLS_PER_PEER=str(CALLS),
        ROGATORY_LIMITS__STREAMS_PER_PEER=str(STREAMS),
        ROGATORY_HEARTBEAT_SECONDS="0.5",
        ROGATORY_GRACE_SECONDS="1",
    ) as running:
        yield running


@pytest.fixture(scope="module")
def wire(server: ServerProcess) -> Iterator[Wire]:
    with closing(Wire(server)) as acts:
        yield acts


def resident_mib(pid: int) -> float:
    """Resident memory of a process."""
    text = Path(f"/proc/{pid}/status").read_text()
    return int(text.split("VmRSS:")[1].split()[0]) / 1024


def test_streams_without_a_request_starve_neither_calls_nor_watches(
    server: ServerProcess, wire: Wire
) -> None:
    stalled = [Http2.settled(server, "judge") for _ in range(6)]
    for client in stalled:
        for number in range(CALLS + STREAMS):
            assert client.open(2 * number + 1, LIST if number % 2 else WATCH)
    watch = open_stream(wire.channel("judge"), WATCH, codec.encode(WatchRequest(0)))
    events = map(pb.WatchResponse.FromString, watch)
    assert next(events).WhichOneof("event") is not None
    for _ in range(50):
        assert invoke(wire.channel("judge"), LIST, b"", 5) is not None, "the same peer"
        assert invoke(wire.channel("inspector"), LIST, b"", 5) is not None
    request_id, envelope = wire.issue()
    wire.submit("investigator", envelope)
    wait_until(lambda: next(events).item.request_id == request_id)
    watch.cancel()
    for client in stalled:
        client.__exit__()


def test_a_connection_may_hold_no_more_streams_than_its_peer_may_have_open(server: ServerProcess) -> None:
    with Http2.settled(server, "judge") as client:
        for number in range(CALLS + STREAMS + 20):
            client.open(2 * number + 1, LIST)
        reset = client.until(Frame.RST_STREAM)
    assert reset is not None
    assert int.from_bytes(reset.body, "big") == REFUSED_STREAM
    assert reset.stream > 2 * (CALLS + STREAMS - 1)


def test_watches_that_nobody_reads_hold_up_no_reader(server: ServerProcess, wire: Wire) -> None:
    with Http2.of(server, "judge", {INITIAL_WINDOW: 0}) as client:
        for number in range(STREAMS - 2):
            client.request(2 * number + 1, WATCH)
        assert client.until(Frame.HEADERS) is not None
        before = resident_mib(server.process.pid)
        watch = open_stream(wire.channel("judge"), WATCH, codec.encode(WatchRequest(0)))
        wanted = set()
        for _ in range(60):
            request_id, envelope = wire.issue()
            wire.submit("investigator", envelope)
            wanted.add(request_id)
        for message in watch:
            wanted.discard(pb.WatchResponse.FromString(message).item.request_id)
            if not wanted:
                break
        watch.cancel()
        assert not wanted
        assert resident_mib(server.process.pid) - before < 40


def test_a_peer_has_its_streams_back_when_it_goes_away(server: ServerProcess, wire: Wire) -> None:
    for _ in range(3):
        with Http2.of(server, "prosecutor") as client:
            for number in range(STREAMS):
                client.request(2 * number + 1, WATCH)
            for _ in range(STREAMS):
                assert client.until(Frame.DATA) is not None
            with pytest.raises(Unavailable) as caught:
                raw_call(wire.channel("prosecutor"), WATCH, codec.encode(WatchRequest(0)))
            assert caught.value.rule == "LIMIT.PEER"
            assert invoke(wire.channel("prosecutor"), LIST, b"") is not None, "calls are counted apart"
        wait_until(lambda: watches(wire, "prosecutor"))


def watches(wire: Wire, name: str) -> bool:
    """Whether a person can open a Watch now."""
    call = open_stream(wire.channel(name), WATCH, codec.encode(WatchRequest(0)))
    try:
        return next(call) is not None
    except Exception:  # noqa: BLE001 - refused, as the caller expects at first
        return False
    finally:
        call.cancel()


def act(
    wire: Wire, name: str, kind: StatementKind, state: RequestState, about: bytes, body: Body
) -> RequestState:
    (result,) = wire.submit(name, wire.answer(name, kind, state, about, body))
    assert result.receipt is not None, wire.rejection(result).statement.body
    return wire.state(state.request_id)


def disclosed(wire: Wire) -> FetchPartsRequest:
    """A request for disclosure that was answered with a large sealed body; what asks for it."""
    request_id, envelope = wire.issue()
    wire.submit("investigator", envelope)
    state = wire.state(request_id)
    task = state.tasks[0].task
    granted = (GrantedTask(task.number, task.elements, task.first_day, task.last_day),)
    opened = tuple(sorted(ref.object_digest for ref in state.sections))
    grant = Validate(DecisionCode.GRANT, "", granted, opened)
    state = act(wire, "judge", StatementKind.VALIDATE, state, state.issue_digest, grant)
    state = act(wire, "provider-service", StatementKind.DELIVERED, state, state.order_digest, Delivered())
    particulars = state.particulars(1)
    assert particulars is not None
    receive = Receive((), (particulars.object_digest,))
    state = act(wire, "compliance", StatementKind.RECEIVE, state, state.order_digest, receive)
    manifest = wire.disclose(state, {1: "DELIVERED"}, BODY)
    body = verify_envelope(manifest, wire.realm.directory, wire.clock.now_ms()).statement.body
    assert isinstance(body, Disclose)

    def frames() -> Iterator[Any]:
        for number, at in enumerate(range(0, len(BODY), PART_SIZE)):
            data = BODY[at : at + PART_SIZE]
            start = PartStart(request_id, body.disclosure_id, number, 0, len(data), part_leaf(data))
            yield pb.PutPartsRequest(start=codec.to_message(start))
            for offset in range(0, len(data), 1024 * 1024):
                yield pb.PutPartsRequest(data=data[offset : offset + 1024 * 1024])

    channel: Any = wire.channel("provider-service")
    put = channel.stream_unary("/rogatory.v1.TransferService/PutParts", pb.PutPartsRequest.SerializeToString)
    put(frames(), timeout=30)
    (result,) = wire.submit("compliance", manifest)
    assert result.receipt is not None
    return FetchPartsRequest(request_id, body.disclosure_id, 0, "PROCESSING")


def test_downloads_that_nobody_reads_cost_a_bounded_buffer_each(server: ServerProcess, wire: Wire) -> None:
    request = codec.encode(disclosed(wire))
    before = resident_mib(server.process.pid)
    stalled = [Http2.of(server, "investigator") for _ in range(3)]
    for client in stalled:
        for number in range(10):
            client.request(2 * number + 1, "TransferService/FetchParts", request)
        assert client.until(Frame.DATA) is not None
    frames = open_stream(wire.channel("investigator"), "TransferService/FetchParts", request, 40)
    received = b"".join(pb.FetchPartsResponse.FromString(message).data for message in frames)
    assert received == BODY
    grown = resident_mib(server.process.pid) - before
    assert grown < 200, "thirty bodies of 20 MiB are not held in memory"
    for client in stalled:
        client.__exit__()
