# SPDX-License-Identifier: Apache-2.0
"""The writer process: ``python -m rogatory.server.writer --config FILE --socket NUMBER``.

Started by the front with one end of a socket pair. It ignores the signals that stop the front, because the front tells
it to stop once nobody waits any more; when the front dies, the socket ends and so does this process. Imports no gRPC.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Final

import structlog

from rogatory.server import hardening, logs, memory
from rogatory.server.config import Settings, StartupError, load_settings
from rogatory.server.engine import Engine, EngineFiles, FloodLimits
from rogatory.server.rehearsal import EX_CONFIG, NoRehearsal, arm_failpoints
from rogatory.server.writer.service import WriterService

_LOG: Final = structlog.get_logger(__name__)


def engine_files(settings: Settings) -> EngineFiles:
    """Return where the engine finds its data and keys."""
    return EngineFiles(
        data=settings.data_dir,
        scheme=settings.scheme_dir,
        ratchet=settings.ratchet,
        log_key=settings.keys.log_ed25519,
        log_key_pq=settings.keys.log_ml_dsa_44,
        exchange_key=settings.keys.exchange,
        clock_key=settings.keys.clock,
    )


def flood_limits(settings: Settings) -> FloodLimits:
    """Return what a peer may have rejected before it is turned away."""
    limits = settings.limits
    return FloodLimits(limits.rejections_per_peer, round(limits.rejection_seconds * 1000))


def main(arguments: list[str] | None = None) -> int:
    """Run the writer and return its exit code."""
    parser = argparse.ArgumentParser(prog="rogatory-writer")
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--socket", type=int, required=True)
    options = parser.parse_args(arguments)
    hardening.harden()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    try:
        settings = load_settings(options.config)
        arm_failpoints(settings)
    except StartupError as error:
        sys.stderr.write(f"rogatory-server: {error}\n")
        return 2
    except NoRehearsal as error:
        sys.stderr.write(f"rogatory-server: {error}\n")
        return EX_CONFIG
    logs.configure(settings.log_level, "writer")
    try:
        with (
            socket.socket(fileno=options.socket) as connection,
            (settings.data_dir / "lock").open("wb") as lock,
        ):
            # One writer for one data folder, whoever starts it; the system gives the lock back when this process ends.
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            engine = Engine.open(engine_files(settings), flood_limits=flood_limits(settings))
            memory.settle(memory.WRITER)
            WriterService(engine, connection, settings.publish_seconds).run()
            engine.close()
    except Exception as error:  # noqa: BLE001 - the last line of defence: name the kind, never the text, and end
        try:
            _LOG.critical("writer_failed", **logs.failure(error))
        finally:
            # At once, without finalisers, even where the log line meets the same full disk: nothing of a failed batch
            # may still be written.
            os._exit(1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
