# SPDX-License-Identifier: Apache-2.0
"""``python -m bench.echo --config FILE --size BYTES``: the bare server that ``Submit`` is held against.

One grpc.aio process with the exchange's own certificates and TLS settings, one unary method that takes raw bytes and
answers with as many as it was told: no interceptor, no parsing, no log line. Prints its address and ends with its input.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from typing import Any

from rogatory.server import tls13
from rogatory.server.config import Settings, load_settings

METHOD = "/bench.Echo/Echo"


def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--size", type=int, required=True)
    options = parser.parse_args()
    tls13.prepare()
    asyncio.run(_serve(load_settings(options.config), bytes(options.size)))


async def _serve(settings: Settings, answer: bytes) -> None:
    import grpc  # noqa: PLC0415 - after the TLS settings, which gRPC reads at its import
    import grpc.aio  # noqa: PLC0415

    from rogatory.server.tls import server_credentials  # noqa: PLC0415

    async def echo(_request: bytes, _context: Any) -> bytes:  # noqa: ANN401 - gRPC's form
        return answer

    server = grpc.aio.server()
    service, _, method = METHOD.strip("/").partition("/")
    handler: Any = grpc.unary_unary_rpc_method_handler(echo)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, {method: handler}),))
    port = server.add_secure_port("127.0.0.1:0", server_credentials(settings.tls))
    await server.start()
    sys.stdout.write(f"127.0.0.1:{port}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    await server.stop(1)


if __name__ == "__main__":
    main()
