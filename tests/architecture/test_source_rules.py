# SPDX-License-Identifier: Apache-2.0
"""Guards the house rules that no linter knows: file headers, mocks and skips, unfinished marks, addresses, paths.

It reads text and syntax only; it does not judge style, which is ruff's work.
"""

import ast
import re
from pathlib import Path

import pytest

from tests.support.project import ROOT, is_generated, project_files, python_files, relative, syntax

_SPDX = "# SPDX-License-Identifier: Apache-2.0"
_SHIPPED = ("proto", "audit", "server", "client")
# A file says what it is not, in whatever words: some negation must be in its first docstring.
_NEGATION = re.compile(
    r"\b(?:not|no|never|nothing|nobody|none|neither|nor|without|only|cannot|outside)\b", re.IGNORECASE
)
# Brackets keep this file from finding itself.
_UNFINISHED = re.compile(r"\b(?:T[O]DO|F[I]XME|X[X]X|H[A]CK)\b|NotImplemented[E]rror")
_ADDRESS = re.compile(
    r"--(?:extra-)?index[-]url|--find[-]links|[/]simple/ |https?[:]//\S+(?:/(?:simple|packages)/|\.(?:whl|tgz|tar\.gz)\b)"
)
_SKIPPING = {"skip", "skipif", "xfail", "importorskip"}


def _text_files() -> list[Path]:
    """Returns the hand-written text files of the project."""
    return [
        path for path in project_files() if not is_generated(path) and b"\0" not in path.read_bytes()[:4096]
    ]


def _found(pattern: re.Pattern[str]) -> list[str]:
    """Returns place and match, `file:line: words`, of a pattern in the project's text."""
    return [
        f"{relative(path)}:{number}: {match[0]}"
        for path in _text_files()
        for number, line in enumerate(
            path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1
        )
        if (match := pattern.search(line))
    ]


def _dotted(node: ast.AST) -> str:
    """Returns `a.b.c` for a chain of attributes, else an empty string."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        prefix = _dotted(node.value)
        return f"{prefix}.{node.attr}" if prefix else ""
    return ""


@pytest.mark.parametrize("path", python_files(), ids=relative)
def test_every_file_states_its_licence_first(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    first = lines[1] if lines and lines[0].startswith("#!") else lines[0] if lines else ""
    assert first == _SPDX


@pytest.mark.parametrize("path", python_files(), ids=relative)
def test_every_file_says_what_it_is(path: Path) -> None:
    stated = ast.get_docstring(syntax(path)) or ""
    assert len(stated.split()) >= 6, "a module docstring of a sentence at least"


@pytest.mark.parametrize("path", python_files(*_SHIPPED), ids=relative)
def test_every_shipped_file_says_what_it_is_not(path: Path) -> None:
    assert _NEGATION.search(ast.get_docstring(syntax(path)) or ""), "say what the module does not do"


def test_no_mocks_anywhere_because_they_prove_what_was_assumed() -> None:
    uses = []
    for path in python_files():
        for node in ast.walk(syntax(path)):
            modules: list[str] = []
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                modules = [f"{node.module}.{alias.name}" for alias in node.names]
            if any(name == "mock" or name.startswith(("mock.", "unittest.mock")) for name in modules):
                uses.append(f"{relative(path)}:{getattr(node, 'lineno', 0)}")
    assert uses == []


def test_no_test_is_skipped_or_expected_to_fail() -> None:
    uses = [
        f"{relative(path)}:{node.lineno}"
        for path in python_files("tests")
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.Attribute) and node.attr in _SKIPPING and _dotted(node).startswith("pytest.")
    ]
    assert uses == []


def test_every_test_function_can_fail() -> None:
    """A test must hold an assertion, or a call in which a refusal is expected or an error would surface."""
    empty = []
    for path in python_files("tests"):
        for node in ast.walk(syntax(path)):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or not node.name.startswith(
                "test_"
            ):
                continue
            if not any(isinstance(part, ast.Assert | ast.Call | ast.Raise) for part in ast.walk(node)):
                empty.append(f"{relative(path)}::{node.name}")
            if any(
                isinstance(part, ast.Assert) and isinstance(part.test, ast.Constant)
                for part in ast.walk(node)
            ):
                empty.append(f"{relative(path)}::{node.name}")
    assert empty == []


def test_nothing_is_left_unfinished() -> None:
    assert _found(_UNFINISHED) == []


def test_no_address_of_a_package_index_or_download() -> None:
    assert _found(_ADDRESS) == []


def test_no_path_of_the_machine_it_was_written_on() -> None:
    assert _found(re.compile(re.escape(str(ROOT)) + r"\b")) == []


def test_no_python_file_is_larger_than_one_idea() -> None:
    large = {
        relative(path): length
        for path in python_files()
        if (length := len(path.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert large == {}


def test_readme_names_the_two_commands_that_do_everything() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make demo" in readme
    assert "make test" in readme
