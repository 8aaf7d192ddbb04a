# SPDX-License-Identifier: Apache-2.0
"""A threshold counts distinct raw keys, and a directory refuses rows that contradict each other.

Root chains and ceremonies are later.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from rogatory.protocol import codec, keys
from rogatory.protocol.directory import (
    TRUST_LIST_TYPE,
    TRUST_ROOT_TYPE,
    KeySet,
    RowStatus,
    TrustList,
    build_directory,
)
from rogatory.protocol.errors import Invalid, NotVerified, Refused
from rogatory.protocol.header import Address
from rogatory.protocol.quorum import (
    Quorum,
    QuorumSignature,
    open_root,
    open_trust_list,
    sign_quorum,
    verify_quorum,
)
from tests.support.realm import shared_realm

ONE, TWO = keys.Ed25519Signer(bytes([1]) * 32), keys.Ed25519Signer(bytes([2]) * 32)
BOTH = KeySet((ONE.public_key, TWO.public_key), 2)
TYPE = TRUST_ROOT_TYPE


def test_two_keys_reach_a_threshold_of_two() -> None:
    assert verify_quorum(sign_quorum(b"list", TYPE, [ONE, TWO]), TYPE, BOTH) == b"list"


def test_one_key_does_not_even_if_it_stands_in_the_set_twice() -> None:
    twice = KeySet((ONE.public_key, ONE.public_key), 2)
    for key_set in (BOTH, twice):
        with pytest.raises(NotVerified, match="X_QUORUM_NOT_MET"):
            verify_quorum(sign_quorum(b"list", TYPE, [ONE]), TYPE, key_set)


def test_a_repeated_signature_is_refused() -> None:
    single = codec.decode(Quorum, sign_quorum(b"list", TYPE, [ONE]), limit=4096)
    twice = codec.encode(replace(single, signatures=single.signatures * 2))
    with pytest.raises(Invalid, match="SORTED_UNIQUE"):
        verify_quorum(twice, TYPE, BOTH)


def test_a_strangers_signature_counts_for_nothing_and_a_known_keys_bad_one_spoils_all() -> None:
    stranger = keys.Ed25519Signer(bytes([3]) * 32)
    with pytest.raises(NotVerified, match="X_QUORUM_NOT_MET"):
        verify_quorum(sign_quorum(b"list", TYPE, [ONE, stranger]), TYPE, BOTH)
    good = codec.decode(Quorum, sign_quorum(b"list", TYPE, [ONE, TWO]), limit=4096)
    spoiled = (QuorumSignature(good.signatures[0].key_id, bytes(64)), good.signatures[1])
    with pytest.raises(NotVerified, match="X_SIGNATURE_INVALID"):
        verify_quorum(codec.encode(replace(good, signatures=spoiled)), TYPE, BOTH)


def test_a_quorum_of_one_type_is_not_taken_for_another() -> None:
    with pytest.raises(Invalid, match=r"quorum\.payload_type"):
        verify_quorum(sign_quorum(b"list", TYPE, [ONE, TWO]), TRUST_LIST_TYPE, BOTH)


def test_a_threshold_of_none_is_never_met() -> None:
    with pytest.raises(NotVerified, match="X_QUORUM_NOT_MET"):
        verify_quorum(sign_quorum(b"list", TYPE, [ONE]), TYPE, replace(BOTH, threshold=0))


def test_a_trust_list_of_another_realm_is_refused() -> None:
    realm = shared_realm()
    with pytest.raises(NotVerified, match="X_REALM_MISMATCH"):
        open_trust_list(realm.realm.trust_list, realm.root, bytes(32), 2)


def _twice(rows: TrustList) -> TrustList:
    first = rows.keys[0]
    return replace(rows, keys=tuple(sorted([*rows.keys, replace(first, alg=2)], key=lambda row: row.key_id)))


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: replace(rows, keys=(*rows.keys, rows.keys[0])),
        _twice,
        lambda rows: replace(rows, keys=rows.keys[::-1]),
        lambda rows: replace(rows, orgs=rows.orgs[1:]),
        lambda rows: replace(rows, units=rows.units[1:]),
        lambda rows: replace(rows, orgs=(*rows.orgs, rows.orgs[0])),
        lambda rows: replace(rows, keys=(replace(rows.keys[0], roles=("EMPEROR",)), *rows.keys[1:])),
        lambda rows: replace(rows, keys=(replace(rows.keys[0], raw=bytes(32)), *rows.keys[1:])),
    ],
)
def test_rows_that_contradict_each_other_make_no_directory(change: Callable[[TrustList], TrustList]) -> None:
    realm = shared_realm()
    with pytest.raises(Invalid):
        build_directory(realm.root, change(realm.directory.trust_list), 2)


def test_a_suspended_organisation_is_not_designated() -> None:
    realm = shared_realm()
    rows = realm.directory.trust_list
    provider = realm.org("provider")
    orgs = tuple(replace(row, status=RowStatus.SUSPENDED) if row == provider else row for row in rows.orgs)
    directory = build_directory(realm.root, replace(rows, orgs=orgs), 2)
    with pytest.raises(Refused, match="X_ADDRESSEE_NOT_DESIGNATED"):
        directory.unit(realm.address("provider"))
    with pytest.raises(Refused, match="X_ADDRESSEE_NOT_DESIGNATED"):
        directory.unit(Address(bytes(16), bytes(16)))


def test_a_root_is_marked_as_exercise_or_operational_and_as_nothing_else() -> None:
    root = replace(shared_realm().root, marking="REHEARSAL", root_keys=BOTH)
    with pytest.raises(Invalid, match=r"root\.marking"):
        open_root(sign_quorum(codec.encode(root), TRUST_ROOT_TYPE, [ONE, TWO]))
