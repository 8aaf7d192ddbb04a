# SPDX-License-Identifier: Apache-2.0
"""What a failed call becomes: the exchange's own typed error, or an honest word about the network.

No server: the errors are made as gRPC would make them.
"""

from __future__ import annotations

import grpc
import pytest
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc import error_details_pb2, status_pb2
from grpc.aio import AioRpcError, Metadata

from rogatory.client.channel import Offline, rebuilt
from rogatory.protocol import errors
from rogatory.protocol.errors import (
    Invalid,
    NotAuthorised,
    NotVerified,
    Refused,
    RogatoryError,
    Unavailable,
)
from rogatory.protocol.wire import GetCheckpointRequest, GetCheckpointResponse

SECRET = "+15550100123"


def failed(code: grpc.StatusCode, details: str = "", trailing: Metadata | None = None) -> AioRpcError:
    return AioRpcError(code, Metadata(), trailing or Metadata(), details)


def with_info(domain: str = "rogatory", **words: str) -> AioRpcError:
    info = error_details_pb2.ErrorInfo(reason=words.pop("code"), domain=domain, metadata=words)
    packed = AnyMessage()
    packed.Pack(info)
    status = status_pb2.Status(code=9, message=SECRET, details=[packed])
    metadata = Metadata(("grpc-status-details-bin", status.SerializeToString()))
    return failed(grpc.StatusCode.FAILED_PRECONDITION, SECRET, metadata)


@pytest.mark.parametrize("family", [Invalid, Refused, NotVerified, NotAuthorised, Unavailable])
def test_the_exchanges_error_comes_out_as_the_same_type(family: type[RogatoryError]) -> None:
    error = rebuilt(with_info(code="X_EXPIRED", family=family.__name__, field="header.x", rule="R.1"))
    assert type(error) is family
    assert (error.code, error.field, error.rule) == ("X_EXPIRED", "header.x", "R.1")


def test_an_unknown_family_is_no_guess() -> None:
    assert type(rebuilt(with_info(code="X_EXPIRED", family="Made up"))) is RogatoryError


def test_words_of_another_domain_are_not_ours() -> None:
    error = rebuilt(with_info(domain="somewhere.example", code="X_EXPIRED", family="Refused"))
    assert error.code == errors.X_INTERNAL


def test_an_error_cannot_carry_a_value_across(caplog: pytest.LogCaptureFixture) -> None:
    error = rebuilt(with_info(code="X_EXPIRED", family="Refused", field=f"a value {SECRET}"))
    assert SECRET not in str(error) + repr(error) + caplog.text
    assert error.rule == "ERROR.TOKEN"


@pytest.mark.parametrize(
    ("code", "details", "family", "expected"),
    [
        (grpc.StatusCode.UNAVAILABLE, "", Unavailable, ("X_TRANSIENT", "TRANSPORT")),
        (grpc.StatusCode.UNAVAILABLE, "Socket closed", Unavailable, ("X_TRANSIENT", "TRANSPORT.CLOSED")),
        (
            grpc.StatusCode.UNAVAILABLE,
            "Ssl handshake failed: CERTIFICATE_VERIFY_FAILED",
            NotVerified,
            ("X_CERTIFICATE_NOT_TRUSTED", "TLS.SERVER"),
        ),
        (
            grpc.StatusCode.DEADLINE_EXCEEDED,
            "",
            Unavailable,
            ("X_TRANSIENT", "TRANSPORT.DEADLINE_EXCEEDED"),
        ),
        (grpc.StatusCode.CANCELLED, "CANCELLED", Unavailable, ("X_TRANSIENT", "TRANSPORT.CANCELLED")),
        (grpc.StatusCode.PERMISSION_DENIED, "", NotAuthorised, ("X_NOT_AUTHORISED", "TRANSPORT")),
        (grpc.StatusCode.INTERNAL, SECRET, RogatoryError, ("X_INTERNAL", "TRANSPORT.INTERNAL")),
        (grpc.StatusCode.UNIMPLEMENTED, "", RogatoryError, ("X_INTERNAL", "TRANSPORT.UNIMPLEMENTED")),
    ],
)
def test_without_a_word_of_the_exchange_the_status_is_told(
    code: grpc.StatusCode, details: str, family: type[RogatoryError], expected: tuple[str, str]
) -> None:
    error = rebuilt(failed(code, details))
    assert type(error) is family
    assert (error.code, error.rule) == expected


def test_details_that_do_not_parse_are_passed_over() -> None:
    metadata = Metadata(("grpc-status-details-bin", b"\xff\xff"))
    assert rebuilt(failed(grpc.StatusCode.UNAVAILABLE, "", metadata)).code == errors.X_TRANSIENT


async def test_offline_every_call_fails_at_once() -> None:
    offline = Offline()
    with pytest.raises(Unavailable) as raised:
        await offline.call("AuditService/GetCheckpoint", GetCheckpointRequest(), GetCheckpointResponse)
    assert raised.value.rule == "OFFLINE"
    with pytest.raises(Unavailable):
        _ = [message async for message in offline.receive("ExchangeService/Watch", None, None)]
    await offline.close()
