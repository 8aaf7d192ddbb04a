# SPDX-License-Identifier: Apache-2.0
"""A command line without sense is answered by field and rule, as JSON too, and never with the words that were typed.

Files that a command line names are the matter of tests/badinput, not of this file.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator

import pytest

from rogatory.client.cli.main import run
from rogatory.client.cli.misuse import USAGE_RULES
from tests.support.project import ROOT, syntax

TYPED = "+15550100147"


@pytest.mark.parametrize(
    ("words", "field", "rule"),
    [
        (("nonsense",), "", "COMMAND"),
        ((TYPED,), "", "COMMAND"),
        (("request", TYPED), "", "COMMAND"),
        (("request", "withdraw"), "REQUEST", "PRESENT"),
        (("request", "withdraw", "0199ab"), "--code", "PRESENT"),
        (("request", "withdraw", "0199ab", "--code"), "--code", "VALUE"),
        (("request", "bundle", "0199ab"), "--output", "PRESENT"),
        (("request", "status", "0199ab", TYPED), "", "COUNT"),
        (("request", "status", f"--{TYPED}"), "", "OPTION"),
        (("request", "status", f"--json={TYPED}"), "--json", "VALUE"),
        (("request", "watch", "--count", TYPED + "x"), "--count", "VALUE"),
        (("authority", "grant", "0199ab", "--drop-task", "-1"), "--drop-task", "VALUE"),
        (("authority", "grant", "0199ab", "--since", TYPED), "--since", "DAY"),
        (("authority", "grant", "0199ab", "--drop-element", "1:"), "--drop-element", "FORM"),
        (("audit", "list", "--from", "-5"), "--from", "VALUE"),
        (("audit", "prove", TYPED + "x"), "INDEX", "VALUE"),
        (("audit", "verify", "/nowhere"), "DIR", "FOLDER"),
        (("verify", "/nowhere"), "BUNDLE", "PRESENT"),
        (("keys", "new", "x", "--org", TYPED, "--unit", "00"), "--org", "HEX"),
        (("keys", "new", "x", "--org", "00", "--unit", "00", "--alg", TYPED), "--alg", "VOCABULARY"),
        (("operator", "init", "x"), "--log-origin", "PRESENT"),
        (("provider", "preserve", "0199ab", "--outcome", TYPED), "--outcome", "FORM"),
        (("provider", "disclose", "0199ab", "--plan", "a", "--file", "b"), "--plan", "ONE_OF"),
        (("provider", "disclose", "0199ab", "--file", "b"), "--task", "PRESENT"),
        (("request", "new"), "--identifier", "ONE_OF"),
        (("request", "new", "--identifier", TYPED), "--since", "PRESENT"),
        (("request", "send"), "DRAFT", "ONE_OF"),
        (("request", "lint", "0199ab"), "--profile", "NAMED"),
        (("request", "lint", "0199ab", "--profile", TYPED), "--profile", "PRESENT"),
    ],
)
@pytest.mark.parametrize("as_json", [True, False])
def test_what_makes_no_sense_is_named_by_field_and_rule_and_not_repeated(
    words: tuple[str, ...],
    field: str,
    rule: str,
    as_json: bool,  # noqa: FBT001 - a parameter of the test
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("ROGATORY_PROFILE", raising=False)
    # In the middle: after a word that ends too early, it would be taken for the value that is missing.
    assert run([*words[:2], *(["--json"] if as_json else []), *words[2:]]) == 2
    said = capsys.readouterr()
    assert TYPED not in said.out + said.err
    if as_json:
        answer = json.loads(said.out)
        assert (answer["ok"], answer["exit"]) == (False, 2)
        error = answer["error"]
        assert (error["code"], error["field"], error["rule"]) == ("USAGE", field, rule)
        assert error["what"]
        assert answer["command"] == " ".join(word for word in words[:2] if word in answer["command"].split())
    else:
        assert said.out == ""
        assert said.err


def test_a_word_that_comes_near_one_of_ours_is_helped(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["request", "staus"]) == 2
    assert "did you mean status?" in capsys.readouterr().err
    assert run(["request", "send", "--wating"]) == 2
    assert "--waiting?" in capsys.readouterr().err


def _raised() -> Iterator[str]:
    """Rules that stand as texts where a usage error is made."""
    for path in sorted((ROOT / "client" / "rogatory" / "client" / "cli").glob("*.py")):
        for node in ast.walk(syntax(path)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "UsageError":
                assert len(node.args) == 3, f"{path.name}: sentence, field, rule"
                if isinstance(node.args[2], ast.Constant):
                    yield str(node.args[2].value)


def test_every_rule_of_a_usage_error_stands_in_the_published_table() -> None:
    rules = [rule for rule, _ in USAGE_RULES]
    assert rules == sorted(set(rules))
    found = set(_raised())
    assert len(found) > 15
    assert found <= set(rules)
