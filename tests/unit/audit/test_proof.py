# SPDX-License-Identifier: Apache-2.0
"""The .tlog-proof file: form, order of checks, quorum, and the attacks on it. Proof arithmetic is tested elsewhere."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rogatory.audit.errors import AuditError, FormatError, NoteError, ProofError, UnverifiedNote
from rogatory.audit.note import sign_note
from rogatory.audit.proof import TlogProof, parse_proof, verify_proof
from tests.support.logs import ORIGIN, ed25519_signer, entries, entry, memory_owner, mldsa_signer

LOG = ed25519_signer()
WITNESSES = [mldsa_signer(f"w{k}.example", f"w{k}", time=1_790_000_000) for k in range(3)]
KEYS = [witness.verifier for witness in WITNESSES]


def make(index: int = 3, size: int = 9, signers: int = 3) -> TlogProof:
    owner = memory_owner()
    log = owner.new_log()
    staged = owner.append(log, entries(size))
    text = staged.note.partition("\n\n")[0] + "\n"
    note = sign_note(text, [LOG, *WITNESSES[:signers]])
    return TlogProof(index, tuple(staged.inclusion(index)), note)


def test_a_proof_verifies_offline_from_its_text_alone() -> None:
    proof = parse_proof(make().text().encode())
    verified = verify_proof(proof, entry(3), ORIGIN, [LOG.verifier], KEYS, 3)
    assert (verified.index, verified.checkpoint.checkpoint.size) == (3, 9)


def test_the_form_is_that_of_the_specification() -> None:
    lines = make().text().split("\n")
    assert lines[:2] == ["c2sp.org/tlog-proof@v1", "index 3"]
    assert lines[2 + 4 : 2 + 4 + 3] == ["", ORIGIN, "9"]


def test_extra_bytes_are_carried_and_prove_nothing() -> None:
    proof = parse_proof(replace(make(), extra=b"any claim").text())
    assert proof.extra == b"any claim"
    verify_proof(replace(proof, extra=b"another claim"), entry(3), ORIGIN, [LOG.verifier])


def test_another_entry_index_path_or_log_is_refused() -> None:
    proof = make()
    for bad, data in (
        (proof, entry(4)),
        (replace(proof, index=4), entry(3)),
        (replace(proof, index=9), entry(3)),
        (replace(proof, hashes=proof.hashes[:-1]), entry(3)),
        (replace(proof, hashes=(*proof.hashes, bytes(32))), entry(3)),
        (replace(proof, hashes=tuple(reversed(proof.hashes))), entry(3)),
        (replace(proof, checkpoint=make(size=10).checkpoint), entry(3)),
    ):
        with pytest.raises(ProofError):
            verify_proof(bad, data, ORIGIN, [LOG.verifier])
    with pytest.raises(NoteError):
        verify_proof(proof, entry(3), "other.example", [LOG.verifier])
    with pytest.raises(NoteError):
        verify_proof(proof, entry(3), ORIGIN, [ed25519_signer(label="other").verifier])


def test_attack_38_too_few_or_unknown_witnesses_are_no_quorum() -> None:
    with pytest.raises(UnverifiedNote):
        verify_proof(make(signers=1), entry(3), ORIGIN, [LOG.verifier], KEYS, 2)
    with pytest.raises(UnverifiedNote):
        verify_proof(make(signers=2), entry(3), ORIGIN, [LOG.verifier], KEYS[1:], 2)
    proof = make(signers=1)
    line = proof.checkpoint.splitlines()[-1]
    copies = replace(proof, checkpoint=proof.checkpoint + f"{line}\n" * 2)
    with pytest.raises(UnverifiedNote):
        verify_proof(copies, entry(3), ORIGIN, [LOG.verifier], KEYS, 2)
    verify_proof(copies, entry(3), ORIGIN, [LOG.verifier], KEYS, 1)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v2"),
        ("index 3", "index -3"),
        ("index 3", "index 03"),
        ("index 3", "index"),
        ("index 3", "index 3 "),
        ("index 3", "index 9223372036854775808"),
        ("index 3\n", ""),
        ("index 3\n", "extra not base64\nindex 3\n"),
        ("index 3\n", "extra YQ\nindex 3\n"),
        ("index 3\n", "index 3\nextra YQ==\n"),
        ("index 3\n", "index 3\nYWJj\n"),
        ("index 3\n", "index 3\n\n"),
        ("\n\n", "\n"),
    ],
)
def test_malformed_proofs_are_refused(old: str, new: str) -> None:
    text = make().text()
    assert old in text
    with pytest.raises(FormatError):
        parse_proof(text.replace(old, new, 1))


def test_a_path_longer_than_any_tree_is_refused() -> None:
    with pytest.raises(FormatError):
        replace(make(), hashes=(bytes(32),) * 64).text()
    with pytest.raises(FormatError):
        replace(make(), hashes=(bytes(31),)).text()


@given(st.integers(0, 10_000), st.sampled_from("+/=A\n x"))
def test_a_changed_character_never_verifies_as_something_else(position: int, character: str) -> None:
    text = make(signers=0).text()
    position %= len(text)
    changed = text[:position] + character + text[position + 1 :]
    try:
        verified = verify_proof(parse_proof(changed), entry(3), ORIGIN, [LOG.verifier])
    except AuditError:
        return
    # Only spare bits at the end of a signature line may change without notice.
    assert verified == verify_proof(parse_proof(text), entry(3), ORIGIN, [LOG.verifier]) or changed != text
    assert (verified.index, verified.checkpoint.checkpoint.size) == (3, 9)
