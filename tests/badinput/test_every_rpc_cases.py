# SPDX-License-Identifier: Apache-2.0
"""Bad input to every method of the wire: a typed code with field and rule, the entry that it should leave, nothing else.

The methods come from the descriptors; one without cases here fails. Times on the wire are numbers, so the "naive time" of
a statement is a text in a number's place, which the schema does not know; local times inside sealed sections are the
clients' matter and not tested here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import grpc
import pytest

from rogatory.protocol import codec
from rogatory.protocol.catalogues import CATALOGUE_TYPE
from rogatory.protocol.directory import PACK_TYPE, TRUST_LIST_TYPE
from rogatory.protocol.errors import Invalid, RogatoryError
from rogatory.protocol.ids import SystemClock, SystemEntropy, uuid7
from rogatory.protocol.quorum import Quorum
from rogatory.protocol.wire import (
    MAX_MESSAGE,
    FetchPartsRequest,
    FetchSealedRequest,
    GetCheckpointRequest,
    GetPartsRequest,
    GetRequestRequest,
    GetTlogProofRequest,
    ListEntriesRequest,
    ListRequestsRequest,
    OpenEntriesRequest,
    PublishRequest,
    PutSealedRequest,
    SubmitRequest,
    WatchRequest,
)
from rogatory.v1 import services_pb2 as pb
from tests.support.front import ServerProcess, Wire, code_of
from tests.support.probing import METHODS, Footprint, send, send_raw

CANARY = b"canary-user@mail.example"
LAST = 2**64 - 1
SOMEBODY = uuid7(SystemClock(), SystemEntropy())
ID, DIGEST = bytes(15) + b"\x01", bytes(31) + b"\x01"


@dataclass(frozen=True)
class Case:
    """What is sent by whom, and what must come of it: code, field and rule (none: an answer), and entries."""

    name: str
    message: object
    error: tuple[str, str, str] | None
    entries: int = 0
    by: str = "investigator"


def _code(
    name: str, message: object, field: str, rule: str, entries: int = 0, code: str = "X_FIELD_INVALID"
) -> Case:
    return Case(name, message, (code, field, rule), entries)


def _start(**change: object) -> pb.PutPartsRequest:
    values: dict[str, Any] = {
        "request_id": SOMEBODY, "disclosure_id": ID, "part": 0, "offset": 0, "length": 9, "leaf": DIGEST
    }  # fmt: skip
    return pb.PutPartsRequest(start=pb.PartStart(**values | change))


def _quorum(payload_type: str, payload: bytes) -> bytes:
    return codec.encode(Quorum(payload, payload_type, ()))


def _missing(name: str, message: object, field: str, rule: str, entries: int = 0) -> Case:
    return _code(name, message, field, rule, entries, code="X_NOT_FOUND")


REQUEST_PARTY = ("request_id", "REQUEST.PARTY")
# Per method: honest bytes (what a tolerant server would take), and what is wrong in its values.
HONEST: dict[str, object] = {
    "ExchangeService/Submit": SubmitRequest((CANARY,)),
    "ExchangeService/GetRequest": GetRequestRequest(SOMEBODY, "PROCESSING"),
    "ExchangeService/ListRequests": ListRequestsRequest(1, 1),
    "ExchangeService/Watch": WatchRequest(1),
    "SealedService/PutSealed": PutSealedRequest(SOMEBODY, CANARY),
    "SealedService/FetchSealed": FetchSealedRequest(SOMEBODY, (DIGEST,), "PROCESSING"),
    "TransferService/PutParts": _start(),
    "TransferService/GetParts": GetPartsRequest(SOMEBODY, ID),
    "TransferService/FetchParts": FetchPartsRequest(SOMEBODY, ID, 1, "PROCESSING"),
    "AuditService/GetCheckpoint": GetCheckpointRequest(1),
    "AuditService/GetTlogProof": GetTlogProofRequest(1),
    "AuditService/ListEntries": ListEntriesRequest(1, 1),
    "AuditService/OpenEntries": OpenEntriesRequest(1, 1, "PROCESSING"),
    "DirectoryService/GetDirectory": pb.GetDirectoryRequest(),
    "DirectoryService/GetPacks": pb.GetPacksRequest(),
    "DirectoryService/Publish": PublishRequest(CANARY),
    "DirectoryService/ListProviders": pb.ListProvidersRequest(),
}
CASES: dict[str, list[Case]] = {
    "ExchangeService/Submit": [
        _code("no envelope", SubmitRequest(()), "request.envelopes", "COUNT"),
        _code("too many", SubmitRequest((b"x",) * 257), "request.envelopes", "COUNT"),
        _code(
            "one over the cap takes the whole call with it",
            SubmitRequest((b"x", bytes(256 * 1024 + 1))),
            "request.envelopes[1]", "SIZE_CAP", code="X_TOO_LARGE",
        ),
    ],
    "ExchangeService/GetRequest": [
        _code("short id", GetRequestRequest(b"short", "PROCESSING"), "request.request_id", "ID"),
        _code("words as purpose", GetRequestRequest(SOMEBODY, CANARY.decode()), "request.purpose", "CODE"),
        _code("unknown purpose", GetRequestRequest(SOMEBODY, "CURIOSITY"), "request.purpose", "VOCABULARY"),
        _code("no purpose", GetRequestRequest(SOMEBODY), "request.purpose", "VOCABULARY"),
        _missing("nobody's request", GetRequestRequest(SOMEBODY, "PROCESSING"), *REQUEST_PARTY, 1),
        _missing("no id", GetRequestRequest(b"", "PROCESSING"), *REQUEST_PARTY, 1),
    ],
    "ExchangeService/ListRequests": [Case("beyond the end", ListRequestsRequest(LAST, 2**32 - 1), None)],
    "ExchangeService/Watch": [Case("beyond the end", WatchRequest(LAST), None, 1)],
    "SealedService/PutSealed": [
        _code("not a version 7 id", PutSealedRequest(ID, CANARY), "request.request_id", "UUIDV7"),
        _code("no sealed object", PutSealedRequest(SOMEBODY, CANARY), "request.object", "PARSE", code="X_ENCODING"),
        _code("over the cap", PutSealedRequest(SOMEBODY, bytes(65_537)), "request.object", "SIZE_CAP", code="X_TOO_LARGE"),
    ],
    "SealedService/FetchSealed": [
        _code("none wanted", FetchSealedRequest(SOMEBODY, (), "PROCESSING"), "request.object_digests", "COUNT"),
        _code("too many", FetchSealedRequest(SOMEBODY, (DIGEST,) * 57, "PROCESSING"), "request.object_digests", "COUNT"),
        _code("short digest", FetchSealedRequest(SOMEBODY, (DIGEST, b"x"), "PROCESSING"), "request.object_digests[1]", "DIGEST"),
        _code("unknown purpose", FetchSealedRequest(SOMEBODY, (DIGEST,), "CURIOSITY"), "request.purpose", "VOCABULARY"),
        _missing("nobody's request", FetchSealedRequest(SOMEBODY, (DIGEST,), "PROCESSING"), *REQUEST_PARTY, 1),
    ],
    "TransferService/PutParts": [
        Case("no frame at all", pb.PutPartsRequest(), ("X_PART_INVALID", "frame", "START_FIRST"), 0, "compliance"),
        Case("data first", pb.PutPartsRequest(data=CANARY), ("X_PART_INVALID", "frame", "START_FIRST"), 0, "compliance"),
        Case("short id", _start(disclosure_id=b"x"), ("X_FIELD_INVALID", "start.disclosure_id", "ID"), 0, "compliance"),
        Case("nobody's request", _start(), ("X_NOT_FOUND", *REQUEST_PARTY), 1, "compliance"),
    ],
    "TransferService/GetParts": [
        _code("short id", GetPartsRequest(b"x", ID), "request.request_id", "ID"),
        _missing("nobody's request", GetPartsRequest(SOMEBODY, ID), *REQUEST_PARTY, 1),
    ],
    "TransferService/FetchParts": [
        _code("short id", FetchPartsRequest(SOMEBODY, b"x", 0, "PROCESSING"), "request.disclosure_id", "ID"),
        _code("a code of the caller's own would stand in the log", FetchPartsRequest(SOMEBODY, ID, 0, "CURIOSITY"),
              "request.purpose", "VOCABULARY"),
        _code("no purpose", FetchPartsRequest(SOMEBODY, ID), "request.purpose", "VOCABULARY"),
        _missing("nobody's request", FetchPartsRequest(SOMEBODY, ID, LAST, "PROCESSING"), *REQUEST_PARTY, 1),
    ],
    "AuditService/GetCheckpoint": [_code("beyond the end", GetCheckpointRequest(LAST), "request.old_size", "RANGE")],
    "AuditService/GetTlogProof": [_missing("beyond the end", GetTlogProofRequest(LAST), "request.index", "ENTRY")],
    "AuditService/ListEntries": [_code("beyond the end", ListEntriesRequest(LAST, 1), "request.start", "RANGE")],
    "AuditService/OpenEntries": [
        _code("none wanted", OpenEntriesRequest(0, 0, "PROCESSING"), "request.limit", "RANGE"),
        _code("too many", OpenEntriesRequest(0, 513, "PROCESSING"), "request.limit", "RANGE"),
        _code("beyond the end", OpenEntriesRequest(LAST, 1, "PROCESSING"), "request.start", "RANGE"),
        _code("unknown purpose", OpenEntriesRequest(0, 1, "CURIOSITY"), "request.purpose", "VOCABULARY"),
    ],
    "DirectoryService/GetDirectory": [],
    "DirectoryService/GetPacks": [],
    "DirectoryService/Publish": [
        _code("nothing", PublishRequest(b""), "request.quorum.payload_type", "TYPE"),
        _code("no quorum", PublishRequest(CANARY), "request.quorum", "PARSE", code="X_ENCODING"),
        _code("another kind of object", PublishRequest(_quorum(TRUST_LIST_TYPE, b"x")), "request.quorum.payload_type", "TYPE"),
        _code("a catalogue of nothing", PublishRequest(_quorum(CATALOGUE_TYPE, b"")), "catalogue.realm", "PRESENT", code="X_FIELD_MISSING"),
        _code("a catalogue that is none", PublishRequest(_quorum(CATALOGUE_TYPE, CANARY)), "catalogue", "PARSE", code="X_ENCODING"),
        _code("nobody signed it", PublishRequest(_quorum(PACK_TYPE, b"pack_id: invented\n")), "quorum.signatures", "THRESHOLD",
              code="X_QUORUM_NOT_MET"),
    ],
    "DirectoryService/ListProviders": [],
}  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess.healthy(tmp_path_factory.mktemp("rpc")) as running:
        yield running
    assert CANARY not in running.log.read_bytes()


@pytest.fixture(scope="module")
def wire(server: ServerProcess) -> Iterator[Wire]:
    acts = Wire(server)
    _, envelope = acts.issue()
    assert acts.submit("investigator", envelope)[0].receipt is not None
    yield acts
    acts.close()


def raw(message: object) -> bytes:
    data: bytes = (
        message.SerializeToString() if hasattr(message, "SerializeToString") else codec.encode(message)
    )
    return data


def sender(method: str) -> str:
    return "compliance" if method == "TransferService/PutParts" else "investigator"


def test_every_method_has_honest_bytes_and_cases() -> None:
    assert HONEST.keys() == METHODS.keys()
    assert CASES.keys() == METHODS.keys()
    for method, descriptor in METHODS.items():
        assert CASES[method] or not descriptor.input_type.fields, f"{method} has fields and no case"


@pytest.mark.parametrize(
    ("method", "case"), [pytest.param(m, c, id=f"{m}: {c.name}") for m, cases in CASES.items() for c in cases]
)
def test_a_bad_value_is_named_and_leaves_what_it_should(
    server: ServerProcess, wire: Wire, method: str, case: Case
) -> None:
    before = Footprint.of(server)
    if case.error is None:
        send(wire.channel(case.by), method, raw(case.message))
    else:
        with pytest.raises(RogatoryError) as caught:
            send(wire.channel(case.by), method, raw(case.message))
        assert caught.value.args == case.error
    after = Footprint.of(server)
    assert after.size - before.size == case.entries
    assert after.kept == before.kept


def _padded(data: bytes) -> bytes:
    """The first field's key in two bytes where one would do: the same message to a tolerant parser."""
    return bytes([data[0] | 0x80, 0]) + data[1:]


# Every message: what bytes become of the honest ones, and the rule.
BROKEN: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "truncated": (lambda data: data[:-1] if data else b"\x0a", "PARSE"),
    "cut in a field": (lambda data: data + b"\x0a\x05ab", "PARSE"),
    "no message": (lambda _data: b"\xff" * 12, "PARSE"),
    "unknown field": (lambda data: data + b"\x9a\x06" + bytes([len(CANARY)]) + CANARY, "UNKNOWN_FIELD"),
    "wrong type": (lambda data: data + b"\x0d" + bytes(4), "UNKNOWN_FIELD"),
    "naive time as text": (lambda data: data + b"\xa2\x06\x132026-11-24T10:00:00", "UNKNOWN_FIELD"),
    "a longer key": (_padded, "CANONICAL"),
}


@pytest.mark.parametrize(
    ("method", "kind"),
    [(m, k) for m in METHODS for k in BROKEN if METHODS[m].input_type.fields or k != "a longer key"],
)
def test_bytes_that_are_no_message_are_refused_with_their_rule(
    server: ServerProcess, wire: Wire, method: str, kind: str
) -> None:
    change, rule = BROKEN[kind]
    data = change(raw(HONEST[method]))
    before = Footprint.of(server)
    with pytest.raises(RogatoryError) as caught:
        send(wire.channel(sender(method)), method, data)
    assert type(caught.value) is Invalid
    assert caught.value.args == ("X_ENCODING", "request", rule)
    assert Footprint.of(server) == before


@pytest.mark.parametrize("method", METHODS)
def test_a_message_over_the_cap_is_not_read(server: ServerProcess, wire: Wire, method: str) -> None:
    before = Footprint.of(server)
    channel = wire.channel(sender(method))
    with pytest.raises(RogatoryError) as caught:
        send(channel, method, bytes(MAX_MESSAGE + 1))
    assert type(caught.value) is Invalid
    assert caught.value.args == ("X_TOO_LARGE", "request", "SIZE_CAP")
    with pytest.raises(grpc.RpcError) as cut_off:
        send_raw(channel, method, bytes(2 * MAX_MESSAGE))
    assert code_of(cut_off.value) is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert Footprint.of(server) == before


def test_a_stream_is_refused_at_the_frame_that_is_wrong(server: ServerProcess, wire: Wire) -> None:
    before = Footprint.of(server)
    with pytest.raises(RogatoryError) as caught:
        send(wire.channel("compliance"), "TransferService/PutParts", b"\xff", raw(_start()))
    assert caught.value.args == ("X_ENCODING", "request", "PARSE")
    assert Footprint.of(server) == before
