# SPDX-License-Identifier: Apache-2.0
"""The sealed format: contexts bind what they should, lengths are exact, and impossible objects are refused unopened."""

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from rogatory.audit.merkle import leaf_hash, root_of
from rogatory.protocol import codec, errors, sealed
from rogatory.protocol.errors import Invalid, NotVerified
from rogatory.protocol.header import SectionKind, SectionRef
from rogatory.protocol.statements import PART_SIZE, KeyWrap
from tests.support.sealing import disclosure_context, header


def _section_digest(**changes: Any) -> bytes:  # noqa: ANN401
    context = sealed.section_context(header(), SectionKind.GROUNDS, 0, [b"2" * 32, b"1" * 32])
    return sealed.context_digest(replace(context, **changes))


@pytest.mark.parametrize(
    "change",
    [
        {"realm": b"x" * 32},
        {"request_id": b"x" * 16},
        {"kind": SectionKind.NOTE},
        {"task": 1},
        {"pack_digest": b"x" * 32},
        {"header_digest": b"x" * 32},
        {"sender_key_id": b"x" * 32},
        {"recipients": (b"1" * 32,)},
    ],
)
def test_each_field_of_a_section_context_changes_its_digest(change: dict[str, Any]) -> None:
    assert _section_digest(**change) != _section_digest()


def test_a_context_covers_the_header_but_not_the_sections_that_are_still_to_be_sealed() -> None:
    plain = header()
    listed = replace(plain, sections=(SectionRef(SectionKind.GROUNDS, 0, b"d" * 32, 2048),))
    assert sealed.header_digest(plain) == sealed.header_digest(listed)
    assert sealed.header_digest(plain) != sealed.header_digest(replace(plain, issued_at_ms=1))


def test_recipients_stand_sorted_in_a_context_whatever_order_they_came_in() -> None:
    ids = [b"b" * 32, b"a" * 32, b"b" * 32]
    assert sealed.section_context(header(), SectionKind.NOTE, 0, ids).recipients == (b"a" * 32, b"b" * 32)


def test_a_section_and_a_disclosure_context_never_share_a_digest() -> None:
    assert sealed.context_digest(disclosure_context()) != _section_digest()


def test_an_identifier_commitment_binds_key_place_type_and_value() -> None:
    base = (b"k" * 32, b"r" * 32, b"q" * 16, 1, "msisdn", b"+999000000001")
    others = [
        (b"x" * 32, *base[1:]),
        (base[0], b"x" * 32, *base[2:]),
        (*base[:2], b"x" * 16, *base[3:]),
        (*base[:3], 2, *base[4:]),
        (*base[:4], "imsi", base[5]),
        (*base[:5], b"+999000000002"),
    ]
    commitments = {sealed.identifier_commitment(*values) for values in [base, *others]}
    assert len(commitments) == 7
    with pytest.raises(Invalid):
        sealed.identifier_commitment(b"short", *base[1:])


def test_section_padding_hides_everything_but_the_kibibyte() -> None:
    assert [sealed.pad_section(n) for n in (0, 1, 1023, 1024, 1025, 5000)] == [
        1024,
        1024,
        1024,
        1024,
        2048,
        5120,
    ]


def test_disclosure_padding_is_padme_with_a_floor() -> None:
    assert [sealed.pad_disclosure(n) for n in (0, 4096, 4097, 9 * 4096 + 1)] == [4096, 4096, 4352, 38_912]
    for length in range(4096, 1_000_000, 997):
        padded = sealed.pad_disclosure(length)
        assert length <= padded <= length * 1.12
        assert sealed.pad_disclosure(padded) == padded


def test_body_lengths_invert_and_lengths_between_them_are_impossible() -> None:
    possible = {sealed.body_length(n): n for n in range(40_000)}
    for length in range(40_000):
        if length in possible:
            assert sealed.plaintext_length(length) == possible[length]
        else:
            with pytest.raises(Invalid):
                sealed.plaintext_length(length)


def test_parts_cover_a_body_exactly() -> None:
    for length in (1, PART_SIZE - 1, PART_SIZE, PART_SIZE + 1, 3 * PART_SIZE + 7):
        count = sealed.part_count(length)
        parts = [sealed.part_length(length, index) for index in range(count)]
        assert sum(parts) == length
        assert all(parts)
        for index in (-1, count):
            with pytest.raises(Invalid) as caught:
                sealed.part_length(length, index)
            assert caught.value.code == errors.X_PART_INVALID


def test_part_leaves_and_root_are_those_of_the_log_library() -> None:
    parts = [b"one", b"two", b"three"]
    assert sealed.part_leaf(parts[0]) == leaf_hash(parts[0]) == hashlib.sha256(b"\x00one").digest()
    assert sealed.part_leaf(memoryview(parts[0])) == leaf_hash(parts[0])
    leaves = [sealed.part_leaf(part) for part in parts]
    assert sealed.part_root(leaves) == root_of(leaves)


def _object(**changes: Any) -> bytes:  # noqa: ANN401
    value = sealed.SealedObject(
        wraps=(KeyWrap(b"a" * 32, b"w" * 1168), KeyWrap(b"b" * 32, b"w" * 1168)),
        body=bytes(sealed.body_length(1024)),
    )
    return codec.encode(replace(value, **changes))


def test_a_well_formed_object_is_parsed_back_to_the_same_bytes() -> None:
    assert codec.encode(sealed.parse_sealed(_object())) == _object()


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (_object(wraps=()), "PRESENT"),
        (_object(wraps=(KeyWrap(b"b" * 32, b"w" * 1168), KeyWrap(b"a" * 32, b"w" * 1168))), "SORTED_UNIQUE"),
        (_object(wraps=(KeyWrap(b"a" * 32, b"w" * 1168),) * 2), "SORTED_UNIQUE"),
        (_object(wraps=(KeyWrap(b"", b"w" * 1168),)), "DIGEST"),
        (_object(wraps=(KeyWrap(b"a" * 32, b"w" * 1167),)), "LENGTH"),
        (_object(wraps=tuple(KeyWrap(bytes([i]) * 32, b"w" * 1168) for i in range(1, 18))), "COUNT"),
        (_object(body=b""), "BODY_LENGTH"),
        (_object(body=bytes(sealed.body_length(0))), "PADDING"),
        (_object(body=bytes(sealed.body_length(1025))), "PADDING"),
        (_object(body=bytes(65_536)), "SIZE_CAP"),
        (_object() + b"\x1a\x00", "UNKNOWN_FIELD"),
        (_object()[:-1], "PARSE"),
    ],
    ids=lambda value: value if isinstance(value, str) else "bytes",
)
def test_an_impossible_object_is_refused_before_any_key_is_touched(data: bytes, rule: str) -> None:
    with pytest.raises(Invalid) as caught:
        sealed.parse_sealed(data)
    assert caught.value.rule == rule


def test_an_object_that_the_signed_reference_does_not_name_is_refused() -> None:
    data = _object()
    value = sealed.parse_sealed(data)
    ref = SectionRef(
        SectionKind.GROUNDS,
        0,
        sealed.object_digest(data),
        len(data),
        sealed.key_commitment(value.body),
        b"p" * 32,
        (b"a" * 32, b"b" * 32),
    )
    assert sealed.check_object(data, ref) == value
    changes: list[tuple[dict[str, Any], str]] = [
        ({"object_length": 1}, "SECTION.LENGTH"),
        ({"object_digest": b"x" * 32}, "SECTION.DIGEST"),
        ({"key_commitment": b"x" * 32}, "SECTION.KEY_COMMITMENT"),
        ({"recipients": (b"a" * 32,)}, "SECTION.RECIPIENTS"),
    ]
    for change, rule in changes:
        with pytest.raises(NotVerified) as caught:
            sealed.check_object(data, replace(ref, **change))
        assert (caught.value.code, caught.value.rule) == (errors.X_SEAL_BROKEN, rule)


def test_a_section_is_found_only_when_there_is_exactly_one() -> None:
    grounds = SectionRef(SectionKind.GROUNDS, 0, b"g" * 32)
    first, second = SectionRef(SectionKind.NOTE, 0, b"1" * 32), SectionRef(SectionKind.NOTE, 0, b"2" * 32)
    listed = replace(header(), sections=(grounds, first, second))
    assert sealed.find_section(listed, SectionKind.GROUNDS) == grounds
    for kind in (SectionKind.NOTE, SectionKind.PARTICULARS):
        with pytest.raises(NotVerified) as caught:
            sealed.find_section(listed, kind)
        assert caught.value.code == errors.X_SECTION_MISSING
