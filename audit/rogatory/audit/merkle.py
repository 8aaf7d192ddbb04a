# SPDX-License-Identifier: Apache-2.0
"""The Merkle tree of RFC 6962 and RFC 9162: hashes, roots, a growing right edge, proofs and their verifiers.

A *node* ``(level, index)`` is the hash of the complete subtree over leaves ``[index << level, (index+1) << level)``.
Proofs are made from a callback that returns nodes, so this module never knows where they are kept. A *subtree*
``[start, end)`` is valid as in draft-ietf-plants-merkle-tree-certs; ``[i, i+1)`` is the inclusion proof and ``[0, m)``
the consistency proof, so one generator serves all three.

Pure. It holds no entries, reads no storage and signs nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rogatory.audit.errors import ProofError

__all__ = [
    "EMPTY_ROOT",
    "HASH_SIZE",
    "Edge",
    "Growth",
    "NodeReader",
    "consistency_proof",
    "edge_at",
    "inclusion_proof",
    "is_subtree",
    "leaf_hash",
    "node_hash",
    "root_at",
    "root_from_inclusion",
    "root_of",
    "subtree_hash",
    "subtree_proof",
    "verify_consistency",
    "verify_inclusion",
    "verify_subtree",
]

HASH_SIZE = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()

NodeReader = Callable[[int, int], bytes]
"""``read(level, index)`` returns the 32-byte hash of a complete subtree, or raises."""


def leaf_hash(data: bytes) -> bytes:
    """Return ``SHA256(0x00 || data)`` (RFC 9162 section 2.1.1)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return ``SHA256(0x01 || left || right)`` (RFC 9162 section 2.1.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(leaf_hashes: Sequence[bytes]) -> bytes:
    """Return the root over leaf hashes; the root of nothing is ``SHA256("")``."""
    return Edge().extend(leaf_hashes).after.root()


@dataclass(frozen=True, slots=True)
class Edge:
    """The right edge (compact range) of a tree: its maximal complete subtrees, the largest first.

    Attributes:
        size: number of leaves.
        hashes: one 32-byte hash per set bit of ``size``.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if len(self.hashes) != self.size.bit_count():
            raise ValueError("an edge has one hash per set bit of its size")

    def root(self) -> bytes:
        """Return the tree's root."""
        if not self.hashes:
            return EMPTY_ROOT
        result = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            result = node_hash(left, result)
        return result

    def node(self, level: int) -> bytes:
        """Return the edge's hash at a level.

        Raises:
            ProofError: the size has no complete subtree of that level on its edge.
        """
        if not self.size >> level & 1:
            raise ProofError("no node of this level on the edge")
        return self.hashes[(self.size >> (level + 1)).bit_count()]

    def extend(self, leaf_hashes: Sequence[bytes]) -> Growth:
        """Return the growth by these leaves; this edge stays as it is."""
        rows: list[tuple[int, tuple[bytes, ...]]] = []
        after: list[bytes] = []
        row, first, level = list(leaf_hashes), self.size, 0
        while row or first:
            rows.append((first, tuple(row)))
            if first & 1:
                row.insert(0, self.node(level))
            if len(row) & 1:
                after.append(row[-1])
            row = [node_hash(row[k], row[k + 1]) for k in range(0, len(row) - 1, 2)]
            first, level = first >> 1, level + 1
        edge = Edge(self.size + len(leaf_hashes), tuple(reversed(after)))
        return Growth(self, edge, tuple(rows))


@dataclass(frozen=True, slots=True)
class Growth:
    """A step from one edge to a larger one, with every complete node that the step made.

    Attributes:
        before: the old edge.
        after: the new edge.
        rows: per level, the index of the first new node and the new nodes from there on.
    """

    before: Edge
    after: Edge
    rows: tuple[tuple[int, tuple[bytes, ...]], ...] = field(repr=False)

    def node(self, level: int, index: int) -> bytes:
        """Return a node that is new, or that lay on the old edge; enough for every proof of a new leaf.

        Raises:
            ProofError: the node is neither.
        """
        if level < len(self.rows):
            first, hashes = self.rows[level]
            if first <= index < first + len(hashes):
                return hashes[index - first]
            if index == first - 1 and first & 1:
                return self.before.node(level)
        raise ProofError("node is neither new nor on the old edge")


def is_subtree(start: int, end: int) -> bool:
    """Whether ``[start, end)`` is valid: start is a multiple of the smallest power of two >= its length."""
    if not 0 <= start <= end:
        return False
    length = end - start
    return length < 2 or start % (1 << (length - 1).bit_length()) == 0


def subtree_hash(read: NodeReader, start: int, end: int) -> bytes:
    """Return the hash over leaves ``[start, end)`` of a valid subtree.

    Raises:
        ProofError: the subtree is not valid.
    """
    if not is_subtree(start, end):
        raise ProofError("not a valid subtree")
    if start == end:
        return EMPTY_ROOT
    if not (end - start) & (end - start - 1):
        return read((end - start).bit_length() - 1, start // (end - start))
    pieces: list[bytes] = []
    position = start
    for level in range((end - start).bit_length() - 1, -1, -1):
        if (end - start) >> level & 1:
            pieces.append(read(level, position >> level))
            position += 1 << level
    result = pieces.pop()
    while pieces:
        result = node_hash(pieces.pop(), result)
    return result


def root_at(read: NodeReader, size: int) -> bytes:
    """Return the root of the tree over the first ``size`` leaves."""
    return subtree_hash(read, 0, size)


def edge_at(read: NodeReader, size: int) -> Edge:
    """Return the right edge of the tree over the first ``size`` leaves."""
    levels = [level for level in range(size.bit_length() - 1, -1, -1) if size >> level & 1]
    return Edge(size, tuple(read(level, (size >> (level + 1)) << 1) for level in levels))


def subtree_proof(read: NodeReader, start: int, end: int, size: int) -> list[bytes]:
    """Return the proof that the valid subtree ``[start, end)`` is part of the tree of ``size`` leaves.

    The empty subtree needs no proof: the result is empty.

    Raises:
        ProofError: the subtree is not valid or not inside the tree.
    """
    if not is_subtree(start, end) or end > size:
        raise ProofError("not a valid subtree of this tree")
    ranges: list[tuple[int, int]] = []
    low, high, known = 0, size, True
    while start < end and (start, end) != (low, high):
        split = low + (1 << ((high - low - 1).bit_length() - 1))
        if end <= split:
            ranges.append((split, high))
            high = split
        else:
            ranges.append((low, split))
            if start < split:
                # The subtree itself is cut: its left part is the node just listed, its right part must be shown.
                start, known = split, False
            low = split
    if not known:
        ranges.append((low, high))
    return [subtree_hash(read, a, b) for a, b in reversed(ranges)]


def inclusion_proof(read: NodeReader, index: int, size: int) -> list[bytes]:
    """Return the audit path of leaf ``index`` in the tree of ``size`` leaves, the leaf's sibling first.

    Raises:
        ProofError: there is no such leaf.
    """
    if not 0 <= index < size:
        raise ProofError("no such leaf in this tree")
    return subtree_proof(read, index, index + 1, size)


def consistency_proof(read: NodeReader, old: int, new: int) -> list[bytes]:
    """Return the proof that the tree of ``old`` leaves is a prefix of the tree of ``new`` leaves.

    Raises:
        ProofError: not 0 < old <= new. There is nothing to prove about an empty tree.
    """
    if not 0 < old <= new:
        raise ProofError("consistency needs 0 < old <= new")
    return subtree_proof(read, 0, old, new)


def _check_hashes(*hashes: bytes) -> None:
    if any(len(value) != HASH_SIZE for value in hashes):
        raise ProofError("a hash is not 32 bytes")


def root_from_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """Return the root that an inclusion proof leads to (RFC 9162 section 2.1.3.2).

    Raises:
        ProofError: no such leaf, or the path is too long or too short, or a hash is not 32 bytes.
    """
    if not 0 <= index < size:
        raise ProofError("no such leaf in this tree")
    _check_hashes(leaf, *proof)
    position, last, result = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ProofError("inclusion proof is too long")
        if position & 1 or position == last:
            result = node_hash(sibling, result)
            while not position & 1:
                position, last = position >> 1, last >> 1
        else:
            result = node_hash(result, sibling)
        position, last = position >> 1, last >> 1
    if last != 0:
        raise ProofError("inclusion proof is too short")
    return result


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that the leaf hash is at ``index`` in the tree of ``size`` leaves with this root.

    Raises:
        ProofError: it is not shown.
    """
    _check_hashes(root)
    if root_from_inclusion(leaf, index, size, proof) != root:
        raise ProofError("inclusion proof leads to another root")


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Check that the tree of ``old`` leaves is a prefix of the tree of ``new`` leaves (RFC 9162 section 2.1.4.2).

    Size 0 is refused: nothing is proven about an empty tree, so the caller decides what "nothing before" means.

    Raises:
        ProofError: it is not shown.
    """
    if not 0 < old <= new:
        raise ProofError("consistency needs 0 < old <= new")
    if old == new:
        if proof or old_root != new_root:
            raise ProofError("one size has two roots, or a proof that it does not need")
        return
    verify_subtree(0, old, new, proof, old_root, new_root)


def verify_subtree(
    start: int, end: int, size: int, proof: Sequence[bytes], expected: bytes, root: bytes
) -> None:
    """Check that the valid, non-empty subtree ``[start, end)`` with hash ``expected`` lies in the tree.

    The steps are those of RFC 9162 section 2.1.4.2, which the Merkle tree certificates draft widens to a start other
    than 0: the same hashes must rebuild both the subtree and the tree.

    Raises:
        ProofError: it is not shown.
    """
    if not (is_subtree(start, end) and start < end <= size):
        raise ProofError("not a valid subtree of this tree")
    _check_hashes(expected, root, *proof)
    first, last, edge = start, end - 1, size - 1
    # Climb to the largest complete node that both the subtree and the tree have as a whole.
    while first != last and (last == edge or last & 1):
        first, last, edge = first >> 1, last >> 1, edge >> 1
    hashes = list(proof) if first != last else [expected, *proof]
    if not hashes:
        raise ProofError("proof is too short")
    near, whole = _subtree_and_root(first, last, edge, hashes)
    if near != expected:
        raise ProofError("proof leads to another subtree hash")
    if whole != root:
        raise ProofError("proof leads to another root")


def _subtree_and_root(first: int, last: int, edge: int, hashes: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Rebuild the subtree's hash and the root from the node at ``last`` and the hashes beside its way up."""
    near = whole = hashes[0]
    for sibling in hashes[1:]:
        if edge == 0:
            raise ProofError("proof is too long")
        if last & 1 or last == edge:
            if first < last:
                near = node_hash(sibling, near)
            whole = node_hash(sibling, whole)
            while not last & 1:
                first, last, edge = first >> 1, last >> 1, edge >> 1
        else:
            whole = node_hash(whole, sibling)
        first, last, edge = first >> 1, last >> 1, edge >> 1
    if edge != 0:
        raise ProofError("proof is too short")
    return near, whole
