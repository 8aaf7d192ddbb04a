# SPDX-License-Identifier: Apache-2.0
"""A disk that fails, for this process only: the kernel itself refuses chosen system calls with an error number.

By a seccomp filter (Linux, seccomp(2)), so neither root nor a tool is needed and neither SQLite nor Python can tell it from
a real error. It cannot be taken back: from then on the disk has failed for this process.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct

_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
# BPF: load a word of seccomp_data, jump if equal, return.
_LOAD, _JUMP_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
CALLS = {
    "x86_64": {"sync": (74, 75), "write": (1, 18, 20, 296)},
    "aarch64": {"sync": (82, 83), "write": (64, 66, 68, 70)},
}
"""Numbers of fsync, fdatasync; of write, pwrite64, writev, pwritev."""


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))


def deny(argument: str) -> None:
    """Lets a group of calls fail from now on; `sync:EIO`, `write:ENOSPC`."""
    group, _, error = argument.partition(":")
    machine = platform.machine()
    number: int = getattr(errno, error)
    numbers = CALLS[machine][group]
    steps = [
        (_LOAD, 0, 0, 4),
        (_JUMP_EQUAL, 1, 0, _ARCHITECTURE[machine]),
        (_RETURN, 0, 0, _ALLOW),
        (_LOAD, 0, 0, 0),
    ]
    for at, call in enumerate(numbers):
        steps.append((_JUMP_EQUAL, len(numbers) - at, 0, call))
    steps += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _ERRNO | number)]
    code = b"".join(struct.pack("HBBI", *step) for step in steps)
    program = _Program(len(steps), code)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) or libc.prctl(_SET_SECCOMP, _FILTER, ctypes.byref(program)):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
