# SPDX-License-Identifier: Apache-2.0
"""Server credentials: TLS 1.3 only is set before gRPC loads, and certificates that would undo it are refused."""

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from rogatory.server import tls13
from rogatory.server.config import StartupError, TlsSettings
from rogatory.server.tls import server_credentials
from tests.support.realm import shared_realm


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TlsSettings:
    monkeypatch.setenv(tls13.VARIABLE, tls13.SUITES)
    realm = shared_realm().realm
    settings = TlsSettings(
        certificate=tmp_path / "server.pem", key=tmp_path / "server.key", client_ca=tmp_path / "ca.pem"
    )
    settings.certificate.write_bytes(realm.server.certificate)
    settings.key.write_bytes(realm.server.key)
    settings.client_ca.write_bytes(realm.authority.certificate)
    return settings


def self_signed(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> tuple[bytes, bytes]:
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(x509.Name([]))
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return made.public_bytes(Encoding.PEM), private


def test_the_training_certificates_make_credentials(files: TlsSettings) -> None:
    assert server_credentials(files) is not None


def test_credentials_are_refused_where_tls_1_2_would_be_accepted(
    files: TlsSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(tls13.VARIABLE)
    with pytest.raises(StartupError, match="TLS_1_3_ONLY"):
        server_credentials(files)


@pytest.mark.parametrize("kind", ["rsa", "p384"])
def test_a_certificate_that_is_not_p256_is_refused_since_it_would_let_tls_1_2_in(
    files: TlsSettings, kind: str
) -> None:
    key = rsa.generate_private_key(65_537, 2048) if kind == "rsa" else ec.generate_private_key(ec.SECP384R1())
    certificate, private = self_signed(key)
    files.certificate.write_bytes(certificate)
    files.key.write_bytes(private)
    with pytest.raises(StartupError, match="ECDSA_P256"):
        server_credentials(files)


def test_a_key_of_another_certificate_is_refused(files: TlsSettings) -> None:
    files.key.write_bytes(self_signed(ec.generate_private_key(ec.SECP256R1()))[1])
    with pytest.raises(StartupError, match="KEY_OF_CERTIFICATE"):
        server_credentials(files)


@pytest.mark.parametrize(("name", "rule"), [("certificate", "PEM_CERTIFICATE"), ("key", "PEM_KEY")])
def test_a_file_that_is_no_pem_is_told_by_key_and_rule(files: TlsSettings, name: str, rule: str) -> None:
    path: Path = getattr(files, name)
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(StartupError, match=rule):
        server_credentials(files)


def run(code: str) -> str:
    environment = {k: v for k, v in os.environ.items() if k != tls13.VARIABLE}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True)
    return done.stdout.decode().strip()


def test_preparing_after_grpc_was_loaded_is_refused() -> None:
    late = """
import grpc
from rogatory.server import config, tls13
try:
    tls13.prepare()
except config.StartupError as error:
    print(error)
"""
    assert run(late) == "tls: SET_BEFORE_GRPC"


def test_the_entry_points_load_grpc_late_or_never() -> None:
    code = "import sys, rogatory.server.main, rogatory.server.writer.__main__; print('grpc' in sys.modules)"
    assert run(code) == "False"
