# SPDX-License-Identifier: Apache-2.0
"""Limits of the connection itself, on the real server: bursts, sizes, metadata, compression, time, silence.

Plain gRPC and raw sockets, not the SDK. What a call may contain is tested elsewhere, and so is who may call.
"""

import os
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import grpc
import pytest

from rogatory.protocol import codec, errors
from rogatory.protocol.errors import Invalid, RogatoryError, Unavailable
from rogatory.protocol.statements import MAX_ENVELOPE
from rogatory.protocol.wire import MAX_MESSAGE, SubmitRequest, SubmitResponse
from tests.support.front import ServerProcess, Wire, code_of, invoke, raw_call, typed, wait_until
from tests.support.http2 import (
    END_STREAM,
    Frame,
    Http2,
    connect,
    frame,
    goaway_code,
    literal,
    message,
    tls_context,
)

LIST = "ExchangeService/ListRequests"
BURST = 3000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess.healthy(
        tmp_path_factory.mktemp("limits"),
        ROGATORY_LIMITS__CALLS_PER_PEER="100000",
        ROGATORY_LIMITS__CALLS_PER_PARTY="100000",
        ROGATORY_HANDSHAKE_SECONDS="1",
        ROGATORY_CONNECTION_IDLE_SECONDS="1",
        ROGATORY_CALL_SECONDS="2",
    ) as running:
        yield running


@pytest.fixture(scope="module")
def wire(server: ServerProcess) -> Iterator[Wire]:
    with closing(Wire(server)) as acts:
        yield acts


def test_a_burst_of_thousands_of_calls_is_not_rejected(server: ServerProcess) -> None:
    """gRPC's own limit answers a bare CANCELLED above a thousand calls that wait to be accepted."""
    options = (("grpc.use_local_subchannel_pool", 1),)
    channels = [server.channel("inspector", *options) for _ in range(3)]
    callers: list[Any] = [channel.unary_unary(f"/rogatory.v1.{LIST}") for channel in channels]
    for caller in callers:
        caller(b"", timeout=20)
    pid = server.process.pid
    os.kill(pid, signal.SIGSTOP)  # so that all of them arrive before the first is accepted
    try:
        calls = [callers[i % 3].future(b"", timeout=60) for i in range(BURST)]
    finally:
        os.kill(pid, signal.SIGCONT)
    answered = Counter(call.code() for call in calls)
    for channel in channels:
        channel.close()
    assert answered == {grpc.StatusCode.OK: BURST}


def test_a_message_of_the_cap_is_read_and_one_byte_more_is_refused_by_name(wire: Wire) -> None:
    channel = wire.channel("investigator")
    for size, field in ((MAX_MESSAGE, "request.envelopes[0]"), (MAX_MESSAGE + 1, "request")):
        with pytest.raises(RogatoryError) as caught:
            raw_call(channel, "ExchangeService/Submit", _filled(size))
        assert type(caught.value) is Invalid
        assert caught.value.args == (errors.X_TOO_LARGE, field, "SIZE_CAP")


def test_a_message_far_over_the_cap_is_not_taken_in_at_all(wire: Wire) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        invoke(wire.channel("investigator"), "ExchangeService/Submit", _filled(2 * MAX_MESSAGE))
    assert code_of(refused.value) is grpc.StatusCode.RESOURCE_EXHAUSTED


def _filled(size: int) -> bytes:
    """A Submit of so many bytes that holds one envelope."""
    data = codec.encode(SubmitRequest((bytes(size - 5),)))
    assert len(data) == size
    return data


def test_an_envelope_of_the_cap_is_judged_and_one_byte_more_is_refused_without_an_entry(wire: Wire) -> None:
    (result,) = wire.submit("judge", bytes(MAX_ENVELOPE))
    assert result.rejection is not None
    size = wire.verify(result).receipt.index
    with pytest.raises(Invalid) as caught:
        wire.submit("judge", bytes(MAX_ENVELOPE + 1))
    assert (caught.value.code, caught.value.rule) == (errors.X_TOO_LARGE, "SIZE_CAP")
    (next_result,) = wire.submit("judge", bytes(10))
    assert wire.verify(next_result).receipt.index == size + 1


def test_metadata_is_taken_up_to_its_cap_and_never_above_twice_of_it(wire: Wire) -> None:
    caller: Any = wire.channel("inspector").unary_unary(f"/rogatory.v1.{LIST}")
    for _ in range(10):
        caller(b"", timeout=10, metadata=(("x-padding", "a" * 3000),))
    for size in (8192, 12_000):
        for _ in range(10):
            with pytest.raises(grpc.RpcError) as caught:
                caller(b"", timeout=10, metadata=(("x-padding", "a" * size),))
            assert code_of(caught.value) is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_metadata_is_refused_by_the_server_and_not_only_kept_back_by_the_client(
    server: ServerProcess,
) -> None:
    for size, refused in ((3000, False), (8192, True)):
        with Http2.settled(server, "inspector") as client:
            client.open(1, LIST, literal(b"x-padding", b"a" * size))
            client.send(frame(Frame.DATA, END_STREAM, 1, message(b"")))
            assert client.until_refused(1) is refused


def test_a_client_that_never_confirms_the_limits_is_disconnected(server: ServerProcess) -> None:
    with Http2.of(server, "judge") as client:
        client.open(1, "ExchangeService/Watch")  # so that it is not idle
        client.until_closed()
    assert server.process.poll() is None


def test_compressed_messages_are_refused_so_that_no_bomb_is_unpacked(server: ServerProcess) -> None:
    bomb = codec.encode(SubmitRequest((bytes(MAX_ENVELOPE),)))
    with (
        server.channel("inspector", compression=grpc.Compression.Gzip) as channel,
        pytest.raises(grpc.RpcError) as caught,
    ):
        invoke(channel, "ExchangeService/Submit", bomb)
    assert code_of(caught.value) is grpc.StatusCode.UNIMPLEMENTED


def test_a_call_ends_at_the_clients_deadline_and_what_the_writer_holds_is_kept(
    server: ServerProcess, wire: Wire
) -> None:
    _, envelope = wire.issue()
    payload = codec.encode(SubmitRequest((envelope,)))
    channel = wire.channel("investigator")
    writer = server.writer_pid
    assert writer is not None
    os.kill(writer, signal.SIGSTOP)
    try:
        with pytest.raises(grpc.RpcError) as caught:
            invoke(channel, "ExchangeService/Submit", payload, 0.4)
        assert code_of(caught.value) is grpc.StatusCode.DEADLINE_EXCEEDED
        caller: Any = channel.unary_unary("/rogatory.v1.ExchangeService/Submit")
        with pytest.raises(grpc.RpcError) as ended:
            caller(payload)  # no deadline of its own
        error = typed(ended.value)
        assert (type(error), error.rule) == (Unavailable, "DEADLINE")
    finally:
        os.kill(writer, signal.SIGCONT)
    first, again = (
        codec.decode(
            SubmitResponse, raw_call(channel, "ExchangeService/Submit", payload), limit=MAX_MESSAGE
        ).results[0]
        for _ in range(2)
    )
    assert first == again
    assert wire.verify(first).receipt.index > 0


def test_a_connection_that_says_nothing_is_closed(server: ServerProcess) -> None:
    silent = [connect(server) for _ in range(40)]
    half = connect(server)
    half.sendall(b"\x16\x03\x01\x02\x00\x01")  # the beginning of a ClientHello
    with server.channel("inspector") as channel:
        assert invoke(channel, LIST, b"") is not None, "others get in meanwhile"
    for connection in (*silent, half):
        connection.settimeout(10)
        assert connection.recv(1) == b""
        connection.close()


def test_a_connection_without_calls_is_closed(server: ServerProcess) -> None:
    with Http2.of(server, "inspector") as client:
        assert client.until_closed() is not None
    with server.channel("inspector") as channel:
        invoke(channel, LIST, b"")
        states: list[grpc.ChannelConnectivity] = []
        channel.subscribe(states.append)
        wait_until(lambda: grpc.ChannelConnectivity.IDLE in states)
        invoke(channel, LIST, b"")


def test_without_alpn_h2_nothing_is_spoken(server: ServerProcess) -> None:
    context = tls_context(server, server.realm.tls("inspector"))
    context.set_alpn_protocols(["http/1.1"])
    with context.wrap_socket(connect(server), server_hostname="localhost") as secure:
        secure.settimeout(10)
        try:
            secure.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            answer = secure.recv(100)
        except OSError:
            answer = b""
    assert not answer.startswith(b"HTTP/1.1 2")


def test_an_idle_ping_flood_ends_the_connection_and_nobody_elses(server: ServerProcess) -> None:
    with server.channel("inspector") as channel, Http2.of(server, "judge") as client:
        for number in range(20):
            client.send(frame(Frame.PING, 0, 0, number.to_bytes(8, "big")))
        last = client.until_closed()
        assert goaway_code(last) == 11, "ENHANCE_YOUR_CALM"
        assert last is not None
        assert b"too_many_pings" in last.body
        assert invoke(channel, LIST, b"") is not None
