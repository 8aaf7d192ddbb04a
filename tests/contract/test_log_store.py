# SPDX-License-Identifier: Apache-2.0
"""What every log store must do, run over each of them: memory and SQLite. It tests no log, only the store contract."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rogatory.audit.errors import AuditError, HeadMoved, LogCorrupt, NoTransaction
from rogatory.audit.store import Head, Published
from rogatory.audit.tile import FULL_TILE
from tests.support.logs import Owner, memory_owner, new_database, sqlite_owner


@pytest.fixture(params=["memory", "sqlite"])
def owner(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Owner]:
    if request.param == "memory":
        yield memory_owner()
        return
    connection = new_database(tmp_path / "log.db")
    yield sqlite_owner(connection)
    connection.close()


def head(size: int, root: bytes = b"\x01" * 32, epoch: int = 1) -> Head:
    return Head(size, root, epoch, f"note {size}\n")


def published(size: int, at: int = 5) -> Published:
    return Published(size, bytes([size % 256]) * 32, f"checkpoint {size}\n", at)


class Stop(Exception):
    """What an owner raises to roll back."""


def test_a_new_store_is_empty(owner: Owner) -> None:
    store = owner.store
    assert store.head() is None
    assert store.entries(0, 0) == []
    assert store.tile(0, 0) == b""
    assert store.checkpoints(0, 2**63 - 1) == []
    assert store.latest_checkpoint() is None


def test_everything_written_is_read_back_after_the_commit(owner: Owner) -> None:
    store = owner.store
    with owner.transaction():
        store.swap_head(None, head(0))
        store.add_entries(0, [b"", b"\x00\xff", b"third"], 1_000)
        store.put_tile(0, 0, b"a" * 96)
        store.add_checkpoint(published(3))
        # The owner sees its own writes before it commits: that is how they are checked.
        assert store.entries(1, 3) == [b"\x00\xff", b"third"]
        assert store.tile(0, 0) == b"a" * 96
    assert store.head() == head(0)
    assert store.entries(0, 3) == [b"", b"\x00\xff", b"third"]
    assert store.entry_time_ms(2) == 1_000
    assert store.latest_checkpoint() == published(3)


def test_a_rolled_back_transaction_leaves_nothing_of_any_kind(owner: Owner) -> None:
    store = owner.store
    with owner.transaction():
        store.swap_head(None, head(0))
        store.add_entries(0, [b"kept"], 1)
        store.put_tile(0, 0, b"k" * 32)

    def write_everything_and_stop() -> None:
        store.swap_head(head(0), head(2))
        store.add_entries(1, [b"lost"], 2)
        store.put_tile(0, 0, b"k" * 32 + b"l" * 32)
        store.put_tile(1, 0, b"l" * 32)
        store.add_checkpoint(published(2))
        raise Stop

    with pytest.raises(Stop), owner.transaction():
        write_everything_and_stop()
    assert store.head() == head(0)
    assert store.entries(0, 1) == [b"kept"]
    with pytest.raises(LogCorrupt):
        store.entries(0, 2)
    assert store.tile(0, 0) == b"k" * 32
    assert store.tile(1, 0) == b""
    assert store.latest_checkpoint() is None


def test_a_transaction_inside_a_transaction_is_refused_and_ends_the_outer_one(owner: Owner) -> None:
    def nested() -> None:
        with owner.transaction():
            owner.store.put_tile(0, 0, b"f" * FULL_TILE)
            with owner.transaction():
                pass

    with pytest.raises(AuditError):
        nested()
    assert owner.store.tile(0, 0) == b""
    with owner.transaction():
        owner.store.put_tile(0, 0, b"f" * FULL_TILE)
    assert owner.store.tile(0, 0) == b"f" * FULL_TILE


def test_no_write_works_outside_a_transaction(owner: Owner) -> None:
    store = owner.store
    with pytest.raises(NoTransaction):
        store.swap_head(None, head(0))
    with pytest.raises(NoTransaction):
        store.add_entries(0, [b"x"], 0)
    with pytest.raises(NoTransaction):
        store.put_tile(0, 0, b"x" * 32)
    with pytest.raises(NoTransaction):
        store.add_checkpoint(published(1))
    assert store.head() is None


@pytest.mark.parametrize(
    "old",
    [None, head(4), head(5, b"\x02" * 32), head(5, epoch=2)],
    ids=["creating again", "size", "root", "epoch"],
)
def test_the_head_moves_only_from_exactly_the_head_that_is_there(owner: Owner, old: Head | None) -> None:
    store = owner.store
    with owner.transaction():
        store.swap_head(None, head(5))
    with pytest.raises(HeadMoved), owner.transaction():
        store.swap_head(old, head(6))
    assert store.head() == head(5)
    with owner.transaction():
        store.swap_head(head(5), head(6, b"\x03" * 32))
    assert store.head() == head(6, b"\x03" * 32)


@pytest.mark.parametrize(
    "new",
    [head(4), head(6, epoch=0), head(5, b"\x02" * 32)],
    ids=["smaller", "older epoch", "same size, other root"],
)
def test_the_head_never_goes_back(owner: Owner, new: Head) -> None:
    store = owner.store
    with owner.transaction():
        store.swap_head(None, head(5))
    with pytest.raises(LogCorrupt), owner.transaction():
        store.swap_head(head(5), new)
    assert store.head() == head(5)


def test_an_entry_is_never_added_twice(owner: Owner) -> None:
    store = owner.store
    with owner.transaction():
        store.add_entries(0, [b"a", b"b"], 1)
    with pytest.raises(LogCorrupt), owner.transaction():
        store.add_entries(1, [b"other"], 2)
    assert store.entries(0, 2) == [b"a", b"b"]


def test_missing_entries_are_never_answered_with_fewer(owner: Owner) -> None:
    with owner.transaction():
        owner.store.add_entries(0, [b"a"], 1)
    with pytest.raises(LogCorrupt):
        owner.store.entries(0, 2)
    with pytest.raises(LogCorrupt):
        owner.store.entry_time_ms(1)


@pytest.mark.parametrize(
    "data", [b"b" * 64, b"a" * 32, b"b" * 32 + b"a" * 32], ids=["other", "shorter", "moved"]
)
def test_a_tile_only_grows(owner: Owner, data: bytes) -> None:
    with owner.transaction():
        owner.store.put_tile(0, 3, b"a" * 64)
    with pytest.raises(LogCorrupt), owner.transaction():
        owner.store.put_tile(0, 3, data)
    assert owner.store.tile(0, 3) == b"a" * 64
    with owner.transaction():
        owner.store.put_tile(0, 3, b"a" * 64 + b"c" * 32)
    assert owner.store.tile(0, 3) == b"a" * 64 + b"c" * 32


def test_a_full_tile_is_final(owner: Owner) -> None:
    with owner.transaction():
        owner.store.put_tile(0, 0, b"f" * FULL_TILE)
    with pytest.raises(LogCorrupt), owner.transaction():
        owner.store.put_tile(0, 0, b"f" * FULL_TILE)
    assert owner.store.tile(0, 0) == b"f" * FULL_TILE


def test_a_size_is_published_once(owner: Owner) -> None:
    with owner.transaction():
        owner.store.add_checkpoint(published(7, at=1))
    with pytest.raises(LogCorrupt), owner.transaction():
        owner.store.add_checkpoint(published(7, at=2))
    assert owner.store.latest_checkpoint() == published(7, at=1)


def test_checkpoints_are_listed_by_size_within_their_bounds(owner: Owner) -> None:
    with owner.transaction():
        for size in (9, 1, 4, 300):
            owner.store.add_checkpoint(published(size))
    assert [one.size for one in owner.store.checkpoints(1, 300)] == [1, 4, 9]
    assert [one.size for one in owner.store.checkpoints(2, 2**70, 2)] == [4, 9]
    assert owner.store.checkpoints(5, 9) == []
    assert owner.store.latest_checkpoint() == published(300)
