# SPDX-License-Identifier: Apache-2.0
"""docs/threat-model.md is true: each test that it names exists, each attack that is tested is named, no field is left out.

It does not judge whether a test shows what the row says; people do.
"""

from __future__ import annotations

import ast
import re

from tests.support import operator_learns
from tests.support.project import ROOT, python_files, relative, syntax

PAGE = operator_learns.PAGE.read_text("utf-8")
_LINK = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


def functions(path: str) -> set[str]:
    """Names of the tests in a file."""
    return {
        node.name
        for node in ast.walk(syntax(ROOT / path))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test_")
    }


def test_each_test_that_the_page_names_exists() -> None:
    linked = _LINK.findall(PAGE)
    assert len(linked) > 100
    missing = [
        f"{path}::{name}"
        for path, name in linked
        if not (ROOT / path).is_file() or (name and name not in functions(path))
    ]
    assert missing == []


def test_each_attack_that_is_tested_stands_in_the_page() -> None:
    """Or in the table at the head of its own file, until somebody has put it into the page."""
    linked = set(_LINK.findall(PAGE))
    whole = {path for path, name in linked if not name}
    unnamed = []
    for path in python_files("tests"):
        at, head = relative(path), ast.get_docstring(syntax(path)) or ""
        if at.startswith("tests/attacks/") and at not in whole:
            own = set(re.findall(r"\btest_\w+", head))
            unnamed += [f"{at}::{name}" for name in sorted(functions(at) - own) if (at, name) not in linked]
    assert unnamed == []


def test_what_the_operator_learns_is_said_of_every_field_and_of_no_other() -> None:
    given = {message: {field.name for field in fields} for message, fields in operator_learns.given().items()}
    said = {message: set(words) for message, words in operator_learns.WORDS.items()}
    assert said == given


def test_the_table_of_the_page_is_the_one_of_the_schema() -> None:
    shown = PAGE.partition(operator_learns.BEGIN)[2].partition(operator_learns.END)[0]
    assert shown == operator_learns.block()
