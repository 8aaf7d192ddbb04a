# SPDX-License-Identifier: Apache-2.0
"""One log line for each call: method, status code, milliseconds, key agreement. Never who, never about what."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import grpc
import structlog

from rogatory.server import identity
from rogatory.server.interceptors.guarded import Call

_LOG: Final = structlog.get_logger(__name__)
_NAMES: Final = {code.value[0]: code.name for code in grpc.StatusCode}


@asynccontextmanager
async def telemetry(call: Call) -> AsyncIterator[None]:
    """Log the call when it has ended."""
    begun = time.perf_counter()
    code = "OK"
    try:
        yield
    except asyncio.CancelledError:
        code = "CANCELLED"
        raise
    except BaseException:
        code = _code(call)
        raise
    finally:
        _LOG.info(
            "call",
            method=call.method.rpartition("/")[2],
            code=code,
            tls=identity.group(),
            ms=round((time.perf_counter() - begun) * 1000, 2),
        )


def _code(call: Call) -> str:
    code: object = call.context.code()
    if isinstance(code, grpc.StatusCode):
        return code.name
    return _NAMES.get(code, "UNKNOWN") if isinstance(code, int) else "UNKNOWN"
