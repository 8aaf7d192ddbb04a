# SPDX-License-Identifier: Apache-2.0
"""TLS keys and certificate requests (PKCS #10) of parties and exchanges that make their own keys.

P-256, one name: a device's URI, or an exchange's host. Issuing certificates is somebody else's work; a certificate only
makes the handshake work, what binds a connection to a person is the directory (`rogatory.client.certificates`).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from rogatory.client.certificates import device_uri


@dataclass(frozen=True, slots=True)
class TlsRequest:
    """A fresh TLS key (PEM), the request for its certificate (PEM), SHA-256 of its SubjectPublicKeyInfo."""

    key: bytes = field(repr=False)
    request: bytes = b""
    spki: bytes = b""


def device_request(org: bytes, subject: bytes) -> TlsRequest:
    """Make a key and a request for a device of a subject (16-byte ids)."""
    return _request("device", x509.UniformResourceIdentifier(device_uri(org, subject)))


def server_request(host: str) -> TlsRequest:
    """Make a key and a request for an exchange that answers under a host name."""
    return _request("exchange", x509.DNSName(host))


def _request(common: str, name: x509.GeneralName) -> TlsRequest:
    key = ec.generate_private_key(ec.SECP256R1())
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)]))
        .add_extension(x509.SubjectAlternativeName([name]), critical=False)
        .sign(key, hashes.SHA256())
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return TlsRequest(
        private, request.public_bytes(serialization.Encoding.PEM), hashlib.sha256(public).digest()
    )
