# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with a file: ways to break it, by name, and a picture of a folder to see that nothing else changed.

What a program should say to any of it is not known here.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from tests.support.cli_life import CANARY

Breakage = Callable[[Path], object]
_MIB: Final = 1024 * 1024


def _content(change: Callable[[bytes], bytes]) -> Breakage:
    def apply(path: Path) -> None:
        path.write_bytes(change(path.read_bytes()))

    return apply


def _plain(change: Callable[[dict[str, Any]], object]) -> Breakage:
    return _content(lambda data: json.dumps(change(json.loads(data))).encode())


def _twice(data: bytes) -> bytes:
    """The first name again with another value in front: what a reader that takes the last one does not see."""
    name = next(iter(json.loads(data)))
    return b"{" + json.dumps(name).encode() + b": " + json.dumps(CANARY).encode() + b"," + data.lstrip()[1:]


def _instead(make: Callable[[Path], object]) -> Breakage:
    def apply(path: Path) -> None:
        path.unlink()
        make(path)

    return apply


def _pipe(path: Path) -> None:
    os.mkfifo(path, 0o600)


def _linked(path: Path) -> None:
    """A link to the same content elsewhere."""
    other = path.with_name(path.name + ".elsewhere")
    path.rename(other)
    path.symlink_to(other.name)


def _sparse(path: Path) -> None:
    os.truncate(path, 512 * _MIB)


FILE: Final[Mapping[str, Breakage]] = {
    "vanished": lambda path: path.unlink(),
    "a folder": _instead(lambda path: path.mkdir(mode=0o700)),
    "a pipe": _instead(_pipe),
    "a device": _instead(lambda path: path.symlink_to("/dev/zero")),
    "a link to nowhere": _instead(lambda path: path.symlink_to("nowhere")),
    "closed": lambda path: path.chmod(0),
    "oversized": _sparse,
}
LINKED: Final = "a link"
BYTES: Final[dict[str, Breakage]] = {
    "empty": _content(lambda _data: b""),
    "truncated": _content(lambda data: data[: len(data) // 2]),
    "not UTF-8": _content(lambda _data: b"\xff\xfe" + CANARY.encode()),
    "a byte order mark": _content(lambda data: b"\xef\xbb\xbf" + data),
    "a NUL": _content(lambda data: data[:8] + b"\0" + data[8:]),
}
JSON: Final[dict[str, Breakage]] = BYTES | {
    "nested without measure": _content(lambda _data: b"[" * 200_000),
    "a number without measure": _content(lambda _data: b"9" * 10_000),
    "NaN": _content(lambda _data: b'{"version": NaN}'),
    "a name twice": _content(_twice),
    "an unknown field": _plain(lambda data: data | {"canary": CANARY}),
    "an unknown field of a strange name": _plain(lambda data: data | {f"<{CANARY}>\u202e": 1}),
    "another type": _plain(lambda data: [data, CANARY]),
    "a text": _plain(lambda _data: CANARY),
}

BREAKAGES: Final[Mapping[str, Breakage]] = {**FILE, LINKED: _linked, **JSON}


def picture(folder: Path) -> dict[str, str]:
    """Returns all that is below a folder: kinds, modes, contents, where links lead. Nothing is waited for."""
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        kind = stat.filemode(status.st_mode)
        if stat.S_ISLNK(status.st_mode):
            kind += f" {path.readlink()}"
        elif stat.S_ISREG(status.st_mode):
            # A file of half a gigabyte without content is known by its size.
            small = status.st_size < 16 * _MIB
            kind += f" {status.st_size} {hashlib.sha256(path.read_bytes()).hexdigest() if small else ''}"
        found[path.relative_to(folder).as_posix()] = kind
    return found
