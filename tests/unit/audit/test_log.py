# SPDX-License-Identifier: Apache-2.0
"""The writer's three steps and their refusals. Proof arithmetic and storage guards are tested elsewhere."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from rogatory.audit.errors import (
    FormatError,
    HeadMoved,
    LogCorrupt,
    LogUnavailable,
    NoTransaction,
    ProofError,
)
from rogatory.audit.log import Log, Staged
from rogatory.audit.merkle import EMPTY_ROOT, leaf_hash, verify_consistency, verify_inclusion
from rogatory.audit.note import open_checkpoint
from rogatory.audit.store import Head
from tests.support.logs import (
    ORIGIN,
    CarelessSigner,
    MisreadingStore,
    Owner,
    ed25519_signer,
    entries,
    entry,
    memory_owner,
    new_database,
    seed,
    sqlite_owner,
)

KEYS = [ed25519_signer().verifier]


@pytest.fixture(params=["memory", "sqlite"])
def owner(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Owner]:
    if request.param == "memory":
        yield memory_owner()
        return
    connection = new_database(tmp_path / "log.db")
    yield sqlite_owner(connection)
    connection.close()


def test_a_new_log_has_a_signed_empty_head(owner: Owner) -> None:
    log = owner.new_log()
    head = open_checkpoint(log.head().note, ORIGIN, KEYS).checkpoint
    assert (head.size, head.root, log.size, log.time_ms) == (0, EMPTY_ROOT, 0, 0)
    assert Log.open(owner.store, ORIGIN, ed25519_signer()).head() == log.head()


def test_a_store_holds_one_log(owner: Owner) -> None:
    owner.new_log()
    with pytest.raises(HeadMoved):
        owner.new_log()


def test_opening_nothing_is_no_empty_log(owner: Owner) -> None:
    with pytest.raises(LogUnavailable):
        Log.open(owner.store, ORIGIN, ed25519_signer())


def test_an_append_has_indexes_proofs_and_a_signed_head_at_once(owner: Owner) -> None:
    log = owner.new_log()
    owner.append(log, entries(300), 10)
    staged = log.stage(entries(3, 300), 11)
    assert (staged.first_index, staged.size, staged.leaf_hashes[0]) == (300, 303, leaf_hash(entry(300)))
    head = open_checkpoint(staged.note, ORIGIN, KEYS).checkpoint
    for index in (300, 301, 302):
        verify_inclusion(leaf_hash(entry(index)), index, 303, staged.inclusion(index), head.root)
    with pytest.raises(ProofError):
        staged.inclusion(303)
    with pytest.raises(ProofError):
        staged.inclusion(0)


def test_nothing_is_visible_before_adopt(owner: Owner) -> None:
    log = owner.new_log()
    before = log.head()
    staged = log.stage([b"x"], 1)
    assert (log.size, log.head()) == (0, before)
    with owner.transaction():
        log.write(staged)
    assert log.head() == before
    log.adopt(staged)
    assert log.head() == owner.store.head() == staged.head


def test_writing_needs_the_owners_transaction(owner: Owner) -> None:
    log = owner.new_log()
    staged = log.stage([b"x"], 1)
    with pytest.raises(NoTransaction):
        log.write(staged)


def test_an_unfinished_append_blocks_the_next_until_it_is_discarded(owner: Owner) -> None:
    log = owner.new_log()
    lost = log.stage([b"lost"], 1)
    with pytest.raises(LogUnavailable):
        log.stage([b"next"], 1)
    log.discard()
    kept = log.stage([b"kept"], 1)
    for step in (log.write, log.adopt):
        with pytest.raises(LogUnavailable):
            step(lost)
    with owner.transaction():
        log.write(kept)
    log.adopt(kept)
    assert log.entry(0) == b"kept"
    with pytest.raises(LogUnavailable):
        log.adopt(kept)


def test_after_a_rollback_the_same_index_goes_to_the_next_batch(owner: Owner) -> None:
    log = owner.new_log()
    owner.append(log, entries(255), 1)

    def write_and_fail() -> None:
        log.write(log.stage(entries(2, 900), 2))
        raise RuntimeError

    with pytest.raises(RuntimeError), owner.transaction():
        write_and_fail()
    log.discard()
    assert owner.append(log, entries(2, 255), 2).first_index == 255
    assert log.entries(254, 257) == entries(3, 254)


def test_bad_appends_are_refused(owner: Owner) -> None:
    log = owner.new_log()
    owner.append(log, [b"x" * 65_535, b""], 10)
    with pytest.raises(FormatError):
        log.stage([], 11)
    with pytest.raises(FormatError):
        log.stage([b"x" * 65_536], 11)
    with pytest.raises(FormatError):
        log.stage([b"x"], 9)
    assert owner.append(log, [b"x"], 10).size == 3


def test_time_does_not_go_back_after_a_restart(owner: Owner) -> None:
    log = owner.new_log()
    owner.append(log, [b"x"], 10)
    reopened = Log.open(owner.store, ORIGIN, ed25519_signer())
    assert reopened.time_ms == 10
    with pytest.raises(FormatError):
        reopened.stage([b"y"], 9)


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 512, 600])
def test_a_reopened_log_goes_on_as_if_it_had_never_stopped(owner: Owner, size: int) -> None:
    log = owner.new_log()
    owner.append(log, entries(size), 1)
    reopened = Log.open(owner.store, ORIGIN, ed25519_signer())
    one, two = log.stage(entries(300, size), 2), reopened.stage(entries(300, size), 2)
    assert (one.note, one.tiles) == (two.note, two.tiles)
    assert one.inclusion(size) == two.inclusion(size)


def test_proofs_for_any_earlier_size_come_from_tiles(owner: Owner) -> None:
    log = owner.new_log()
    heads = []
    for start in range(0, 520, 65):
        owner.append(log, entries(65, start), start)
        heads.append(log.head())
    for old in heads:
        assert log.root_at(old.size) == old.root
        verify_inclusion(leaf_hash(entry(7)), 7, old.size, log.inclusion(7, old.size), old.root)
        for new in heads:
            if old.size <= new.size:
                proof = log.consistency(old.size, new.size)
                verify_consistency(old.size, new.size, old.root, new.root, proof)
    with pytest.raises(FormatError):
        log.inclusion(0, 521)
    with pytest.raises(FormatError):
        log.consistency(1, 521)
    with pytest.raises(ProofError):
        log.inclusion(65, 65)
    with pytest.raises(FormatError):
        log.entries(0, 521)


def test_a_log_under_another_key_or_origin_is_not_opened(owner: Owner) -> None:
    owner.append(owner.new_log(), [b"x"], 1)
    with pytest.raises(LogCorrupt):
        Log.open(owner.store, ORIGIN, ed25519_signer(label="other"))
    with pytest.raises(LogCorrupt):
        Log.open(owner.store, "other.example", ed25519_signer())


def test_a_head_that_its_tiles_do_not_give_is_not_opened(owner: Owner) -> None:
    log = owner.new_log()
    owner.append(log, entries(3), 1)
    head = log.head()
    with owner.transaction():
        owner.store.swap_head(head, Head(4, b"\x09" * 32, head.epoch, head.note))
    with pytest.raises(LogCorrupt):
        Log.open(owner.store, ORIGIN, ed25519_signer())


def test_a_head_with_a_note_of_another_tree_is_not_opened(owner: Owner) -> None:
    log = owner.new_log()
    owner.append(log, entries(3), 1)
    head = log.head()
    with owner.transaction():
        owner.store.swap_head(head, Head(3, head.root, head.epoch, log.stage([b"x"], 1).note))
    with pytest.raises(LogCorrupt):
        Log.open(owner.store, ORIGIN, ed25519_signer())


@pytest.mark.parametrize(
    ("level", "index", "bit"),
    [(0, 0, 0), (0, 0, 255 * 256), (1, 0, 0), (0, 1, 3)],
    ids=["full tile, old hash", "full tile, new hash", "parent", "partial tile"],
)
def test_a_tile_that_reads_back_wrong_stops_the_commit(level: int, index: int, bit: int) -> None:
    store = MisreadingStore()
    owner = memory_owner(store)
    log = owner.new_log()
    owner.append(log, entries(200), 1)
    before = store.head()
    staged = log.stage(entries(100, 200), 2)
    with pytest.raises(LogCorrupt), owner.transaction():
        write_misread(log, staged, store, (level, index, bit))
    assert store.head() == before
    store.bad = None
    log.discard()
    assert owner.append(log, entries(100, 200), 2).size == 300


def write_misread(log: Log, staged: Staged, store: MisreadingStore, bad: tuple[int, int, int]) -> None:
    store.bad = bad
    log.write(staged)


@pytest.mark.parametrize(("level", "bit"), [(0, 0), (0, 43 * 256), (1, 7)])
def test_a_log_whose_edge_reads_wrong_is_not_opened(level: int, bit: int) -> None:
    store = MisreadingStore()
    owner = memory_owner(store)
    owner.append(owner.new_log(), entries(300), 1)
    store.bad = (level, 1 - level, bit)
    with pytest.raises(LogCorrupt):
        Log.open(store, ORIGIN, ed25519_signer())
    store.bad = None
    assert Log.open(store, ORIGIN, ed25519_signer()).size == 300


def test_a_partial_tile_that_is_ahead_of_the_head_is_not_opened(owner: Owner) -> None:
    log = owner.new_log()
    owner.append(log, entries(3), 1)
    with owner.transaction():
        owner.store.put_tile(0, 0, owner.store.tile(0, 0) + bytes(32))
    with pytest.raises(LogCorrupt):
        Log.open(owner.store, ORIGIN, ed25519_signer())


def test_a_signature_that_does_not_verify_stops_the_commit() -> None:
    owner = memory_owner()
    signer = CarelessSigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(seed("log")))
    with owner.transaction():
        log = Log.create(owner.store, ORIGIN, signer)
    signer.careless = True
    staged = log.stage([b"x"], 1)
    with pytest.raises(LogCorrupt), owner.transaction():
        log.write(staged)
    signer.careless = False
    log.discard()
    assert owner.append(log, [b"x"], 1).size == 1


def test_a_staged_append_shows_no_entry_in_its_text(owner: Owner) -> None:
    staged = owner.new_log().stage([b"+1 202 555 0100"], 1)
    assert "555" not in repr(staged)
