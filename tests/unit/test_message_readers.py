# SPDX-License-Identifier: Apache-2.0
"""Compiled readers of messages: each kind of field is checked, and what is refused is named by its whole path.

Over stand-ins that have a message's attributes and nothing else; real messages, and that bytes are canonical, are the
codec's tests.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rogatory.protocol.header import SectionKind
from rogatory.protocol.message_readers import Fault, Field, compile_reader

MEMBERS = {int(member): member for member in SectionKind}


class Stand:
    """Has attributes, and no field is set that is None."""

    def __init__(self, **values: Any) -> None:  # noqa: ANN401
        self.__dict__.update(values)

    def HasField(self, name: str) -> bool:  # noqa: N802 - protobuf's name
        return getattr(self, name) is not None


def row(*values: Any) -> tuple[Any, ...]:  # noqa: ANN401
    return values


inner = compile_reader(row, [Field("id", length=(16, "ID")), Field("codes", repeated=True, code=True)])
GOOD = Stand(id=bytes(16), codes=["A", "b.c"])


@pytest.mark.parametrize(
    ("fields", "message", "expected"),
    [
        ([Field("number")], Stand(number=7), (7,)),
        ([Field("a"), Field("b", repeated=True)], Stand(a=1, b=[2, 3]), (1, (2, 3))),
        ([Field("code", code=True)], Stand(code="call_record"), ("call_record",)),
        ([Field("code", code=True)], Stand(code=""), ("",)),
        ([Field("id", length=(16, "ID"))], Stand(id=b""), (b"",)),
        ([Field("ids", repeated=True, length=(16, "ID"))], Stand(ids=[bytes(16), b""]), ((bytes(16), b""),)),
        ([Field("kind", members=MEMBERS)], Stand(kind=2), (SectionKind.GROUNDS,)),
        ([Field("kinds", repeated=True, members=MEMBERS)], Stand(kinds=[3, 1]), ((MEMBERS[3], MEMBERS[1]),)),
        ([Field("part", read=inner)], Stand(part=GOOD), ((bytes(16), ("A", "b.c")),)),
        ([Field("part", read=inner, optional=True)], Stand(part=None), (None,)),
        ([Field("parts", repeated=True, read=inner)], Stand(parts=[GOOD]), (((bytes(16), ("A", "b.c")),),)),
        ([Field("body", oneof=lambda message: message.chosen)], Stand(chosen="this"), ("this",)),
    ],
)
def test_a_message_is_read_field_by_field_in_the_order_of_the_class(
    fields: list[Field], message: Stand, expected: tuple[Any, ...]
) -> None:
    read = compile_reader(row, fields)
    assert read(message) == expected
    assert read(message) == expected


def absent(_message: Any) -> Any:  # noqa: ANN401
    raise Fault("X_FIELD_MISSING", "PRESENT")


@pytest.mark.parametrize(
    ("field", "message", "told"),
    [
        (Field("code", code=True), Stand(code="two words"), ("X_FIELD_INVALID", "CODE", ".code")),
        (
            Field("codes", repeated=True, code=True),
            Stand(codes=["A", "", "\n"]),
            ("X_FIELD_INVALID", "CODE", ".codes[2]"),
        ),
        (Field("id", length=(16, "ID")), Stand(id=bytes(15)), ("X_FIELD_INVALID", "ID", ".id")),
        (
            Field("ids", repeated=True, length=(32, "DIGEST")),
            Stand(ids=[bytes(32), bytes(16)]),
            ("X_FIELD_INVALID", "DIGEST", ".ids[1]"),
        ),
        (Field("kind", members=MEMBERS), Stand(kind=9), ("X_FIELD_INVALID", "VOCABULARY", ".kind")),
        (
            Field("kinds", repeated=True, members=MEMBERS),
            Stand(kinds=[1, 0]),
            ("X_FIELD_INVALID", "VOCABULARY", ".kinds[1]"),
        ),
        (Field("part", read=inner), Stand(part=None), ("X_FIELD_MISSING", "PRESENT", ".part")),
        (
            Field("part", read=inner, optional=True),
            Stand(part=Stand(id=b"1", codes=[])),
            ("X_FIELD_INVALID", "ID", ".part.id"),
        ),
        (
            Field("parts", repeated=True, read=inner),
            Stand(parts=[GOOD, Stand(id=b"", codes=["-"])]),
            ("X_FIELD_INVALID", "CODE", ".parts[1].codes[0]"),
        ),
        (Field("body", oneof=absent), Stand(), ("X_FIELD_MISSING", "PRESENT", ".body")),
    ],
)
def test_what_is_refused_is_named_by_code_rule_and_path(
    field: Field, message: Stand, told: tuple[str, str, str]
) -> None:
    read: Callable[[Any], Any] = compile_reader(row, [field])
    for _ in range(2):
        with pytest.raises(Fault) as caught:
            read(message)
        fault = caught.value
        assert (fault.code, fault.rule, fault.path("")) == (told[0], told[1], told[2][1:])
        assert fault.path("at") == "at" + told[2]


def test_more_codes_than_are_remembered_are_still_checked_one_by_one() -> None:
    read = compile_reader(row, [Field("codes", repeated=True, code=True)])
    many = [f"code-{number}" for number in range(5000)]
    assert read(Stand(codes=many)) == (tuple(many),)
    with pytest.raises(Fault):
        read(Stand(codes=[*many, "no code"]))
    assert read(Stand(codes=["", *many])) == (("", *many),)
