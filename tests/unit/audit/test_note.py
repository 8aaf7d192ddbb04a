# SPDX-License-Identifier: Apache-2.0
"""Signed notes, keys and checkpoints beyond the shared vectors: own ML-DSA, mixed signers, wrong logs, odd texts.

Which keys to trust is not tested: the caller decides that.
"""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from rogatory.audit.checkpoint import Checkpoint, parse_checkpoint
from rogatory.audit.encoding import MAX_INT
from rogatory.audit.errors import AuditError, BadSignature, FormatError, UnverifiedNote
from rogatory.audit.framing import u16, u64
from rogatory.audit.keys import PublicKey, Signer, TimestampedEd25519Signer, parse_signer, parse_vkey
from rogatory.audit.merkle import EMPTY_ROOT
from rogatory.audit.note import format_note, open_checkpoint, open_note, parse_note, sign_note
from tests.support.logs import ORIGIN, ed25519_signer, mldsa_signer, seed

TEXT = Checkpoint(ORIGIN, 5, b"\x05" * 32).text()
LOG, LOG_PQ = ed25519_signer(), mldsa_signer()
WITNESS = mldsa_signer("witness.example/w1", "w1", time=1_790_000_000)


def test_a_log_signs_with_ed25519_and_ml_dsa_44_in_one_note() -> None:
    note = sign_note(TEXT, [LOG, LOG_PQ])
    signed = open_checkpoint(note, ORIGIN, [LOG.verifier, LOG_PQ.verifier])
    assert signed.checkpoint == Checkpoint(ORIGIN, 5, b"\x05" * 32)
    assert [one.time for one in signed.log_signatures] == [None, 0]
    assert len(base64.b64decode(signed.log_signatures[1].line.split(" ")[2])) == 4 + 2_428
    # A reader who knows only one of the keys is served too.
    for verifier in (LOG.verifier, LOG_PQ.verifier):
        assert len(open_checkpoint(note.encode(), ORIGIN, [verifier]).log_signatures) == 1


def test_an_ml_dsa_cosignature_states_its_time_and_covers_origin_size_and_root() -> None:
    note = sign_note(TEXT, [LOG, WITNESS])
    signed = open_checkpoint(note, ORIGIN, [LOG.verifier], [WITNESS.verifier])
    assert [one.time for one in signed.cosignatures] == [1_790_000_000]
    blob = WITNESS.sign(TEXT)
    for other in (
        Checkpoint(ORIGIN + "x", 5, b"\x05" * 32),
        Checkpoint(ORIGIN, 6, b"\x05" * 32),
        Checkpoint(ORIGIN, 5, b"\x06" * 32),
    ):
        with pytest.raises(BadSignature):
            WITNESS.verifier.verify(other.text(), blob)
    later = (1_790_000_001).to_bytes(8, "big") + blob[8:]
    for bad in (later, blob[:-1], blob + b"\0", b"\xff" + blob[1:]):
        with pytest.raises(BadSignature):
            WITNESS.verifier.verify(TEXT, bad)


def test_an_ml_dsa_key_refuses_extension_lines_because_it_cannot_cover_them() -> None:
    text = Checkpoint(ORIGIN, 5, b"\x05" * 32, ("note",)).text()
    with pytest.raises(FormatError):
        LOG_PQ.sign(text)
    with pytest.raises(BadSignature):
        LOG_PQ.verifier.verify(text, LOG_PQ.sign(TEXT))


def test_a_cosignature_alone_makes_no_checkpoint() -> None:
    with pytest.raises(UnverifiedNote):
        open_checkpoint(sign_note(TEXT, [WITNESS]), ORIGIN, [LOG.verifier], [WITNESS.verifier])


def test_a_checkpoint_of_another_log_is_refused_although_its_key_signed() -> None:
    text = Checkpoint("other.example/log", 5, b"\x05" * 32).text()
    with pytest.raises(BadSignature):
        open_checkpoint(sign_note(text, [LOG]), ORIGIN, [LOG.verifier])


def test_a_failing_witness_line_rejects_the_whole_note() -> None:
    note = sign_note(TEXT, [LOG, WITNESS])
    other = sign_note(Checkpoint(ORIGIN, 6, b"\x05" * 32).text(), [WITNESS])
    forged = note.replace(note.splitlines()[-1], other.splitlines()[-1])
    with pytest.raises(BadSignature):
        open_checkpoint(forged, ORIGIN, [LOG.verifier], [WITNESS.verifier])
    # To someone who does not know the witness the line is just an unknown one.
    assert open_checkpoint(forged, ORIGIN, [LOG.verifier]).checkpoint.size == 5


@pytest.mark.parametrize("kind", [0x01, 0x04, 0x06])
def test_signatures_of_one_type_are_not_those_of_another(kind: int) -> None:
    # Attack 29: the same key under another type has another id and signs other bytes.
    key = Ed25519PrivateKey.from_private_bytes(seed("shared"))
    signers: dict[int, Signer] = {
        0x01: ed25519_signer("k.example", "shared"),
        0x04: TimestampedEd25519Signer("k.example", key, lambda: 7),
        0x06: mldsa_signer("k.example", "shared"),
    }
    blob = signers[kind].sign(TEXT)
    for other, signer in signers.items():
        if other != kind:
            assert signer.verifier.key_id != signers[kind].verifier.key_id
            for candidate in (blob, blob[8:], bytes(8) + blob):
                with pytest.raises(BadSignature):
                    signer.verifier.verify(TEXT, candidate)


def test_attack_26_an_all_zero_or_small_order_key_verifies_nothing() -> None:
    # With a key of order 1, 2, 4 or 8 a library accepts signatures that nobody made, so there is no such key.
    assert [_order(y) for y in _SMALL] == [4, 1, 2, 8, 8]
    for y in (*_SMALL, _P, _P + 1, 2**255 - 1):
        for sign in (0, 1):
            raw = (y | sign << 255).to_bytes(32, "little")
            for kind in (0x01, 0x04):
                with pytest.raises(FormatError):
                    PublicKey("small.example", kind, raw)


_P = 2**255 - 19
_Y8 = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
_SMALL = (0, 1, _P - 1, _Y8, _P - _Y8)


def _order(y: int) -> int:
    """Returns the order (at most 8) of a point of edwards25519 by plain addition."""
    d = -121665 * pow(121666, -1, _P) % _P
    square = (y * y - 1) * pow(d * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if x * x % _P != square:
        x = x * pow(2, (_P - 1) // 4, _P) % _P
    assert x * x % _P == square
    order, (a, b) = 1, (x, y)
    while (a, b) != (0, 1) and order < 9:
        k = d * a * x * b * y
        a, b = (a * y + x * b) * pow(1 + k, -1, _P) % _P, (b * y + a * x) * pow(1 - k, -1, _P) % _P
        order += 1
    return order


def test_keys_format_and_parse_back() -> None:
    for verifier in (LOG.verifier, LOG_PQ.verifier, WITNESS.verifier):
        assert parse_vkey(verifier.vkey()) == verifier
    for text in ("", "PRIVATE+KEY+", LOG.verifier.vkey(), "PRIVATE+KEY+a+00000000+AQ=="):
        with pytest.raises(FormatError):
            parse_signer(text)


@pytest.mark.parametrize(
    "text",
    ["", "no newline", "ctrl\x01\n", "cr\r\n", "lone \ud800\n"],
    ids=["empty", "unfinished", "control", "carriage return", "surrogate"],
)
def test_texts_that_would_read_back_differently_are_never_signed(text: str) -> None:
    with pytest.raises((FormatError, UnicodeEncodeError)):
        sign_note(text, [LOG])


def test_a_private_key_text_with_the_id_of_another_key_is_refused() -> None:
    text = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
    assert parse_signer(text).verifier.name == "PeterNeumann"
    with pytest.raises(FormatError):
        parse_signer(text.replace("c74f20a3", "c74f20a4"))


def test_a_cosignature_time_beyond_63_bits_is_refused_although_signed() -> None:
    key = Ed25519PrivateKey.from_private_bytes(seed("w"))
    longest = TimestampedEd25519Signer("w.example", key, lambda: MAX_INT)
    assert longest.verifier.verify(TEXT, longest.sign(TEXT)) == MAX_INT
    beyond = TimestampedEd25519Signer("w.example", key, lambda: MAX_INT + 1)
    with pytest.raises(BadSignature):
        beyond.verifier.verify(TEXT, beyond.sign(TEXT))


def test_a_static_ct_signature_stands_for_no_extension_lines_and_no_other_origin() -> None:
    private = ec.derive_private_key(int.from_bytes(seed("ct"), "big") >> 1, ec.SECP256R1())
    spki = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    verifier = PublicKey(ORIGIN, 0x05, spki)
    head = b"\0\x01" + u64(1_790_000_000_123) + u64(5) + b"\x05" * 32
    der = private.sign(head, ec.ECDSA(SHA256()))
    blob = u64(1_790_000_000_123) + b"\x04\x03" + u16(len(der)) + der
    assert verifier.verify(TEXT, blob) == 1_790_000_000
    for bad in (
        Checkpoint(ORIGIN, 5, b"\x05" * 32, ("added later",)).text(),
        Checkpoint(ORIGIN + "x", 5, b"\x05" * 32).text(),
        Checkpoint(ORIGIN, 6, b"\x05" * 32).text(),
    ):
        with pytest.raises(BadSignature):
            verifier.verify(bad, blob)
    for changed in (blob[:11], blob[:8] + b"\x04\x01" + blob[10:], blob + b"\0"):
        with pytest.raises(BadSignature):
            verifier.verify(TEXT, changed)


def test_a_note_without_signers_is_none() -> None:
    with pytest.raises(FormatError):
        sign_note("text\n", [])


def test_a_text_may_hold_blank_lines_and_even_signature_lines() -> None:
    inner = sign_note("inner\n", [LOG])
    for text in (inner, "a\n\nb\n", "ends with blank lines\n\n\n"):
        assert open_note(sign_note(text, [LOG]), [LOG.verifier]).text == text


def test_sixteen_signature_lines_are_accepted() -> None:
    signers = [ed25519_signer(f"w{k}.example", f"w{k}") for k in range(16)]
    note = sign_note(TEXT, signers)
    assert len(open_note(note, [signer.verifier for signer in signers]).verified) == 16


def test_notes_are_bounded_before_they_are_read() -> None:
    with pytest.raises(FormatError):
        parse_note(b"a\n" * 600_000)


_TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=[chr(c) for c in range(32)]))


@given(st.lists(_TEXTS, min_size=1, max_size=4).map(lambda lines: "\n".join([*lines, ""])))
def test_signing_and_opening_are_inverse_or_the_text_is_refused(text: str) -> None:
    try:
        note = sign_note(text, [LOG])
    except FormatError:
        return
    assert open_note(note.encode(), [LOG.verifier]).text == text
    parsed = parse_note(note)
    assert format_note(parsed.text, [one.line for one in parsed.signatures]) == note


@given(st.binary(max_size=200))
def test_any_bytes_parse_to_a_note_or_are_refused(data: bytes) -> None:
    for candidate in (data, b"t\n\n" + data, sign_note("t\n", [LOG]).encode() + data):
        try:
            parsed = parse_note(candidate)
        except FormatError:
            continue
        assert format_note(parsed.text, [one.line for one in parsed.signatures]).encode() == candidate


@given(
    st.text(min_size=1, max_size=40),
    st.integers(0, MAX_INT),
    st.binary(min_size=32, max_size=32),
    st.lists(st.text(max_size=10), max_size=2),
)
def test_checkpoints_format_and_parse_back_or_are_refused(
    origin: str, size: int, root: bytes, lines: list[str]
) -> None:
    checkpoint = Checkpoint(origin, size, root if size else EMPTY_ROOT, tuple(lines))
    try:
        text = checkpoint.text()
    except FormatError:
        assert (
            not origin
            or any(char < " " for char in origin + "".join(lines))
            or "" in lines
            or (len(origin.encode("utf-8", "surrogatepass")) > 255)
        )
        return
    assert parse_checkpoint(text) == checkpoint
    assert parse_checkpoint(text.encode()) == checkpoint


def test_an_empty_tree_has_one_root_only() -> None:
    assert parse_checkpoint(Checkpoint(ORIGIN, 0, EMPTY_ROOT).text()).size == 0
    with pytest.raises(FormatError):
        parse_checkpoint(Checkpoint(ORIGIN, 0, bytes(32)).text())


def test_checkpoints_out_of_range_are_never_written() -> None:
    for size, root in ((-1, bytes(32)), (MAX_INT + 1, bytes(32)), (1, bytes(31))):
        with pytest.raises(FormatError):
            Checkpoint(ORIGIN, size, root).text()


def test_every_error_is_of_one_family() -> None:
    for kind in (FormatError, BadSignature, UnverifiedNote):
        assert issubclass(kind, AuditError)
