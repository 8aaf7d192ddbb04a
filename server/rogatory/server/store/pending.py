# SPDX-License-Identifier: Apache-2.0
"""Rows of the open transaction that SQLite was not given yet: they go in together, each table in one run.

Row by row, five tables in turn, an insert found neither SQLite's code nor its pages in the processor's caches; in one run
for each table before the commit the same rows take half the time (ADR 4). What a batch asks for while it is in the making
is found here; for the rest the store flushes first. This holds values only, and neither begins nor ends a transaction.
"""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from rogatory.protocol.wire import FeedItem
from rogatory.server.store.contract import NO_STATE, RequestRow, StatementRow, ViewRow


class Pending:
    """What was added and is not in the database yet."""

    def __init__(self) -> None:
        self.statements: dict[bytes, StatementRow] = {}  # by statement id
        self.requests: dict[bytes, RequestRow] = {}
        self.tips: dict[bytes, FeedItem] = {}  # newest pending item of each organisation's feed
        self.feed_digests: set[tuple[bytes, bytes]] = set()  # of all pending items, by organisation
        self._views: list[ViewRow] = []
        self._parties: dict[tuple[bytes, bytes], int] = {}  # last index by organisation and request
        self._feed: list[tuple[bytes, FeedItem]] = []

    def __bool__(self) -> bool:
        """Tell whether anything is pending."""
        return bool(self._views or self.statements or self.requests or self._feed)

    def add_statement(self, row: StatementRow) -> None:
        """Add a statement."""
        self.statements[row.statement_id] = row

    def add_view(self, row: ViewRow) -> None:
        """Add a view."""
        self._views.append(row)

    def put_request(self, row: RequestRow, parties: tuple[bytes, ...]) -> None:
        """Put a request; a copy of its state that is still pending is kept unless the row brings a newer one."""
        before = self.requests.get(row.request_id)
        if row.state is None and before is not None:
            row = replace(row, state=before.state)
        self.requests[row.request_id] = row
        for org in parties:
            self._parties[org, row.request_id] = row.last_index

    def add_feed(self, org: bytes, item: FeedItem) -> None:
        """Add a feed item."""
        self._feed.append((org, item))
        self.tips[org] = item
        self.feed_digests.add((org, item.feed_digest))

    def clear(self) -> None:
        """Forget everything."""
        for rows in (self.statements, self.requests, self.tips, self.feed_digests):
            rows.clear()
        for more in (self._views, self._parties, self._feed):
            more.clear()

    def write(self, db: sqlite3.Connection) -> None:
        """Insert everything into the open transaction and forget it."""
        db.executemany(
            "INSERT INTO statement(i, statement_id, request_id, digest, org, envelope) VALUES(?, ?, ?, ?, ?, ?)",
            [
                (row.i, row.statement_id, row.request_id, row.digest, row.org, row.envelope)
                for row in self.statements.values()
            ],
        )
        db.executemany(
            "INSERT INTO entry_view(i, actor, request_id, commitments, openings, envelope) VALUES(?, ?, ?, ?, ?, ?)",
            [
                (row.i, row.actor, row.request_id, row.commitments, row.openings, row.envelope)
                for row in self._views
            ],
        )
        self._write_requests(db)
        db.executemany(
            "INSERT INTO feed(org, i, request_id, envelope_digest, kind, feed_digest) VALUES(?, ?, ?, ?, ?, ?)",
            [
                (org, item.index, item.request_id, item.envelope_digest, int(item.kind), item.feed_digest)
                for org, item in self._feed
            ],
        )
        self.clear()

    def _write_requests(self, db: sqlite3.Connection) -> None:
        cells = [
            (
                row.request_id,
                row.last_index,
                row.last_leaf,
                NO_STATE if row.state is None else row.state,
                row.next_due_ms,
            )
            for row in self.requests.values()
        ]
        # An empty copy stands for "none yet" and never takes the place of one that is there.
        db.executemany(
            "INSERT INTO request(request_id, last_index, last_leaf, state, next_due) VALUES(?, ?, ?, ?, ?)"
            " ON CONFLICT(request_id) DO UPDATE SET last_index = excluded.last_index,"
            " last_leaf = excluded.last_leaf, next_due = excluded.next_due,"
            " state = CASE WHEN length(excluded.state) THEN excluded.state ELSE state END",
            cells,
        )
        db.executemany(
            "INSERT INTO request_party(org, request_id, last_index) VALUES(?, ?, ?)"
            " ON CONFLICT(org, request_id) DO UPDATE SET last_index = excluded.last_index",
            [(org, request_id, last) for (org, request_id), last in self._parties.items()],
        )
