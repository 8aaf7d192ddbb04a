# SPDX-License-Identifier: Apache-2.0
"""Ends that are meant: SIGTERM under load, connections that grow old, peers that have fallen silent.

On the real server. What a kill does is another matter and tested with the crash harness.
"""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2

from rogatory.protocol import codec
from rogatory.protocol.wire import MAX_MESSAGE, SubmitRequest, SubmitResponse, WatchRequest
from rogatory.server.store.sqlite import SqliteExchangeStore
from rogatory.v1 import services_pb2 as pb
from tests.support.front import ServerProcess, Wire, invoke, open_stream, wait_until
from tests.support.http2 import Frame, Http2

LIST = "ExchangeService/ListRequests"
WATCH = "ExchangeService/Watch"


def test_a_drain_under_load_tells_everybody_and_keeps_what_was_acknowledged(tmp_path: Path) -> None:
    server = ServerProcess.start(tmp_path)
    wire = Wire(server)
    envelopes = [wire.issue()[1] for _ in range(400)]
    acknowledged: list[tuple[int, bytes]] = []
    ended: list[grpc.StatusCode] = []

    def submit(mine: list[bytes]) -> None:
        caller: Any = wire.channel("investigator").unary_unary("/rogatory.v1.ExchangeService/Submit")
        for envelope in mine:
            try:
                reply = caller(codec.encode(SubmitRequest((envelope,))), timeout=10)
            except grpc.RpcError as error:
                failed: Any = error
                ended.append(failed.code())
                return
            result = codec.decode(SubmitResponse, reply, limit=MAX_MESSAGE).results[0]
            assert result.receipt is not None
            acknowledged.append((result.receipt.index, envelope))

    health = map(
        health_pb2.HealthCheckResponse.FromString,
        open_stream(wire.channel("judge"), "/grpc.health.v1.Health/Watch", b""),
    )
    watch = map(pb.WatchResponse.FromString, open_stream(wire.channel("judge"), WATCH, b""))
    assert next(health).status == health_pb2.HealthCheckResponse.SERVING
    assert next(watch).WhichOneof("event") is not None
    workers = [threading.Thread(target=submit, args=(envelopes[i::4],)) for i in range(4)]
    for worker in workers:
        worker.start()
    wait_until(lambda: len(acknowledged) >= 40)
    assert server.terminate() == 0
    for worker in workers:
        worker.join(20)
    assert next(health).status == health_pb2.HealthCheckResponse.NOT_SERVING
    assert [event.WhichOneof("event") for event in watch][-1] == "draining"
    wire.close()
    assert len(acknowledged) < len(envelopes), "it was stopped in the middle of the work"
    assert set(ended) <= {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED}
    store = SqliteExchangeStore(tmp_path / "server" / "data" / "rogatory.sqlite", read_only=True)
    for index, envelope in acknowledged:
        view = store.view(index)
        assert view is not None
        assert view.envelope == envelope
    store.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess.healthy(
        tmp_path_factory.mktemp("age"),
        ROGATORY_CONNECTION_SECONDS="1.5",
        ROGATORY_GRACE_SECONDS="0.5",
        ROGATORY_KEEPALIVE_SECONDS="1",
        ROGATORY_HEARTBEAT_SECONDS="0.2",
    ) as running:
        yield running


def test_an_old_connection_is_ended_and_a_watch_goes_on_from_where_it_was(server: ServerProcess) -> None:
    wire = Wire(server)
    try:
        seen: list[int] = []
        wanted: set[bytes] = set()
        cut = 0
        while cut < 2 or wanted:
            events = open_stream(
                wire.channel("judge"), WATCH, codec.encode(WatchRequest(seen[-1] + 1 if seen else 0))
            )
            try:
                for message in events:
                    event = pb.WatchResponse.FromString(message)
                    if event.WhichOneof("event") == "item":
                        seen.append(event.item.index)
                        wanted.discard(event.item.request_id)
                    elif cut < 2:
                        request_id, envelope = wire.issue()
                        wire.submit("investigator", envelope)
                        wanted.add(request_id)
                    if cut >= 2 and not wanted:
                        events.cancel()
                        break
            except grpc.RpcError as error:
                ended: Any = error
                assert ended.code() is grpc.StatusCode.UNAVAILABLE
                cut += 1
        assert seen == sorted(set(seen)), "nothing twice, nothing out of order, nothing left out"
    finally:
        wire.close()


def test_unary_calls_pass_from_an_old_connection_to_a_new_one(server: ServerProcess) -> None:
    pause = threading.Event()
    with server.channel("inspector") as channel:
        for _ in range(25):
            invoke(channel, LIST, b"")
            pause.wait(0.1)


def test_a_peer_that_answers_no_ping_is_cut_off(server: ServerProcess) -> None:
    """A cable that was pulled: the connection stands, and nobody is at the other end."""
    with Http2.of(server, "judge") as client:
        client.request(1, WATCH)
        pinged = client.until(Frame.PING)
        assert pinged is not None
        client.until_closed()
    assert invoke_health(server)


def invoke_health(server: ServerProcess) -> bool:
    with server.channel("inspector") as channel:
        reply = invoke(channel, "/grpc.health.v1.Health/Check", b"")
    return health_pb2.HealthCheckResponse.FromString(reply).status == health_pb2.HealthCheckResponse.SERVING
