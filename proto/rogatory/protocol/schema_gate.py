# SPDX-License-Identifier: Apache-2.0
"""The schema gate: no clear-text message can carry free text, and every method says who may call it.

Each string and bytes field of a message that the exchange reads must carry a ``clear`` option that says what it holds;
messages marked ``sealed`` exist only at the ends, may hold words, and no clear message may refer to one. Run as a gate
of the build; the server takes its rules from ``rule_of`` at start. It checks declarations, not values: those are the
codec's.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from google.protobuf.descriptor import Descriptor, FieldDescriptor, FileDescriptor, MethodDescriptor

from rogatory.protocol.header import StatementKind
from rogatory.protocol.statements import BODIES
from rogatory.v1 import carried_pb2, directory_pb2, options_pb2, sealed_pb2, services_pb2, statement_pb2

FILES: Final[tuple[FileDescriptor, ...]] = (
    options_pb2.DESCRIPTOR,
    statement_pb2.DESCRIPTOR,
    sealed_pb2.DESCRIPTOR,
    directory_pb2.DESCRIPTOR,
    services_pb2.DESCRIPTOR,
    carried_pb2.DESCRIPTOR,
)
_STRING_KINDS: Final = frozenset({options_pb2.CLEAR_CODE})
_BANNED: Final = {FieldDescriptor.TYPE_FLOAT: "float", FieldDescriptor.TYPE_DOUBLE: "double"}
BODY_OFFSET: Final = 100


def problems(files: Iterable[FileDescriptor] = FILES) -> list[str]:
    """Return what is wrong with the schema, one line each; empty when nothing is."""
    found: list[str] = []
    for file in files:
        for message in file.message_types_by_name.values():
            found += _message(message)
        for service in file.services_by_name.values():
            found += [f"{m.full_name}: no authorisation rule" for m in service.methods if rule_of(m) is None]
    return found + _kinds()


def rule_of(method: MethodDescriptor) -> Any | None:  # noqa: ANN401 - generated AuthorisationRule
    """Return the authorisation rule of a method, or ``None`` if it states none."""
    options = method.GetOptions()
    if not options.HasExtension(options_pb2.authorisation):
        return None
    rule = options.Extensions[options_pb2.authorisation]
    return rule if rule.parties and rule.object else None


def is_sealed(message: Descriptor) -> bool:
    """Tell whether a message exists in clear only at the ends."""
    return bool(message.GetOptions().Extensions[options_pb2.sealed])


def _message(message: Descriptor) -> list[str]:
    if is_sealed(message):
        return []
    return [problem for field in message.fields for problem in _field(field)]


def _field(field: FieldDescriptor) -> list[str]:
    clear = field.GetOptions().Extensions[options_pb2.clear]
    name = field.full_name
    if field.type == FieldDescriptor.TYPE_STRING and clear not in _STRING_KINDS:
        return [f"{name}: a string must be a CODE; words belong into a sealed section"]
    if field.type == FieldDescriptor.TYPE_BYTES and clear in {0, options_pb2.CLEAR_CODE}:
        return [f"{name}: bytes must say what they hold"]
    if field.type in _BANNED:
        return [f"{name}: {_BANNED[field.type]} has no place in a signed message"]
    if field.message_type is not None:
        if field.message_type.GetOptions().map_entry:
            return [f"{name}: a map has no one encoding"]
        if is_sealed(field.message_type):
            return [f"{name}: a clear message refers to a sealed one"]
    return []


def _kinds() -> list[str]:
    """Every kind of the design is reserved with the same number on both sides; bodies follow their kind's number."""
    found = []
    wire = {
        name.removeprefix("STATEMENT_KIND_"): number for name, number in statement_pb2.StatementKind.items()
    }
    if {kind.name: int(kind) for kind in StatementKind} != {n: v for n, v in wire.items() if v}:
        found.append("StatementKind: schema and code differ")
    fields = {f.message_type.name: f.number for f in _body_fields() if f.message_type is not None}
    expected = {cls.__name__: BODY_OFFSET + int(kind) for kind, cls in BODIES.items()}
    if fields != expected:
        found.append("Statement.body: numbers do not follow the kinds")
    return found


def _body_fields() -> Iterable[FieldDescriptor]:
    return list(statement_pb2.Statement.DESCRIPTOR.oneofs_by_name["body"].fields)
