# SPDX-License-Identifier: Apache-2.0
"""The container of a bundle has one encoding: other tools read it, and no byte of it is free.

What members mean is tested in tests/integration/test_bundle.py.
"""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import Buffer, override

from rogatory.client.bundle_format import IndexRow, index_bytes, parse_index
from rogatory.client.bundle_tar import Source, read_members, write_members
from rogatory.protocol.errors import Invalid, NotVerified, RogatoryError

_BLOCK = 512


def _ignore(_count: int) -> None:
    """Nobody looks at the progress."""


def _written(*members: Source) -> bytes:
    out = io.BytesIO()
    length = write_members(out, members, _ignore)
    assert length == len(out.getvalue())
    return out.getvalue()


def _archive() -> bytes:
    return _written(
        Source("a.bin", b"x" * 700), Source("b/empty.bin", b""), Source("b/full.bin", b"y" * _BLOCK)
    )


def _read(folder: Path, data: bytes) -> dict[str, bytes]:
    path = folder / "some.tar"
    path.write_bytes(data)
    return {member.name: member.read(1 << 20) for member in read_members(path)}


def test_other_tools_read_it_and_the_same_members_give_the_same_bytes(tmp_path: Path) -> None:
    data = _archive()
    assert data == _archive()
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        assert archive.getnames() == ["a.bin", "b/empty.bin", "b/full.bin"]
    assert _read(tmp_path, data) == {"a.bin": b"x" * 700, "b/empty.bin": b"", "b/full.bin": b"y" * _BLOCK}


def test_no_byte_outside_the_content_is_free(tmp_path: Path) -> None:
    """Headers, padding and end: every byte of them, each changed once; content is the digests' business."""
    data = _archive()
    content = {*range(_BLOCK, _BLOCK + 700), *range(5 * _BLOCK, 6 * _BLOCK)}
    missed = []
    for at in set(range(len(data))) - content:
        changed = bytearray(data)
        changed[at] ^= 0x20
        try:
            _read(tmp_path, bytes(changed))
        except RogatoryError:
            continue
        missed.append(at)
    assert missed == []


@pytest.mark.parametrize("cut", [1, 511, 512, 1023, 1024, 1025, 2000])
def test_a_file_that_was_cut_is_refused(tmp_path: Path, cut: int) -> None:
    with pytest.raises(NotVerified):
        _read(tmp_path, _archive()[:-cut])


@pytest.mark.parametrize("more", [b"\0", bytes(_BLOCK), bytes(10_240), b"x"])
def test_nothing_follows_the_end(tmp_path: Path, more: bytes) -> None:
    with pytest.raises(NotVerified):
        _read(tmp_path, _archive() + more)


@pytest.mark.parametrize(
    "name", ["../up.bin", "/root.bin", "A.bin", "a//b", "a/../b", "-a", "", "a" * 101, "nul\0.bin", "ä.bin"]
)
def test_names_that_are_not_our_own_are_never_written(name: str) -> None:
    with pytest.raises(Invalid):
        _written(Source(name, b""))


@pytest.mark.parametrize(
    "change",
    [
        {"type": tarfile.SYMTYPE, "linkname": "a.bin"},
        {"type": tarfile.DIRTYPE},
        {"mode": 0o644},
        {"mtime": 1},
        {"uid": 1},
        {"uname": "somebody"},
        {"name": "../up.bin"},
    ],
    ids="-".join,
)
def test_a_member_of_another_kind_or_owner_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    info = tarfile.TarInfo("a.bin")
    info.mode = 0o600
    for key, value in change.items():
        setattr(info, key, value)
    data = info.tobuf(tarfile.USTAR_FORMAT, "ascii", "strict") + bytes(2 * _BLOCK)
    with pytest.raises(NotVerified):
        _read(tmp_path, data)


@given(st.binary(max_size=2048))
def test_arbitrary_bytes_are_refused_and_nothing_else_happens(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    with pytest.raises(RogatoryError):
        _read(tmp_path_factory.mktemp("tar"), b"\1" + data)


@given(
    st.dictionaries(
        st.from_regex(r"[a-z0-9]{1,8}(/[a-z0-9]{1,8}){0,2}\.bin", fullmatch=True), st.binary(max_size=1500)
    )
)
def test_what_was_written_is_what_is_read(
    tmp_path_factory: pytest.TempPathFactory, members: dict[str, bytes]
) -> None:
    data = _written(*(Source(name, content) for name, content in members.items()))
    assert _read(tmp_path_factory.mktemp("tar"), data) == members


def test_a_source_that_changes_its_length_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "growing.bin"
    path.write_bytes(b"x" * 10)
    with pytest.raises(Invalid) as raised:
        write_members(_Growing(path), [Source("a.bin", path)], _ignore)
    assert raised.value.rule == "SOURCE_CHANGED"


class _Growing(io.BytesIO):
    """Adds to a source when the first header is written."""

    def __init__(self, source: Path) -> None:
        super().__init__()
        self._source = source

    @override
    def write(self, data: Buffer, /) -> int:
        if self.tell() == 0:
            self._source.write_bytes(b"x" * 20)
        return super().write(data)


def test_the_index_has_one_encoding_and_brackets_without_end_are_refused() -> None:
    data = index_bytes(bytes(32), bytes(16), [IndexRow("a.bin", 3, bytes(32))])
    assert index_bytes(bytes(32), bytes(16), parse_index(data).members) == data
    for other in (data + b"\n", data.replace(b" ", b"  ", 1), b"[" * 100_000, b"{}", b"\xff", b"null"):
        with pytest.raises(Invalid):
            parse_index(other)
