# SPDX-License-Identifier: Apache-2.0
"""The front: one grpc.aio server, its options, health, and the order of starting and stopping.

Starting: writer, reader, services, port. Stopping (``drain``): not serving any more, farewell to watchers, a grace for
what is running, then the writer finishes and exits. Options are set against what was measured and reported of gRPC's
Python server: bursts of new calls that are rejected, pings that are answered by disconnection, compression that only
costs. The front holds no key of the log and cannot read what it passes on.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

import grpc
import grpc.aio
import structlog
from grpc_health.v1 import health_pb2_grpc

from rogatory.audit.files import replace_file
from rogatory.protocol.ids import Clock, SystemClock
from rogatory.protocol.wire import MAX_MESSAGE
from rogatory.server.config import Settings, StartupError
from rogatory.server.health import Health
from rogatory.server.interceptors.authorise import authorise
from rogatory.server.interceptors.deadline import deadline
from rogatory.server.interceptors.errors import errors
from rogatory.server.interceptors.guarded import Guarded
from rogatory.server.interceptors.limits import limits
from rogatory.server.interceptors.telemetry import telemetry
from rogatory.server.parts import PartLimits, PartStore
from rogatory.server.reader import Reader
from rogatory.server.servicers import Services, checked_rules, register
from rogatory.server.tls import server_credentials
from rogatory.server.transfers import Transfers
from rogatory.server.watch import WatchHub
from rogatory.server.write_path import OnCommit, WritePath

_LOG: Final = structlog.get_logger(__name__)
_IDENTITY_ONLY: Final = 1
_METADATA: Final = 4096
_ROOM: Final = 1024 * 1024


class ManagedWritePath(WritePath, Protocol):
    """A write path that is started and stopped with the front."""

    async def start(self) -> None:
        """Wait until the writer is ready."""
        ...

    async def stop(self) -> None:
        """Let the writer finish, and wait for it."""
        ...


OnState = Callable[[int | None], None]
MakeWritePath = Callable[[OnCommit, OnState], ManagedWritePath]


@dataclasses.dataclass(frozen=True, slots=True)
class Endpoint:
    """What ``endpoint.json`` says: where the exchange listens and which two processes it is."""

    address: str
    pid: int
    writer_pid: int | None

    def write(self, path: Path) -> None:
        """Put the file in place, whole or not at all."""
        replace_file(path, json.dumps(dataclasses.asdict(self)).encode() + b"\n")


def build_server(settings: Settings, services: Services, clock: Clock) -> grpc.aio.Server:
    """Return a server with guards, services and options; it has no port yet.

    Raises:
        StartupError: A method has no authorisation rule.
    """
    guards = (
        telemetry,
        errors,
        deadline(settings.call_seconds),
        authorise(checked_rules(), services.reader.directory, clock, require_pq=settings.tls.require_pq),
        limits(settings.limits),
    )
    server = grpc.aio.server(
        interceptors=[Guarded(guards)],
        compression=grpc.Compression.NoCompression,
        options=_options(settings),
    )
    register(server, services)
    return server


def _options(settings: Settings) -> list[tuple[str, int]]:
    return [
        # Above the cap, so that the guards refuse what is a little too large by code, field and rule.
        ("grpc.max_receive_message_length", MAX_MESSAGE + _ROOM),
        ("grpc.max_send_message_length", MAX_MESSAGE),
        # Above a thousand calls that wait to be accepted, the defaults reject with a bare CANCELLED.
        ("grpc.server.max_pending_requests", 50_000),
        ("grpc.server.max_pending_requests_hard_limit", 100_000),
        # Clients ping idle watch connections once a minute; the default would answer with too_many_pings.
        ("grpc.http2.min_ping_interval_without_data_ms", 30_000),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.keepalive_time_ms", _ms(settings.keepalive_seconds)),
        ("grpc.keepalive_timeout_ms", _ms(settings.keepalive_seconds / 3)),
        # Open connections outlive a change of certificates; identity is checked by call, and reconnecting is cheap.
        ("grpc.max_connection_age_ms", _ms(settings.connection_seconds)),
        ("grpc.max_connection_age_grace_ms", _ms(settings.grace_seconds)),
        ("grpc.max_connection_idle_ms", _ms(settings.connection_idle_seconds)),
        # Whoever connects and says nothing holds a descriptor for no longer than this.
        ("grpc.server_handshake_timeout_ms", _ms(settings.handshake_seconds)),
        # Sizes below count from when the client has confirmed them; until then it could send 16 MB of metadata.
        ("grpc.http2.settings_timeout", _ms(settings.handshake_seconds)),
        # Signatures belong in bodies. From the first size on a call may be refused, from the second on it is.
        ("grpc.max_metadata_size", _METADATA),
        ("grpc.absolute_max_metadata_size", 2 * _METADATA),
        # Streams without a request hold no handler and count for no peer, so each connection is bounded too; never below
        # what one peer may have open, or its calls would keep its own Watch waiting. What is above waits at the client.
        ("grpc.max_concurrent_streams", settings.limits.calls_per_peer + settings.limits.streams_per_peer),
        ("grpc.compression_enabled_algorithms_bitset", _IDENTITY_ONLY),
        # A second exchange on the port must fail, not share the connections.
        ("grpc.so_reuseport", 0),
    ]


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


class Front:
    """The front process's parts, from start to drain.

    Args:
        settings: Checked settings.
        make_write_path: Makes the way to the writer from the two callbacks that it reports to.
        clock: For validity of rows.
    """

    def __init__(
        self, settings: Settings, make_write_path: MakeWritePath, clock: Clock | None = None
    ) -> None:
        self._settings = settings
        self._clock = clock or SystemClock()
        self._write_path = make_write_path(self._on_commit, self._on_state)
        self._health = Health()
        self._hub: WatchHub | None = None
        self._reader: Reader | None = None
        self._server: grpc.aio.Server | None = None
        self._address = ""
        self._writer: int | None = None

    async def start(self) -> str:
        """Start everything and return the address that it listens on.

        Raises:
            StartupError: The port is taken, certificates do not fit, a method has no rule.
            Unavailable: The writer did not start.
        """
        settings = self._settings
        credentials = server_credentials(settings.tls)
        await self._write_path.start()
        self._reader = Reader(settings.data_dir / "rogatory.sqlite")
        self._hub = WatchHub(self._reader, self._write_path, settings.heartbeat_seconds)
        limits_of_parts = PartLimits(settings.limits.disclosure_bytes, settings.limits.free_bytes)
        parts = PartStore(settings.parts, limits_of_parts)
        transfers = Transfers(self._write_path, parts, settings.idle_seconds)
        services = Services(self._write_path, self._reader, self._hub, transfers)
        self._server = build_server(settings, services, self._clock)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        host, port = settings.address
        try:
            bound = self._server.add_secure_port(f"{_bracketed(host)}:{port}", credentials)
        except RuntimeError:
            raise StartupError("listen: PORT_FREE") from None
        await self._server.start()
        self._address = f"{_bracketed(host)}:{bound}"
        self._write_endpoint()
        _LOG.info("listening", port=bound)
        return self._address

    async def drain(self) -> None:
        """Stop in order; what is acknowledged is durable already."""
        _LOG.info("draining")
        self._health.drain()
        if self._hub is not None:
            self._hub.drain()
        if self._server is not None:
            await self._server.stop(self._settings.grace_seconds)
        await self._write_path.stop()
        if self._reader is not None:
            self._reader.close()
        if self._address:
            self._settings.endpoint.unlink(missing_ok=True)
        _LOG.info("stopped")

    def _on_commit(self, size: int) -> None:
        if self._hub is not None:
            self._hub.notice(size)

    def _on_state(self, writer: int | None) -> None:
        """Say by health and endpoint file whether there is a writer."""
        self._writer = writer
        self._health.set(serving=writer is not None)
        if writer is not None and self._address:
            self._write_endpoint()

    def _write_endpoint(self) -> None:
        Endpoint(self._address, os.getpid(), self._writer).write(self._settings.endpoint)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
