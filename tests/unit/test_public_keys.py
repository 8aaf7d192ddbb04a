# SPDX-License-Identifier: Apache-2.0
"""Raw keys that may not stand in a row of the directory, each refused by the rule that it breaks.

Signatures are the conformance vectors' matter.
"""

from __future__ import annotations

import pytest

from rogatory.protocol.keys import Alg, Ed25519Signer, P256Signer, check_public_key, key_id
from tests.support.refused import refusal

FORM = ("X_FIELD_INVALID", "row.raw", "KEY_FORM")


def test_an_algorithm_that_nobody_knows_has_no_key() -> None:
    for number in (0, 6, 255):
        assert refusal(check_public_key, number, bytes(32), "row") == (
            "X_FIELD_INVALID",
            "row.alg",
            "ALGORITHM",
        )


@pytest.mark.parametrize("alg", list(Alg))
def test_a_key_of_another_length_is_none(alg: Alg) -> None:
    for raw in (b"", bytes(31), bytes(5000)):
        assert refusal(check_public_key, alg, raw, "row") == FORM


def test_a_point_that_is_not_on_the_curve_is_no_key() -> None:
    good = P256Signer(bytes([7]) * 32).public_key.raw
    check_public_key(Alg.P256, good, "row")
    assert refusal(check_public_key, Alg.P256, good[:-1] + bytes([good[-1] ^ 1]), "row") == FORM
    # Compressed and hybrid spellings of the same point have another first byte.
    assert refusal(check_public_key, Alg.P256, b"\6" + good[1:], "row") == FORM


def test_a_key_of_low_order_is_refused_alone_and_as_half_of_a_pair() -> None:
    one = b"\1" + bytes(31)
    assert refusal(check_public_key, Alg.ED25519, one, "row") == FORM
    assert refusal(check_public_key, Alg.ED25519_ML_DSA_65, one + bytes(1952), "row") == FORM
    good = Ed25519Signer(bytes(32)).public_key.raw
    check_public_key(Alg.ED25519, good, "row")


def test_the_id_of_a_key_covers_its_algorithm() -> None:
    raw = bytes(range(32))
    assert len({key_id(alg, raw) for alg in Alg}) == len(Alg)
