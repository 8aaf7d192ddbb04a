# SPDX-License-Identifier: Apache-2.0
"""An operator that uses the id of one entry for another: one act could be counted twice, or two pass for one.

| attack | test |
|---|---|
| two statements under one entry id | test_an_entry_id_that_is_used_twice_is_named_by_whoever_checks_a_copy |
| the same where nothing is opened to the reader | test_a_party_that_opens_neither_entry_finds_it_too |
| (control) honest ids | test_an_honest_log_passes_the_same_eyes |

Each entry holds by itself, so a single receipt shows nothing; only who holds the whole log can tell, and needs no opening.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from rogatory.audit.commitment import EntryHeader, parse_entry
from rogatory.client import log_check
from rogatory.client.log_check import LogVerdict, verify_mirror
from rogatory.client.log_reader import mirror
from rogatory.client.verdict import Word
from rogatory.server.engine import batch
from rogatory.server.reader import Reader
from tests.support.liar import Inner

TWICE = bytes(range(16))


def repeat_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on every entry gets the same id."""

    def lying(_eid: bytes, epoch: int, due: int) -> EntryHeader:
        return EntryHeader(TWICE, epoch, due)

    monkeypatch.setattr(batch, "EntryHeader", lying)


async def two_requests(inner: Inner) -> list[int]:
    """Two requests of one person, with receipts that hold; returns their places in the log."""
    async with inner.open("investigator") as session:
        sent = [await session.exchange.submit(inner.world.issue()[1]) for _ in range(2)]
    return [item.index for item in sent]


async def checked(inner: Inner, name: str, folder: Path) -> LogVerdict:
    """What a person's own copy of the log comes to."""
    async with inner.open(name) as session:
        await mirror(session, folder)
    return verify_mirror(folder, inner.world.realm.directory.realm)


def ids(inner: Inner, *indexes: int) -> set[bytes]:
    reader = Reader(inner.world.files.database)
    entries = reader.list_entries(0, 256).entries
    reader.close()
    return {parse_entry(entries[index]).header.eid for index in indexes}


@pytest.mark.parametrize("at_once", [1_000_000, 3])
async def test_an_entry_id_that_is_used_twice_is_named_by_whoever_checks_a_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    inner = Inner.build(tmp_path)
    repeat_ids(monkeypatch)
    first, second = await two_requests(inner)
    assert ids(inner, first, second) == {TWICE}
    monkeypatch.setattr(log_check, "IDS_AT_ONCE", at_once)  # a log too large to hold all ids at once
    found = await checked(inner, "inspector", tmp_path / "copy")
    assert found.verdict is Word.FAILED
    named = {(reason.at, reason.code, reason.rule) for reason in found.reasons}
    assert (f"log[{second}]", "X_LOG_INVALID", "ENTRY.ID") in named
    assert f"log[{first}]" not in {reason.at for reason in found.reasons}
    inner.world.engine.close()


async def test_a_party_that_opens_neither_entry_finds_it_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = Inner.build(tmp_path)
    repeat_ids(monkeypatch)
    _first, second = await two_requests(inner)
    found = await checked(inner, "other-compliance", tmp_path / "copy")
    assert found.verdict is Word.FAILED
    assert f"log[{second}]" in {reason.at for reason in found.reasons if reason.rule == "ENTRY.ID"}
    inner.world.engine.close()


async def test_an_honest_log_passes_the_same_eyes(tmp_path: Path) -> None:
    inner = Inner.build(tmp_path)
    await two_requests(inner)
    found = await checked(inner, "inspector", tmp_path / "copy")
    assert (found.verdict, found.reasons) == (Word.VERIFIED, ())
    inner.world.engine.close()
