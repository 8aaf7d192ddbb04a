# SPDX-License-Identifier: Apache-2.0
"""Other people's vectors for everything that sealing stands on: HPKE, X-Wing, ML-KEM, X25519, HKDF, AES-GCM, chunks.

The HPKE vectors carry additional data, which the library's public call cannot take; its private one is used, in tests
only. The chunked vectors are keyed with SHA-256 and Cobblestone-256 with SHA-512, so they judge the framing written in
``tests.support.chunked``, and that framing with SHA-512 judges our body. Not run: ChaCha20-Poly1305 of Wycheproof, since
nothing here uses it outside the chunked and HPKE sets, and the eleven post-quantum HPKE suites with other KEMs.
"""

import base64
import hashlib
import zlib
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, mlkem, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from rogatory.client.sealing import body, xwing
from rogatory.protocol.sealed import body_length, key_commitment
from tests.support.chunked import Framing
from tests.support.vectors import load_vectors

_X_WING = 0x647A
_KDFS = {1: KDF.HKDF_SHA256, 3: KDF.HKDF_SHA512, 0x10: KDF.SHAKE128, 0x11: KDF.SHAKE256}
_AEADS = {1: AEAD.AES_128_GCM, 2: AEAD.AES_256_GCM, 3: AEAD.CHACHA20_POLY1305}


def _cases(name: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    groups = load_vectors("crypto", "wycheproof", name)["testGroups"]
    return [(group, case) for group in groups for case in group["tests"]]


def _opens(vector: dict[str, Any], kem: KEM, key: Any) -> bool:  # noqa: ANN401 - any of the KEM's key classes
    first = vector["encryptions"][0]
    plain = openssl.hpke._decrypt_with_aad(
        Suite(kem, _KDFS[vector["kdf_id"]], _AEADS[vector["aead_id"]]),
        bytes.fromhex(vector["enc"]) + bytes.fromhex(first["ct"]),
        key,
        bytes.fromhex(vector["info"]),
        bytes.fromhex(first["aad"]),
    )
    return plain == bytes.fromhex(first["pt"])


def test_the_two_x_wing_suites_open_with_our_keys_from_seeds() -> None:
    vectors = load_vectors("crypto", "pyca", "hpke-pq-test-vectors.json")
    ours = [vector for vector in vectors if vector["kem_id"] == _X_WING]
    for vector in ours:
        seed = bytes.fromhex(vector["skRm"])
        assert xwing.public_raw(seed).hex() == vector["pkRm"]
        assert _opens(vector, KEM.MLKEM768_X25519, xwing.private_key(seed))
    assert len(ours) == 2


def test_the_twelve_suites_of_rfc_9180_open() -> None:
    vectors = load_vectors("crypto", "pyca", "rfc9180-base-x25519-p256-trimmed.json")
    for vector in vectors:
        raw = bytes.fromhex(vector["skRm"])
        if vector["kem_id"] == 0x20:
            assert _opens(vector, KEM.X25519, x25519.X25519PrivateKey.from_private_bytes(raw))
        else:
            key = ec.derive_private_key(int.from_bytes(raw, "big"), ec.SECP256R1())
            assert _opens(vector, KEM.P256, key)
    assert len(vectors) == 12


def _chunked(vector: dict[str, Any]) -> bytes | None:
    sealed = base64.b64decode(vector["ciphertext"] or "")  # null: no bytes at all
    if vector.get("compressed"):
        sealed = zlib.decompress(sealed)
    try:
        return Framing(vector["aead"], hashes.SHA256()).open(
            bytes.fromhex(vector["key"]), vector["context"].encode(), sealed
        )
    except InvalidTag:
        return None


def test_all_102_chunked_vectors_end_as_published() -> None:
    vectors = load_vectors("crypto", "pyca", "chunked-encryption-vectors.json")["vectors"]
    opened = 0
    for vector in vectors:
        plain = _chunked(vector)
        assert (plain is not None) is (vector["expect"] == "success"), vector["name"]
        if plain is not None:
            opened += 1
            assert hashlib.sha256(plain).hexdigest() == vector["payload_sha256"]
    assert (len(vectors), opened) == (102, 27)


def test_no_published_success_opens_as_cobblestone_because_the_hash_is_another() -> None:
    vectors = load_vectors("crypto", "pyca", "chunked-encryption-vectors.json")["vectors"]
    for vector in vectors:
        if vector["expect"] == "success" and vector["aead"] == "AEAD_AES_256_GCM":
            sealed = base64.b64decode(vector["ciphertext"])
            sealed = zlib.decompress(sealed) if vector.get("compressed") else sealed
            cipher = body.decryptor(bytes.fromhex(vector["key"]), vector["context"].encode())
            with pytest.raises(InvalidTag):
                assert cipher.update(sealed) + cipher.finalize()


@pytest.mark.parametrize("length", [0, 1, 4096, 16_383, 16_384, 16_385, 40_000])
def test_our_body_and_an_independent_cobblestone_256_open_each_other(length: int) -> None:
    framing = Framing("AEAD_AES_256_GCM", hashes.SHA512())
    key, context, plain = hashlib.sha256(b"k").digest(), b"context", bytes(range(256)) * (length // 256 + 1)
    plain = plain[:length]
    cipher = body.encryptor(key, context)
    sealed = cipher.update(plain) + cipher.finalize()
    assert len(sealed) == body_length(length)
    assert framing.open(key, context, sealed) == plain
    theirs = framing.seal(key, context, b"s" * 24, plain)
    assert key_commitment(theirs) == theirs[24:56]
    opener = body.decryptor(key, context)
    assert opener.update(theirs) + opener.finalize() == plain


def test_ml_kem_768_decapsulates_as_published() -> None:
    cases = _cases("mlkem_768_test.json")
    for _, case in cases:
        shared = None
        try:
            key = mlkem.MLKEM768PrivateKey.from_seed_bytes(bytes.fromhex(case["seed"]))
            shared = key.decapsulate(bytes.fromhex(case["c"]))
        except ValueError:
            assert case["result"] == "invalid"
        if case["result"] == "valid":
            assert shared == bytes.fromhex(case["K"])
    assert len(cases) == 193


def test_ml_kem_768_keys_from_seeds_are_as_published() -> None:
    cases = _cases("mlkem_768_keygen_seed_test.json")
    for _, case in cases:
        key = mlkem.MLKEM768PrivateKey.from_seed_bytes(bytes.fromhex(case["seed"]))
        assert key.public_key().public_bytes_raw().hex() == case["ek"]
    assert len(cases) == 100


def test_malformed_ml_kem_768_keys_are_refused_at_import() -> None:
    accepted = refused = 0
    for _, case in _cases("mlkem_768_encaps_test.json"):
        try:
            mlkem.MLKEM768PublicKey.from_public_bytes(bytes.fromhex(case["ek"]))
        except ValueError:
            assert case["result"] == "invalid"
            refused += 1
        else:
            assert case["result"] == "valid"
            accepted += 1
    assert (accepted, refused) == (133, 132)


def test_x25519_ends_as_published_and_31_small_order_inputs_raise() -> None:
    valid = raised = acceptable = 0
    for _, case in _cases("x25519_test.json"):
        private = x25519.X25519PrivateKey.from_private_bytes(bytes.fromhex(case["private"]))
        public = x25519.X25519PublicKey.from_public_bytes(bytes.fromhex(case["public"]))
        acceptable += case["result"] == "acceptable"
        try:
            assert private.exchange(public).hex() == case["shared"]
        except ValueError:
            assert case["result"] == "acceptable"
            raised += 1
        else:
            valid += case["result"] == "valid"
    assert (valid, acceptable, raised) == (264, 254, 31)


def test_aes_gcm_with_our_nonce_and_tag_lengths_ends_as_published() -> None:
    count = 0
    for group, case in _cases("aes_gcm_test.json"):
        if (group["ivSize"], group["tagSize"]) != (96, 128):
            continue
        count += 1
        cipher, nonce = AESGCM(bytes.fromhex(case["key"])), bytes.fromhex(case["iv"])
        sealed, aad = bytes.fromhex(case["ct"] + case["tag"]), bytes.fromhex(case["aad"])
        try:
            plain = cipher.decrypt(nonce, sealed, aad)
        except InvalidTag:
            assert case["result"] == "invalid"
        else:
            assert (case["result"], plain.hex()) == ("valid", case["msg"])
    assert count == 197


@pytest.mark.parametrize(
    ("name", "algorithm", "count"),
    [
        ("hkdf_sha256_test.json", hashes.SHA256(), 86),
        ("hkdf_sha512_test.json", hashes.SHA512(), 83),
    ],
)
def test_hkdf_ends_as_published(name: str, algorithm: hashes.HashAlgorithm, count: int) -> None:
    cases = _cases(name)
    refused = 0
    for _, case in cases:
        try:
            kdf = HKDF(algorithm, case["size"], bytes.fromhex(case["salt"]), bytes.fromhex(case["info"]))
            okm = kdf.derive(bytes.fromhex(case["ikm"])).hex()
        except ValueError:
            refused += 1
            assert case["result"] == "invalid"
        else:
            assert (case["result"], okm) == ("valid", case["okm"])
    assert (len(cases), refused) == (count, 3)
