# SPDX-License-Identifier: Apache-2.0
"""What both processes do before anything else: private files, no core dumps.

A core dump would put keys of the log on the disk. Sandboxing is the service manager's matter.
"""

from __future__ import annotations

import os
import resource


def harden() -> None:
    """Make new files private to the owner and forbid core dumps, for this process and those it starts."""
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
