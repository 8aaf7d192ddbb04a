# SPDX-License-Identifier: Apache-2.0
"""The file permissions that hold for everybody, also where the tests run as the superuser, whom none of them stops.

Only the effective user of this process changes, and only for a block. It makes no user and changes no file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

NOBODY = 65_534


@contextmanager
def without_privilege() -> Iterator[None]:
    """Runs a block as somebody whom permissions stop; nothing changes for one who is that already."""
    own = os.geteuid()
    if own == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(own)
