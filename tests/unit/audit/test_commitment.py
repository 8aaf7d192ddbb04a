# SPDX-License-Identifier: Apache-2.0
"""The 57-byte entry: known answers, and the attacks of log-privacy section 14 (1-7, 10-13, 15, 60, 61) on a view.

The reference's known answers for ctx, C_0, C_1 and C_6 are used as they stand. Its C_15, core, body and leaf belong to
an older slot 15 that held signatures, which Rogatory no longer has, so they are not tests here; the body below is pinned
to our own construction instead.
"""

import hashlib
import itertools
import secrets
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rogatory.audit.commitment import (
    ABSENT,
    ENTRY_SIZE,
    SLOTS,
    Committed,
    EntryHeader,
    Opening,
    check_view,
    commit,
    context,
    field_commitment,
    parse_entry,
    payload,
    present,
    random_salts,
)
from rogatory.audit.errors import AuditError, CommitmentError, FormatError
from rogatory.audit.framing import lp, u16, u64

ORIGIN = "log.rogatory.example/1"
SCHEMA = hashlib.sha256(b"rogatory test schema").digest()
HEADER = EntryHeader(bytes(range(16)), 10, 22)
SALTS = tuple(hashlib.sha256(b"salt" + u16(slot)).digest() for slot in range(SLOTS))
VALUES = tuple(
    {0: present(b"REQUEST"), 4: present(u64(1790000000000)), 6: present(u16(1) + lp(b"subscriber"))}.get(
        slot, ABSENT
    )
    for slot in range(SLOTS)
)


def openings(slots: Sequence[int]) -> list[Opening]:
    return [Opening(slot, SALTS[slot], VALUES[slot]) for slot in slots]


@pytest.fixture(name="made", scope="module")
def _made() -> Committed:
    return commit(ORIGIN, SCHEMA, HEADER, VALUES, SALTS)


def test_known_answers_of_the_reference(made: Committed) -> None:
    ctx = context(ORIGIN, SCHEMA, HEADER)
    assert ctx.hex() == "50b4c615f495a814016673169eca9f0cfaa7471a71cd8f9aec96e8a10f9f4337"
    assert {slot: made.commitments[slot].hex() for slot in (0, 1, 6)} == {
        0: "864a17c0a9e3412ccd6b5e6e4d44d6b9cd054834d4b7fe3fbed7f0a5feb3ed99",
        1: "708a55d65f864df8f6f558e09cc15e31aaaf4ed0dce1b9d75b1b969f8eeb2a55",
        6: "ffb7ab72e2db6bd14543a958eff475fc5eb8c94c7b12f38d96b2763a380e305a",
    }


def test_the_entry_is_header_and_body_over_all_commitments(made: Committed) -> None:
    parts = [b"rogatory/v1/body", context(ORIGIN, SCHEMA, HEADER), *made.commitments]
    body = hashlib.sha256(b"".join(len(part).to_bytes(4, "big") + part for part in parts)).digest()
    header = b"\x01" + bytes(range(16)) + (10).to_bytes(4, "big") + (22).to_bytes(4, "big")
    assert made.entry == header + body
    assert len(made.entry) == ENTRY_SIZE
    parsed = parse_entry(made.entry)
    assert (parsed.header, parsed.body) == (HEADER, body)


@pytest.mark.parametrize("slots", [(), (0,), (0, 1, 5, 6, 12), tuple(range(SLOTS)), (15, 3)])
def test_a_view_gives_back_exactly_what_was_committed(made: Committed, slots: tuple[int, ...]) -> None:
    view = check_view(ORIGIN, SCHEMA, made.entry, made.commitments, openings(slots))
    assert view == {slot: VALUES[slot] for slot in slots}


def test_attack_1_no_changed_value_salt_or_presence_byte_opens(made: Committed) -> None:
    good = Opening(4, SALTS[4], VALUES[4])
    flipped = bytes([VALUES[4][-1] ^ 1])
    for bad in (
        replace(good, value=VALUES[4][:-1] + flipped),
        replace(good, value=VALUES[4] + b"\0"),
        replace(good, value=ABSENT),
        replace(good, value=b"\x02" + VALUES[4][1:]),
        replace(good, value=b""),
        replace(good, salt=SALTS[5]),
        replace(good, salt=bytes([SALTS[4][0] ^ 1]) + SALTS[4][1:]),
    ):
        with pytest.raises(AuditError):
            check_view(ORIGIN, SCHEMA, made.entry, made.commitments, [bad])


def test_attack_2_openings_cannot_be_swapped_between_slots(made: Committed) -> None:
    # Slots 1 and 2 are both absent: even equal values do not open each other's slot.
    swapped = [Opening(1, SALTS[2], VALUES[2]), Opening(2, SALTS[1], VALUES[1])]
    for bad in swapped:
        with pytest.raises(CommitmentError):
            check_view(ORIGIN, SCHEMA, made.entry, made.commitments, [bad])


@pytest.mark.parametrize(
    ("origin", "schema", "header"),
    [
        ("log.rogatory.example/2", SCHEMA, HEADER),
        (ORIGIN, bytes(32), HEADER),
        (ORIGIN, SCHEMA, replace(HEADER, eid=bytes(16))),
        (ORIGIN, SCHEMA, replace(HEADER, epoch=11)),
        (ORIGIN, SCHEMA, replace(HEADER, due=23)),
    ],
    ids=["log", "schema", "entry id", "epoch", "due"],
)
def test_attack_3_and_6_nothing_moves_to_another_log_schema_entry_or_date(
    made: Committed, origin: str, schema: bytes, header: EntryHeader
) -> None:
    other = commit(origin, schema, header, VALUES, SALTS)
    assert not set(other.commitments) & set(made.commitments)
    with pytest.raises(CommitmentError):
        check_view(origin, schema, header.encode() + made.entry[25:], made.commitments, openings([0]))
    with pytest.raises(CommitmentError):
        check_view(ORIGIN, SCHEMA, made.entry, [other.commitments[0], *made.commitments[1:]], [])


def test_attack_4_slots_are_sixteen_and_opened_once(made: Committed) -> None:
    good = made.commitments
    for bad in (good[:15], (*good, good[0]), (*good[:15], good[14]), tuple(reversed(good))):
        with pytest.raises(CommitmentError):
            check_view(ORIGIN, SCHEMA, made.entry, bad, [])
    for slots in ([3, 3], [0, 1, 0]):
        with pytest.raises(CommitmentError):
            check_view(ORIGIN, SCHEMA, made.entry, good, openings(slots))
    for slot in (-1, 16, 65_536):
        with pytest.raises(CommitmentError):
            check_view(ORIGIN, SCHEMA, made.entry, good, [Opening(slot, SALTS[0], VALUES[0])])


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_attack_5_salts_and_commitments_have_32_bytes(made: Committed, length: int) -> None:
    with pytest.raises(CommitmentError):
        field_commitment(bytes(32), 0, bytes(length), ABSENT)
    with pytest.raises(CommitmentError):
        commit(ORIGIN, SCHEMA, HEADER, VALUES, [bytes(length), *SALTS[1:]])
    with pytest.raises(CommitmentError):
        check_view(ORIGIN, SCHEMA, made.entry, [bytes(length), *made.commitments[1:]], [])


def test_attack_5_a_padded_salt_is_another_salt() -> None:
    # HMAC itself would take a 31-byte key and its zero-padded form for the same key.
    short = bytes(range(31))
    with pytest.raises(CommitmentError):
        field_commitment(bytes(32), 0, short, ABSENT)
    assert len(field_commitment(bytes(32), 0, short + b"\0", ABSENT)) == 32


def test_attack_7_bytes_cannot_move_between_adjacent_fields() -> None:
    values = [present(b"ab"), present(b"c"), *([ABSENT] * 14)]
    moved = [present(b"a"), present(b"bc"), *([ABSENT] * 14)]
    one, two = commit(ORIGIN, SCHEMA, HEADER, values, SALTS), commit(ORIGIN, SCHEMA, HEADER, moved, SALTS)
    assert one.commitments[0] != two.commitments[0]
    assert one.entry != two.entry


@pytest.mark.parametrize(
    "data", [b"", bytes(57), b"\x01" * 56, b"\x01" * 58, b"\x01" * 64, b"\x02" + bytes(56)]
)
def test_attack_10_only_57_bytes_of_version_1_are_an_entry(data: bytes) -> None:
    with pytest.raises(FormatError):
        parse_entry(data)


def test_attack_11_and_60_guessing_the_value_without_the_salt_gives_nothing(made: Committed) -> None:
    ctx = context(ORIGIN, SCHEMA, HEADER)
    guesses = (present(f"+1202555{n:04d}".encode()) for n in range(2_000))
    number = present(b"+12025550100")
    secret = secrets.token_bytes(32)
    target = field_commitment(ctx, 8, secret, number)
    wrong = [known for known in SALTS if known != secret]
    found = [
        guess for guess in guesses for salt in wrong[:2] if field_commitment(ctx, 8, salt, guess) == target
    ]
    assert found == []
    assert field_commitment(ctx, 8, secret, number) == target
    del made


def test_attack_11_no_text_of_ours_shows_salt_or_value(made: Committed) -> None:
    opening = Opening(4, SALTS[4], present(b"+1 202 555 0100"))
    with pytest.raises(CommitmentError) as caught:
        check_view(ORIGIN, SCHEMA, made.entry, made.commitments, [opening])
    for text in (repr(opening), str(opening), repr(caught.value)):
        assert "555" not in text
        assert repr(SALTS[4])[2:10] not in text
        assert SALTS[4].hex() not in text


def test_attack_12_equal_values_never_show_as_equal_commitments() -> None:
    ctx = context(ORIGIN, SCHEMA, HEADER)
    seen = {field_commitment(ctx, 0, secrets.token_bytes(32), present(b"same")) for _ in range(20_000)}
    assert len(seen) == 20_000


def test_attack_13_absent_and_present_fields_look_alike(made: Committed) -> None:
    assert {len(value) for value in made.commitments} == {32}
    full = commit(ORIGIN, SCHEMA, HEADER, [present(b"x" * 1_000)] * SLOTS, SALTS)
    assert len(full.entry) == len(made.entry)


def test_attack_15_a_repeating_source_of_salts_is_noticed() -> None:
    with pytest.raises(CommitmentError):
        random_salts(bytes)
    with pytest.raises(CommitmentError):
        commit(ORIGIN, SCHEMA, HEADER, VALUES, [*SALTS[:15], SALTS[0]])
    counter = itertools.count()
    numbered = random_salts(
        lambda size: b"".join(next(counter).to_bytes(32, "big") for _ in range(size // 32))
    )
    assert len(set(numbered)) == SLOTS
    with pytest.raises(CommitmentError):
        random_salts(lambda size: secrets.token_bytes(size - 1))


def test_attack_61_an_erased_slot_cannot_be_filled_with_another_value(made: Committed) -> None:
    # Salt and value of slot 4 are gone; everything else still verifies, and nothing else opens slot 4.
    rest = [slot for slot in range(SLOTS) if slot != 4]
    assert len(check_view(ORIGIN, SCHEMA, made.entry, made.commitments, openings(rest))) == 15
    for guess in (ABSENT, present(u64(1790000000000))):
        with pytest.raises(CommitmentError):
            check_view(
                ORIGIN,
                SCHEMA,
                made.entry,
                made.commitments,
                [Opening(4, hashlib.sha256(b"other").digest(), guess)],
            )


@pytest.mark.parametrize(
    "header",
    [replace(HEADER, eid=bytes(15)), replace(HEADER, epoch=2**32), replace(HEADER, due=-1)],
    ids=["eid", "epoch", "due"],
)
def test_headers_out_of_range_are_refused(header: EntryHeader) -> None:
    with pytest.raises(FormatError):
        commit(ORIGIN, SCHEMA, header, VALUES, SALTS)


def test_values_need_their_presence_byte() -> None:
    assert payload(ABSENT) is None
    assert payload(present(b"")) == b""
    assert payload(present(b"x")) == b"x"
    for bad in (b"", b"\x00x", b"\x02", b"x"):
        with pytest.raises(FormatError):
            payload(bad)
        with pytest.raises(FormatError):
            commit(ORIGIN, SCHEMA, HEADER, [bad, *VALUES[1:]], SALTS)
    with pytest.raises(FormatError):
        present(bytes(65_535))
    with pytest.raises(CommitmentError):
        commit(ORIGIN, SCHEMA, HEADER, VALUES[:15], SALTS)
    with pytest.raises(FormatError):
        commit(ORIGIN, b"short", HEADER, VALUES, SALTS)


@given(st.integers(0, 8 * ENTRY_SIZE - 1))
def test_no_bit_of_the_entry_can_change(bit: int) -> None:
    made = commit(ORIGIN, SCHEMA, HEADER, VALUES, SALTS)
    changed = bytearray(made.entry)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(AuditError):
        check_view(ORIGIN, SCHEMA, bytes(changed), made.commitments, openings([0]))
