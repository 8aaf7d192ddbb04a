# SPDX-License-Identifier: Apache-2.0
"""Compiles the converters of ``rogatory.protocol.codec``: one function that reads a class's message, one that fills it.

As ``dataclasses`` does for ``__init__``, a function's source is put together once and executed, because a statement is
some twenty messages and a generic loop over their fields took longer than parsing them (ADR 4). For ``Address`` they
are::

    def read(message):
        org, unit = get(message)
        if len(org) not in (0, 16): raise Fault(INVALID, 'ID', '.org')
        if len(unit) not in (0, 16): raise Fault(INVALID, 'ID', '.unit')
        made = new(cls)
        set0(made, org)
        set1(made, unit)
        return made

    def write(message, value):
        org, unit = get(value)
        message.org = org
        message.unit = unit

Nothing from outside stands in the source: names are those of our own classes. Each check raises at once, and what it says
about the place is worked out only then. It knows no generated class and no wire format.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final

from rogatory.protocol import errors

Read = Callable[[Any], Any]
Write = Callable[[Any, Any], None]

_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+/:\[\]\-]{0,127}\Z")
_MOST_CODES: Final = 4096


class Fault(Exception):
    """A field that is refused; each level that it passes puts its part in front of the path."""

    def __init__(self, code: str, rule: str, path: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.rule = rule
        self._path = path

    def under(self, part: str) -> None:
        """Put a part in front of the path: ``.name`` or ``[index]``."""
        self._path = part + self._path

    def path(self, at: str) -> str:
        """Return the whole path below ``at``."""
        return (at + self._path).removeprefix("." if not at else "")


@dataclass(frozen=True, slots=True)
class Field:
    """One field: how its value, or each of its values, is read and written.

    At most one of ``code``, ``length`` (with the rule's name), ``members`` (of an enum, by number) and ``nested`` (the two
    converters of a message) is set; with none of them the value is right as it is. ``oneof`` has the two converters of a
    field that is a oneof: they are given the message around it.
    """

    name: str
    repeated: bool = False
    optional: bool = False
    code: bool = False
    length: tuple[int, str] | None = None
    members: Mapping[int, Any] | None = None
    nested: tuple[Read, Write] | None = None
    oneof: tuple[Read, Write] | None = None


class _Codes(set[str]):
    """Codes that were found well formed: they are few and come again and again. The empty one is a field left out."""

    def check(self, value: str) -> None:
        """Demand that a value is a code, and remember it."""
        if not _CODE.match(value):
            raise Fault(errors.X_FIELD_INVALID, "CODE")
        if len(self) >= _MOST_CODES:
            self.clear()
            self.add("")
        self.add(value)

    def check_all(self, values: Iterable[str]) -> None:
        """Demand it of each value."""
        each(lambda value: None if value in self else self.check(value), values)


_CODES: Final = _Codes({""})


def each(read: Read, values: Iterable[Any]) -> tuple[Any, ...]:
    """Read values one by one; a fault names the place of its value."""
    found: list[Any] = []
    try:
        for value in values:
            found.append(read(value))  # noqa: PERF401 - its length is the index of what is refused
    except Fault as fault:
        fault.under(f"[{len(found)}]")
        raise
    return tuple(found)


def under(part: str, read: Read, value: Any) -> Any:  # noqa: ANN401
    """Read a value; a fault gets this part in front of its path."""
    try:
        return read(value)
    except Fault as fault:
        fault.under(part)
        raise


def compile_reader(cls: type[Any], fields: Sequence[Field]) -> Read:
    """Return a function that reads a message with these fields into a value of a frozen dataclass with slots.

    The slots are set directly: the ``__init__`` of a frozen class takes twice the time, and would do nothing else.

    Raises:
        TypeError: The class has no slots, or does something of its own when a value is made.
    """
    if "__slots__" not in vars(cls) or hasattr(cls, "__post_init__"):
        msg = f"{cls.__name__} is not a plain dataclass with slots"
        raise TypeError(msg)
    names: dict[str, Any] = {
        "new": object.__new__,
        "cls": cls,
        "Fault": Fault,
        "CODES": _CODES,
        "under": under,
    }
    # A oneof has no attribute of its own in the message.
    lines = [
        "def read(message):",
        *_get([field.name for field in fields if field.oneof is None], "message", names),
    ]
    for number, field in enumerate(fields):
        steps = _repeated_steps if field.repeated else _steps
        lines += [f"    {line}" for line in steps(field, number, names)]
    lines.append("    made = new(cls)")
    for number, field in enumerate(fields):
        names[f"set{number}"] = vars(cls)[field.name].__set__
        lines.append(f"    set{number}(made, {field.name})")
    lines.append("    return made")
    exec("\n".join(lines), names)  # noqa: S102 - our own field names, see above
    read: Read = names["read"]
    return read


def compile_writer(fields: Sequence[Field]) -> Write:
    """Return a function that fills an empty message with these fields of a value."""
    names: dict[str, Any] = {}
    lines = ["def write(message, value):", *_get([field.name for field in fields], "value", names)]
    for number, field in enumerate(fields):
        lines += [f"    {line}" for line in _filling(field, number, names)]
    exec("\n".join([*lines, "    return"]), names)  # noqa: S102 - as above
    write: Write = names["write"]
    return write


def _get(attributes: Sequence[str], source: str, names: dict[str, Any]) -> list[str]:
    """Return the line that takes all attributes in one call."""
    if not attributes:
        return []
    names["get"] = attrgetter(*attributes)
    return [f"    {', '.join(attributes)} = get({source})"]


def _filling(field: Field, number: int, names: dict[str, Any]) -> list[str]:
    """Return the lines that put one field of a value into its message."""
    name = field.name
    if field.oneof is not None:
        names[f"write{number}"] = field.oneof[1]
        return [f"write{number}(message, {name})"]
    if field.nested is None:
        return [f"message.{name}.extend({name})" if field.repeated else f"message.{name} = {name}"]
    names[f"write{number}"] = field.nested[1]
    if field.repeated:
        return [f"for item in {name}: write{number}(message.{name}.add(), item)"]
    # A message without any field set is there all the same.
    return [
        f"if {name} is not None:",
        f"    message.{name}.SetInParent()",
        f"    write{number}(message.{name}, {name})",
    ]


def _steps(field: Field, number: int, names: dict[str, Any]) -> list[str]:
    """Return the lines that check and convert one field; what they refer to is put into ``names``."""
    name, part = field.name, f"'.{field.name}'"
    invalid, missing = repr(errors.X_FIELD_INVALID), repr(errors.X_FIELD_MISSING)
    if field.oneof is not None:
        names[f"read{number}"] = field.oneof[0]
        return [f"{name} = under({part}, read{number}, message)"]
    if field.code:
        return [f"if {name} not in CODES: under({part}, CODES.check, {name})"]
    if field.length is not None:
        length, rule = field.length
        return [f"if len({name}) not in (0, {length}): raise Fault({invalid}, {rule!r}, {part})"]
    if field.members is not None:
        names[f"members{number}"] = field.members
        return [
            f"{name} = members{number}.get({name})",
            f"if {name} is None: raise Fault({invalid}, 'VOCABULARY', {part})",
        ]
    if field.nested is None:
        return []
    names[f"read{number}"] = field.nested[0]
    absent = f"{name} = None" if field.optional else f"raise Fault({missing}, 'PRESENT', {part})"
    return [
        f"if not message.HasField('{name}'): {absent}",
        f"else: {name} = under({part}, read{number}, {name})",
    ]


def _repeated_steps(field: Field, number: int, names: dict[str, Any]) -> list[str]:
    name, part = field.name, f"'.{field.name}'"
    if field.code:
        return [
            f"{name} = tuple({name}[:])",
            f"if not CODES.issuperset({name}): under({part}, CODES.check_all, {name})",
        ]
    if field.length is not None:
        length, rule = field.length
        names[f"each{number}"] = lambda values: each(_sized(length, rule), values)
        return [
            f"{name} = tuple({name}[:])",
            f"for item in {name}:",
            f"    if len(item) not in (0, {length}): under({part}, each{number}, {name})",
        ]
    item = _member(field.members) if field.members is not None else field.nested and field.nested[0]
    if item is None:
        return [f"{name} = tuple({name}[:])"]
    # A fault does not know its place, so the values are gone through once more to say it.
    names[f"read{number}"], names[f"each{number}"] = item, lambda values: each(item, values)
    return [
        f"try: {name} = tuple([read{number}(item) for item in {name}[:]])",
        f"except Fault: {name} = under({part}, each{number}, {name})",
    ]


def _sized(length: int, rule: str) -> Read:
    def read(value: bytes) -> bytes:
        if len(value) not in {0, length}:
            raise Fault(errors.X_FIELD_INVALID, rule)
        return value

    return read


def _member(members: Mapping[int, Any]) -> Read:
    def read(value: int) -> Any:  # noqa: ANN401
        member = members.get(value)
        if member is None:
            raise Fault(errors.X_FIELD_INVALID, "VOCABULARY")
        return member

    return read
