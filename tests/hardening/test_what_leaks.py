# SPDX-License-Identifier: Apache-2.0
"""Faults inside the real server: what a peer is told of them, and what cancelled calls leave behind.

The fault is made by taking a table away from under the running front; the guards by themselves are tested apart.
"""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from rogatory.protocol import codec, errors
from rogatory.protocol.errors import Unavailable
from rogatory.protocol.wire import WatchRequest
from tests.support.front import ServerProcess, Wire, invoke, open_stream, typed, wait_until

LIST = "ExchangeService/ListRequests"
WATCH = "ExchangeService/Watch"
WORDS = ("no such table", "sqlite", "Traceback", "OperationalError", ".py")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    running = ServerProcess.start(
        tmp_path_factory.mktemp("leaks"),
        ROGATORY_LIMITS__CALLS_PER_PEER="4",
        ROGATORY_LIMITS__STREAMS_PER_PEER="4",
        ROGATORY_HEARTBEAT_SECONDS="0.3",
    )
    yield running
    running.stop()


def open_files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def test_cancelled_calls_and_streams_give_their_room_back(server: ServerProcess) -> None:
    """Four at a time are allowed: one that stayed behind would shut the peer out before long."""
    wire = Wire(server)
    channel = wire.channel("judge")
    unary: Any = channel.unary_unary(f"/rogatory.v1.{LIST}")
    invoke(channel, LIST, b"")
    before = open_files(server.process.pid)
    for _ in range(30):
        for call in [unary.future(b"") for _ in range(4)]:
            call.cancel()
        stream = open_stream(channel, WATCH, codec.encode(WatchRequest(0)))
        assert next(stream) is not None
        stream.cancel()
    wait_until(lambda: answered(channel))
    for stream in [open_stream(channel, WATCH, codec.encode(WatchRequest(0))) for _ in range(4)]:
        wait_until(lambda stream=stream: next(stream))  # type: ignore[misc]
        stream.cancel()
    assert open_files(server.process.pid) <= before + 2
    wire.close()
    assert "internal_error" not in server.events()


def answered(channel: grpc.Channel) -> bool:
    try:
        invoke(channel, LIST, b"")
    except grpc.RpcError:
        return False
    return True


@pytest.fixture
def broken(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server that has lost the tables of requests and of feeds."""
    running = ServerProcess.start(tmp_path)
    database = sqlite3.connect(tmp_path / "server" / "data" / "rogatory.sqlite")
    found = database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    lost = [name for (name,) in found if name.startswith(("request", "feed"))]
    assert len(lost) >= 2
    for name in lost:
        database.execute(f"ALTER TABLE {name} RENAME TO lost_{name}")
    database.close()
    yield running
    running.stop()


def failure(server: ServerProcess, method: str) -> Any:  # noqa: ANN401 - gRPC's error is a call too
    """What a peer is told when a call fails; none of it may be a word of the fault."""
    with server.channel("judge") as channel, pytest.raises(grpc.RpcError) as caught:
        list(open_stream(channel, method, b""))
    error: Any = caught.value
    told = error.details() + error.debug_error_string() + str(error.trailing_metadata())
    assert [word for word in WORDS if word in told] == []
    assert "no such table" not in server.log.read_text()
    return error


def test_the_text_of_a_fault_in_the_front_never_reaches_the_peer(broken: ServerProcess) -> None:
    error = failure(broken, LIST)
    assert error.code() is grpc.StatusCode.INTERNAL
    status: Any = rpc_status.from_call(error)
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    assert (info.reason, set(info.metadata)) == (errors.X_INTERNAL, {"error_id"})
    lines = [json.loads(line) for line in broken.log.read_text().splitlines()]
    (logged,) = [line for line in lines if line["event"] == "internal_error"]
    assert logged["error_id"] == info.metadata["error_id"], "whoever looks for it finds it"


def test_the_text_of_a_fault_in_the_writer_never_reaches_the_peer(broken: ServerProcess) -> None:
    error = typed(failure(broken, WATCH))
    assert (type(error), error.code, error.rule) == (Unavailable, errors.X_TRANSIENT, "WRITER")
