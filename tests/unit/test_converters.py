# SPDX-License-Identifier: Apache-2.0
"""Compiled converters: each kind of field is checked, what is refused is named by its whole path, and all is written.

Reading is tested over stand-ins that have a message's attributes and nothing else, writing over real messages.
That bytes are canonical is tested with the codec's users.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from rogatory.protocol import codec, statements
from rogatory.protocol.converters import Fault, Field, compile_reader
from rogatory.protocol.header import Address, Fact, Header, Issuer, SectionKind, Seen, StatementKind, Task

MEMBERS = {int(member): member for member in SectionKind}


class Stand:
    """Has attributes, and no field is set that is None."""

    def __init__(self, **values: Any) -> None:  # noqa: ANN401
        self.__dict__.update(values)

    def HasField(self, name: str) -> bool:  # noqa: N802 - protobuf's name
        return getattr(self, name) is not None


HEADER = Header(
    realm=b"r" * 32,
    statement_id=b"s" * 16,
    request_id=b"q" * 16,
    kind=StatementKind.ISSUE,
    seen=Seen(),
    issuer=Issuer(),
    addressee=Address(),
    issued_at_ms=1,
    expires_at_ms=2,
    facts=(Fact("a", ("X",)), Fact("b", (), 7)),
    tasks=(Task(1, "account_id", b"c" * 32, ("name",), "EVIDENCE", 1, 2),),
)


def reader(*fields: Field) -> Callable[[Any], tuple[Any, ...]]:
    """A reader into a class with these fields, whose values are given as a tuple."""
    cls = dataclasses.make_dataclass("Row", [field.name for field in fields], frozen=True, slots=True)
    read = compile_reader(cls, fields)

    def values(message: Any) -> tuple[Any, ...]:  # noqa: ANN401
        made = read(message)
        assert made == cls(*(getattr(made, field.name) for field in fields))
        return tuple(getattr(made, field.name) for field in fields)

    return values


@dataclasses.dataclass(frozen=True, slots=True)
class Inner:
    """A nested message."""

    id: bytes
    codes: tuple[str, ...]


inner = compile_reader(Inner, [Field("id", length=(16, "ID")), Field("codes", repeated=True, code=True)])


def nothing(_message: Any, _value: Any) -> None:  # noqa: ANN401
    """Writes nothing, where only reading is looked at."""


NESTED = (inner, nothing)
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
        ([Field("part", nested=NESTED)], Stand(part=GOOD), (Inner(bytes(16), ("A", "b.c")),)),
        ([Field("part", nested=NESTED, optional=True)], Stand(part=None), (None,)),
        (
            [Field("parts", repeated=True, nested=NESTED)],
            Stand(parts=[GOOD]),
            ((Inner(bytes(16), ("A", "b.c")),),),
        ),
        ([Field("body", oneof=(lambda message: message.chosen, nothing))], Stand(chosen="this"), ("this",)),
    ],
)
def test_a_message_is_read_field_by_field_in_the_order_of_the_class(
    fields: list[Field], message: Stand, expected: tuple[Any, ...]
) -> None:
    read = reader(*fields)
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
        (Field("part", nested=NESTED), Stand(part=None), ("X_FIELD_MISSING", "PRESENT", ".part")),
        (
            Field("part", nested=NESTED, optional=True),
            Stand(part=Stand(id=b"1", codes=[])),
            ("X_FIELD_INVALID", "ID", ".part.id"),
        ),
        (
            Field("parts", repeated=True, nested=NESTED),
            Stand(parts=[GOOD, Stand(id=b"", codes=["-"])]),
            ("X_FIELD_INVALID", "CODE", ".parts[1].codes[0]"),
        ),
        (Field("body", oneof=(absent, nothing)), Stand(), ("X_FIELD_MISSING", "PRESENT", ".body")),
    ],
)
def test_what_is_refused_is_named_by_code_rule_and_path(
    field: Field, message: Stand, told: tuple[str, str, str]
) -> None:
    read: Callable[[Any], Any] = reader(field)
    for _ in range(2):
        with pytest.raises(Fault) as caught:
            read(message)
        fault = caught.value
        assert (fault.code, fault.rule, fault.path("")) == (told[0], told[1], told[2][1:])
        assert fault.path("at") == "at" + told[2]


def test_more_codes_than_are_remembered_are_still_checked_one_by_one() -> None:
    read = reader(Field("codes", repeated=True, code=True))
    many = [f"code-{number}" for number in range(5000)]
    assert read(Stand(codes=many)) == (tuple(many),)
    with pytest.raises(Fault):
        read(Stand(codes=[*many, "no code"]))
    assert read(Stand(codes=["", *many])) == (("", *many),)


def test_writing_sets_every_field_and_marks_an_empty_part_as_there() -> None:
    body = statements.Issue(statements.RequestKind.PRESERVATION, "TYPE", Address(), b"s" * 32)
    message = codec.to_message(statements.Statement(HEADER, body))
    assert message.WhichOneof("body") == "issue"
    assert message.issue.HasField("authority")
    assert not message.header.HasField("reply_to")
    assert [fact.code for fact in message.header.facts] == ["a", "b"]
    assert list(message.header.tasks[0].elements) == ["name"]
    empty = codec.to_message(statements.Statement(HEADER, statements.Delivered()))
    assert empty.WhichOneof("body") == "delivered"


@pytest.mark.parametrize(
    "body", [statements.Delivered(), statements.Issue(authority=Address()), statements.Refuse("A", (1, 2))]
)
def test_what_is_written_reads_back_the_same(body: statements.Body) -> None:
    statement = statements.Statement(HEADER, body)
    assert codec.decode(statements.Statement, codec.encode(statement), limit=4096) == statement
    assert codec.from_message(statements.Statement, codec.to_message(statement)) == statement


def test_a_class_that_does_more_than_hold_its_fields_has_no_reader() -> None:
    @dataclasses.dataclass(frozen=True)
    class Open:
        number: int

    @dataclasses.dataclass(frozen=True, slots=True)
    class Checked:
        number: int

        def __post_init__(self) -> None:
            assert self.number

    for cls in (Open, Checked):
        with pytest.raises(TypeError):
            compile_reader(cls, [Field("number")])
