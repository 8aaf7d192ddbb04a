# SPDX-License-Identifier: Apache-2.0
"""What a whole check says where more than one thing is wrong, or where something cannot be read at all.

Single flipped bits are the acceptance tests' matter, copies of a log those of the mirror.
"""

from __future__ import annotations

import pytest
from typing_extensions import override

from rogatory.audit.checkpoint import Checkpoint
from rogatory.audit.errors import LogCorrupt, LogUnavailable
from rogatory.audit.fsck import MAX_FINDINGS, Finding, fsck
from rogatory.audit.memory import MemoryStore
from rogatory.audit.note import sign_note
from rogatory.audit.store import Head
from tests.support.logs import ORIGIN, ed25519_signer, entries, flip, memory_owner

KEYS = [ed25519_signer().verifier]


class Damaged(MemoryStore):
    """A store of which some entries and tiles read wrong, and some not at all, once it is told which."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: set[int] = set()
        self.lost: set[int] = set()
        self.wrong_tiles: set[tuple[int, int]] = set()
        self.lost_tiles: set[tuple[int, int]] = set()
        self.stated: Head | None = None

    @override
    def head(self) -> Head | None:
        return self.stated or super().head()

    @override
    def entries(self, start: int, end: int) -> list[bytes]:
        if self.lost.intersection(range(start, end)):
            raise LogCorrupt("an entry is missing")
        found = super().entries(start, end)
        return [flip(e, 9) if start + k in self.wrong else e for k, e in enumerate(found)]

    @override
    def tile(self, level: int, index: int) -> bytes:
        if (level, index) in self.lost_tiles:
            raise LogCorrupt("a tile is missing")
        data = super().tile(level, index)
        return flip(data, 9) if (level, index) in self.wrong_tiles else data


def grown(size: int) -> Damaged:
    store = Damaged()
    owner = memory_owner(store)
    owner.append(owner.new_log(), entries(size))
    assert fsck(store, ORIGIN, KEYS).ok
    return store


def found(store: Damaged) -> list[tuple[str, int]]:
    return [(one.kind, one.index) for one in fsck(store, ORIGIN, KEYS).findings]


def test_where_neither_entry_nor_tile_is_vouched_for_the_check_names_both() -> None:
    store = grown(300)
    store.wrong, store.wrong_tiles = {258}, {(0, 1)}
    assert found(store) == [("entry-or-tile", 256), ("entry-or-tile", 258), ("head", 300)]


@pytest.mark.parametrize("size", [10, 256, 300])
def test_entries_that_cannot_be_read_are_found_one_by_one(size: int) -> None:
    store = grown(size)
    store.lost = {2, 7}
    assert found(store) == [("entry", 2), ("entry", 7)]


def test_a_tile_that_cannot_be_read_is_found_hash_by_hash_and_the_entries_are_believed() -> None:
    store = grown(260)
    store.lost_tiles = {(0, 1)}
    assert found(store) == [("tile", index) for index in range(256, 260)]
    store.lost_tiles = {(1, 0)}
    assert found(store) == [("tile", 0)]


def test_no_more_than_a_hundred_things_are_listed() -> None:
    store = grown(256)
    store.lost = set(range(256))
    report = fsck(store, ORIGIN, KEYS)
    assert len(report.findings) == MAX_FINDINGS == 100
    assert report.first_bad == 0


def test_a_head_whose_note_is_of_another_tree_or_of_none_is_found() -> None:
    store = grown(10)
    head = store.head()
    assert head is not None
    other = sign_note(Checkpoint(ORIGIN, 9, head.root).text(), [ed25519_signer()])
    store.stated = Head(head.size, head.root, head.epoch, other)
    assert fsck(store, ORIGIN, KEYS).findings == (Finding("head", 10, "signed note is of another tree"),)
    store.stated = Head(head.size, head.root, head.epoch, "no note")
    assert fsck(store, ORIGIN, KEYS).findings == (Finding("head", 10, "signed note does not verify"),)


def test_where_there_is_no_log_there_is_nothing_to_check() -> None:
    with pytest.raises(LogUnavailable, match=r"^there is no log here$"):
        fsck(Damaged(), ORIGIN, KEYS)
