# SPDX-License-Identifier: Apache-2.0
"""The .tlog-proof file: form, order of checks, quorum, and the attacks on it. Proof arithmetic is tested elsewhere."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rogatory.audit.encoding import MAX_INT
from rogatory.audit.errors import AuditError, FormatError, NoteError, ProofError, UnverifiedNote
from rogatory.audit.note import MAX_NOTE, sign_note
from rogatory.audit.proof import MAX_PROOF, TlogProof, parse_proof, verify_proof
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
    ("old", "new", "words"),
    [
        ("c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v2", "not a tlog-proof"),
        ("index 3", "index -3", "not a plain decimal number below 2^63"),
        ("index 3", "index 03", "not a plain decimal number below 2^63"),
        ("index 3", "index", "proof has no index"),
        ("index 3", "Index 3", "proof has no index"),
        ("index 3", "index 3 ", "not a plain decimal number below 2^63"),
        ("index 3", "index 9223372036854775808", "not a plain decimal number below 2^63"),
        ("index 3\n", "", "proof has no index"),
        ("index 3\n", "extra not base64\nindex 3\n", "not standard base64"),
        ("index 3\n", "extra YQ\nindex 3\n", "not standard base64"),
        ("index 3\n", "index 3\nextra YQ==\n", "not standard base64"),
        ("index 3\n", "index 3\nYWJj\n", "a hash is not 32 bytes"),
        ("index 3\n", "index 3\n\n", "not a plain decimal number below 2^63"),
        ("\n\n", "\n", "not standard base64"),
    ],
)
def test_malformed_proofs_are_refused(old: str, new: str, words: str) -> None:
    text = make().text()
    assert old in text
    with pytest.raises(FormatError) as caught:
        parse_proof(text.replace(old, new, 1))
    assert words in str(caught.value)


def refused(words: str, act: Callable[..., object], *said: object) -> None:
    with pytest.raises(AuditError) as caught:
        act(*said)
    assert str(caught.value) == words


def test_a_proof_is_a_text_of_bounded_length_in_two_parts() -> None:
    note = make().checkpoint
    start = f"c2sp.org/tlog-proof@v1\nindex 3\n\n{note}"
    assert parse_proof(start) == parse_proof(start.encode())
    refused("proof is not UTF-8", parse_proof, start.encode() + b"\xff")
    for head in ("c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v1\nextra YQ=="):
        refused("proof has no index", parse_proof, f"{head}\n\n{note}")
    refused("not a tlog-proof", parse_proof, "c2sp.org/tlog-proof@v1\nindex 3\n")
    refused("not a tlog-proof", parse_proof, "")
    bound = MAX_NOTE + 8_192
    refused("not a tlog-proof", parse_proof, "x" * bound)
    refused("proof is too long", parse_proof, "x" * (bound + 1))
    refused("proof is too long", parse_proof, b"\xff" * (bound + 1))


def test_what_no_tree_has_cannot_be_written_as_a_proof() -> None:
    range_words = "index or number of hashes is out of range"
    proof = make()
    assert len(replace(proof, hashes=(bytes(32),) * MAX_PROOF).text().split("\n\n")[0].split("\n")) == 65
    refused(range_words, replace(proof, hashes=(bytes(32),) * (MAX_PROOF + 1)).text)
    for index in (0, MAX_INT):
        assert f"\nindex {index}\n" in replace(proof, index=index).text()
    for index in (-1, MAX_INT + 1):
        refused(range_words, replace(proof, index=index).text)
    for length in (31, 33):
        refused("a hash is not 32 bytes", replace(proof, hashes=(bytes(32), bytes(length))).text)
    with pytest.raises(FormatError):
        replace(proof, checkpoint="no note").text()
    unsigned = sign_note("no checkpoint\n", [LOG])
    with pytest.raises(FormatError):
        replace(proof, checkpoint=unsigned).text()


def test_extra_stands_before_the_index_and_may_be_empty() -> None:
    proof = replace(make(), extra=b"")
    assert proof.text().split("\n")[:3] == ["c2sp.org/tlog-proof@v1", "extra ", "index 3"]
    assert parse_proof(proof.text()) == proof
    assert parse_proof(make().text()).extra is None


def test_without_a_quorum_no_witness_is_needed_and_none_is_counted_twice() -> None:
    assert verify_proof(make(signers=0), entry(3), ORIGIN, [LOG.verifier]).index == 3
    words = "too few witnesses cosigned"
    refused(words, verify_proof, make(signers=2), entry(3), ORIGIN, [LOG.verifier], KEYS, 3)
    assert verify_proof(make(signers=2), entry(3), ORIGIN, [LOG.verifier], KEYS, 2).index == 3


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
