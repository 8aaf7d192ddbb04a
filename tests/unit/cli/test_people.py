# SPDX-License-Identifier: Apache-2.0
"""What is said of people on the screen: local hours, who was called and by what, what nobody has seen; and the page about it.

Text in, text out; no server. What is computed is tested elsewhere.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path

import pytest

from rogatory.client.cli.catalogue import RULES
from rogatory.client.cli.output import Output
from rogatory.client.cli.people import ENV_DUTY, People, people_of
from rogatory.client.cli.render.names import Names
from rogatory.client.cli.render.people import called_row, called_section, heard_rows, local_time, step_rows
from rogatory.client.cli.render.text import lines
from rogatory.client.cli.render.tree import Row, Section
from rogatory.client.cli.results import StatementResult
from rogatory.client.cli.results_people import PageResult, StepResult
from rogatory.client.cli.session import Run
from rogatory.client.duty_book import ROSTER as FILE
from rogatory.client.duty_book import Journal, Pages
from rogatory.client.paging import Page
from rogatory.client.private_files import private_dir, write_private
from rogatory.client.profile import CONFIG, KEYS, Person, ProfileConfig
from rogatory.client.roster import gaps, roster_from_json
from rogatory.protocol.header import DAY_MS
from rogatory.protocol.plain import to_plain
from tests.support.project import ROOT
from tests.support.rosters import ROSTER

OWN, OTHER = b"\1" * 16, b"\2" * 16
NOW = int(dt.datetime(2026, 10, 24, 22, 10, tzinfo=dt.UTC).timestamp() * 1000)  # ten past midnight in Vienna
MINUTE = 60_000
WHO = People(OWN, Names({OTHER: "Example Access"}), {"night": "Night desk", "head": "Head"}, "Europe/Vienna")
PAGE = (ROOT / "docs" / "duty.md").read_text("utf-8")


def said(*items: Row | Section) -> list[str]:
    return [line.text for line in lines(Section("x", items), plain=True)][1:]


def page(person: str, minute: int, **other: object) -> PageResult:
    at = NOW + minute * MINUTE
    given: dict[str, object] = {
        "page_id": b"", "step": "WORK", "cause": "ARRIVED", "urgency": "EMERGENCY", "person": person, "round": 0, "gap": False,
        "first_ms": at, "sent_ms": at, "seen_ms": 0, "hook": "sms", "tries": 0, "rule": "",
    }  # fmt: skip
    return PageResult(**(given | other))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("after_minutes", "words"),
    [
        (0, "00:10"),
        (2 * 60 + 30, "02:40"),
        (3 * 60 + 30, "02:40"),  # the hour that comes twice
        (-11, "2026-10-24 23:59"),
        (25 * 60, "2026-10-26 00:10"),
    ],
)
def test_an_hour_of_today_stands_alone_and_any_other_with_its_day(after_minutes: int, words: str) -> None:
    assert local_time(NOW + after_minutes * MINUTE, NOW, "Europe/Vienna") == words


def test_a_moment_that_no_calendar_has_is_a_number() -> None:
    assert local_time(1 << 62, NOW, "Europe/Vienna").startswith("4611686018427387904 ms")
    assert local_time(NOW, NOW, "Nowhere/At/All").endswith("UTC")


def test_next_steps_name_you_and_the_others_with_what_is_late() -> None:
    steps = (
        StepResult("RECEIVE", OTHER, OTHER, b"", NOW + 7 * 60 * MINUTE),
        StepResult("ANSWER_QUESTION", OWN, OWN, b"", NOW - MINUTE),
        StepResult("DECIDE", b"\3" * 16, b"", b"", 0),
    )
    assert said(*step_rows(steps, WHO, NOW)) == [
        "next: Example Access: read it, due 06:10 (Europe/Vienna)",
        "next: you: answer a question, OVERDUE since 00:09 (Europe/Vienna)",
        "next: 03030303...: decide: grant, return or refuse",
    ]


def test_calls_say_whom_when_and_whether_anybody_has_looked() -> None:
    pages = (
        page("night", 0),
        page("head", 10, sent_ms=0, hook="", tries=2, rule="PAGE.TIMEOUT"),
        page("gone", 20, cause="OVERDUE", gap=True, seen_ms=NOW + 21 * MINUTE),
    )
    (row,) = said(*called_row(pages, WHO, NOW))
    assert row == (
        "called: Night desk 00:10; Head 00:20, NOT REACHED (PAGE.TIMEOUT), not seen yet; gone 00:30, though nobody was"
        " on duty, seen 00:31 (Europe/Vienna)"
    )
    assert said(*called_section(pages, WHO, NOW))[1:] == [
        "called: 00:10, Night desk by sms (read, freeze and answer; it has just begun)",
        "called: 00:20, Head, NOT REACHED (PAGE.TIMEOUT) (nobody had acknowledged the call before)",
        "called: 00:30, gone by sms, though nobody was on duty (read, freeze and answer; its time is over)",
        "seen: 00:31, by somebody of your party",
    ]
    assert said(*called_row((), WHO, NOW)) == said(*called_section((), WHO, NOW)) == []


def statement(kind: str, minute: int) -> StatementResult:
    return StatementResult(minute, NOW + minute * MINUTE, kind, OTHER, b"", "SERVICE", "TRANSMITTED", b"")


def test_reached_is_said_until_a_person_has_read_it_and_seen_for_good() -> None:
    heard = (statement("DELIVERED", 0), statement("PAGE_ACK", 5))
    reached = "reached: 00:10, the service of Example Access; nobody there has signed to have read it (Europe/Vienna)"
    seen = "seen: 00:15, by a person on duty at Example Access (Europe/Vienna)"
    assert said(*heard_rows(heard, WHO, NOW)) == [reached, seen]
    assert said(*heard_rows((*heard, statement("RECEIVE", 6)), WHO, NOW)) == [seen]


def test_the_roster_of_the_page_holds_and_its_rules_have_their_sentences() -> None:
    (text,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    made = roster_from_json(json.loads(text))
    assert gaps(made, NOW, NOW + 365 * DAY_MS) == ()
    named = set(re.findall(r"`(PAGE\.\w+)`", PAGE))
    assert len(named) == 9
    assert named == {rule for rule in RULES if rule.startswith("PAGE.")}


def profile(folder: Path, name: str) -> Path:
    path = private_dir(folder / name)
    private_dir(path / "state")
    config = ProfileConfig(name, "127.0.0.1:1", bytes(32), Person(OWN, OWN, OWN, "SERVICE"))
    write_private(path / CONFIG, json.dumps(to_plain(config)).encode())
    write_private(path / KEYS, b"")
    return path


def test_colleagues_read_the_journal_of_the_profile_that_calls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mine, pager = profile(tmp_path, "mine"), profile(tmp_path, "pager")
    write_private(pager / FILE, json.dumps(to_plain(ROSTER)).encode())
    made = Page(
        bytes(16),
        OTHER,
        "WORK",
        bytes(32),
        4,
        "ARRIVED",
        0,
        4,
        "ROUTINE",
        "night",
        0,
        gap=False,
        first_ms=NOW,
    )
    Pages(pager / "state" / "pages.json", Journal((made,), NOW)).looked(NOW)
    run = Run("request status", Output(), profile_text=str(mine))
    monkeypatch.delenv(ENV_DUTY, raising=False)
    assert people_of(run) == People(OWN, Names())
    monkeypatch.setenv(ENV_DUTY, str(pager))
    found = people_of(run)
    assert (found.zone, found.contacts["night"]) == ("Europe/Vienna", "Night desk (invented)")
    assert found.pages == {OTHER: (made,)}
    (pager / FILE).chmod(0o644)
    assert people_of(run) == People(OWN, Names())
    assert "X_FIELD_INVALID duty OWNER_ONLY" in capsys.readouterr().err
