# SPDX-License-Identifier: Apache-2.0
"""Ratchet and publisher: what moves first, what is refused, what a crash leaves. No witness takes part."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from rogatory.audit.errors import LogCorrupt, LogUnavailable, RollbackDetected
from rogatory.audit.keys import Signer
from rogatory.audit.log import Log
from rogatory.audit.note import open_checkpoint
from rogatory.audit.publisher import Publisher
from rogatory.audit.ratchet import Ratchet
from rogatory.audit.store import Published
from tests.support.logs import (
    ORIGIN,
    CarelessSigner,
    MisreadingStore,
    Owner,
    ed25519_signer,
    entries,
    memory_owner,
    mldsa_signer,
    seed,
)

SIGNERS: list[Signer] = [ed25519_signer(), mldsa_signer()]
KEYS = [signer.verifier for signer in SIGNERS]


def publisher(
    owner: Owner, ratchet: Ratchet, transaction: Callable[[], AbstractContextManager[None]] | None = None
) -> Publisher:
    return Publisher(
        owner.store, ORIGIN, SIGNERS, ratchet, transaction or owner.transaction, lambda: 1_790_000_000_000
    )


@pytest.fixture
def ratchet(tmp_path: Path) -> Ratchet:
    return Ratchet.create(tmp_path / "ratchet")


def test_a_checkpoint_is_published_with_both_signatures(ratchet: Ratchet) -> None:
    owner = memory_owner()
    log = owner.new_log()
    owner.append(log, entries(3), 1)
    published = publisher(owner, ratchet).publish()
    signed = open_checkpoint(published.note, ORIGIN, KEYS)
    assert len(signed.log_signatures) == 2
    assert (signed.checkpoint.size, signed.checkpoint.root) == (3, log.head().root)
    assert owner.store.latest_checkpoint() == published
    assert published.published_at_ms == 1_790_000_000_000
    assert ratchet.last == (3, log.head().root)


def test_without_growth_the_same_checkpoint_stands(ratchet: Ratchet) -> None:
    owner = memory_owner()
    owner.append(owner.new_log(), entries(3), 1)
    one = publisher(owner, ratchet)
    assert one.publish() == one.publish()
    assert len(owner.store.checkpoints(0, 100)) == 1


def test_an_empty_log_can_be_published(ratchet: Ratchet) -> None:
    owner = memory_owner()
    owner.new_log()
    assert publisher(owner, ratchet).publish().size == 0


def test_no_log_is_no_checkpoint(ratchet: Ratchet) -> None:
    with pytest.raises(LogUnavailable):
        publisher(memory_owner(), ratchet).publish()
    assert ratchet.last is None


def test_the_ratchet_moves_before_anything_is_released(ratchet: Ratchet, tmp_path: Path) -> None:
    owner = memory_owner()
    log = owner.new_log()
    owner.append(log, entries(3), 1)

    def no_transaction() -> AbstractContextManager[None]:
        # Whatever stops the release, the ratchet on disk is ahead already.
        assert Ratchet.open(tmp_path / "ratchet").last == (3, log.head().root)
        raise LogUnavailable("disk full")

    with pytest.raises(LogUnavailable):
        publisher(owner, ratchet, no_transaction).publish()
    assert owner.store.latest_checkpoint() is None
    # The next attempt, after a restart, goes through.
    again = publisher(owner, Ratchet.open(tmp_path / "ratchet"))
    again.check()
    assert again.publish().size == 3


def test_another_history_of_the_same_size_is_refused(ratchet: Ratchet) -> None:
    first, second = memory_owner(), memory_owner()
    first.append(first.new_log(), [b"a", b"b"], 1)
    publisher(first, ratchet).publish()
    log = second.new_log()
    second.append(log, [b"a", b"other"], 1)
    for step in (publisher(second, ratchet).check, publisher(second, ratchet).publish):
        with pytest.raises(RollbackDetected) as caught:
            step()
        assert (caught.value.known_size, caught.value.head_size) == (2, 2)
    second.append(log, [b"more"], 2)
    with pytest.raises(RollbackDetected):
        publisher(second, ratchet).publish()
    assert second.store.latest_checkpoint() is None


def test_a_lost_or_lagging_ratchet_is_noticed(tmp_path: Path, ratchet: Ratchet) -> None:
    owner = memory_owner()
    log = owner.new_log()
    owner.append(log, entries(2), 1)
    publisher(owner, ratchet).publish()
    old = (tmp_path / "ratchet").read_bytes()
    owner.append(log, entries(2, 2), 2)
    publisher(owner, ratchet).publish()
    with pytest.raises(LogCorrupt):
        publisher(owner, Ratchet.create(tmp_path / "fresh")).check()
    (tmp_path / "ratchet").write_bytes(old)
    with pytest.raises(LogCorrupt):
        publisher(owner, Ratchet.open(tmp_path / "ratchet")).check()
    (tmp_path / "ratchet").unlink()
    with pytest.raises(LogUnavailable):
        Ratchet.open(tmp_path / "ratchet")


def test_nothing_is_signed_for_a_head_that_does_not_hold(ratchet: Ratchet) -> None:
    owner = memory_owner()
    log = owner.new_log()
    owner.append(log, entries(2), 1)
    head = log.head()
    with owner.transaction():
        owner.store.swap_head(head, replace(head, size=3, root=b"\x07" * 32))
    with pytest.raises(LogCorrupt):
        publisher(owner, ratchet).publish()
    assert ratchet.last is None


def test_nothing_is_signed_while_tiles_read_wrong(ratchet: Ratchet) -> None:
    store = MisreadingStore()
    owner = memory_owner(store)
    owner.append(owner.new_log(), entries(2), 1)
    store.bad = (0, 0, 3)
    with pytest.raises(LogCorrupt):
        publisher(owner, ratchet).publish()
    assert ratchet.last is None


def test_an_own_signature_that_does_not_verify_is_not_released(ratchet: Ratchet) -> None:
    owner = memory_owner()
    owner.append(owner.new_log(), entries(2), 1)
    careless = CarelessSigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(seed("second")))
    careless.careless = True
    signers = [SIGNERS[0], careless]
    one = Publisher(owner.store, ORIGIN, signers, ratchet, owner.transaction, lambda: 1)
    with pytest.raises(LogCorrupt):
        one.publish()
    assert owner.store.latest_checkpoint() is None
    careless.careless = False
    assert one.publish().size == 2


def test_a_published_checkpoint_of_another_history_stops_publication(ratchet: Ratchet) -> None:
    owner, other = memory_owner(), memory_owner()
    log, fork = owner.new_log(), other.new_log()
    owner.append(log, entries(3), 1)
    other.append(fork, [b"other"] * 2, 1)
    with owner.transaction():
        owner.store.add_checkpoint(Published(2, fork.head().root, fork.head().note, 1))
    ratchet.advance(3, log.head().root)
    owner.append(log, entries(1, 3), 2)
    with pytest.raises(RollbackDetected) as caught:
        publisher(owner, ratchet).publish()
    assert (caught.value.known_size, caught.value.head_size) == (2, 4)
    assert ratchet.last == (3, log.root_at(3))


def test_publication_time_does_not_go_back(ratchet: Ratchet) -> None:
    owner = memory_owner()
    log = owner.new_log()
    owner.append(log, entries(1), 1)
    ratchet.advance(1, log.head().root)
    with owner.transaction():
        owner.store.add_checkpoint(Published(1, log.head().root, log.head().note, 1_900_000_000_000))
    owner.append(log, entries(1, 1), 2)
    assert publisher(owner, ratchet).publish().published_at_ms == 1_900_000_000_000


def test_a_log_opened_with_the_publishing_keys_first_signer_reads_back(ratchet: Ratchet) -> None:
    owner = memory_owner()
    log = owner.new_log()
    owner.append(log, entries(5), 1)
    publisher(owner, ratchet).publish()
    assert Log.open(owner.store, ORIGIN, SIGNERS[0]).size == 5


def test_a_ratchet_survives_restarts_and_only_moves_forward(tmp_path: Path, ratchet: Ratchet) -> None:
    for size in (1, 2, 500):
        ratchet.advance(size, bytes([size % 256]) * 32)
        ratchet = Ratchet.open(tmp_path / "ratchet")
        assert ratchet.last == (size, bytes([size % 256]) * 32)
    ratchet.advance(500, bytes([244]) * 32)
    for size, root in ((499, bytes([244]) * 32), (500, bytes(32))):
        with pytest.raises(RollbackDetected) as caught:
            ratchet.advance(size, root)
        assert (caught.value.known_size, caught.value.head_size) == (500, size)
    assert Ratchet.open(tmp_path / "ratchet").last == ratchet.last


def test_a_line_that_a_crash_cut_off_is_ignored_and_overwritten(tmp_path: Path, ratchet: Ratchet) -> None:
    path = tmp_path / "ratchet"
    ratchet.advance(1, bytes(32))
    whole = path.read_bytes()
    ratchet.advance(2, bytes(32))
    line = path.read_bytes()[len(whole) :]
    for cut in range(len(line)):
        path.write_bytes(whole + line[:cut])
        again = Ratchet.open(path)
        assert again.last == (1, bytes(32))
        again.advance(3, b"\x03" * 32)
        assert Ratchet.open(path).last == (3, b"\x03" * 32)
    # A file system may also leave a longer tail of zeros; it goes too.
    path.write_bytes(whole + bytes(500))
    Ratchet.open(path).advance(3, b"\x03" * 32)
    assert path.read_bytes().count(b"\n") == 2
    assert b"\0" not in path.read_bytes()


def test_a_damaged_ratchet_is_not_believed(tmp_path: Path, ratchet: Ratchet) -> None:
    path = tmp_path / "ratchet"
    ratchet.advance(1, bytes(32))
    ratchet.advance(2, bytes(32))
    good = path.read_bytes()
    lines = good.splitlines(keepends=True)
    for position in range(len(good) - 1):
        if good[position : position + 1] != b"\n":
            path.write_bytes(good[:position] + bytes([good[position] ^ 1]) + good[position + 1 :])
            if position < len(lines[0]):
                with pytest.raises(LogCorrupt):
                    Ratchet.open(path)
            else:
                assert Ratchet.open(path).last == (1, bytes(32))
    path.write_bytes(lines[1] + lines[0])
    with pytest.raises(LogCorrupt):
        Ratchet.open(path)


def test_a_ratchet_whose_last_line_was_damaged_after_its_release_is_noticed(
    ratchet: Ratchet, tmp_path: Path
) -> None:
    owner = memory_owner()
    log = owner.new_log()
    for number in range(2):
        owner.append(log, entries(1, number), number)
        publisher(owner, ratchet).publish()
    path = tmp_path / "ratchet"
    path.write_bytes(path.read_bytes()[:-5] + b"0000\n")
    with pytest.raises(LogCorrupt, match="behind"):
        publisher(owner, Ratchet.open(path)).check()


def test_a_new_log_does_not_wipe_an_existing_ratchet(tmp_path: Path, ratchet: Ratchet) -> None:
    ratchet.advance(5, bytes(32))
    with pytest.raises(LogUnavailable):
        Ratchet.create(tmp_path / "ratchet")
    assert Ratchet.open(tmp_path / "ratchet").last == (5, bytes(32))


def test_a_large_ratchet_is_shortened_without_forgetting(tmp_path: Path) -> None:
    path = tmp_path / "ratchet"
    ratchet = Ratchet.create(path, compact_above=300)
    lengths = []
    for size in range(1, 12):
        ratchet.advance(size, bytes([size]) * 32)
        lengths.append(path.stat().st_size)
        assert Ratchet.open(path).last == (size, bytes([size]) * 32)
    assert max(lengths) <= 300
    assert lengths.count(lengths[0]) > 1
    assert [one.name for one in tmp_path.iterdir()] == ["ratchet"]
