# SPDX-License-Identifier: Apache-2.0
"""TLS certificates of a training realm: one throw-away authority, P-256 leaves (cryptography §3).

A leaf names its holder by exactly one URI, ``spiffe://rogatory/org/<org>/dev/<subject>``. What binds a connection to a
person is not the chain but the digest of the leaf's public key in a directory row, so the authority here is only what
makes the handshake work. Operational realms get their certificates elsewhere; this module renews and revokes nothing.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import ipaddress
from dataclasses import dataclass, field
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from rogatory.protocol.ids import Entropy

_P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_LOOPBACK: Final = ("127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Credential:
    """A certificate and its private key, PEM; ``spki`` is SHA-256 of the DER SubjectPublicKeyInfo."""

    certificate: bytes
    key: bytes = field(repr=False)
    spki: bytes = b""


@dataclass(frozen=True, slots=True)
class CertificateAuthority:
    """An issuing certificate (PEM) and its key; leaves are valid between the two moments."""

    certificate: bytes
    since: dt.datetime
    until: dt.datetime
    _parsed: x509.Certificate = field(repr=False)
    _key: ec.EllipticCurvePrivateKey = field(repr=False)
    _entropy: Entropy = field(repr=False)

    @classmethod
    def create(cls, since_ms: int, until_ms: int, entropy: Entropy) -> CertificateAuthority:
        """Make a new authority whose certificate and leaves are valid from ``since_ms`` to ``until_ms``."""
        key = _new_key(entropy)
        since, until = _moment(since_ms), _moment(until_ms)
        name = _name("Rogatory training authority")
        identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        certificate = (
            _builder(name, name, key, since, until, entropy)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(identifier, critical=False)
            .sign(key, hashes.SHA256())
        )
        return cls(
            certificate.public_bytes(serialization.Encoding.PEM), since, until, certificate, key, entropy
        )

    def device(self, org: bytes, subject: bytes) -> Credential:
        """Issue a client certificate for one device of a subject."""
        uri = x509.UniformResourceIdentifier(device_uri(org, subject))
        return self._leaf("device", [uri], ExtendedKeyUsageOID.CLIENT_AUTH)

    def server(self, names: tuple[str, ...] = ("localhost",)) -> Credential:
        """Issue a server certificate for these DNS names and the loopback addresses."""
        alternatives: list[x509.GeneralName] = [x509.DNSName(name) for name in names]
        alternatives += [x509.IPAddress(ipaddress.ip_address(address)) for address in _LOOPBACK]
        return self._leaf("exchange", alternatives, ExtendedKeyUsageOID.SERVER_AUTH)

    def _leaf(self, name: str, names: list[x509.GeneralName], usage: x509.ObjectIdentifier) -> Credential:
        key = _new_key(self._entropy)
        issuer_key = self._parsed.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        certificate = (
            _builder(_name(name), self._parsed.subject, key, self.since, self.until, self._entropy)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer_key), critical=False
            )
            .sign(self._key, hashes.SHA256())
        )
        return Credential(
            certificate.public_bytes(serialization.Encoding.PEM),
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ),
            hashlib.sha256(
                key.public_key().public_bytes(
                    serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
                )
            ).digest(),
        )


def device_uri(org: bytes, subject: bytes) -> str:
    """Return the URI that a device's certificate carries, and nothing else of its kind."""
    return f"spiffe://rogatory/org/{org.hex()}/dev/{subject.hex()}"


def _new_key(entropy: Entropy) -> ec.EllipticCurvePrivateKey:
    # 48 bytes reduced: the bias is below 2**-128 (FIPS 186-5 A.2.1), and the source of randomness stays injectable.
    scalar = int.from_bytes(entropy.token(48), "big") % (_P256_ORDER - 1) + 1
    return ec.derive_private_key(scalar, ec.SECP256R1())


def _moment(at_ms: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(at_ms // 1000, dt.UTC)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    since: dt.datetime,
    until: dt.datetime,
    entropy: Entropy,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(int.from_bytes(entropy.token(19), "big") | 1)
        .not_valid_before(since)
        .not_valid_after(until)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
