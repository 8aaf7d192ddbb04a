# SPDX-License-Identifier: Apache-2.0
"""Server credentials: an ECDSA P-256 certificate, and client certificates demanded (cryptography §3).

The chain of a client certificate is only what lets the handshake through: whose it is, is looked up by its public key
in the directory on every call (``rogatory.server.identity``). Reads key and certificate files once, at start.
"""

from __future__ import annotations

import hashlib

import grpc
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from rogatory.server.config import StartupError, TlsSettings, read_named
from rogatory.server.tls13 import require_prepared


def server_credentials(settings: TlsSettings) -> grpc.ServerCredentials:
    """Return credentials that demand a client certificate.

    Raises:
        StartupError: A file is not what it should be, the key is another's, or TLS 1.2 would be accepted.
    """
    require_prepared()
    certificate = read_named(settings.certificate, "tls.certificate")
    key = read_named(settings.key, "tls.key")
    clients = read_named(settings.client_ca, "tls.client_ca")
    chain, private, authorities = _checked(certificate, key, clients)
    # Written anew: gRPC's parser is another one, and what it does not read it tells as a port that is taken.
    secret = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return grpc.ssl_server_credentials([(secret, _pem(chain))], _pem(authorities), require_client_auth=True)


def _pem(certificates: list[x509.Certificate]) -> bytes:
    return b"".join(item.public_bytes(Encoding.PEM) for item in certificates)


def spki_digest(certificate: x509.Certificate) -> bytes:
    """Return SHA-256 of the DER SubjectPublicKeyInfo: what a directory row holds."""
    spki = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(spki).digest()


def _checked(
    certificate: bytes, key: bytes, clients: bytes
) -> tuple[list[x509.Certificate], ec.EllipticCurvePrivateKey, list[x509.Certificate]]:
    try:
        chain = x509.load_pem_x509_certificates(certificate)
    except ValueError:
        raise StartupError("tls.certificate: PEM_CERTIFICATE") from None
    public = chain[0].public_key()
    try:
        authorities = x509.load_pem_x509_certificates(clients)
    except ValueError:
        raise StartupError("tls.client_ca: PEM_CERTIFICATE") from None
    if not isinstance(public, ec.EllipticCurvePublicKey) or not isinstance(public.curve, ec.SECP256R1):
        # With another kind the cipher list would let TLS 1.2 in.
        raise StartupError("tls.certificate: ECDSA_P256")
    try:
        private = load_pem_private_key(key, None)
    except (ValueError, TypeError):
        raise StartupError("tls.key: PEM_KEY") from None
    if not isinstance(private, ec.EllipticCurvePrivateKey) or private.public_key() != public:
        raise StartupError("tls.key: KEY_OF_CERTIFICATE")
    return chain, private, authorities
