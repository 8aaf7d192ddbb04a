# SPDX-License-Identifier: Apache-2.0
"""The door, on the real server: TLS versions, key agreement, and certificates that should open nothing.

Two authorities are listed, as where two organisations have their own: acceptance 12 and 20 of the cryptography notes.
What somebody who is let in may do is not tested here.
"""

import datetime as dt
import json
import ssl
from collections.abc import Iterator

import grpc
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID

from rogatory.client.certificates import CertificateAuthority, Credential
from rogatory.protocol import errors
from rogatory.protocol.errors import NotAuthorised
from rogatory.protocol.ids import SystemClock, SystemEntropy
from tests.support.certificates import ClientKey, enrolled_key, issue, uri_of
from tests.support.front import ServerProcess, code_of, invoke, raw_call, wait_until
from tests.support.http2 import Frame, Http2, connect, tls_context
from tests.support.realm import TrainingRealm

LIST = "ExchangeService/ListRequests"
HEALTH = "/grpc.health.v1.Health/Check"


def new_authority() -> CertificateAuthority:
    now = SystemClock().now_ms()
    return CertificateAuthority.create(now - 1000, now + 3_600_000, SystemEntropy())


@pytest.fixture(scope="module")
def other() -> CertificateAuthority:
    """A second authority that the exchange lists."""
    return new_authority()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, other: CertificateAuthority) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("door")
    realm = TrainingRealm.build(folder)
    listed = folder / "server" / "tls" / "clients.pem"
    listed.write_bytes(listed.read_bytes() + other.certificate)
    running = ServerProcess.run(folder, realm)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    running = ServerProcess.start(tmp_path_factory.mktemp("strict"), ROGATORY_TLS__REQUIRE_PQ="true")
    yield running
    running.stop()


def channel(server: ServerProcess, credential: Credential) -> grpc.Channel:
    roots = server.realm.realm.authority.certificate
    return grpc.secure_channel(
        server.address, grpc.ssl_channel_credentials(roots, credential.key, credential.certificate)
    )


def shut_out(server: ServerProcess, credential: Credential) -> None:
    """Not even health is answered: the handshake fails."""
    with channel(server, credential) as opened, pytest.raises(grpc.RpcError) as caught:
        invoke(opened, HEALTH, b"")
    assert code_of(caught.value) is grpc.StatusCode.UNAVAILABLE


def turned_back(server: ServerProcess, credential: Credential) -> str:
    """The handshake holds and health is answered; any other call is refused, by this rule."""
    with channel(server, credential) as opened:
        invoke(opened, HEALTH, b"")
        with pytest.raises(NotAuthorised) as caught:
            raw_call(opened, LIST, b"")
    assert (caught.value.code, caught.value.field) == (errors.X_CERTIFICATE_NOT_TRUSTED, "peer")
    return caught.value.rule


def test_the_makers_own_certificate_gets_in(server: ServerProcess) -> None:
    """Else every refusal below might have another cause than the one it names."""
    realm = server.realm
    credential = issue(realm.realm.authority, enrolled_key(realm, "judge"), [uri_of(realm, "judge")])
    with channel(server, credential) as opened:
        assert raw_call(opened, LIST, b"") is not None


def test_no_older_tls_is_spoken(server: ServerProcess) -> None:
    context = tls_context(server, server.realm.tls("judge"))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with connect(server) as plain, pytest.raises(OSError):
        context.wrap_socket(plain, server_hostname="localhost")
    context.maximum_version = ssl.TLSVersion.TLSv1_3
    with context.wrap_socket(connect(server), server_hostname="localhost") as secure:
        assert secure.version() == "TLSv1.3"
        assert secure.cipher()[0].startswith("TLS_")  # type: ignore[index]  # a name of TLS 1.3
        assert not secure.compression()


def test_an_expired_certificate_and_one_of_tomorrow_are_shut_out(server: ServerProcess) -> None:
    realm = server.realm
    key, uri = enrolled_key(realm, "judge"), uri_of(realm, "judge")
    hour = dt.timedelta(hours=1)
    shut_out(server, issue(realm.realm.authority, key, [uri], since=-2 * hour, until=-hour))
    shut_out(server, issue(realm.realm.authority, key, [uri], since=hour, until=2 * hour))


def test_a_servers_certificate_is_no_clients(server: ServerProcess) -> None:
    realm = server.realm
    key, uri = enrolled_key(realm, "judge"), uri_of(realm, "judge")
    shut_out(server, issue(realm.realm.authority, key, [uri], usage=ExtendedKeyUsageOID.SERVER_AUTH))


def test_an_authority_that_is_not_listed_is_shut_out_even_for_an_enrolled_key(server: ServerProcess) -> None:
    realm = server.realm
    shut_out(server, issue(new_authority(), enrolled_key(realm, "judge"), [uri_of(realm, "judge")]))


def test_the_realms_own_authority_alone_opens_nothing_but_health(server: ServerProcess) -> None:
    realm = server.realm
    row = realm.row("judge")
    second = realm.realm.authority.device(row.org, row.subject)  # never enrolled
    assert turned_back(server, second) == "DIRECTORY.SPKI"


@pytest.mark.parametrize("kind", ["p256", "p384", "ed25519"])
def test_another_listed_authority_cannot_name_somebody_elses_device(
    server: ServerProcess, other: CertificateAuthority, kind: str
) -> None:
    """Acceptance 12: the right URI under a listed authority, and a key that no row names."""
    keys: dict[str, ClientKey] = {
        "p256": ec.generate_private_key(ec.SECP256R1()),
        "p384": ec.generate_private_key(ec.SECP384R1()),
        "ed25519": ed25519.Ed25519PrivateKey.generate(),
    }
    credential = issue(other, keys[kind], [uri_of(server.realm, "judge")])
    if kind == "ed25519":
        shut_out(server, credential)  # gRPC's TLS takes no such key
    else:
        assert turned_back(server, credential) == "DIRECTORY.SPKI"


@pytest.mark.parametrize(
    "which", ["of another person", "a second one", "twice the same", "of no realm", "none"]
)
def test_an_enrolled_key_needs_exactly_its_own_uri(server: ServerProcess, which: str) -> None:
    realm = server.realm
    right, wrong = uri_of(realm, "judge"), uri_of(realm, "investigator")
    uris = {
        "of another person": [wrong],
        "a second one": [right, wrong],
        "twice the same": [right, right],
        "of no realm": [right.replace("rogatory", "rogatory.example")],
        "none": [],
    }
    credential = issue(realm.realm.authority, enrolled_key(realm, "judge"), uris[which])
    assert turned_back(server, credential) == ("TLS.CERTIFICATE" if which == "none" else "TLS.URI")


def test_the_key_agreement_is_hybrid_and_stands_in_the_log(strict: ServerProcess) -> None:
    with strict.channel("inspector") as opened:
        raw_call(opened, LIST, b"")

    def called() -> set[str]:
        lines = [json.loads(line) for line in strict.log.read_text().splitlines()]
        return {line["tls"] for line in lines if line["event"] == "call" and line["code"] == "OK"}

    wait_until(called)  # lines of calls are held for a tenth of a second
    assert called() == {"X25519MLKEM768"}


def test_a_classical_client_is_turned_back_where_hybrid_keys_are_required(
    strict: ServerProcess, server: ServerProcess
) -> None:
    """Acceptance 20. Python's own TLS stands for the old client: it may not offer ML-KEM here."""
    with strict.channel("inspector") as opened:
        assert raw_call(opened, LIST, b"") is not None
    for running, refused in ((server, False), (strict, True)):
        context = tls_context(running, running.realm.tls("inspector"))
        context.set_ecdh_curve("prime256v1")
        with Http2(running, context) as client:
            client.request(1, LIST)
            answer = client.until(Frame.HEADERS, 1)
            while answer is not None and not answer.flags & 1:
                answer = client.next()
        assert answer is not None
        assert (b"X_CERTIFICATE_NOT_TRUSTED" in answer.body) is refused
