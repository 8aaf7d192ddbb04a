# SPDX-License-Identifier: Apache-2.0
"""How a person is asked: no is the default, a grant and an emergency need their word, and nobody signs by --yes there.

Also how profiles, passphrases, requests, drafts and plans are named on the command line. No exchange takes part.
"""

import io
import json
from pathlib import Path

import pytest

from rogatory.client.cli.draft_input import draft_of, facts_of, identifier_of
from rogatory.client.cli.output import Output
from rogatory.client.cli.provider_commands import _outcomes
from rogatory.client.cli.references import pick
from rogatory.client.cli.render.tree import Section
from rogatory.client.cli.scope_options import days_of, numbered
from rogatory.client.cli.session import Aborted, Run, UsageError, profile_path
from rogatory.client.cli.signing import word_for
from rogatory.client.composing import Prepared
from rogatory.client.drafts import draft_to_json
from rogatory.protocol import codec
from rogatory.protocol.header import Fact, StatementKind
from rogatory.protocol.statements import DecisionCode
from tests.support.commands import PASSPHRASE
from tests.support.pictures import sample, with_body, with_facts

TREE = Section("What would be signed")
DRAFT = json.loads((Path(__file__).parents[2] / "cli" / "files" / "draft.json").read_text(encoding="utf-8"))


def _run(answer: str = "", *, yes: bool = False, passphrase_file: Path | None = None) -> Run:
    output = Output(out=io.StringIO(), err=io.StringIO())
    return Run("x", output, yes=yes, stdin=io.StringIO(answer), passphrase_file=passphrase_file)


@pytest.mark.parametrize("answer", ["", "\n", "n\n", "no\n", "yess\n", "grant\n"])
def test_anything_but_yes_is_no(answer: str) -> None:
    with pytest.raises(Aborted):
        _run(answer).confirm(TREE, "Sign?")


@pytest.mark.parametrize("answer", ["", "y\n", "yes\n", "grants\n", "emergency\n"])
def test_a_word_must_be_typed_in_full(answer: str) -> None:
    with pytest.raises(Aborted):
        _run(answer).confirm(TREE, "Sign?", word="grant")


def test_yes_and_the_word_are_taken_and_the_picture_is_shown_before() -> None:
    for run, word in ((_run("y\n"), ""), (_run(yes=True), ""), (_run("grant\n"), "grant")):
        run.confirm(TREE, "Sign?", word=word)
        assert isinstance(run.output.err, io.StringIO)
        assert run.output.err.getvalue().startswith("What would be signed")


def test_the_flag_never_stands_for_a_word() -> None:
    with pytest.raises(UsageError):
        _run("grant\n", yes=True).confirm(TREE, "Sign?", word="grant")


def _prepared(kind: StatementKind, **body: object) -> Prepared:
    statement = with_body(sample(kind), **body)
    return Prepared(statement, codec.encode(statement), statement.header.request_id)


def test_grants_and_emergencies_ask_for_their_word_and_the_rest_does_not() -> None:
    grant = {
        decision: word_for(_prepared(StatementKind.VALIDATE, decision=decision)) for decision in DecisionCode
    }
    assert grant == {
        DecisionCode.GRANT: "grant",
        DecisionCode.GRANT_NARROWED: "grant",
        DecisionCode.RETURN: "",
        DecisionCode.REFUSE: "",
    }
    urgent = with_facts(sample(StatementKind.ISSUE), (Fact("emergency", ("LIFE",)),))
    calm = with_facts(sample(StatementKind.ISSUE), ())
    assert word_for(Prepared(urgent, codec.encode(urgent), b"")) == "emergency"
    assert word_for(Prepared(calm, codec.encode(calm), b"")) == ""


def test_a_passphrase_file_loses_its_line_end_and_nothing_else(tmp_path: Path) -> None:
    for content in (b"two words", b"two words\n", b"two words\r\n"):
        (tmp_path / "pass").write_bytes(content)
        assert _run(passphrase_file=tmp_path / "pass").passphrase("?") == "two words"
    (tmp_path / "pass").write_bytes(b" two words \n\n")
    assert _run(passphrase_file=tmp_path / "pass").passphrase("?") == " two words \n"


def test_without_a_terminal_nobody_waits_for_a_passphrase() -> None:
    with pytest.raises(UsageError):
        _run(PASSPHRASE).passphrase("?")


def test_a_new_passphrase_is_not_short(tmp_path: Path) -> None:
    (tmp_path / "pass").write_bytes(b"short")
    with pytest.raises(UsageError):
        _run(passphrase_file=tmp_path / "pass").new_passphrase()


def test_a_profile_is_a_folder_or_a_name_below_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ROGATORY_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("ROGATORY_PROFILE", raising=False)
    (tmp_path / "here").mkdir()
    assert profile_path("here") == Path("here")
    assert profile_path("judge") == tmp_path / "home" / "judge"
    assert profile_path("some/where") == Path("some/where")
    with pytest.raises(UsageError):
        profile_path("")
    monkeypatch.setenv("ROGATORY_PROFILE", "judge")
    assert profile_path("") == tmp_path / "home" / "judge"


KNOWN = (
    "0123456789abcdef0123456789abcdef",
    "0123456789abcdef0123456789abcdee",
    "fedcba98765432100123456789abcdef",
)


def test_a_request_is_named_by_enough_of_its_id_and_never_guessed() -> None:
    assert pick("fedcba", KNOWN) == KNOWN[2]
    assert pick("ABCDEE", KNOWN) == KNOWN[1]
    assert pick(KNOWN[0], ()) == KNOWN[0]
    for wrong in ("012345", "abcdef", "fedcb", "zzzzzz", "", "aaaaaa"):
        with pytest.raises(UsageError):
            pick(wrong, KNOWN)


def test_a_draft_is_taken_bare_or_from_what_another_command_wrote() -> None:
    draft = draft_of(DRAFT)
    plain = draft_to_json(draft)
    assert draft_of(plain) == draft_of({"draft": plain}) == draft_of({"result": {"draft": plain}}) == draft
    wrongs: tuple[object, ...] = ([], {}, {**DRAFT, "surprise": 1}, {**DRAFT, "kind": 1}, "text")
    for wrong in wrongs:
        with pytest.raises(UsageError):
            draft_of(wrong)


def test_facts_are_values_or_a_number_each_code_once() -> None:
    facts = facts_of(["person.role=VICTIM,SUSPECT", "offence.max_penalty_months=36"])
    assert facts["person.role"].values == ("SUSPECT", "VICTIM")
    assert facts["offence.max_penalty_months"].number == 36
    for wrong in (["person.role"], ["=X"], ["a="], ["a=B", "a=C"]):
        with pytest.raises(UsageError):
            facts_of(wrong)


def test_an_identifier_comes_from_exactly_one_place(tmp_path: Path) -> None:
    (tmp_path / "id").write_text("+15550100\n", encoding="utf-8")
    assert identifier_of("", str(tmp_path / "id"), io.StringIO()) == "+15550100"
    assert identifier_of("", "-", io.StringIO("+15550101\n")) == "+15550101"
    assert identifier_of("+15550102", "", io.StringIO()) == "+15550102"
    for value, source in (("", ""), ("+15550102", "-")):
        with pytest.raises(UsageError):
            identifier_of(value, source, io.StringIO())


def test_narrowings_and_outcomes_name_a_task_or_all_of_them() -> None:
    assert numbered("2:login_ip", "--since") == (2, "login_ip")
    assert numbered("login_ip", "--since") == (0, "login_ip")
    assert days_of(["1:1970-01-02", "1970-01-03"], "--since") == {1: 1, 0: 2}
    assert _outcomes(["2=NO_RECORD"]) == {2: "NO_RECORD"}
    for wrong in (["x:1970-01-02"], ["1:yesterday"], ["1970-01-02", "1970-01-03"]):
        with pytest.raises(UsageError):
            days_of(wrong, "--since")
    for wrong in (["NO_RECORD"], ["x=NO_RECORD"], ["1=A", "1=B"], ["1="]):
        with pytest.raises(UsageError):
            _outcomes(wrong)
