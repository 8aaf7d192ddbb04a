# SPDX-License-Identifier: Apache-2.0
"""Whatever a command line or a file holds, the answer is a sentence and an exit code, never a stack trace.

A trace would show values. Every command here ends before it would reach an exchange.
"""

import io
import json
from pathlib import Path

import pytest

from rogatory.client.cli.command import guarded
from rogatory.client.cli.draft_input import facts_of, identifier_of, load_json, number_of
from rogatory.client.cli.exits import Exit
from rogatory.client.cli.main import run
from rogatory.client.cli.output import Output
from rogatory.client.cli.session import Run, UsageError

NOT_TEXT = b"\xff\xfe"
ENDLESS = "9" * 5_000
TASK = ["--since", "2026-11-01T00:00:00Z", "--until", "2026-11-02T00:00:00Z"]


@pytest.mark.parametrize("data", [b"", b"{", NOT_TEXT, b"[" * 100_000, ENDLESS.encode()])
def test_what_is_no_json_is_said_to_be_none(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "draft.json"
    path.write_bytes(data)
    with pytest.raises(UsageError, match="not JSON"):
        load_json(str(path), io.StringIO(), "--plan")
    with pytest.raises(UsageError, match="not JSON"):
        load_json("-", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"), "--plan")


def test_an_identifier_that_is_no_text_is_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "identifier"
    path.write_bytes(NOT_TEXT)
    with pytest.raises(UsageError, match="not UTF-8"):
        identifier_of("", str(path), io.StringIO())
    with pytest.raises(UsageError, match="not UTF-8"):
        identifier_of("", "-", io.TextIOWrapper(io.BytesIO(NOT_TEXT), encoding="utf-8"))


@pytest.mark.parametrize("text", ["", "-1", "1.5", "0x10", "\u0661", ENDLESS, str(2**64)])
def test_only_numbers_that_a_field_can_hold_are_taken(text: str) -> None:
    with pytest.raises(UsageError):
        number_of(text, "--fact")


def test_a_fact_without_measure_is_refused() -> None:
    assert facts_of(["offence.max_penalty_months=120"])["offence.max_penalty_months"].number == 120
    with pytest.raises(UsageError):
        facts_of([f"offence.max_penalty_months={ENDLESS}"])


@pytest.mark.parametrize(
    "arguments",
    [
        ("request", "new", "--identifier-file", "{bytes}", *TASK),
        ("request", "new", "--identifier", "x", *TASK, "--fact", f"code={ENDLESS}"),
        ("request", "new", "--from-json", "{bytes}"),
        ("request", "new", "--from-json", "{deep}"),
        ("authority", "grant", "0199ab", "--drop-task", "-1"),
        ("authority", "grant", "0199ab", "--drop-element", f"{ENDLESS}:name"),
        ("authority", "grant", "0199ab", "--since", "2026-99-01"),
        ("provider", "preserve", "0199ab", "--outcome", f"{ENDLESS}=NO_RECORD"),
        ("provider", "preserve", "0199ab", "--outcome", "0=NO_RECORD"),
        ("audit", "list", "--from", "-5"),
        ("audit", "list", "--limit", "0"),
        ("audit", "prove", str(2**64)),
        ("keys", "new", "{deep}", "--org", "no-hex", "--unit", "00"),
        ("request", "nonsense"),
        ("nonsense",),
    ],
)
def test_a_command_line_without_sense_gets_one_object_and_exit_code_2(
    arguments: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = {"bytes": tmp_path / "bytes", "deep": tmp_path / "deep"}
    places["bytes"].write_bytes(NOT_TEXT)
    places["deep"].write_text("[" * 100_000)
    words = [word.format(**places) if word.startswith("{") else word for word in arguments]
    assert run([*words, "--json"]) == 2
    answer = json.loads(capsys.readouterr().out)
    assert (answer["ok"], answer["exit"], answer["error"]["code"]) == (False, 2, "USAGE")
    assert answer["error"]["rule"]
    assert ENDLESS not in answer["error"]["what"]


@pytest.mark.parametrize("as_json", [False, True])
def test_a_fault_of_the_program_shows_its_name_and_never_its_text(
    as_json: bool,  # noqa: FBT001 - a parameter of the test
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken() -> Exit | None:
        raise KeyError("+15550100147")

    monkeypatch.delenv("ROGATORY_TRACE", raising=False)
    output = Output(json=as_json, out=io.StringIO(), err=io.StringIO())
    assert guarded(Run("request status", output), broken) is Exit.FAULT
    assert isinstance(output.out, io.StringIO)
    assert isinstance(output.err, io.StringIO)
    said = output.out.getvalue() + output.err.getvalue()
    assert "KeyError" in said
    assert "15550100147" not in said
    if as_json:
        assert json.loads(output.out.getvalue())["exit"] == 1
    monkeypatch.setenv("ROGATORY_TRACE", "1")
    with pytest.raises(KeyError):
        guarded(Run("request status", output), broken)


def test_an_input_that_ends_is_no_answer() -> None:
    def ended() -> Exit | None:
        raise EOFError

    output = Output(out=io.StringIO(), err=io.StringIO())
    assert guarded(Run("authority grant", output), ended) is Exit.USAGE
    assert isinstance(output.err, io.StringIO)
    assert "nothing was signed" in output.err.getvalue()
