# SPDX-License-Identifier: Apache-2.0
"""An emergency from one wish to three requests, through the real server and the real command.

How a pack divides is tested in tests/packs/test_splitting.py. Nobody and nothing here exists.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import Realm, said

HERE = Path(__file__).parent
ME = ("--profile", "investigator")
COURT = "Court and prosecutor of Northland (invented)"


@pytest.fixture
def realm(tmp_path: Path) -> Iterator[Realm]:
    made = Realm.make(tmp_path)
    made.start()
    yield made
    made.stop()


def wish(**change: object) -> dict[str, Any]:
    draft: dict[str, Any] = json.loads((HERE / "files" / "draft.json").read_text("utf-8"))
    account, mail = draft["tasks"]
    draft["tasks"] = [{**account, "elements": ["name", "login_ip"], "purpose": "IDENTIFY"}, mail]
    draft["facts"] |= {"emergency": {"values": ["LIFE"]}, "emergency.reason": {"values": ["CHILD_AT_RISK"]}}
    draft["grounds"]["emergency_reasons"] = "An invented child is on the road."
    return draft | change


def divided(realm: Realm, draft: dict[str, Any], *more: str, code: int = 0) -> dict[str, Any]:
    arguments = ("request", "new", "--from-json", "-", "--emergency", "--yes", *ME, *more)
    return said(realm, *arguments, stdin=json.dumps(draft), code=code)


def test_one_wish_becomes_three_requests_with_one_read_back_and_one_word(realm: Realm) -> None:
    said(realm, "audit", "checkpoint", *ME)
    made = divided(realm, wish(), "--duty-judge", COURT)
    assert [(item["kind"], item["word"], item["within"]) for item in made["requests"]] == [
        ("PRESERVATION", "AFTER", "PT48H"),
        ("DISCLOSURE", "AFTER", "PT48H"),
        ("DISCLOSURE", "BEFORE", ""),
    ]
    assert made["left"] == []
    frozen, now, judge = (item["draft"] for item in made["requests"])
    assert [task["elements"] for task in frozen["tasks"]] == [["login_ip", "name"], ["message_header"]]
    assert [task["identifier"] for task in now["tasks"]] == ["invented-one@svc.example"]
    assert [task["identifier"] for task in judge["tasks"]] == ["invented-two@mail.example"]
    assert "validation" not in judge["facts"]
    ids = [item["request_id"] for item in made["requests"]]
    assert len(set(ids)) == 3
    assert {item["draft"]["together"] for item in made["requests"]} == {ids[0]}

    yes = said(realm, "request", "send", ids[1], "--together", "--yes", *ME, code=2)
    assert yes["rule"] == "WORD_TYPED"
    no = realm.here("request", "send", ids[1], "--together", *ME, stdin="y\n")
    assert no.code == 2
    assert said(realm, "request", "status", *ME)["requests"] == []

    ran = realm.here("request", "send", ids[1], "--together", *ME, stdin="emergency\n")
    assert ran.code == 0, ran.err
    shown = ran.out + ran.err
    assert shown.count("Type the word emergency") == 1
    assert shown.index("1 of 3") < shown.index("2 of 3") < shown.index("3 of 3")
    states = {}
    for request in ids:
        found = said(realm, "request", "status", request, *ME)
        assert found["emergency"]
        states[request] = (found["state"], [item["name"] for item in found["holds"]])
    owing = ("TRANSMITTED", ["EX_POST_VALIDATION_PENDING"])
    assert states == {ids[0]: owing, ids[1]: owing, ids[2]: ("ISSUED", [])}

    again = said(realm, "request", "send", ids[0], "--together", *ME, stdin="")
    assert (again["sent"], again["refused"], sorted(again["before"])) == ([], [], sorted(ids))


def test_nothing_on_the_wire_says_that_the_requests_belong_together(realm: Realm) -> None:
    said(realm, "audit", "checkpoint", *ME)
    made = divided(realm, wish())
    ids = [item["request_id"] for item in made["requests"]]
    assert said(realm, "request", "send", ids[0], "--together", *ME, stdin="emergency\n")["refused"] == []
    folder = realm.folder / "realm" / "profiles" / "investigator" / "envelopes"
    envelopes = [path.read_bytes() for path in folder.iterdir()]
    for request in ids:
        assert sum(bytes.fromhex(request) in data for data in envelopes) == 1


def test_an_emergency_without_its_fact_is_not_divided(realm: Realm) -> None:
    said(realm, "audit", "checkpoint", *ME)
    draft = wish()
    del draft["facts"]["emergency"]
    refused = divided(realm, draft, code=4)
    assert (refused["code"], refused["rule"]) == (
        "X_FIELD_MISSING",
        "eu.e-evidence.2023-1543/2/facts/emergency",
    )
    unreasoned = wish()
    del unreasoned["facts"]["emergency.reason"]
    assert divided(realm, unreasoned, code=4)["code"] == "X_EMERGENCY_NOT_REASONED"
    assert divided(realm, wish(kind="PRESERVATION"), code=2)["rule"] == "VALUE"
    alone = said(realm, "request", "new", "--from-json", "-", "--yes", *ME, stdin=json.dumps(wish()))
    assert (
        said(realm, "request", "send", alone["request_id"], "--together", *ME, code=2)["rule"] == "TOGETHER"
    )


def test_what_the_law_gives_nobody_is_said_and_in_no_draft(realm: Realm) -> None:
    said(realm, "audit", "checkpoint", *ME)
    draft = wish()
    draft["facts"]["offence.max_penalty_months"] = {"number": 12}
    made = divided(realm, draft)
    assert [item["kind"] for item in made["requests"]] == ["PRESERVATION", "DISCLOSURE"]
    (left,) = made["left"]
    assert (left["category"], left["elements"], left["code"]) == (
        "TRAFFIC", ["message_header"], "X_OFFENCE_BELOW_THRESHOLD"
    )  # fmt: skip
    plain = realm.here(
        "request", "new", "--from-json", "-", "--emergency", "--yes", *ME, stdin=json.dumps(draft)
    )
    assert "In none of them" in plain.out


def test_what_one_request_breaks_keeps_all_of_them_unsigned(realm: Realm) -> None:
    said(realm, "audit", "checkpoint", *ME)
    draft = wish()
    draft["tasks"][0] |= {"identifier_type": "imei", "identifier": "490154203237519"}
    made = divided(realm, draft)
    refused = said(realm, "request", "send", made["together"], "--together", *ME, stdin="emergency\n", code=4)
    assert refused["code"] == "X_FIELD_INVALID"
    assert said(realm, "request", "status", *ME)["requests"] == []
