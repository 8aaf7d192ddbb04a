# SPDX-License-Identifier: Apache-2.0
"""What the front reads by itself: feeds, tips, public entries, checkpoints, proofs, the directory.

A read-only connection beside the writer's; it sees what is committed, needs no vault key and leaves no entry, because
nothing here tells one party about another (architecture §4, reads). Openings and envelopes go through the write path.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from rogatory.audit.errors import AuditError
from rogatory.audit.merkle import consistency_proof, inclusion_proof
from rogatory.audit.proof import TlogProof
from rogatory.audit.store import Published
from rogatory.audit.tile import TileReader
from rogatory.protocol import errors
from rogatory.protocol.directory import Directory
from rogatory.protocol.errors import Invalid, NotAuthorised, Unavailable
from rogatory.protocol.receipt import Receipt
from rogatory.protocol.wire import (
    FeedItem,
    GetCheckpointResponse,
    GetDirectoryResponse,
    GetPacksResponse,
    ListEntriesResponse,
    ListProvidersResponse,
    ListRequestsResponse,
    LoggedQuorum,
    RequestTip,
)
from rogatory.server.engine.batch import decode_openings, split_commitments
from rogatory.server.engine.genesis import load_scheme, newest_catalogues
from rogatory.server.store.contract import SchemeRow
from rogatory.server.store.sqlite import SqliteExchangeStore

MAX_LISTED: Final = 1024
MAX_TIPS: Final = 500


class Reader:
    """Read-only view of the exchange's database, for one thread.

    Args:
        path: The main database; the writer has made it.
    """

    def __init__(self, path: Path) -> None:
        self._store = SqliteExchangeStore(path, read_only=True)
        self._directory: Directory | None = None

    def directory(self) -> Directory:
        """Return the directory in force."""
        if self._directory is None:
            _root, self._directory, _packs = load_scheme(self._store.scheme())
        return self._directory

    def head_size(self) -> int:
        """Return the number of committed entries."""
        head = self._store.log.head()
        return 0 if head is None else head.size

    def feed(self, org: bytes, from_index: int, limit: int) -> list[FeedItem]:
        """Return what was addressed to an organisation from a log index on."""
        return self._store.feed(org, from_index, limit)

    def list_requests(self, org: bytes, from_index: int, limit: int) -> ListRequestsResponse:
        """Return an organisation's requests by last change, at most ``limit`` (or the server's own limit)."""
        count = min(limit or MAX_TIPS, MAX_TIPS)
        rows = self._store.tips(org, from_index, count + 1)
        tips = tuple(RequestTip(bytes(request_id), last) for request_id, last in rows[:count])
        return ListRequestsResponse(tips, len(rows) > count)

    def list_entries(self, start: int, limit: int) -> ListEntriesResponse:
        """Return the public bytes of a range of published entries.

        Raises:
            Invalid: The range begins outside the log.
        """
        size = self._published().size
        if not 0 <= start <= size or limit < 0:
            raise Invalid(errors.X_FIELD_INVALID, "request.start", "RANGE")
        end = min(start + min(limit or MAX_LISTED, MAX_LISTED), size)
        return ListEntriesResponse(tuple(self._store.log.entries(start, end)))

    def checkpoint(self, old_size: int) -> GetCheckpointResponse:
        """Return the published checkpoint and the proof that it grew from ``old_size``.

        A caller may hold the head of a commit that is not published yet: it is then given the newest published one
        and no proof, and asks again.

        Raises:
            Invalid: ``old_size`` is larger than the log.
        """
        published = self._published()
        if old_size > self.head_size():
            raise Invalid(errors.X_FIELD_INVALID, "request.old_size", "RANGE")
        proof: tuple[bytes, ...] = ()
        if 0 < old_size < published.size:
            proof = tuple(self._nodes(lambda nodes: consistency_proof(nodes, old_size, published.size)))
        return GetCheckpointResponse(published.note.encode(), proof)

    def tlog_proof(self, index: int) -> bytes:
        """Return the C2SP tlog-proof of an entry against the published checkpoint.

        Raises:
            NotAuthorised: ``X_NOT_FOUND``: there is no such published entry.
        """
        published = self._published()
        if not 0 <= index < published.size:
            raise NotAuthorised(errors.X_NOT_FOUND, "request.index", "ENTRY")
        path = self._nodes(lambda nodes: inclusion_proof(nodes, index, published.size))
        return TlogProof(index, tuple(path), published.note).text().encode()

    def directory_response(self) -> GetDirectoryResponse:
        """Return the chain of roots and the trust list, each with the receipt of its entry."""
        rows = self._store.scheme()
        roots = tuple(self._logged(row) for row in rows if row.kind == "ROOT")
        newest = [row for row in rows if row.kind == "TRUST_LIST"][-1]
        return GetDirectoryResponse(roots, self._logged(newest))

    def packs_response(self) -> GetPacksResponse:
        """Return all packs and recalls, each with the receipt of its entry."""
        rows = self._store.scheme()
        return GetPacksResponse(
            tuple(self._logged(row) for row in rows if row.kind == "PACK"),
            tuple(self._logged(row) for row in rows if row.kind == "PACK_RECALL"),
        )

    def providers_response(self) -> ListProvidersResponse:
        """Return the newest catalogue of each unit, with the receipt of its entry."""
        newest = newest_catalogues(self._store.scheme())
        return ListProvidersResponse(tuple(self._logged(row) for row, _ in newest.values()))

    def close(self) -> None:
        """Close the connection."""
        self._store.close()

    def _logged(self, row: SchemeRow) -> LoggedQuorum:
        """An object of the scheme with the receipt of its entry, all slots open: the scheme is public at once."""
        view = self._store.view(row.i)
        if view is None:
            raise Unavailable(errors.X_TRANSIENT, "scheme", "STORE")
        size, note = self._store.head_after(row.i)
        path = tuple(self._nodes(lambda nodes: inclusion_proof(nodes, row.i, size)))
        entry = self._store.log.entries(row.i, row.i + 1)[0]
        openings = decode_openings(row.openings)
        receipt = Receipt(entry, split_commitments(view), openings, row.i, path, note.encode())
        return LoggedQuorum(row.data, receipt)

    def _published(self) -> Published:
        published = self._store.log.latest_checkpoint()
        if published is None:
            raise Unavailable(errors.X_TRANSIENT, "checkpoint", "NOT_PUBLISHED")
        return published

    def _nodes(self, make: Callable[[TileReader], list[bytes]]) -> list[bytes]:
        try:
            return make(TileReader(self._store.log.tile))
        except AuditError as error:
            raise Unavailable(errors.X_TRANSIENT, "log", "STORE") from error
