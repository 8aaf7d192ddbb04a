# SPDX-License-Identifier: Apache-2.0
"""The project's own files, for tests about the source itself. Not for tests of what the code does."""

import ast
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# The four roots of the one namespace (docs/adr and pyproject.toml say why four).
NAMESPACE_ROOTS = ("proto", "audit", "server", "client")

_TOP_FOLDERS = (
    ".ci",
    "audit",
    "bench",
    "client",
    "demo",
    "deploy",
    "docs",
    "proto",
    "requirements",
    "server",
    "tests",
)
_GENERATED = ("_pb2.py", "_pb2_grpc.py", "_pb2.pyi", "_pb2_grpc.pyi")
_CACHES = {"__pycache__", ".hypothesis", ".mypy_cache", ".pytest_cache", ".ruff_cache"}


def is_generated(path: Path) -> bool:
    """Says whether `make proto` wrote this file."""
    return path.name.endswith(_GENERATED)


def project_files() -> Iterator[Path]:
    """Yields the project's files, hand-written and generated; never what a tool or a run left behind."""
    yield from (path for path in ROOT.iterdir() if path.is_file())
    for folder in _TOP_FOLDERS:
        for parent, folders, names in os.walk(ROOT / folder):
            folders[:] = [name for name in folders if name not in _CACHES]
            yield from (Path(parent, name) for name in names)


def python_files(*folders: str) -> list[Path]:
    """Returns the hand-written Python files below the named top folders (all of them if none is named)."""
    wanted = folders or _TOP_FOLDERS
    return sorted(
        path
        for path in project_files()
        if path.suffix == ".py" and not is_generated(path) and path.relative_to(ROOT).parts[0] in wanted
    )


def relative(path: Path) -> str:
    """Returns the path as a reader would type it, from the project's root."""
    return path.relative_to(ROOT).as_posix()


@cache
def syntax(path: Path) -> ast.Module:
    """Returns the parsed file; parsed once per test process."""
    return ast.parse(path.read_bytes(), filename=relative(path))


def imported_names(tree: ast.AST) -> set[str]:
    """Returns every dotted name that the tree imports, `from a import b` counted as `a` and `a.b`."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names
