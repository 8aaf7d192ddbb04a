# SPDX-License-Identifier: Apache-2.0
"""Other people's signature vectors against ``rogatory.protocol.keys``: Wycheproof, C2SP/CCTV, DSSE.

Where our rules are stricter than the standard, the difference is counted: high-S P-256 and low-order Ed25519 points are
refused. P-256 signatures travel as r then s, so the DER set shows the primitive and its low-S share only. ML-DSA runs on
the primitive: rows bind a FIPS 204 context of their own, which the published signatures do not have.
"""

import base64
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from rogatory.protocol.envelope import pae
from rogatory.protocol.errors import Invalid, NotVerified
from rogatory.protocol.keys import Alg, P256Signer, check_public_key, verify
from tests.support.vectors import load_vectors

_HALF_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551 // 2


def _cases(name: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    groups = load_vectors("crypto", "wycheproof", name)["testGroups"]
    return [(group, case) for group in groups for case in group["tests"]]


def _accepts(alg: int, raw: bytes, sig: bytes, message: bytes) -> bool:
    try:
        verify(alg, raw, sig, message)
    except NotVerified:
        return False
    return True


def test_every_ed25519_case_of_wycheproof_ends_as_published() -> None:
    cases = _cases("ed25519_test.json")
    wrong = [
        case["tcId"]
        for group, case in cases
        if _accepts(
            Alg.ED25519,
            bytes.fromhex(group["publicKey"]["pk"]),
            bytes.fromhex(case["sig"]),
            bytes.fromhex(case["msg"]),
        )
        is not (case["result"] == "valid")
    ]
    assert (len(cases), wrong) == (151, [])


def test_p256_cases_end_as_published_except_that_high_s_is_refused() -> None:
    cases = _cases("ecdsa_secp256r1_sha256_p1363_test.json")
    valid, refused_high, wrong = 0, 0, []
    for group, case in cases:
        sig = bytes.fromhex(case["sig"])
        raw = bytes.fromhex(group["publicKey"]["uncompressed"])
        accepted = _accepts(Alg.P256, raw, sig, bytes.fromhex(case["msg"]))
        high = len(sig) == 64 and int.from_bytes(sig[32:], "big") > _HALF_ORDER
        if case["result"] == "valid":
            valid += 1
            refused_high += high and not accepted
        if accepted is not (case["result"] == "valid" and not high):
            wrong.append(case["tcId"])
    assert (len(cases), wrong) == (262, [])
    assert 0 < refused_high < valid


def test_p256_der_cases_end_as_published_and_71_of_174_would_be_refused_as_high_s() -> None:
    cases = _cases("ecdsa_secp256r1_sha256_test.json")
    accepted = high = 0
    for group, case in cases:
        raw = bytes.fromhex(group["publicKey"]["uncompressed"])
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)
        try:
            key.verify(bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"]), ec.ECDSA(hashes.SHA256()))
        except (InvalidSignature, ValueError):
            assert case["result"] == "invalid"
            continue
        assert case["result"] == "valid"
        accepted += 1
        r, s = decode_dss_signature(bytes.fromhex(case["sig"]))
        high += s > _HALF_ORDER
        ours = _accepts(
            Alg.P256, raw, r.to_bytes(32, "big") + s.to_bytes(32, "big"), bytes.fromhex(case["msg"])
        )
        assert ours is (s <= _HALF_ORDER)
    assert (len(cases), accepted, high) == (484, 174, 71)


@pytest.mark.parametrize(
    ("name", "key", "count"),
    [
        ("mldsa_44_verify_test.json", mldsa.MLDSA44PublicKey, 180),
        ("mldsa_65_verify_test.json", mldsa.MLDSA65PublicKey, 210),
    ],
)
def test_every_ml_dsa_case_ends_as_published(name: str, key: Any, count: int) -> None:  # noqa: ANN401
    cases = _cases(name)
    wrong = []
    for group, case in cases:
        try:
            public = key.from_public_bytes(bytes.fromhex(group["publicKey"]))
            public.verify(
                bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"]), bytes.fromhex(case.get("ctx", ""))
            )
            accepted = True
        except (InvalidSignature, ValueError):
            accepted = False
        if accepted is not (case["result"] == "valid"):
            wrong.append(case["tcId"])
    assert (len(cases), wrong) == (count, [])


def test_of_914_ed25519_edge_cases_only_43_harmless_ones_are_accepted() -> None:
    cases = load_vectors("crypto", "cctv-ed25519", "ed25519vectors.json")
    ours = plain = 0
    for case in cases:
        raw, sig, message = bytes.fromhex(case["key"]), bytes.fromhex(case["sig"]), case["msg"].encode()
        accepted = _accepts(Alg.ED25519, raw, sig, message)
        ours += accepted
        assert not (accepted and {"low_order_A", "low_order_R"} & set(case["flags"] or ()))
        try:
            ed25519.Ed25519PublicKey.from_public_bytes(raw).verify(sig, message)
            plain += 1
        except (InvalidSignature, ValueError):
            assert not accepted
    assert (len(cases), plain, ours) == (914, 208, 43)


def test_each_low_order_key_of_the_edge_cases_is_refused_at_enrolment() -> None:
    cases = load_vectors("crypto", "cctv-ed25519", "ed25519vectors.json")
    low = {case["key"] for case in cases if "low_order_A" in (case["flags"] or ())}
    assert len(low) == 14
    for key in low:
        with pytest.raises(Invalid):
            check_public_key(Alg.ED25519, bytes.fromhex(key))


def test_the_dsse_vector_has_our_encoding_and_our_deterministic_signature() -> None:
    vector = load_vectors("crypto", "c2sp-dsse", "dsse-protocol.json")
    signed = pae(vector["payloadType"], vector["payload"].encode())
    assert signed == vector["pae"].encode()
    signer = P256Signer(int(vector["d"]).to_bytes(32, "big"))
    point = int(vector["x"]).to_bytes(32, "big") + int(vector["y"]).to_bytes(32, "big")
    assert signer.public_key.raw == b"\x04" + point
    assert signer.sign(signed) == base64.b64decode(vector["sig_p1363_b64"])
    verify(Alg.P256, signer.public_key.raw, signer.sign(signed), signed)
