# SPDX-License-Identifier: Apache-2.0
"""Strict text encodings that the C2SP formats share: base64, decimal numbers, key names.

Every reader here accepts exactly one spelling, except :func:`decode_signature_base64`, which follows signed-note
and Go in tolerating trailing bits. Pure; not a general-purpose codec.
"""

from __future__ import annotations

import base64
import re

from rogatory.audit.errors import FormatError

__all__ = [
    "MAX_INT",
    "check_name",
    "decode_base64",
    "decode_signature_base64",
    "encode_base64",
    "parse_decimal",
]

MAX_INT = 2**63 - 1
"""Largest size, index or time: what fits a signed 64-bit column of every store."""

_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")


def encode_base64(data: bytes) -> str:
    """Return standard, padded base64."""
    return base64.b64encode(data).decode("ascii")


def decode_signature_base64(text: str) -> bytes:
    """Decode standard padded base64; non-zero bits after the last byte are ignored, as signed-note readers do.

    Raises:
        FormatError: the text has another alphabet, length or padding.
    """
    if _BASE64.fullmatch(text) is None:
        raise FormatError("not standard base64")
    return base64.b64decode(text)


def decode_base64(text: str) -> bytes:
    """Decode canonical standard base64: the one text that encoding the result gives back.

    Raises:
        FormatError: the text is not base64 or not canonical.
    """
    data = decode_signature_base64(text)
    if encode_base64(data) != text:
        raise FormatError("base64 is not canonical")
    return data


def parse_decimal(text: str) -> int:
    """Parse an ASCII decimal from 0 to 2**63-1 without sign or leading zero.

    Raises:
        FormatError: any other spelling, or a larger number.
    """
    if _DECIMAL.fullmatch(text) is None or (value := int(text)) > MAX_INT:
        raise FormatError("not a plain decimal number below 2^63")
    return value


def check_name(name: str) -> str:
    """Return a key name that signed-note allows: not empty, no Unicode space, no ``+``, no control character.

    Raises:
        FormatError: the name is not allowed, or longer than the 255 bytes that subtree/v1 can carry.
    """
    if not name or "+" in name or any(char.isspace() or char < " " for char in name):
        raise FormatError("key name is empty or holds a space, a plus sign or a control character")
    if len(name.encode("utf-8", "surrogatepass")) > 255:
        raise FormatError("key name is longer than 255 bytes")
    return name
