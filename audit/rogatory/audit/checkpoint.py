# SPDX-License-Identifier: Apache-2.0
"""The text of a C2SP tlog-checkpoint: origin, tree size, root hash, optional extension lines.

Strict both ways: a text that parses is the text that formatting gives back. Pure. The signatures around the text
are :mod:`rogatory.audit.note`; nothing here says that a log ever signed the text.
"""

from __future__ import annotations

from dataclasses import dataclass

from rogatory.audit.encoding import MAX_INT, decode_base64, encode_base64, parse_decimal
from rogatory.audit.errors import FormatError
from rogatory.audit.merkle import EMPTY_ROOT, HASH_SIZE

__all__ = ["MAX_ORIGIN", "Checkpoint", "check_origin", "parse_checkpoint"]

MAX_ORIGIN = 255
"""Bytes; the one-byte length of subtree/v1 sets it."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The facts of a checkpoint.

    Attributes:
        origin: the log's identity, one line of at most 255 bytes.
        size: number of leaves, 0..2**63-1.
        root: root hash, 32 bytes.
        extensions: further lines; Rogatory writes none, because ML-DSA cosignatures do not cover them.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def text(self) -> str:
        """Return the note text that is signed.

        Raises:
            FormatError: a field cannot stand in a checkpoint.
        """
        check_origin(self.origin)
        if not 0 <= self.size <= MAX_INT or len(self.root) != HASH_SIZE:
            raise FormatError("checkpoint size or root is out of range")
        for line in self.extensions:
            _check_line(line)
        lines = (self.origin, str(self.size), encode_base64(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)


def check_origin(origin: str) -> str:
    """Return an origin that can stand in a checkpoint.

    Raises:
        FormatError: it is empty, longer than 255 bytes, or holds a control character.
    """
    if len(_check_line(origin).encode("utf-8")) > MAX_ORIGIN:
        raise FormatError("origin is longer than 255 bytes")
    return origin


def _check_line(line: str) -> str:
    if not line or any(char < " " for char in line):
        raise FormatError("checkpoint line is empty or holds a control character")
    try:
        line.encode("utf-8")
    except UnicodeEncodeError:
        raise FormatError("checkpoint line is not valid Unicode") from None
    return line


def parse_checkpoint(text: str | bytes) -> Checkpoint:
    """Parse the text of a checkpoint (a note's text, without signatures).

    Raises:
        FormatError: anything but the one spelling of the facts; also an empty tree whose root is not SHA-256("").
    """
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError:
            raise FormatError("checkpoint is not UTF-8") from None
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1]:
        raise FormatError("checkpoint has too few lines or no final newline")
    origin, size, root, *extensions = lines[:-1]
    checkpoint = Checkpoint(
        check_origin(origin),
        parse_decimal(size),
        decode_base64(root),
        tuple(_check_line(line) for line in extensions),
    )
    if len(checkpoint.root) != HASH_SIZE:
        raise FormatError("root hash is not 32 bytes")
    if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
        raise FormatError("an empty tree has another root")
    return checkpoint
