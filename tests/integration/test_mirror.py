# SPDX-License-Identifier: Apache-2.0
"""A copy of the log taken through the SDK and checked offline: by oversight, by a party, and after damage.

Damage is one changed byte anywhere, files too many or too few. Commands are not here.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rogatory.client import agency, authority, log_reader, provider
from rogatory.client.drafting import prepare_issue
from rogatory.client.log_check import verify_mirror
from rogatory.client.mirror_files import tidy
from rogatory.client.outgoing import sign_and_send
from rogatory.client.session import Session
from rogatory.client.verdict import Word
from rogatory.protocol.errors import NotVerified, Refused
from rogatory.protocol.receipt import verify_head
from rogatory.protocol.wire import ListEntriesResponse, OpenEntriesResponse
from tests.support.desks import Changed, Desks
from tests.support.front import ServerProcess


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    folder = tmp_path_factory.mktemp("mirror")
    server = ServerProcess.start(folder / "realm")
    yield Desks(server, folder / "people")
    server.stop()


@pytest.fixture(scope="module")
async def request_id(desks: Desks) -> bytes:
    """A request that was granted and received, a rejection, and looks at both."""
    sent = await desks.act("investigator", lambda session: prepare_issue(session, desks.draft()))
    async with desks.open("judge") as session:
        stale = await authority.prepare_grant(session, sent.request_id)
    await desks.act("judge", lambda session: authority.prepare_grant(session, sent.request_id))
    async with desks.open("judge") as session:
        with pytest.raises(Refused):
            await sign_and_send(session, stale)
    async with desks.open("provider-service") as session:
        await provider.deliver(session, sent.request_id)
    await desks.act("compliance", lambda session: provider.prepare_receive(session, sent.request_id))
    async with desks.open("investigator") as session:
        view = await agency.status(session, sent.request_id)
        assert view.read is not None
        await _published(session, view.read.receipt.index + 1)
    return sent.request_id


async def _published(session: Session, size: int) -> None:
    """Waits until the published checkpoint covers so many entries."""
    log, end = session.exchange.scheme.log, time.monotonic() + 20
    while verify_head((await session.exchange.checkpoint()).checkpoint, log).size < size:
        assert time.monotonic() < end
        await asyncio.sleep(0.05)


async def _mirror(desks: Desks, name: str, folder: Path) -> log_reader.MirrorReport:
    async with desks.open(name) as session:
        return await log_reader.mirror(session, folder)


@pytest.fixture(scope="module")
async def copy(desks: Desks, request_id: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Oversight's copy; tests that change it work on one of their own."""
    folder = tmp_path_factory.mktemp("copy") / "log"
    await _mirror(desks, "inspector", folder)
    return folder


def _fingerprint(desks: Desks) -> bytes:
    return desks.realm.directory.realm


async def test_oversight_recomputes_every_slot_of_every_entry(desks: Desks, copy: Path) -> None:
    found = verify_mirror(copy, _fingerprint(desks))
    assert (found.verdict, found.reasons) == (Word.VERIFIED, ())
    assert found.entries == found.opened == found.size > 10
    assert found.slots_recomputed == 16 * found.size
    assert found.requests >= 1


async def test_without_a_fingerprint_nothing_is_anchored_and_with_another_it_fails(
    desks: Desks, copy: Path
) -> None:
    assert verify_mirror(copy).verdict is Word.CONSISTENT_BUT_NOT_ANCHORED
    other = bytes(32)
    found = verify_mirror(copy, other)
    assert found.verdict is Word.FAILED
    assert [reason.code for reason in found.reasons] == ["X_REALM_MISMATCH"]


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _offsets(length: int, count: int) -> list[int]:
    """First, last, and some between, at places that no structure repeats at."""
    return sorted(
        {0, length - 1, *(i * length // count + i * 7 % max(1, length // count) for i in range(count))}
    )


async def test_one_changed_byte_in_any_file_fails(desks: Desks, copy: Path, tmp_path: Path) -> None:
    folder = tmp_path / "log"
    shutil.copytree(copy, folder)
    missed = []
    for path in _files(folder):
        whole = path.read_bytes()
        for at in _offsets(len(whole), 16):
            for mask in (0x01, 0x80):
                path.write_bytes(whole[:at] + bytes([whole[at] ^ mask]) + whole[at + 1 :])
                if verify_mirror(folder, _fingerprint(desks)).verdict is not Word.FAILED:
                    missed.append((path.relative_to(folder).as_posix(), at, mask))
        path.write_bytes(whole)
    assert missed == []
    assert verify_mirror(folder, _fingerprint(desks)).verdict is Word.VERIFIED


async def test_every_bit_of_the_checkpoint_counts(desks: Desks, copy: Path, tmp_path: Path) -> None:
    """Signature lines of unknown keys and loose base64 are passed over by note readers; here they must not be."""
    folder = tmp_path / "log"
    shutil.copytree(copy, folder)
    path = folder / "checkpoint"
    whole = path.read_bytes()
    edge = whole.index(b"\n\n")  # the text, both starts of signature lines, and where each ends
    second = whole.rindex("\N{EM DASH}".encode())
    places = [*range(edge + 90), *range(second - 6, second + 60), *range(len(whole) - 6, len(whole))]
    missed = []
    for at in places:
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        if verify_mirror(folder, _fingerprint(desks)).verdict is not Word.FAILED:
            missed.append(at)
    assert missed == []
    path.write_bytes(whole + whole.splitlines(keepends=True)[-1].replace(b" ", b" x", 2))
    assert verify_mirror(folder, _fingerprint(desks)).verdict is Word.FAILED


@pytest.mark.parametrize(
    "name", ["more", "openings/note.txt", "openings/000000009.bin", "scheme/extra", "tile/0/000.p/1", "t.tmp"]
)
async def test_a_file_that_nothing_covers_fails(desks: Desks, copy: Path, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "log"
    shutil.copytree(copy, folder)
    (folder / name).write_bytes(b"")
    assert verify_mirror(folder, _fingerprint(desks)).verdict is Word.FAILED


async def test_a_missing_file_fails_and_never_raises(desks: Desks, copy: Path, tmp_path: Path) -> None:
    for path in _files(copy):
        folder = tmp_path / "log"
        shutil.copytree(copy, folder)
        (folder / path.relative_to(copy)).unlink()
        found = verify_mirror(folder, _fingerprint(desks))
        if path.parent.name != "openings":  # a copy may hold no openings: then it proves the tree and says so
            assert found.verdict is Word.FAILED, path.name
        else:
            assert found.opened < found.size
        shutil.rmtree(folder)


async def test_a_party_continues_its_copy_after_it_was_handed_an_older_request(
    desks: Desks, request_id: bytes, tmp_path: Path
) -> None:
    """The provider is no party until the grant: entries before it open later than entries after them."""
    sent = await desks.act("investigator", lambda session: prepare_issue(session, desks.draft()))
    folder = tmp_path / "log"
    first = await _mirror(desks, "compliance", folder)
    assert verify_mirror(folder, _fingerprint(desks)).verdict is Word.VERIFIED
    granted = await desks.act("judge", lambda session: authority.prepare_grant(session, sent.request_id))
    async with desks.open("compliance") as session:
        await _published(session, granted.index + 1)
    second = await _mirror(desks, "compliance", folder)
    found = verify_mirror(folder, _fingerprint(desks))
    assert (found.verdict, found.reasons) == (Word.VERIFIED, ())
    assert second.size > first.size
    assert first.opened < found.opened < found.size


async def test_a_log_that_leaves_out_an_entry_is_refused_while_copying(
    desks: Desks, request_id: bytes, tmp_path: Path
) -> None:
    def change(answer: ListEntriesResponse) -> ListEntriesResponse:
        return ListEntriesResponse((*answer.entries[:3], answer.entries[4], *answer.entries[4:]))

    transport = Changed(desks.transport("inspector"), "AuditService/ListEntries", change)
    async with desks.open("inspector", transport=transport) as session:
        with pytest.raises(NotVerified) as raised:
            await log_reader.mirror(session, tmp_path / "log")
    assert raised.value.code == "X_LOG_INVALID"


async def test_an_envelope_that_the_exchange_swapped_is_found_offline(
    desks: Desks, request_id: bytes, tmp_path: Path
) -> None:
    def change(answer: OpenEntriesResponse) -> OpenEntriesResponse:
        with_envelope = [item for item in answer.entries if item.index > 8 and item.envelope]
        other = with_envelope[-1].envelope
        entries = [
            replace(item, envelope=other) if item is with_envelope[0] else item for item in answer.entries
        ]
        return replace(answer, entries=tuple(entries))

    transport = Changed(desks.transport("inspector"), "AuditService/OpenEntries", change)
    async with desks.open("inspector", transport=transport) as session:
        await log_reader.mirror(session, tmp_path / "log")
    found = verify_mirror(tmp_path / "log", _fingerprint(desks))
    assert found.verdict is Word.FAILED


async def test_tidying_removes_only_what_a_smaller_copy_left(copy: Path, tmp_path: Path) -> None:
    folder = tmp_path / "log"
    shutil.copytree(copy, folder)
    before = _files(folder)
    (folder / "tile/0/000.p/1").write_bytes(bytes(32))
    (folder / "checkpoint.tmp").write_bytes(b"")
    (folder / "keep-me").write_bytes(b"")
    tidy(folder, verify_mirror(copy).size)
    assert _files(folder) == sorted([*before, folder / "keep-me"])


async def test_entries_are_listed_with_what_is_open_and_proofs_hold(
    desks: Desks, request_id: bytes, copy: Path
) -> None:
    size = verify_mirror(copy).size

    async def listed(session: Session) -> tuple[log_reader.OpenedRow, ...]:
        return await log_reader.list_entries(session, 0, size)

    async with desks.open("inspector") as session:
        rows = await listed(session)
        assert [row.index for row in rows] == list(range(size))
        issued = next(row for row in rows if row.kind == "ISSUE" and row.request_id == request_id)
        assert issued.actor == desks.realm.row("investigator").org
        assert await log_reader.prove(session, issued.index)
    async with desks.open("other-investigator") as session:
        assert request_id not in {row.request_id for row in await listed(session)}
