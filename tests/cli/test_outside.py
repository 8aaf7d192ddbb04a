# SPDX-License-Identifier: Apache-2.0
"""A provider that is not on the exchange: an order as a letter, an answer that comes by hand, and a bundle that proves both.

The real command and the real server; everybody and everything is invented.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import Realm
from tests.support.urgent import said, urgent_realm

HERE = Path(__file__).parent
OUTSIDE = "Example Hosting (invented)"
SPAN = ("--since", "2026-08-20T00:00:00+02:00", "--until", "2026-08-26T23:59:59+02:00")


@pytest.fixture
def realm(tmp_path: Path) -> Iterator[Realm]:
    made = urgent_realm(tmp_path)
    yield made
    made.stop()


def drafted(realm: Realm, provider: str) -> str:
    draft: dict[str, Any] = json.loads((HERE / "files" / "draft.json").read_text("utf-8"))
    draft["tasks"] = [{**draft["tasks"][0], "elements": ["name"]}]
    text = json.dumps({**draft, "provider": provider})
    made = said(realm, "request", "new", "--from-json", "-", who="investigator", stdin=text)
    request: str = made["request_id"]
    return request


def verdict(realm: Realm, name: str, code: int = 0) -> dict[str, Any]:
    return said(realm, "verify", name, "--letter", who="inspector", code=code)


def test_an_order_goes_as_a_letter_and_its_answer_comes_into_the_bundle(realm: Realm) -> None:
    for wrong in (OUTSIDE, "external:Example Access (invented)"):
        refused = said(realm, "request", "send", drafted(realm, wrong), "--yes", who="investigator", code=4)
        assert refused["rule"] == "EXTERNAL"
    request = drafted(realm, f"external:{OUTSIDE}")
    said(realm, "request", "send", request, "--yes", who="investigator")
    early = said(realm, "request", "letter", request, "-o", "early.html", "--yes", who="investigator", code=4)
    assert early["rule"] == "STATE.ISSUED"
    said(realm, "authority", "grant", request, who="prosecutor", stdin="grant\n")

    letter = said(realm, "request", "letter", request, "-o", "order.html", "--yes", who="investigator")
    page = (realm.folder / "order.html").read_text("utf-8")
    for said_on_it in (letter["code"], "tel:+442079460101", "invented-one@svc.example", request):
        assert said_on_it in page
    assert "The account arranged the transport." not in page  # the grounds
    assert letter["sent"]["kind"] == "TRANSMIT_OUTSIDE"
    assert verdict(realm, "order.html")["verdict"] == "VERIFIED"

    # Whoever changes the page, or the order in it, is found out.
    for name, old, new in (
        ("number.html", "tel:+442079460101", "tel:+442079460199"),
        ("more.html", "2026-08-26, both", "2026-09-26, both"),
        ("script.html", "</body>", "<script>1</script></body>"),
        ("none.html", '<pre id="rogatory-order">', "<pre>"),
    ):
        assert old in page
        (realm.folder / name).write_text(page.replace(old, new), encoding="utf-8")
        found = verdict(realm, name, code=7)
        assert found["reasons"][0]["rule"] == ("LETTER.ORDER" if name == "none.html" else "LETTER.PAGE")
    place = page.index('<pre id="rogatory-order">') + 4000
    flipped = page[:place] + ("A" if page[place] != "A" else "B") + page[place + 1 :]
    (realm.folder / "flipped.html").write_text(flipped, encoding="utf-8")
    assert verdict(realm, "flipped.html", code=7)["verdict"] == "FAILED"

    # The answer: in scope it is kept and proven by the bundle, outside it is set aside.
    (realm.folder / "name.txt").write_text("Invented Name\n", encoding="utf-8")
    one = ("--file", "name.txt", "--task", "1", "--element", "name", *SPAN)
    kept = said(realm, "request", "receive-outside", request, *one, "--yes", who="investigator")
    assert (kept["scope_report"], kept["quarantined"]) == ("IN_SCOPE", [])
    assert [Path(path).read_text("utf-8") for path in kept["files"]] == ["Invented Name\n"]
    (realm.folder / "more.txt").write_text("Something else\n", encoding="utf-8")
    more = ("--file", "more.txt", "--task", "1", "--element", "postal_address", *SPAN)
    away = said(realm, "request", "receive-outside", request, *more, "--yes", who="investigator")
    assert (away["scope_report"], away["files"]) == ("EXCESS_QUARANTINED", [])
    said(realm, "request", "bundle", request, "-o", "exhibit.bundle", who="investigator")
    checked = said(realm, "verify", "exhibit.bundle", who="inspector")
    assert checked["verdict"] == "VERIFIED"
    counts = {item["name"]: item["count"] for item in checked["checks"]}
    assert counts["answers that came another way, files held against the signed digest"] == 1
    data = (realm.folder / "exhibit.bundle").read_bytes()
    assert data.count(b"Invented Name\n") == 1
    (realm.folder / "changed.bundle").write_bytes(data.replace(b"Invented Name\n", b"Invented Game\n"))
    assert said(realm, "verify", "changed.bundle", who="inspector", code=7)["verdict"] == "FAILED"
    status = said(realm, "request", "status", request, who="investigator")
    kinds = [item["kind"] for item in status["statements"]]
    assert kinds == ["ISSUE", "VALIDATE", *["TRANSMIT_OUTSIDE"] * 3]
    assert status["duties"] == [item for item in status["duties"] if item["name"] != "deposit"]
