# SPDX-License-Identifier: Apache-2.0
"""``rogatory-server --config FILE``: reads settings, sets the process up, puts the parts together, waits for a signal.

The only place that reads the environment, sets up logging and knows every part. gRPC is imported late, because what
makes it speak TLS 1.3 only must be set before.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from pathlib import Path
from typing import Any, Final

import structlog

from rogatory.protocol.errors import RogatoryError
from rogatory.server import hardening, logs, memory, tls13
from rogatory.server.config import Settings, StartupError, load_settings
from rogatory.server.rehearsal import EX_CONFIG, NoRehearsal, arm_failpoints

_LOG: Final = structlog.get_logger(__name__)


def main(arguments: list[str] | None = None, writer: str = "rogatory.server.writer") -> int:
    """Run the exchange until SIGTERM or SIGINT.

    Args:
        arguments: Of the command line; the process's own without.
        writer: Module that is run as the writer process.

    Returns:
        0; 2 for settings that do not hold; 78 for failpoints in a realm that is no exercise; 1 for anything else.
    """
    parser = argparse.ArgumentParser(prog="rogatory-server", description="The Rogatory exchange.")
    parser.add_argument("--config", type=Path, required=True, help="settings, a TOML file")
    options = parser.parse_args(arguments)
    hardening.harden()
    try:
        tls13.prepare()
        settings = load_settings(options.config)
        arm_failpoints(settings)
        logs.configure(settings.log_level, "front")
        asyncio.run(_serve(settings, options.config.resolve(), writer))
    except StartupError as error:
        sys.stderr.write(f"rogatory-server: {error}\n")
        return 2
    except NoRehearsal as error:
        sys.stderr.write(f"rogatory-server: {error}\n")
        return EX_CONFIG
    except RogatoryError as error:
        sys.stderr.write(f"rogatory-server: {error}\n")
        return 1
    return 0


async def _serve(settings: Settings, config: Path, writer: str) -> None:
    from rogatory.server.app import Front, OnState  # noqa: PLC0415 - imports gRPC, which must come last
    from rogatory.server.write_path import OnCommit  # noqa: PLC0415
    from rogatory.server.writer.client import ProcessWritePath  # noqa: PLC0415

    def command(socket_number: int) -> list[str]:
        return [sys.executable, "-m", writer, "--config", str(config), "--socket", str(socket_number)]

    def make_write_path(on_commit: OnCommit, on_state: OnState) -> ProcessWritePath:
        return ProcessWritePath(command, on_commit, on_state)

    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_stray)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    front = Front(settings, make_write_path)
    try:
        await front.start()
        memory.settle(memory.FRONT)
        await stop.wait()
    finally:
        await front.drain()


def _stray(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log an exception that nobody awaited, without its text."""
    error = context.get("exception")
    _LOG.error("stray_exception", **(logs.failure(error) if isinstance(error, BaseException) else {}))


if __name__ == "__main__":
    sys.exit(main())
