# SPDX-License-Identifier: Apache-2.0
"""What surrounds every call, on a real grpc.aio server: no text leaks, no abort is swallowed, nobody waits for ever.

Each test runs for all four kinds of RPC, since a guard that misses streams would look right on unary calls.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Any, Self

import grpc
import grpc.aio
import pytest

from rogatory.protocol import errors as codes
from rogatory.protocol.errors import Refused, Unavailable
from rogatory.server import identity
from rogatory.server.config import LimitSettings
from rogatory.server.interceptors.deadline import deadline
from rogatory.server.interceptors.errors import errors
from rogatory.server.interceptors.guarded import Guard, Guarded, Method
from rogatory.server.interceptors.limits import limits
from rogatory.server.interceptors.telemetry import telemetry
from tests.support.front import code_of, typed
from tests.support.realm import shared_realm

SECRET = "a name that must not travel"
KINDS = ("unary_unary", "unary_stream", "stream_unary", "stream_stream")
Behaviour = Callable[[Any], Awaitable[bytes]]


def handler(kind: str, behaviour: Behaviour) -> "grpc.RpcMethodHandler[Any, Any]":
    """A handler of a kind that does what `behaviour` does and then answers once."""

    async def one(_request: object, context: Any) -> bytes:  # noqa: ANN401 - gRPC's context
        return await behaviour(context)

    async def many(_request: object, context: Any) -> AsyncIterator[bytes]:  # noqa: ANN401
        yield await behaviour(context)

    make: Any = getattr(grpc, f"{kind}_rpc_method_handler")
    made: grpc.RpcMethodHandler[Any, Any] = make(many if kind.endswith("stream") else one)
    return made


@asynccontextmanager
async def serving(behaviour: Behaviour, *guards: Any) -> AsyncIterator[Callable[[str], Awaitable[bytes]]]:  # noqa: ANN401
    server = grpc.aio.server(interceptors=[Guarded(guards or (telemetry, errors, deadline(0.3)))])
    handlers = {kind: handler(kind, behaviour) for kind in KINDS}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Guards", handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    channel: Any = grpc.aio.insecure_channel(f"127.0.0.1:{port}")

    async def requests() -> AsyncIterator[bytes]:
        yield b""

    async def call(kind: str) -> bytes:
        invoke = getattr(channel, kind)(f"/test.Guards/{kind}")
        answer = invoke(requests() if kind.startswith("stream") else b"", timeout=5)
        if not kind.endswith("stream"):
            return bytes(await answer)
        return b"".join([item async for item in answer])

    yield call
    await channel.close()
    await server.stop(0)


async def failure(call: Callable[[str], Awaitable[bytes]], kind: str) -> Any:  # noqa: ANN401
    with pytest.raises(grpc.RpcError) as caught:
        await call(kind)
    return caught.value


@pytest.mark.parametrize("kind", KINDS)
async def test_what_a_handler_answers_goes_through(kind: str) -> None:
    async def answer(_context: object) -> bytes:
        await asyncio.sleep(0)
        return b"yes"

    async with serving(answer) as call:
        assert await call(kind) == b"yes"


@pytest.mark.parametrize("kind", KINDS)
async def test_the_text_of_an_exception_never_leaves_the_process(
    kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async def break_down(_context: object) -> bytes:
        await asyncio.sleep(0)
        raise RuntimeError(SECRET)

    async with serving(break_down) as call:
        error = await failure(call, kind)
    assert code_of(error) is grpc.StatusCode.INTERNAL
    assert SECRET not in repr(error) + str(error.trailing_metadata())
    written = capsys.readouterr()
    assert SECRET not in written.out + written.err
    assert "internal_error" in written.out + written.err
    assert "RuntimeError" in written.out + written.err


@pytest.mark.parametrize("kind", KINDS)
async def test_a_typed_error_arrives_as_the_same_typed_error(kind: str) -> None:
    async def refuse(_context: object) -> bytes:
        await asyncio.sleep(0)
        raise Refused(codes.X_SCOPE_EXCEEDED, "body.granted[0]", "PACK.SCOPE")

    async with serving(refuse) as call:
        error = await failure(call, kind)
    assert code_of(error) is grpc.StatusCode.FAILED_PRECONDITION
    rebuilt = typed(SyncView(error))
    assert type(rebuilt) is Refused
    assert (rebuilt.code, rebuilt.field, rebuilt.rule) == (
        codes.X_SCOPE_EXCEEDED,
        "body.granted[0]",
        "PACK.SCOPE",
    )


class SyncView:
    """An aio error in the form that the status reader takes."""

    def __init__(self, error: Any) -> None:  # noqa: ANN401
        self._error = error

    def code(self) -> grpc.StatusCode:
        code: grpc.StatusCode = self._error.code()
        return code

    def details(self) -> str:
        return str(self._error.details())

    def trailing_metadata(self) -> list[tuple[str, Any]]:
        return [SimplePair(key, value) for key, value in self._error.trailing_metadata()]


class SimplePair(tuple[str, Any]):
    """A metadata item with names."""

    __slots__ = ()

    def __new__(cls, key: str, value: object) -> Self:
        return super().__new__(cls, (key, value))

    @property
    def key(self) -> str:
        return str(self[0])

    @property
    def value(self) -> Any:  # noqa: ANN401
        return self[1]


@pytest.mark.parametrize("kind", KINDS)
async def test_an_abort_is_not_swallowed(kind: str) -> None:
    async def abort(context: Any) -> bytes:  # noqa: ANN401
        await context.abort(grpc.StatusCode.ALREADY_EXISTS, "as it is")
        return b"never"

    async with serving(abort) as call:
        error = await failure(call, kind)
    assert (code_of(error), error.details()) == (grpc.StatusCode.ALREADY_EXISTS, "as it is")


@pytest.mark.parametrize("kind", KINDS)
async def test_a_cancellation_from_inside_does_not_leave_the_client_waiting(kind: str) -> None:
    async def cancelled(_context: object) -> bytes:
        inner = asyncio.ensure_future(asyncio.sleep(60))
        inner.cancel()
        await inner
        return b"never"

    async with serving(cancelled) as call:
        async with asyncio.timeout(2):
            error = await failure(call, kind)
    assert code_of(error) is grpc.StatusCode.INTERNAL


async def test_a_unary_call_ends_by_the_servers_deadline_and_a_stream_does_not() -> None:
    async def slow(_context: object) -> bytes:
        await asyncio.sleep(0.6)
        return b"done"

    async with serving(slow) as call:
        error = typed(SyncView(await failure(call, "unary_unary")))
        assert isinstance(error, Unavailable)
        assert error.rule == "DEADLINE"
        assert await call("unary_stream") == b"done"


def held(guard: Guard, method: Method) -> Callable[[str], AbstractAsyncContextManager[None]]:
    """A call of somebody's that is open for as long as a block lasts; what refuses it comes out of the block's beginning."""

    @asynccontextmanager
    async def opened(name: str) -> AsyncIterator[None]:
        begun, end = asyncio.Event(), asyncio.Event()

        async def inner(_request: object, _context: object) -> None:
            begun.set()
            await end.wait()

        async def as_somebody() -> None:
            identity.enter(caller(name))
            await guard(method, inner)(b"", None)  # type: ignore[arg-type]

        call = asyncio.create_task(as_somebody())
        beginning = asyncio.create_task(begun.wait())
        await asyncio.wait((call, beginning), return_when=asyncio.FIRST_COMPLETED)
        beginning.cancel()
        try:
            if not call.done():
                yield
        finally:
            end.set()
            await call

    return opened


async def test_a_peer_has_its_own_limit_and_its_streams_do_not_count_as_calls() -> None:
    guard = limits(LimitSettings(calls_per_peer=1, calls_per_party=2, streams_per_peer=1))
    call, stream = held(guard, Method("/x/Call", False)), held(guard, Method("/x/Stream", True))
    async with call("investigator"), stream("investigator"):
        with pytest.raises(Unavailable) as caught:
            await call("investigator").__aenter__()
        assert caught.value.rule == "LIMIT.PEER"
        with pytest.raises(Unavailable) as caught:
            await stream("investigator").__aenter__()
        assert caught.value.rule == "LIMIT.PEER"
        async with call("second-investigator"), call("judge"):  # another peer, another party
            pass
    async with call("investigator"), stream("investigator"):
        pass


async def test_a_party_has_a_limit_over_all_its_peers() -> None:
    call = held(limits(LimitSettings(calls_per_party=1)), Method("/x/Call", False))
    async with call("investigator"):
        with pytest.raises(Unavailable) as caught:
            await call("second-investigator").__aenter__()
        async with call("judge"):
            pass
    assert caught.value.rule == "LIMIT.PARTY"


async def test_methods_share_what_a_peer_may_have_open() -> None:
    guard = limits(LimitSettings(calls_per_peer=1))
    one, other = held(guard, Method("/x/One", False)), held(guard, Method("/x/Other", False))
    async with one("investigator"):
        with pytest.raises(Unavailable):
            await other("investigator").__aenter__()


async def test_calls_that_began_later_end_later_and_what_is_over_is_not_ended() -> None:
    guard = deadline(0.2)(Method("/x/Call", False), lambda request, _context: asyncio.sleep(request))

    async def begin(wait: float, seconds: float) -> float:
        await asyncio.sleep(wait)
        began = asyncio.get_running_loop().time()
        with pytest.raises(Unavailable) if seconds > 1 else nullcontext():
            await guard(seconds, None)  # type: ignore[arg-type]
        return asyncio.get_running_loop().time() - began

    took = await asyncio.gather(begin(0, 60), begin(0, 0), begin(0.1, 60), begin(0.5, 0), begin(0.6, 60))
    assert min(took[0], took[2], took[4]) >= 0.19, "none was ended by the time of another"


def caller(name: str) -> identity.Caller:
    realm = shared_realm()
    return identity.Caller(realm.row(name), realm.org(name))
