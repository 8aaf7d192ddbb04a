# SPDX-License-Identifier: Apache-2.0
"""The exchange is stopped in an emergency, and the real command goes on with files; later the real server has it all.

Everything is invented. The server is a process of its own, stopped and started again; no file is made but by the command.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import Realm
from tests.support.urgent import drafted, said, urgent_realm


@pytest.fixture
def realm(tmp_path: Path) -> Iterator[Realm]:
    made = urgent_realm(tmp_path)
    yield made
    made.stop()


def places(found: dict[str, Any]) -> list[tuple[str, str]]:
    (request,) = found["requests"]
    return [(row["kind"], row["place"]) for row in request["statements"]]


def test_an_emergency_goes_by_file_is_answered_deposited_and_verifies(realm: Realm) -> None:
    request = drafted(realm)
    realm.stop()

    # The agency: signed, not sent, carried.
    sent = said(realm, "request", "send", request, who="investigator", stdin="emergency\n")
    assert sent["queued"]
    carried = said(
        realm, "request", "carry", request, "-o", "order.carry", who="investigator", stdin="emergency\n"
    )

    # The provider: checks all of it, calls, signs, freezes, discloses; nothing of it needs a network.
    taken = said(
        realm, "provider", "receive", "order.carry", "--offline", who="compliance", stdin="emergency\n"
    )
    assert taken["code"] == carried["code"]
    assert taken["call_back"] == "tel:+442079460101"
    assert [item["kind"] for item in taken["signed"]] == ["DELIVERED", "RECEIVE"]
    said(realm, "provider", "preserve", request, who="compliance", stdin="emergency\n")
    (realm.folder / "name.txt").write_text("Invented Name\n", encoding="utf-8")
    window = ("--since", "2026-08-20T00:00:00+02:00", "--until", "2026-08-26T23:59:59+02:00")
    plan = ("--file", "name.txt", "--task", "1", "--element", "name", *window)
    disclosed = said(realm, "provider", "disclose", request, *plan, who="compliance", stdin="emergency\n")
    assert disclosed["queued"]
    answer = said(
        realm, "provider", "carry", request, "-o", "answer.carry", who="compliance", stdin="emergency\n"
    )

    # The agency opens the answer under the same hash and scope check, and signs that it did.
    opened = said(realm, "request", "receive", "answer.carry", "--offline", who="investigator")
    assert opened["code"] == answer["code"]
    assert opened["request"]["state"] == "DELIVERED"
    (folder,) = opened["files"]
    assert [path.read_text() for path in Path(folder).glob("0001-*")] == ["Invented Name\n"]
    said(realm, "request", "acknowledge", request, who="investigator", stdin="emergency\n")
    waits = said(realm, "request", "deposit", request, who="investigator", code=5)
    assert {place for _, place in places(waits)} == {"WAITS", "MISSING"}

    # The exchange is back. The provider comes first and is held back, not refused.
    realm.start()
    held = said(realm, "request", "deposit", request, who="compliance", code=5)
    assert {place for _, place in places(held)} == {"WAITS", "MISSING"}
    said(realm, "request", "deposit", request, who="investigator", code=5)
    # A yes of the authority in between changes nothing for who answered before it.
    said(realm, "authority", "grant", request, who="prosecutor", stdin="grant\n")
    said(realm, "request", "deposit", request, who="compliance")
    done = said(realm, "request", "deposit", request, who="investigator")
    assert {place for _, place in places(done)} == {"LOGGED"}

    status = said(realm, "request", "status", request, who="investigator")
    assert [item["kind"] for item in status["statements"]] == [
        "ISSUE",
        "TRANSMIT_OUTSIDE",
        "VALIDATE",
        "DELIVERED",
        "RECEIVE",
        "PRESERVE",
        "DISCLOSE",
        "TRANSMIT_OUTSIDE",
        "ACKNOWLEDGE",
    ]
    assert status["state"] == "CLOSED"
    duty = next(item for item in status["duties"] if item["name"] == "deposit")
    assert (duty["met"], duty["due_ms"]) == (True, carried["deposit_by_ms"])
    assert "OVERDUE" not in status["flags"]
    said(realm, "request", "bundle", request, "-o", "exhibit.bundle", who="investigator")
    verdict = said(realm, "verify", "exhibit.bundle", who="inspector")
    assert verdict["verdict"] == "VERIFIED"
