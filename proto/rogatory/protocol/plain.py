# SPDX-License-Identifier: Apache-2.0
"""Value classes to and from plain data (dicts, lists, text, numbers), for state caches, files and ``--json``.

Bytes become lower-case hex, enums their names, tuples lists. ``from_plain`` is strict: unknown or missing keys and
wrong types are refused with the field. This is not a signed format and nothing is ever hashed from it.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import Any, TypeVar

from rogatory.protocol import errors
from rogatory.protocol.errors import Invalid

T = TypeVar("T")


def to_plain(value: Any) -> Any:  # noqa: ANN401 - any tree of dataclasses
    """Return a value as plain data that ``json`` can write."""
    return _WRITERS[value.__class__](value)


def from_plain(cls: type[T], data: Any, at: str = "") -> T:  # noqa: ANN401
    """Return the value that ``to_plain`` turned into ``data``; keys with a default may be left out.

    Raises:
        Invalid: ``X_FIELD_INVALID`` or ``X_FIELD_MISSING`` with the path of the field.
    """
    value: T = _build(cls, data, at)
    return value


_HINTS: dict[type[Any], dict[str, Any]] = {}


class _Writers(dict[type[Any], Callable[[Any], Any]]):
    """By class, what makes its values plain; found once for each class, since every statement's state passes here."""

    def __missing__(self, cls: type[Any]) -> Callable[[Any], Any]:
        self[cls] = _make_writer(cls)
        return self[cls]


_WRITERS = _Writers()


def _make_writer(cls: type[Any]) -> Callable[[Any], Any]:
    if issubclass(cls, IntEnum):
        return lambda value: value.name
    if issubclass(cls, (int, str, type(None))):
        return lambda value: value
    if issubclass(cls, bytes):
        return bytes.hex
    if issubclass(cls, (tuple, list)):
        return lambda value: [_WRITERS[item.__class__](item) for item in value]
    if issubclass(cls, Mapping):
        return lambda value: {key: _WRITERS[item.__class__](item) for key, item in value.items()}
    names = tuple(_hints(cls))

    def write(value: Any) -> dict[str, Any]:  # noqa: ANN401
        plain = {}
        for name in names:
            item = getattr(value, name)
            plain[name] = item if item.__class__ in _AS_IS else _WRITERS[item.__class__](item)
        return plain

    return write


_AS_IS = frozenset({int, str, bool, type(None)})


def _hints(cls: type[Any]) -> dict[str, Any]:
    """Return the fields of a dataclass with their resolved types, in order; computed once for each class."""
    if cls not in _HINTS:
        resolved = typing.get_type_hints(cls)
        _HINTS[cls] = {field.name: resolved[field.name] for field in dataclasses.fields(cls)}
    return _HINTS[cls]


def _build(hint: Any, data: Any, at: str) -> Any:  # noqa: ANN401, PLR0911 - one branch for each kind of type
    if isinstance(hint, types.UnionType):
        if data is None:
            return None
        hint = next(arg for arg in typing.get_args(hint) if arg is not type(None))
    if typing.get_origin(hint) is tuple:
        inner = typing.get_args(hint)[0]
        return tuple(_build(inner, item, f"{at}[{i}]") for i, item in enumerate(_typed(data, list, at)))
    if typing.get_origin(hint) is Mapping:
        inner = typing.get_args(hint)[1]
        items = _typed(data, dict, at).items()
        return MappingProxyType(
            # A key may be anything that somebody wrote, so its place stands for it.
            {_typed(key, str, at): _build(inner, item, f"{at}[{i}]") for i, (key, item) in enumerate(items)}
        )
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _object(hint, _typed(data, dict, at), at)
    if isinstance(hint, type) and issubclass(hint, IntEnum):
        name = _typed(data, str, at)
        if name not in hint.__members__:
            raise Invalid(errors.X_FIELD_INVALID, at, "VOCABULARY")
        return hint[name]
    if hint is bytes:
        try:
            return bytes.fromhex(_typed(data, str, at))
        except ValueError as error:
            raise Invalid(errors.X_FIELD_INVALID, at, "HEX") from error
    if hint is int and isinstance(data, bool):
        raise Invalid(errors.X_FIELD_INVALID, at, "TYPE")
    return _typed(data, hint, at)


def _object(cls: type[Any], data: dict[str, Any], at: str) -> Any:  # noqa: ANN401
    hints = _hints(cls)
    prefix = f"{at}." if at else ""
    unknown = next((key for key in data if key not in hints), None)
    if unknown is not None:
        raise Invalid(errors.X_FIELD_INVALID, at, "UNKNOWN_FIELD")
    for field in dataclasses.fields(cls):
        required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        if required and field.name not in data:
            raise Invalid(errors.X_FIELD_MISSING, prefix + field.name, "PRESENT")
    return cls(**{key: _build(hints[key], item, prefix + key) for key, item in data.items()})


def _typed(data: Any, cls: type[Any], at: str) -> Any:  # noqa: ANN401
    if not isinstance(data, cls):
        raise Invalid(errors.X_FIELD_INVALID, at, "TYPE")
    return data
