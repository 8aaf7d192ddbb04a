# SPDX-License-Identifier: Apache-2.0
"""Bad statements put in over the wire: a signed "no" with code, field and rule, one entry, and nothing else.

Each is signed by an enrolled person; what the signature covers is what is wrong. An exact replay and bytes over the cap
leave no entry at all. The whole attack list on envelopes is elsewhere; this is no second copy of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from rogatory.protocol import codec
from rogatory.protocol.envelope import Envelope, parse_envelope
from rogatory.protocol.errors import Invalid
from rogatory.protocol.header import DAY_MS, Header
from rogatory.protocol.ids import uuid7
from rogatory.protocol.statements import MAX_ENVELOPE, Reject, Statement
from rogatory.v1 import statement_pb2
from tests.support.acts import World
from tests.support.front import ServerProcess, Wire
from tests.support.life import issued
from tests.support.probing import Footprint
from tests.support.signing import signed
from tests.support.whole_life import whole_life

Change = Callable[[Header, int], Header]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess.healthy(tmp_path_factory.mktemp("statements")) as running:
        yield running


@pytest.fixture(scope="module")
def wire(server: ServerProcess) -> Iterator[Wire]:
    with closing(Wire(server)) as acts:
        yield acts


@dataclass(frozen=True)
class Fresh:
    """A request that was not submitted yet, and its statement."""

    envelope: bytes
    statement: Statement


@pytest.fixture
def fresh(wire: Wire) -> Fresh:
    _, envelope = wire.issue()
    return Fresh(envelope, _statement(envelope))


def _statement(envelope: bytes) -> Statement:
    return codec.decode(Statement, parse_envelope(envelope).payload, limit=MAX_ENVELOPE)


def refused(server: ServerProcess, wire: Wire, envelope: bytes) -> tuple[str, str, str]:
    """Code, field and rule of the signed rejection; it has left its entry and nothing else."""
    before = Footprint.of(server)
    (result,) = wire.submit("investigator", envelope)
    body = wire.rejection(result).statement.body
    assert isinstance(body, Reject)
    assert wire.verify(result).receipt.index == before.size
    after = Footprint.of(server)
    assert after.size == before.size + 1
    assert after.kept == before.kept
    return body.code, body.field, body.rule


def _task(**change: int) -> Change:
    return lambda h, _now: replace(h, tasks=(replace(h.tasks[0], **change), *h.tasks[1:]))  # type: ignore[arg-type]


def _seen(**change: int) -> Change:
    return lambda h, _now: replace(h, seen=replace(h.seen, **change))  # type: ignore[arg-type]


STATEMENTS: dict[str, tuple[Change, tuple[str, str, str]]] = {
    "expired": (
        lambda h, now: replace(h, issued_at_ms=now - DAY_MS, expires_at_ms=now - 1),
        ("X_EXPIRED", "header.expires_at_ms", "EXPIRY"),
    ),
    "from the future": (
        lambda h, now: replace(h, issued_at_ms=now + 3_600_000, expires_at_ms=now + DAY_MS),
        ("X_ISSUED_IN_FUTURE", "header.issued_at_ms", "CLOCK_SKEW"),
    ),
    "ends before it begins": (
        lambda h, now: replace(h, expires_at_ms=now - DAY_MS),
        ("X_FIELD_INVALID", "header.expires_at_ms", "AFTER_ISSUED"),
    ),
    "of another realm": (
        lambda h, _now: replace(h, realm=bytes(32)),
        ("X_REALM_MISMATCH", "header.realm", "REALM"),
    ),
    "a window backwards": (
        _task(first_day=20_000, last_day=19_999),
        ("X_TIME_RANGE_INVALID", "header.tasks[0].last_day", "WINDOW"),
    ),
    "a window into the future": (
        _task(last_day=40_000),
        ("X_PROSPECTIVE_DATA", "header.tasks[0].last_day", "STORED_DATA_ONLY"),
    ),
    "a task number out of range": (
        _task(number=2**32 - 1),
        ("X_FIELD_INVALID", "header.tasks[0].number", "RANGE"),
    ),
    "a head larger than any number of the database": (
        _seen(log_size=2**64 - 1),
        ("X_LOG_INVALID", "header.seen.log_root", "HEAD_KNOWN"),
    ),
    "a directory that is not there": (
        _seen(directory_index=2**64 - 1),
        ("X_FIELD_INVALID", "header.seen.directory_index", "DIRECTORY.CURRENT"),
    ),
    "no statement id": (
        lambda h, _now: replace(h, statement_id=b""),
        ("X_FIELD_INVALID", "header.statement_id", "UUIDV7"),
    ),
    "no role": (
        lambda h, _now: replace(h, issuer=replace(h.issuer, role="")),
        ("X_FIELD_MISSING", "header.issuer.role", "PRESENT"),
    ),
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_bad_statement_leaves_a_signed_no_and_nothing_else(
    server: ServerProcess, wire: Wire, fresh: Fresh, name: str
) -> None:
    change, expected = STATEMENTS[name]
    header = change(fresh.statement.header, wire.clock.now_ms())
    envelope = signed(wire, "investigator", replace(fresh.statement, header=header))
    assert refused(server, wire, envelope) == expected


def _raw(wire: Wire, change: Callable[[Any], None], statement: Statement) -> bytes:
    message = codec.to_message(statement)
    change(message)
    return signed(wire, "investigator", statement, payload=message.SerializeToString())


def _unknown(message: Any) -> None:  # noqa: ANN401 - a generated message
    message.header.MergeFromString(b"\x9a\x06\x06secret")


def _text_for_time(message: Any) -> None:  # noqa: ANN401
    number = statement_pb2.Header.DESCRIPTOR.fields_by_name["issued_at_ms"].number
    message.header.ClearField("issued_at_ms")
    text = b"2026-11-24T10:00:00"
    message.header.MergeFromString(bytes([number << 3 | 2, len(text)]) + text)


def _no_such_kind(message: Any) -> None:  # noqa: ANN401
    message.header.kind = 9999


def _words(message: Any) -> None:  # noqa: ANN401
    message.header.tasks[0].purpose = "some words of a case"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (_unknown, ("X_ENCODING", "statement.header", "UNKNOWN_FIELD")),
        (_text_for_time, ("X_ENCODING", "statement.header", "UNKNOWN_FIELD")),
        (_no_such_kind, ("X_FIELD_INVALID", "statement.header.kind", "VOCABULARY")),
        (_words, ("X_FIELD_INVALID", "statement.header.tasks[0].purpose", "CODE")),
    ],
)
def test_a_field_of_the_wrong_sort_is_named_though_it_is_signed(
    server: ServerProcess,
    wire: Wire,
    fresh: Fresh,
    change: Callable[[Any], None],
    expected: tuple[str, str, str],
) -> None:
    assert refused(server, wire, _raw(wire, change, fresh.statement)) == expected


def test_truncated_and_foreign_bytes_are_rejected_by_name(
    server: ServerProcess, wire: Wire, fresh: Fresh
) -> None:
    parsed = parse_envelope(fresh.envelope)
    other_type = codec.encode(replace(parsed, payload_type="application/vnd.example+protobuf"))
    cut = codec.encode(Envelope(parsed.payload[:-1], parsed.payload_type, parsed.key_id, parsed.sig))
    assert refused(server, wire, fresh.envelope[:-1]) == ("X_ENCODING", "envelope", "PARSE")
    assert refused(server, wire, b"")[0] == "X_KIND_UNKNOWN"
    assert refused(server, wire, other_type) == ("X_KIND_UNKNOWN", "envelope.payload_type", "TYPE")
    assert refused(server, wire, cut)[0] == "X_SIGNATURE_INVALID"


def test_an_exact_replay_leaves_no_entry_and_another_use_of_its_id_leaves_one(
    server: ServerProcess, wire: Wire, fresh: Fresh
) -> None:
    (first,) = wire.submit("investigator", fresh.envelope)
    assert first.receipt is not None
    before = Footprint.of(server)
    (again,) = wire.submit("investigator", fresh.envelope)
    assert again == first
    assert Footprint.of(server) == before
    other = replace(fresh.statement.header, expires_at_ms=fresh.statement.header.expires_at_ms - 1)
    envelope = signed(wire, "investigator", replace(fresh.statement, header=other))
    assert refused(server, wire, envelope) == ("X_REPLAY", "header.statement_id", "STATEMENT_ID_TAKEN")


def test_bytes_over_the_cap_leave_no_entry(server: ServerProcess, wire: Wire, fresh: Fresh) -> None:
    before = Footprint.of(server)
    with pytest.raises(Invalid) as caught:
        wire.submit("investigator", fresh.envelope + bytes(MAX_ENVELOPE))
    assert caught.value.args == ("X_TOO_LARGE", "request.envelopes[0]", "SIZE_CAP")
    assert Footprint.of(server) == before


def test_no_number_of_any_kind_of_statement_can_end_the_writer(tmp_path: Path) -> None:
    """What is not a `RogatoryError` is fatal to the engine, so an enrolled person must not be able to cause one."""
    world = World.build(tmp_path)
    said = whole_life(world)
    tried = 0
    for item in said.values():
        statement = _statement(item.envelope)
        for path in _numbers(codec.to_message(statement)):
            for value in (0, 2**31 - 1, 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1):
                message = codec.to_message(statement)
                if not _set(message, path, value):
                    continue
                message.header.statement_id = uuid7(world.clock, world.entropy)
                envelope = signed(world, item.by, statement, payload=message.SerializeToString())
                (result,) = world.submit(item.by, envelope)
                assert result.receipt is not None or isinstance(
                    world.rejection(result).statement.body, Reject
                )
                tried += 1
    assert tried > 400
    assert issued(world).last_index >= tried, "it goes on"


def _numbers(message: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401
    """The path of each number of a message: names and positions."""
    for field in message.DESCRIPTOR.fields:
        value = getattr(message, field.name)
        if field.message_type is not None:
            if field.is_repeated:
                for i, item in enumerate(value):
                    yield from _numbers(item, (*path, field.name, i))
            elif message.HasField(field.name):
                yield from _numbers(value, (*path, field.name))
        elif field.cpp_type in {field.CPPTYPE_UINT32, field.CPPTYPE_UINT64} and not field.is_repeated:
            yield (*path, field.name)


def _set(message: Any, path: tuple[Any, ...], value: int) -> bool:  # noqa: ANN401
    """Sets one number; false when its type cannot hold the value."""
    for step in path[:-1]:
        message = message[step] if isinstance(step, int) else getattr(message, step)
    if value >= 2**32 and message.DESCRIPTOR.fields_by_name[path[-1]].cpp_type == 3:  # uint32
        return False
    setattr(message, path[-1], value)
    return True
