# SPDX-License-Identifier: Apache-2.0
"""The codec's own rules: a statement says something, and a class and its message are the same, or nothing starts.

Encodings with more than one reading are the attack tests' matter.
"""

from __future__ import annotations

from dataclasses import dataclass, make_dataclass

import pytest

from rogatory.protocol import codec
from rogatory.protocol.header import Address
from rogatory.protocol.plain import from_plain
from rogatory.protocol.statements import MAX_ENVELOPE, Statement
from rogatory.v1 import statement_pb2
from tests.support.folding import Folding
from tests.support.refused import refusal


def test_a_statement_without_a_body_says_nothing_and_is_refused() -> None:
    desk = Folding()
    header, body = desk.asking()
    message = statement_pb2.Statement()
    message.ParseFromString(codec.encode(Statement(header, body)))
    message.ClearField("issue")
    found = refusal(
        lambda: codec.decode(Statement, message.SerializeToString(), limit=MAX_ENVELOPE, at="statement")
    )
    assert found == ("X_FIELD_MISSING", "statement.body", "PRESENT")
    message.ClearField("header")
    found = refusal(
        lambda: codec.decode(Statement, message.SerializeToString(), limit=MAX_ENVELOPE, at="statement")
    )
    assert found == ("X_FIELD_MISSING", "statement.header", "PRESENT")


def test_a_class_that_is_not_its_message_is_refused_before_it_reads_anything() -> None:
    @dataclass(frozen=True)
    class Nowhere:
        x: int = 0

    with pytest.raises(TypeError, match=r"^no message of rogatory\.v1 is called Nowhere$"):
        codec.decode(Nowhere, b"", limit=10)
    other = make_dataclass("Address", [("org", bytes, b""), ("street", bytes, b"")], frozen=True)
    with pytest.raises(TypeError, match=r"^Address and its message differ in \['street', 'unit'\]$"):
        codec.decode(other, b"", limit=10)
    assert codec.decode(Address, b"", limit=10) == Address()


def test_a_truth_value_is_no_number_in_plain_data() -> None:
    @dataclass(frozen=True)
    class Plain:
        count: int
        sure: bool = False

    assert from_plain(Plain, {"count": 1, "sure": True}) == Plain(1, sure=True)
    assert refusal(lambda: from_plain(Plain, {"count": True}, "it")) == (
        "X_FIELD_INVALID",
        "it.count",
        "TYPE",
    )
    assert refusal(lambda: from_plain(Plain, {"count": 1, "sure": 1})) == ("X_FIELD_INVALID", "sure", "TYPE")
