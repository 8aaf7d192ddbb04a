# SPDX-License-Identifier: Apache-2.0
"""Every file is read through one door: a regular file, up to what such a file can hold, with a typed refusal.

What stands in the files is not the matter of this test, but of the tables beside it.
"""

from __future__ import annotations

import ast
import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rogatory.audit.errors import FileRefused
from rogatory.audit.files import open_file, read_file
from tests.support.privilege import without_privilege
from tests.support.project import ROOT, syntax

# What ships inside the packages, the exchange's own parts that it wrote under a size, and the door itself.
_PAST_THE_DOOR = {
    "client/rogatory/client/pack_library.py": 1,
    "server/rogatory/server/parts.py": 1,
    "server/rogatory/server/part_files.py": 1,
    "server/rogatory/server/store/sqlite.py": 1,
}


def _reads(tree: ast.AST) -> Iterator[int]:
    """Lines that read a whole file, or open one for reading, by pathlib's or Python's own means."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        mode = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
        if name in {"read_bytes", "read_text"} or (name == "open" and mode in {"r", "rb", "rt"}):
            yield node.lineno


def test_no_shipped_code_reads_a_file_past_the_one_door() -> None:
    found: dict[str, int] = {}
    for root in ("proto", "audit", "server", "client"):
        for path in sorted((ROOT / root / "rogatory").rglob("*.py")):
            if lines := list(_reads(syntax(path))):
                found[path.relative_to(ROOT).as_posix()] = len(lines)
    assert found == _PAST_THE_DOOR


def test_no_more_is_read_than_was_said(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(100))
    assert read_file(path, 100) == bytes(100)
    with pytest.raises(FileRefused, match="SIZE_CAP"):
        read_file(path, 99)
    (tmp_path / "link").symlink_to(path)
    assert read_file(tmp_path / "link", 100) == bytes(100)


def _missing(path: Path) -> None:
    assert not path.exists()


def _dangling(path: Path) -> None:
    path.symlink_to("nowhere")


def _below_a_file(path: Path) -> None:
    path.parent.rmdir()
    path.parent.write_bytes(b"a file in the place of the folder")


def _loop(path: Path) -> None:
    path.symlink_to(path.name)


def _listening(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


@pytest.mark.parametrize(
    ("make", "rule"),
    [
        (_missing, "PRESENT"),
        (_dangling, "PRESENT"),
        (_below_a_file, "PRESENT"),
        (_loop, "READABLE"),
        (Path.mkdir, "REGULAR_FILE"),
        (os.mkfifo, "REGULAR_FILE"),
        (_listening, "REGULAR_FILE"),
        (lambda path: path.symlink_to("/dev/zero"), "REGULAR_FILE"),
    ],
)
def test_what_is_no_file_is_refused_by_name_and_waits_for_nobody(
    make: Callable[[Path], None], rule: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path("folder") / "named"  # relative, because the name of a socket must be short
    path.parent.mkdir()
    make(path)
    for read in (lambda: read_file(path, 10), lambda: open_file(path).close()):
        with pytest.raises(FileRefused) as caught:
            read()
        assert caught.value.rule == rule
        assert str(path) not in str(caught.value)


def test_a_name_with_a_nul_is_the_name_of_nothing() -> None:
    with pytest.raises(FileRefused, match="PRESENT"):
        read_file(Path("a\0b"), 10)


def test_a_pipe_with_a_writer_is_refused_too_and_nothing_of_it_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    holder = os.open(path, os.O_RDWR)  # reads and writes, so that neither end waits
    try:
        threading.Thread(target=os.write, args=(holder, b"words")).start()
        with pytest.raises(FileRefused, match="REGULAR_FILE"):
            read_file(path, 10)
        assert os.read(holder, 10) == b"words"
    finally:
        os.close(holder)


def test_a_file_that_the_system_keeps_from_us_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    path.write_bytes(b"words")
    path.chmod(0)
    with without_privilege(), pytest.raises(FileRefused, match="READABLE"):
        read_file(path, 10)
