# SPDX-License-Identifier: Apache-2.0
"""The statement that an ML-DSA cosigner signs: one layout, read back exactly, and nothing else is one.

Signatures over it are not tested here: the tests of notes do that.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from rogatory.audit.cosignature import SubtreeStatement
from rogatory.audit.encoding import MAX_INT
from rogatory.audit.errors import FormatError

STATEMENT = SubtreeStatement("witness.example/w1", 1_790_000_000, "log.example/1", 0, 5, b"h" * 32)


def refused(words: str, statement: SubtreeStatement) -> None:
    with pytest.raises(FormatError, match=rf"^{words}$"):
        statement.message()


def test_a_statement_is_read_back_from_its_bytes() -> None:
    for statement in (
        STATEMENT,
        replace(STATEMENT, time=0, start=4, end=6),
        replace(STATEMENT, cosigner="w", origin="ö" * 127, time=MAX_INT, end=MAX_INT),
    ):
        assert SubtreeStatement.parse(statement.message()) == statement
        assert statement.check() is statement


def test_a_field_that_does_not_fit_its_place_is_refused() -> None:
    for name in ("", "x" * 256, "ö" * 128):
        refused("cosigner or origin is not 1 to 255 bytes", replace(STATEMENT, cosigner=name))
        refused("cosigner or origin is not 1 to 255 bytes", replace(STATEMENT, origin=name))
    for number in (-1, MAX_INT + 1):
        for changed in (
            replace(STATEMENT, time=number),
            replace(STATEMENT, start=number),
            replace(STATEMENT, end=number),
        ):
            refused("subtree statement holds a number out of range", changed)
    for length in (31, 33):
        refused("subtree hash is not 32 bytes", replace(STATEMENT, hash=bytes(length)))


def test_no_cosigner_speaks_of_what_is_no_subtree_or_dates_one_away_from_the_start() -> None:
    for statement in (replace(STATEMENT, time=0, start=1, end=3), replace(STATEMENT, start=4, end=6)):
        with pytest.raises(FormatError, match=r"^no cosigner may make this subtree statement$"):
            statement.check()


def test_other_bytes_are_no_statement() -> None:
    message = STATEMENT.message()
    label = message.index(b"\x12witness")
    too_large = message[: label + 19] + b"\xff" * 8 + message[label + 27 :]
    # At the second name: no cosigner at all, a name that is not UTF-8.
    unnamed = message[:label] + b"\0" + message[label + 19 :]
    odd = message[: label + 1] + b"\xff" + message[label + 2 :]
    for data in (
        b"",
        message[1:],
        message[:-1],
        message + b"\0",
        message[: label + 3],
        too_large,
        unnamed,
        odd,
    ):
        with pytest.raises(FormatError):
            SubtreeStatement.parse(data)
