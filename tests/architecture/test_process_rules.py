# SPDX-License-Identifier: Apache-2.0
"""Guards what gRPC's Python server cannot bear and no test of behaviour would show for long: forks, a second event loop,
swallowed aborts and cancellations. It reads syntax only and does not run the server.
"""

import ast
from pathlib import Path

import pytest

from tests.support.project import ROOT, python_files, relative, syntax

SERVER = python_files("server")
_FORKS = {
    "os.fork",
    "os.forkpty",
    "multiprocessing",
    "concurrent.futures.ProcessPoolExecutor",
    "pty.fork",
}
_LOOPS = {"asyncio.run", "asyncio.new_event_loop", "asyncio.set_event_loop", "asyncio.Runner"}
_CATCH_ALL = {"Exception", "BaseException", "CancelledError", "asyncio.CancelledError", "grpc.aio.AbortError"}


def dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return ""


def uses(path: Path, names: set[str]) -> list[str]:
    """Where a file names one of these, as an attribute or an import."""
    found = []
    for node in ast.walk(syntax(path)):
        named: list[str] = []
        if isinstance(node, ast.Attribute):
            named = [dotted(node)]
        elif isinstance(node, ast.Import):
            named = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            named = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
        found += [f"{relative(path)}: {name}" for name in named if name in names]
    return found


def test_the_server_never_forks() -> None:
    """A process that used gRPC must not fork; the writer is started as a new program."""
    assert [use for path in SERVER for use in uses(path, _FORKS)] == []


def test_the_server_has_one_event_loop() -> None:
    found = [use for path in SERVER for use in uses(path, _LOOPS)]
    assert found == ["server/rogatory/server/main.py: asyncio.run"]


def test_the_writer_and_the_engine_know_no_grpc() -> None:
    folders = ("engine", "store", "writer")
    inner = [path for path in SERVER if path.parent.name in folders and path.name != "client.py"]
    assert len(inner) > 10
    assert [use for path in inner for use in uses(path, {"grpc", "grpc.aio"})] == []


def caught(handler: ast.ExceptHandler) -> set[str]:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return {dotted(kind) if kind is not None else "BaseException" for kind in kinds}


@pytest.mark.parametrize("path", SERVER, ids=relative)
def test_whoever_catches_everything_passes_it_on(path: Path) -> None:
    """An abort is an `Exception`, and a stream whose cancellation is swallowed leaks. The edges of the two processes
    and of the one thread turn what they catch into an end, and are named here.
    """
    edges = {
        "server/rogatory/server/interceptors/errors.py",
        "server/rogatory/server/write_path.py",
        "server/rogatory/server/writer/__main__.py",
    }
    swallowing = [
        f"{relative(path)}:{node.lineno}"
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.ExceptHandler)
        and caught(node) & _CATCH_ALL
        and not any(isinstance(part, ast.Raise) for part in ast.walk(node))
    ]
    assert bool(swallowing) is (relative(path) in edges), swallowing


def test_the_guard_of_errors_lets_an_abort_through_before_it_catches_anything() -> None:
    tree = syntax(ROOT / "server/rogatory/server/interceptors/errors.py")
    (guarding,) = [node for node in ast.walk(tree) if isinstance(node, ast.Try)]
    first = guarding.handlers[0]
    assert caught(first) == {"grpc.aio.AbortError"}
    assert isinstance(first.body[0], ast.Raise)
    assert first.body[0].exc is None
