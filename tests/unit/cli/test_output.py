# SPDX-License-Identifier: Apache-2.0
"""The output policy: which stream, one JSON object, nothing that steers a terminal, progress only for what takes long.

Streams are real ones in memory; a terminal is one that says so.
"""

import io
import json
import time
from collections.abc import Callable

import pytest
from typing_extensions import override

from rogatory.client.cli.exits import Exit
from rogatory.client.cli.output import PATIENCE_SECONDS, Output
from rogatory.client.cli.render.tree import Section, list_row, text_row, words_row
from rogatory.client.cli.results_outbox import OutboxResult
from rogatory.protocol import errors
from rogatory.protocol.errors import Refused


class Terminal(io.StringIO):
    @override
    def isatty(self) -> bool:
        return True


class Narrow(io.TextIOWrapper):
    """A stream of an old console."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="cp1252")

    def text(self) -> str:
        self.flush()
        buffer = self.buffer
        assert isinstance(buffer, io.BytesIO)
        return buffer.getvalue().decode("cp1252")


TREE = Section(
    "Title", (text_row("label", "value\u202e"), list_row("many", ["one", "two"]), words_row("w", "a\nb"))
)
RESULT = OutboxResult((), 0, ())


def _output(*, json_: bool = False, plain: bool = False, terminal: bool = False) -> Output:
    make = Terminal if terminal else io.StringIO
    return Output(json=json_, plain=plain, out=make(), err=make())


def _texts(output: Output) -> tuple[str, str]:
    assert isinstance(output.out, io.StringIO)
    assert isinstance(output.err, io.StringIO)
    return output.out.getvalue(), output.err.getvalue()


def test_results_and_talk_never_share_a_stream() -> None:
    output = _output()
    output.say("talk")
    output.show(TREE)
    output.result("request new", RESULT, TREE)
    out, err = _texts(output)
    assert out.startswith("Title")
    assert "talk" not in out
    assert err.startswith("talk\nTitle")


def test_json_is_one_object_in_ascii_whatever_happens() -> None:
    acts: tuple[Callable[[Output], object], ...] = (
        lambda output: output.result("request send", RESULT, TREE),
        lambda output: output.error("request send", Refused(errors.X_REPLAY, "header.request_id", "ONCE")),
        lambda output: output.usage("request send", "no sense \u202e", "--plan", "JSON"),
        lambda output: output.outcome("request lint", Exit.REFUSED, RESULT, TREE),
    )
    for act in acts:
        output = _output(json_=True, terminal=True)
        act(output)
        out, err = _texts(output)
        assert json.loads(out)["command"].startswith("request ")
        assert out.isascii()
        assert "\x1b" not in out
        assert err == ""


def test_an_error_shows_code_rule_and_field_and_says_what_next() -> None:
    output = _output()
    code = output.error("x", Refused(errors.X_REPLAY, "header.request_id", "ONCE"))
    assert code is Exit.REFUSED
    out, err = _texts(output)
    assert out == ""
    assert [line.split()[0] for line in err.splitlines()] == ["X_REPLAY:", "rule", "field", "next"]


def test_colour_is_for_terminals_only_and_never_in_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    for output, coloured in (
        (_output(terminal=True), True),
        (_output(terminal=True, plain=True), False),
        (_output(), False),
    ):
        output.result("x", RESULT, TREE)
        assert ("\x1b[" in _texts(output)[0]) is coloured
    monkeypatch.setenv("NO_COLOR", "1")
    output = _output(terminal=True)
    output.result("x", RESULT, TREE)
    assert "\x1b" not in _texts(output)[0]


def test_plain_lines_can_each_be_understood_alone() -> None:
    output = _output(plain=True)
    output.result("x", RESULT, Section("Top", (TREE,)))
    assert _texts(output)[0].splitlines() == [
        "Top.",
        "Top. Title.",
        "label: value\u27e8U+202E\u27e9",
        "many: one",
        "many, line 2: two",
        "w: a",
        "w, line 2: b",
    ]


def test_a_console_without_our_characters_gets_them_escaped_and_nothing_fails() -> None:
    out = Narrow()
    Output(out=out, err=io.StringIO()).result("x", RESULT, TREE)
    assert "\\u2502 value\\u27e8U+202E\\u27e9" in out.text()


def test_short_work_shows_no_progress_and_long_work_shows_quarters() -> None:
    output = _output(plain=True)
    with output.progress("sealing") as report:
        report(50, 100)
    assert _texts(output)[1] == ""
    with output.progress("sealing") as report:
        time.sleep(PATIENCE_SECONDS)
        for done in range(0, 101, 10):
            report(done, 100)
    assert _texts(output)[1].splitlines() == [f"sealing: {part} %" for part in (25, 50, 75, 100)]


def test_a_bar_on_a_terminal_leaves_standard_output_alone() -> None:
    output = _output(terminal=True)
    with output.progress("sending") as report:
        time.sleep(PATIENCE_SECONDS)
        report(1, 2)
        report(2, 2)
    out, err = _texts(output)
    assert out == ""
    assert "sending" in err
