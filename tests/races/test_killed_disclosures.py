# SPDX-License-Identifier: Apache-2.0
"""A provider's command is ended by `kill -9` while it releases data: one disclosure, one entry, no ciphertext left behind.

The real command as a process of its own that ends itself at a failpoint, the real server, a body that was uploaded before.
Interrupted uploads themselves are tested with the SDK.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rogatory.client import agency
from rogatory.client.keyfile import DEFAULT_LIMITS, lock
from rogatory.client.outbox import list_outbox
from rogatory.client.private_files import write_private
from rogatory.client.profile import KEYS
from rogatory.protocol.header import StatementKind
from rogatory.protocol.state import StateName
from tests.integration.test_sdk_outbox import executing
from tests.support.desks import PASSPHRASE, Desks, day, secrets_of
from tests.support.front import ServerProcess


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    running = ServerProcess.start(tmp_path_factory.mktemp("killed") / "realm")
    yield running
    running.stop()


def typed(desks: Desks, *words: str, failpoints: str = "") -> int:
    """What the compliance officer types; returns the exit code."""
    passphrase = desks.folder / "passphrase"
    passphrase.write_text(PASSPHRASE, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ROGATORY_")}
    if failpoints:
        environment["ROGATORY_TEST_FAILPOINTS"] = failpoints
    who = ("--profile", str(desks.profile("compliance").path), "--passphrase-file", str(passphrase))
    done = subprocess.run(
        [sys.executable, "-c", "from rogatory.client.cli.main import main; main()", *words, *who],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
        check=False,
    )
    return done.returncode


def desks_of(server: ServerProcess, folder: Path) -> Desks:
    """Desks whose compliance officer's keys are locked as the command demands it; tests' own are locked too cheaply."""
    desks = Desks(server, folder)
    keys = lock(secrets_of(server.realm, "compliance"), PASSPHRASE, DEFAULT_LIMITS.floor)
    write_private(desks.profile("compliance").path / KEYS, keys)
    return desks


# The body and its statement have arrived or not, the receipt is kept or not, the outbox is cleared or half cleared.
@pytest.mark.parametrize(
    "name", ["client.keep.after", "client.send.before", "client.answer.after", "client.clear.after"]
)
async def test_a_release_that_is_killed_is_one_disclosure(
    server: ServerProcess, tmp_path: Path, name: str
) -> None:
    desks = desks_of(server, tmp_path / "people")
    request_id = await executing(desks)
    source = tmp_path / "small.bin"
    source.write_bytes(b"invented")
    words = ["provider", "disclose", request_id.hex(), "--file", str(source), "--task", "1", "--yes"]
    words += ["--element", "name", "--since", day(9).text, "--until", day(2).text]
    assert typed(desks, *words, failpoints=f"{name}=kill") == -signal.SIGKILL
    profile = desks.profile("compliance")
    assert len(list(profile.folder("staging").iterdir())) == 1
    assert typed(desks, "provider", "inbox") == 0
    assert list(profile.folder("staging").iterdir()) == []
    assert list(profile.folder("outbox").iterdir()) == []
    assert list_outbox(profile) == ()
    async with desks.open("investigator") as session:
        view = await agency.status(session, request_id)
        (fetched,) = await agency.fetch(session, request_id)
    assert view.state.name is StateName.DELIVERED
    kinds = [item.verified.header.kind for item in view.statements]
    assert kinds.count(StatementKind.DISCLOSE) == 1
    assert fetched.kept.files[0].read_bytes() == b"invented"
    disclosed = next(item for item in view.statements if item.verified.header.kind is StatementKind.DISCLOSE)
    assert (profile.folder("receipts") / f"{disclosed.verified.digest.hex()}.bin").exists()
