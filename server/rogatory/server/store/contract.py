# SPDX-License-Identifier: Apache-2.0
"""The contract of the exchange's store: what the engine needs, with which guarantees.

Every write happens inside the transaction that the engine owns, together with the log's own writes, so that state and
log become durable together or not at all. Reads inside the transaction see its writes. The store raises
``rogatory.audit.errors.LogUnavailable`` or ``LogCorrupt`` and never retries. It holds sealed sections and openings as
ciphertext of the vault and cannot read them.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final, Protocol

from rogatory.audit.store import LogStore
from rogatory.protocol.wire import FeedItem

# A made-up digest costs a look through so many items at most; a party that is further behind must listen first.
FEED_MEMORY: Final = 65_536
# What stands in place of a state of which no copy was stored yet.
NO_STATE: Final = b""
# When no clock of a request is running.
NEVER: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class StatementRow:
    """An accepted statement; ``i`` is its log index."""

    i: int
    statement_id: bytes
    request_id: bytes
    digest: bytes
    org: bytes
    envelope: bytes


@dataclass(frozen=True, slots=True)
class ViewRow:
    """What opens an entry: 512 bytes of commitments, vault ciphertext of the openings, the signed bytes if any.

    ``kept``: of an erased request, with only what outlives it, sealed apart from the request's key.
    When added, ``envelope`` is None for an accepted statement too, whose own row has the bytes; read, it is there.
    """

    i: int
    actor: bytes
    request_id: bytes | None
    commitments: bytes
    openings: bytes
    envelope: bytes | None
    kept: bool = False


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request's last log index, the leaf of its last statement, and the newest stored copy of its state.

    ``state`` is in plain form (JSON), of the last statement or an earlier one; ``NO_STATE`` where no copy was stored
    yet. When put, None leaves the copy that is there. ``next_due_ms`` is when the next of its clocks ends, or ``NEVER``.
    """

    request_id: bytes
    last_index: int
    last_leaf: bytes
    state: bytes | None
    next_due_ms: int = NEVER


@dataclass(frozen=True, slots=True)
class SealedRow:
    """A sealed section, encrypted once more under the request's vault key; ``length`` is that of the section."""

    digest: bytes
    request_id: bytes
    org: bytes
    length: int
    data: bytes


@dataclass(frozen=True, slots=True)
class SchemeRow:
    """A root, trust list, pack or slot schema, by log index; ``openings`` of its entry in clear, since it is public."""

    i: int
    kind: str
    data: bytes
    openings: bytes = b""


class ExchangeStore(Protocol):
    """One connection, one writer. Methods named ``add_…`` insert and never replace."""

    log: LogStore

    def transaction(self) -> AbstractContextManager[None]:
        """Begin a write transaction; commit durably on exit, roll back on an exception."""
        ...

    def statement_by_id(self, statement_id: bytes) -> StatementRow | None:
        """Return an accepted statement by its id."""
        ...

    def statements_of(self, request_id: bytes, after: int = -1) -> list[StatementRow]:
        """Return a request's statements with a larger log index than ``after``, in log order."""
        ...

    def add_statement(self, row: StatementRow) -> None:
        """Add an accepted statement; its id must be new."""
        ...

    def view(self, i: int) -> ViewRow | None:
        """Return what opens an entry."""
        ...

    def views(self, start: int, end: int) -> list[ViewRow]:
        """Return what opens entries start..end-1, those that have a view."""
        ...

    def add_view(self, row: ViewRow) -> None:
        """Add what opens a new entry."""
        ...

    def views_of(self, request_id: bytes) -> list[ViewRow]:
        """Return what opens the entries of a request, its reads among them, in log order."""
        ...

    def keep_view(self, i: int, openings: bytes) -> None:
        """Put in place of what opens an entry what is kept of it; once."""
        ...

    def request(self, request_id: bytes) -> RequestRow | None:
        """Return what is kept of a request."""
        ...

    def put_request(self, row: RequestRow, parties: tuple[bytes, ...]) -> None:
        """Replace what is kept of a request and note the organisations that see it."""
        ...

    def due(self, at_ms: int, limit: int) -> list[bytes]:
        """Return ids of requests of which a clock has ended, the earliest first."""
        ...

    def set_due(self, request_id: bytes, due_ms: int) -> None:
        """Note when the next clock of a request ends."""
        ...

    def sealed(self, digest: bytes) -> SealedRow | None:
        """Return a sealed section."""
        ...

    def sealed_lengths(self, request_id: bytes, org: bytes, digests: Sequence[bytes]) -> dict[bytes, int]:
        """Return the lengths of those of the named sections that this organisation has put for this request."""
        ...

    def add_sealed(self, row: SealedRow) -> None:
        """Keep a sealed section; the same digest again changes nothing."""
        ...

    def drop_sealed(self, request_id: bytes) -> None:
        """Delete all sealed sections of a request."""
        ...

    def add_erased(self, request_id: bytes, i: int) -> None:
        """Note that a request was erased by the statement at a log index; once."""
        ...

    def erased(self) -> list[bytes]:
        """Return the requests that were erased."""
        ...

    def feed_tip(self, org: bytes) -> FeedItem | None:
        """Return the last item of an organisation's feed."""
        ...

    def feed_digest(self, org: bytes) -> bytes:
        """Return the digest of an organisation's whole feed; empty where nothing was addressed to it yet."""
        ...

    def feed_held(self, org: bytes, feed_digest: bytes) -> bool:
        """Return whether an organisation's feed once had this digest, among its newest ``FEED_MEMORY`` items."""
        ...

    def add_feed(self, org: bytes, item: FeedItem) -> None:
        """Extend an organisation's feed; its indexes only grow."""
        ...

    def head_root(self, size: int) -> bytes | None:
        """Return the root of a commit's head of this size."""
        ...

    def head_after(self, i: int) -> tuple[int, str]:
        """Return size and note of the first commit head that covers entry ``i``."""
        ...

    def add_head(self, size: int, root: bytes, note: str) -> None:
        """Note the head of a commit."""
        ...

    def scheme(self) -> list[SchemeRow]:
        """Return all objects of the scheme in log order."""
        ...

    def add_scheme(self, row: SchemeRow) -> None:
        """Add an object of the scheme."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...
