# SPDX-License-Identifier: Apache-2.0
"""What only the SQLite store promises: guards against plain SQL, pragmas, missing files, one transaction with others.

The contract that it shares with other stores is in ``tests/contract``, not here.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from rogatory.audit import sqlite
from rogatory.audit.errors import LogCorrupt, LogUnavailable
from rogatory.audit.store import Head, Published
from tests.support.logs import entries, new_database, sqlite_owner


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = new_database(tmp_path / "log.db")
    owner = sqlite_owner(connection)
    log = owner.new_log()
    owner.append(log, entries(300), 1)
    with owner.transaction():
        head = log.head()
        owner.store.add_checkpoint(Published(head.size, head.root, head.note, 1))
    yield connection
    connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT OR REPLACE INTO log_entry(i, ts, data) VALUES(7, 1, x'00')",
        "REPLACE INTO log_tile(l, n, b) SELECT l, n, zeroblob(8192) FROM log_tile WHERE l = 0 AND n = 0",
        "REPLACE INTO log_checkpoint(size, root, note, published_at) VALUES(300, zeroblob(32), '', 1)",
        "REPLACE INTO log_head(k, size, root, epoch, note) VALUES(0, 1, zeroblob(32), 1, '')",
        "UPDATE log_entry SET data = x'00' WHERE i = 7",
        "UPDATE log_entry SET ts = 2 WHERE i = 7",
        "UPDATE log_entry SET i = 9999 WHERE i = 299",
        "UPDATE log_tile SET b = zeroblob(8192) WHERE l = 0 AND n = 0",
        "UPDATE log_tile SET b = substr(b, 1, 32) WHERE l = 0 AND n = 1",
        "UPDATE log_tile SET n = 5 WHERE l = 0 AND n = 1",
        "UPDATE log_head SET size = 1",
        "UPDATE log_head SET root = zeroblob(32)",
        "UPDATE log_checkpoint SET note = ''",
        "DELETE FROM log_entry",
        "DELETE FROM log_tile WHERE l = 1",
        "DELETE FROM log_head",
        "DELETE FROM log_checkpoint",
        "INSERT INTO log_tile(l, n, b) VALUES(0, 9, zeroblob(33))",
        "INSERT INTO log_entry(i, ts, data) VALUES(-1, 1, x'00')",
        "INSERT INTO log_entry(i, ts, data) VALUES(300, 1, 'text')",
    ],
)
def test_plain_sql_cannot_change_what_the_log_holds(connection: sqlite3.Connection, statement: str) -> None:
    before = list(connection.iterdump())
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(statement)
    assert list(connection.iterdump()) == before


def test_a_connection_without_the_pragmas_is_refused(tmp_path: Path) -> None:
    plain = sqlite3.connect(tmp_path / "log.db")
    with pytest.raises(LogUnavailable):
        sqlite.SqliteStore(plain)
    plain.close()


def test_a_connection_is_durable_and_in_write_ahead_mode(connection: sqlite3.Connection) -> None:
    found = {
        name: connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "fullfsync", "foreign_keys", "recursive_triggers")
    }
    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,
        "fullfsync": 1,
        "foreign_keys": 1,
        "recursive_triggers": 1,
    }


def test_a_missing_file_is_not_made_by_accident(tmp_path: Path) -> None:
    with pytest.raises(LogUnavailable):
        sqlite.connect(tmp_path / "missing.db")
    assert not (tmp_path / "missing.db").exists()


def test_a_file_that_is_no_database_is_reported_as_corrupt(tmp_path: Path) -> None:
    (tmp_path / "log.db").write_bytes(b"this is not a database, it only has the name of one" * 100)
    with pytest.raises(LogCorrupt):
        sqlite.connect(tmp_path / "log.db")


def test_a_read_only_connection_cannot_write(connection: sqlite3.Connection, tmp_path: Path) -> None:
    reader = sqlite.connect(tmp_path / "log.db", read_only=True)
    with pytest.raises(sqlite3.OperationalError):
        reader.execute("INSERT INTO log_entry(i, ts, data) VALUES(300, 1, x'00')")
    assert sqlite.SqliteStore(reader).entries(0, 1) == entries(1)
    reader.close()


def test_the_owners_rows_and_the_logs_stand_or_fall_together(connection: sqlite3.Connection) -> None:
    owner = sqlite_owner(connection)
    connection.execute("CREATE TABLE mine(x INTEGER)")

    def write_both_and_fail() -> None:
        connection.execute("INSERT INTO mine VALUES(1)")
        owner.store.add_entries(300, [b"new"], 2)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), owner.transaction():
        write_both_and_fail()
    assert connection.execute("SELECT count(*) FROM mine").fetchone() == (0,)
    with owner.transaction():
        connection.execute("INSERT INTO mine VALUES(2)")
        owner.store.add_entries(300, [b"new"], 2)
    assert connection.execute("SELECT x FROM mine").fetchall() == [(2,)]
    assert owner.store.entries(300, 301) == [b"new"]


def test_readers_see_committed_state_only(connection: sqlite3.Connection, tmp_path: Path) -> None:
    owner = sqlite_owner(connection)
    reader = sqlite.connect(tmp_path / "log.db", read_only=True)
    before = owner.store.head()
    assert before is not None
    with owner.transaction():
        owner.store.swap_head(before, Head(before.size + 1, b"\x07" * 32, before.epoch, "next\n"))
        assert sqlite.SqliteStore(reader).head() == before
    seen = sqlite.SqliteStore(reader).head()
    assert seen is not None
    assert seen.size == before.size + 1
    reader.close()


def test_a_busy_database_is_unavailable_not_corrupt(connection: sqlite3.Connection, tmp_path: Path) -> None:
    other = sqlite.connect(tmp_path / "log.db")
    other.execute("PRAGMA busy_timeout=0")
    with sqlite.transaction(connection), pytest.raises(LogUnavailable), sqlite.transaction(other):
        pass
    other.close()


def test_error_texts_show_no_stored_bytes(connection: sqlite3.Connection) -> None:
    owner = sqlite_owner(connection)
    secret = b"+1 202 555 0100"
    with pytest.raises(LogCorrupt) as caught, owner.transaction():
        owner.store.add_entries(5, [secret], 1)
    assert secret.decode() not in repr(caught.value)
    assert caught.value.__suppress_context__
