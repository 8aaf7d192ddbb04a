# SPDX-License-Identifier: Apache-2.0
"""An identifier is lifted from one place of a file, and a changed file, value or place is noticed afterwards.

Who made the exhibit, and whether what it says is true, is not tested.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from rogatory.client.drafts import DraftInstant, DraftTask
from rogatory.client.exhibits import check_exhibit, draft_exhibit, lift, lifted
from rogatory.protocol.content import Exhibit, Instant, Particulars
from rogatory.protocol.errors import Invalid, RogatoryError

FILES = {
    "access.log": "2026-11-02T07:15:00Z login ok from 203.0.113.7:40001 (user jo)\n\nlogin 203.0.113.7:40001, 203.0.113.8:40002\n",
    "chat.json": '{"messages": [{"from": "jo", "a/b~c": "+1 555 010 0123", "n": 490154203237518, "t": true}]}',
    "calls.csv": 'caller,when\n"+1 (555) 010-0123",2026-11-02\n',
    "mail.eml": "Received: a\nReceived: b\nFrom: Jo <jo@mail.example>\nSubject: invented\n\nbody +15550100199\n",
    "box.mbox": "From x Mon Nov  2 07:15:00 2026\nFrom: Jo <jo@mail.example>\n\nbody\n",
    "latin.txt": b"caf\xe9 +15550100123\n".decode("latin-1"),
    "broken.csv": 'a,b\n"x"y,z\n',
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_bytes(text.encode("latin-1" if name == "latin.txt" else "utf-8"))
    return tmp_path


@pytest.mark.parametrize(
    ("name", "place", "identifier_type", "value"),
    [
        ("access.log", "line:1", "ip_port_time", "203.0.113.7:40001"),
        ("chat.json", "json:/messages/0/a~1b~0c", "msisdn", "+15550100123"),
        ("chat.json", "json:/messages/0/n", "imei", "490154203237518"),
        ("calls.csv", "csv:2,caller", "msisdn", "+15550100123"),
        ("calls.csv", "csv:2,1", "msisdn", "+15550100123"),
        ("mail.eml", "header:From", "email", "jo@mail.example"),
        ("box.mbox", "header:from", "email", "jo@mail.example"),
        (
            "access.log",
            "line:1",
            "guild_badge",
            FILES["access.log"].split("\n", maxsplit=1)[0].replace(" ", ""),
        ),
    ],
)
def test_one_value_is_lifted_in_its_one_spelling(
    folder: Path, name: str, place: str, identifier_type: str, value: str
) -> None:
    if (
        identifier_type == "guild_badge"
    ):  # a type with no check of its own: the whole place, and here that is a sentence
        with pytest.raises(Invalid):
            lift(folder / name, place, identifier_type)
        return
    found, exhibit = lift(folder / name, place, identifier_type)
    assert found == value
    assert exhibit == Exhibit(hashlib.sha256((folder / name).read_bytes()).digest(), place)


@pytest.mark.parametrize(
    ("name", "place", "rule"),
    [
        ("access.log", "line:2", "EXHIBIT.ONE_VALUE"),
        ("access.log", "line:3", "EXHIBIT.ONE_VALUE"),
        ("access.log", "line:9", "EXHIBIT.PLACE"),
        ("access.log", "line:0", "EXHIBIT.PLACE"),
        ("access.log", "line:", "EXHIBIT.LOCATOR"),
        ("access.log", "page:1", "EXHIBIT.LOCATOR"),
        ("access.log", "json:/a", "JSON"),
        ("chat.json", "json:/messages/1", "EXHIBIT.PLACE"),
        ("chat.json", "json:/messages/0/t", "EXHIBIT.PLACE"),
        ("chat.json", "json:/messages", "EXHIBIT.PLACE"),
        ("chat.json", "json:messages", "EXHIBIT.PLACE"),
        ("calls.csv", "csv:3,1", "EXHIBIT.PLACE"),
        ("calls.csv", "csv:2,9", "EXHIBIT.PLACE"),
        ("calls.csv", "csv:2,callee", "EXHIBIT.PLACE"),
        ("broken.csv", "csv:2,1", "EXHIBIT.CSV"),
        ("mail.eml", "header:Received", "EXHIBIT.PLACE"),
        ("mail.eml", "header:To", "EXHIBIT.PLACE"),
        ("latin.txt", "line:1", "UTF8"),
        ("none.txt", "line:1", "PRESENT"),
    ],
)
def test_a_place_that_gives_no_single_value_is_refused_by_name(
    folder: Path, name: str, place: str, rule: str
) -> None:
    with pytest.raises(Invalid) as caught:
        lift(folder / name, place, "ip_port_time")
    assert caught.value.rule == rule


def _task(folder: Path) -> DraftTask:
    value, exhibit = lift(folder / "access.log", "line:1", "ip_port_time")
    moment = DraftInstant("2026-11-02T07:15:00Z")
    kept = draft_exhibit(folder / "access.log", exhibit)
    return DraftTask("ip_port_time", value, ("login_ip",), moment, moment, exhibit=kept)


def test_an_unchanged_exhibit_gives_its_pointer_and_a_typed_identifier_none(folder: Path) -> None:
    task = _task(folder)
    pointer = lifted(task, "tasks[0]")
    assert pointer is not None
    assert pointer.locator == "line:1"
    assert lifted(replace(task, exhibit=None), "tasks[0]") is None


def test_a_changed_exhibit_breaks_its_pointer(folder: Path) -> None:
    task = _task(folder)
    path = folder / "access.log"
    path.write_text(path.read_text().replace("(user jo)", "(user jo )"))
    assert _said(lambda: lifted(task, "tasks[0]")) == (
        "X_EXHIBIT_CHANGED",
        "tasks[0].exhibit",
        "EXHIBIT.SHA256",
    )
    path.unlink()
    assert _said(lambda: lifted(task, "tasks[0]")) == ("X_EXHIBIT_CHANGED", "tasks[0].exhibit", "PRESENT")


def test_another_value_than_the_exhibits_is_noticed(folder: Path) -> None:
    task = replace(_task(folder), identifier="203.0.113.7:40002")
    assert _said(lambda: lifted(task, "tasks[0]"))[2] == "EXHIBIT.VALUE"


def test_sealed_particulars_are_held_against_the_exhibit_later(folder: Path) -> None:
    path, moment = folder / "access.log", Instant("2026-11-02T07:15:00Z", "Z", 1)
    value, exhibit = lift(path, "line:1", "ip_port_time")
    kept = Particulars(1, "ip_port_time", value.encode(), bytes(32), moment, moment, exhibit=exhibit)
    check_exhibit(kept, path)
    assert _said(lambda: check_exhibit(replace(kept, exhibit=None), path))[2] == "EXHIBIT.NONE"
    assert (
        _said(lambda: check_exhibit(replace(kept, identifier=b"203.0.113.7:1"), path))[2] == "EXHIBIT.VALUE"
    )
    assert _said(lambda: check_exhibit(kept, folder / "mail.eml"))[2] == "EXHIBIT.SHA256"


def _said(work: object) -> tuple[str, str, str]:
    assert callable(work)
    with pytest.raises(RogatoryError) as caught:
        work()
    assert "203.0.113" not in str(caught.value)
    return caught.value.code, caught.value.field, caught.value.rule
