# SPDX-License-Identifier: Apache-2.0
"""Tree, proofs and log against a naive reference that follows the recursive definitions of RFC 9162.

The reference is slow and written apart from the product. Storage failures are not tested here.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rogatory.audit.errors import FormatError, HeadMoved, ProofError
from rogatory.audit.fsck import fsck
from rogatory.audit.log import Log
from rogatory.audit.merkle import (
    Edge,
    consistency_proof,
    edge_at,
    inclusion_proof,
    leaf_hash,
    root_at,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from rogatory.audit.note import open_checkpoint
from rogatory.audit.tile import (
    BUNDLE_LEVEL,
    WIDTH,
    Tile,
    TileReader,
    format_bundle,
    locate,
    new_tiles,
    parse_bundle,
    parse_path,
    tiles_of,
)
from tests.support.logs import (
    ORIGIN,
    ed25519_signer,
    entries,
    memory_owner,
    naive_path,
    naive_root,
    node_reader,
)

LEAVES = [leaf_hash(data) for data in entries(600)]
READ = node_reader(LEAVES)


@st.composite
def _sizes(draw: st.DrawFn, count: int) -> list[int]:
    return sorted(draw(st.lists(st.integers(1, 600), min_size=count, max_size=count)))


@given(st.integers(0, 600))
def test_roots_are_those_of_the_definition(size: int) -> None:
    expected = naive_root(LEAVES[:size])
    assert root_of(LEAVES[:size]) == expected
    assert root_at(READ, size) == expected
    assert edge_at(READ, size).root() == expected


@given(st.lists(st.integers(0, 300), max_size=8))
def test_an_edge_grows_alike_in_any_steps(steps: list[int]) -> None:
    edge, size = Edge(), 0
    leaves = LEAVES * 4
    for step in steps:
        growth = edge.extend(leaves[size : size + step])
        assert growth.before == edge
        edge, size = growth.after, size + step
    assert edge == Edge().extend(leaves[:size]).after


@given(_sizes(2), st.data())
def test_inclusion_proofs_are_those_of_the_definition_and_verify(
    sizes: list[int], data: st.DataObject
) -> None:
    size = sizes[1]
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(READ, index, size)
    assert proof == naive_path(index, LEAVES[:size])
    verify_inclusion(LEAVES[index], index, size, proof, naive_root(LEAVES[:size]))


@given(_sizes(1), st.data())
def test_no_inclusion_proof_shows_anything_but_its_leaf_at_its_place(
    sizes: list[int], data: st.DataObject
) -> None:
    (size,) = sizes
    index = data.draw(st.integers(0, size - 1))
    root, proof = naive_root(LEAVES[:size]), naive_path(index, LEAVES[:size])
    position = data.draw(st.integers(0, max(len(proof) - 1, 0)))
    wrong = [
        (LEAVES[(index + 1) % 600], index, size, proof),
        (LEAVES[index], index + size, size, proof),
        (LEAVES[index], -1, size, proof),
        (LEAVES[index], index, 0, proof),
        (LEAVES[index], index, size, [*proof, root]),
        (LEAVES[index], index, size, [root, *proof]),
    ]
    if proof:
        flipped = bytes([proof[position][0] ^ 1]) + proof[position][1:]
        wrong += [
            (LEAVES[index], index, size, [*proof[:position], *proof[position + 1 :]]),
            (LEAVES[index], index, size, [*proof[:position], flipped, *proof[position + 1 :]]),
            (LEAVES[index], index, size, [*proof[:position], proof[position][:31], *proof[position + 1 :]]),
            (LEAVES[index], index ^ 1, size, proof),
        ]
    for leaf, place, length, path in wrong:
        with pytest.raises(ProofError):
            verify_inclusion(leaf, place, length, path, root)


@given(st.integers(2**62, 2**63 - 1), st.integers(0, 63))
def test_verifiers_answer_fast_for_huge_trees(size: int, length: int) -> None:
    proof = LEAVES[:length]
    with pytest.raises(ProofError):
        verify_inclusion(LEAVES[0], size - 1, size, proof, LEAVES[1])
    with pytest.raises(ProofError):
        verify_consistency(size - 1, size, LEAVES[0], LEAVES[1], proof)


@given(_sizes(2))
def test_consistency_proofs_verify(sizes: list[int]) -> None:
    old, new = sizes
    proof = consistency_proof(READ, old, new)
    verify_consistency(old, new, naive_root(LEAVES[:old]), naive_root(LEAVES[:new]), proof)


@given(_sizes(2), st.integers(0, 599), st.data())
def test_no_consistency_proof_covers_a_changed_past(
    sizes: list[int], victim: int, data: st.DataObject
) -> None:
    # Attack 32: one earlier leaf is other than it was; whatever honest proof is offered, it must not verify.
    old, new = sizes
    victim %= old
    changed = [*LEAVES[:victim], leaf_hash(b"forged"), *LEAVES[victim + 1 : new]]
    old_root, forged_root = naive_root(LEAVES[:old]), naive_root(changed)
    offered = data.draw(st.sampled_from([LEAVES[:new], changed]))
    proof = consistency_proof(node_reader(offered), old, new)
    with pytest.raises(ProofError):
        verify_consistency(old, new, old_root, forged_root, proof)


@given(_sizes(2), st.data())
def test_consistency_proofs_bear_no_change(sizes: list[int], data: st.DataObject) -> None:
    old, new = sizes
    roots = naive_root(LEAVES[:old]), naive_root(LEAVES[:new])
    proof = consistency_proof(READ, old, new)
    wrong = [(old, new, [*proof, roots[0]]), (0, new, proof), (new + 1, new, proof)]
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        flipped = proof[at][:31] + bytes([proof[at][31] ^ 128])
        wrong += [(old, new, [*proof[:at], flipped, *proof[at + 1 :]]), (old, new, proof[1:])]
    for first, second, path in wrong:
        with pytest.raises(ProofError):
            verify_consistency(first, second, *roots, path)


def test_the_border_between_two_hashes_of_a_proof_cannot_move() -> None:
    # Old root and first hash are hashed as one run of bytes, so only the length check tells where one ends.
    old, new = naive_root(LEAVES[:4]), naive_root(LEAVES[:7])
    (sibling,) = consistency_proof(READ, 4, 7)
    verify_consistency(4, 7, old, new, [sibling])
    run = old + sibling
    for border in (0, 1, 31, 33, 64):
        with pytest.raises(ProofError):
            verify_consistency(4, 7, run[:border], new, [run[border:]])
        with pytest.raises(ProofError):
            verify_inclusion(run[:border], 0, 2, [run[border:]], new)


def test_all_sizes_up_to_130_against_the_definition() -> None:
    for new in range(1, 131):
        root = naive_root(LEAVES[:new])
        for old in (1, new // 2 or 1, new - 1 or 1, new):
            proof = consistency_proof(READ, old, new)
            verify_consistency(old, new, naive_root(LEAVES[:old]), root, proof)
        for index in {0, new // 3, new - 1}:
            verify_inclusion(LEAVES[index], index, new, naive_path(index, LEAVES[:new]), root)


_STEP = st.tuples(st.integers(1, 300), st.sampled_from(["commit", "commit", "roll back", "lose"]))


@settings(max_examples=40)
@given(st.lists(_STEP, min_size=1, max_size=7))
def test_a_log_is_its_committed_entries_whatever_fails_on_the_way(steps: list[tuple[int, str]]) -> None:
    owner = memory_owner()
    log = owner.new_log()
    model: list[bytes] = []
    for time_ms, (count, end) in enumerate(steps):
        batch = [f"{time_ms}/{k}".encode() for k in range(count)]
        staged = log.stage(batch, time_ms)
        if end == "commit":
            with owner.transaction():
                log.write(staged)
            log.adopt(staged)
            model += batch
        elif end == "lose":
            other = Log.open(owner.store, ORIGIN, ed25519_signer())
            owner.append(other, [b"rival"], time_ms)
            model.append(b"rival")
            with pytest.raises(HeadMoved), owner.transaction():
                log.write(staged)
            log.discard()
        else:
            log.discard()
        assert log.size == len(model)
        assert log.head().root == root_of([leaf_hash(data) for data in model])
        if end == "commit":
            head = open_checkpoint(staged.note, ORIGIN, [ed25519_signer().verifier]).checkpoint
            for index in {staged.first_index, staged.size - 1}:
                proof = staged.inclusion(index)
                verify_inclusion(leaf_hash(model[index]), index, head.size, proof, head.root)
                assert proof == log.inclusion(index, head.size)
    assert log.entries(0, log.size) == model
    assert fsck(owner.store, ORIGIN, [ed25519_signer().verifier]).ok
    reopened = Log.open(owner.store, ORIGIN, ed25519_signer())
    assert (reopened.head(), reopened.time_ms) == (log.head(), log.time_ms)
    if model:
        assert owner.append(reopened, [b"next"], len(steps)).root == root_of(
            [leaf_hash(data) for data in [*model, b"next"]]
        )


@given(st.integers(-1, 63), st.integers(0, 2**63 - 1), st.integers(1, 256))
def test_tile_paths_format_and_parse_back(level: int, index: int, width: int) -> None:
    tile = Tile(level, index, width)
    assert parse_path(tile.path()) == tile


@given(st.text("tile/0123456789x.pentris-", max_size=24))
def test_any_text_is_one_tile_or_none(text: str) -> None:
    try:
        tile = parse_path(text)
    except FormatError:
        return
    assert tile.path() == text


@given(st.integers(0, 200_000), st.integers(0, 200_000))
def test_new_tiles_are_the_difference_of_two_trees(first: int, second: int) -> None:
    old, new = sorted((first, second))
    before = set(tiles_of(old))
    expected = {tile for tile in tiles_of(new) if tile not in before and tile.level != BUNDLE_LEVEL}
    assert set(new_tiles(old, new)) == expected


@given(st.integers(0, 40), st.integers(0, 2**40))
def test_every_node_lies_in_exactly_one_place_of_one_tile(level: int, index: int) -> None:
    tile_level, tile_index, inner, position = locate(level, index)
    assert 0 <= inner < 8
    assert 0 <= position << inner < WIDTH
    first_hash = tile_index * WIDTH + (position << inner)
    assert first_hash << (8 * tile_level) == index << level


@given(st.lists(st.binary(max_size=70), max_size=256))
def test_bundles_format_and_parse_back(data: list[bytes]) -> None:
    assert parse_bundle(format_bundle(data)) == data


def test_a_bundle_holds_at_most_256_entries() -> None:
    assert len(parse_bundle(format_bundle([b"x"] * 256))) == 256
    with pytest.raises(FormatError):
        parse_bundle(format_bundle([b"x"] * 257))


@given(_sizes(1))
def test_tiles_give_the_same_nodes_as_the_tree(sizes: list[int]) -> None:
    (size,) = sizes
    rows = {0: b"".join(LEAVES[:size]), 1: b"".join(READ(8, k) for k in range(size >> 8))}
    reader = TileReader(lambda level, index: rows[level][index * 8192 : (index + 1) * 8192])
    assert root_at(reader, size) == naive_root(LEAVES[:size])
