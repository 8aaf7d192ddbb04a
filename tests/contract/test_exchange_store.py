# SPDX-License-Identifier: Apache-2.0
"""What the engine relies on in the exchange's store: its own writes are seen before the commit, and a rollback leaves none.

The log's part of the store has its own suite. Nothing here is a statement that verifies: the store looks into none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rogatory.protocol.header import StatementKind
from rogatory.protocol.wire import FeedItem
from rogatory.server.store.contract import NO_STATE, RequestRow, StatementRow, ViewRow
from rogatory.server.store.sqlite import SqliteExchangeStore

REQUEST, ORG, OTHER = b"r" * 16, b"o" * 16, b"p" * 16


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteExchangeStore]:
    store = SqliteExchangeStore(tmp_path / "exchange.sqlite", create=True)
    yield store
    store.close()


def statement(i: int) -> StatementRow:
    return StatementRow(i, bytes([i]) * 16, REQUEST, bytes([i]) * 32, ORG, b"envelope %d" % i)


def item(i: int) -> FeedItem:
    return FeedItem(i, REQUEST, bytes([i]) * 32, StatementKind.ISSUE, bytes([i + 100]) * 32)


def fill(store: SqliteExchangeStore, i: int, state: bytes | None = None) -> None:
    """One accepted statement's rows, in the engine's order."""
    store.add_view(ViewRow(i, ORG, REQUEST, bytes(512), b"sealed", None))
    store.add_statement(statement(i))
    store.put_request(RequestRow(REQUEST, i, bytes([i]) * 32, state), (ORG, OTHER))
    store.add_feed(OTHER, item(i))


class Stop(Exception):
    """What an owner raises to roll back."""


def fill_and_stop(store: SqliteExchangeStore) -> None:
    with store.transaction():
        fill(store, 7, b"{}")
        raise Stop


# Every look-up of what `fill(store, 7)` wrote, with what it gives then and what it gives for nothing.
LOOKS: list[tuple[Callable[[SqliteExchangeStore], Any], Any, Any]] = [
    (lambda store: store.statement_by_id(b"\x07" * 16), statement(7), None),
    (lambda store: store.statements_of(REQUEST), [statement(7)], []),
    (lambda store: store.statements_of(REQUEST, 7), [], []),
    (lambda store: store.view(7), ViewRow(7, ORG, REQUEST, bytes(512), b"sealed", b"envelope 7"), None),
    (lambda store: [row.i for row in store.views(0, 99)], [7], []),
    (lambda store: store.request(REQUEST), RequestRow(REQUEST, 7, b"\x07" * 32, b"{}"), None),
    (lambda store: store.tips(OTHER, 0, 9), [(REQUEST, 7)], []),
    (lambda store: store.feed(OTHER, 0, 9), [item(7)], []),
    (lambda store: store.feed_tip(OTHER), item(7), None),
    (lambda store: store.feed_digest(OTHER), item(7).feed_digest, b""),
    (lambda store: store.feed_held(OTHER, item(7).feed_digest), True, False),
    (lambda store: store.feed_held(ORG, item(7).feed_digest), False, False),
]


@pytest.mark.parametrize(("look", "then", "never"), LOOKS)
def test_a_look_up_sees_what_its_own_transaction_has_written(
    store: SqliteExchangeStore, look: Callable[[SqliteExchangeStore], Any], then: object, never: object
) -> None:
    assert look(store) == never
    with store.transaction():
        fill(store, 7, b"{}")
        assert look(store) == then
    assert look(store) == then


@pytest.mark.parametrize(("look", "then", "never"), LOOKS)
def test_nothing_of_a_transaction_that_was_rolled_back_is_seen(
    store: SqliteExchangeStore, look: Callable[[SqliteExchangeStore], Any], then: object, never: object
) -> None:
    with pytest.raises(Stop):
        fill_and_stop(store)
    assert look(store) == never
    with store.transaction():
        fill(store, 7, b"{}")
    assert look(store) == then


@pytest.mark.parametrize("together", [True, False])
def test_a_copy_of_a_state_stays_until_a_newer_one_comes(
    store: SqliteExchangeStore, *, together: bool
) -> None:
    puts = [
        (1, None, NO_STATE),
        (2, b"two", b"two"),
        (3, None, b"two"),
        (4, b"four", b"four"),
        (5, None, b"four"),
    ]
    if together:
        with store.transaction():
            for i, state, _kept in puts:
                fill(store, i, state)
        assert store.request(REQUEST) == RequestRow(REQUEST, 5, b"\x05" * 32, b"four")
        return
    for i, state, kept in puts:
        with store.transaction():
            fill(store, i, state)
            assert store.request(REQUEST) == RequestRow(REQUEST, i, bytes([i]) * 32, kept)
            store.add_feed(ORG, item(i))
        assert store.tips(OTHER, 0, 9) == [(REQUEST, i)]


def test_a_head_is_known_once_it_is_stored_and_not_after_a_rollback(store: SqliteExchangeStore) -> None:
    def look_and_stop() -> None:
        with store.transaction():
            store.add_head(5, b"f" * 32, "another note")
            assert store.head_root(5) == b"f" * 32
            raise Stop

    with pytest.raises(Stop):
        look_and_stop()
    assert store.head_root(5) is None
    with store.transaction():
        store.add_head(5, b"5" * 32, "note")
    for _ in range(2):
        assert store.head_root(5) == b"5" * 32
        assert store.head_root(6) is None
        assert store.head_root(2**64 - 1) is None
    assert store.head_after(4) == (5, "note")


def test_more_heads_than_are_remembered_are_all_found(store: SqliteExchangeStore) -> None:
    sizes = range(1, 1100)
    with store.transaction():
        for size in sizes:
            store.add_head(size, size.to_bytes(32, "big"), "note")
    for _ in range(2):
        assert [store.head_root(size) for size in sizes] == [size.to_bytes(32, "big") for size in sizes]


def test_a_look_up_in_the_middle_of_a_batch_loses_nothing(store: SqliteExchangeStore) -> None:
    with store.transaction():
        fill(store, 1)
        assert len(store.views(0, 99)) == 1
        fill(store, 2)
        assert store.feed_digest(OTHER) == item(2).feed_digest
        fill(store, 3)
    assert [row.i for row in store.views(0, 99)] == [1, 2, 3]
    assert store.feed(OTHER, 0, 9) == [item(1), item(2), item(3)]
    assert store.statements_of(REQUEST) == [statement(1), statement(2), statement(3)]
