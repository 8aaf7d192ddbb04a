# SPDX-License-Identifier: Apache-2.0
"""The contract of the part store: resumable inside a part, idempotent, whole and verified before anybody reads it."""

import asyncio
import hashlib
from collections.abc import Sequence
from pathlib import Path

import pytest

from rogatory.protocol import errors
from rogatory.protocol.errors import Invalid, Refused, RogatoryError, Unavailable
from rogatory.protocol.sealed import part_leaf
from rogatory.protocol.statements import PART_SIZE
from rogatory.protocol.wire import PartStart, PartStatus
from rogatory.server.parts import FRAME_MAX, FRAME_MIN, PartLimits, PartStore
from rogatory.server.parts_index import disclosure_folder, whole_parts

REQUEST, DISCLOSURE = bytes(15) + b"r", bytes(15) + b"d"
LENGTH = 3 * FRAME_MIN + 100


def content(length: int = LENGTH, label: str = "part") -> bytes:
    return hashlib.shake_256(label.encode()).digest(length)


def start(data: bytes, part: int = 0, offset: int = 0, leaf: bytes | None = None) -> PartStart:
    return PartStart(REQUEST, DISCLOSURE, part, offset, len(data), leaf or part_leaf(data))


def store(folder: Path, disclosure_bytes: int = 16 * PART_SIZE, free_bytes: int = 0) -> PartStore:
    return PartStore(folder / "parts", PartLimits(disclosure_bytes, free_bytes))


async def put(
    parts: PartStore, data: bytes, part: int = 0, offset: int = 0, until: int | None = None
) -> PartStatus:
    """Sends bytes from offset up to `until` in frames and closes."""
    upload = await parts.begin(start(data, part, offset))
    end = len(data) if until is None else until
    for at in range(offset, end, FRAME_MIN):
        await upload.write(data[at : min(at + FRAME_MIN, end)])
    await upload.close()
    return upload.status


async def statuses(parts: PartStore) -> Sequence[PartStatus]:
    return await parts.status(REQUEST, DISCLOSURE)


async def test_a_part_that_was_cut_off_goes_on_inside(tmp_path: Path) -> None:
    data = content()
    await put(store(tmp_path), data, until=2 * FRAME_MIN)
    again = store(tmp_path)  # another process, after a crash
    (status,) = await statuses(again)
    assert (status.received, status.complete) == (2 * FRAME_MIN, False)
    assert whole_parts(again.folder, REQUEST, DISCLOSURE) == []
    assert (await put(again, data, offset=status.received)).complete
    assert whole_parts(again.folder, REQUEST, DISCLOSURE) == [(part_leaf(data), len(data))]


async def test_going_back_inside_a_part_overwrites_what_was_there(tmp_path: Path) -> None:
    parts, data = store(tmp_path), content()
    await put(parts, data, until=2 * FRAME_MIN)
    assert (await put(parts, data, offset=FRAME_MIN)).complete


async def test_an_offset_beyond_what_has_arrived_is_refused(tmp_path: Path) -> None:
    parts, data = store(tmp_path), content()
    await put(parts, data, until=FRAME_MIN)
    with pytest.raises(Invalid) as caught:
        await parts.begin(start(data, offset=FRAME_MIN + 1))
    assert (caught.value.code, caught.value.rule) == (errors.X_PART_INVALID, "PART.RECEIVED")


async def test_bytes_with_another_leaf_hash_are_never_kept(tmp_path: Path) -> None:
    parts, data = store(tmp_path), content()
    upload = await parts.begin(start(data, leaf=part_leaf(b"something else")))
    for at in range(0, 3 * FRAME_MIN, FRAME_MIN):
        await upload.write(data[at : at + FRAME_MIN])
    with pytest.raises(Invalid) as caught:
        await upload.write(data[3 * FRAME_MIN :])
    await upload.close()
    assert (caught.value.code, caught.value.rule) == (errors.X_PART_INVALID, "PART.LEAF")
    assert await statuses(parts) == ()
    assert list(disclosure_folder(parts.folder, REQUEST, DISCLOSURE).iterdir()) == []


async def test_a_byte_that_rotted_between_two_connections_is_found_at_the_end(tmp_path: Path) -> None:
    parts, data = store(tmp_path), content()
    await put(parts, data, until=2 * FRAME_MIN)
    (partial,) = disclosure_folder(parts.folder, REQUEST, DISCLOSURE).iterdir()
    partial.write_bytes(b"\x00" + partial.read_bytes()[1:])
    with pytest.raises(Invalid) as caught:
        await put(parts, data, offset=2 * FRAME_MIN)
    assert caught.value.rule == "PART.LEAF"
    assert (await put(parts, data)).complete


async def test_a_part_whose_bytes_were_all_there_when_the_process_died_is_finished_without_sending_any(
    tmp_path: Path,
) -> None:
    parts, data = store(tmp_path), content()
    await put(parts, data, until=FRAME_MIN)
    (partial,) = disclosure_folder(parts.folder, REQUEST, DISCLOSURE).iterdir()
    partial.write_bytes(data)
    assert (await put(parts, data, offset=len(data))).complete


async def test_the_same_part_again_is_acknowledged_and_changes_nothing(tmp_path: Path) -> None:
    parts, data = store(tmp_path), content()
    await put(parts, data)
    (path,) = disclosure_folder(parts.folder, REQUEST, DISCLOSURE).iterdir()
    before = path.stat()
    assert (await put(parts, data)) == PartStatus(0, len(data), True, part_leaf(data))
    assert path.stat().st_mtime_ns == before.st_mtime_ns


async def test_a_complete_part_is_never_replaced_by_another(tmp_path: Path) -> None:
    parts = store(tmp_path)
    await put(parts, content())
    with pytest.raises(Refused) as caught:
        await put(parts, content(label="another"))
    assert (caught.value.code, caught.value.rule) == (errors.X_PART_INVALID, "PART.COMPLETE")


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        (PartStart(REQUEST, DISCLOSURE, 0, 0, PART_SIZE + 1, bytes(32)), "PART_CAP"),
        (PartStart(REQUEST, DISCLOSURE, 0, 0, 0, bytes(32)), "PART_CAP"),
        (PartStart(REQUEST, DISCLOSURE, 16, 0, 100, bytes(32)), "DISCLOSURE_CAP"),
        (PartStart(REQUEST, DISCLOSURE, 0, 101, 100, bytes(32)), "RANGE"),
        (PartStart(REQUEST, DISCLOSURE, 0, 0, 100, b""), "DIGEST"),
        (PartStart(b"", DISCLOSURE, 0, 0, 100, bytes(32)), "ID"),
    ],
)
async def test_lengths_numbers_and_ids_out_of_range_are_refused(
    tmp_path: Path, wrong: PartStart, rule: str
) -> None:
    with pytest.raises(Invalid) as caught:
        await store(tmp_path).begin(wrong)
    assert caught.value.rule == rule


@pytest.mark.parametrize("size", [0, FRAME_MIN - 1, FRAME_MAX + 1])
async def test_frames_are_64_kib_to_1_mib_but_for_the_last(tmp_path: Path, size: int) -> None:
    upload = await store(tmp_path).begin(start(content(2 * FRAME_MAX)))
    with pytest.raises(Invalid) as caught:
        await upload.write(bytes(size))
    assert (caught.value.code, caught.value.rule) == (errors.X_PART_INVALID, "FRAME_SIZE")


async def test_more_bytes_than_announced_are_refused(tmp_path: Path) -> None:
    upload = await store(tmp_path).begin(start(content(FRAME_MIN + 1)))
    with pytest.raises(Invalid) as caught:
        await upload.write(bytes(FRAME_MIN + 2))
    assert caught.value.rule == "PART_LENGTH"


async def test_uploads_stop_before_the_disk_is_full(tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as caught:
        await put(store(tmp_path, free_bytes=2**62), content())
    assert (caught.value.code, caught.value.rule) == (errors.X_TRANSIENT, "DISK_SPACE")


@pytest.mark.parametrize("label", ["part", "sealed anew"])
async def test_a_newer_upload_takes_a_part_over_and_the_older_one_ends(tmp_path: Path, label: str) -> None:
    parts, old, new = store(tmp_path), content(), content(label=label)
    older = await parts.begin(start(old))
    await older.write(old[:FRAME_MIN])
    newer = await parts.begin(start(new))
    with pytest.raises(Unavailable) as caught:
        await older.write(old[FRAME_MIN : 2 * FRAME_MIN])
    assert caught.value.rule == "PART.TAKEN_OVER"
    await older.close()
    assert older.status.received == 0
    for at in range(0, LENGTH, FRAME_MIN):
        await newer.write(new[at : at + FRAME_MIN])
    await newer.close()
    assert [status.leaf for status in await statuses(parts) if status.complete] == [part_leaf(new)]


async def test_writers_that_race_for_one_part_leave_it_whole_or_not_at_all(tmp_path: Path) -> None:
    parts, data = store(tmp_path), content()

    async def attempt() -> RogatoryError | PartStatus:
        try:
            return await put(parts, data)
        except RogatoryError as error:
            return error

    await asyncio.gather(*(attempt() for _ in range(5)))
    assert (await put(parts, data)).complete
    (path,) = disclosure_folder(parts.folder, REQUEST, DISCLOSURE).iterdir()
    assert path.read_bytes() == data


async def test_a_body_is_read_from_any_offset_to_its_end(tmp_path: Path) -> None:
    parts = store(tmp_path)
    body = content(PART_SIZE + 1000, "body")
    for part, data in enumerate((body[:PART_SIZE], body[PART_SIZE:])):
        await put(parts, data, part)
    for offset in (0, 1, FRAME_MAX - 1, PART_SIZE - 1, PART_SIZE, PART_SIZE + 999, len(body)):
        frames = [frame async for frame in parts.read(REQUEST, DISCLOSURE, offset, len(body))]
        assert b"".join(data for _, data in frames) == body[offset:]
        assert all(len(data) <= FRAME_MAX for _, data in frames)
    with pytest.raises(Invalid):
        await anext(parts.read(REQUEST, DISCLOSURE, len(body) + 1, len(body)))


async def test_a_body_with_a_part_missing_is_not_passed_off_as_whole(tmp_path: Path) -> None:
    parts = store(tmp_path)
    await put(parts, content())
    with pytest.raises(Unavailable):
        [frame async for frame in parts.read(REQUEST, DISCLOSURE, 0, LENGTH + 1)]


async def test_files_are_private_to_the_server(tmp_path: Path) -> None:
    parts = store(tmp_path)
    await put(parts, content())
    assert all(path.stat().st_mode & 0o077 == 0 for path in parts.folder.rglob("*"))
