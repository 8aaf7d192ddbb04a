# SPDX-License-Identifier: Apache-2.0
"""What vault, parts, ratchet, mirror and profile promised stands after a power cut, also where a process was killed half way before.

`kill -9` leaves written bytes and names that were never flushed. The next process finds them and may take them for safe;
then the power goes. Each piece runs alone (tests.crash.pieces); the exchange as a whole is held by `make crash`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from rogatory.audit.mirror import verify_directory
from rogatory.audit.ratchet import Ratchet
from rogatory.server.parts_index import disclosure_folder, list_parts
from rogatory.server.vault import Vault
from tests.crash.calls import RECORDABLE
from tests.crash.dice import Dice
from tests.crash.disk import Disk
from tests.crash.exchange import waited
from tests.crash.pieces import ADVANCES, BODY, DISCLOSURE, REQUEST
from tests.support.logs import ORIGIN, ed25519_signer
from tests.support.project import ROOT
from tests.support.realm import SeededEntropy

SEEDS = range(24)
pytestmark = pytest.mark.usefixtures("recordable")


@pytest.fixture
def recordable() -> None:
    assert RECORDABLE, "these tests need Linux on x86-64 or arm64: elsewhere it is not known what is flushed"


@dataclass
class Machine:
    """A folder and the record of all that was done to it."""

    folder: Path
    journals: list[Path] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.data.mkdir()
        shutil.copytree(self.data, self.folder / "base")

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def run(self, piece: str, moment: str = "never", failpoints: str = "") -> list[str]:
        """One life of a piece; returns what it promised."""
        journal = self.folder / f"journal-{len(self.journals)}"
        command = [sys.executable, "-m", "tests.crash.pieces"]
        command += [piece, str(self.data), str(journal), moment, failpoints]
        ended = subprocess.run(command, stdout=subprocess.PIPE, cwd=ROOT, check=False)
        assert ended.returncode in {0, -9}
        assert waited(journal.exists, 60)
        self.journals.append(journal)
        return ended.stdout.decode().split()

    def cuts(self) -> Iterator[Path]:
        """What the folder may hold after the power went."""
        for seed in SEEDS:
            disk = Disk(self.folder / "base")
            for journal in self.journals:
                disk.play(journal)
            assert disk.differences(self.data) == []
            left = self.folder / f"left-{seed}"
            left.mkdir()
            disk.cut(left, Dice(seed, "piece"))
            yield left


@pytest.mark.parametrize("moment", [f"flush@{n}" for n in (2, 4, 7, 8)])
def test_a_vault_key_stands_although_the_writer_that_made_it_was_killed_at_a_flush(
    moment: str, tmp_path: Path
) -> None:
    machine = Machine(tmp_path)
    machine.run("vault", moment)
    (sealed,) = machine.run("vault")
    for left in machine.cuts():
        vault = Vault(left / "vault.sqlite", SeededEntropy())
        assert vault.open(REQUEST, "what", bytes.fromhex(sealed)) == BODY[:7]
        vault.close()


@pytest.mark.parametrize(
    "failpoint",
    [
        *(f"folder.fsync.before=kill@{n}" for n in (1, 2, 3, 4)),
        "part.append.before=kill",
        "part.fsync.before=kill",
        "part.rename.before=kill",
        "part.rename.after=kill",
    ],
)
def test_a_part_that_is_called_complete_stands_although_the_front_was_killed_before(
    failpoint: str, tmp_path: Path
) -> None:
    machine = Machine(tmp_path)
    machine.run("parts", failpoints=failpoint)
    assert machine.run("parts") == ["complete"]
    for left in machine.cuts():
        found = list_parts(disclosure_folder(left / "parts", REQUEST, DISCLOSURE))
        assert found[0].path.read_bytes() == BODY


@pytest.mark.parametrize("number", [1, 2, 10, 11, 12, ADVANCES + 1])
def test_the_ratchet_opens_with_all_that_it_promised_wherever_the_power_goes(
    number: int, tmp_path: Path
) -> None:
    machine = Machine(tmp_path)
    promised = machine.run("ratchet", f"flush@{number}")
    assert len(promised) >= number - 2
    for left in machine.cuts():
        if not promised and not (left / "ratchet").exists():
            continue
        memory = Ratchet.open(left / "ratchet")
        size = 0 if memory.last is None else memory.last[0]
        assert size >= len(promised)
        memory.advance(size + 1, bytes(32))
        assert Ratchet.open(left / "ratchet").last == (size + 1, bytes(32))


def test_a_ratchet_whose_maker_was_killed_before_it_was_named_for_certain_is_not_lost(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.run("ratchet", failpoints="folder.fsync.before=kill@1")
    promised = machine.run("ratchet")
    for left in machine.cuts():
        assert Ratchet.open(left / "ratchet").last == (len(promised), bytes([len(promised)]) * 32)


def test_what_a_killed_writer_was_about_to_publish_is_remembered_once_the_next_one_publishes_it(
    tmp_path: Path,
) -> None:
    machine = Machine(tmp_path)
    machine.run("ratchet", "flush@4")
    (size,) = machine.run("ratchet_again")
    for left in machine.cuts():
        assert Ratchet.open(left / "ratchet").last == (int(size), bytes([int(size)]) * 32)


@pytest.mark.parametrize("moment", ["never", "flush@1", "flush@2", "flush@4"])
def test_what_a_profile_keeps_stands_with_the_folders_that_it_is_in(moment: str, tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.run("client", moment)
    promised = machine.run("client")
    for left in machine.cuts():
        assert promised == ["kept"]
        assert (left / "profile" / "envelopes" / "kept.bin").read_bytes() == BODY


def test_evidence_against_the_exchange_stands_with_the_folder_that_it_is_in(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    promised = machine.run("evidence") + machine.run("evidence")
    assert promised == ["0001-receipt", "0002-receipt"]
    for left in machine.cuts():
        for name in promised:
            assert (left / "profile" / "evidence" / name / "00.bin").read_bytes() == BODY


@pytest.mark.parametrize("moment", ["never", "flush@3", "flush@9", "flush@20", "write@7"])
def test_a_copy_of_the_log_verifies_and_has_all_that_it_had_wherever_the_power_goes(
    moment: str, tmp_path: Path
) -> None:
    machine = Machine(tmp_path)
    promised = machine.run("mirror", moment)
    for left in machine.cuts():
        copy = left / "copy"
        if not promised and not (copy / "checkpoint").exists():
            continue
        report = verify_directory(copy, ORIGIN, [ed25519_signer().verifier])
        assert report.ok
        assert report.size >= max(map(int, promised), default=0)
