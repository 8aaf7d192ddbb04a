# SPDX-License-Identifier: Apache-2.0
"""The command is ended by `kill -9` between signing and the end of the outbox: nothing is lost, nothing goes twice.

Real processes that end themselves at failpoints of a training realm, and a real server. What was signed and not yet kept
was promised to nobody; all else goes by itself. Power cuts are not tested here.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from rogatory.audit.failpoints import NAMES
from rogatory.client.agency import status
from rogatory.client.cli.draft_input import draft_of
from rogatory.client.cli.rehearsal import VARIABLE, arm_failpoints
from rogatory.client.cli.session import UsageError
from rogatory.client.drafts import new_draft, save_draft
from rogatory.client.outbox import list_outbox
from rogatory.client.profile import Profile
from rogatory.client.session import open_session
from rogatory.protocol.header import StatementKind
from rogatory.protocol.ids import SystemClock, SystemEntropy
from tests.support.commands import Realm

DRAFT: Final = Path(__file__).parents[1] / "cli" / "files" / "draft.json"
WHO: Final = ("--profile", "investigator")
# What the process leaves: signed and nowhere; waiting; waiting though the exchange has it; half cleared away.
LEFT: Final = {
    "client.sign.after": [],
    "client.keep.before": ["000001.new"],
    "client.keep.after": ["000001"],
    "client.send.before": ["000001"],
    "client.answer.after": ["000001"],
    "client.receipt.after": ["000001"],
    "client.clear.after": ["000001.done"],
}
NEVER_KEPT: Final = ("client.sign.after", "client.keep.before")


@pytest.fixture(scope="module")
def realm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Realm]:
    made = Realm.make(tmp_path_factory.mktemp("killed"))
    made.start()
    yield made
    made.stop()


def profile(realm: Realm) -> Profile:
    return Profile.open(realm.folder / "realm" / "profiles" / "investigator")


def draft(realm: Realm) -> str:
    data = json.loads(DRAFT.read_text(encoding="utf-8"))
    return save_draft(profile(realm), new_draft(draft_of(data), SystemClock(), SystemEntropy()))


def left(realm: Realm) -> list[str]:
    return sorted(path.name for path in profile(realm).folder("outbox").iterdir())


async def logged(realm: Realm, request: str) -> list[int]:
    """Indices of a request's statements, each of which is its issue."""
    async with open_session(profile(realm)) as session:
        view = await status(session, bytes.fromhex(request))
    assert {item.verified.header.kind for item in view.statements} == {StatementKind.ISSUE}
    receipts = profile(realm).folder("receipts")
    assert all((receipts / f"{item.verified.digest.hex()}.bin").exists() for item in view.statements)
    return [item.index for item in view.statements]


def test_the_table_knows_every_failpoint_of_the_client() -> None:
    assert set(LEFT) == {name for name in NAMES if name.startswith("client.")}


@pytest.mark.parametrize("name", LEFT)
async def test_a_command_that_is_killed_loses_nothing_and_sends_nothing_twice(
    realm: Realm, name: str
) -> None:
    request = draft(realm)
    killed = realm.run("request", "send", request, "--yes", *WHO, failpoints=f"{name}=kill")
    assert killed.code == -signal.SIGKILL
    assert left(realm) == LEFT[name]
    # The next command, whatever it is for, brings it to its end; where nothing was kept, the person says it again.
    again = ("send", request, "--yes") if name in NEVER_KEPT else ("status",)
    ran = realm.run("request", *again, *WHO, "--json")
    assert ran.code == 0, ran.out + ran.err
    assert ("outbox" in json.loads(ran.out)) == (name not in (*NEVER_KEPT, "client.clear.after"))
    assert left(realm) == []
    assert list_outbox(profile(realm)) == ()
    assert len(await logged(realm, request)) == 1


async def test_a_command_that_is_killed_again_and_again_has_one_effect(realm: Realm) -> None:
    request = draft(realm)
    for name in ("client.keep.after", "client.answer.after", "client.receipt.after", "client.clear.after"):
        words = ("send", request, "--yes") if name == "client.keep.after" else ("status",)
        killed = realm.run("request", *words, *WHO, failpoints=f"{name}=kill")
        assert killed.code == -signal.SIGKILL
    assert len(await logged(realm, request)) == 1


def test_failpoints_are_armed_in_an_exercise_only(realm: Realm, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = realm.run("request", "status", *WHO, "--json", failpoints="client.nowhere=kill")
    assert ran.code == 2
    assert "does not parse" in json.loads(ran.out)["error"]["what"]
    monkeypatch.setenv(VARIABLE, "client.send.before=kill")
    with pytest.raises(UsageError, match="no exercise"):
        arm_failpoints(lambda: "OPERATIONAL")
    monkeypatch.delenv(VARIABLE)
    arm_failpoints(lambda: "OPERATIONAL")
