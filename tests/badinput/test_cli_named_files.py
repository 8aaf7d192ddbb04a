# SPDX-License-Identifier: Apache-2.0
"""Files that a command line names: no more is read than such a file can hold, no JSON with two readings is taken, and
nothing that is there already is written over.

Every file of every command is not the matter of this file, but of ``test_cli_inputs.py``.
"""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest

from rogatory.client.cli.draft_input import identifier_of, load_json
from rogatory.client.cli.main import run
from rogatory.client.cli.session import UsageError, read_file
from rogatory.client.private_files import MAX_SMALL
from rogatory.client.profile import CONFIG, Profile
from rogatory.protocol.errors import Invalid
from tests.support.breakages import Breakage, picture


def test_a_file_over_the_cap_is_refused_and_one_of_the_cap_is_read(tmp_path: Path) -> None:
    path = tmp_path / "named"
    path.write_bytes(bytes(MAX_SMALL))
    assert len(read_file(path, "--plan")) == MAX_SMALL
    path.write_bytes(bytes(MAX_SMALL + 1))
    with pytest.raises(UsageError, match="larger than 1 MiB"):
        read_file(path, "--plan")


def test_a_file_without_an_end_is_not_read_for_ever() -> None:
    for read in (
        lambda: load_json("/dev/zero", io.StringIO(), "--plan"),
        lambda: identifier_of("", "/dev/zero", io.StringIO()),
    ):
        with pytest.raises(UsageError, match="no folder, pipe or device"):
            read()


def test_a_name_twice_in_one_object_is_refused() -> None:
    with pytest.raises(UsageError, match="twice"):
        load_json("-", io.StringIO('{"tasks": [{"purpose": "A", "purpose": "B"}]}'), "--plan")


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e400", "-1e999", '{"number": NaN}'])
def test_what_python_alone_reads_as_a_number_is_not_json(text: str) -> None:
    with pytest.raises(UsageError, match="not JSON"):
        load_json("-", io.StringIO(text), "--plan")


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b"[" * 100_000, b"9" * 5000])
def test_a_damaged_profile_is_named_as_one(tmp_path: Path, data: bytes) -> None:
    (tmp_path / CONFIG).write_bytes(data)
    with pytest.raises(Invalid) as caught:
        Profile.open(tmp_path)
    assert caught.value.args == ("X_ENCODING", "profile", "JSON")


def test_standard_input_has_the_same_cap() -> None:
    with pytest.raises(UsageError, match="larger than 1 MiB"):
        load_json("-", io.StringIO(" " * (MAX_SMALL + 1)), "--plan")


THERE: dict[str, Breakage] = {
    "a file": lambda path: path.write_bytes(b"words"),
    "a pipe": os.mkfifo,
    "a link to nowhere": lambda path: path.symlink_to("nowhere"),
    "a full folder": lambda path: (path / "x").mkdir(parents=True),
}


@pytest.mark.parametrize("kind", THERE)
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("request", "bundle", "0199ab", "-o"), (2, "USAGE", "--output", "NEW")),
        (("audit", "prove", "4", "-o"), (2, "USAGE", "--output", "NEW")),
        (("authority", "show", "0199ab", "--html"), (2, "USAGE", "--html", "NEW")),
        (("provider", "show", "0199ab", "--html"), (2, "USAGE", "--html", "NEW")),
        (("request", "xray", "0199ab", "--html"), (2, "USAGE", "--html", "NEW")),
        (
            ("keys", "new", *("--org", "0" * 32, "--unit", "1" * 32)),
            (4, "X_FIELD_INVALID", "folder", "FOLDER"),
        ),
        (("operator", "init", "--training"), (4, "X_FIELD_INVALID", "folder", "FOLDER")),
        (
            ("operator", "init", "--log-origin", "log.example.org/1", "--host", "exchange.example.org"),
            (4, "X_FIELD_INVALID", "folder", "FOLDER"),
        ),
    ],
)
def test_what_is_there_already_is_not_written_over(
    kind: str,
    words: tuple[str, ...],
    expected: tuple[int, str, str, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "passphrase").write_text("words for training only")
    THERE[kind](tmp_path / "named")
    before = picture(tmp_path)
    secret = ("--passphrase-file", str(tmp_path / "passphrase"))
    code = run([*words, str(tmp_path / "named"), *secret, "--json"])
    error = json.loads(capsys.readouterr().out)["error"]
    if kind == "a full folder" and expected[3] == "FOLDER":
        expected = (*expected[:3], "EMPTY")
    assert (code, error["code"], error["field"], error["rule"]) == expected
    assert picture(tmp_path) == before
