# SPDX-License-Identifier: Apache-2.0
"""The two server processes over real mutual TLS: who gets in, what is told, what a dead writer and a SIGTERM do."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import grpc
import pytest

from rogatory.protocol import codec, errors
from rogatory.protocol.envelope import verify_envelope
from rogatory.protocol.errors import Invalid, NotAuthorised, RogatoryError, Unavailable
from rogatory.protocol.header import StatementKind
from rogatory.protocol.statements import Heartbeat
from rogatory.protocol.wire import (
    MAX_MESSAGE,
    FetchPartsRequest,
    GetPartsRequest,
    GetRequestRequest,
    ListRequestsRequest,
    ListRequestsResponse,
    WatchRequest,
)
from rogatory.v1 import services_pb2 as pb
from tests.support.front import ServerProcess, Wire, code_of, invoke, open_stream, raw_call, typed, wait_until

NOBODY = bytes.fromhex("01900000000070008000000000000000")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess.healthy(
        tmp_path_factory.mktemp("exchange"), ROGATORY_HEARTBEAT_SECONDS="0.4", ROGATORY_PUBLISH_SECONDS="0.2"
    ) as running:
        yield running


@pytest.fixture(scope="module")
def wire(server: ServerProcess) -> Iterator[Wire]:
    with closing(Wire(server)) as acts:
        yield acts


def test_without_a_client_certificate_nothing_is_answered(server: ServerProcess) -> None:
    with server.channel(None) as channel, pytest.raises(grpc.RpcError) as caught:
        invoke(channel, "/grpc.health.v1.Health/Check", b"")
    assert code_of(caught.value) is grpc.StatusCode.UNAVAILABLE


def test_a_method_is_refused_to_kinds_of_party_that_its_rule_does_not_name(wire: Wire) -> None:
    payload = codec.encode(FetchPartsRequest(NOBODY, bytes(16), 0, "PROCESSING"))
    for name in ("inspector", "compliance"):
        with pytest.raises(NotAuthorised) as caught:
            list(stream(wire.channel(name), "TransferService/FetchParts", payload))
        assert caught.value.code == errors.X_NOT_AUTHORISED


def stream(channel: grpc.Channel, method: str, payload: bytes) -> Iterator[bytes]:
    try:
        yield from open_stream(channel, method, payload)
    except grpc.RpcError as error:
        raise typed(error) from error


def test_a_request_of_others_looks_like_one_that_does_not_exist(wire: Wire) -> None:
    request_id, envelope = wire.issue()
    assert wire.submit("investigator", envelope)[0].receipt is not None
    answers = []
    for wanted in (request_id, NOBODY):
        with pytest.raises(NotAuthorised) as caught:
            raw_call(
                wire.channel("other-investigator"),
                "ExchangeService/GetRequest",
                codec.encode(GetRequestRequest(wanted, "PROCESSING")),
            )
        answers.append((caught.value.code, caught.value.field, caught.value.rule))
    assert answers[0] == answers[1]
    assert answers[0][0] == errors.X_NOT_FOUND


def test_a_submitted_statement_has_a_receipt_that_verifies_and_is_listed_for_its_party_only(
    wire: Wire,
) -> None:
    request_id, envelope = wire.issue()
    (result,) = wire.submit("investigator", envelope)
    wire.verify(result)
    for name, listed in (("investigator", True), ("judge", True), ("compliance", False)):
        reply = raw_call(
            wire.channel(name), "ExchangeService/ListRequests", codec.encode(ListRequestsRequest())
        )
        tips = codec.decode(ListRequestsResponse, reply, limit=MAX_MESSAGE).requests
        assert (request_id in {tip.request_id for tip in tips}) is listed


def test_an_oversized_message_is_refused_before_it_is_read(wire: Wire) -> None:
    channel = wire.channel("investigator")
    with pytest.raises(Invalid) as caught:
        raw_call(channel, "ExchangeService/Submit", bytes(MAX_MESSAGE + 1))
    assert caught.value.args == (errors.X_TOO_LARGE, "request", "SIZE_CAP")


def test_watch_gives_what_is_addressed_to_the_party_and_signed_heartbeats_in_between(wire: Wire) -> None:
    channel = wire.channel("judge")
    call = open_stream(channel, "ExchangeService/Watch", codec.encode(WatchRequest(0)))
    events = map(pb.WatchResponse.FromString, call)
    heard: list[pb.WatchResponse] = []

    def until_heartbeat() -> Heartbeat:
        while True:
            event = next(events)
            heard.append(event)
            if event.WhichOneof("event") == "heartbeat":
                envelope = verify_envelope(event.heartbeat, wire.realm.directory, wire.clock.now_ms())
                assert envelope.row == wire.realm.row("exchange")
                assert isinstance(envelope.statement.body, Heartbeat)
                return envelope.statement.body

    before = until_heartbeat()
    request_id, envelope = wire.issue()
    wire.submit("investigator", envelope)
    wait_until(lambda: until_heartbeat().position > before.position)
    items = [event.item for event in heard if event.WhichOneof("event") == "item"]
    assert items[-1].request_id == request_id
    assert int(items[-1].kind) == StatementKind.ISSUE
    last = until_heartbeat()
    assert (last.position, last.feed_digest) == (items[-1].index + 1, items[-1].feed_digest)
    call.cancel()


def test_parts_of_a_request_that_is_not_the_callers_are_not_shown(wire: Wire) -> None:
    with pytest.raises(NotAuthorised) as caught:
        raw_call(
            wire.channel("compliance"),
            "TransferService/GetParts",
            codec.encode(GetPartsRequest(NOBODY, bytes(16))),
        )
    assert caught.value.code == errors.X_NOT_FOUND


def test_no_log_line_holds_an_id_or_a_payload(server: ServerProcess, wire: Wire) -> None:
    request_id, envelope = wire.issue()
    wire.submit("investigator", envelope)
    wait_until(lambda: '"method": "Submit"' in server.log.read_text())  # lines of calls are held for a moment
    text = server.log.read_text()
    row = wire.realm.row("investigator")
    for secret in (request_id, row.org, row.subject, row.tls_spki, row.key_id):
        assert secret.hex() not in text


def test_a_killed_writer_fails_its_callers_at_once_and_is_started_again(tmp_path: Path) -> None:
    server = ServerProcess.start(tmp_path)
    wire = Wire(server)
    try:
        request_id, envelope = wire.issue()
        assert wire.submit("investigator", envelope)[0].receipt is not None
        first = server.writer_pid
        assert first is not None
        os.kill(first, signal.SIGSTOP)  # so that the next call waits
        caught: list[RogatoryError] = []

        def read() -> None:
            try:
                wire.get("investigator", request_id)
            except RogatoryError as error:
                caught.append(error)

        waiting = threading.Thread(target=read)
        waiting.start()
        time.sleep(0.3)
        assert waiting.is_alive()
        begun = time.monotonic()
        os.kill(first, signal.SIGKILL)
        waiting.join(5)
        assert time.monotonic() - begun < 2
        assert [(type(error), error.rule) for error in caught] == [(Unavailable, "WRITER")]
        wait_until(lambda: server.writer_pid not in {first, None})
        assert len(wire.get("investigator", request_id).statements) == 1
    finally:
        wire.close()
        assert server.terminate() == 0


def test_sigterm_says_farewell_to_watchers_flushes_the_writer_and_exits_0(tmp_path: Path) -> None:
    server = ServerProcess.start(tmp_path)
    writer = server.writer_pid
    assert writer is not None
    with server.channel("judge") as channel:
        call = open_stream(channel, "ExchangeService/Watch", b"")
        events = map(pb.WatchResponse.FromString, call)
        assert next(events).WhichOneof("event") == "heartbeat"
        assert server.terminate() == 0
        rest = [event.WhichOneof("event") for event in events]
    assert rest == ["draining"]
    assert not Path(f"/proc/{writer}").exists()
    assert not server.endpoint_file.exists()
    assert "draining" in server.events()
    assert server.events()[-1] == "stopped"


def test_the_writer_ends_when_the_front_is_killed(tmp_path: Path) -> None:
    server = ServerProcess.start(tmp_path)
    writer = server.writer_pid
    assert writer is not None
    server.process.kill()
    server.process.wait()
    wait_until(lambda: not Path(f"/proc/{writer}").exists())


def test_settings_that_do_not_hold_end_the_start_with_key_and_rule(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"keys\.exchange: FILE_EXISTS"):
        ServerProcess.start(tmp_path, ROGATORY_KEYS__EXCHANGE="nowhere.seed")
