# SPDX-License-Identifier: Apache-2.0
"""Frames on the socket pair between front and writer: ``u32 length | u8 type | body``. Pure.

| type   | from   | body                                                                  |
|--------|--------|-----------------------------------------------------------------------|
| CALL   | front  | u64 number, u8 op, 32 bytes SPKI digest of the peer, payload          |
| STOP   | front  | empty: finish, close, exit                                            |
| READY  | writer | u64 log size                                                          |
| REPLY  | writer | u64 number, reply                                                     |
| ERROR  | writer | u64 number, family LF code LF field LF rule                           |
| NOTICE | writer | u64 log size after a commit                                           |

Both ends are the same program on one machine, so a frame that does not parse is a defect and ends the connection.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from typing import Final

from rogatory.audit.framing import u8, u32, u64
from rogatory.protocol.errors import RogatoryError
from rogatory.protocol.families import family, rebuild
from rogatory.server.engine import Job, Op

MAX_FRAME: Final = 64 * 1024 * 1024
SPKI: Final = 32
_HEAD: Final = 4


class FrameType(IntEnum):
    """See the module's table."""

    CALL = 1
    STOP = 2
    READY = 3
    REPLY = 4
    ERROR = 5
    NOTICE = 6


_TYPES: Final = frozenset(int(kind) for kind in FrameType)
_OPS: Final = frozenset(int(op) for op in Op)


class FrameError(Exception):
    """A frame does not parse; the other end is not what it should be."""


def frame(kind: FrameType, body: bytes) -> bytes:
    """Return the bytes of one frame."""
    return u32(1 + len(body)) + u8(kind) + body


def call(number: int, op: Op, peer_spki: bytes, payload: bytes) -> bytes:
    """Return the frame of a call."""
    if len(peer_spki) != SPKI:
        raise FrameError("peer digest")
    return frame(FrameType.CALL, u64(number) + u8(op) + peer_spki + payload)


def reply(number: int, answer: bytes | RogatoryError) -> bytes:
    """Return the frame of a reply or of an error."""
    if isinstance(answer, RogatoryError):
        words = "\n".join((family(answer), answer.code, answer.field, answer.rule))
        return frame(FrameType.ERROR, u64(number) + words.encode("ascii"))
    return frame(FrameType.REPLY, u64(number) + answer)


def read_number(body: bytes) -> tuple[int, bytes]:
    """Split the leading u64 off.

    Raises:
        FrameError: Too short.
    """
    if len(body) < 8:
        raise FrameError("number")
    return int.from_bytes(body[:8], "big"), body[8:]


def read_call(body: bytes) -> tuple[int, Job]:
    """Parse the body of a call.

    Raises:
        FrameError: Too short, or an unknown op.
    """
    number, rest = read_number(body)
    if len(rest) < 1 + SPKI or rest[0] not in _OPS:
        raise FrameError("call")
    return number, Job(Op(rest[0]), rest[1 : 1 + SPKI], rest[1 + SPKI :])


def read_error(body: bytes) -> tuple[int, RogatoryError]:
    """Parse the body of an error.

    Raises:
        FrameError: Not four lines.
    """
    number, rest = read_number(body)
    words = rest.decode("ascii", "replace").split("\n")
    if len(words) != 4:
        raise FrameError("error")
    return number, rebuild(*words)


class Splitter:
    """Cuts a byte stream into frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[FrameType, bytes]]:
        """Add bytes and yield the frames that are whole.

        Raises:
            FrameError: A length or type that cannot be.
        """
        self._buffer += data
        start = 0
        while len(self._buffer) - start >= _HEAD:
            length = int.from_bytes(self._buffer[start : start + _HEAD], "big")
            if not 1 <= length <= MAX_FRAME:
                raise FrameError("length")
            end = start + _HEAD + length
            if len(self._buffer) < end:
                break
            kind = self._buffer[start + _HEAD]
            if kind not in _TYPES:
                raise FrameError("type")
            yield FrameType(kind), bytes(self._buffer[start + _HEAD + 1 : end])
            start = end
        del self._buffer[:start]
