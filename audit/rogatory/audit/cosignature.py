# SPDX-License-Identifier: Apache-2.0
"""Messages of C2SP tlog-cosignature: cosignature/v1 (Ed25519, type 0x04) and subtree/v1 (ML-DSA-44, type 0x06).

Pure byte layouts, without keys. A cosignature says: at this time this was the largest consistent tree that the
cosigner had seen. A log that signs its own checkpoint with 0x06 is a cosigner named like its origin.
"""

from __future__ import annotations

from dataclasses import dataclass

from rogatory.audit.encoding import MAX_INT
from rogatory.audit.errors import FormatError
from rogatory.audit.framing import u8, u64
from rogatory.audit.merkle import HASH_SIZE, is_subtree

__all__ = ["SubtreeStatement", "cosignature_message", "format_timestamped", "split_timestamped"]

_SUBTREE_LABEL = b"subtree/v1\n\x00"


def cosignature_message(time: int, text: str) -> bytes:
    """Return the bytes that a type 0x04 cosigner signs.

    Args:
        time: POSIX seconds.
        text: the whole note text, extension lines included.
    """
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def format_timestamped(time: int, signature: bytes) -> bytes:
    """Return the signature blob of types 0x04 and 0x06: u64 POSIX seconds, then the signature."""
    return u64(time) + signature


def split_timestamped(blob: bytes, signature_size: int) -> tuple[int, bytes]:
    """Return ``(POSIX seconds, signature)`` of a type 0x04 or 0x06 blob.

    Raises:
        FormatError: the blob has another length, or the time exceeds 2**63-1.
    """
    if len(blob) != 8 + signature_size:
        raise FormatError("cosignature has another length")
    time = int.from_bytes(blob[:8], "big")
    if time > MAX_INT:
        raise FormatError("cosignature time is out of range")
    return time, blob[8:]


@dataclass(frozen=True, slots=True)
class SubtreeStatement:
    """What a type 0x06 signature covers.

    Attributes:
        cosigner: key name of the cosigner, 1..255 bytes.
        time: POSIX seconds; 0 unless start is 0.
        origin: origin of the log, 1..255 bytes.
        start: first leaf; 0 for a checkpoint.
        end: leaf after the last; the size for a checkpoint.
        hash: subtree hash; the root for a checkpoint.
    """

    cosigner: str
    time: int
    origin: str
    start: int
    end: int
    hash: bytes

    def check(self) -> SubtreeStatement:
        """Return this statement if it may be signed or believed.

        Raises:
            FormatError: the subtree is not a valid one, or one away from 0 has a time.
        """
        if not is_subtree(self.start, self.end) or (self.start and self.time):
            raise FormatError("no cosigner may make this subtree statement")
        return self

    def message(self) -> bytes:
        """Return the signed bytes: the layout only, see :meth:`check`.

        Raises:
            FormatError: a field does not fit its place.
        """
        names = [name.encode() for name in (self.cosigner, self.origin)]
        if not all(1 <= len(name) <= 255 for name in names):
            raise FormatError("cosigner or origin is not 1 to 255 bytes")
        if not all(0 <= number <= MAX_INT for number in (self.time, self.start, self.end)):
            raise FormatError("subtree statement holds a number out of range")
        if len(self.hash) != HASH_SIZE:
            raise FormatError("subtree hash is not 32 bytes")
        cosigner, origin = (u8(len(name)) + name for name in names)
        parts = (_SUBTREE_LABEL, cosigner, u64(self.time), origin, u64(self.start), u64(self.end), self.hash)
        return b"".join(parts)

    @classmethod
    def parse(cls, message: bytes) -> SubtreeStatement:
        """Parse signed bytes; the exact inverse of :meth:`message`, so the layout only.

        Raises:
            FormatError: the bytes are not a subtree/v1 message.
        """
        rest = message.removeprefix(_SUBTREE_LABEL)
        if len(rest) == len(message):
            raise FormatError("not a subtree/v1 message")
        cosigner, rest = _take_name(rest)
        time, rest = int.from_bytes(rest[:8], "big"), rest[8:]
        origin, rest = _take_name(rest)
        if len(rest) != 16 + HASH_SIZE:
            raise FormatError("subtree statement has another length")
        start, end = int.from_bytes(rest[:8], "big"), int.from_bytes(rest[8:16], "big")
        statement = cls(cosigner, time, origin, start, end, rest[16:])
        # What was cut out above is put together again the same way, so this only demands that each part may stand there.
        statement.message()
        return statement


def _take_name(data: bytes) -> tuple[str, bytes]:
    length = data[0] if data else 0
    name = data[1 : 1 + length]
    try:
        return name.decode("utf-8"), data[1 + length :]
    except UnicodeDecodeError:
        raise FormatError("name is not UTF-8") from None
