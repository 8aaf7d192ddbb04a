# SPDX-License-Identifier: Apache-2.0
"""Signatures that a lax verifier takes: malleated, of low order, of another algorithm, half of a pair, of another message.

| attack | test |
|---|---|
| Ed25519 S + L, non-canonical R (A15, log-privacy §14 row 26) | test_a_malleated_ed25519_signature_is_refused |
| low-order R with S = 0, low-order or all-zero key (acceptance 25, row 26) | test_a_low_order_r_is_refused, test_a_low_order_key_is_never_enrolled |
| P-256 high S, r or s of zero or the order (acceptance 25) | test_a_malleated_p256_signature_is_refused |
| an Ed25519 row with a P-256 signature and the reverse (acceptance 25) | test_a_row_verifies_only_with_its_own_algorithm |
| half of a hybrid signature, halves swapped (A06) | test_half_a_hybrid_signature_is_refused |
| one kind of signed object offered as another (row 29) | test_a_statements_signature_counts_in_no_quorum_and_the_reverse, test_a_log_heads_signature_is_no_statements |
| one signature repeated, one key twice (rows 27, 28) | tests/unit/test_quorum.py |

CCTV's 914 and Wycheproof's cases run in tests/conformance/test_signature_vectors.py and are not repeated. "Refused" is
held where it matters: by whoever verifies an envelope, and by the exchange.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from rogatory.audit.keys import Ed25519Signer as Ed25519NoteSigner
from rogatory.audit.keys import parse_vkey
from rogatory.audit.note import parse_note, sign_note
from rogatory.protocol import codec, keys
from rogatory.protocol.directory import TRUST_LIST_TYPE, KeySet, build_directory
from rogatory.protocol.envelope import pae, parse_envelope, sign_statement, verify_envelope
from rogatory.protocol.errors import Invalid, NotVerified
from rogatory.protocol.header import StatementKind
from rogatory.protocol.keys import Alg, HybridSigner, P256Signer
from rogatory.protocol.quorum import Quorum, QuorumSignature, sign_quorum, verify_quorum
from rogatory.protocol.receipt import log_identity, verify_head
from rogatory.protocol.statements import PAYLOAD_TYPES, Statement, Withdraw
from tests.support.acts import World
from tests.support.life import enrolled, issued, refusal, sister

L = 2**252 + 27742317777372353535851937790883648493
P = 2**255 - 19
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
P256 = P256Signer(bytes(31) + b"\x07")
BAD = ("X_SIGNATURE_INVALID", "sig", "SIGNATURE")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The training realm with one more person of the agency, whose key is of P-256."""
    folder = tmp_path_factory.mktemp("signatures")
    first = World.build(folder / "first")
    raw = P256.public_key.raw
    return sister(
        first, folder / "second", more=[enrolled(first, "investigator", "token", alg=Alg.P256, raw=raw)]
    )


def withdrawal(world: World, name: str) -> tuple[bytes, bytes, keys.Signer]:
    """Signed by `name`, good and not submitted: envelope, message, signer."""
    state = issued(world)
    header = world.header(name, StatementKind.WITHDRAW, state.request_id, state)
    statement = Statement(replace(header, about=state.issue_digest), Withdraw("ERROR"))
    signer = P256 if name == "token" else world.realm.signer(name)
    data = sign_statement(statement, signer)
    envelope = parse_envelope(data)
    return data, pae(envelope.payload_type, envelope.payload), signer


def refused(world: World, name: str, data: bytes, sig: bytes) -> None:
    """The envelope with this signature is refused by everybody, and the good one still goes in."""
    forged = codec.encode(replace(parse_envelope(data), sig=sig))
    with pytest.raises(NotVerified) as caught:
        verify_envelope(forged, world.realm.directory, world.clock.now_ms())
    assert caught.value.args == BAD
    assert refusal(world, name, forged) == BAD


def little(value: int) -> bytes:
    return value.to_bytes(32, "little")


def test_a_malleated_ed25519_signature_is_refused(world: World) -> None:
    """S + L signs the same message for a lax verifier and would make a second envelope digest of one act."""
    data, _message, _signer = withdrawal(world, "investigator")
    r, s = (sig := parse_envelope(data).sig)[:32], int.from_bytes(sig[32:], "little")
    assert s < L
    y = int.from_bytes(r, "little") & (1 << 255) - 1
    forged = [r + little(s + L), r + little(L - s), r + bytes(32), r + little(L)]
    forged += [bytes(r[:31]) + bytes([r[31] ^ 0x80]) + sig[32:]]
    if y + P < 1 << 255:
        forged.append(little(y + P | int(r[31] & 0x80) << 248) + sig[32:])
    forged += [little(P + 1) + sig[32:], sig[:63], sig + b"\0", sig[32:] + r]
    for item in forged:
        refused(world, "investigator", data, item)
    assert world.submit("investigator", data)[0].receipt is not None


def test_a_low_order_r_is_refused(world: World) -> None:
    """Each encoding of a point of low order as R, with S = 0 and with the honest S."""
    data, _message, _signer = withdrawal(world, "investigator")
    honest = parse_envelope(data).sig[32:]
    for point in sorted(keys._LOW_ORDER):
        for s in (bytes(32), honest, little(L)):
            refused(world, "investigator", data, point + s)


def test_a_low_order_key_is_never_enrolled(world: World) -> None:
    """With A of low order, one signature fits many messages: no directory is made with such a row."""
    trust = world.realm.directory.trust_list
    for point in sorted(keys._LOW_ORDER):
        row = replace(world.realm.row("judge"), raw=point, tls_spki=b"\2" * 32)
        rows = tuple(sorted((*trust.keys, row), key=lambda item: item.key_id))
        with pytest.raises(Invalid) as caught:
            build_directory(world.realm.root, replace(trust, keys=rows), 2)
        assert (caught.value.code, caught.value.rule) == ("X_FIELD_INVALID", "KEY_FORM")
        with pytest.raises(NotVerified):
            keys.verify(Alg.ED25519, point, bytes(64), b"any message")


def test_a_malleated_p256_signature_is_refused(world: World) -> None:
    """N - s signs the same message too: only the low one is taken."""
    data, _message, _signer = withdrawal(world, "token")
    sig = parse_envelope(data).sig
    r, s = int.from_bytes(sig[:32], "big"), int.from_bytes(sig[32:], "big")
    assert s <= N // 2
    for pair in ((r, N - s), (r, 0), (0, s), (0, 0), (N, s), (r, N)):
        refused(world, "token", data, b"".join(value.to_bytes(32, "big") for value in pair))
    refused(world, "token", data, sig[:63])
    assert world.submit("token", data)[0].receipt is not None


@pytest.mark.parametrize(("name", "other"), [("investigator", P256), ("token", None)])
def test_a_row_verifies_only_with_its_own_algorithm(
    world: World, name: str, other: keys.Signer | None
) -> None:
    """The row says the algorithm; a valid signature of another one over the same bytes is none."""
    data, message, _signer = withdrawal(world, name)
    signer = other or world.realm.signer("investigator")
    sig = signer.sign(message)
    keys.verify(signer.public_key.alg, signer.public_key.raw, sig, message)
    refused(world, name, data, sig)


def test_half_a_hybrid_signature_is_refused() -> None:
    """Root, list and packs: both halves must hold, in their order, over the same message."""
    signer, other = HybridSigner(bytes(range(64))), HybridSigner(bytes(range(1, 65)))
    public, message = signer.public_key, pae(TRUST_LIST_TYPE, b"payload")
    sig, theirs, stale = signer.sign(message), other.sign(message), signer.sign(message + b"!")
    keys.verify(public.alg, public.raw, sig, message)
    for bad in (
        sig[:64],
        sig[64:],
        sig[64:] + sig[:64],
        theirs[:64] + sig[64:],
        sig[:64] + theirs[64:],
        stale[:64] + sig[64:],
        sig[:64] + stale[64:],
        bytes(64) + sig[64:],
        sig[:64] + bytes(len(sig) - 64),
    ):
        with pytest.raises(NotVerified, match="X_SIGNATURE_INVALID"):
            keys.verify(public.alg, public.raw, bad, message)
    # Each half alone is no key of its own: the Ed25519 half signs the framed message and never the plain one.
    for alg, raw, part in (
        (Alg.ED25519, public.raw[:32], sig[:64]),
        (Alg.ML_DSA_65, public.raw[32:], sig[64:]),
    ):
        with pytest.raises(NotVerified):
            keys.verify(alg, raw, part, message)


def test_a_statements_signature_counts_in_no_quorum_and_the_reverse(world: World) -> None:
    """The same key in both roles: the type inside the signed bytes keeps them apart."""
    signer = world.realm.signer("investigator")
    key_set = KeySet((signer.public_key,), 1)
    data, _message, _signer = withdrawal(world, "investigator")
    envelope = parse_envelope(data)
    as_list = Quorum(envelope.payload, TRUST_LIST_TYPE, (QuorumSignature(envelope.key_id, envelope.sig),))
    with pytest.raises(NotVerified, match="X_SIGNATURE_INVALID"):
        verify_quorum(codec.encode(as_list), TRUST_LIST_TYPE, key_set)
    with pytest.raises(Invalid):
        verify_quorum(data, TRUST_LIST_TYPE, key_set)
    quorum = sign_quorum(codec.encode(world.realm.directory.trust_list), TRUST_LIST_TYPE, [signer])
    assert verify_quorum(quorum, TRUST_LIST_TYPE, key_set)
    found = refusal(world, "investigator", quorum)
    assert found == ("X_FIELD_INVALID", "envelope.key_id", "DIGEST"), "a quorum is no envelope"
    (sig,) = codec.decode(Quorum, quorum, limit=1 << 22).signatures
    for kind in (envelope.payload_type, TRUST_LIST_TYPE):
        payload = codec.decode(Quorum, quorum, limit=1 << 22).payload
        swapped = replace(envelope, payload=payload, payload_type=kind, sig=sig.sig)
        with pytest.raises((Invalid, NotVerified), match=r"X_(SIGNATURE_INVALID|ENCODING|TOO_LARGE)"):
            verify_envelope(codec.encode(swapped), world.realm.directory, world.clock.now_ms())


def test_a_log_heads_signature_is_no_statements(world: World) -> None:
    """A log key that is also enrolled as a person's: neither signature can be offered as the other."""
    note = parse_note(world.engine._core.log.head().note)
    (sig,) = note.signatures
    key = parse_vkey(world.realm.root.log_vkeys[0].decode()).key
    keys.verify(Alg.ED25519, key, sig.blob, note.text.encode())
    signer = Ed25519NoteSigner(
        world.realm.root.log_origin, Ed25519PrivateKey.from_private_bytes(world.realm.realm.log.ed25519)
    )
    log = log_identity(world.realm.root)
    verify_head(sign_note(note.text, [signer]).encode(), log)
    for kind in PAYLOAD_TYPES:
        message = pae(kind, note.text.encode())
        with pytest.raises(NotVerified):
            keys.verify(Alg.ED25519, key, sig.blob, message)
        # A PAE round a head even parses as a head, of a log with another name: an origin of ours holds no space.
        with pytest.raises(NotVerified):
            verify_head(sign_note(message.decode(), [signer]).encode(), log)
