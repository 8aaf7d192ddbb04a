# SPDX-License-Identifier: Apache-2.0
"""Acceptance statement 12 of the transparency-log reference: a changed bit is found at its index, or never committed.

The damage is done to a SQLite file whose triggers were taken away, and to a batch on its way into the store. Power cuts
are not simulated here.
"""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from typing_extensions import override

from rogatory.audit import sqlite
from rogatory.audit.errors import LogCorrupt
from rogatory.audit.fsck import fsck, fsck_file
from rogatory.audit.log import Log
from rogatory.audit.tile import WIDTH
from tests.support.logs import ORIGIN, ed25519_signer, entries, flip, new_database, sqlite_owner

_TRIGGERS = ("log_entry_u", "log_tile_u")


@pytest.mark.parametrize("bit", range(0, 700 * 57 * 8, 9_973))
def test_statement_12_a_flipped_bit_of_an_entry_is_found_at_its_index(
    damaged_log: Callable[[], Path], bit: int
) -> None:
    path = damaged_log()
    index, inner = divmod(bit, 57 * 8)
    connection = sqlite.connect(path)
    (data,) = connection.execute("SELECT data FROM log_entry WHERE i = ?", (index,)).fetchone()
    connection.execute("UPDATE log_entry SET data = ? WHERE i = ?", (flip(data, inner), index))
    connection.close()
    report = fsck_file(path, ORIGIN, [ed25519_signer().verifier])
    assert [(finding.kind, finding.index) for finding in report.findings] == [("entry", index)]
    assert report.first_bad == index


@pytest.mark.parametrize("slot", [0, 1, 255, 256, 300, 511, 512, 600, 699])
def test_statement_12_a_flipped_bit_of_a_leaf_tile_is_found_at_its_index(
    damaged_log: Callable[[], Path], slot: int
) -> None:
    path = damaged_log()
    _flip_tile(path, 0, slot // WIDTH, slot % WIDTH * 256 + 77)
    report = fsck_file(path, ORIGIN, [ed25519_signer().verifier])
    assert [(finding.kind, finding.index) for finding in report.findings] == [("tile", slot)]


@pytest.mark.parametrize("slot", [0, 1])
def test_statement_12_a_flipped_bit_of_an_upper_tile_is_found_at_its_index(
    damaged_log: Callable[[], Path], slot: int
) -> None:
    path = damaged_log()
    _flip_tile(path, 1, 0, slot * 256 + 5)
    report = fsck_file(path, ORIGIN, [ed25519_signer().verifier])
    assert [(finding.kind, finding.index) for finding in report.findings] == [("tile", slot * 256)]


@pytest.fixture(scope="module")
def undamaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with 700 entries whose guards against plain SQL were taken away, as an intruder would."""
    path = tmp_path_factory.mktemp("log") / "log.db"
    connection = new_database(path)
    owner = sqlite_owner(connection)
    log = owner.new_log()
    for start in range(0, 700, 100):
        owner.append(log, entries(100, start), start)
    assert fsck(owner.store, ORIGIN, [ed25519_signer().verifier]).ok
    for name in _TRIGGERS:
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path


@pytest.fixture
def damaged_log(undamaged: Path, tmp_path: Path) -> Callable[[], Path]:
    return lambda: Path(shutil.copy(undamaged, tmp_path / "copy.db"))


def _flip_tile(path: Path, level: int, index: int, bit: int) -> None:
    connection = sqlite.connect(path)
    where = (level, index)
    (data,) = connection.execute("SELECT b FROM log_tile WHERE l = ? AND n = ?", where).fetchone()
    connection.execute("UPDATE log_tile SET b = ? WHERE l = ? AND n = ?", (flip(data, bit), *where))
    connection.close()


class _FlippingStore(sqlite.SqliteStore):
    """Stores what memory or disk made of a batch after it was hashed: one bit is wrong."""

    target = "entry"

    @override
    def add_entries(self, first: int, entries: Sequence[bytes], time_ms: int) -> None:
        bad = [flip(entries[0], 3), *entries[1:]] if self.target == "entry" else entries
        super().add_entries(first, bad, time_ms)

    @override
    def put_tile(self, level: int, index: int, data: bytes) -> None:
        super().put_tile(
            level, index, flip(data, 8 * len(data) - 1) if self.target == f"tile {level}" else data
        )


@pytest.mark.parametrize("target", ["entry", "tile 0", "tile 1"])
def test_statement_12_a_bit_flipped_between_hashing_and_commit_stops_the_commit(
    tmp_path: Path, target: str
) -> None:
    connection = new_database(tmp_path / "log.db")
    owner = sqlite_owner(connection)
    log = owner.new_log()
    owner.append(log, entries(200), 1)
    store = _FlippingStore(connection)
    store.target = target
    log = Log.open(store, ORIGIN, ed25519_signer())
    with pytest.raises(LogCorrupt), owner.transaction():
        log.write(log.stage(entries(100, 200), 2))
    assert owner.store.head() == Log.open(owner.store, ORIGIN, ed25519_signer()).head()
    assert fsck(owner.store, ORIGIN, [ed25519_signer().verifier]).size == 200
    connection.close()
