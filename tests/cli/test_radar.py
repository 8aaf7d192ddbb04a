# SPDX-License-Identifier: Apache-2.0
"""What will be gone when, and one key to preserve it, through the real server and the real command.

The reckoning itself is tested in tests/unit/test_radar.py. Nobody and nothing here exists.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import Realm, said

HERE = Path(__file__).parent
ME = ("--profile", "investigator")
TODAY = dt.datetime.now(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)


@pytest.fixture
def realm(tmp_path: Path) -> Iterator[Realm]:
    made = Realm.make(tmp_path)
    made.start()
    yield made
    made.stop()


def day(back: int) -> str:
    return (TODAY - dt.timedelta(days=back)).strftime("%Y-%m-%d")


def drafted(realm: Realm, **change: object) -> str:
    draft: dict[str, Any] = json.loads((HERE / "files" / "draft.json").read_text("utf-8"))
    account, mail = draft["tasks"]
    window = {"since": {"text": f"{day(86)}T00:00:00Z"}, "until": {"text": f"{day(84)}T23:59:59Z"}}
    wanted = {**account, **window, "elements": ["login_ip", "name"], "purpose": "IDENTIFY"}
    draft["tasks"] = [wanted, {**mail, **window}]
    arguments = ("request", "new", "--from-json", "-", "--yes", *ME)
    request: str = said(realm, *arguments, stdin=json.dumps(draft | change))["request_id"]
    return request


def declare(realm: Realm) -> None:
    data = {
        "cgnat": False,
        "holdings": [
            {"element": "login_ip", "term": "DAYS", "days": 90}, {"element": "name", "term": "WHILE_CUSTOMER"},
        ],
    }  # fmt: skip
    arguments = ("provider", "catalogue", "publish", "-", "--yes", "--profile", "compliance")
    said(realm, *arguments, stdin=json.dumps(data))


def rows(realm: Realm) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = said(realm, "request", "radar", *ME)["rows"]
    return found


def test_the_radar_says_what_is_gone_when_and_one_key_preserves_it(realm: Realm) -> None:
    said(realm, "audit", "checkpoint", *ME)
    assert rows(realm) == []
    request = drafted(realm)
    assert {item["outlook"] for item in rows(realm)} == {"UNKNOWN"}
    declare(realm)

    found = rows(realm)
    assert [(item["number"], item["element"], item["outlook"]) for item in found] == [
        (1, "login_ip", "GOING"), (2, "name", "STAYS"), (3, "message_header", "UNKNOWN")
    ]  # fmt: skip
    assert (found[0]["day"], found[0]["state"]) == (day(86), "")
    assert found[0]["gone_ms"] == int((TODAY + dt.timedelta(days=5)).timestamp() * 1000)
    plain = realm.here("request", "radar", "--plain", *ME)
    assert f"1. login_ip: {day(86)} is gone on {day(-5)}, in " in plain.out

    made = said(realm, "request", "radar", "--preserve", "1", *ME)
    kept = made["draft"]
    assert made["request_id"] != request
    assert (kept["kind"], [task["elements"] for task in kept["tasks"]]) == (
        "PRESERVATION",
        [["login_ip", "name"]],
    )
    sent = said(realm, "request", "send", made["request_id"], "--yes", *ME)
    assert sent["state"] == "ISSUED"
    by_request = {(item["request_id"], item["element"]): item for item in rows(realm)}
    assert by_request[request, "login_ip"]["preservation"] == made["request_id"]
    assert not by_request[request, "login_ip"]["frozen"]
    assert by_request[made["request_id"], "login_ip"]["state"] == "ISSUED"

    said(realm, "audit", "checkpoint", "--profile", "prosecutor")
    said(realm, "authority", "grant", made["request_id"], "--profile", "prosecutor", stdin="grant\n")
    said(realm, "audit", "checkpoint", "--profile", "provider-service")
    said(realm, "provider", "connect", "--once", "--profile", "provider-service")
    for act in ("receive", "preserve"):
        said(realm, "provider", act, made["request_id"], "--yes", "--profile", "compliance")
    by_request = {(item["request_id"], item["element"]): item for item in rows(realm)}
    assert by_request[request, "login_ip"]["frozen"]
    assert not by_request[request, "message_header"]["frozen"]

    outside = said(realm, "request", "radar", "--preserve", "99", *ME, code=2)
    assert outside["rule"] == "RANGE"
    assert said(realm, "request", "radar", "--preserve", "one", *ME, code=2)["rule"] == "NUMBER"
    said(realm, "request", "send", request, "--yes", *ME)
    realm.stop()
    assert {item["request_id"] for item in rows(realm)} == {request, made["request_id"]}


def test_a_colleagues_request_is_watched_and_its_identifier_is_not_invented(realm: Realm) -> None:
    said(realm, "audit", "checkpoint", *ME)
    declare(realm)
    request = drafted(realm)
    said(realm, "request", "send", request, "--yes", *ME)
    colleague = ("--profile", "second-investigator")
    seen = said(realm, "request", "radar", *colleague)["rows"]
    assert (seen[0]["request_id"], seen[0]["element"]) == (request, "login_ip")
    refused = said(realm, "request", "radar", "--preserve", "1", *colleague, code=2)
    assert refused["rule"] == "DRAFTED_HERE"
    said(realm, "request", "withdraw", request, "--code", "ERROR", "--yes", *ME)
    assert said(realm, "request", "radar", *colleague)["rows"] == []


def test_at_a_terminal_one_key_preserves_and_enter_does_not(realm: Realm) -> None:
    said(realm, "audit", "checkpoint", *ME)
    declare(realm)
    request = drafted(realm)
    folder = realm.folder / "realm" / "profiles" / "investigator" / "drafts"
    none = realm.here("request", "radar", *ME, stdin="\n", terminal=True)
    assert (none.code, none.err.count("Number of a row")) == (0, 1)
    assert [path.stem for path in folder.iterdir()] == [request]
    assert realm.here("request", "radar", *ME, stdin="7\n", terminal=True).code == 2
    typed = realm.here("request", "radar", *ME, stdin="1\n", terminal=True)
    assert typed.code == 0
    (made,) = {path.stem for path in folder.iterdir()} - {request}
    assert json.loads((folder / f"{made}.json").read_bytes())["kind"] == "PRESERVATION"
    quiet = realm.here("request", "radar", "--json", *ME, terminal=True)
    assert "Number of a row" not in quiet.err
