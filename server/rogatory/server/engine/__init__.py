# SPDX-License-Identifier: Apache-2.0
"""The write path's core: verify, decide, commit, answer; synchronous and single-threaded (architecture §4).

It runs in the writer process, or in a thread of a test. It speaks no gRPC, opens no socket and holds no key to what is
sealed. ``Engine`` is the front door, ``jobs`` what goes in and out.
"""

from rogatory.server.engine.engine import Engine, EngineFiles
from rogatory.server.engine.floods import FloodLimits
from rogatory.server.engine.jobs import Direction, Job, Op, TransferGrant, TransferOpen

__all__ = ["Direction", "Engine", "EngineFiles", "FloodLimits", "Job", "Op", "TransferGrant", "TransferOpen"]
