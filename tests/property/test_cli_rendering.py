# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: RUF001 - letters that pass for others are what is tested here
"""Properties of what a person is shown: nothing hidden, nothing faked, no escape to the terminal.

Text is drawn from the characters that attack a reader: controls, bidirectional and zero-width ones, look-alikes, marks
of our own. It does not test wording.
"""

import dataclasses
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rogatory.client.cli.render.content import grounds_tree, particulars_tree
from rogatory.client.cli.render.marks import LEFT, RIGHT, Mark, pieces, safe, safe_lines
from rogatory.client.cli.render.names import Names, make_names
from rogatory.client.cli.render.statement import statement_tree
from rogatory.client.cli.render.text import lines
from rogatory.protocol import codec
from rogatory.protocol.content import Grounds, Instant, Particulars
from rogatory.protocol.header import (
    SectionKind,
    StatementKind,
)
from rogatory.protocol.statements import (
    BODIES,
    DecisionCode,
    Issue,
    RequestKind,
)
from tests.support.pictures import sample

HOSTILE = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(
            "\x00\x07\x1b[31m\r\n\t\x7f\x85\u200b\u200e\u202a\u202e\u2066\u2069\ufeff\u00ad\u2028\u2029\u034f\u3164"
            "\u27e8\u27e9U+202E\u0430\u0435\u043e\u03bfao\uff21\U0001d400\u0301\u0336\u00a0\ufe0f"
        ),
    ),
    max_size=60,
)
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@given(text=HOSTILE, strict=st.booleans())
def test_no_character_that_steers_a_terminal_or_a_reader_gets_out(text: str, *, strict: bool) -> None:
    shown = safe(text, strict=strict)
    assert not {char for char in shown if unicodedata.category(char) in _INVISIBLE}
    assert not strict or all(" " <= char <= "~" or char in LEFT + RIGHT for char in shown)


@given(text=HOSTILE, strict=st.booleans())
def test_the_text_can_be_read_back_from_its_picture(text: str, *, strict: bool) -> None:
    back = "".join(
        chr(piece.code_point) if isinstance(piece, Mark) else piece for piece in pieces(text, strict=strict)
    )
    assert back == text


@given(HOSTILE, HOSTILE)
def test_two_texts_never_have_one_picture(one: str, other: str) -> None:
    assert (safe(one) == safe(other)) == (one == other)
    assert (safe(one, strict=True) == safe(other, strict=True)) == (one == other)


@given(HOSTILE)
def test_words_cannot_pose_as_a_row_of_ours(text: str) -> None:
    tree = grounds_tree(Grounds(case_summary=text))
    for plain in (False, True):
        shown = [line.text for line in lines(tree, plain=plain)]
        assert len(shown) == 6 + len(safe_lines(text or "none"))
        assert not {c for line in shown for c in line if unicodedata.category(c) in _INVISIBLE}


@given(HOSTILE)
def test_names_of_the_book_are_made_safe_too(text: str) -> None:
    statement = sample(StatementKind.ISSUE)
    names = make_names({statement.header.issuer.subject.hex(): text}, None)
    for line in lines(statement_tree(codec.encode(statement), names), plain=False):
        assert not {c for c in line.text if unicodedata.category(c) in _INVISIBLE}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\u202efdp.exe", "\u27e8U+202E\u27e9fdp.exe"),
        ("p\u0430ypal", "p\u27e8U+0430\u27e9ypal"),
        ("\u27e8U+202E\u27e9", "\u27e8U+27E8\u27e9U+202E\u27e8U+27E9\u27e9"),
        ("a\u200bb", "a\u27e8U+200B\u27e9b"),
        ("\x1b[2J", "\u27e8U+001B\u27e9[2J"),
        ("user\uff20example", "user\u27e8U+FF20\u27e9example"),
        ("Grüße aus Köln", "Grüße aus Köln"),
        ("Дело о похищении", "Дело о похищении"),
        ("υπόθεση 12", "υπόθεση 12"),
    ],
)
def test_what_looks_like_something_else_is_marked_and_honest_scripts_stay(text: str, shown: str) -> None:
    assert safe(text) == shown


def test_an_identifier_shows_every_character_beyond_ascii() -> None:
    particulars = Particulars(
        1, "email", "сосо@example.org".encode(), bytes(32), Instant("x", "Z", 0), Instant("x", "Z", 0)
    )
    shown = "\n".join(line.text for line in lines(particulars_tree(particulars), plain=True))
    assert "\u27e8U+0441\u27e9\u27e8U+043E\u27e9\u27e8U+0441\u27e9\u27e8U+043E\u27e9@example.org" in shown


def _paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:  # noqa: ANN401 - any tree of values
    """Returns the path of every leaf of a tree of dataclasses and tuples."""
    if dataclasses.is_dataclass(value):
        return [
            path for f in dataclasses.fields(value) for path in _paths(getattr(value, f.name), (*at, f.name))
        ]
    if isinstance(value, tuple):
        return [path for i, item in enumerate(value) for path in _paths(item, (*at, i))]
    return [at]


def _changed(value: Any, path: tuple[Any, ...]) -> Any:  # noqa: ANN401 - any tree of values
    """Returns a copy in which the leaf at a path has another value."""
    if not path:
        return _other(value)
    step, rest = path[0], path[1:]
    if isinstance(value, tuple):
        return (*value[:step], _changed(value[step], rest), *value[step + 1 :])
    return dataclasses.replace(value, **{step: _changed(getattr(value, step), rest)})


def _other(leaf: Any) -> Any:  # noqa: ANN401 - any tree of values
    if isinstance(leaf, bool):
        return not leaf
    if isinstance(leaf, RequestKind):
        return RequestKind.PRESERVATION
    if isinstance(leaf, (DecisionCode, SectionKind)):
        return type(leaf)(1 + leaf % 3)
    if isinstance(leaf, int):
        return leaf + 1
    if isinstance(leaf, str):
        return f"{leaf}Z"
    return bytes([leaf[0] ^ 1]) + leaf[1:] if leaf else leaf


@pytest.mark.parametrize("kind", list(BODIES), ids=lambda kind: kind.name)
def test_no_signed_field_is_hidden_from_the_person_who_signs(kind: StatementKind) -> None:
    statement = sample(kind)
    shown = [line.text for line in lines(statement_tree(codec.encode(statement), Names()), plain=False)]
    hidden = []
    for path in _paths(statement):
        changed = _changed(statement, path)
        if changed == statement or path == ("header", "kind"):
            continue  # an empty value, or the kind, which chooses the body
        picture = lines(statement_tree(codec.encode(changed), Names()), plain=False)
        if [line.text for line in picture] == shown:
            hidden.append(path)
    assert hidden == []


def test_defaults_that_were_left_empty_still_have_their_row() -> None:
    statement = dataclasses.replace(sample(StatementKind.ISSUE), body=Issue())
    shown = "\n".join(
        line.text for line in lines(statement_tree(codec.encode(statement), Names()), plain=True)
    )
    for label in ("authority: none", "supersedes: none", "preservation: none", "legal type: none"):
        assert label in shown
