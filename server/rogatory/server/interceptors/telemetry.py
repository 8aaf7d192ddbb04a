# SPDX-License-Identifier: Apache-2.0
"""One log line for each call: method, status code, milliseconds, key agreement. Never who, never about what."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Final

import grpc
import grpc.aio

from rogatory.server import identity, logs
from rogatory.server.interceptors.guarded import Context, Method, Run

_NAMES: Final = {code.value[0]: code.name for code in grpc.StatusCode}


def telemetry(method: Method, run: Run) -> Run:
    """Log each call when it has ended."""
    name = method.name.rpartition("/")[2]

    async def logged(request: Any, context: Context) -> Any:  # noqa: ANN401
        begun = time.perf_counter()
        code = "OK"
        try:
            return await run(request, context)
        except (asyncio.CancelledError, grpc.aio.InternalError):
            code = "CANCELLED"
            raise
        except BaseException:
            code = _code(context)
            raise
        finally:
            logs.call_ended(name, code, identity.group(), (time.perf_counter() - begun) * 1000)

    return logged


def _code(context: Context) -> str:
    code: object = context.code()
    if isinstance(code, grpc.StatusCode):
        return code.name
    return _NAMES.get(code, "UNKNOWN") if isinstance(code, int) else "UNKNOWN"
