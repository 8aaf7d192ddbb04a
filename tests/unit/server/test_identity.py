# SPDX-License-Identifier: Apache-2.0
"""Who is calling: the certificate's key must stand in an active row that its one URI names, on every call."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from rogatory.client.certificates import device_uri
from rogatory.protocol import errors
from rogatory.protocol.directory import Directory, KeyRow, OrgRow, RowStatus, TrustList, build_directory
from rogatory.protocol.errors import NotAuthorised
from rogatory.protocol.ids import SystemClock
from rogatory.server import identity
from rogatory.server.tls import spki_digest
from tests.support.realm import shared_realm

NOW = SystemClock().now_ms()


def auth(certificate: bytes, version: bytes = b"TLSv1.3") -> dict[str, list[bytes]]:
    return {"x509_pem_cert": [certificate], "ssl_tls_version": [version]}


def refused(context: dict[str, list[bytes]], directory: Directory, now_ms: int = NOW) -> str:
    with pytest.raises(NotAuthorised) as caught:
        identity.identify(context, directory, now_ms)
    assert caught.value.code == errors.X_CERTIFICATE_NOT_TRUSTED
    return caught.value.rule


def changed(
    key: Callable[[KeyRow], KeyRow] = lambda row: row, org: Callable[[OrgRow], OrgRow] = lambda row: row
) -> Directory:
    """The shared directory with the judge's row or organisation changed."""
    realm = shared_realm()
    judge, old = realm.row("judge"), realm.directory.trust_list
    changed_list: TrustList = replace(
        old,
        keys=tuple(key(row) if row == judge else row for row in old.keys),
        orgs=tuple(org(row) if row.org == judge.org else row for row in old.orgs),
    )
    return build_directory(realm.root, changed_list, realm.directory.index)


def certificate(*uris: str) -> tuple[bytes, bytes]:
    """A certificate with these URIs, and its SPKI digest."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([])
    now = dt.datetime.fromtimestamp(NOW // 1000, dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + dt.timedelta(days=1))
    )
    if uris:
        names = [x509.UniformResourceIdentifier(uri) for uri in uris]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    made = builder.sign(key, hashes.SHA256())
    return made.public_bytes(Encoding.PEM), spki_digest(made)


def test_an_enrolled_device_is_its_row() -> None:
    realm = shared_realm()
    caller = identity.identify(auth(realm.tls("judge").certificate), realm.directory, NOW)
    assert (caller.row, caller.org) == (realm.row("judge"), realm.org("judge"))


def test_an_older_tls_is_refused_whoever_speaks_it() -> None:
    realm = shared_realm()
    assert refused(auth(realm.tls("judge").certificate, b"TLSv1.2"), realm.directory) == "TLS.VERSION"
    assert refused({"x509_pem_cert": [realm.tls("judge").certificate]}, realm.directory) == "TLS.VERSION"


def test_no_certificate_and_no_pem_are_refused() -> None:
    directory = shared_realm().directory
    assert refused({"ssl_tls_version": [b"TLSv1.3"]}, directory) == "TLS.CERTIFICATE"
    assert refused(auth(b"not a certificate"), directory) == "TLS.CERTIFICATE"


def test_a_key_that_no_row_names_is_nobody() -> None:
    realm = shared_realm()
    row = realm.row("judge")
    pem, _ = certificate(device_uri(row.org, row.subject))
    assert refused(auth(pem), realm.directory) == "DIRECTORY.SPKI"


@pytest.mark.parametrize("status", [RowStatus.REVOKED, RowStatus.SUSPENDED])
def test_a_row_that_stops_counting_stops_at_the_next_call(status: RowStatus) -> None:
    context = auth(shared_realm().tls("judge").certificate)
    assert refused(context, changed(key=lambda row: replace(row, status=status))) == "DIRECTORY.VALIDITY"


def test_a_row_counts_within_its_time_only() -> None:
    realm = shared_realm()
    row, context = realm.row("judge"), auth(realm.tls("judge").certificate)
    assert refused(context, realm.directory, row.valid_from_ms - 1) == "DIRECTORY.VALIDITY"
    assert refused(context, realm.directory, row.valid_until_ms) == "DIRECTORY.VALIDITY"


def test_nobody_of_a_suspended_organisation_gets_in() -> None:
    context = auth(shared_realm().tls("judge").certificate)
    suspended = changed(org=lambda org: replace(org, status=RowStatus.SUSPENDED))
    assert refused(context, suspended) == "DIRECTORY.ORG"


@pytest.mark.parametrize("which", ["none", "another person", "two", "with a tail"])
def test_the_uri_must_be_exactly_one_and_that_of_the_row(which: str) -> None:
    realm = shared_realm()
    row, other = realm.row("judge"), realm.row("investigator")
    right, wrong = device_uri(row.org, row.subject), device_uri(other.org, other.subject)
    uris = {"none": (), "another person": (wrong,), "two": (right, wrong), "with a tail": (right + "/x",)}
    pem, spki = certificate(*uris[which])
    directory = changed(key=lambda row: replace(row, tls_spki=spki))
    assert refused(auth(pem), directory) == ("TLS.CERTIFICATE" if which == "none" else "TLS.URI")


def test_without_ml_kem_nobody_is_let_in_where_it_is_required() -> None:
    realm = shared_realm()
    context = auth(realm.tls("judge").certificate)
    for group in (b"X25519", b"SecP256r1MLKEM768", b""):
        context["ssl_negotiated_key_exchange_group"] = [group]
        assert identity.identify(context, realm.directory, NOW).group == group.decode()
        with pytest.raises(NotAuthorised) as caught:
            identity.identify(context, realm.directory, NOW, require_pq=True)
        assert caught.value.rule == "TLS.GROUP"
    context["ssl_negotiated_key_exchange_group"] = [b"X25519MLKEM768"]
    assert identity.identify(context, realm.directory, NOW, require_pq=True).row == realm.row("judge")


def test_a_known_caller_is_looked_at_anew_with_every_directory_and_every_time() -> None:
    realm, callers = shared_realm(), identity.Callers()
    row, context = realm.row("judge"), auth(realm.tls("judge").certificate)
    first = callers.identify(context, realm.directory, NOW)
    assert first == identity.identify(context, realm.directory, NOW)
    assert callers.identify(context, realm.directory, NOW) is first
    with pytest.raises(NotAuthorised) as expired:
        callers.identify(context, realm.directory, row.valid_until_ms)
    with pytest.raises(NotAuthorised) as revoked:
        callers.identify(context, changed(key=lambda row: replace(row, status=RowStatus.REVOKED)), NOW)
    assert expired.value.rule == revoked.value.rule == "DIRECTORY.VALIDITY"


def test_a_known_caller_is_known_by_all_that_its_connection_shows() -> None:
    realm, callers = shared_realm(), identity.Callers(require_pq=True)
    context = auth(realm.tls("judge").certificate)
    context["ssl_negotiated_key_exchange_group"] = [b"X25519MLKEM768"]
    assert callers.identify(context, realm.directory, NOW).row == realm.row("judge")
    for name, value in (("ssl_negotiated_key_exchange_group", b"X25519"), ("ssl_tls_version", b"TLSv1.2")):
        with pytest.raises(NotAuthorised):
            callers.identify({**context, name: [value]}, realm.directory, NOW)
    other = {**context, "x509_pem_cert": [realm.tls("investigator").certificate]}
    assert callers.identify(other, realm.directory, NOW).row == realm.row("investigator")
