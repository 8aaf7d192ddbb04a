# SPDX-License-Identifier: Apache-2.0
"""The log store on SQLite, over a connection that somebody else owns.

The owner opens the connection with :func:`connect` (or :func:`prepare`), applies :data:`SCHEMA` among its own
migrations, and writes its own tables and the log's in one ``BEGIN IMMEDIATE`` … ``COMMIT``. This module never
begins, commits or rolls back by itself; :func:`transaction` is a helper for owners who have nothing to add.

One row per tile, full or not: a partial tile is a prefix of its successor, so every partial that was ever promised can
still be served. An entry's row number is its index. Tables are named ``log_…`` to stand beside the owner's.
Triggers make the tables append-only for everybody who uses SQL; they are no defence against someone who writes to the
file: ``rogatory.audit.fsck`` and witnesses are. SQLite's triggers on ``REPLACE`` need a pragma per connection, so a
connection without it is refused.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rogatory.audit.errors import HeadMoved, LogCorrupt, LogUnavailable, NoTransaction
from rogatory.audit.failpoints import failpoint
from rogatory.audit.store import Head, Published

__all__ = ["SCHEMA", "SqliteStore", "connect", "prepare", "transaction"]

SCHEMA = """\
CREATE TABLE log_entry(
  i INTEGER PRIMARY KEY CHECK(i >= 0), ts INTEGER NOT NULL, data BLOB NOT NULL CHECK(length(data) <= 65535)) STRICT;
CREATE TABLE log_tile(
  l INTEGER NOT NULL CHECK(l BETWEEN 0 AND 63), n INTEGER NOT NULL CHECK(n >= 0),
  b BLOB NOT NULL CHECK(length(b) BETWEEN 32 AND 8192 AND length(b) % 32 = 0),
  PRIMARY KEY(l, n)) STRICT, WITHOUT ROWID;
CREATE TABLE log_head(
  k INTEGER PRIMARY KEY CHECK(k = 0), size INTEGER NOT NULL CHECK(size >= 0),
  root BLOB NOT NULL CHECK(length(root) = 32), epoch INTEGER NOT NULL, note TEXT NOT NULL) STRICT;
CREATE TABLE log_checkpoint(
  size INTEGER PRIMARY KEY CHECK(size >= 0), root BLOB NOT NULL CHECK(length(root) = 32),
  note TEXT NOT NULL, published_at INTEGER NOT NULL) STRICT;
CREATE TRIGGER log_entry_u BEFORE UPDATE ON log_entry BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER log_entry_d BEFORE DELETE ON log_entry BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER log_tile_u BEFORE UPDATE ON log_tile
  WHEN old.l <> new.l OR old.n <> new.n OR length(old.b) = 8192 OR substr(new.b, 1, length(old.b)) <> old.b
  BEGIN SELECT RAISE(ABORT, 'a tile only grows'); END;
CREATE TRIGGER log_tile_d BEFORE DELETE ON log_tile BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER log_head_u BEFORE UPDATE ON log_head
  WHEN new.size < old.size OR new.epoch < old.epoch OR (new.size = old.size AND new.root <> old.root)
  BEGIN SELECT RAISE(ABORT, 'a head never goes back'); END;
CREATE TRIGGER log_head_d BEFORE DELETE ON log_head BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER log_checkpoint_u BEFORE UPDATE ON log_checkpoint BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER log_checkpoint_d BEFORE DELETE ON log_checkpoint BEGIN SELECT RAISE(ABORT, 'append-only'); END;
"""
"""Migration text that creates the log's tables; statements end with ``;`` at the end of a line."""

_BUSY_TIMEOUT_S = 10.0


def prepare(connection: sqlite3.Connection, *, read_only: bool = False) -> sqlite3.Connection:
    """Set the pragmas that durability and the triggers depend on; they hold for this connection only.

    Raises:
        LogUnavailable: the file cannot be put into write-ahead mode.
    """
    with _mapped_errors():
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys=ON")
        # Without it INSERT OR REPLACE deletes the old row behind the delete trigger's back.
        connection.execute("PRAGMA recursive_triggers=ON")
        connection.execute("PRAGMA trusted_schema=OFF")
        if not read_only:
            (mode,) = connection.execute("PRAGMA journal_mode=WAL").fetchone()
            if mode not in {"wal", "memory"}:
                raise LogUnavailable("the database file cannot be put into write-ahead mode")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA fullfsync=1")
    return connection


def connect(path: Path | str, *, create: bool = False, read_only: bool = False) -> sqlite3.Connection:
    """Open a database file the way the log needs it.

    Args:
        path: the file.
        create: make the file when it is missing. The default refuses, because an empty log where a full one is
            expected is a rollback, not a start.
        read_only: for offline checks; the file is not changed.

    Raises:
        LogUnavailable: the file is missing, locked or not usable.
        LogCorrupt: the file is no database.
    """
    mode = "ro" if read_only else "rwc" if create else "rw"
    uri = f"{Path(path).absolute().as_uri()}?mode={mode}"
    with _mapped_errors():
        connection = sqlite3.connect(uri, timeout=_BUSY_TIMEOUT_S, isolation_level=None, uri=True)
        try:
            return prepare(connection, read_only=read_only)
        except BaseException:
            connection.close()
            raise


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Own a write transaction: ``BEGIN IMMEDIATE``, then COMMIT, or ROLLBACK when an exception leaves the block.

    Raises:
        LogUnavailable: another writer holds the lock too long, or the commit failed.
    """
    failpoint("db.begin.before")
    with _mapped_errors():
        connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        failpoint("db.commit.before")
        with _mapped_errors():
            connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    failpoint("db.commit.after")


@contextmanager
def _mapped_errors() -> Iterator[None]:
    # SQLite's own texts may quote values, so none is passed on.
    try:
        yield
    except sqlite3.IntegrityError:
        raise LogCorrupt("a write would change what the log already holds") from None
    except sqlite3.OperationalError as error:
        raise LogUnavailable(f"database: {error.sqlite_errorname}") from None
    except sqlite3.ProgrammingError:
        raise
    except sqlite3.DatabaseError as error:
        raise LogCorrupt(f"database: {error.sqlite_errorname}") from None


class SqliteStore:
    """The contract of :class:`rogatory.audit.store.LogStore` on one SQLite connection.

    Use it from the thread that owns the connection.

    Args:
        connection: opened by :func:`connect` or prepared by :func:`prepare`; its owner commits.

    Raises:
        LogUnavailable: the connection lacks the pragmas, or would begin transactions by itself.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        (recursive,) = connection.execute("PRAGMA recursive_triggers").fetchone()
        if not recursive or connection.isolation_level is not None:
            raise LogUnavailable("the connection was not prepared for the log")
        self._connection = connection

    def head(self) -> Head | None:
        """Return the newest head."""
        with _mapped_errors():
            row = self._connection.execute("SELECT size, root, epoch, note FROM log_head").fetchone()
        return None if row is None else Head(*row)

    def entries(self, start: int, end: int) -> list[bytes]:
        """Return the entries start..end-1."""
        with _mapped_errors():
            rows = self._connection.execute(
                "SELECT data FROM log_entry WHERE i >= ? AND i < ? ORDER BY i", (start, end)
            ).fetchall()
        if len(rows) != end - start:
            raise LogCorrupt("an entry is missing")
        return [data for (data,) in rows]

    def entry_time_ms(self, index: int) -> int:
        """Return the commit time of an entry."""
        with _mapped_errors():
            row = self._connection.execute("SELECT ts FROM log_entry WHERE i = ?", (index,)).fetchone()
        if row is None:
            raise LogCorrupt("an entry is missing")
        return int(row[0])

    def tile(self, level: int, index: int) -> bytes:
        """Return the longest content of a hash tile."""
        with _mapped_errors():
            row = self._connection.execute(
                "SELECT b FROM log_tile WHERE l = ? AND n = ?", (level, index)
            ).fetchone()
        return b"" if row is None else bytes(row[0])

    def checkpoints(self, low: int, high: int, limit: int | None = None) -> list[Published]:
        """Return published checkpoints with low <= size < high."""
        with _mapped_errors():
            rows = self._connection.execute(
                "SELECT size, root, note, published_at FROM log_checkpoint"
                " WHERE size >= ? AND size < ? ORDER BY size LIMIT ?",
                (low, min(high, 2**63 - 1), -1 if limit is None else limit),
            ).fetchall()
        return [Published(*row) for row in rows]

    def latest_checkpoint(self) -> Published | None:
        """Return the published checkpoint with the largest size."""
        with _mapped_errors():
            row = self._connection.execute(
                "SELECT size, root, note, published_at FROM log_checkpoint ORDER BY size DESC LIMIT 1"
            ).fetchone()
        return None if row is None else Published(*row)

    def _need_transaction(self) -> None:
        if not self._connection.in_transaction:
            raise NoTransaction("the owner has no open transaction")

    def swap_head(self, old: Head | None, new: Head) -> None:
        """Replace the head if it is still the old one."""
        self._need_transaction()
        with _mapped_errors():
            if old is None:
                changed = self._connection.execute(
                    "INSERT INTO log_head(k, size, root, epoch, note) VALUES(0, ?, ?, ?, ?)"
                    " ON CONFLICT(k) DO NOTHING",
                    (new.size, new.root, new.epoch, new.note),
                ).rowcount
            else:
                changed = self._connection.execute(
                    "UPDATE log_head SET size = ?, root = ?, epoch = ?, note = ?"
                    " WHERE k = 0 AND size = ? AND root = ? AND epoch = ?",
                    (new.size, new.root, new.epoch, new.note, old.size, old.root, old.epoch),
                ).rowcount
        if changed != 1:
            raise HeadMoved("another writer moved the head")

    def add_entries(self, first: int, entries: Sequence[bytes], time_ms: int) -> None:
        """Add entries from index first on."""
        self._need_transaction()
        rows = [(first + k, time_ms, entry) for k, entry in enumerate(entries)]
        with _mapped_errors():
            self._connection.executemany("INSERT INTO log_entry(i, ts, data) VALUES(?, ?, ?)", rows)

    def put_tile(self, level: int, index: int, data: bytes) -> None:
        """Store a hash tile's longest content."""
        self._need_transaction()
        with _mapped_errors():
            self._connection.execute(
                "INSERT INTO log_tile(l, n, b) VALUES(?, ?, ?) ON CONFLICT(l, n) DO UPDATE SET b = excluded.b",
                (level, index, data),
            )

    def add_checkpoint(self, checkpoint: Published) -> None:
        """Add a published checkpoint."""
        self._need_transaction()
        with _mapped_errors():
            self._connection.execute(
                "INSERT INTO log_checkpoint(size, root, note, published_at) VALUES(?, ?, ?, ?)",
                (checkpoint.size, checkpoint.root, checkpoint.note, checkpoint.published_at_ms),
            )
