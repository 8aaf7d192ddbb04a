# SPDX-License-Identifier: Apache-2.0
"""Whole-log checks and verified copies: what they find, what they refuse, and that a copy never gets worse.

Bit flips in a database file are in the acceptance tests; HTTP is not part of the library.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from typing_extensions import override

from rogatory.audit.checkpoint import Checkpoint
from rogatory.audit.errors import AuditError, LogCorrupt, LogUnavailable, NotServed, RollbackDetected
from rogatory.audit.fsck import fsck
from rogatory.audit.log import Log
from rogatory.audit.memory import MemoryStore
from rogatory.audit.mirror import DirectoryLog, export, pull, verify_directory
from rogatory.audit.note import sign_note
from rogatory.audit.resources import resource
from rogatory.audit.store import Head, LogStore, Published
from rogatory.audit.tile import tiles_of
from tests.support.logs import ORIGIN, Owner, ed25519_signer, entries, entry, memory_owner

KEYS = [ed25519_signer().verifier]


def publish(owner: Owner, log: Log) -> None:
    head = log.head()
    with owner.transaction():
        owner.store.add_checkpoint(Published(head.size, head.root, head.note, 0))


def grown(*sizes: int) -> tuple[Owner, Log]:
    owner = memory_owner()
    log = owner.new_log()
    for size in sizes:
        if size > log.size:
            owner.append(log, entries(size - log.size, log.size))
        publish(owner, log)
    return owner, log


def files(path: Path) -> set[str]:
    return {one.relative_to(path).as_posix() for one in path.rglob("*") if one.is_file()}


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 700])
def test_a_copy_holds_exactly_the_files_of_its_size_and_verifies(tmp_path: Path, size: int) -> None:
    owner, log = grown(size)
    signed = export(tmp_path / "copy", owner.store, ORIGIN, KEYS)
    assert signed.checkpoint.size == size
    assert files(tmp_path / "copy") == {"checkpoint", *(tile.path() for tile in tiles_of(size))}
    report = verify_directory(tmp_path / "copy", ORIGIN, KEYS)
    assert (report.ok, report.size, report.root) == (True, size, log.head().root)
    assert DirectoryLog(tmp_path / "copy").entries(0, size) == entries(size)


def test_a_copy_that_follows_step_by_step_equals_one_made_at_once(tmp_path: Path) -> None:
    owner, log = grown(3)
    steps = [3, 4, 200, 256, 300, 511, 512, 513, 1_100]
    for size in steps:
        if size > log.size:
            owner.append(log, entries(size - log.size, log.size))
            publish(owner, log)
        export(tmp_path / "slow", owner.store, ORIGIN, KEYS)
        assert verify_directory(tmp_path / "slow", ORIGIN, KEYS).ok
    export(tmp_path / "fast", owner.store, ORIGIN, KEYS)
    slow, fast = files(tmp_path / "slow"), files(tmp_path / "fast")
    # The slow one may keep older partials of the tiles that still grow; it lacks nothing.
    assert fast <= slow
    assert not {name for name in slow - fast if ".p/" not in name}
    assert not {name for name in slow if name.startswith(("tile/0/000.p", "tile/entries/001.p"))}
    for name in fast:
        assert (tmp_path / "slow" / name).read_bytes() == (tmp_path / "fast" / name).read_bytes()


def test_a_copy_can_be_made_from_a_copy(tmp_path: Path) -> None:
    owner, _ = grown(300)
    export(tmp_path / "one", owner.store, ORIGIN, KEYS)
    pull(tmp_path / "two", lambda name: (tmp_path / "one" / name).read_bytes(), ORIGIN, KEYS)
    assert files(tmp_path / "one") == files(tmp_path / "two")


def test_pulling_again_changes_nothing(tmp_path: Path) -> None:
    owner, _ = grown(300)
    export(tmp_path, owner.store, ORIGIN, KEYS)
    fetched: list[str] = []

    def fetch(name: str) -> bytes:
        fetched.append(name)
        return resource(owner.store, name).body

    pull(tmp_path, fetch, ORIGIN, KEYS)
    assert fetched == ["checkpoint"]


def test_progress_counts_up_to_the_size(tmp_path: Path) -> None:
    owner, _ = grown(600)
    seen: list[tuple[int, int]] = []
    pull(tmp_path, lambda name: resource(owner.store, name).body, ORIGIN, KEYS, lambda *at: seen.append(at))
    assert seen == [(256, 600), (512, 600), (600, 600)]
    checked: list[tuple[int, int]] = []
    verify_directory(tmp_path, ORIGIN, KEYS, lambda *at: checked.append(at))
    assert checked == seen


Change = Callable[[str, bytes], bytes]


@pytest.mark.parametrize(
    ("prefix", "change"),
    [
        ("tile/0/001", lambda data: data[:-1] + bytes([data[-1] ^ 1])),
        ("tile/0/001", lambda data: data[:-32]),
        ("tile/entries/001", lambda data: data[:-1] + bytes([data[-1] ^ 1])),
        ("tile/entries/001", lambda data: data[:-1]),
        ("tile/entries/001", lambda data: data + b"\0\0"),
        ("tile/entries/000", lambda data: data[:-59]),
        ("checkpoint", lambda data: data.replace(b"\n", b"x\n", 1)),
        ("checkpoint", lambda data: data[:-9] + b"AAAA" + data[-5:]),
    ],
    ids=["hash", "short tile", "entry", "cut bundle", "long bundle", "short bundle", "origin", "signature"],
)
def test_nothing_wrong_from_the_log_enters_the_copy(
    tmp_path: Path, prefix: str, change: Callable[[bytes], bytes]
) -> None:
    owner, log = grown(200)
    export(tmp_path, owner.store, ORIGIN, KEYS)
    owner.append(log, entries(150, 200))
    publish(owner, log)

    def fetch(name: str) -> bytes:
        body = resource(owner.store, name).body
        return change(body) if name.startswith(prefix) else body

    with pytest.raises(AuditError):
        pull(tmp_path, fetch, ORIGIN, KEYS)
    # The copy still stands at the old size, whole, and an honest answer afterwards is taken.
    report = verify_directory(tmp_path, ORIGIN, KEYS)
    assert (report.ok, report.size) == (True, 200)
    assert export(tmp_path, owner.store, ORIGIN, KEYS).checkpoint.size == 350
    assert verify_directory(tmp_path, ORIGIN, KEYS).ok


def test_attacks_32_and_36_a_rewritten_or_shrunken_log_is_refused(tmp_path: Path) -> None:
    owner, _ = grown(300)
    export(tmp_path, owner.store, ORIGIN, KEYS)
    smaller, _ = grown(299)
    rewritten = memory_owner()
    log = rewritten.new_log()
    rewritten.append(log, [*entries(7), b"forged", *entries(292, 8)])
    publish(rewritten, log)
    for other in (smaller, rewritten):
        with pytest.raises(RollbackDetected) as caught:
            export(tmp_path, other.store, ORIGIN, KEYS)
        assert caught.value.known_size == 300
    rewritten.append(log, entries(50, 300))
    publish(rewritten, log)
    with pytest.raises(LogCorrupt, match="no continuation"):
        export(tmp_path, rewritten.store, ORIGIN, KEYS)
    assert verify_directory(tmp_path, ORIGIN, KEYS).size == 300


def test_a_damaged_copy_is_not_built_upon(tmp_path: Path) -> None:
    owner, log = grown(300)
    export(tmp_path, owner.store, ORIGIN, KEYS)
    owner.append(log, entries(5, 300))
    publish(owner, log)
    path = tmp_path / "tile" / "0" / "001.p" / "44"
    path.write_bytes(bytes(44 * 32))
    with pytest.raises(LogCorrupt, match="the copy's tiles"):
        export(tmp_path, owner.store, ORIGIN, KEYS)


@pytest.mark.parametrize(
    ("name", "kind", "index"),
    [
        ("tile/entries/000", "entry", 0),
        ("tile/entries/002.p/188", "entry", 512),
        ("tile/0/001", "tile", 256),
        ("tile/0/002.p/188", "tile", 512),
        ("tile/1/000.p/2", "tile", 0),
    ],
)
def test_a_changed_byte_of_a_copy_is_found_at_its_index(
    tmp_path: Path, name: str, kind: str, index: int
) -> None:
    owner, _ = grown(700)
    export(tmp_path, owner.store, ORIGIN, KEYS)
    path = tmp_path / name
    data = bytearray(path.read_bytes())
    data[5] ^= 16
    path.write_bytes(bytes(data))
    report = verify_directory(tmp_path, ORIGIN, KEYS)
    assert [(finding.kind, finding.index) for finding in report.findings] == [(kind, index)]
    assert report.first_bad == index


@pytest.mark.parametrize(
    ("name", "kind", "first", "count"),
    [
        ("tile/entries/001", "entry", 256, 256),
        ("tile/0/001", "tile", 256, 256),
        ("tile/1/000.p/2", "tile", 0, 2),
    ],
)
def test_a_missing_file_of_a_copy_is_found(
    tmp_path: Path, name: str, kind: str, first: int, count: int
) -> None:
    owner, _ = grown(700)
    export(tmp_path, owner.store, ORIGIN, KEYS)
    (tmp_path / name).unlink()
    report = verify_directory(tmp_path, ORIGIN, KEYS)
    assert {finding.kind for finding in report.findings} == {kind}
    assert report.first_bad == first
    assert len(report.findings) == min(count, 100)


def test_a_copy_under_another_key_or_origin_does_not_verify(tmp_path: Path) -> None:
    owner, _ = grown(3)
    export(tmp_path, owner.store, ORIGIN, KEYS)
    other = [ed25519_signer(label="other").verifier]
    for origin, keys in ((ORIGIN, other), ("other.example", KEYS)):
        report = verify_directory(tmp_path, origin, keys)
        assert [finding.kind for finding in report.findings] == ["head"]


def test_no_copy_is_no_report(tmp_path: Path) -> None:
    with pytest.raises(LogUnavailable):
        verify_directory(tmp_path, ORIGIN, KEYS)
    (tmp_path / "checkpoint").write_bytes(b"not a checkpoint")
    with pytest.raises(LogCorrupt):
        verify_directory(tmp_path, ORIGIN, KEYS)


def test_a_bundle_that_was_cut_or_lengthened_gives_no_entries(tmp_path: Path) -> None:
    owner, _log = grown(300)
    export(tmp_path, owner.store, ORIGIN, KEYS)
    path = tmp_path / "tile/entries/000"
    data = path.read_bytes()
    for damaged in (data[:-1], data + b"\0"):
        path.write_bytes(damaged)
        with pytest.raises(LogCorrupt, match=r"^an entry bundle is damaged$"):
            DirectoryLog(tmp_path).entries(0, 300)
    path.write_bytes(data[: -2 - len(entry(255))])
    with pytest.raises(LogCorrupt, match=r"^an entry is missing$"):
        DirectoryLog(tmp_path).entries(0, 300)


def test_a_file_that_is_in_the_way_with_other_bytes_is_not_overwritten(tmp_path: Path) -> None:
    owner, _ = grown(300)
    path = tmp_path / "tile" / "entries" / "000"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"somebody else's")
    with pytest.raises(LogCorrupt):
        export(tmp_path, owner.store, ORIGIN, KEYS)
    assert path.read_bytes() == b"somebody else's"
    assert not (tmp_path / "checkpoint").exists()


def test_a_signed_head_that_the_entries_do_not_give_is_found() -> None:
    owner, log = grown(10)
    head = log.head()
    note = sign_note(Checkpoint(ORIGIN, 10, b"\x07" * 32).text(), [ed25519_signer()])
    store = _OtherHead(owner.store, Head(10, b"\x07" * 32, head.epoch, note))
    findings = fsck(store, ORIGIN, KEYS).findings
    assert [(one.kind, one.index) for one in findings] == [("head", 10)]


class _OtherHead:
    """A log whose operator signed a head that its entries do not give."""

    def __init__(self, store: LogStore, head: Head) -> None:
        self.head = lambda: head
        self.entries, self.tile = store.entries, store.tile

    def checkpoints(self, low: int, high: int, limit: int | None = None) -> list[Published]:
        del low, high, limit
        return []


def test_a_published_checkpoint_that_the_entries_do_not_give_is_found() -> None:
    owner, log = grown(10, 20, 300)
    fork = memory_owner()
    forked = fork.new_log()
    fork.append(forked, [b"other"] * 15)
    head = forked.head()
    with owner.transaction():
        owner.store.add_checkpoint(Published(15, head.root, head.note, 0))
    report = fsck(owner.store, ORIGIN, KEYS)
    assert [(finding.kind, finding.index) for finding in report.findings] == [("checkpoint", 15)]
    assert report.checkpoints == 4
    del log


def test_a_checkpoint_beyond_the_log_is_found() -> None:
    owner, _ = grown(10)
    larger, log = grown(12)
    with owner.transaction():
        owner.store.add_checkpoint(Published(12, log.head().root, log.head().note, 0))
    assert [(one.kind, one.index) for one in fsck(owner.store, ORIGIN, KEYS).findings] == [("checkpoint", 12)]
    del larger


class _Shortening(MemoryStore):
    """Gives tiles back without their last byte, from the moment that it is told to."""

    shortens = False

    @override
    def tile(self, level: int, index: int) -> bytes:
        data = super().tile(level, index)
        return data[:-1] if self.shortens else data


def test_a_promised_tile_that_is_too_short_is_an_error_and_no_shorter_answer() -> None:
    store = _Shortening()
    owner = memory_owner(store)
    log = owner.new_log()
    owner.append(log, entries(300))
    publish(owner, log)
    assert len(resource(store, "tile/0/000").body) == 256 * 32
    store.shortens = True
    with pytest.raises(LogCorrupt, match=r"^tile 0/0 is missing or too short$"):
        resource(store, "tile/0/000")


def test_only_what_a_published_tree_promises_is_served() -> None:
    owner = memory_owner()
    log = owner.new_log()
    owner.append(log, entries(300))
    for path in ("checkpoint", "tile/0/000"):
        with pytest.raises(NotServed):
            resource(owner.store, path)
    publish(owner, log)
    owner.append(log, entries(300, 300))
    served = resource(owner.store, "tile/0/000")
    assert (served.immutable, served.content_type) == (True, "application/octet-stream")
    checkpoint = resource(owner.store, "checkpoint")
    assert (checkpoint.immutable, checkpoint.content_type) == (False, "text/plain; charset=utf-8")
    assert resource(owner.store, "tile/entries/001.p/44").body.endswith(entry(299))
    for path in (
        "tile/0/001",
        "tile/0/001.p/43",
        "tile/0/001.p/45",
        "tile/entries/001",
        "tile/1/000",
        "tile/1/000.p/2",
        "tile/63/000.p/1",
        "/checkpoint",
        "tile/0/0",
        "../log.db",
        "",
    ):
        with pytest.raises(NotServed):
            resource(owner.store, path)
