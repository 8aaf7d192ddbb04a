# SPDX-License-Identifier: Apache-2.0
"""Value classes to and from the wire: strict, canonical, and the only place in the core that knows generated code.

``decode`` accepts exactly the bytes that ``encode`` would give back: a size cap first, no unknown field at any depth
(upb keeps those on output, so they are looked for), and re-serialising must return the input (cryptography §1.7). Each
string and bytes field is then held against the ``clear`` option of the schema: a code, an id of 16 bytes, a digest of
32. Messages and classes are matched by name, and fields by name, so a field that one side lacks fails at import time.
Nothing here verifies a signature or gives a value a meaning.
"""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from collections.abc import Callable
from enum import IntEnum
from typing import Any, Final, TypeVar

from google.protobuf import message as pb
from google.protobuf import unknown_fields

from rogatory.protocol import errors
from rogatory.protocol.errors import Invalid
from rogatory.v1 import directory_pb2, options_pb2, sealed_pb2, services_pb2, statement_pb2

T = TypeVar("T")

_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+/:\[\]\-]{0,127}\Z")
_MODULES: Final = (statement_pb2, sealed_pb2, directory_pb2, services_pb2)
_LENGTHS: Final = {options_pb2.CLEAR_ID: (16, "ID"), options_pb2.CLEAR_DIGEST: (32, "DIGEST")}


def encode(value: Any) -> bytes:  # noqa: ANN401 - any of the mirrored dataclasses
    """Return the canonical bytes of a value (protobuf, fields in number order)."""
    data: bytes = _codec(type(value)).to_message(value).SerializeToString(deterministic=True)
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
    codec = _codec(cls)
    message = codec.message_class()
    try:
        message.ParseFromString(data)
    except pb.DecodeError as error:
        raise Invalid(errors.X_ENCODING, at, "PARSE") from error
    _refuse_unknown(message, at)
    if message.SerializeToString(deterministic=True) != data:
        raise Invalid(errors.X_ENCODING, at, "CANONICAL")
    value: T = codec.from_message(message, at)
    return value


def to_message(value: Any) -> Any:  # noqa: ANN401 - generated classes have no common typed base
    """Return the generated message for a value (servicers and SDK only)."""
    return _codec(type(value)).to_message(value)


def from_message(cls: type[T], message: pb.Message, at: str = "") -> T:
    """Return the value of an already parsed message, with the checks of the ``clear`` options (servicers and SDK)."""
    value: T = _codec(cls).from_message(message, at)
    return value


def _refuse_unknown(message: pb.Message, at: str) -> None:
    if len(unknown_fields.UnknownFieldSet(message)):
        raise Invalid(errors.X_ENCODING, at, "UNKNOWN_FIELD")
    for field, value in message.ListFields():
        if field.message_type is not None:
            path = f"{at}.{field.name}" if at else field.name
            for item in value if field.is_repeated else (value,):
                _refuse_unknown(item, path)


@dataclasses.dataclass(frozen=True, slots=True)
class _Field:
    name: str
    read: Callable[[Any, str], Any]
    write: Callable[[Any, Any], None]


class _Codec:
    """Compiled pair of converters of one class."""

    def __init__(self, cls: type[Any]) -> None:
        self.cls = cls
        self.message_class = _message_class(cls.__name__)
        hints = typing.get_type_hints(cls)
        descriptor = self.message_class.DESCRIPTOR
        names = [f.name for f in dataclasses.fields(cls)]
        # A oneof is one field of the class (its members by class), or the members stand one by one and optional.
        oneofs = {name for name in descriptor.oneofs_by_name if name in names}
        wire = oneofs | {
            f.name
            for f in descriptor.fields
            if f.containing_oneof is None or f.containing_oneof.name not in oneofs
        }
        if wire != set(names):
            msg = f"{cls.__name__} and its message differ in {sorted(wire ^ set(names))}"
            raise TypeError(msg)
        self.fields = [
            _oneof_field(name, descriptor.oneofs_by_name[name])
            if name in oneofs
            else _field(descriptor.fields_by_name[name], hints[name])
            for name in names
        ]

    def to_message(self, value: Any) -> Any:  # noqa: ANN401
        message = self.message_class()
        for field in self.fields:
            field.write(message, getattr(value, field.name))
        return message

    def from_message(self, message: Any, at: str) -> Any:  # noqa: ANN401
        prefix = f"{at}." if at else ""
        return self.cls(**{field.name: field.read(message, prefix + field.name) for field in self.fields})


_CODECS: dict[type[Any], _Codec] = {}


def _codec(cls: type[Any]) -> _Codec:
    """Return the compiled converters of a class, made at first use."""
    if cls not in _CODECS:
        _CODECS[cls] = _Codec(cls)
    return _CODECS[cls]


def _message_class(name: str) -> Any:  # noqa: ANN401
    for module in _MODULES:
        found = getattr(module, name, None)
        if found is not None:
            return found
    msg = f"no message of rogatory.v1 is called {name}"
    raise TypeError(msg)


def _field(descriptor: Any, hint: Any) -> _Field:  # noqa: ANN401
    name = descriptor.name
    if descriptor.is_repeated:
        (inner, _) = typing.get_args(hint)
        read_one, write_one = _scalar(descriptor, inner)

        def read(message: Any, at: str) -> Any:  # noqa: ANN401
            return tuple(read_one(item, f"{at}[{i}]") for i, item in enumerate(getattr(message, name)))

        def write(message: Any, values: Any) -> None:  # noqa: ANN401
            getattr(message, name).extend([write_one(value) for value in values])

        return _Field(name, read, write)
    if descriptor.message_type is not None:
        return _message_field(name, hint)
    read_one, write_one = _scalar(descriptor, hint)
    return _Field(
        name,
        lambda message, at: read_one(getattr(message, name), at),
        lambda message, value: setattr(message, name, write_one(value)),
    )


def _message_field(name: str, hint: Any) -> _Field:  # noqa: ANN401
    optional = isinstance(hint, types.UnionType)
    cls = next(arg for arg in typing.get_args(hint) if arg is not type(None)) if optional else hint

    def read(message: Any, at: str) -> Any:  # noqa: ANN401
        if not message.HasField(name):
            if optional:
                return None
            raise Invalid(errors.X_FIELD_MISSING, at, "PRESENT")
        return _codec(cls).from_message(getattr(message, name), at)

    def write(message: Any, value: Any) -> None:  # noqa: ANN401
        if value is not None:
            part = getattr(message, name)
            part.SetInParent()
            part.CopyFrom(_codec(cls).to_message(value))

    return _Field(name, read, write)


def _oneof_field(name: str, oneof: Any) -> _Field:  # noqa: ANN401
    by_message = {
        field.message_type.name: field.name for field in oneof.fields if field.message_type is not None
    }
    classes: dict[str, type[Any]] = {}

    def read(message: Any, at: str) -> Any:  # noqa: ANN401
        which = message.WhichOneof(name)
        if which is None:
            raise Invalid(errors.X_FIELD_MISSING, at, "PRESENT")
        part = getattr(message, which)
        return _codec(_value_class(part.DESCRIPTOR.name, classes)).from_message(part, at)

    def write(message: Any, value: Any) -> None:  # noqa: ANN401
        part = getattr(message, by_message[type(value).__name__])
        part.SetInParent()
        part.CopyFrom(_codec(type(value)).to_message(value))

    return _Field(name, read, write)


def _value_class(name: str, cache: dict[str, type[Any]]) -> type[Any]:
    if not cache:
        from rogatory.protocol import statements  # noqa: PLC0415 - the only oneof of the core is Statement.body

        cache.update({cls.__name__: cls for cls in statements.BODIES.values()})
    return cache[name]


def _scalar(descriptor: Any, hint: Any) -> tuple[Callable[[Any, str], Any], Callable[[Any], Any]]:  # noqa: ANN401
    if descriptor.message_type is not None:
        return (lambda item, at: _codec(hint).from_message(item, at)), (
            lambda value: _codec(hint).to_message(value)
        )
    if isinstance(hint, type) and issubclass(hint, IntEnum):
        return (lambda item, at: _enum(hint, item, at)), int
    clear = descriptor.GetOptions().Extensions[options_pb2.clear]
    if clear == options_pb2.CLEAR_CODE:
        return _code, lambda value: value
    if clear in _LENGTHS:
        length, rule = _LENGTHS[clear]
        return (lambda item, at: _sized(item, at, length, rule)), lambda value: value
    return (lambda item, _at: item), lambda value: value


def _enum(cls: type[IntEnum], value: int, at: str) -> IntEnum:
    try:
        return cls(value)
    except ValueError as error:
        raise Invalid(errors.X_FIELD_INVALID, at, "VOCABULARY") from error


def _code(value: str, at: str) -> str:
    if value and not _CODE.match(value):
        raise Invalid(errors.X_FIELD_INVALID, at, "CODE")
    return value


def _sized(value: bytes, at: str, length: int, rule: str) -> bytes:
    if value and len(value) != length:
        raise Invalid(errors.X_FIELD_INVALID, at, rule)
    return value
