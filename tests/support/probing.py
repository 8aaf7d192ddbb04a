# SPDX-License-Identifier: Apache-2.0
"""Exact bytes to any method of the wire schema, and what an exchange holds before and after.

Methods come from the descriptors, so that a new one cannot be left out of a test that goes over all. Plain gRPC, not the
SDK; nothing here knows what a right answer is.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import grpc

from rogatory.server.servicers.rules import methods_of
from rogatory.v1 import services_pb2
from tests.support.front import ServerProcess, invoke, open_stream, typed

# By the path below `rogatory.v1`, such as `ExchangeService/Submit`.
METHODS: Final[Mapping[str, Any]] = MappingProxyType(
    {name.removeprefix("/rogatory.v1."): method for name, method in methods_of(services_pb2.DESCRIPTOR)}
)
# What an entry needs; everything else is what the exchange believes.
_ENTRY_TABLES: Final = frozenset(
    {"log_entry", "log_tile", "log_head", "log_checkpoint", "entry_view", "commit_head"}
)


def send(channel: grpc.Channel, method: str, *messages: bytes, seconds: float = 20.0) -> bytes:
    """One call of any kind; returns the only or the first answer, and raises the typed error of its status."""
    try:
        return send_raw(channel, method, *messages, seconds=seconds)
    except grpc.RpcError as error:
        raise typed(error) from error


def send_raw(channel: grpc.Channel, method: str, *messages: bytes, seconds: float = 20.0) -> bytes:
    """As ``send``, with gRPC's own error."""
    descriptor = METHODS[method]
    path = f"/rogatory.v1.{method}"
    call: Any
    if descriptor.client_streaming:
        call = channel.stream_unary(path)
        reply: bytes = call(iter(messages), timeout=seconds)
        return reply
    (message,) = messages
    if descriptor.server_streaming:
        call = open_stream(channel, method, message, seconds)
        try:
            return next(iter(call), b"")
        finally:
            call.cancel()
    return invoke(channel, method, message, seconds)


@dataclass(frozen=True)
class Footprint:
    """Entries of the log, and a digest of each thing beside them."""

    size: int
    kept: Mapping[str, str]

    @classmethod
    def of(cls, server: ServerProcess) -> Footprint:
        return cls.of_data(server.folder / "server" / "data")

    @classmethod
    def of_data(cls, data: Path) -> Footprint:
        """Of an exchange's data folder. Keys of the vault count too: a request that got one has left something."""
        kept: dict[str, str] = {}
        size = 0
        for name in ("rogatory", "vault"):
            database = sqlite3.connect(f"file:{data / name}.sqlite?mode=ro", uri=True)
            try:
                if name == "rogatory":
                    (size,) = database.execute("SELECT max(size) FROM commit_head").fetchone()
                kept |= {f"{name}.{table}": digest for table, digest in _tables(database)}
            finally:
                database.close()
        parts = sorted(
            (str(path.relative_to(data)), hashlib.sha256(path.read_bytes()).hexdigest())
            for path in (data / "parts").rglob("*")
            if path.is_file()
        )
        return cls(size, kept | {"parts": repr(parts)})


def _tables(database: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    names: Sequence[tuple[str]] = database.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"
    ).fetchall()
    for (name,) in names:
        if name not in _ENTRY_TABLES:
            rows = sorted(map(repr, database.execute(f'SELECT * FROM "{name}"')))  # noqa: S608 - its own name
            yield name, hashlib.sha256("\n".join(rows).encode()).hexdigest()
