# SPDX-License-Identifier: Apache-2.0
"""A certificate is no device and a connection is no leave: what statements and looks come to that arrive by a wrong door.

| attack | test |
|---|---|
| the right URI under another listed authority, on every method (acceptance 12) | test_somebody_elses_uri_opens_no_method_and_leaves_nothing |
| the same with the victim's own signed statement | test_a_stolen_statement_does_not_open_the_door_for_its_thief |
| a front that passes on a device which no row names | test_the_write_path_knows_no_device_that_no_row_names |
| a statement over a connection without ML-KEM where hybrid keys are required (acceptance 20) | test_a_statement_that_came_over_classical_keys_is_not_taken |

Handshakes and TLS versions are the matter of tests/hardening, not of this file.
"""

from __future__ import annotations

from collections.abc import Iterator

import grpc
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from rogatory.client.certificates import CertificateAuthority
from rogatory.protocol import codec
from rogatory.protocol.errors import NotAuthorised, RogatoryError
from rogatory.protocol.ids import SystemClock, SystemEntropy
from rogatory.protocol.wire import SubmitRequest
from rogatory.server.engine import Job, Op
from tests.support.acts import World
from tests.support.certificates import issue, uri_of
from tests.support.front import ServerProcess, Wire, typed
from tests.support.http2 import Frame, Http2, tls_context
from tests.support.probing import METHODS, Footprint, send_raw
from tests.support.realm import TrainingRealm

SUBMIT = "ExchangeService/Submit"
UNTRUSTED = ("X_CERTIFICATE_NOT_TRUSTED", "peer")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("forged")
    realm = TrainingRealm.build(folder)
    (folder / "server" / "tls" / "clients.pem").write_bytes(
        realm.realm.authority.certificate + _other().certificate
    )
    running = ServerProcess.run(folder, realm)
    yield running
    running.stop()
    assert "internal_error" not in running.events()


_AUTHORITIES: list[CertificateAuthority] = []


def _other() -> CertificateAuthority:
    """A second authority that the exchange lists, such as another organisation's."""
    if not _AUTHORITIES:
        now = SystemClock().now_ms()
        _AUTHORITIES.append(CertificateAuthority.create(now - 1000, now + 3_600_000, SystemEntropy()))
    return _AUTHORITIES[0]


@pytest.fixture(scope="module")
def forged(server: ServerProcess) -> Iterator[grpc.Channel]:
    """A connection with the investigator's URI and a key of the thief's own."""
    made = issue(_other(), ec.generate_private_key(ec.SECP256R1()), [uri_of(server.realm, "investigator")])
    roots = server.realm.realm.authority.certificate
    credentials = grpc.ssl_channel_credentials(roots, made.key, made.certificate)
    with grpc.secure_channel(server.address, credentials) as channel:
        yield channel


def refused(channel: grpc.Channel, method: str, payload: bytes) -> RogatoryError:
    with pytest.raises(grpc.RpcError) as caught:
        send_raw(channel, method, payload)
    return typed(caught.value)


@pytest.mark.parametrize("method", METHODS)
def test_somebody_elses_uri_opens_no_method_and_leaves_nothing(
    server: ServerProcess, forged: grpc.Channel, method: str
) -> None:
    before = Footprint.of(server)
    error = refused(forged, method, b"")
    assert isinstance(error, NotAuthorised)
    assert error.args == (*UNTRUSTED, "DIRECTORY.SPKI")
    assert Footprint.of(server) == before


def test_a_stolen_statement_does_not_open_the_door_for_its_thief(
    server: ServerProcess, forged: grpc.Channel
) -> None:
    acts = Wire(server)
    _, envelope = acts.issue()
    before = Footprint.of(server)
    error = refused(forged, SUBMIT, codec.encode(SubmitRequest((envelope,))))
    assert error.args == (*UNTRUSTED, "DIRECTORY.SPKI")
    assert Footprint.of(server) == before
    assert acts.submit("investigator", envelope)[0].receipt is not None  # its owner is not blocked by that
    acts.close()


@pytest.mark.parametrize("op", Op)
def test_the_write_path_knows_no_device_that_no_row_names(
    tmp_path_factory: pytest.TempPathFactory, op: Op
) -> None:
    world = World.build(tmp_path_factory.mktemp("writer"))
    _, envelope = world.issue()
    payload = codec.encode(SubmitRequest((envelope,))) if op is Op.SUBMIT else b""
    size = world.engine.size
    (reply,) = world.engine.process([Job(op, bytes(32), payload)])
    assert isinstance(reply, NotAuthorised)
    assert reply.args == (*UNTRUSTED, "DIRECTORY.SPKI")
    assert world.engine.size == size
    world.engine.close()


def test_a_statement_that_came_over_classical_keys_is_not_taken(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """What an eavesdropper may open in twenty years is turned back before a byte of it is read."""
    folder = tmp_path_factory.mktemp("strict")
    with ServerProcess.healthy(folder, ROGATORY_TLS__REQUIRE_PQ="true") as strict:
        acts = Wire(strict)
        _, envelope = acts.issue()
        before = Footprint.of(strict)
        context = tls_context(strict, strict.realm.tls("investigator"))
        context.set_ecdh_curve("prime256v1")  # the old client: no ML-KEM is offered
        with Http2(strict, context) as client:
            client.request(1, SUBMIT, codec.encode(SubmitRequest((envelope,))))
            answer = client.until(Frame.HEADERS, 1)
            while answer is not None and not answer.flags & 1:
                answer = client.next()
        assert answer is not None
        assert b"X_CERTIFICATE_NOT_TRUSTED" in answer.body
        assert Footprint.of(strict) == before
        assert acts.submit("investigator", envelope)[0].receipt is not None  # over hybrid keys it is taken
        acts.close()
