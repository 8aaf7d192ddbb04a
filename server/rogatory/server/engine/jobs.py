# SPDX-License-Identifier: Apache-2.0
"""What the write path is asked to do, as values that cross from the front process to the writer.

A job's payload is the canonical bytes of the wire request of its call; the reply is the canonical bytes of the wire
response. Opening a transfer is internal to the exchange and has plain JSON on both sides. Nothing here is executed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, TypeVar

from rogatory.protocol import errors
from rogatory.protocol.errors import Invalid
from rogatory.protocol.plain import from_plain, to_plain

T = TypeVar("T")


class Op(IntEnum):
    """Calls that write, or that leave a read entry."""

    SUBMIT = 1
    GET_REQUEST = 2
    PUT_SEALED = 3
    FETCH_SEALED = 4
    OPEN_ENTRIES = 5
    WATCH_OPEN = 6
    TRANSFER_OPEN = 7
    HEARTBEAT = 8
    PUBLISH = 9


class Direction(IntEnum):
    """Which way parts go, or whether only their status is asked for."""

    PUT = 1
    STATUS = 2
    FETCH = 3


@dataclass(frozen=True, slots=True)
class Job:
    """One call: who (SPKI digest of the TLS certificate), what, and the request's bytes."""

    op: Op
    peer_spki: bytes
    payload: bytes


@dataclass(frozen=True, slots=True)
class TransferOpen:
    """May this caller move the parts of this disclosure? ``purpose`` is logged for FETCH."""

    request_id: bytes
    disclosure_id: bytes
    direction: Direction
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class TransferGrant:
    """Yes; and, once the manifest is in the log, how long the sealed body is (0 before)."""

    body_length: int = 0


def pack_json(value: Any) -> bytes:  # noqa: ANN401 - either of the two transfer values
    """Return a transfer value's bytes."""
    return json.dumps(to_plain(value), separators=(",", ":"), sort_keys=True).encode()


def unpack_json(cls: type[T], data: bytes) -> T:
    """Parse a transfer value.

    Raises:
        Invalid: Not JSON, nested without measure, or not of this class.
    """
    try:
        return from_plain(cls, json.loads(data), "transfer")
    except (ValueError, RecursionError) as error:
        raise Invalid(errors.X_ENCODING, "transfer", "JSON") from error
