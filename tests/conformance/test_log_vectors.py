# SPDX-License-Identifier: Apache-2.0
"""Other people's vectors for the log's formats, run through the product's own functions (transparency-log, statement 1).

Applied: every file of the shared ``log`` folder but one. Not applied: ``witness_add_checkpoint.json``, because it is a
conversation with a witness server and Rogatory has none yet; its checkpoints are of the form that
``checkpoint_bodies.json`` and ``signed_notes.json`` cover. Within the files: the sumdb paths have a height element, which
tlog-tiles does not know, so our parser must refuse all of them; ``distributor_log_ids`` belong to another project's HTTP
service, and only the digest rule is checked.
"""

import base64
import hashlib
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from rogatory.audit.checkpoint import parse_checkpoint
from rogatory.audit.cosignature import SubtreeStatement, cosignature_message, split_timestamped
from rogatory.audit.encoding import check_name, decode_signature_base64
from rogatory.audit.errors import (
    AmbiguousKey,
    AuditError,
    BadSignature,
    FormatError,
    ProofError,
    UnverifiedNote,
)
from rogatory.audit.keys import TimestampedEd25519Signer, parse_signer, parse_vkey
from rogatory.audit.merkle import (
    EMPTY_ROOT,
    Edge,
    leaf_hash,
    node_hash,
    root_from_inclusion,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from rogatory.audit.note import open_note, parse_note, sign_note
from rogatory.audit.tile import (
    BUNDLE_LEVEL,
    WIDTH,
    Tile,
    format_bundle,
    locate,
    new_tiles,
    parse_bundle,
    parse_path,
    tiles_of,
)
from tests.support.vectors import load_vectors


def vectors(name: str) -> Any:  # noqa: ANN401 - parsed JSON
    return load_vectors("log", f"{name}.json")


def test_leaf_node_and_root_hashes_are_those_of_rfc_6962() -> None:
    data = vectors("rfc6962_hashing")
    assert data["empty_root"] == EMPTY_ROOT.hex()
    for case in data["leaf"]:
        assert leaf_hash(bytes.fromhex(case["data_hex"])).hex() == case["hash"]
    for case in data["node"]:
        assert (
            node_hash(bytes.fromhex(case["left_hex"]), bytes.fromhex(case["right_hex"])).hex() == case["hash"]
        )
    leaves = [leaf_hash(bytes.fromhex(text)) for text in data["leaf_inputs_hex"]]
    for size, expected in enumerate(data["root_hashes_after_n_leaves"]):
        assert root_of(leaves[:size]).hex() == expected
    growth = Edge().extend(leaves)
    for level, row in enumerate(data["node_hashes"]):
        assert [growth.node(level, index).hex() for index in range(len(row))] == row


def _decode(hashes: list[str] | None) -> list[bytes]:
    return [base64.b64decode(text) for text in hashes or []]


@pytest.mark.parametrize("case", vectors("merkle_inclusion_probes")["cases"], ids=lambda case: case["file"])
def test_inclusion_probes_are_judged_as_published(case: dict[str, Any]) -> None:
    leaf, root, proof = (
        base64.b64decode(case["leafHash"]),
        base64.b64decode(case["root"]),
        _decode(case["proof"]),
    )
    if case["wantErr"]:
        with pytest.raises(ProofError):
            verify_inclusion(leaf, case["leafIdx"], case["treeSize"], proof, root)
    else:
        verify_inclusion(leaf, case["leafIdx"], case["treeSize"], proof, root)
        assert root_from_inclusion(leaf, case["leafIdx"], case["treeSize"], proof) == root


@pytest.mark.parametrize("case", vectors("merkle_consistency_probes")["cases"], ids=lambda case: case["file"])
def test_consistency_probes_are_judged_as_published(case: dict[str, Any]) -> None:
    roots = base64.b64decode(case["root1"]), base64.b64decode(case["root2"])
    arguments = (case["size1"], case["size2"], *roots, _decode(case["proof"]))
    if case["wantErr"]:
        with pytest.raises(ProofError):
            verify_consistency(*arguments)
    else:
        verify_consistency(*arguments)
        # The verifier looked at what it was given: another new root is refused.
        with pytest.raises(ProofError):
            verify_consistency(case["size1"], case["size2"], roots[0], bytes(32), arguments[4])


@pytest.mark.parametrize("case", vectors("checkpoint_bodies")["cases"], ids=lambda case: case["desc"])
def test_checkpoint_bodies_parse_or_are_refused_and_format_back(case: dict[str, Any]) -> None:
    body = base64.b64decode(case["body_b64"])
    if case["ok"]:
        assert parse_checkpoint(body).text().encode() == body
    else:
        with pytest.raises(FormatError):
            parse_checkpoint(body)


def test_distributor_ids_hash_the_origin_behind_a_prefix() -> None:
    for case in vectors("checkpoint_bodies")["distributor_log_ids"]:
        digest = hashlib.sha256(b"o:" + case["origin"].encode()).hexdigest()
        assert digest == case["sha256_of_o_colon_origin_hex"]


_NOTE_RESULTS: dict[str, tuple[type[AuditError], ...]] = {
    "unverified": (UnverifiedNote,),
    "ambiguous": (AmbiguousKey,),
    "malformed": (FormatError,),
    "badsig": (BadSignature,),
    "malformed_or_unverified": (FormatError, UnverifiedNote),
    "badsig_or_origin_mismatch": (BadSignature,),
}


@pytest.mark.parametrize("case", vectors("signed_notes")["open"], ids=lambda case: case["desc"])
def test_signed_notes_open_as_published(case: dict[str, Any]) -> None:
    note = base64.b64decode(case["note_b64"])
    verifiers = [parse_vkey(text) for text in case["keys"]]
    if case["result"] != "ok":
        with pytest.raises(_NOTE_RESULTS[case["result"]]):
            open_note(note, verifiers)
        return
    opened = open_note(note, verifiers)
    if "verified" in case:
        names = [f"{one.verifier.name}+{one.verifier.key_id.hex()}" for one in opened.verified]
        assert names == case["verified"]
        assert [f"{one.name}+{one.key_id.hex()}" for one in opened.unverified] == case["unverified"]


@pytest.mark.parametrize("case", [case for case in vectors("signed_notes")["open"] if case["result"] == "ok"])
def test_no_good_note_survives_a_changed_text(case: dict[str, Any]) -> None:
    note = base64.b64decode(case["note_b64"])
    verifiers = [parse_vkey(text) for text in case["keys"]]
    end = note.rindex(b"\n\n")
    for position in range(end):
        changed = bytearray(note)
        changed[position] ^= 1
        with pytest.raises(AuditError):
            open_note(bytes(changed), verifiers)


def test_valid_verifier_keys_parse_and_format_back() -> None:
    texts = [*vectors("signed_notes")["vkeys_valid"], *vectors("cosignatures")["vkeys_0x04_valid"]]
    texts += vectors("cosignatures")["vkeys_0x06_valid"]
    assert len(texts) == 24
    for text in texts:
        assert parse_vkey(text).vkey() == text


def test_invalid_verifier_keys_are_refused() -> None:
    texts = [*vectors("signed_notes")["vkeys_invalid"]]
    texts += vectors("cosignatures")["vkeys_0x06_wrong_id_upstream_accepts"]
    assert len(texts) == 8
    for text in texts:
        with pytest.raises(FormatError):
            parse_vkey(text)


def test_every_mutation_of_a_verifier_key_is_refused() -> None:
    # Statement 5: all proper substrings, and each character raised by one.
    key = vectors("signed_notes")["vkey_substring_mutations_of"]
    length = len(key)
    mutations = {key[a:b] for a in range(length) for b in range(a + 1, length + 1)} - {key}
    substrings = sum(1 for a in range(length) for b in range(a + 1, length + 1)) - 1
    raised = [key[:k] + chr(ord(key[k]) + 1) + key[k + 1 :] for k in range(length)]
    assert (length, substrings, len(raised)) == (66, 2210, 66)
    for text in [*mutations, *raised]:
        with pytest.raises(FormatError):
            parse_vkey(text)


def test_signing_gives_the_published_note() -> None:
    for case in vectors("signed_notes")["sign"]:
        assert sign_note(case["text"], [parse_signer(case["skey"])]) == case["want"]


@pytest.mark.parametrize("name", vectors("signed_notes")["key_names_invalid"])
def test_invalid_key_names_are_refused(name: str) -> None:
    with pytest.raises(FormatError):
        check_name(name)


@pytest.mark.parametrize("case", vectors("cosignatures")["cases"], ids=lambda case: case["desc"])
def test_cosignatures_are_judged_as_published(case: dict[str, Any]) -> None:
    verifier = parse_vkey(case["vkey"])
    note = f"{case['body']}\n{case['line']}\n"
    if not case["ok"]:
        with pytest.raises(AuditError):
            open_note(note, [verifier])
        return
    (signature,) = open_note(note, [verifier]).verified
    assert signature.time == case["timestamp"]
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(case["private_key_hex"]))
    signer = TimestampedEd25519Signer(verifier.name, key, lambda: int(case["timestamp"]))
    assert sign_note(case["body"], [signer]) == note


def test_cosignature_times_are_read_from_well_formed_blobs_only() -> None:
    for case in vectors("cosignatures")["timestamps"]:
        if "error" in case:
            with pytest.raises(FormatError):
                split_timestamped(decode_signature_base64(case["sig_b64"])[4:], 64)
        else:
            time, _ = split_timestamped(decode_signature_base64(case["sig_b64"])[4:], 64)
            assert time == case["timestamp"]


def test_subtree_messages_have_the_published_layout() -> None:
    data = vectors("cosignatures")
    for case in data["subtree_v1_message_layout"]:
        statement = SubtreeStatement(
            case["cosigner_name"],
            case["timestamp"],
            case["origin"],
            case["start"],
            case["end"],
            bytes.fromhex(case["hash_hex"]),
        )
        assert statement.message().hex() == case["message_hex"]
        assert SubtreeStatement.parse(statement.message()) == statement
        # Its layout is right, but a time away from start 0 may not be stated: nobody may sign it.
        with pytest.raises(FormatError):
            statement.check()
    for text in data["subtree_v1_unmarshal_bad_hex"]:
        with pytest.raises(FormatError):
            SubtreeStatement.parse(bytes.fromhex(text))


def test_a_sigsum_proof_of_another_log_verifies() -> None:
    case = vectors("cosignatures")["sigsum_proof_with_cosignature"]
    log_key = bytes.fromhex(case["log_pub_hex"])
    root = bytes.fromhex(case["root_hash"])
    origin = f"sigsum.org/v1/tree/{hashlib.sha256(log_key).hexdigest()}"
    text = f"{origin}\n{case['size']}\n{base64.b64encode(root).decode()}\n"
    assert parse_checkpoint(text).root == root
    Ed25519PublicKey.from_public_bytes(log_key).verify(bytes.fromhex(case["log_signature"]), text.encode())
    witness = Ed25519PublicKey.from_public_bytes(bytes.fromhex(case["witness_pub_hex"]))
    witness.verify(bytes.fromhex(case["cosignature"]), cosignature_message(case["timestamp"], text))
    key_hash, signature = (bytes.fromhex(part) for part in case["leaf_line_hex"].split(" "))
    checksum = hashlib.sha256(bytes.fromhex(case["message_hex"])).digest()
    leaf = leaf_hash(checksum + signature + key_hash)
    proof = [bytes.fromhex(value) for value in case["node_hashes"]]
    verify_inclusion(leaf, case["leaf_index"], case["size"], proof, root)


@pytest.mark.parametrize("case", vectors("tile_paths")["tlog_tiles_parse"], ids=lambda case: case["path"])
def test_tile_paths_parse_or_are_refused(case: dict[str, Any]) -> None:
    path = f"tile/{case['level']}/{case['path']}"
    if not case["ok"]:
        with pytest.raises(FormatError):
            parse_path(path)
        return
    tile = parse_path(path)
    assert tile == Tile(case["want_level"], case["want_index"], case["want_width"] or WIDTH)
    assert tile.path() == path


def test_tile_paths_format_as_published() -> None:
    for case in vectors("tile_paths")["tlog_tiles_format"]:
        level = BUNDLE_LEVEL if case["level"] == "entries" else case["level"]
        tile = Tile(level, case["index"], case["width"] or WIDTH)
        assert tile.path() == case["want"]
        assert parse_path(case["want"]) == tile


def test_entry_bundle_paths_follow_index_and_size() -> None:
    for case in vectors("tile_paths")["entries_path_for_index"]:
        index = case["seq"] // WIDTH
        width = min(case["size"] - index * WIDTH, WIDTH)
        assert Tile(BUNDLE_LEVEL, index, width).path() == case["want"]


def test_invalid_and_foreign_tile_paths_are_refused() -> None:
    data = vectors("tile_paths")
    foreign = [case["path"] for case in data["sumdb_height_paths"]]
    for path in [*data["azul_paths_invalid"], *foreign]:
        with pytest.raises(FormatError):
            parse_path(path)


def test_nodes_are_located_in_tiles_as_published() -> None:
    for case in vectors("tile_paths")["node_to_tile"]:
        expected = (case["tile_level"], case["tile_index"], case["node_level"], case["node_index"])
        assert locate(case["level"], case["index"]) == expected


def test_growing_trees_make_the_published_number_of_tiles() -> None:
    data = vectors("tile_paths")["new_tiles_for_size"]
    for case in data["cases"]:
        assert len(list(new_tiles(case["old"], case["new"], data["height"]))) == case["count"]


def test_trees_have_the_tiles_of_the_specification() -> None:
    for case in vectors("tile_paths")["spec_tile_sets"]:
        found: dict[str, int] = {}
        for tile in tiles_of(case["size"]):
            if tile.level == BUNDLE_LEVEL:
                continue
            if tile.width == WIDTH:
                found[f"{tile.level} full"] = found.get(f"{tile.level} full", 0) + 1
            else:
                found[f"{tile.level} partial"] = tile.width
        assert found == dict(case["tiles"])


@pytest.mark.parametrize("case", vectors("entry_bundles")["cases"], ids=lambda case: case["desc"])
def test_entry_bundles_parse_or_are_refused(case: dict[str, Any]) -> None:
    data = bytes.fromhex(case["bundle_hex"])
    if not case["ok"]:
        with pytest.raises(FormatError):
            parse_bundle(data)
        return
    found = parse_bundle(data)
    assert [one.hex() for one in found] == case.get("entries_hex", [])
    assert format_bundle(found) == data


def test_a_note_of_the_vectors_parses_to_its_own_bytes() -> None:
    for case in vectors("signed_notes")["open"]:
        if case["result"] == "ok":
            note = base64.b64decode(case["note_b64"])
            parsed = parse_note(note)
            lines = "".join(f"{signature.line}\n" for signature in parsed.signatures)
            assert f"{parsed.text}\n{lines}".encode() == note
