# SPDX-License-Identifier: Apache-2.0
"""Framing: exact bytes, and no two ways to the same bytes. Hash quality is not tested here."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rogatory.audit.framing import lp, th, u8, u16, u32, u64


def test_integers_are_big_endian_and_of_fixed_width() -> None:
    assert (u8(0xAB), u16(0x0102), u32(0x01020304), u64(1)) == (
        b"\xab",
        b"\x01\x02",
        b"\x01\x02\x03\x04",
        b"\x00" * 7 + b"\x01",
    )


@pytest.mark.parametrize(("encode", "width"), [(u8, 1), (u16, 2), (u32, 4), (u64, 8)])
def test_integers_that_do_not_fit_are_refused(encode: object, width: int) -> None:
    assert callable(encode)
    assert encode(256**width - 1) == b"\xff" * width
    for value in (-1, 256**width):
        with pytest.raises(ValueError, match="does not fit"):
            encode(value)


def test_a_tagged_hash_is_sha256_over_length_prefixed_parts() -> None:
    expected = hashlib.sha256(b"\0\0\0\1t" + b"\0\0\0\2ab" + b"\0\0\0\0").digest()
    assert th("t", b"ab", b"") == expected


@given(st.lists(st.binary(max_size=6), max_size=4), st.lists(st.binary(max_size=6), max_size=4))
def test_different_parts_never_frame_to_the_same_bytes(left: list[bytes], right: list[bytes]) -> None:
    same = b"".join(map(lp, left)) == b"".join(map(lp, right))
    assert same == (left == right)


def test_a_tag_is_ascii() -> None:
    with pytest.raises(UnicodeEncodeError):
        th("r\N{LATIN SMALL LETTER E WITH ACUTE}", b"")
