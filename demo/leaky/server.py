# SPDX-License-Identifier: Apache-2.0
"""The exchange with a leaking writer and log lines that quote what came in. For the demo's positive control only.

It is the real front in every other respect.
"""

from __future__ import annotations

import sys
from typing import Any

from rogatory.server import main as server
from rogatory.server import tls13


def leak() -> None:
    """Make the front log what is stored through it, and start the leaking writer instead of the real one."""
    from rogatory.server.writer import client  # noqa: PLC0415 - imports nothing of gRPC, but late like the rest

    real_call, real_init = client.ProcessWritePath.call, client.ProcessWritePath.__init__

    async def call(self: Any, op: Any, peer: bytes, payload: bytes) -> bytes:  # noqa: ANN401
        sys.stderr.write(payload.decode("utf-8", "replace") + "\n")
        return await real_call(self, op, peer, payload)

    def init(self: Any, command: Any, *rest: Any) -> None:  # noqa: ANN401
        def leaking(number: int) -> list[str]:
            return [
                "demo.leaky.writer" if part == "rogatory.server.writer" else part for part in command(number)
            ]

        real_init(self, leaking, *rest)

    path: Any = client.ProcessWritePath
    path.call, path.__init__ = call, init


if __name__ == "__main__":
    tls13.prepare()
    leak()
    sys.exit(server.main())
