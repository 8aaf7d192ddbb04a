# SPDX-License-Identifier: Apache-2.0
"""The file permissions that hold for everybody, also where the tests run as the superuser, whom none of them stops.

On Linux the superuser is one for files by two capabilities; without them in effect, and with the same user, a file of mode
0 is closed to it too. Elsewhere tests do not run as the superuser, and nothing is done. No file is changed here.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_VERSION: Final = 0x20080522
_FILES: Final = 1 << 1 | 1 << 2  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Sets(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def _call(name: str, sets: ctypes.Array[_Sets]) -> None:
    function = getattr(ctypes.CDLL(None, use_errno=True), name)
    if function(ctypes.byref(_Header(_VERSION, 0)), sets) != 0:
        raise OSError(ctypes.get_errno(), name)


def _effective(change: int, *, on: bool) -> None:
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        return
    sets = (_Sets * 2)()
    _call("capget", sets)
    sets[0].effective = sets[0].effective | change if on else sets[0].effective & ~change
    _call("capset", sets)


@contextmanager
def without_privilege() -> Iterator[None]:
    """Runs a block in which permissions stop this thread as they stop everybody."""
    _effective(_FILES, on=False)
    try:
        yield
    finally:
        _effective(_FILES, on=True)


def drop_privilege() -> None:
    """The same for good, for a process that ends soon."""
    _effective(_FILES, on=False)
