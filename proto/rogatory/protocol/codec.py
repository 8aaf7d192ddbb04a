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
import re
import types
import typing
from collections.abc import Callable
from enum import IntEnum
from operator import attrgetter
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
    return codec.message_class(**codec.write(value))


def from_message(cls: type[T], message: pb.Message, at: str = "") -> T:
    """Return the value of an already parsed message, with the checks of the ``clear`` options (servicers and SDK)."""
    try:
        value: T = _codec(cls).read(message)
    except _Fault as fault:
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


class _Fault(Exception):
    """A field that is refused; each level that it passes adds its part of the path."""

    def __init__(self, code: str, rule: str) -> None:
        super().__init__(code)
        self.code = code
        self.rule = rule
        self._parts: list[str] = []

    def under(self, part: str) -> None:
        """Put a part in front of the path: ``.name`` or ``[index]``."""
        self._parts.append(part)

    def path(self, at: str) -> str:
        return (at + "".join(reversed(self._parts))).removeprefix("." if not at else "")


# The raw value of a field and the message that it stands in, to what the class holds.
_Read = Callable[[Any, Any], Any]
_Write = Callable[[Any], Any]


@dataclasses.dataclass(frozen=True, slots=True)
class _Field:
    """How one field is converted; ``None`` where the raw value is already right."""

    name: str
    read: _Read | None
    write: _Write | None


class _Codec:
    """Compiled pair of converters of one class."""

    def __init__(self, cls: type[Any]) -> None:
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
        fields = [
            _oneof_field(name) if name in oneofs else _field(descriptor.fields_by_name[name], hints[name])
            for name in names
        ]
        plain = [name for name in names if name not in oneofs]
        self.read = _reader(cls, fields, plain)
        self.write = _writer(fields, {name: descriptor.oneofs_by_name[name] for name in oneofs})


def _getter(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    """Return a function that gives these attributes as a tuple, in one call."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda value: tuple(getattr(value, name) for name in names)


def _reader(cls: type[Any], fields: list[_Field], plain: list[str]) -> Callable[[Any], Any]:
    get = _getter(plain)
    # A oneof has no attribute of the message's own; its reader looks at the message.
    gaps = [i for i, field in enumerate(fields) if field.name not in plain]
    converted = [(i, field.read) for i, field in enumerate(fields) if field.read is not None]
    names = [field.name for field in fields]

    def read(message: Any) -> Any:  # noqa: ANN401
        values = [*get(message)]
        for i in gaps:
            values.insert(i, None)
        at = 0
        try:
            for at, convert in converted:
                values[at] = convert(values[at], message)
        except _Fault as fault:
            fault.under(f".{names[at]}")
            raise
        return cls(*values)

    return read


def _writer(fields: list[_Field], oneofs: dict[str, Any]) -> Callable[[Any], dict[str, Any]]:
    """Return a function that gives the arguments of the message's constructor; nested messages as their arguments."""
    names = [field.name for field in fields]
    get = _getter(names)
    converted = [(field.name, field.write) for field in fields if field.write is not None]
    members = {
        name: {f.message_type.name: f.name for f in oneof.fields if f.message_type is not None}
        for name, oneof in oneofs.items()
    }

    def write(value: Any) -> dict[str, Any]:  # noqa: ANN401
        arguments = dict(zip(names, get(value), strict=True))
        for name, convert in converted:
            arguments[name] = convert(arguments[name])
        for name, by_message in members.items():
            body = arguments.pop(name)
            arguments[by_message[type(body).__name__]] = _codec(type(body)).write(body)
        return arguments

    return write


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


def _field(descriptor: Any, hint: Any) -> _Field:  # noqa: ANN401
    name = descriptor.name
    if descriptor.is_repeated:
        (inner, _) = typing.get_args(hint)
        return _Field(name, *_many(*_one(descriptor, inner)))
    if descriptor.message_type is not None:
        return _message_field(name, hint)
    return _Field(name, *_one(descriptor, hint))


def _many(read_one: _Read | None, write_one: _Write | None) -> tuple[_Read, _Write | None]:
    def read(values: Any, message: Any) -> Any:  # noqa: ANN401
        if read_one is None:
            return tuple(values)
        found: list[Any] = []
        try:
            for value in values:
                found.append(read_one(value, message))  # noqa: PERF401 - its length is the index of what is refused
        except _Fault as fault:
            fault.under(f"[{len(found)}]")
            raise
        return tuple(found)

    return read, None if write_one is None else lambda values: [write_one(value) for value in values]


def _message_field(name: str, hint: Any) -> _Field:  # noqa: ANN401
    optional = isinstance(hint, types.UnionType)
    cls = next(arg for arg in typing.get_args(hint) if arg is not type(None)) if optional else hint
    codec = _codec(cls)

    def read(value: Any, message: Any) -> Any:  # noqa: ANN401
        if not message.HasField(name):
            if optional:
                return None
            raise _Fault(errors.X_FIELD_MISSING, "PRESENT")
        return codec.read(value)

    return _Field(name, read, lambda value: None if value is None else codec.write(value))


def _oneof_field(name: str) -> _Field:
    def read(_value: Any, message: Any) -> Any:  # noqa: ANN401
        which = message.WhichOneof(name)
        if which is None:
            raise _Fault(errors.X_FIELD_MISSING, "PRESENT")
        part = getattr(message, which)
        return _codec(_body_class(part.DESCRIPTOR.name)).read(part)

    return _Field(name, read, None)


@functools.cache
def _body_class(name: str) -> type[Any]:
    from rogatory.protocol import statements  # noqa: PLC0415 - the only oneof of the core is Statement.body

    return next(cls for cls in statements.BODIES.values() if cls.__name__ == name)


def _one(descriptor: Any, hint: Any) -> tuple[_Read | None, _Write | None]:  # noqa: ANN401
    if descriptor.message_type is not None:
        codec = _codec(hint)
        return (lambda value, _message: codec.read(value)), codec.write
    if isinstance(hint, type) and issubclass(hint, IntEnum):
        return _enum(hint), int
    clear = descriptor.GetOptions().Extensions[options_pb2.clear]
    if clear == options_pb2.CLEAR_CODE:
        return (lambda value, _message: _code(value)), None
    if clear in _LENGTHS:
        return _sized(*_LENGTHS[clear]), None
    return None, None


def _enum(cls: type[IntEnum]) -> _Read:
    members = {int(member): member for member in cls}

    def read(value: int, _message: Any) -> IntEnum:  # noqa: ANN401
        member = members.get(value)
        if member is None:
            raise _Fault(errors.X_FIELD_INVALID, "VOCABULARY")
        return member

    return read


@functools.lru_cache(maxsize=4096)
def _code(value: str) -> str:
    """Return the code; codes are few and come again and again, and one that is refused is not remembered."""
    if value and not _CODE.match(value):
        raise _Fault(errors.X_FIELD_INVALID, "CODE")
    return value


def _sized(length: int, rule: str) -> _Read:
    def read(value: bytes, _message: Any) -> bytes:  # noqa: ANN401
        if value and len(value) != length:
            raise _Fault(errors.X_FIELD_INVALID, rule)
        return value

    return read
