# SPDX-License-Identifier: Apache-2.0
"""The connection to the exchange: mutual TLS, a deadline on every call, retries where they are safe, typed errors.

Messages are canonical bytes made and parsed by ``rogatory.protocol.codec``. Only calls that may be repeated are
repeated, and only when nothing was decided: UNAVAILABLE, or a CANCELLED that nobody asked for (a server that cannot
take more calls answers so). Nothing an error carries from the other side becomes text here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final, NoReturn, Protocol, TypeVar

import grpc
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2

from rogatory.client.profile import TlsMaterial
from rogatory.protocol import codec, errors
from rogatory.protocol.errors import NotAuthorised, NotVerified, RogatoryError, Unavailable
from rogatory.protocol.families import DOMAIN, rebuild
from rogatory.protocol.ids import Entropy, SystemEntropy
from rogatory.protocol.wire import MAX_MESSAGE

T = TypeVar("T")

_DETAILS: Final = "grpc-status-details-bin"
_RETRYABLE: Final = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)
_PASSING: Final = (
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
)
_OPTIONS: Final = (
    ("grpc.enable_retries", 0),  # one place decides on retries, and it is below
    ("grpc.max_receive_message_length", MAX_MESSAGE),
    ("grpc.max_send_message_length", MAX_MESSAGE),
    # Strictly above the server's smallest allowed interval, or it closes the connection for too many pings.
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 5_000),
    ("grpc.use_local_subchannel_pool", 1),
)


@dataclass(frozen=True, slots=True)
class CallPolicy:
    """How calls are made.

    Attributes:
        timeout: Seconds that a call may take, all attempts counted one by one.
        attempts: How often a repeatable call is tried.
        backoff: Seconds before the second attempt, doubled for each further one, and up to as much again at random.
    """

    timeout: float = 30.0
    attempts: int = 4
    backoff: float = 0.2


class Transport(Protocol):
    """What the SDK needs of a connection; errors are of the one family, and nothing is verified here."""

    async def call(self, method: str, request: object, answer: type[T], *, repeatable: bool = True) -> T:
        """Make one call with one answer."""
        ...

    def receive(self, method: str, request: object, seconds: float | None) -> AsyncIterator[bytes]:
        """Yield the raw messages of a server's stream."""
        ...

    async def send(self, method: str, frames: AsyncIterator[bytes], answer: type[T], seconds: float) -> T:
        """Send a stream of raw messages and return the one answer."""
        ...

    async def close(self) -> None:
        """Close the connection."""
        ...


class Offline:
    """No connection: every call fails at once as if the network were down."""

    async def call(self, method: str, request: object, answer: type[T], *, repeatable: bool = True) -> T:
        """Fail."""
        del method, request, answer, repeatable
        _offline()

    async def receive(self, method: str, request: object, seconds: float | None) -> AsyncIterator[bytes]:
        """Fail."""
        del method, request, seconds
        for message in _nothing():
            yield message

    async def send(self, method: str, frames: AsyncIterator[bytes], answer: type[T], seconds: float) -> T:
        """Fail."""
        del method, frames, answer, seconds
        _offline()

    async def close(self) -> None:
        """Do nothing."""


def _offline() -> NoReturn:
    raise Unavailable(errors.X_TRANSIENT, "", "OFFLINE")


def _nothing() -> list[bytes]:
    _offline()


class Channel:
    """A connection to one exchange.

    Args:
        address: ``host:port``.
        tls: Certificate, key and authority.
        server_name: Name that the exchange's certificate must carry.
        policy: Deadlines and retries.
        entropy: Where the jitter comes from.
    """

    def __init__(
        self,
        address: str,
        tls: TlsMaterial,
        server_name: str,
        policy: CallPolicy | None = None,
        entropy: Entropy | None = None,
    ) -> None:
        credentials = grpc.ssl_channel_credentials(tls.authority, tls.key, tls.certificate)
        options = [*_OPTIONS, ("grpc.ssl_target_name_override", server_name)]
        self._channel = grpc.aio.secure_channel(address, credentials, options)
        self._policy = policy or CallPolicy()
        self._entropy = entropy or SystemEntropy()

    async def close(self) -> None:
        """Close the connection; calls in flight are cancelled."""
        await self._channel.close()

    async def call(self, method: str, request: object, answer: type[T], *, repeatable: bool = True) -> T:
        """Make one call with one answer.

        Args:
            method: ``Service/Method`` within ``rogatory.v1``.
            request: A value of ``rogatory.protocol.wire``.
            answer: Class of the answer.
            repeatable: Whether a second attempt after a lost answer does no harm.

        Raises:
            RogatoryError: As the exchange raised it, or ``Unavailable`` where the network failed.
        """
        data = codec.encode(request)
        stub: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = self._channel.unary_unary(_path(method))
        for attempt in range(self._policy.attempts):
            try:
                reply = await stub(data, timeout=self._policy.timeout)
            except grpc.aio.AioRpcError as error:
                last = attempt + 1 == self._policy.attempts
                if last or not repeatable or error.code() not in _RETRYABLE:
                    raise rebuilt(error) from None
                await asyncio.sleep(self._pause(attempt))
            else:
                return codec.decode(answer, reply, limit=MAX_MESSAGE, at="answer")
        raise Unavailable(errors.X_TRANSIENT, "", "TRANSPORT")

    async def receive(self, method: str, request: object, seconds: float | None) -> AsyncIterator[bytes]:
        """Yield the raw messages of a server's stream; it is never repeated by itself.

        Raises:
            RogatoryError: As the exchange raised it, or ``Unavailable`` where the network failed.
        """
        stub: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = self._channel.unary_stream(_path(method))
        stream = stub(codec.encode(request), timeout=seconds)
        try:
            async for message in stream:
                yield message
        except grpc.aio.AioRpcError as error:
            raise rebuilt(error) from None
        finally:
            stream.cancel()

    async def send(self, method: str, frames: AsyncIterator[bytes], answer: type[T], seconds: float) -> T:
        """Send a stream of raw messages and return the one answer.

        Raises:
            RogatoryError: As the exchange raised it, or ``Unavailable`` where the network failed.
            Exception: What making the frames raised; the stream then ended after the last good one.
        """
        stub: grpc.aio.StreamUnaryMultiCallable[bytes, bytes] = self._channel.stream_unary(_path(method))
        failed: list[Exception] = []

        async def guarded() -> AsyncIterator[bytes]:
            # An error inside the frames would come out of grpc as a cancellation of our own task, with its cause lost.
            try:
                async for frame in frames:
                    yield frame
            except Exception as error:  # noqa: BLE001 - raised again below
                failed.append(error)

        try:
            reply = await stub(guarded(), timeout=seconds)
        except grpc.aio.AioRpcError as error:
            raise rebuilt(error) from None
        if failed:
            raise failed[0]
        return codec.decode(answer, reply, limit=MAX_MESSAGE, at="answer")

    def _pause(self, attempt: int) -> float:
        jitter = int.from_bytes(self._entropy.token(2), "big") / 65_536
        return self._policy.backoff * float(1 << attempt) * (1 + jitter)


def _path(method: str) -> str:
    return f"/rogatory.v1.{method}"


def rebuilt(error: grpc.aio.AioRpcError) -> RogatoryError:
    """Return the typed error that a failed call stands for."""
    info = _info(error)
    if info is not None:
        meta = info.metadata
        return rebuild(meta.get("family", ""), info.reason, meta.get("field", ""), meta.get("rule", ""))
    return _unexplained(error.code(), error.details() or "")


def _unexplained(code: grpc.StatusCode, text: str) -> RogatoryError:
    """Return the error for a call that failed without the exchange's own word."""
    if code is grpc.StatusCode.UNAVAILABLE:
        if "CERTIFICATE_VERIFY_FAILED" in text:
            return NotVerified(errors.X_CERTIFICATE_NOT_TRUSTED, "exchange", "TLS.SERVER")
        # "Socket closed" right after connecting is how TLS 1.3 shows that the exchange did not take our certificate.
        closed = "Socket closed" in text or "andshake" in text
        return Unavailable(errors.X_TRANSIENT, "", "TRANSPORT.CLOSED" if closed else "TRANSPORT")
    if code in _PASSING:
        return Unavailable(errors.X_TRANSIENT, "", f"TRANSPORT.{code.name}")
    if code in {grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED}:
        return NotAuthorised(errors.X_NOT_AUTHORISED, "", "TRANSPORT")
    return RogatoryError(errors.X_INTERNAL, "", f"TRANSPORT.{code.name}")


def _info(error: grpc.aio.AioRpcError) -> Any:  # noqa: ANN401 - generated class without annotations
    metadata = error.trailing_metadata() or ()
    raw = next((value for key, value in metadata if key == _DETAILS), None)
    if not isinstance(raw, bytes):
        return None
    try:
        status = status_pb2.Status.FromString(raw)
        for detail in status.details:
            info = error_details_pb2.ErrorInfo()
            if detail.Is(info.DESCRIPTOR) and detail.Unpack(info) and info.domain == DOMAIN:
                return info
    except DecodeError:
        return None
    return None
