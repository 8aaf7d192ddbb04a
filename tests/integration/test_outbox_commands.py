# SPDX-License-Identifier: Apache-2.0
"""Every command that reaches the exchange sends what waits first, and nothing about that changes its own result.

The real command as a process, against the real server. Which statement may leave the outbox is tested with the SDK.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rogatory.client.outbox import list_outbox
from rogatory.client.profile import Profile
from tests.support.commands import Ran, Realm

_FILES = Path(__file__).parents[1] / "cli" / "files"


@pytest.fixture
def realm(tmp_path: Path) -> Iterator[Realm]:
    made = Realm.make(tmp_path)
    made.start()
    yield made
    made.stop()


def result(ran: Ran) -> Any:  # noqa: ANN401 - JSON
    assert ran.code == 0, ran.out + ran.err
    return json.loads(ran.out)["result"]


def draft(realm: Realm) -> str:
    source = str(_FILES / "draft.json")
    made = realm.run("request", "new", "--from-json", source, "--profile", "investigator", "--json")
    return str(result(made)["request_id"])


def profile(realm: Realm, name: str = "investigator") -> Profile:
    return Profile.open(realm.folder / "realm" / "profiles" / name)


def send(realm: Realm, request: str) -> Ran:
    return realm.run("request", "send", request, "--profile", "investigator", "--yes", "--json")


def test_a_command_that_fails_still_sends_what_waits_and_says_so(realm: Realm) -> None:
    asked = draft(realm)
    realm.run("audit", "checkpoint", "--profile", "investigator")
    realm.stop()
    assert result(send(realm, asked))["queued"]
    realm.start()
    ran = realm.run("request", "status", "ffffffffffff", "--profile", "investigator", "--json")
    assert ran.code == 2, "its own result"
    said = json.loads(ran.out)
    assert said["error"]["code"] == "USAGE"
    (item,) = said["outbox"]["flushed"]
    assert (item["request_id"], item["kept"], item["code"]) == (asked, False, "")
    assert item["index"] > 0
    assert "Waiting statements: 1 sent." in ran.err.splitlines()
    assert "outbox" not in json.loads(
        realm.run("request", "status", "--profile", "investigator", "--json").out
    )


def test_what_cannot_be_read_in_the_outbox_stops_no_command_and_can_be_given_up(realm: Realm) -> None:
    asked = draft(realm)
    box = profile(realm).folder("outbox")
    (box / "000004").mkdir()
    (box / "000004" / "envelope.bin").write_bytes(b"broken")
    ran = send(realm, asked)
    assert result(ran)["index"] > 0
    assert "Waiting statements: 1 damaged. `request send --waiting` says more." in ran.err.splitlines()
    shown = realm.run("request", "send", "--waiting", "--profile", "investigator", "--json")
    assert (shown.code, json.loads(shown.out)["result"]["damaged"]) == (4, [4])
    given_up = realm.run("request", "send", "--discard", "4", "--profile", "investigator", "--yes", "--json")
    kept = profile(realm).folder("evidence") / result(given_up)["evidence"] / "damaged" / "envelope.bin"
    assert kept.read_bytes() == b"broken"
    assert list(box.iterdir()) == []


def test_what_a_crash_left_half_removed_is_cleared_away(realm: Realm) -> None:
    box = profile(realm).folder("outbox")
    (box / "000001.done").mkdir()
    (box / "000002.new").mkdir()
    (box / "000002.new" / "envelope.bin").write_bytes(b"half")
    ran = realm.run("request", "status", "--profile", "investigator", "--json")
    assert result(ran)["requests"] == []
    assert list(box.iterdir()) == []
    assert list_outbox(profile(realm)) == ()


def test_a_request_is_taken_back_without_a_network_and_who_does_it_twice_is_told(realm: Realm) -> None:
    asked = draft(realm)
    assert result(send(realm, asked))["index"] > 0
    assert realm.run("request", "status", asked, "--profile", "investigator").code == 0
    realm.stop()
    take_back = ("request", "withdraw", asked[-8:], "--code", "ERROR", "--profile", "investigator", "--yes")
    for _ in range(2):
        assert result(realm.run(*take_back, "--json"))["queued"]
    realm.start()
    ran = realm.run("request", "status", asked, "--profile", "investigator", "--json")
    assert result(ran)["state"] == "WITHDRAWN"
    first, second = json.loads(ran.out)["outbox"]["flushed"]
    assert (first["code"], second["code"], second["kept"]) == ("", "X_OBJECT_TERMINAL", False)
    said = ran.err.splitlines()
    assert "Waiting statements: 1 sent, 1 refused: X_OBJECT_TERMINAL." in said
    assert any(line.startswith(f"  WITHDRAW of request {asked}: X_OBJECT_TERMINAL: ") for line in said)


def test_an_accepted_statement_whose_receipt_the_disk_does_not_take_is_accepted(realm: Realm) -> None:
    asked = draft(realm)
    receipts = profile(realm).folder("receipts")
    receipts.rmdir()
    receipts.symlink_to("/proc")  # a folder in which nobody can make a file, not even root
    sent = result(send(realm, asked))
    assert (sent["queued"], sent["receipt_saved"], sent["state"]) == (False, False, "ISSUED")
    assert sent["index"] > 0
    second = draft(realm)
    shown = realm.run("request", "send", second, "--profile", "investigator", "--yes")
    assert shown.code == 0
    assert "NOT SAVED" in shown.out
    assert "Waiting statements: 1 sent (1 without a saved receipt)." in shown.err
    receipts.unlink()
    receipts.mkdir(mode=0o700)
    healed = json.loads(realm.run("request", "send", "--waiting", "--profile", "investigator", "--json").out)
    again = healed["result"]["flushed"]
    assert again[0]["index"] == sent["index"], "the same entry, not a second one"
    assert [item["receipt_saved"] for item in again] == [True, True]
    assert len(list(receipts.iterdir())) == 2
    assert list_outbox(profile(realm)) == ()
    seen = result(realm.run("request", "status", asked, "--profile", "investigator", "--json"))
    assert [item["index"] for item in seen["statements"]] == [sent["index"]]
