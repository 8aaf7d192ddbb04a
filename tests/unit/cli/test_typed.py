# SPDX-License-Identifier: Apache-2.0
"""Where an identifier comes from on the command line, and what is shown and asked before a draft is kept.

The files that exhibits can be are tested in tests/unit/client/test_exhibits.py.
"""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from rogatory.client.cli.main import run as command
from rogatory.client.cli.output import Output
from rogatory.client.cli.render.content import instant_row, particulars_tree
from rogatory.client.cli.render.draft import draft_tree
from rogatory.client.cli.render.text import lines
from rogatory.client.cli.render.tree import Section
from rogatory.client.cli.session import Run, UsageError
from rogatory.client.cli.typed import Given, identifier_from, typed_twice
from rogatory.client.drafts import DraftFact, DraftInstant, DraftRequest, DraftTask
from rogatory.protocol.content import Exhibit, Particulars
from rogatory.protocol.instants import parse_instant
from tests.support.desks import make_profile
from tests.support.realm import TrainingRealm


def run(typed: str = "") -> Run:
    output = Output(plain=True, out=io.StringIO(), err=io.StringIO())
    return Run(command="request new", output=output, stdin=io.StringIO(typed))


def shown(tree: Section) -> str:
    return "\n".join(line.text for line in lines(tree, plain=True))


def test_an_identifier_comes_from_one_place(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("seen: +1 555 010 0123\n")
    for given in (Given("x", "", f"{log}#line:1", ""), Given("", "y", f"{log}#line:1", "")):
        with pytest.raises(UsageError) as caught:
            identifier_from(run(), given, "msisdn")
        assert (caught.value.field, caught.value.rule) == ("--from-exhibit", "ONE_OF")


@pytest.mark.parametrize("text", ["a.log", "#line:1", "a.log#"])
def test_an_exhibit_is_a_file_and_a_place(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        identifier_from(run(), Given("", "", text, ""), "msisdn")
    assert (caught.value.field, caught.value.rule) == ("--from-exhibit", "FORM")


def test_a_lifted_identifier_is_not_typed_again_and_a_bad_place_is_named(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("+1 555 010 0123\n")
    given = Given("", "", f"{log}#line:1", "")
    value, exhibit = identifier_from(run(), given, "msisdn")
    assert value == "+15550100123"
    assert exhibit is not None
    assert exhibit.path == str(log)
    typed_twice(run(), given, "msisdn", value)
    with pytest.raises(UsageError) as caught:
        identifier_from(run(), Given("", "", f"{log}#line:7", ""), "msisdn")
    assert caught.value.rule == "EXHIBIT.PLACE"


def test_a_check_digit_stands_for_the_second_entry() -> None:
    given = Given("490154203237518", "", "", "")
    value, _ = identifier_from(run(), given, "imei")
    typed_twice(run(), given, "imei", value)
    assert value == "490154203237518"


def test_a_draft_is_read_back_in_groups_in_local_time_and_in_utc() -> None:
    moment = DraftInstant("2026-07-14T21:03:00", "Europe/London")
    task = DraftTask("msisdn", "+15550100123", ("name",), moment, DraftInstant("tomorrow"))
    facts = {"person.role": DraftFact(("VICTIM",))}
    text = shown(draft_tree(DraftRequest("DISCLOSURE", "p", "a", "b", (task,), facts)))
    assert "+155 501 001 23" in text
    assert "2026-07-14 21:03:00 Europe/London (UTC+01:00) = 2026-07-14 20:03:00 UTC" in text
    assert "tomorrow" in text
    assert "REDUCED_DISTRIBUTION" in text


def test_opened_particulars_show_the_exhibit_and_an_unknown_zone_only_in_utc() -> None:
    moment = parse_instant("2026-07-14T21:03:00Z")
    particulars = Particulars(
        1, "email", b"jo@mail.example", bytes(32), moment, moment, exhibit=Exhibit(b"\xab" * 32, "line:3")
    )
    text = shown(particulars_tree(particulars))
    assert "ab" * 32 in text
    assert "line:3" in text
    assert "read aloud" not in text
    unknown = shown(Section("t", (instant_row("from", type(moment)("x", "No/Where", moment.utc_ms)),)))
    assert "2026-07-14 21:03:00 UTC; written: x No/Where" in unknown


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_profile(
        TrainingRealm.build(), "investigator", tmp_path_factory.mktemp("profile") / "p", "127.0.0.1:1"
    ).path


WORDS = ("request", "new", "--kind", "DISCLOSURE", "--type", "msisdn", "--identifier", "+1 555 010 0123")


def drafted(profile: Path, monkeypatch: pytest.MonkeyPatch, typed: str, *more: str) -> tuple[int, list[Path]]:
    """Exit code of the command, and the drafts that are kept afterwards."""
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    window = (
        "--since",
        "2020-07-14T00:00:00Z",
        "--until",
        "2020-07-14T23:59:59Z",
        "--incident",
        "2018-07-14T00:00:00Z",
    )
    code = command([*WORDS, *window, *more, "--profile", str(profile)])
    kept = sorted((profile / "drafts").glob("*.json"))
    for path in kept:
        path.unlink()
    return code, kept


def test_a_draft_is_kept_only_once_its_questions_are_answered(
    profile: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    again = "+15550100123\n"
    assert drafted(profile, monkeypatch, again + "n\n") == (2, [])
    assert "W_YEAR_FAR" in capsys.readouterr().err
    assert drafted(profile, monkeypatch, "+15550100132\n" + "y\n") == (2, [])
    code, kept = drafted(profile, monkeypatch, again + "y\n")
    assert (code, len(kept)) == (0, 1)
    code, kept = drafted(profile, monkeypatch, "", "--identifier-again", "+15550100123", "--yes")
    assert (code, len(kept)) == (0, 1)


def test_a_time_that_cannot_be_right_keeps_no_draft(
    profile: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    again = ("--identifier-again", "+15550100123", "--yes")
    assert drafted(profile, monkeypatch, "", *again, "--observed", "2020-07-14T21:03:00") == (4, [])
    assert "X_TIME_NAIVE" in capsys.readouterr().err
