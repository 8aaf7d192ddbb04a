# SPDX-License-Identifier: Apache-2.0
"""The front's main with the harness's writer behind it. The shipped main is used as it is."""

from __future__ import annotations

import sys

from rogatory.server.main import main
from tests.crash.entry import note_ends, record

if __name__ == "__main__":
    record()
    note_ends()
    sys.exit(main(writer="tests.crash.writer"))
