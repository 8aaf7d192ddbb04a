# SPDX-License-Identifier: Apache-2.0
"""Every step of the write path that makes something durable or shows it stands between two failpoints. Not a crash test.

New code that commits, flushes, renames, signs a head or answers without failpoints around it fails here, so that the
crash harness cannot become blind by neglect.
"""

import ast

import pytest

from rogatory.audit.failpoints import NAMES
from tests.support.project import ROOT, python_files, relative, syntax

CORE = (
    "audit/rogatory/audit/files.py",
    "audit/rogatory/audit/log.py",
    "audit/rogatory/audit/publisher.py",
    "audit/rogatory/audit/ratchet.py",
    "audit/rogatory/audit/sqlite.py",
    "server/rogatory/server/engine/engine.py",
    "server/rogatory/server/part_files.py",
    "server/rogatory/server/parts.py",
    "server/rogatory/server/vault.py",
    "server/rogatory/server/writer/client.py",
    "server/rogatory/server/writer/service.py",
)
# Calls that make something durable or let it out; the second value is a literal first argument that is demanded.
STEPS = {
    "fsync": None,
    "rename": None,
    "sendall": None,
    "sign_note": None,
    "swap_head": None,
    "add_checkpoint": None,
    "advance": None,
    "execute": "COMMIT",
}
# Steps that need no failpoints of their own, with the reason.
APART = {
    ("audit/rogatory/audit/log.py", "create"): "inside open.create.before and db.commit.before",
    ("audit/rogatory/audit/log.py", "fence"): "inside open.fence.before and db.commit.before",
    ("audit/rogatory/audit/sqlite.py", "add_checkpoint"): "the store's own method, not a call",
}


def _name(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _literal(call: ast.Call) -> object:
    return call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else None


def _is_step(call: ast.Call) -> bool:
    name = _name(call)
    if name == "replace":  # Path.replace(target) moves a file; str.replace and dataclasses.replace do not
        return isinstance(call.func, ast.Attribute) and len(call.args) == 1 and not call.keywords
    return name in STEPS and STEPS[name] in {None, _literal(call)}


def _functions(path: str) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = syntax(ROOT / path)
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def _uses(tree: ast.AST) -> list[str]:
    return [
        str(_literal(node))
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and _name(node) == "failpoint"
    ]


def _unguarded(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[int]:
    """Lines of steps without a failpoint between them and the step or the end on either side."""
    calls = sorted(
        (node for node in ast.walk(function) if isinstance(node, ast.Call)), key=lambda call: call.lineno
    )
    marks = [
        (call.lineno, _name(call) == "failpoint")
        for call in calls
        if _name(call) == "failpoint" or _is_step(call)
    ]
    return [
        line
        for at, (line, is_failpoint) in enumerate(marks)
        if not is_failpoint and not (0 < at < len(marks) - 1 and marks[at - 1][1] and marks[at + 1][1])
    ]


@pytest.mark.parametrize("path", CORE)
def test_every_durable_step_of_the_core_stands_between_failpoints(path: str) -> None:
    found = {
        f"{function.name}:{line}"
        for function in _functions(path)
        if (path, function.name) not in APART
        for line in _unguarded(function)
    }
    assert found == set()


def test_the_rule_sees_a_commit_without_failpoints() -> None:
    tree = ast.parse(
        "def f(db):\n    failpoint('a')\n    db.execute('COMMIT')\n    db.execute('COMMIT')\n    failpoint('b')\n"
    )
    assert [_unguarded(node) for node in tree.body if isinstance(node, ast.FunctionDef)] == [[3, 4]]


def test_every_exception_from_the_rule_is_still_there() -> None:
    standing = {(path, function.name) for path in CORE for function in _functions(path)}
    assert set(APART) <= standing


def test_every_failpoint_has_one_place_and_one_line_in_the_table() -> None:
    used = [
        name for path in python_files("audit", "server", "client", "proto") for name in _uses(syntax(path))
    ]
    assert sorted(used) == sorted(NAMES)


def test_only_the_mains_and_the_command_arm_failpoints() -> None:
    arming = {
        relative(path)
        for path in python_files("audit", "server", "client", "proto")
        if any(
            isinstance(node, ast.Call) and _name(node) in {"arm", "arm_failpoints"}
            for node in ast.walk(syntax(path))
        )
    }
    assert arming == {
        "client/rogatory/client/cli/command.py",
        "client/rogatory/client/cli/rehearsal.py",
        "server/rogatory/server/main.py",
        "server/rogatory/server/rehearsal.py",
        "server/rogatory/server/writer/__main__.py",
    }
