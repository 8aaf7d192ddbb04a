# SPDX-License-Identifier: Apache-2.0
"""How a draft is made at the keyboard: a form on a real terminal, templates, JSON both ways, everything that lint says.

Each command runs as a person would type it. What the exchange makes of a draft is not looked at here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.support.commands import Realm
from tests.support.desk_words import AUTHORITY, PROVIDER, desks, draft, example, said
from tests.support.terminal import Terminal


@pytest.fixture(scope="module")
def realm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Realm]:
    yield from desks(tmp_path_factory.mktemp("desk"))


def terminal(realm: Realm, *words: str) -> Terminal:
    return Terminal(realm.folder, realm.environment(), words)


def test_a_form_asks_for_what_is_open_and_takes_no_empty_line(realm: Realm) -> None:
    words = ("request", "new", "--profile", "investigator", "--json", "--case", "24-118 (invented)")
    with terminal(realm, *words) as at:
        at.answer("Number: ", "")  # the regime: an empty line is no answer
        at.answer("Number: ", "99")
        at.expect("One of the numbers 1 to")
        at.answer("Number: ", "1")
        at.choose("Kind", "DISCLOSURE")
        at.choose("To", PROVIDER)
        at.choose("To be validated by", AUTHORITY)
        at.choose("Type of identifier", "account_id")
        at.answer("take it from an exhibit: ", "one@svc.example, two@svc.example")
        at.expect("X_TARGET_NOT_SPECIFIC")
        at.answer("take it from an exhibit: ", "typed-user@svc.example")
        at.answer("Type the identifier again: ", "typo-user@svc.example")
        at.expect("The two entries are not the same")
        at.answer("take it from an exhibit: ", "@access.log#line:2")
        at.choose("Data elements", "name", "Numbers, with commas: ")
        at.choose("Purpose", "EVIDENCE")
        at.answer("Begin of the window, with offset or zone: ", "2026-11-02T08:15:00")
        at.expect("X_")  # a naive time names no moment
        at.answer("Begin of the window, with offset or zone: ", "2026-11-02T08:15:00 Europe/Vienna")
        at.expect("2026-11-02 08:15:00 Europe/Vienna (UTC+01:00) = 2026-11-02 07:15:00 UTC")
        at.answer("End of the window, included, with offset or zone: ", "2026-11-03T08:15:00")
        at.answer("Another identifier? Type yes or no: ", "no")
        at.choose(
            "controller: whether the addressee decides on the data or only processes them",
            "CONTROLLER",
            "commas: ",
        )
        at.answer("offence.max_penalty_months", "120")
        at.expect("person.role")
        shown_roles = at.expect("Numbers, with commas: ")
        (number,) = [line.split()[0] for line in shown_roles.splitlines() if "SUSPECT" in line]
        at.type(number)
        at.answer("of those that are not mandatory? Type yes or no: ", "no")
        at.answer("Offence (sealed)", "Trafficking in persons")
        at.answer("Why it is necessary (sealed)", "-")
        at.answer("Why it is proportionate (sealed)", "One day.")
        at.answer("The case in short (sealed)", "-")
        at.answer("When did it happen", "2026-11-02T09:00:00+01:00")
        code, out = at.end()
    assert code == 0, at.said
    made = json.loads(out)["result"]["draft"]
    assert made["tasks"][0]["identifier"] == "lifted-user@svc.example"
    assert made["tasks"][0]["exhibit"]["locator"] == "line:2"
    assert made["grounds"]["case_number"] == "24-118 (invented)"
    assert made["grounds"]["necessity"] == ""
    assert made["facts"]["offence.max_penalty_months"]["number"] == 120
    assert "typed-user" not in out


def test_a_form_that_is_left_keeps_nothing(realm: Realm) -> None:
    before = said(realm, "request template list", "investigator")
    drafts = realm.folder / "realm" / "profiles" / "investigator" / "drafts"
    kept = sorted(path.name for path in drafts.iterdir())
    with terminal(realm, "request", "new", "--profile", "investigator", "--json") as at:
        at.answer("Number: ", "1")
        at.answer("Number: ", "\x04")  # the end of the input, as a person types it
        code, out = at.end()
    assert (code, json.loads(out)["error"]["rule"]) == (2, "PRESENT")
    assert sorted(path.name for path in drafts.iterdir()) == kept
    assert said(realm, "request template list", "investigator") == before


def test_a_question_before_a_signature_has_no_default(realm: Realm) -> None:
    made = draft(realm)
    with terminal(realm, "request", "send", made, "--profile", "investigator", "--json") as at:
        before = at.answer("Sign and send this request? Type yes or no: ", "")
        at.answer("Sign and send this request? Type yes or no: ", "perhaps")
        code, out = at.end()
    assert (code, json.loads(out)["error"]["rule"]) == (2, "AGREED")
    last = before[before.index("Read these four once more before you sign") :]
    assert "invented-one@svc.example" in last
    assert "2026-08-26 23:59:59 Europe/Vienna (UTC+02:00) = 2026-08-26 21:59:59 UTC" in last
    assert "TRAFFIC: access_session" in last
    assert "Regulation (EU) 2023/1543; EPOC" in last
    assert "Trafficking in persons" in last
    assert "no qualified electronic signature" in last


def test_what_json_writes_is_what_from_json_reads(realm: Realm) -> None:
    first = said(realm, "request new --from-json draft.json", "investigator")
    again = said(realm, "request new --from-json -", "investigator", stdin=json.dumps(first))
    assert again["result"] == first["result"]
    preview = said(realm, f"request preview {first['result']['request_id']}", "investigator")
    third = said(realm, "request new --from-json -", "investigator", stdin=json.dumps(preview))
    assert third["result"] == first["result"]


def test_a_template_holds_nothing_of_the_case_and_begins_a_draft(realm: Realm) -> None:
    data = example()
    one = draft(realm, tasks=data["tasks"][:1])
    saved = said(realm, f"request template save sessions {one}", "investigator")
    file = realm.folder / "realm" / "profiles" / "investigator" / "templates" / "sessions.json"
    text = file.read_text("utf-8")
    for left_behind in ("invented-one", "2026", "24-118", "transport", "Vienna", "Sessions of this account"):
        assert left_behind not in text
    assert said(realm, "request template list", "investigator")["result"]["templates"] == ["sessions"]
    assert said(realm, "request template show sessions", "investigator")["result"] == saved["result"]
    (realm.folder / "id.txt").write_text("next-user@svc.example\n", "utf-8")
    words = "request new --template sessions --identifier-file id.txt --since 2026-11-02T00:00:00Z --until 2026-11-03T00:00:00Z"
    made = said(realm, words, "investigator")["result"]["draft"]
    assert made["tasks"][0]["identifier"] == "next-user@svc.example"
    assert made["tasks"][0]["elements"] == ["access_session", "name"]
    assert made["facts"] == saved["result"]["template"]["facts"]
    for key, value in (("identifier", "x@svc.example"), ("incident", None)):
        file.write_text(json.dumps(json.loads(text) | {key: value}), "utf-8")
        assert (
            said(realm, "request template show sessions", "investigator", code=4)["error"]["rule"]
            == "UNKNOWN_FIELD"
        )
    for part, value in (
        ("provider", "caller +43 1 5550 1234"),
        ("kind", "jo.example@chat.example"),
        ("kind", "431555012345"),
    ):
        file.write_text(json.dumps(json.loads(text) | {part: value}), "utf-8")
        error = said(realm, "request template show sessions", "investigator", code=4)["error"]
        assert (error["field"], error["rule"]) == (f"template.{part}", "TEMPLATE.CODED")
    file.unlink()
    assert (
        said(realm, "request template show sessions", "investigator", code=3)["error"]["code"]
        == "X_NOT_FOUND"
    )
    assert (
        said(realm, "request template show ../x", "investigator", code=4)["error"]["rule"] == "TEMPLATE.NAME"
    )


def test_lint_says_everything_at_once_with_basis_and_remedy(realm: Realm) -> None:
    data = example()
    tasks = data["tasks"]
    tasks[0]["identifier"] = "one@svc.example,two@svc.example"
    tasks[1]["since"] = {"text": "2026-08-20T00:00:00"}
    bad = data | {"facts": {"person.role": {"values": ["SUSPECT"]}}, "authority": "", "grounds": {}}
    found = said(realm, "request lint --from-json -", "investigator", stdin=json.dumps(bad), code=4)[
        "result"
    ]["findings"]
    by_rule = {item["rule"].rpartition("2023-1543/2/")[2]: item for item in found}
    assert {
        "LIST",
        "GROUNDS",
        "required_facts/controller",
        "required_facts/offence.max_penalty_months",
    } <= set(by_rule)
    assert {"threshold/2/offence", "authority/2/validate", "notify_enforcing_authority"} <= set(by_rule)
    assert any(item["field"].startswith("tasks[1].since") for item in found), found
    assert by_rule["LIST"]["field"] == "tasks[0].identifier"
    assert by_rule["LIST"]["basis"] == ""
    assert by_rule["threshold/2/offence"]["basis"].startswith("Regulation (EU) 2023/1543")
    assert all(item["fix"] and item["what"] for item in found)
    assert "one@svc.example" not in json.dumps(found)
    assert (
        said(realm, "request lint --from-json draft.json x", "investigator", code=2)["error"]["rule"]
        == "ONE_OF"
    )
