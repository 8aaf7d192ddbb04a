# SPDX-License-Identifier: Apache-2.0
"""Every file that the command reads, broken in every way: a code, a field and a rule, and nothing else changed.

Each case is a run of the real command against a real exchange, in a folder of its own. What is refused leaves the folder as
it was, no entry in the log beyond those of the looks that came before, and no word of the file in what is said. What the
exchange's own files come to is in `test_server_files.py`.
"""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer
from typer.main import get_command

from rogatory.client.cli.main import app
from rogatory.client.cli.reference import leaves
from tests.support.breakages import BREAKAGES, picture
from tests.support.cli_inputs import TABLE, WORKS, Answer, Row
from tests.support.cli_life import CANARY, IDENTIFIER, Life
from tests.support.forked import Ran
from tests.support.probing import Footprint

# Read where they were written a moment before, by the same command; what comes from elsewhere is in the table.
_OWN = (
    "*/staging/*.sealed", "*/staging/*.fetched", "*/envelopes/*.bin", "*/receipts/*.bin", "*/state/rejections/*.bin",
)  # fmt: skip
# Options that write a new file or make a new folder, and never read one.
_WRITES = {"--output", "--html", "DIR"}
# The first works under a regime that wants two persons only, so its file has a test of its own below; the second wants a word
# typed (test_carry_files.py); the third a request whose identifier was lifted from it (tests/integration/test_desk_decisions.py).
_ELSEWHERE = {"ENVELOPE", "REQUEST|FILE", "EXHIBIT"}


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    made = Life.make(tmp_path_factory.mktemp("life"))
    yield made
    made.close()


def _case(life: Life, row: Row, folder: Path) -> list[Path]:
    """Lays out a folder in which the row's command works, and returns where the file lies, or all of its kind."""
    shutil.copytree(life.profiles / row.who, folder / "p", symlinks=True)
    for name in ("rows.jsonl", "law.yaml"):
        shutil.copy(life.folder / name, folder / name)
    if row.place.startswith("copy/"):
        shutil.copytree(life.folder / "copy", folder / "copy")
    if row.source:
        source = life.folder / row.source
        if source.is_dir():
            shutil.copytree(source, (folder / row.place).parent)
        else:
            shutil.copy(source, folder / (row.place if row.place.startswith("named") else "named"))
    found = sorted(folder.glob(row.place.format(**life.ids)))
    assert found
    return found


def _answer(ran: Ran) -> Answer:
    """What a run came to; of a verdict the first reason, of an outbox the word for what cannot be read."""
    data: dict[str, Any] = json.loads(ran.out)
    assert data["exit"] == ran.code
    if "error" in data:
        error = data["error"]
        assert error["what"]
        assert error["next"]
        return (ran.code, error["code"], error["field"], error["rule"])
    if ran.code == 0:
        return WORKS
    if data["result"].get("damaged"):
        return (ran.code, "", "outbox", "DAMAGED")
    reason = data["result"]["reasons"][0]
    return (ran.code, reason["code"], reason["at"], reason["rule"])


def _run(life: Life, row: Row, folder: Path, *, privileged: bool = True) -> Ran:
    words = row.words.format(**life.ids).split()
    return life.run(folder, *words, "--json", privileged=privileged)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_the_command_reads_the_file_and_takes_it_when_it_is_whole(
    life: Life, row: Row, tmp_path: Path
) -> None:
    paths = {path.relative_to(tmp_path).as_posix() for path in _case(life, row, tmp_path)}
    ran = _run(life, row, tmp_path)
    assert _answer(ran) == WORKS, ran.err
    # What is healed may be fetched instead of read.
    assert paths & set(ran.read) or WORKS in row.answers.values()


@pytest.mark.parametrize(
    ("row", "breakage"),
    [pytest.param(row, name, id=f"{row.name}: {name}") for row in TABLE for name in row.answers],
)
def test_a_broken_file_is_named_by_field_and_rule_and_changes_nothing(
    life: Life, row: Row, breakage: str, tmp_path: Path
) -> None:
    for path in _case(life, row, tmp_path):
        BREAKAGES[breakage](path)
    before, at_exchange = picture(tmp_path), Footprint.of_data(life.data)
    ran = _run(life, row, tmp_path, privileged=breakage != "closed")
    expected = row.answers[breakage]
    assert _answer(ran) == expected, ran.err
    said = ran.out + ran.err
    assert "Traceback" not in said
    assert CANARY not in said
    after, exchange = picture(tmp_path), Footprint.of_data(life.data)
    assert exchange.kept == at_exchange.kept
    if expected == WORKS:
        return
    assert IDENTIFIER not in said
    assert exchange.size - at_exchange.size == row.entries
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert {name for name in changed if not name.startswith(row.may or ("\0",))} == set()


def _files(command: Any) -> Iterator[str]:  # noqa: ANN401 - the parser's own classes
    """Options and arguments that take a path: by their type, or by what the help calls their value."""
    for item in command.params:
        shown = set(re.split(r"[^A-Z]+", item.metavar or ""))
        if "Path" in str(item.type_descriptor.annotation) or shown & {"FILE", "DIR", "PATH"}:
            yield item.metavar if item.param_type_name == "argument" else max(item.opts, key=len)


def test_every_option_that_takes_a_file_is_in_the_table() -> None:
    known = {row.option for row in TABLE} | _WRITES | _ELSEWHERE
    found = {name for _, command in leaves(get_command(app)) for name in _files(command)}
    assert found == known - {""}


@pytest.mark.parametrize(
    ("breakage", "rule"),
    [
        ("vanished", "PRESENT"),
        ("a folder", "REGULAR_FILE"),
        ("a pipe", "REGULAR_FILE"),
        ("a device", "REGULAR_FILE"),
        ("oversized", "SIZE_CAP"),
    ],
)
def test_a_file_to_be_approved_by_a_second_person_is_named_too(
    life: Life, breakage: str, rule: str, tmp_path: Path
) -> None:
    shutil.copytree(life.profiles / "compliance", tmp_path / "p", symlinks=True)
    named = tmp_path / "named"
    named.write_bytes(b"no envelope")
    words = ["request", "second", "named", "--yes", "--profile", "p", "--json"]
    assert _answer(life.run(tmp_path, *words))[:2] == (4, "X_ENCODING")
    BREAKAGES[breakage](named)
    assert _answer(life.run(tmp_path, *words)) == (2, "USAGE", "ENVELOPE", rule)


def test_a_new_option_that_takes_a_file_is_seen() -> None:
    new = typer.Typer()

    @new.command()
    def act(
        typed: Annotated[Path | None, typer.Option("--typed")] = None,
        shown: Annotated[str, typer.Option("--shown", metavar="-|FILE")] = "",
        other: Annotated[str, typer.Option("--other", metavar="TEXT")] = "",
    ) -> None:
        """Do nothing."""

    assert act(None, "", "") is None
    assert list(_files(get_command(new))) == ["--typed", "--shown"]


def test_every_file_that_the_commands_read_in_a_whole_life_is_in_the_table(life: Life) -> None:
    patterns = [pattern for row in TABLE for pattern in row.read] + list(_OWN)
    assert len(life.read) > 100
    assert {path for path in life.read if not any(fnmatch.fnmatch(path, item) for item in patterns)} == set()
    used = {item for item in patterns if any(fnmatch.fnmatch(path, item) for path in life.read)}
    assert set(patterns) - used == set(), "a pattern of nothing"


def test_the_command_as_it_is_installed_waits_for_no_pipe(life: Life, tmp_path: Path) -> None:
    """One run in a process of its own, without the fork that the others are."""
    named = tmp_path / "named"
    os.mkfifo(named)
    ran = life.realm.run(
        "provider", "disclose", life.ids["REQUEST"], "--plan", str(named), "--profile", "compliance", "--json"
    )
    error = json.loads(ran.out)["error"]
    assert (ran.code, error["code"], error["field"], error["rule"]) == (2, "USAGE", "--plan", "REGULAR_FILE")
    assert ran.err == ""
