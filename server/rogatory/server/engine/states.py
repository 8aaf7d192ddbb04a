# SPDX-License-Identifier: Apache-2.0
"""States of requests as the write path knows them: in memory, and rebuilt by the fold where memory does not reach.

A state is the fold of its request's statements (architecture §1.1), and those are what is stored. To write it out with
each statement was the dearest step of all (ADR 4), so a copy is stored with every fourth statement only, and a look-up
folds what came after it. Memory holds what the open transaction has seen too; whoever rolls back calls ``forget``. It
decides nothing, and it is no source of truth: what is lost here is folded again.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from rogatory.audit.errors import LogCorrupt
from rogatory.protocol.directory import Directory
from rogatory.protocol.errors import RogatoryError
from rogatory.protocol.lifecycle import LoggedEnvelope, fold
from rogatory.protocol.pack import Pack
from rogatory.protocol.plain import from_plain, to_plain
from rogatory.protocol.state import RequestState
from rogatory.protocol.terms import running
from rogatory.server.store.contract import NEVER, ExchangeStore, RequestRow

# A copy costs 60 us to write and a statement 200 us to fold again, once, when its request has left the memory.
COPY_EVERY: Final = 4
# About 6 KB each.
MEMORY: Final = 4096


@dataclass(frozen=True, slots=True)
class Known:
    """A request as of its last statement: state, leaf hash of that statement's entry, statements since the copy."""

    state: RequestState
    leaf: bytes
    since_copy: int


def next_due(state: RequestState) -> int:
    """Return when the next clock of a request ends, in milliseconds since the epoch; ``NEVER`` where none is running."""
    return min((item.due_ms for item in running(state)), default=NEVER)


def load(
    store: ExchangeStore, request_id: bytes, directory: Directory, packs: Mapping[bytes, Pack]
) -> Known | None:
    """Return a request from the store alone: the newest copy of its state, and the fold of what came after.

    Raises:
        LogCorrupt: What is stored does not fold, or not to the statement that the row names as the last.
    """
    row = store.request(request_id)
    if row is None:
        return None
    state, later = None, []
    try:
        copy = from_plain(RequestState, json.loads(row.state), "state") if row.state else None
        rows = store.statements_of(request_id, copy.last_index if copy is not None else -1)
        later = [LoggedEnvelope(item.envelope, item.i, store.log.entry_time_ms(item.i)) for item in rows]
        state, _statements = fold(later, directory, packs, copy)
    except (RogatoryError, ValueError):
        # Not the fault of who asks now, so no refusal: what was accepted once is accepted by every later fold.
        pass
    if state is None or state.last_index != row.last_index:
        msg = "a request's statements do not give its state"
        raise LogCorrupt(msg) from None
    return Known(state, row.last_leaf, len(later))


class States:
    """The requests used last, by id.

    Args:
        store: Where statements and copies are.
        directory: What statements are verified against.
        packs: Packs by digest.
        most: How many requests are remembered.
    """

    def __init__(
        self,
        store: ExchangeStore,
        directory: Directory,
        packs: Mapping[bytes, Pack],
        most: int = MEMORY,
    ) -> None:
        self._store = store
        self._directory = directory
        self._packs = packs
        self._most = most
        self._known: OrderedDict[bytes, Known] = OrderedDict()

    def get(self, request_id: bytes) -> Known | None:
        """Return a request, or None when there is none of this id.

        Raises:
            LogCorrupt: See ``load``.
        """
        known = self._known.get(request_id)
        if known is not None:
            self._known.move_to_end(request_id)
            return known
        known = load(self._store, request_id, self._directory, self._packs)
        if known is not None:
            self._remember(request_id, known)
        return known

    def put(self, state: RequestState, leaf: bytes, before: Known | None) -> Known:
        """Note a request's new state inside the open transaction; ``before`` is what ``get`` gave for it."""
        since = before.since_copy + 1 if before is not None else 1
        copy = None
        if since >= COPY_EVERY:
            since, copy = 0, json.dumps(to_plain(state), separators=(",", ":")).encode()
        row = RequestRow(state.request_id, state.last_index, leaf, copy, next_due(state))
        self._store.put_request(row, state.parties)
        known = Known(state, leaf, since)
        self._remember(state.request_id, known)
        return known

    def forget(self) -> None:
        """Drop all that is remembered, because some of it was not committed."""
        self._known.clear()

    def _remember(self, request_id: bytes, known: Known) -> None:
        self._known[request_id] = known
        self._known.move_to_end(request_id)
        if len(self._known) > self._most:
            self._known.popitem(last=False)
