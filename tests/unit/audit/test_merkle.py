# SPDX-License-Identifier: Apache-2.0
"""What trees and proofs refuse, each by its own words, and small trees worked out by hand.

That honest proofs of any size verify is the property tests' matter.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest

from rogatory.audit.errors import ProofError
from rogatory.audit.merkle import (
    EMPTY_ROOT,
    Edge,
    consistency_proof,
    edge_at,
    inclusion_proof,
    is_subtree,
    leaf_hash,
    node_hash,
    root_at,
    root_from_inclusion,
    root_of,
    subtree_hash,
    subtree_proof,
    verify_consistency,
    verify_inclusion,
    verify_subtree,
)
from tests.support.logs import node_reader

LEAVES = [leaf_hash(bytes([number])) for number in range(13)]
READ = node_reader(LEAVES)
A, B, C, D, E = LEAVES[:5]
AB, CD = node_hash(A, B), node_hash(C, D)
ABCD = node_hash(AB, CD)
FIVE = node_hash(ABCD, E)
NO_LEAF = "no such leaf in this tree"
NOT_INSIDE = "not a valid subtree of this tree"


def refused(words: str, act: Callable[..., object], *said: object) -> None:
    with pytest.raises(ProofError, match=rf"^{words}$"):
        act(*said)


def test_leaf_node_and_nothing_are_hashed_apart() -> None:
    assert leaf_hash(b"x") == hashlib.sha256(b"\0x").digest()
    assert node_hash(A, B) == hashlib.sha256(b"\1" + A + B).digest()
    assert root_of([]) == EMPTY_ROOT == hashlib.sha256(b"").digest()


def test_five_leaves_by_hand() -> None:
    assert root_of(LEAVES[:5]) == root_at(READ, 5) == FIVE
    assert edge_at(READ, 5) == Edge(5, (ABCD, E))
    assert edge_at(READ, 0) == Edge()
    assert subtree_hash(READ, 2, 4) == CD
    assert subtree_hash(READ, 4, 5) == E
    assert subtree_hash(READ, 3, 3) == EMPTY_ROOT
    assert inclusion_proof(READ, 0, 5) == [B, CD, E]
    assert inclusion_proof(READ, 4, 5) == [ABCD]
    assert inclusion_proof(READ, 0, 1) == []
    assert consistency_proof(READ, 2, 5) == [CD, E]
    assert consistency_proof(READ, 3, 5) == [C, D, AB, E]
    assert consistency_proof(READ, 5, 5) == []
    assert subtree_proof(READ, 2, 4, 5) == [AB, E]
    assert subtree_proof(READ, 4, 5, 5) == [ABCD]
    assert subtree_proof(READ, 2, 2, 5) == []


def test_an_edge_has_one_hash_for_each_complete_subtree() -> None:
    for size, hashes in ((0, (A,)), (1, ()), (3, (A,)), (4, (A, B))):
        with pytest.raises(ValueError, match=r"^an edge has one hash per set bit of its size$"):
            Edge(size, hashes)
    edge = edge_at(READ, 13)
    assert [edge.node(level) for level in (0, 2, 3)] == [READ(0, 12), READ(2, 2), READ(3, 0)]
    for level in (1, 4):
        refused("no node of this level on the edge", edge.node, level)


def test_a_growth_knows_its_new_nodes_and_the_old_edge_and_nothing_else() -> None:
    growth = edge_at(READ, 3).extend(LEAVES[3:8])
    assert growth.before == edge_at(READ, 3)
    assert growth.after == edge_at(READ, 8)
    assert [growth.node(0, index) for index in range(2, 8)] == LEAVES[2:8]
    assert [growth.node(1, index) for index in range(4)] == [READ(1, index) for index in range(4)]
    assert [growth.node(2, index) for index in range(2)] == [READ(2, index) for index in range(2)]
    assert growth.node(3, 0) == READ(3, 0)
    for level, index in ((0, 0), (0, 1), (0, 8), (1, 4), (2, 2), (3, 1), (4, 0), (9, 0)):
        refused("node is neither new nor on the old edge", growth.node, level, index)
    # An even beginning has nothing on its left.
    refused("node is neither new nor on the old edge", edge_at(READ, 2).extend(LEAVES[2:4]).node, 0, 1)
    assert edge_at(READ, 6).extend([]).after == edge_at(READ, 6)


def test_valid_subtrees_are_those_of_the_draft() -> None:
    valid = {(start, end) for start in range(9) for end in range(9) if is_subtree(start, end)}
    lengths = {1: 1, 2: 2, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 8: 8}
    expected = {(start, start) for start in range(9)}
    expected |= {(s, s + n) for n, step in lengths.items() for s in range(0, 9, step) if s + n < 9}
    assert valid == expected
    assert not is_subtree(-2, 0)
    assert not is_subtree(-1, -1)


def test_what_is_no_subtree_or_no_leaf_has_no_hash_and_no_proof() -> None:
    refused("not a valid subtree", subtree_hash, READ, 1, 3)
    for start, end, size in ((1, 3, 8), (4, 2, 8), (0, 9, 8), (8, 9, 8)):
        refused(NOT_INSIDE, subtree_proof, READ, start, end, size)
    for index, size in ((-1, 5), (5, 5), (0, 0)):
        refused(NO_LEAF, inclusion_proof, READ, index, size)
        refused(NO_LEAF, root_from_inclusion, A, index, size, [])
    for old, new in ((0, 5), (6, 5), (-1, 5)):
        refused("consistency needs 0 < old <= new", consistency_proof, READ, old, new)
        refused("consistency needs 0 < old <= new", verify_consistency, old, new, A, A, [])


def test_an_inclusion_proof_has_the_one_length_and_hashes_of_32_bytes() -> None:
    proof = inclusion_proof(READ, 2, 5)
    assert root_from_inclusion(C, 2, 5, proof) == FIVE
    refused("inclusion proof is too long", root_from_inclusion, C, 2, 5, [*proof, A])
    refused("inclusion proof is too short", root_from_inclusion, C, 2, 5, proof[:-1])
    refused("inclusion proof is too long", root_from_inclusion, A, 0, 1, [B])
    for leaf, path in ((C[:31], proof), (C, [*proof[:-1], bytes(33)])):
        refused("a hash is not 32 bytes", root_from_inclusion, leaf, 2, 5, path)
    refused("a hash is not 32 bytes", verify_inclusion, C, 2, 5, proof, FIVE[:31])
    refused("inclusion proof leads to another root", verify_inclusion, C, 2, 5, proof, ABCD)
    verify_inclusion(C, 2, 5, proof, FIVE)


def test_every_leaf_of_every_small_tree_leads_to_its_root_by_the_path_of_its_own_length() -> None:
    for size in range(1, 14):
        assert root_of(LEAVES[:size]) == edge_at(READ, size).root() == root_at(READ, size)
        for index in range(size):
            proof = inclusion_proof(READ, index, size)
            assert root_from_inclusion(LEAVES[index], index, size, proof) == root_at(READ, size)
            refused(
                "inclusion proof is too long", root_from_inclusion, LEAVES[index], index, size, [*proof, A]
            )
            if proof:
                short = proof[:-1]
                refused(
                    "inclusion proof is too short", root_from_inclusion, LEAVES[index], index, size, short
                )


@pytest.mark.parametrize(("old", "new"), [(1, 1), (1, 2), (2, 3), (3, 5), (4, 5), (6, 8), (7, 13), (8, 13)])
def test_a_consistency_proof_holds_for_its_two_roots_alone(old: int, new: int) -> None:
    proof, before, after = consistency_proof(READ, old, new), root_at(READ, old), root_at(READ, new)
    verify_consistency(old, new, before, after, proof)
    if old == new:
        words = "one size has two roots, or a proof that it does not need"
        refused(words, verify_consistency, old, new, before, B, proof)
        refused(words, verify_consistency, old, new, before, after, [A])
        return
    # Of a complete tree the old root is itself part of the way up, so a lie about it shows at the top.
    words = "proof leads to another subtree hash" if old & (old - 1) else "proof leads to another root"
    refused(words, verify_consistency, old, new, bytes(32), after, proof)
    refused("proof leads to another root", verify_consistency, old, new, before, bytes(32), proof)
    refused("proof is too long", verify_consistency, old, new, before, after, [*proof, A])
    refused("proof is too short", verify_consistency, old, new, before, after, proof[:-1])
    refused("a hash is not 32 bytes", verify_consistency, old, new, before[:31], after, proof)
    refused("a hash is not 32 bytes", verify_consistency, old, new, before, after[:31], proof)
    refused("a hash is not 32 bytes", verify_consistency, old, new, before, after, [*proof[:-1], b""])


def test_a_subtree_proof_holds_for_every_valid_subtree_of_thirteen_leaves() -> None:
    root = root_at(READ, 13)
    found = 0
    for start in range(13):
        for end in range(start + 1, 14):
            if not is_subtree(start, end):
                continue
            found += 1
            expected, proof = subtree_hash(READ, start, end), subtree_proof(READ, start, end, 13)
            verify_subtree(start, end, 13, proof, expected, root)
            with pytest.raises(ProofError):
                verify_subtree(start, end, 13, proof, bytes(32), root)
            with pytest.raises(ProofError):
                verify_subtree(start, end, 13, proof, expected, bytes(32))
            refused("proof is too long", verify_subtree, start, end, 13, [*proof, A], expected, root)
    assert found == 35
    for start, end, size in ((1, 3, 13), (2, 2, 13), (12, 14, 13), (8, 14, 13)):
        refused(NOT_INSIDE, verify_subtree, start, end, size, [], A, root)


def test_a_cut_subtree_needs_at_least_its_own_hash() -> None:
    refused("proof is too short", verify_subtree, 0, 3, 5, [], root_at(READ, 3), FIVE)
