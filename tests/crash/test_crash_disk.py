# SPDX-License-Identifier: Apache-2.0
"""What the harness's power cut keeps and what it may lose, on a record made by hand. Runs no exchange."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.crash.calls import HEAD
from tests.crash.dice import Dice
from tests.crash.disk import SECTOR, Disk

SEEDS = range(40)
Step = tuple[bytes, str, int, bytes]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "data"
    made.mkdir()
    (made / "old").write_bytes(b"o" * 2 * SECTOR)
    return made


def cuts(folder: Path, *steps: Step) -> list[dict[str, bytes]]:
    """What the folder may hold after a cut that follows these steps, one outcome for each seed."""
    journal = folder.with_name("journal")
    journal.write_bytes(
        b"".join(HEAD.pack(k, len(p), n, len(c)) + os.fsencode(p) + c for k, p, n, c in steps)
    )
    outcomes = []
    for seed in SEEDS:
        disk = Disk(folder)
        disk.play(journal)
        left = folder.with_name(f"left-{seed}")
        left.mkdir(exist_ok=True)
        disk.cut(left, Dice(seed, "test"))
        files = (path for path in left.rglob("*") if path.is_file())
        outcomes.append({str(path.relative_to(left)): path.read_bytes() for path in files})
    return outcomes


def test_what_was_flushed_is_never_lost(folder: Path) -> None:
    new = b"n" * 2 * SECTOR
    for left in cuts(folder, (b"W", "old", 0, new), (b"S", "old", 0, b"")):
        assert left == {"old": new}


def test_each_sector_of_an_unflushed_write_is_lost_or_kept_by_itself(folder: Path) -> None:
    outcomes = {left["old"] for left in cuts(folder, (b"W", "old", 0, b"n" * 2 * SECTOR))}
    halves = [b"o" * SECTOR, b"n" * SECTOR]
    assert outcomes == {first + second for first in halves for second in halves}


def test_a_file_that_was_flushed_is_gone_with_its_name(folder: Path) -> None:
    made = [(b"C", "new", 0, b""), (b"W", "new", 0, b"x"), (b"S", "new", 0, b"")]
    outcomes = [left.get("new") for left in cuts(folder, *made)]
    assert set(outcomes) == {None, b"x"}
    assert {left.get("new") for left in cuts(folder, *made, (b"S", "", 0, b""))} == {b"x"}


def test_a_rename_is_kept_as_a_whole_or_not_at_all(folder: Path) -> None:
    outcomes = cuts(folder, (b"R", "old", 0, b"moved"))
    assert {tuple(left) for left in outcomes} == {("old",), ("moved",)}


def test_what_is_in_a_folder_is_gone_with_the_folder(folder: Path) -> None:
    made = [
        (b"D", "sub", 0, b""),
        (b"C", "sub/new", 0, b""),
        (b"S", "sub/new", 0, b""),
        (b"S", "sub", 0, b""),
    ]
    assert {"sub/new" in left for left in cuts(folder, *made)} == {True, False}


def test_a_size_that_was_not_flushed_is_kept_or_lost(folder: Path) -> None:
    assert {len(left["old"]) for left in cuts(folder, (b"T", "old", 7, b""))} == {7, 2 * SECTOR}
