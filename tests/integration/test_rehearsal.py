# SPDX-License-Identifier: Apache-2.0
"""Failpoints can be armed in a training realm and nowhere else: any other start with the variable set exits 78.

The mains are the real ones; the operational root is the training realm's own, marked anew and signed again.
"""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from rogatory.protocol import codec
from rogatory.protocol.directory import TRUST_ROOT_TYPE
from rogatory.protocol.keys import HybridSigner
from rogatory.protocol.quorum import sign_quorum
from tests.support.front import ServerProcess
from tests.support.realm import TrainingRealm

MAINS = {
    "front": ("rogatory.server.main",),
    "writer": ("rogatory.server.writer", "--socket", "0"),
}


def _start(main: str, folder: Path, failpoints: str) -> subprocess.CompletedProcess[str]:
    module, *more = MAINS[main]
    config = folder / "server" / "config.toml"
    return subprocess.run(
        [sys.executable, "-m", module, "--config", config, *more],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "ROGATORY_TEST_FAILPOINTS": failpoints},
        stdin=subprocess.DEVNULL,
    )


def _mark_operational(realm: TrainingRealm, folder: Path) -> None:
    payload = codec.encode(replace(realm.root, marking="OPERATIONAL"))
    signed = sign_quorum(payload, TRUST_ROOT_TYPE, [HybridSigner(realm.realm.scheme.root)])
    (folder / "server" / "scheme" / "root.quorum").write_bytes(signed)


@pytest.mark.parametrize("main", MAINS)
@pytest.mark.parametrize("failpoints", ["", "db.commit.before=kill"])
def test_an_operational_realm_does_not_start_with_failpoints_set(
    tmp_path: Path, main: str, failpoints: str
) -> None:
    _mark_operational(TrainingRealm.build(tmp_path), tmp_path)
    ended = _start(main, tmp_path, failpoints)
    assert (ended.returncode, ended.stderr) == (
        78,
        "rogatory-server: ROGATORY_TEST_FAILPOINTS: EXERCISE_ONLY\n",
    )
    assert not (tmp_path / "server" / "data" / "rogatory.sqlite").exists()


@pytest.mark.parametrize("main", MAINS)
def test_failpoints_that_do_not_parse_stop_the_start(tmp_path: Path, main: str) -> None:
    TrainingRealm.build(tmp_path)
    ended = _start(main, tmp_path, "no.such.name=kill")
    assert ended.returncode == 78
    assert "no.such.name" not in ended.stderr


def test_a_realm_that_has_begun_as_another_is_not_rehearsed_by_changing_its_files(tmp_path: Path) -> None:
    """The root in the database counts too: a file that says EXERCISE beside it changes nothing."""
    server = ServerProcess.start(tmp_path)
    server.stop()
    _mark_operational(server.realm, tmp_path)
    assert _start("front", tmp_path, "").returncode == 78


def test_an_exercise_starts_with_failpoints_and_they_work(tmp_path: Path) -> None:
    TrainingRealm.build(tmp_path)
    ended = _start("front", tmp_path, "open.begin.before=raise:EIO")
    assert ended.returncode == 1
    assert '"error_class": "OSError"' in ended.stderr
