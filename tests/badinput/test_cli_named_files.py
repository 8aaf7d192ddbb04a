# SPDX-License-Identifier: Apache-2.0
"""Files that a command line names: no more is read than such a file can hold, and no JSON with two readings is taken.

Not yet every file of every command.
"""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from rogatory.client.cli.draft_input import identifier_of, load_json
from rogatory.client.cli.session import UsageError, read_file
from rogatory.client.private_files import MAX_SMALL
from rogatory.client.profile import CONFIG, Profile
from rogatory.protocol.errors import Invalid


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


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", '{"number": NaN}'])
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
