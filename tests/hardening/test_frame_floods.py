# SPDX-License-Identifier: Apache-2.0
"""Floods of HTTP/2 frames by an enrolled peer on the real server, while another one works.

Frames are written by hand. A flood of pings stands in `test_limits_on_the_wire.py`; floods of connections are a matter
for the network in front and not tested.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import grpc
import pytest

from tests.support.front import ServerProcess, invoke
from tests.support.http2 import (
    END_HEADERS,
    END_STREAM,
    Frame,
    Http2,
    frame,
    literal,
    message,
    request_headers,
)

LIST = "ExchangeService/ListRequests"
RESETS = 5000
CANCEL = (8).to_bytes(4, "big")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess.healthy(tmp_path_factory.mktemp("frames")) as running:
        yield running


@contextmanager
def somebody_working(server: ServerProcess) -> Iterator[Callable[[], int]]:
    """Another peer that calls without pause; gives the number of answers so far, and fails if a call did."""
    ended = threading.Event()
    answered: list[int] = []
    failed: list[grpc.RpcError] = []

    def work() -> None:
        with server.channel("inspector") as channel:
            while not ended.is_set():
                try:
                    invoke(channel, LIST, b"", 10)
                except grpc.RpcError as error:
                    failed.append(error)
                    return
                answered.append(1)

    worker = threading.Thread(target=work)
    worker.start()
    try:
        yield lambda: len(answered)
    finally:
        ended.set()
        worker.join(20)
    assert failed == []
    assert answered


def send_all(client: Http2, frames: Iterator[bytes], in_each: int = 200) -> None:
    """Sends frames in large writes until they are through or the other side has had enough."""
    gathered: list[bytes] = []
    for number, data in enumerate(frames, start=1):
        gathered.append(data)
        if number % in_each == 0:
            if not client.send(b"".join(gathered)):
                return
            gathered.clear()
    client.send(b"".join(gathered))


def test_a_rapid_reset_stops_nobody_else(server: ServerProcess) -> None:
    def resets() -> Iterator[bytes]:
        for number in range(RESETS):
            stream = 2 * number + 1
            yield frame(Frame.HEADERS, END_HEADERS, stream, request_headers(LIST))
            yield frame(Frame.DATA, END_STREAM, stream, message(b""))
            yield frame(Frame.RST_STREAM, 0, stream, CANCEL)

    with somebody_working(server) as answered, Http2.of(server, "judge") as client:
        before = answered()
        send_all(client, resets())
        with server.channel("judge") as channel:
            invoke(channel, LIST, b"", 10)
        assert answered() > before, "answered meanwhile"


def test_a_flood_of_settings_stops_nobody_else(server: ServerProcess) -> None:
    with somebody_working(server) as answered, Http2.of(server, "judge") as client:
        before = answered()
        body = b"\x00\x04\x00\x00\xff\xff"
        send_all(client, (frame(Frame.SETTINGS, 0, 0, body) for _ in range(5000)))
        with server.channel("judge") as channel:
            invoke(channel, LIST, b"", 10)
        assert answered() >= before


def test_endless_continuations_do_not_fill_the_memory(server: ServerProcess) -> None:
    with somebody_working(server), Http2.settled(server, "judge") as client:
        client.send(frame(Frame.HEADERS, 0, 1, request_headers(LIST)))
        padding = literal(b"x-padding", b"a" * 16_000)
        sent = 0
        while sent < 4000 and client.send(frame(Frame.CONTINUATION, 0, 1, padding)):
            sent += 1
        if sent == 4000:
            client.send(frame(Frame.CONTINUATION, END_HEADERS, 1, b""))
        found = client.until_refused(1)
    assert found, "64 MB of header fields were taken for a call"


def test_a_header_bomb_is_refused_before_a_call_is_made_of_it(server: ServerProcess) -> None:
    """A field of 3 KB that the table remembers, named a thousand times in one byte each."""
    with Http2.settled(server, "judge") as client:
        remembered = literal(b"x-bomb", b"b" * 3000, index=True)
        bomb = request_headers(LIST, remembered, b"\xbe" * 1000)
        client.send(frame(Frame.HEADERS, END_HEADERS, 1, bomb))
        client.send(frame(Frame.DATA, END_STREAM, 1, message(b"")))
        assert client.until_refused(1)


def test_a_window_that_overflows_ends_the_stream_or_the_connection(server: ServerProcess) -> None:
    largest = (0x7FFFFFFF).to_bytes(4, "big")
    with somebody_working(server), Http2.of(server, "judge") as client:
        client.open(1, LIST)
        for _ in range(3):
            client.send(frame(Frame.WINDOW_UPDATE, 0, 1, largest))
            client.send(frame(Frame.WINDOW_UPDATE, 0, 0, largest))
        client.send(frame(Frame.DATA, END_STREAM, 1, message(b"")))
        found = client.next()
        while found is not None and found.kind == Frame.SETTINGS:
            found = client.next()
    assert server.process.poll() is None


@pytest.mark.parametrize(
    "frames",
    [
        frame(Frame.DATA, 0, 0, b"x"),
        frame(Frame.HEADERS, END_HEADERS, 0, request_headers(LIST)),
        frame(Frame.HEADERS, END_HEADERS, 2, request_headers(LIST)),
        frame(Frame.SETTINGS, 0, 0, b"\x00"),
        frame(Frame.PING, 0, 0, b"short"),
        b"\xff\xff\xff\x00\x00\x00\x00\x00\x01",
        frame(Frame.HEADERS, END_HEADERS, 1, b"\xff\xff\xff\xff\xff\xff\xff\xff"),
    ],
    ids=[
        "data on 0",
        "headers on 0",
        "even stream",
        "settings of 1",
        "ping of 5",
        "16 MB frame",
        "bad hpack",
    ],
)
def test_frames_that_the_standard_forbids_end_at_most_their_own_connection(
    server: ServerProcess, frames: bytes
) -> None:
    with server.channel("inspector") as channel, Http2.of(server, "judge") as client:
        invoke(channel, LIST, b"")
        client.send(frames)
        client.send(frame(Frame.PING, 0, 0, bytes(8)))
        client.until_closed_or(
            Frame.PING
        )  # what gRPC lets pass is ignored, what it does not ends the connection
        invoke(channel, LIST, b"")
