# SPDX-License-Identifier: Apache-2.0
"""Names, origins and lines that a note, a bundle or a checkpoint can carry, and those that it cannot.

Signatures are not made here.
"""

from __future__ import annotations

import pytest

from rogatory.audit.checkpoint import Checkpoint
from rogatory.audit.encoding import check_name
from rogatory.audit.errors import FormatError
from rogatory.audit.note import format_note
from rogatory.audit.tile import MAX_ENTRY, format_bundle, parse_bundle


@pytest.mark.parametrize("name", ["", "a b", "a\u2003b", "a+b", "a\x01", "a\n"])
def test_a_name_holds_no_space_plus_or_control_character(name: str) -> None:
    with pytest.raises(FormatError, match=r"^key name is empty or holds a space, a plus sign or a control"):
        check_name(name)


def test_a_name_has_at_most_255_bytes_however_few_characters() -> None:
    for name in ("a" * 255, "ö" * 127):
        assert check_name(name) == name
    for name in ("a" * 256, "ö" * 128, "\ud800" * 86):
        with pytest.raises(FormatError, match=r"^key name is longer than 255 bytes$"):
            check_name(name)


def test_a_line_that_is_no_text_is_in_no_checkpoint() -> None:
    for checkpoint in (Checkpoint("log\ud800", 1, bytes(32)), Checkpoint("log", 1, bytes(32), ("\udfff",))):
        with pytest.raises(FormatError, match=r"^checkpoint line is not valid Unicode$"):
            checkpoint.text()


def test_lines_that_would_be_read_as_text_make_no_note() -> None:
    line = "\u2014 log.example AAAAAAA="
    assert format_note("words\n", [line]) == f"words\n\n{line}\n"
    for text, lines in (("words\n", [f"{line}\n\n{line}"]), ("words\n", [f"{line}\n{line}"])):
        with pytest.raises(FormatError):
            format_note(text, lines)


def test_an_entry_is_as_long_as_its_two_bytes_of_length_can_say() -> None:
    longest = [b"x" * MAX_ENTRY, b""]
    assert parse_bundle(format_bundle(longest)) == longest
    with pytest.raises(FormatError, match=r"^entry is longer than 65,535 bytes$"):
        format_bundle([b"", b"x" * (MAX_ENTRY + 1)])
