# SPDX-License-Identifier: Apache-2.0
"""The container of a bundle: USTAR with exactly one encoding, so that any tool can open it and every byte counts.

Owner, group, times and modes are fixed; a reader makes each header again from name and length and compares it byte for
byte, padding must be zero, two zero blocks end the file and nothing follows. Names are lower-case paths of our own
making; names that came from elsewhere never become member names. What members mean is not known here.
"""

from __future__ import annotations

import hashlib
import os
import re
import tarfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from rogatory.client.private_files import open_kept
from rogatory.protocol import errors
from rogatory.protocol.errors import Invalid, NotVerified
from rogatory.protocol.header import require

_BLOCK: Final = 512
_CHUNK: Final = 1024 * 1024
_NAME: Final = re.compile(r"[a-z0-9]+(?:[./-][a-z0-9]+)*\Z")
MAX_MEMBERS: Final = 10_000
MAX_MEMBER: Final = 8 * 1024**3 - 1
Advance = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Source:
    """A member to be written: bytes, or the content of a file."""

    name: str
    content: bytes | Path

    @property
    def length(self) -> int:
        """Length in bytes."""
        if isinstance(self.content, bytes):
            return len(self.content)
        with open_kept(self.content, "bundle.member") as stream:
            return stream.seek(0, os.SEEK_END)

    def blocks(self) -> Iterator[bytes]:
        """Yield the content."""
        if isinstance(self.content, bytes):
            yield self.content
            return
        with open_kept(self.content, "bundle.member") as stream:
            while block := stream.read(_CHUNK):
                yield block

    def sha256(self) -> bytes:
        """Return the digest of the content; reads a file once."""
        digest = hashlib.sha256()
        for block in self.blocks():
            digest.update(block)
        return digest.digest()


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an existing file, by its place."""

    path: Path
    name: str
    offset: int
    length: int

    def blocks(self) -> Iterator[bytes]:
        """Yield the content."""
        with open_kept(self.path, "bundle") as stream:
            stream.seek(self.offset)
            left = self.length
            while left:
                block = stream.read(min(_CHUNK, left))
                if not block:
                    raise NotVerified(errors.X_ENCODING, "bundle", "TAR.LENGTH")
                left -= len(block)
                yield block

    def read(self, limit: int) -> bytes:
        """Return the whole content.

        Raises:
            Invalid: ``X_TOO_LARGE``.
        """
        require(self.length <= limit, "bundle.member", "SIZE_CAP", errors.X_TOO_LARGE)
        return b"".join(self.blocks())


def write_members(out: BinaryIO, members: Iterable[Source], advance: Advance) -> int:
    """Write members in the order given, and the end; return the length of the file.

    Raises:
        Invalid: A name or length that the format cannot carry, or a file that changed while it was read.
    """
    total = 0
    for member in members:
        length = member.length
        out.write(_header(member.name, length))
        written = 0
        for block in member.blocks():
            out.write(block)
            written += len(block)
            advance(len(block))
        require(written == length, "bundle.member", "SOURCE_CHANGED", errors.X_PART_INVALID)
        padding = -length % _BLOCK
        out.write(bytes(padding))
        total += _BLOCK + length + padding
    out.write(bytes(2 * _BLOCK))
    return total + 2 * _BLOCK


def read_members(path: Path) -> tuple[Member, ...]:
    """Return the members of a file, after checking every byte that is not content.

    Raises:
        NotVerified: ``X_ENCODING`` with the rule: the file is not the one encoding of anything.
        Invalid: Too many members, or one too large.
    """
    found: list[Member] = []
    with open_kept(path, "bundle") as stream:
        size, at = stream.seek(0, os.SEEK_END), stream.seek(0)
        while True:
            block = stream.read(_BLOCK)
            _held(len(block) == _BLOCK, "TAR.LENGTH")
            if not any(block):
                break
            member = _member(path, block, at + _BLOCK)
            end = member.offset + member.length
            padded = end + -end % _BLOCK
            _held(padded <= size, "TAR.LENGTH")
            stream.seek(end)
            _held(not any(stream.read(padded - end)), "TAR.PADDING")
            found.append(member)
            require(len(found) <= MAX_MEMBERS, "bundle", "MEMBER_COUNT", errors.X_TOO_LARGE)
            at = padded
        _held(stream.read(_BLOCK + 1) == bytes(_BLOCK), "TAR.END")
    return tuple(found)


def _member(path: Path, block: bytes, offset: int) -> Member:
    try:
        info = tarfile.TarInfo.frombuf(block, "ascii", "strict")
        expected = _header(info.name, info.size)
    except (tarfile.HeaderError, UnicodeError, Invalid) as error:
        raise NotVerified(errors.X_ENCODING, "bundle", "TAR.HEADER") from error
    _held(expected == block, "TAR.HEADER")
    return Member(path, info.name, offset, info.size)


def _header(name: str, length: int) -> bytes:
    require(_NAME.match(name) and len(name) <= 100, "bundle.member", "NAME")
    require(0 <= length <= MAX_MEMBER, "bundle.member", "SIZE_CAP", errors.X_TOO_LARGE)
    info = tarfile.TarInfo(name)
    info.size, info.mode = length, 0o600
    return info.tobuf(tarfile.USTAR_FORMAT, "ascii", "strict")


def _held(condition: object, rule: str) -> None:
    if not condition:
        raise NotVerified(errors.X_ENCODING, "bundle", rule)
