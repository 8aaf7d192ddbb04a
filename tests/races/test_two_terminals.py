# SPDX-License-Identifier: Apache-2.0
"""Commands of one profile at the same moment: each statement is sent once, none is lost, and nobody reads half a file.

Real processes and a real server. A command that had to give way says so and is typed again, as a person would; how long
it waits is not asserted.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rogatory.client.outbox import list_outbox
from rogatory.client.profile import Profile
from rogatory.client.trusted_state import TrustedState
from tests.support.commands import Ran, Realm
from tests.support.front import wait_until

DRAFT = str(Path(__file__).parents[1] / "cli" / "files" / "draft.json")
WHO = ("--profile", "investigator")


@pytest.fixture
def realm(tmp_path: Path) -> Iterator[Realm]:
    made = Realm.make(tmp_path)
    made.start()
    yield made
    made.stop()


def profile(realm: Realm) -> Profile:
    return Profile.open(realm.folder / "realm" / "profiles" / "investigator")


def drafts(realm: Realm, count: int) -> list[str]:
    made = [realm.run("request", "new", "--from-json", DRAFT, *WHO, "--json") for _ in range(count)]
    return [str(json.loads(ran.out)["result"]["request_id"]) for ran in made]


def typed(realm: Realm, *words: str) -> Ran:
    """Types a command, and again for as long as another one holds the profile."""
    while True:
        ran = realm.run(*words, *WHO, "--json")
        if '"rule": "PROFILE.LOCKED"' not in ran.out:
            return ran
        assert ran.code == 5


def at_once(realm: Realm, commands: list[tuple[str, ...]]) -> list[Ran]:
    gate = threading.Barrier(len(commands))

    def one(words: tuple[str, ...]) -> Ran:
        gate.wait(60)
        return typed(realm, *words)

    with ThreadPoolExecutor(len(commands)) as pool:
        return list(pool.map(one, commands))


def requests(realm: Realm) -> dict[str, list[str]]:
    """Every request of the profile's party with the kinds of its statements."""
    listed = json.loads(typed(realm, "request", "status").out)["result"]["requests"]
    found = {}
    for item in listed:
        shown = json.loads(typed(realm, "request", "status", item["request_id"]).out)["result"]
        found[item["request_id"]] = [statement["kind"] for statement in shown["statements"]]
    return found


def test_two_terminals_send_everything_once_and_lose_nothing(realm: Realm) -> None:
    waiting = drafts(realm, 2)
    typed(realm, "audit", "checkpoint")
    realm.stop()
    for request in waiting:
        assert json.loads(typed(realm, "request", "send", request, "--yes").out)["result"]["queued"]
    assert len(list_outbox(profile(realm))) == 2
    realm.start()
    fresh = drafts(realm, 2)
    ran = at_once(
        realm,
        [
            ("request", "send", fresh[0], "--yes"),
            ("request", "send", "--waiting"),
            ("request", "send", fresh[1], "--yes"),
            ("request", "status"),
        ],
    )
    assert [item.code for item in ran] == [0, 0, 0, 0], [item.out + item.err for item in ran]
    went = [json.loads(item.out).get("outbox", {"flushed": []})["flushed"] for item in ran]
    went.append(json.loads(ran[1].out)["result"]["flushed"])
    sent = [item["request_id"] for items in went for item in items]
    assert sorted(sent) == sorted(waiting), "one of the commands sent each, and no other did"
    assert requests(realm) == {request: ["ISSUE"] for request in (*waiting, *fresh)}
    assert list_outbox(profile(realm)) == ()
    assert len(list(profile(realm).folder("receipts").iterdir())) == 4


def test_one_draft_sent_from_two_terminals_is_one_request(realm: Realm) -> None:
    (request,) = drafts(realm, 1)
    ran = at_once(realm, [("request", "send", request, "--yes")] * 2)
    first, second = sorted(ran, key=lambda item: item.code)
    assert (first.code, second.code) == (0, 4)
    assert json.loads(second.out)["error"]["rule"] == "REQUEST_ID_TAKEN"
    assert requests(realm) == {request: ["ISSUE"]}
    assert list_outbox(profile(realm)) == ()


def test_who_watches_keeps_nobody_from_working(realm: Realm) -> None:
    asked, other = drafts(realm, 2)
    assert typed(realm, "request", "send", asked, "--yes").code == 0
    beat = profile(realm).folder("state") / "heartbeat.bin"
    with ThreadPoolExecutor(1) as pool:
        watching = pool.submit(realm.run, "request", "watch", "--count", "1", *WHO, "--json")
        wait_until(beat.exists, 100)
        sent = realm.run("request", "send", other, "--yes", *WHO, "--json")
        assert sent.code == 0, sent.out
        assert "waiting for it" not in sent.err
        granted = realm.run("authority", "grant", asked, "--profile", "judge", stdin="grant\n")
        assert granted.code == 0, granted.err
        heard = json.loads(watching.result(120).out)
    assert (heard["request_id"], heard["kind"]) == (asked, "VALIDATE")
    trusted = TrustedState(profile(realm)).trusted
    assert trusted.cursor == heard["index"] + 1
    assert {head.size for head in (*trusted.unchecked, *trusted.history)} >= {
        json.loads(sent.out)["result"]["index"] + 1
    }, "what the other command has learnt is still there"
