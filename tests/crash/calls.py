# SPDX-License-Identifier: Apache-2.0
"""Every call that changes a file below one folder, in order, as the kernel was given it: the record for a power cut.

A seccomp filter (seccomp(2), seccomp_unotify(2); Linux 5.9 and newer, no root, no tool) stops this process and those it
starts at such a call, tells a recorder in a process of its own, and lets the call go on. A flush is not passed on: it is
noted, and then answered with success, so whoever is told that something is flushed stands behind it in the record.
SQLite, Python and the exchange run as they are. Not a judge: what a cut leaves is in tests.crash.disk.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import platform
import select
import socket
import struct
import sys
from collections.abc import Callable
from pathlib import Path

_NO_NEW_PRIVILEGES, _SET_PTRACER = 38, 0x59616D61
_SET_FILTER, _NEW_LISTENER = 1, 8
_RECEIVE, _SEND, _CONTINUE = 0xC0502100, 0xC0182101, 1
_ALLOW, _NOTIFY = 0x7FFF0000, 0x7FC00000
# BPF: load a word of seccomp_data, jump if equal, jump if a bit is set, return.
_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_SECCOMP = {"x86_64": 317, "aarch64": 277}
_NUMBERS = {
    "x86_64": {
        "write": 1,
        "pwrite": 18,
        "fsync": 74,
        "fdatasync": 75,
        "ftruncate": 77,
        "rename": 82,
        "mkdir": 83,
        "rmdir": 84,
        "unlink": 87,
        "openat": 257,
        "mkdirat": 258,
        "unlinkat": 263,
        "renameat": 264,
        "renameat2": 316,
    },
    "aarch64": {
        "write": 64,
        "pwrite": 68,
        "fsync": 82,
        "fdatasync": 83,
        "ftruncate": 46,
        "openat": 56,
        "mkdirat": 34,
        "unlinkat": 35,
        "renameat": 38,
        "renameat2": 276,
    },
}
RECORDABLE = sys.platform == "linux" and platform.machine() in _NUMBERS
HEAD = struct.Struct(">cHQI")
"""A line of the record: kind, length of the path, a number, length of what follows the path.

Kinds: C a file came to be, D a folder, W a write (number: offset), T a cut to a size, S a flush, R a rename (followed by the
new path), U a removal. Paths are below the folder.
"""
_ON_FILES = {"write", "pwrite", "ftruncate", "fsync", "fdatasync"}
_HERE = -100
_APPEND = 0o2000


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))


def record(root: Path, journal: Path, end: Callable[[], None], moment: str = "") -> None:
    """Records from now on. `journal` is there when the last process that is recorded has ended, and not before.

    With a moment, such as `flush@7` or `write@300`, `end` is called instead of the seventh flush below the folder, or the
    300th write; it must end all that is recorded.
    """
    ours, theirs = socket.socketpair()
    if os.fork() == 0:
        status = 1
        try:
            ours.close()
            _, listeners, _, _ = socket.recv_fds(theirs, 1, 1)
            _Recorder(listeners[0], root, end, moment).run(journal)
            status = 0
        finally:
            os._exit(status)
    theirs.close()
    listener = _install()
    allow_reading()
    socket.send_fds(ours, [b"\0"], [listener])
    os.close(listener)
    ours.close()


def allow_reading() -> None:
    """Lets the recorder read this process's memory where the system would forbid that (Yama); each process by itself."""
    ctypes.CDLL(None).prctl(_SET_PTRACER, ctypes.c_ulong(2**64 - 1), 0, 0, 0)


def _install() -> int:
    """Puts the filter in place and returns the listener."""
    machine = platform.machine()
    numbers = dict(_NUMBERS[machine])
    opening = numbers.pop("openat")
    steps = [
        (_LOAD, 0, 0, 4),
        (_EQUAL, 1, 0, _ARCHITECTURE[machine]),
        (_RETURN, 0, 0, _ALLOW),
        (_LOAD, 0, 0, 0),
    ]
    # Each call jumps to the last step. Opening a file is told only where it may make or empty one.
    for at, number in enumerate(numbers.values()):
        steps.append((_EQUAL, len(numbers) - at + 3, 0, number))
    steps += [
        (_EQUAL, 0, 2, opening),
        (_LOAD, 0, 0, 32),
        (_ANY_BIT, 1, 0, os.O_CREAT | os.O_TRUNC),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _NOTIFY),
    ]
    code = b"".join(struct.pack("HBBI", *step) for step in steps)
    libc = ctypes.CDLL(None, use_errno=True)
    listener = -1
    if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) == 0:
        program = _Program(len(steps), code)
        listener = libc.syscall(_SECCOMP[machine], _SET_FILTER, _NEW_LISTENER, ctypes.byref(program))
    if listener < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return int(listener)


class _Recorder:
    """Takes one call after another from the listener until no process is left that has the filter."""

    def __init__(self, listener: int, root: Path, end: Callable[[], None], moment: str) -> None:
        self._listener = listener
        self._root = os.path.realpath(root) + "/"
        self._end = end
        kind, _, number = moment.partition("@")
        self._moment = {"flush": b"S", "write": b"W"}.get(kind, b"")
        self._left = int(number or 0)
        self._names = {number: name for name, number in _NUMBERS[platform.machine()].items()}

    def run(self, journal: Path) -> None:
        poll = select.poll()
        poll.register(self._listener, select.POLLIN)
        temporary = journal.with_suffix(".tmp")
        with temporary.open("wb") as self._file:
            while poll.poll()[0][1] & select.POLLIN:
                notice = bytearray(80)
                with contextlib.suppress(FileNotFoundError):  # it was ended meanwhile
                    fcntl.ioctl(self._listener, _RECEIVE, notice)
                    self._answer(notice)
        temporary.rename(journal)

    def _answer(self, notice: bytearray) -> None:
        call, thread, _, number = struct.unpack_from("QIIi", notice)
        name = self._names[number]
        flushed = False
        with contextlib.suppress(FileNotFoundError, ProcessLookupError, PermissionError):
            flushed = self._note(name, thread, struct.unpack_from("6q", notice, 32))
        answer = struct.pack("QqiI", call, 0, 0, 0 if flushed else _CONTINUE)
        fcntl.ioctl(self._listener, _SEND, answer)

    def _note(self, name: str, thread: int, args: tuple[int, ...]) -> bool:
        """Writes down what the call does; tells whether it is a flush that is thereby done."""
        if name in _ON_FILES:
            path = self._below(str(Path(f"/proc/{thread}/fd/{args[0]}").readlink()))
            if path is not None:
                self._change(name, path, thread, args)
            return path is not None and name in {"fsync", "fdatasync"}
        here = args if name.endswith(("at", "at2")) else (_HERE, args[0], _HERE, args[1])
        path = self._path(thread, here[0], here[1])
        if path is None:
            return False
        exists = Path(self._root, path).exists()
        if name.startswith("rename"):
            self._line(b"R", path, 0, os.fsencode(self._path(thread, here[2], here[3]) or ""))
        elif name == "openat" and not exists:
            self._line(b"C", path)
        elif name == "openat" and here[2] & os.O_TRUNC and not here[2] & os.O_EXCL:
            self._line(b"T", path)
        elif name.startswith(("unlink", "rmdir")) and exists:
            self._line(b"U", path)
        elif name.startswith("mkdir") and not exists:
            self._line(b"D", path)
        return False

    def _change(self, name: str, path: str, thread: int, args: tuple[int, ...]) -> None:
        if name in {"fsync", "fdatasync"}:
            self._line(b"S", path)
        elif name == "ftruncate":
            self._line(b"T", path, args[1])
        else:
            at = args[3] if name == "pwrite" else _position(thread, args[0], self._root + path)
            self._line(b"W", path, at, _memory(thread, args[1], args[2]))

    def _line(self, kind: bytes, path: str, number: int = 0, content: bytes = b"") -> None:
        if kind == self._moment:
            self._left -= 1
            if self._left <= 0:
                self._end()
                raise ProcessLookupError
        name = os.fsencode(path)
        self._file.write(HEAD.pack(kind, len(name), number, len(content)) + name + content)

    def _path(self, thread: int, folder: int, address: int) -> str | None:
        """What a path that a call names is below the folder, or nothing if it is not."""
        text = b""
        while b"\0" not in text:  # a page at a time, since what is behind the text may not be there
            text += _memory(thread, address + len(text), 4096 - (address + len(text)) % 4096)
        name = os.fsdecode(text.partition(b"\0")[0])
        if not name.startswith("/"):
            link = "cwd" if folder == _HERE else f"fd/{folder}"
            name = f"{Path(f'/proc/{thread}/{link}').readlink()}/{name}"
        parent, _, last = name.rpartition("/")
        return self._below(f"{os.path.realpath(parent)}/{last}")

    def _below(self, path: str) -> str | None:
        # A file without a name is nobody's after a cut. The index of the write-ahead log is thrown away at each start.
        if not f"{path}/".startswith(self._root) or path.endswith((" (deleted)", "-shm")):
            return None
        return f"{path}/".removeprefix(self._root)[:-1]


def _memory(thread: int, address: int, length: int) -> bytes:
    handle = os.open(f"/proc/{thread}/mem", os.O_RDONLY)
    try:
        return os.pread(handle, length, address)
    finally:
        os.close(handle)


def _position(thread: int, number: int, path: str) -> int:
    lines = dict(
        line.split(":\t") for line in Path(f"/proc/{thread}/fdinfo/{number}").read_text().splitlines()[:2]
    )
    return Path(path).stat().st_size if int(lines["flags"], 8) & _APPEND else int(lines["pos"])
