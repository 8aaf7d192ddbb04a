# SPDX-License-Identifier: Apache-2.0
"""Puts guards round every handler, whatever its kind of RPC.

One interceptor instead of a chain: each handler is wrapped once, at its first call, and every guard decides then what
it has to do for this method. Unary and streaming requests look alike here; the items of an asynchronous generator are
written one by one, so that all kinds are one coroutine to the guards. What a guard does is its own matter and not known here.

Requests are read strictly (``codec.parse_strictly``). Bytes that are no message must not fail where gRPC reads them: it
would answer INTERNAL before any guard has run. They are carried inside instead and refused there, once the caller is known;
so is a message over the cap, up to a size that gRPC does not take in at all.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, TypeAlias

import grpc
import grpc.aio
from typing_extensions import override

from rogatory.protocol import codec, errors
from rogatory.protocol.errors import Invalid
from rogatory.protocol.wire import MAX_MESSAGE

# Quoted: these classes are generic for the type checker only.
Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


@dataclass(frozen=True, slots=True)
class Method:
    """One method: full name, and whether either side streams."""

    name: str
    streaming: bool


# From request and context to the response; to nothing where the responses are a stream, which is written to the context.
Run = Callable[[Any, Context], Awaitable[Any]]
Guard = Callable[[Method, Run], Run]
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"


@dataclass(frozen=True, slots=True)
class _Malformed:
    """Stands where the request would, when its bytes are refused."""

    error: Invalid


class Guarded(grpc.aio.ServerInterceptor):
    """Interceptor that enters the guards, first one outermost, round every handler."""

    def __init__(self, guards: Sequence[Guard]) -> None:
        self._guards = tuple(guards)
        self._wrapped: dict[str, Handler] = {}

    @override
    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        """Return the guarded handler; an unknown method stays unknown."""
        method = handler_call_details.method
        if method not in self._wrapped:
            handler = await continuation(handler_call_details)
            if handler is None:
                return None
            self._wrapped[method] = self._wrap(method, handler)
        return self._wrapped[method]

    def _wrap(self, name: str, handler: Handler) -> Handler:
        make, inner = _parts(handler)
        taken = _each if handler.request_streaming else _wellformed
        around = _stream(inner, taken) if inspect.isasyncgenfunction(inner) else _one(inner, taken)
        method = Method(name, bool(handler.request_streaming or handler.response_streaming))
        for guard in reversed(self._guards):
            around = guard(method, around)

        # A coroutine function, because gRPC takes anything else for a handler that blocks.
        async def guarded(request: object, context: Context) -> object:
            return await around(request, context)

        return make(
            guarded,
            request_deserializer=_strict(handler.request_deserializer),
            response_serializer=handler.response_serializer,
        )


def _one(inner: Callable[..., Any], taken: Callable[[Any], Any]) -> Run:
    async def run(request: object, context: Context) -> Any:  # noqa: ANN401
        return await inner(taken(request), context)

    return run


def _stream(inner: Callable[..., Any], taken: Callable[[Any], Any]) -> Run:
    async def run(request: object, context: Context) -> None:
        # Closed here and now, so that a stream leaves nothing behind when its client goes away.
        async with aclosing(inner(taken(request), context)) as items:
            async for item in items:
                await context.write(item)

    return run


def _strict(deserialise: Callable[[bytes], Any] | None) -> Callable[[bytes], Any]:
    """Return a deserialiser that refuses all but the one encoding of a message under the cap, and never raises.

    Without a ``deserialise`` of its own a handler takes the bytes, and whoever it passes them on to parses them.
    """

    def strict(data: bytes) -> object:
        if len(data) > MAX_MESSAGE:
            return _Malformed(Invalid(errors.X_TOO_LARGE, "request", "SIZE_CAP"))
        if deserialise is None:
            return data
        try:
            return codec.parse_strictly(deserialise, data, "request")
        except Invalid as error:
            return _Malformed(error)

    return strict


def _wellformed(request: Any) -> Any:  # noqa: ANN401 - a message
    """Return the request as it is, or raise what is wrong with its bytes."""
    if isinstance(request, _Malformed):
        raise request.error
    return request


async def _each(requests: AsyncIterator[Any]) -> AsyncIterator[Any]:
    """The same for every message of a stream, when its turn comes."""
    async for request in requests:
        yield _wellformed(request)


def _parts(handler: Handler) -> tuple[Callable[..., Handler], Callable[..., Any]]:
    """Return the constructor of a handler's kind and its behaviour."""
    if handler.request_streaming and handler.response_streaming:
        return grpc.stream_stream_rpc_method_handler, _present(handler.stream_stream)
    if handler.request_streaming:
        return grpc.stream_unary_rpc_method_handler, _present(handler.stream_unary)
    if handler.response_streaming:
        return grpc.unary_stream_rpc_method_handler, _present(handler.unary_stream)
    return grpc.unary_unary_rpc_method_handler, _present(handler.unary_unary)


def _present(behaviour: Callable[..., Any] | None) -> Callable[..., Any]:
    if behaviour is None:
        msg = "a handler without behaviour was registered"
        raise TypeError(msg)
    return behaviour
