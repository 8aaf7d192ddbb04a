# SPDX-License-Identifier: Apache-2.0
"""Compares what the exchange keeps of each request with the fold of the envelopes that it accepted.

It reads the stopped exchange's database as the operator could; the people of the story never do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from rogatory.protocol.directory import Directory
from rogatory.protocol.lifecycle import LoggedEnvelope, fold
from rogatory.protocol.pack import Pack
from rogatory.server.engine.genesis import load_scheme
from rogatory.server.engine.states import load
from rogatory.server.store.sqlite import SqliteExchangeStore


def states_equal_folds(data: Path, requests: Iterable[str]) -> bool:
    """Return whether the kept state of every request is the fold of its envelopes in log order."""
    store = SqliteExchangeStore(data / "rogatory.sqlite", read_only=True)
    try:
        _root, directory, packs = load_scheme(store.scheme())
        return all(_equal(store, bytes.fromhex(text), directory, packs) for text in requests)
    finally:
        store.close()


def _equal(
    store: SqliteExchangeStore, request_id: bytes, directory: Directory, packs: Mapping[bytes, Pack]
) -> bool:
    known = load(store, request_id, directory, packs)
    rows = store.statements_of(request_id)
    envelopes = [LoggedEnvelope(row.envelope, row.i, store.log.entry_time_ms(row.i)) for row in rows]
    folded, _statements = fold(envelopes, directory, packs)
    return known is not None and known.state == folded
