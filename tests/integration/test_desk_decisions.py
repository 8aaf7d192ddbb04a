# SPDX-License-Identifier: Apache-2.0
"""What judges and providers do at their desks: orders, pages, narrowing, returns, questions, exhibits, drafts of law.

Each command runs as a person would type it, against the real server. What each party cryptographically gets is `test_xray`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.breakages import BREAKAGES
from tests.support.commands import Realm
from tests.support.desk_words import AUTHORITY, LOG, PROVIDER, desks, draft, example, issued, said, shown
from tests.support.project import ROOT


@pytest.fixture(scope="module")
def realm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Realm]:
    yield from desks(tmp_path_factory.mktemp("desk"))


def test_an_order_says_each_rule_and_what_is_new_since_the_return(realm: Realm) -> None:
    request = issued(realm)
    first = said(realm, f"authority show {request}", "judge")["result"]
    assert first["returned"] is None
    assert all(item["passed"] for item in first["checks"])
    assert {"CHAIN.SIGNATURES", "SECTIONS.MATCH"} <= {item["rule"] for item in first["checks"]}
    failed = [
        c
        for c in said(realm, f"authority show {request}", "prosecutor")["result"]["checks"]
        if not c["passed"]
    ]
    assert [(item["code"], item["rule"].rpartition("/2/")[2]) for item in failed] == [
        ("X_AUTHORITY_NOT_COMPETENT", "validate")
    ]
    said(realm, f"authority return {request} --code A_GROUNDS_INSUFFICIENT --yes", "judge")
    data = example()
    data["tasks"][0]["elements"] = ["name"]
    data["grounds"]["necessity"] = "The account arranged the transport of two people."
    issued(realm, request_id=request, tasks=data["tasks"][:1], grounds=data["grounds"])
    back = said(realm, f"authority show {request}", "judge")["result"]["returned"]
    assert (back["code"], back["sealed_compared"]) == ("A_GROUNDS_INSUFFICIENT", True)
    changes = {item["path"]: (item["before"], item["after"]) for item in back["changes"]}
    assert changes["task 1: data elements"] == ("access_session, name", "name")
    assert changes["task 2: identifier type"] == ("email", "")
    assert changes["sealed, task 2: identifier"] == ("invented-two@mail.example", "")
    assert changes["sealed grounds: necessity"][1] == "The account arranged the transport of two people."
    assert not any(
        "commitment" in path or path.endswith("identifier_type") for path in changes if "task 1" in path
    )


def test_an_order_is_one_tree_as_text_and_as_a_page(realm: Realm) -> None:
    request = issued(realm)
    ran = shown(realm, f"authority show {request} --html order.html", "judge")
    page = (realm.folder / "order.html").read_text("utf-8")
    for title in (
        "Who",
        "What exactly",
        "Why now",
        "Who else is touched",
        "Rules",
        "New since the last return",
    ):
        assert f"  {title}\n" in ran.out
        assert f">{title}" in page
    for line in ran.out.splitlines():
        _, bar, value = line.partition("\u2502 ")
        words = (
            value.partition("  (")[0]
            .replace("&", "&amp;")
            .replace("<", "&lt;")
            .replace('"', "&quot;")
            .replace("'", "&#x27;")
        )
        assert not bar or "\u27e8" in words or words in page, line
    assert '<b class="mark">\u27e8U+202E\u27e9</b>a trick' in page.replace("</b> a", "</b>a")
    assert "<script" not in page
    assert "default-src 'none'" in page.replace("&#x27;", "'")
    assert (realm.folder / "order.html").stat().st_mode & 0o077 == 0
    again = said(realm, f"authority show {request} --html order.html", "judge", code=2)["error"]
    assert (again["field"], again["rule"]) == ("--html", "NEW")
    shown(realm, f"request xray {draft(realm)} --html sees.html", "investigator")
    assert "invented-one@svc.example" in (realm.folder / "sees.html").read_text("utf-8")


def test_hostile_words_stay_words_on_a_page(realm: Realm) -> None:
    data = example()
    grounds = data["grounds"] | {"necessity": '</td><script>alert(1)</script><a href="x">&amp;'}
    request = issued(realm, grounds=grounds)
    shown(realm, f"authority show {request} --html hostile.html", "judge")
    page = (realm.folder / "hostile.html").read_text("utf-8")
    assert "<script" not in page
    assert "<a " not in page
    assert "&lt;/td&gt;&lt;script&gt;" in page


def test_a_grant_narrows_in_one_option_and_never_widens(realm: Realm) -> None:
    request = issued(realm)
    narrow = (
        "--narrow",
        "2:drop",
        "--narrow",
        "1:without=access_session",
        "--narrow",
        "window=2026-08-21..2026-08-22",
    )
    wide = ("--narrow", "1:window=2026-08-01..2026-08-22")
    assert (
        said(realm, f"authority grant {request}", "judge", *wide, code=4)["error"]["rule"]
        == "GRANT_NEVER_WIDENS"
    )
    for wrong in ("drop", "1:mailbox", "1:window=2026-08-21", "x:drop"):
        assert (
            said(realm, f"authority grant {request}", "judge", "--narrow", wrong, code=2)["error"]["field"]
            == "--narrow"
        )
    ran = shown(realm, f"authority grant {request}", "judge", *narrow, stdin="grant\n")
    last = ran.err[ran.err.index("Read these four once more before you sign") :]
    assert "invented-one@svc.example" in last
    assert "invented-two" not in last
    assert "access_session" not in last
    assert "2026-08-21 to 2026-08-22" in last
    (task, dropped) = said(realm, f"request status {request}", "investigator")["result"]["tasks"]
    assert task["granted"] == {"elements": ["name"], "first_day": "2026-08-21", "last_day": "2026-08-22"}
    assert dropped["granted"] is None
    assert (
        said(realm, f"authority grant {request} --yes", "judge", code=4)["error"]["code"]
        == "X_STATE_NOT_ALLOWED"
    )


def test_each_word_of_the_authority_goes_in(realm: Realm) -> None:
    refused = issued(realm)
    said(realm, f"authority refuse {refused} --code A_NOT_NECESSARY --yes", "judge")
    assert said(realm, f"request status {refused}", "investigator")["result"]["state"] == "REFUSED"
    assert said(realm, f"authority return {refused} --code A_OTHER --yes", "judge", code=4)["error"]["code"]
    rescinded = issued(realm)
    shown(realm, f"authority grant {rescinded}", "judge", stdin="grant\n")
    said(realm, f"authority rescind {rescinded} --code CONDITIONS_NOT_MET --yes", "judge")
    assert said(realm, f"request status {rescinded}", "investigator")["result"]["state"] == "WITHDRAWN"


def test_questions_proposals_and_partial_refusals_go_to_and_fro(realm: Realm) -> None:
    request = issued(realm)
    shown(realm, f"authority grant {request}", "judge", stdin="grant\n")
    said(realm, "provider connect --once", "provider-service")
    said(realm, f"provider receive {request} --yes", "compliance")
    said(
        realm,
        f"provider clarify {request} --code IDENTIFIER_UNCLEAR --task 1 --yes",
        "compliance",
        "--note",
        "Which one?",
    )
    held = said(realm, f"request status {request}", "investigator")["result"]["holds"]
    assert [(item["name"], item["code"]) for item in held] == [
        ("CLARIFICATION_PENDING", "IDENTIFIER_UNCLEAR")
    ]
    said(realm, f"request answer {request} --yes", "investigator", "--note", "The first.")
    said(realm, f"provider propose {request} --drop-element 1:access_session --yes", "compliance")
    (proposal,) = said(realm, f"request status {request}", "investigator")["result"]["proposals"]
    assert proposal["changes"][0]["elements_out"] == ["access_session"]
    said(realm, f"request amend {request} --accept --yes", "investigator")
    said(realm, f"provider refuse {request} --code P_NOT_STORED_AT_RECEIPT --task 2 --yes", "compliance")
    tasks = said(realm, f"request status {request}", "investigator")["result"]["tasks"]
    assert tasks[0]["granted"]["elements"] == ["name"]
    assert [bool(task["outcome"]) for task in tasks] == [False, True]


def test_an_exhibit_is_held_against_the_request_by_judge_and_provider(realm: Realm, tmp_path: Path) -> None:
    (realm.folder / "seized.log").write_text(LOG, "utf-8")
    words = (
        "request new --kind DISCLOSURE --pack eu.e-evidence.2023-1543 --type account_id --element name"
        " --from-exhibit seized.log#line:2 --since 2026-11-02T00:00:00Z --until 2026-11-03T00:00:00Z"
        " --fact controller=CONTROLLER --fact person.role=SUSPECT --fact offence.max_penalty_months=120"
        " --necessity x --proportionality x"
    )
    parties = ("--to", PROVIDER, "--authority", AUTHORITY)
    made = said(realm, words, "investigator", *parties)["result"]["request_id"]
    said(realm, f"request send {made} --yes", "investigator")
    result = said(realm, f"authority exhibit {made} seized.log", "judge")["result"]
    assert (result["agrees"], result["locator"]) == (True, "line:2")
    shown(realm, f"authority grant {made}", "judge", stdin="grant\n")
    other = tmp_path / "other.log"
    other.write_text(LOG.replace("lifted", "mended"), "utf-8")
    said(realm, f"provider exhibit {made}", "compliance", "seized.log")
    wrong = said(realm, f"provider exhibit {made}", "compliance", str(other), code=7)["result"]
    assert (wrong["agrees"], wrong["code"], wrong["rule"]) == (False, "X_EXHIBIT_CHANGED", "EXHIBIT.SHA256")
    ran = shown(realm, f"provider exhibit {made} {other}", "compliance", code=7)
    assert "DOES NOT AGREE" in ran.out
    assert "mended" not in ran.out + ran.err
    assert (
        said(realm, f"provider exhibit {made} seized.log --task 7", "compliance", code=4)["error"]["field"]
        == "--task"
    )
    plain = issued(realm)
    none = said(realm, f"authority exhibit {plain} seized.log", "judge", code=7)["result"]
    assert (none["rule"], none["locator"]) == ("EXHIBIT.NONE", "")


@pytest.mark.parametrize(
    ("breakage", "rule"),
    [
        ("vanished", "PRESENT"),
        ("a folder", "REGULAR_FILE"),
        ("a pipe", "REGULAR_FILE"),
        ("a device", "REGULAR_FILE"),
    ],
)
def test_an_exhibit_that_is_no_file_is_named(realm: Realm, breakage: str, rule: str, tmp_path: Path) -> None:
    named = tmp_path / "named"
    named.write_text(LOG, "utf-8")
    BREAKAGES[breakage](named)
    error = said(realm, "authority exhibit 0199ab", "judge", str(named), code=2)["error"]
    assert (error["field"], error["rule"]) == ("EXHIBIT", rule)


def test_a_draft_of_law_is_tried_on_the_requests_of_some_days(realm: Realm) -> None:
    issued(realm)
    (realm.folder / "law.yaml").write_bytes(
        (ROOT / "proto" / "rogatory" / "packs" / "eu.e-evidence.2023-1543.v2.yaml").read_bytes()
    )
    everything = said(realm, "directory pack replay law.yaml", "investigator")["result"]
    assert everything["granted"] == len(everything["requests"]) > 0
    assert (
        said(realm, "directory pack replay law.yaml --until 2026-01-01", "investigator")["result"]["requests"]
        == []
    )
    some = said(realm, "directory pack replay law.yaml --since 2026-01-01", "investigator")["result"]
    assert some["requests"] == everything["requests"]
