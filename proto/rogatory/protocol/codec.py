# SPDX-License-Identifier: Apache-2.0
"""Value classes to and from the wire: strict, canonical, and the only place in the core that knows generated code.

``decode`` accepts exactly the bytes that ``encode`` would give back: a size cap first, no unknown field at any depth
(they are dropped before the next step), and re-serialising must return the input (cryptography §1.7). Each string and
bytes field is then held against the ``clear`` option of the schema: a code, an id of 16 bytes, a digest of 32. Messages
and classes are matched by name, and fields by name, so a field that one side lacks fails when its class is first used.
Converters are compiled once for each class, and a field's path is put together only when it is refused, because every
call passes here. Nothing here verifies a signature or gives a value a meaning.
"""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from collections.abc import Callable
from enum import IntEnum
from typing import Any, Final, TypeVar

from google.protobuf import message as pb
from google.protobuf import unknown_fields

from rogatory.protocol import errors
from rogatory.protocol.converters import Fault, Field, compile_reader, compile_writer
from rogatory.protocol.errors import Invalid
from rogatory.v1 import carried_pb2, directory_pb2, options_pb2, sealed_pb2, services_pb2, statement_pb2

T = TypeVar("T")

_MODULES: Final = (statement_pb2, sealed_pb2, directory_pb2, services_pb2, carried_pb2)
_LENGTHS: Final = {options_pb2.CLEAR_ID: (16, "ID"), options_pb2.CLEAR_DIGEST: (32, "DIGEST")}


def encode(value: Any) -> bytes:  # noqa: ANN401 - any of the mirrored dataclasses
    """Return the canonical bytes of a value (protobuf, fields in number order)."""
    data: bytes = to_message(value).SerializeToString(deterministic=True)
    return data


def decode(cls: type[T], data: bytes, *, limit: int, at: str = "") -> T:
    """Parse canonical bytes into a value of ``cls``.

    Args:
        cls: A dataclass whose name is that of a message of ``rogatory.v1``.
        data: The exact bytes received.
        limit: Largest length accepted, in bytes; checked before parsing.
        at: Path of the field these bytes came in, for error texts.

    Raises:
        Invalid: ``X_TOO_LARGE``, ``X_ENCODING``, ``X_FIELD_MISSING`` or ``X_FIELD_INVALID`` with field and rule.
    """
    if len(data) > limit:
        raise Invalid(errors.X_TOO_LARGE, at, "SIZE_CAP")
    message = parse_strictly(_codec(cls).message_class.FromString, data, at)
    return from_message(cls, message, at)


def parse_strictly(parse: Callable[[bytes], Any], data: bytes, at: str) -> Any:  # noqa: ANN401 - as below
    """Return the message that ``parse`` reads from exactly these bytes; its values are not looked at yet.

    Args:
        parse: ``FromString`` of a generated class (the server's edge passes what gRPC was given).
        data: The exact bytes received; the caller has seen to a size cap.
        at: Path of the field these bytes came in.

    Raises:
        Invalid: ``X_ENCODING``: no message, an unknown field at any depth, or another way to write the same message.
    """
    try:
        message = parse(data)
    except pb.DecodeError as error:
        raise Invalid(errors.X_ENCODING, at, "PARSE") from error
    # upb would keep unknown fields on output; without them the bytes differ, whatever the depth.
    message.DiscardUnknownFields()
    if message.SerializeToString(deterministic=True) != data:
        _refuse_unknown(parse(data), at)
        raise Invalid(errors.X_ENCODING, at, "CANONICAL")
    return message


def to_message(value: Any) -> Any:  # noqa: ANN401 - generated classes have no common typed base
    """Return the generated message for a value (servicers and SDK only)."""
    codec = _codec(type(value))
    message = codec.message_class()
    codec.write(message, value)
    return message


def from_message(cls: type[T], message: pb.Message, at: str = "") -> T:
    """Return the value of an already parsed message, with the checks of the ``clear`` options (servicers and SDK)."""
    try:
        value: T = _codec(cls).read(message)
    except Fault as fault:
        raise Invalid(fault.code, fault.path(at), fault.rule) from None
    return value


def _refuse_unknown(message: pb.Message, at: str) -> None:
    if len(unknown_fields.UnknownFieldSet(message)):
        raise Invalid(errors.X_ENCODING, at, "UNKNOWN_FIELD")
    for field, value in message.ListFields():
        if field.message_type is not None:
            path = f"{at}.{field.name}" if at else field.name
            for item in value if field.is_repeated else (value,):
                _refuse_unknown(item, path)


class _Codec:
    """Compiled pair of converters of one class."""

    def __init__(self, cls: type[Any]) -> None:
        self.message_class = _message_class(cls.__name__)
        hints = typing.get_type_hints(cls)
        descriptor = self.message_class.DESCRIPTOR
        names = [f.name for f in dataclasses.fields(cls)]
        # A oneof is one field of the class (its members by class), or the members stand one by one and optional.
        oneofs = {
            name: descriptor.oneofs_by_name[name] for name in names if name in descriptor.oneofs_by_name
        }
        singles = {
            f.name: f
            for f in descriptor.fields
            if f.containing_oneof is None or f.containing_oneof.name not in oneofs
        }
        if oneofs.keys() | singles.keys() != set(names):
            msg = f"{cls.__name__} and its message differ in {sorted((oneofs.keys() | singles.keys()) ^ set(names))}"
            raise TypeError(msg)
        fields = [
            Field(name, oneof=(_oneof_reader(name), _oneof_writer(oneofs[name])))
            if name in oneofs
            else _field(singles[name], hints[name])
            for name in names
        ]
        self.read = compile_reader(cls, fields)
        self.write = compile_writer(fields)


_CODECS: Final[dict[type[Any], _Codec]] = {}


def _codec(cls: type[Any]) -> _Codec:
    """Return the compiled converters of a class, made at first use."""
    codec = _CODECS.get(cls)
    if codec is None:
        codec = _CODECS[cls] = _Codec(cls)
    return codec


def _message_class(name: str) -> Any:  # noqa: ANN401
    for module in _MODULES:
        found = getattr(module, name, None)
        if found is not None:
            return found
    msg = f"no message of rogatory.v1 is called {name}"
    raise TypeError(msg)


def _field(descriptor: Any, hint: Any) -> Field:  # noqa: ANN401
    optional = isinstance(hint, types.UnionType)
    cls = hint
    if optional or descriptor.is_repeated:
        cls = next(arg for arg in typing.get_args(hint) if arg is not type(None))
    clear = descriptor.GetOptions().Extensions[options_pb2.clear]
    is_enum = isinstance(cls, type) and issubclass(cls, IntEnum)
    return Field(
        descriptor.name,
        repeated=descriptor.is_repeated,
        optional=optional,
        code=clear == options_pb2.CLEAR_CODE,
        length=_LENGTHS.get(clear),
        members={int(member): member for member in cls} if is_enum else None,
        nested=None if descriptor.message_type is None else (_codec(cls).read, _codec(cls).write),
    )


def _oneof_reader(name: str) -> Callable[[Any], Any]:
    def read(message: Any) -> Any:  # noqa: ANN401
        which = message.WhichOneof(name)
        if which is None:
            raise Fault(errors.X_FIELD_MISSING, "PRESENT")
        part = getattr(message, which)
        return _codec(_body_class(part.DESCRIPTOR.name)).read(part)

    return read


def _oneof_writer(oneof: Any) -> Callable[[Any, Any], None]:  # noqa: ANN401
    members = {f.message_type.name: f.name for f in oneof.fields if f.message_type is not None}

    def write(message: Any, body: Any) -> None:  # noqa: ANN401
        part = getattr(message, members[type(body).__name__])
        part.SetInParent()
        _codec(type(body)).write(part, body)

    return write


@functools.cache
def _body_class(name: str) -> type[Any]:
    from rogatory.protocol import statements  # noqa: PLC0415 - the only oneof of the core is Statement.body

    return next(cls for cls in statements.BODIES.values() if cls.__name__ == name)
