# SPDX-License-Identifier: Apache-2.0
"""Client certificates that no honest authority issues: other URIs, other times, other uses, for a key that one chooses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from rogatory.client.certificates import CertificateAuthority, Credential, device_uri
from tests.support.realm import TrainingRealm

ClientKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def uri_of(realm: TrainingRealm, name: str) -> str:
    """The URI that a person's certificate carries."""
    row = realm.row(name)
    return device_uri(row.org, row.subject)


def enrolled_key(realm: TrainingRealm, name: str) -> ec.EllipticCurvePrivateKey:
    """A person's own TLS key, whose SPKI stands in the directory."""
    key = load_pem_private_key(realm.tls(name).key, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


def issue(
    authority: CertificateAuthority,
    key: ClientKey,
    uris: Sequence[str],
    *,
    since: dt.timedelta = dt.timedelta(minutes=-5),
    until: dt.timedelta = dt.timedelta(hours=1),
    usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.CLIENT_AUTH,
) -> Credential:
    """A certificate of an authority for a key; times count from now."""
    now = dt.datetime.now(dt.UTC)
    issuer_key = authority._parsed.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    identifier = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer_key)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "device")]))
        .issuer_name(authority._parsed.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + since)
        .not_valid_after(now + until)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .add_extension(identifier, critical=False)
    )
    if uris:
        names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri) for uri in uris])
        builder = builder.add_extension(names, critical=False)
    certificate = builder.sign(authority._key, hashes.SHA256())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Credential(certificate.public_bytes(Encoding.PEM), private)
