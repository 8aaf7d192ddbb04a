# SPDX-License-Identifier: Apache-2.0
"""The exchange's store on SQLite: WAL, ``synchronous=FULL``, one writer (architecture §9).

SQL by hand, fewest rows per statement. Migrations are numbered files, applied at start in one transaction. Errors of
SQLite are mapped by ``rogatory.audit.sqlite`` where the log is concerned; here any other database error is left to end
the process, since a write path that does not know what was stored must not go on. Nothing is decided here.
"""

from __future__ import annotations

import importlib.resources
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rogatory.audit import sqlite as audit_sqlite
from rogatory.audit.errors import LogCorrupt
from rogatory.audit.store import LogStore
from rogatory.protocol.feed import EMPTY_FEED
from rogatory.protocol.header import StatementKind
from rogatory.protocol.wire import FeedItem
from rogatory.server.store.contract import (
    FEED_MEMORY,
    RequestRow,
    SchemeRow,
    SealedRow,
    StatementRow,
    ViewRow,
)
from rogatory.server.store.pending import Pending

# SQLite's integers end here and the wire's do not. Nothing stands at or above it, so a larger number means the same.
_LAST: Final = 2**63 - 1
MIGRATIONS: Final = (
    "0001_initial.sql",
    "0002_sealed_rows.sql",
    "0003_lean_rows.sql",
    "0004_clocks.sql",
    "0005_erasure.sql",
)
# The default of 2 MiB holds a minute of statements; then every look-up of an id reads pages from the file again.
_CACHE_KIB: Final = 64 * 1024
_ROOTS: Final = 1024
_STATEMENT: Final = "SELECT i, statement_id, request_id, digest, org, envelope FROM statement"
_VIEW: Final = (
    "SELECT v.i, v.actor, v.request_id, v.commitments, v.openings, coalesce(v.envelope, s.envelope), v.kept"
    " FROM entry_view v LEFT JOIN statement s ON s.i = v.i"
)


class SqliteExchangeStore:
    """The contract of ``ExchangeStore`` on one SQLite file.

    Args:
        path: The database file.
        create: Make it when missing; otherwise a missing file is an error, since it would be a rollback.
        read_only: For readers beside the writer.
    """

    def __init__(self, path: Path, *, create: bool = False, read_only: bool = False) -> None:
        self._db = audit_sqlite.connect(path, create=create, read_only=read_only)
        if not read_only:
            self._db.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
            self._migrate()
        self.log: LogStore = audit_sqlite.SqliteStore(self._db)
        self._pending = Pending()
        # Heads that were looked up. One that is stored stays as it is, and signers name the newest ones again and again.
        self._roots: dict[int, bytes] = {}

    def _migrate(self) -> None:
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version > len(MIGRATIONS):
            msg = "the database was written by a newer version"
            raise LogCorrupt(msg)
        for number, name in enumerate(MIGRATIONS[version:], start=version + 1):
            script = (
                importlib.resources.files("rogatory.server.store").joinpath("migrations", name).read_text()
            )
            if number == 1:
                script = audit_sqlite.SCHEMA + script
            with audit_sqlite.transaction(self._db):
                for statement in _statements(script):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version = {number}")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Begin a write transaction; commit on exit, roll back on an exception."""
        try:
            with audit_sqlite.transaction(self._db):
                yield
                self._flush()
        except BaseException:
            self._roots.clear()
            raise
        finally:
            self._pending.clear()

    def _flush(self) -> None:
        """Give SQLite what is pending, before the commit and before a look-up that does not look there."""
        if self._pending:
            self._pending.write(self._db)

    def statement_by_id(self, statement_id: bytes) -> StatementRow | None:
        """Return an accepted statement by its id."""
        pending = self._pending.statements.get(statement_id)
        if pending is not None:
            return pending
        row = self._db.execute(f"{_STATEMENT} WHERE statement_id = ?", (statement_id,)).fetchone()
        return None if row is None else StatementRow(*row)

    def statements_of(self, request_id: bytes, after: int = -1) -> list[StatementRow]:
        """Return a request's statements with a larger log index than ``after``, in log order."""
        self._flush()
        rows = self._db.execute(
            f"{_STATEMENT} WHERE request_id = ? AND i > ? ORDER BY i", (request_id, after)
        )
        return [StatementRow(*row) for row in rows]

    def add_statement(self, row: StatementRow) -> None:
        """Add an accepted statement."""
        self._pending.add_statement(row)

    def view(self, i: int) -> ViewRow | None:
        """Return what opens an entry."""
        self._flush()
        row = self._db.execute(f"{_VIEW} WHERE v.i = ?", (i,)).fetchone()
        return None if row is None else _view(row)

    def views(self, start: int, end: int) -> list[ViewRow]:
        """Return what opens entries start..end-1."""
        self._flush()
        rows = self._db.execute(f"{_VIEW} WHERE v.i >= ? AND v.i < ? ORDER BY v.i", (start, end))
        return [_view(row) for row in rows]

    def add_view(self, row: ViewRow) -> None:
        """Add what opens a new entry."""
        self._pending.add_view(row)

    def views_of(self, request_id: bytes) -> list[ViewRow]:
        """Return what opens the entries of a request, in log order."""
        self._flush()
        rows = self._db.execute(f"{_VIEW} WHERE v.request_id = ? ORDER BY v.i", (request_id,))
        return [_view(row) for row in rows]

    def keep_view(self, i: int, openings: bytes) -> None:
        """Put in place of what opens an entry what is kept of it."""
        self._flush()
        self._db.execute(
            "UPDATE entry_view SET openings = ?, kept = 1 WHERE i = ? AND NOT kept", (openings, i)
        )

    def request(self, request_id: bytes) -> RequestRow | None:
        """Return what is kept of a request."""
        if request_id in self._pending.requests:
            self._flush()
        row = self._db.execute(
            "SELECT request_id, last_index, last_leaf, state, next_due FROM request WHERE request_id = ?",
            (request_id,),
        ).fetchone()
        return None if row is None else RequestRow(*row)

    def put_request(self, row: RequestRow, parties: tuple[bytes, ...]) -> None:
        """Replace what is kept of a request and note the organisations that see it."""
        self._pending.put_request(row, parties)

    def due(self, at_ms: int, limit: int) -> list[bytes]:
        """Return ids of requests of which a clock has ended, the earliest first."""
        self._flush()
        rows = self._db.execute(
            "SELECT request_id FROM request WHERE next_due <= ? ORDER BY next_due LIMIT ?", (at_ms, limit)
        )
        return [bytes(row[0]) for row in rows]

    def set_due(self, request_id: bytes, due_ms: int) -> None:
        """Note when the next clock of a request ends."""
        self._flush()
        self._db.execute("UPDATE request SET next_due = ? WHERE request_id = ?", (due_ms, request_id))

    def tips(self, org: bytes, from_index: int, limit: int) -> list[tuple[bytes, int]]:
        """Return an organisation's requests by last log index, oldest change first."""
        self._flush()
        return self._db.execute(
            "SELECT request_id, last_index FROM request_party WHERE org = ? AND last_index >= ?"
            " AND request_id NOT IN (SELECT request_id FROM erased) ORDER BY last_index LIMIT ?",
            (org, min(from_index, _LAST), limit),
        ).fetchall()

    def sealed(self, digest: bytes) -> SealedRow | None:
        """Return a sealed section."""
        row = self._db.execute(
            "SELECT digest, request_id, org, length, data FROM sealed WHERE digest = ?", (digest,)
        ).fetchone()
        return None if row is None else SealedRow(*row)

    def sealed_lengths(self, request_id: bytes, org: bytes, digests: Sequence[bytes]) -> dict[bytes, int]:
        """Return the lengths of those of the named sections that this organisation has put for this request."""
        if not digests:
            return {}
        marks = ", ".join("?" * len(digests))
        rows = self._db.execute(
            f"SELECT digest, length FROM sealed WHERE request_id = ? AND org = ? AND digest IN ({marks})",  # noqa: S608
            (request_id, org, *digests),
        )
        return dict(rows.fetchall())

    def add_sealed(self, row: SealedRow) -> None:
        """Keep a sealed section; the same digest again changes nothing."""
        self._db.execute(
            "INSERT INTO sealed(digest, request_id, org, length, data) VALUES(?, ?, ?, ?, ?)"
            " ON CONFLICT(digest) DO NOTHING",
            (row.digest, row.request_id, row.org, row.length, row.data),
        )

    def drop_sealed(self, request_id: bytes) -> None:
        """Delete all sealed sections of a request."""
        self._db.execute("DELETE FROM sealed WHERE request_id = ?", (request_id,))

    def add_erased(self, request_id: bytes, i: int) -> None:
        """Note that a request was erased."""
        self._db.execute("INSERT INTO erased(request_id, i) VALUES(?, ?)", (request_id, i))

    def erased(self) -> list[bytes]:
        """Return the requests that were erased."""
        return [bytes(row[0]) for row in self._db.execute("SELECT request_id FROM erased ORDER BY i")]

    def feed(self, org: bytes, from_index: int, limit: int) -> list[FeedItem]:
        """Return what was addressed to an organisation from a log index on."""
        self._flush()
        rows = self._db.execute(
            "SELECT i, request_id, envelope_digest, kind, feed_digest FROM feed WHERE org = ? AND i >= ?"
            " ORDER BY i LIMIT ?",
            (org, min(from_index, _LAST), limit),
        )
        return [_feed_item(row) for row in rows]

    def feed_tip(self, org: bytes) -> FeedItem | None:
        """Return the last item of an organisation's feed."""
        self._flush()
        row = self._db.execute(
            "SELECT i, request_id, envelope_digest, kind, feed_digest FROM feed WHERE org = ? ORDER BY i DESC LIMIT 1",
            (org,),
        ).fetchone()
        return None if row is None else _feed_item(row)

    def feed_digest(self, org: bytes) -> bytes:
        """Return the digest of an organisation's whole feed."""
        pending = self._pending.tips.get(org)
        if pending is not None:
            return pending.feed_digest
        row = self._db.execute(
            "SELECT feed_digest FROM feed WHERE org = ? ORDER BY i DESC LIMIT 1", (org,)
        ).fetchone()
        return EMPTY_FEED if row is None else bytes(row[0])

    def feed_held(self, org: bytes, feed_digest: bytes) -> bool:
        """Return whether an organisation's feed once had this digest; found at once near its end, where it mostly is."""
        if (org, feed_digest) in self._pending.feed_digests:
            return True
        row = self._db.execute(
            "SELECT 1 FROM (SELECT feed_digest FROM feed WHERE org = ? ORDER BY i DESC LIMIT ?)"
            " WHERE feed_digest = ? LIMIT 1",
            (org, FEED_MEMORY, feed_digest),
        ).fetchone()
        return row is not None

    def add_feed(self, org: bytes, item: FeedItem) -> None:
        """Extend an organisation's feed."""
        self._pending.add_feed(org, item)

    def head_root(self, size: int) -> bytes | None:
        """Return the root of a commit's head of this size."""
        known = self._roots.get(size)
        if known is not None:
            return known
        row = self._db.execute("SELECT root FROM commit_head WHERE size = ?", (min(size, _LAST),)).fetchone()
        if row is None:
            return None
        if len(self._roots) >= _ROOTS:
            self._roots.clear()
        return self._roots.setdefault(size, bytes(row[0]))

    def head_after(self, i: int) -> tuple[int, str]:
        """Return size and note of the first commit head that covers entry ``i``."""
        row = self._db.execute(
            "SELECT size, note FROM commit_head WHERE size > ? ORDER BY size LIMIT 1", (i,)
        ).fetchone()
        if row is None:
            msg = "an entry has no head"
            raise LogCorrupt(msg)
        return int(row[0]), str(row[1])

    def add_head(self, size: int, root: bytes, note: str) -> None:
        """Note the head of a commit."""
        self._db.execute("INSERT INTO commit_head(size, root, note) VALUES(?, ?, ?)", (size, root, note))

    def scheme(self) -> list[SchemeRow]:
        """Return all objects of the scheme in log order."""
        return [
            SchemeRow(*row)
            for row in self._db.execute("SELECT i, kind, data, openings FROM scheme ORDER BY i")
        ]

    def add_scheme(self, row: SchemeRow) -> None:
        """Add an object of the scheme."""
        self._db.execute(
            "INSERT INTO scheme(i, kind, data, openings) VALUES(?, ?, ?, ?)",
            (row.i, row.kind, row.data, row.openings),
        )

    def close(self) -> None:
        """Close the connection."""
        self._db.close()


def _view(row: tuple[int, bytes, bytes | None, bytes, bytes, bytes | None, int]) -> ViewRow:
    return ViewRow(row[0], row[1], row[2], row[3], row[4], row[5], bool(row[6]))


def _feed_item(row: tuple[int, bytes, bytes, int, bytes]) -> FeedItem:
    return FeedItem(row[0], row[1], row[2], StatementKind(row[3]), row[4])


def _statements(script: str) -> list[str]:
    """Split a migration into statements, keeping trigger bodies whole."""
    found: list[str] = []
    pending = ""
    for line in script.splitlines():
        pending += line + "\n"
        if sqlite3.complete_statement(pending):
            found.append(pending)
            pending = ""
    return found
