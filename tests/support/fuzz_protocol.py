# SPDX-License-Identifier: Apache-2.0
"""Fuzz targets of the protocol: every message of the codec, envelopes, quorums, receipts, records, packs, plain data.

Valid inputs come from the committed vectors and from a value of each class made here. Strict parsing of validly signed
mutations is an attack test; here anything at all is read.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import types
import typing
from collections.abc import Sequence
from enum import IntEnum
from functools import cache
from typing import Any

from rogatory.client.pack_library import shipped_packs
from rogatory.protocol import (
    carried,
    catalogues,
    codec,
    content,
    directory,
    entry_schema,
    header,
    receipt,
    sealed,
    statements,
    wire,
)
from rogatory.protocol.directory import PACK_TYPE
from rogatory.protocol.envelope import Envelope, parse_envelope
from rogatory.protocol.errors import Invalid, NotVerified, RogatoryError
from rogatory.protocol.identifiers import check_identifier
from rogatory.protocol.instants import check_instant, instant_ms, parse_instant
from rogatory.protocol.pack import load_pack
from rogatory.protocol.pack.periods import parse_day, parse_period
from rogatory.protocol.plain import from_plain, to_plain
from rogatory.protocol.quorum import Quorum, open_root, open_trust_list, verify_quorum
from rogatory.protocol.receipt import decode_receipt, encode_receipt
from rogatory.protocol.sealed import parse_sealed
from rogatory.protocol.state import RequestState
from rogatory.protocol.statements import Statement
from tests.support.fuzz_targets import Target
from tests.support.project import ROOT
from tests.support.realm import shared_realm

_ANY = (RogatoryError,)
_LIMIT = 1 << 22
_HOLDERS = (carried, catalogues, content, directory, header, receipt, sealed, statements, wire)
_INSTANTS = ("2026-11-02T08:15:00.250+01:00", "2026-11-02T08:15:00Z", "2026-03-29T01:30:00|Europe/Vienna")


@cache
def vectors() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "tests" / "vectors" / "rogatory-v1.json").read_bytes())
    return found


@cache
def messages() -> tuple[type[Any], ...]:
    """Every class of the core that has a message of its name."""
    held = {name: cls for module in _HOLDERS for name, cls in vars(module).items() if codec_knows(name)}
    found: dict[str, Any] = {"Envelope": Envelope, "Quorum": Quorum} | held
    found = {
        name: cls for name, cls in found.items() if isinstance(cls, type) and dataclasses.is_dataclass(cls)
    }
    return tuple(found[name] for name in sorted(found))


def codec_knows(name: str) -> bool:
    from rogatory.v1 import (  # noqa: PLC0415 - names only
        carried_pb2,
        directory_pb2,
        sealed_pb2,
        services_pb2,
        statement_pb2,
    )

    modules = (carried_pb2, directory_pb2, sealed_pb2, services_pb2, statement_pb2)
    return any(hasattr(m, name) for m in modules)


def filled(hint: Any, name: str, *, depth: int = 0) -> Any:  # noqa: ANN401 - a value of any field's type
    """A value of a type with every field set to something that the codec allows."""
    if isinstance(hint, types.UnionType):
        options = [arg for arg in typing.get_args(hint) if arg is not type(None)]
        return filled(options[0], name, depth=depth)
    if typing.get_origin(hint) is tuple:
        return (filled(typing.get_args(hint)[0], name, depth=depth),)
    if dataclasses.is_dataclass(hint):
        hints = typing.get_type_hints(hint)
        names = [f.name for f in dataclasses.fields(hint)]
        return hint(**{f: filled(hints[f], f, depth=depth + 1) for f in names})  # type: ignore[operator]
    if isinstance(hint, type) and issubclass(hint, IntEnum):
        return next(iter(hint))
    return {bool: True, int: 7, str: "EXERCISE", bytes: b""}[hint]


def _message(cls: type[Any]) -> Target:
    def read(data: bytes) -> None:
        assert codec.encode(codec.decode(cls, data, limit=_LIMIT)) == data

    return Target(cls.__name__, "protocol.codec", (Invalid,), lambda: [codec.encode(filled(cls, ""))], read)


def _hex(*paths: str) -> list[bytes]:
    """Bytes of the vectors, each by a path of keys."""
    found = []
    for path in paths:
        value: Any = vectors()
        for step in path.split("/"):
            value = value[int(step)] if isinstance(value, list) else value[step]
        found.append(bytes.fromhex(value))
    return found


def _envelopes() -> list[bytes]:
    return _hex(*(f"statements/{number}/envelope" for number in range(3)))


def _payloads() -> list[bytes]:
    return _hex(*(f"statements/{number}/payload" for number in range(3)))


def _envelope(data: bytes) -> None:
    assert codec.encode(parse_envelope(data)) == data


def _statement(data: bytes) -> None:
    statement = codec.decode(Statement, data, limit=_LIMIT)
    statements.check_statement(statement)
    assert codec.encode(statement) == data


def _root(data: bytes) -> None:
    root, realm = open_root(data)
    assert len(realm) == 32
    assert root.root_keys.threshold >= 1


def _trust_list(data: bytes) -> None:
    realm = shared_realm()
    assert open_trust_list(data, realm.root, realm.directory.realm, 2).realm == realm.directory.realm


def _quorum(data: bytes) -> None:
    assert verify_quorum(data, PACK_TYPE, shared_realm().root.pack_keys)


def _catalogues() -> list[bytes]:
    realm = shared_realm()
    address = realm.address("provider")
    held = (catalogues.Holding("login_ip", "DAYS", 90), catalogues.Holding("name", "WHILE_CUSTOMER"))
    contacts = (catalogues.DutyContact("DUTY", 15550100123, ("en",)),)
    declared = catalogues.Catalogue(
        realm.directory.realm,
        address.org,
        address.unit,
        1,
        1_795_500_000_000,
        True,
        ("mail",),
        held,
        ("de", "en"),
        contacts,
    )
    return [catalogues.sign_catalogue(declared, realm.signer("compliance"))]


def _catalogue(data: bytes) -> None:
    opened = catalogues.open_catalogue(data, shared_realm().directory)
    assert catalogues.read_catalogue(data) == opened.catalogue


def _receipt(data: bytes) -> None:
    assert encode_receipt(decode_receipt(data)) == data


def _sealed(data: bytes) -> None:
    assert codec.encode(parse_sealed(data)) == data


def _record(data: bytes) -> None:
    items = entry_schema.read_record(data, 2)
    assert len(items) == 2


def _time(data: bytes) -> None:
    assert entry_schema.time_value(entry_schema.read_time(data)) == data


def _instant(data: bytes) -> None:
    text, _, zone = data.decode("utf-8", "surrogateescape").partition("|")
    instant = parse_instant(text, zone)
    check_instant(instant)
    assert instant_ms(text, zone) == instant.utc_ms


def _period(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    period = parse_period(text, "here")
    assert text == (f"P{period.days}D" if period.days else f"PT{period.hours}H")


def _day(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    assert (dt.date(1970, 1, 1) + dt.timedelta(days=parse_day(text, "here"))).isoformat() == text


def _identifier(data: bytes) -> None:
    kind, _, value = data.partition(b" ")
    check_identifier(kind.decode("utf-8", "replace"), value, shared_realm().pack.identifiers)
    assert value == value.strip()


def _identifiers() -> list[bytes]:
    return [
        b"msisdn +15550100123",
        b"imei 490154203237518",
        b"email someone@mail.example",
        b"account_id exercise-user@mail.example",
        b"ip_port_time 203.0.113.7:40001",
        b"ip_port_time [2001:db8::7]:443",
        b"domain www.example",
    ]


def _pack(data: bytes) -> None:
    assert load_pack(data).pack_version >= 1


def _small_packs() -> list[bytes]:
    return [
        b"\n".join(line for line in pack.split(b"\n") if not line.startswith(b"#"))
        for pack in shipped_packs().values()
    ]


def _plain(data: bytes) -> None:
    value = from_plain(header.Header, parsed(data))
    assert from_plain(header.Header, to_plain(value)) == value


def _state(data: bytes) -> None:
    value = from_plain(RequestState, parsed(data))
    assert from_plain(RequestState, to_plain(value)) == value


def parsed(data: bytes) -> Any:  # noqa: ANN401 - JSON
    """JSON as its readers parse it; text that is none counts as refused."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Invalid("X_ENCODING", "", "JSON") from error


def _plain_states() -> Sequence[bytes]:
    return [json.dumps(to_plain(filled(RequestState, ""))).encode()]


def _headers() -> list[bytes]:
    return [json.dumps(vectors()["statements"][number]["header"]).encode() for number in range(3)]


def _carry_head(data: bytes) -> None:
    length = carried.head_length(data[: carried.PREFIX])
    head = data[carried.PREFIX : carried.PREFIX + length]
    if len(head) == length:
        assert data.startswith(carried.frame(head))


def targets() -> tuple[Target, ...]:
    """Every target of the protocol."""
    realm = shared_realm().realm
    return (
        *(_message(cls) for cls in messages()),
        Target("envelope", "protocol.envelope", (Invalid,), _envelopes, _envelope),
        Target("statement", "protocol.statements", (Invalid,), _payloads, _statement),
        Target("trust root", "protocol.quorum", _ANY, lambda: [realm.root], _root),
        Target("trust list", "protocol.directory", _ANY, lambda: [realm.trust_list], _trust_list),
        Target("pack quorum", "protocol.quorum", _ANY, lambda: list(realm.packs.values()), _quorum),
        Target("catalogue", "protocol.catalogues", _ANY, _catalogues, _catalogue),
        Target("receipt", "protocol.receipt", (Invalid,), lambda: _hex("receipts/0", "receipts/1"), _receipt),
        Target(
            "carry file", "protocol.carried", (Invalid,), lambda: [carried.frame(b"head" * 9)], _carry_head
        ),
        Target("sealed section", "protocol.sealed", (Invalid,), lambda: _hex("section/object"), _sealed),
        Target(
            "record slot", "protocol.entry_schema", (NotVerified,), lambda: _hex("entry/values/0"), _record
        ),
        Target("time slot", "protocol.entry_schema", (NotVerified,), lambda: [b"\1" + bytes(8)], _time),
        Target("instant", "protocol.instants", (Invalid,), lambda: [t.encode() for t in _INSTANTS], _instant),
        Target("identifier", "protocol.identifiers", (Invalid,), _identifiers, _identifier),
        Target(
            "period", "protocol.pack.periods", (Invalid,), lambda: [b"P10D", b"PT96H", b"P9999D"], _period
        ),
        Target("day", "protocol.pack.periods", (Invalid,), lambda: [b"2026-08-18", b"1999-12-31"], _day),
        Target("pack", "protocol.pack", (Invalid,), _small_packs, _pack, slow=20),
        Target("header as JSON", "protocol.plain", (Invalid,), _headers, _plain),
        Target("state as JSON", "protocol.plain", (Invalid,), _plain_states, _state),
    )
