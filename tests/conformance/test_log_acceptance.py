# SPDX-License-Identifier: Apache-2.0
"""Acceptance statements of the transparency-log reference that hold for the library and its SQLite store.

Here: 2, 3, 7, 8, 10 and 11. Statements 1, 4, 5 and 6 are in ``test_log_vectors.py``, 12 in ``test_log_damage.py``.
Not here: those about speed, power cuts, PostgreSQL and witnesses.
"""

import hashlib
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from rogatory.audit import sqlite
from rogatory.audit.errors import HeadMoved, NotServed, ProofError, RollbackDetected
from rogatory.audit.keys import Signer, parse_signer
from rogatory.audit.log import Log
from rogatory.audit.merkle import (
    consistency_proof,
    inclusion_proof,
    is_subtree,
    leaf_hash,
    subtree_hash,
    subtree_proof,
    verify_consistency,
    verify_inclusion,
    verify_subtree,
)
from rogatory.audit.note import open_checkpoint
from rogatory.audit.publisher import Publisher
from rogatory.audit.ratchet import Ratchet
from rogatory.audit.resources import resource
from rogatory.audit.store import Head, Published
from rogatory.audit.tile import BUNDLE_LEVEL, WIDTH, Tile, TileReader, partial_width, tile_count, tiles_of
from tests.support.logs import (
    ORIGIN,
    Owner,
    byte_leaves,
    ed25519_signer,
    entries,
    entry,
    memory_owner,
    mldsa_signer,
    new_database,
    node_reader,
    sqlite_owner,
)

SIZES = (1, 255, 256, 257, 65_535, 65_536, 70_000, 1_000_000)


def _digest(lines: Sequence[str]) -> str:
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def _valid(limit: int) -> list[tuple[int, int]]:
    return [(s, e) for e in range(limit + 1) for s in range(e + 1) if is_subtree(s, e)]


def _line(head: str, hashes: Sequence[bytes]) -> str:
    return head + "".join(f" {value.hex()}" for value in hashes)


def test_statement_2_inclusion_proofs_have_the_published_digest() -> None:
    leaves = byte_leaves(131)
    lines = []
    for s, e in _valid(130):
        read = node_reader(leaves[s:e])
        lines += [_line(f"{i} [{s}, {e})", inclusion_proof(read, i - s, e - s)) for i in range(s, e)]
    assert _digest(lines) == "ac2a8f989e44d99e399db448050ff5f19757df53cfb716aa81015d3955d8163f"


def test_statement_2_consistency_proofs_have_the_published_digest() -> None:
    read = node_reader(byte_leaves(131))
    lines = [_line(f"[{s}, {e}) {n}", subtree_proof(read, s, e, n)) for n in range(131) for s, e in _valid(n)]
    assert _digest(lines) == "10fa99b37bf9bf9ffa26b412fbd98bd75363256d0b75d61bc4538b9c9c5a0a74"


def test_statement_2_subtree_hashes_have_the_published_digest() -> None:
    read = node_reader(byte_leaves(131))
    lines = [_line(f"[{s}, {e})", [subtree_hash(read, s, e)]) for s, e in _valid(130)]
    assert _digest(lines) == "b82806ad4265bb151c1119c0f4db437bb4d1a1f887b3a7fba1cd4ebf552e3e81"


def test_generated_subtree_proofs_verify_and_no_other_hash_does() -> None:
    read = node_reader(byte_leaves(40))
    for size in range(1, 41):
        root = subtree_hash(read, 0, size)
        for s, e in _valid(size):
            if s == e:
                continue
            proof, expected = subtree_proof(read, s, e, size), subtree_hash(read, s, e)
            verify_subtree(s, e, size, proof, expected, root)
            for wrong in ([*proof, root], proof[:-1] if proof else [root]):
                with pytest.raises(ProofError):
                    verify_subtree(s, e, size, wrong, expected, root)


def test_statement_3_the_public_test_log_is_reproduced_byte_for_byte() -> None:
    signer = parse_signer(
        "PRIVATE+KEY+example.com/log/testdata+33d7b496+AeymY/SZAX0jZcJ8enZ5FY1Dz+wTML2yWSkK+9DSF3eg"
    )
    words = [
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eit",
        "nain",
        "ten",
        "ileven",
        "twelf",
        "threeten",
        "fourten",
        "fivten",
    ]
    owner = memory_owner()
    with owner.transaction():
        log = Log.create(owner.store, "example.com/log/testdata", signer)
    notes = [log.head().note]
    for word in words:
        owner.append(log, [word.encode()])
        notes.append(log.head().note)
    with owner.transaction():
        owner.store.add_checkpoint(Published(log.size, log.head().root, log.head().note, 0))
    joined = "".join(notes).encode()
    tile = resource(owner.store, "tile/0/000.p/15").body
    bundle = resource(owner.store, "tile/entries/000.p/15").body
    assert (len(joined), len(bundle)) == (3_126, 99)
    assert [hashlib.sha256(data).hexdigest() for data in (joined, tile, bundle)] == [
        "c366c82fdd7c77311b8141fbd3769670884dba48445f343867c348455de269fd",
        "93593af14d2cce39867d2e73fe4ca400a38581605c5c4501a03e752d9b51a130",
        "9ac6a9fc9012f2b4d67ac26041933c119e1505defc5c808ed614c5778c9f1716",
    ]


class _OnePublished:
    """A log of which exactly one size is published. Content is zeros: only what is served matters here."""

    def __init__(self, size: int) -> None:
        self.published = Published(size, bytes(32), "note", 0)

    def head(self) -> Head | None:
        return None

    def entries(self, start: int, end: int) -> list[bytes]:
        assert end <= self.published.size
        return [b""] * (end - start)

    def entry_time_ms(self, index: int) -> int:
        return index

    def tile(self, level: int, index: int) -> bytes:
        full = index < tile_count(level, self.published.size)
        return bytes(32 * (WIDTH if full else partial_width(level, self.published.size)))

    def checkpoints(self, low: int, high: int, limit: int | None = None) -> list[Published]:
        return [self.published][:limit] if low <= self.published.size < high else []

    def latest_checkpoint(self) -> Published | None:
        return self.published


def _is_served(store: _OnePublished, tile: Tile) -> bool:
    try:
        return bool(resource(store, tile.path()).body)
    except NotServed:
        return False


@pytest.mark.parametrize("size", SIZES)
def test_statement_7_exactly_the_tiles_of_the_published_size_are_served(size: int) -> None:
    store = _OnePublished(size)
    expected = set(tiles_of(size))
    levels = [BUNDLE_LEVEL, *range(5), 63]
    assert {tile.level for tile in expected} <= set(levels)
    for level in levels:
        count = tile_count(level, size)
        # At the edge every width; elsewhere every tile, full and with one partial width that nothing asks for.
        edge = {max(count - 1, 0), count, count + 1}
        candidates = {Tile(level, index, width) for index in edge for width in range(1, WIDTH + 1)}
        candidates |= {Tile(level, index, width) for index in range(0, count, 97) for width in (17, WIDTH)}
        candidates |= {tile for tile in list(expected)[:500] if tile.level == level}
        assert {tile for tile in candidates if _is_served(store, tile)} == candidates & expected
    # The arithmetic itself, stated once more from the specification.
    for level in range(4):
        widths = sorted(tile.width for tile in expected if tile.level == level)
        partial = size // 256**level % 256
        assert widths == sorted([partial] * (partial > 0) + [256] * (size // 256 ** (level + 1)))


@pytest.fixture(scope="module")
def large() -> tuple[Owner, Log, list[Published]]:
    """A log of 70,000 entries, published at the sizes of the statement on the way."""
    owner = memory_owner()
    log = owner.new_log()
    published = []
    for size in (1, 255, 256, 257, 30_000, 65_535, 65_536, 70_000):
        while log.size < size:
            owner.append(log, entries(min(4_096, size - log.size), log.size))
        head = log.head()
        published.append(Published(head.size, head.root, head.note, 0))
        with owner.transaction():
            owner.store.add_checkpoint(published[-1])
    return owner, log, published


def test_statement_7_every_partial_is_a_prefix_of_the_later_tile(
    large: tuple[Owner, Log, list[Published]],
) -> None:
    owner, _, published = large
    partials = {tile for one in published for tile in tiles_of(one.size) if tile.width < WIDTH}
    assert len(partials) > 10
    for tile in partials:
        body = resource(owner.store, tile.path()).body
        later = Tile(tile.level, tile.index, WIDTH)
        if tile.index >= tile_count(tile.level, 70_000):
            later = Tile(tile.level, tile.index, partial_width(tile.level, 70_000))
        assert resource(owner.store, later.path()).body.startswith(body)
        if tile.level != BUNDLE_LEVEL:
            assert len(body) == 32 * tile.width


def _http_tiles(fetch: Callable[[str], bytes], size: int) -> TileReader:
    """Reads nodes with the paths that a client of the tree of this size may ask for, and nothing else."""

    def tile(level: int, index: int) -> bytes:
        full = index < tile_count(level, size)
        return fetch(Tile(level, index, WIDTH if full else partial_width(level, size)).path())

    return TileReader(tile)


def test_statement_8_earlier_sizes_and_entries_are_proven_with_tile_reads_alone(
    large: tuple[Owner, Log, list[Published]],
) -> None:
    owner, log, published = large
    fetched: list[str] = []

    def fetch(path: str) -> bytes:
        fetched.append(path)
        return resource(owner.store, path).body

    newest = open_checkpoint(fetch("checkpoint"), ORIGIN, [ed25519_signer().verifier]).checkpoint
    assert newest.size == 70_000
    for one in published:
        old = open_checkpoint(one.note, ORIGIN, [ed25519_signer().verifier]).checkpoint
        proof = consistency_proof(_http_tiles(fetch, newest.size), old.size, newest.size)
        verify_consistency(old.size, newest.size, old.root, newest.root, proof)
        assert proof == log.consistency(old.size, newest.size)
    for index in (0, 1, 255, 256, 257, 33_333, 65_535, 65_536, 69_999):
        proof = inclusion_proof(_http_tiles(fetch, newest.size), index, newest.size)
        verify_inclusion(leaf_hash(entry(index)), index, newest.size, proof, newest.root)
        assert proof == log.inclusion(index, newest.size)
    assert all(path == "checkpoint" or path.startswith("tile/") for path in fetched)


def test_statement_10_of_two_writers_one_commits_and_the_other_reloads(tmp_path: Path) -> None:
    connections = [new_database(tmp_path / "log.db"), sqlite.connect(tmp_path / "log.db")]
    first, second = (sqlite_owner(connection) for connection in connections)
    log = first.new_log()
    first.append(log, entries(5), 1)
    other = Log.open(second.store, ORIGIN, ed25519_signer())
    lost = other.stage([b"other"], 2)
    first.append(log, [b"mine"], 3)
    with pytest.raises(HeadMoved), second.transaction():
        other.write(lost)
    observable = "\n".join(connections[0].iterdump())
    assert lost.note.splitlines()[-1] not in observable
    assert log.head().note.splitlines()[-1] in observable
    other.discard()
    assert (other.size, other.head()) == (6, log.head())
    second.append(other, [b"other"], 4)
    assert first.store.entries(5, 7) == [b"mine", b"other"]
    for connection in connections:
        connection.close()


def test_a_fenced_writer_loses_even_when_the_log_did_not_grow(tmp_path: Path) -> None:
    connections = [new_database(tmp_path / "log.db"), sqlite.connect(tmp_path / "log.db")]
    first, second = (sqlite_owner(connection) for connection in connections)
    log = first.new_log()
    successor = Log.open(second.store, ORIGIN, ed25519_signer())
    with second.transaction():
        successor.fence()
    staged = log.stage([b"late"], 1)
    with pytest.raises(HeadMoved), first.transaction():
        log.write(staged)
    second.append(successor, [b"new leader"], 1)
    assert second.store.entries(0, 1) == [b"new leader"]
    for connection in connections:
        connection.close()


def test_statement_11_a_restored_database_is_a_rollback_that_names_both_sizes(tmp_path: Path) -> None:
    path, backup = tmp_path / "log.db", tmp_path / "yesterday.db"
    ratchet_path = tmp_path / "elsewhere" / "ratchet"
    ratchet_path.parent.mkdir()

    def publisher(owner: Owner, ratchet: Ratchet) -> Publisher:
        signers: list[Signer] = [ed25519_signer(), mldsa_signer()]
        return Publisher(owner.store, ORIGIN, signers, ratchet, owner.transaction, lambda: 1_000)

    connection = new_database(path)
    owner = sqlite_owner(connection)
    log = owner.new_log()
    owner.append(log, entries(300), 1)
    today = publisher(owner, Ratchet.create(ratchet_path))
    today.publish()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(path, backup)
    owner.append(log, entries(12, 300), 2)
    today.publish()
    connection.close()
    shutil.copy(backup, path)
    restored = sqlite.connect(path)
    owner = sqlite_owner(restored)
    with pytest.raises(RollbackDetected) as caught:
        publisher(owner, Ratchet.open(ratchet_path)).check()
    assert (caught.value.known_size, caught.value.head_size) == (312, 300)
    assert "312" in str(caught.value)
    assert "300" in str(caught.value)
    # Going on with other entries to the old size does not help either.
    log = Log.open(owner.store, ORIGIN, ed25519_signer())
    owner.append(log, [b"other"] * 12, 3)
    with pytest.raises(RollbackDetected):
        publisher(owner, Ratchet.open(ratchet_path)).publish()
    restored.close()
