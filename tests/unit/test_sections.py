# SPDX-License-Identifier: Apache-2.0
"""Sealed sections: they open for the named units, under the signed header, and in no other way."""

from dataclasses import replace
from typing import Any

import pytest

from rogatory.client.sealing import body
from rogatory.client.sealing.derive import object_keys
from rogatory.client.sealing.seal import seal_section
from rogatory.client.sealing.unseal import open_section
from rogatory.client.sealing.xwing import UnitKeys, public_key, wrap_all
from rogatory.protocol import codec, errors, tags
from rogatory.protocol.content import Grounds, Particulars
from rogatory.protocol.errors import Invalid, NotAuthorised, NotVerified
from rogatory.protocol.header import SectionKind, SectionRef
from rogatory.protocol.sealed import (
    SealedObject,
    SectionContext,
    context_digest,
    key_commitment,
    object_digest,
    parse_sealed,
    section_context,
)
from tests.support.realm import SeededEntropy
from tests.support.sealing import Recipient, header, particulars, recipients

_AUTHORITY, _PROVIDER, _STRANGER = Recipient("authority"), Recipient("provider"), Recipient("stranger")
_MESSAGE = codec.encode(particulars())


def _context(label: str = "header") -> SectionContext:
    ids = [_AUTHORITY.key_id, _PROVIDER.key_id]
    return section_context(header(label=label), SectionKind.PARTICULARS, 1, ids)


def _sealed(message: bytes = _MESSAGE) -> tuple[bytes, SectionRef]:
    return seal_section(message, _context(), recipients(_AUTHORITY, _PROVIDER), SeededEntropy())


def _broken(data: bytes, ref: SectionRef, context: SectionContext, keys: UnitKeys) -> str:
    with pytest.raises(NotVerified) as caught:
        open_section(data, ref, context, keys)
    assert caught.value.code == errors.X_SEAL_BROKEN
    return caught.value.rule


def test_each_named_unit_opens_the_same_bytes() -> None:
    data, ref = _sealed()
    for party in (_AUTHORITY, _PROVIDER):
        opened = open_section(data, ref, _context(), party.keys)
        assert codec.decode(Particulars, opened, limit=65_536) == particulars()
    assert ref.recipients == _context().recipients
    assert ref.object_length == len(data)


def test_neither_the_message_nor_its_length_shows() -> None:
    lengths = {len(_sealed(b"x" * n)[0]) for n in (0, 1, 500, 1020)}
    assert len(lengths) == 1
    assert b"203.0.113.7" not in _sealed()[0]
    assert _MESSAGE[:16] not in _sealed()[0]


def test_two_seals_of_one_message_have_nothing_in_common() -> None:
    first = seal_section(_MESSAGE, _context(), recipients(_AUTHORITY, _PROVIDER), SeededEntropy("1"))
    second = seal_section(_MESSAGE, _context(), recipients(_AUTHORITY, _PROVIDER), SeededEntropy("2"))
    assert first[1].key_commitment != second[1].key_commitment
    assert first[1].plaintext_commitment != second[1].plaintext_commitment


def test_a_unit_that_is_not_named_learns_only_that_it_is_not_for_it() -> None:
    data, ref = _sealed()
    with pytest.raises(NotAuthorised) as caught:
        open_section(data, ref, _context(), _STRANGER.keys)
    assert caught.value.code == errors.X_FIELD_NOT_FOR_RECIPIENT


def test_a_section_moved_under_another_header_fails_by_the_name_of_its_context() -> None:
    data, ref = _sealed()
    assert _broken(data, ref, _context("another request"), _PROVIDER.keys) == "SECTION.CONTEXT"


@pytest.mark.parametrize(
    "change",
    [
        {"realm": b"x" * 32},
        {"request_id": b"x" * 16},
        {"kind": SectionKind.GROUNDS},
        {"task": 2},
        {"pack_digest": b"x" * 32},
        {"header_digest": b"x" * 32},
        {"sender_key_id": b"x" * 32},
        {"recipients": (b"x" * 32,)},
    ],
)
def test_every_part_of_the_context_is_bound(change: dict[str, Any]) -> None:
    data, ref = _sealed()
    assert _broken(data, ref, replace(_context(), **change), _PROVIDER.keys) == "SECTION.CONTEXT"


def test_a_section_cannot_stand_for_another_kind_even_if_the_reference_lies_too() -> None:
    data, ref = _sealed()
    lie = replace(ref, kind=SectionKind.GROUNDS, task=0)
    context = replace(_context(), kind=SectionKind.GROUNDS, task=0)
    assert _broken(data, lie, context, _PROVIDER.keys) == "SECTION.CONTEXT"


def _resealed(value: SealedObject, ref: SectionRef) -> tuple[bytes, SectionRef]:
    """A sender who signs whatever object it likes: the reference fits the bytes."""
    data = codec.encode(value)
    commitment = key_commitment(value.body)
    return data, replace(
        ref, object_digest=object_digest(data), object_length=len(data), key_commitment=commitment
    )


def test_every_flipped_byte_is_noticed() -> None:
    data, ref = _sealed()
    for place in range(0, len(data), 7):
        bad = bytearray(data)
        bad[place] ^= 1
        assert _broken(bytes(bad), ref, _context(), _PROVIDER.keys) == "SECTION.DIGEST"


def test_a_changed_body_fails_even_when_the_sender_signs_it() -> None:
    data, ref = _sealed()
    value = parse_sealed(data)
    bad = value.body[:-1] + bytes([value.body[-1] ^ 1])
    assert _broken(*_resealed(replace(value, body=bad), ref), _context(), _PROVIDER.keys) == "SECTION.BODY"


def test_a_wrap_of_another_data_key_fails_on_the_key_commitment() -> None:
    data, ref = _sealed()
    value = parse_sealed(data)
    wraps = wrap_all(b"z" * 32, context_digest(_context()), recipients(_AUTHORITY, _PROVIDER), ref.recipients)
    rule = _broken(*_resealed(replace(value, wraps=wraps), ref), _context(), _PROVIDER.keys)
    assert rule == "SECTION.KEY_COMMITMENT"


def test_a_wrap_made_for_one_unit_does_not_open_under_the_other_ones_id() -> None:
    data, ref = _sealed()
    value = parse_sealed(data)
    first, second = value.wraps
    swapped = (replace(first, wrap=second.wrap), replace(second, wrap=first.wrap))
    rule = _broken(*_resealed(replace(value, wraps=swapped), ref), _context(), _PROVIDER.keys)
    assert rule == "SECTION.CONTEXT"


def _padded(padded: bytes) -> tuple[bytes, SectionRef]:
    """A sender with the right keys and any plaintext it likes."""
    _, ref = _sealed()
    digest = context_digest(_context())
    data_key = SeededEntropy("hostile").token(32)
    keys = object_keys(data_key, digest)
    cipher = body.encryptor(keys.stream, tags.framed(tags.BODY, digest))
    wraps = wrap_all(data_key, digest, recipients(_AUTHORITY, _PROVIDER), ref.recipients)
    return _resealed(SealedObject(wraps, cipher.update(padded) + cipher.finalize()), ref)


@pytest.mark.parametrize(
    "padded",
    [
        (5000).to_bytes(4, "big") + bytes(1020),
        (1).to_bytes(4, "big") + b"x" + b"hidden words" + bytes(1007),
        (1).to_bytes(4, "big") + b"x" + bytes(2043),
    ],
    ids=["length beyond the end", "words in the padding", "more padding than needed"],
)
def test_nothing_hides_behind_the_message(padded: bytes) -> None:
    assert _broken(*_padded(padded), _context(), _PROVIDER.keys) == "SECTION.PADDING"


def test_the_plaintext_commitment_is_checked() -> None:
    data, ref = _sealed()
    lie = replace(ref, plaintext_commitment=b"x" * 32)
    assert _broken(data, lie, _context(), _PROVIDER.keys) == "SECTION.PLAINTEXT_COMMITMENT"


def test_it_cannot_be_sealed_to_anybody_but_the_recipients_of_the_context() -> None:
    for wrong in (
        recipients(_AUTHORITY),
        recipients(_AUTHORITY, _PROVIDER, _STRANGER),
        recipients(_AUTHORITY, _STRANGER),
        {},
        {_AUTHORITY.key_id: _AUTHORITY.raw, _PROVIDER.key_id: _STRANGER.raw},
    ):
        with pytest.raises(Invalid) as caught:
            seal_section(_MESSAGE, _context(), wrong, SeededEntropy())
        assert caught.value.field == "recipients"


def test_a_message_over_the_cap_is_refused() -> None:
    with pytest.raises(Invalid) as caught:
        _sealed(codec.encode(Grounds(case_summary="x" * 65_536)))
    assert caught.value.code == errors.X_TOO_LARGE


def test_malformed_recipient_keys_are_refused() -> None:
    for raw in (b"", b"\xff" * 1216, _PROVIDER.raw[:-1]):
        with pytest.raises(Invalid):
            public_key(raw)


def test_keys_do_not_show_when_printed() -> None:
    keys = object_keys(b"k" * 32, b"c" * 32)
    assert keys.stream.hex() not in repr(keys)
    assert repr(keys) == "ObjectKeys()"


def test_keys_of_one_object_are_three_and_change_with_the_context() -> None:
    first, second = object_keys(b"k" * 32, b"1" * 32), object_keys(b"k" * 32, b"2" * 32)
    assert len({first.stream, first.commitment, second.stream, second.commitment}) == 4
    with pytest.raises(Invalid):
        object_keys(b"k" * 31, b"1" * 32)
