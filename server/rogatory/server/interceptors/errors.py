# SPDX-License-Identifier: Apache-2.0
"""Errors to ``google.rpc.Status``: stable code, family, field and rule, and nothing else that a program happened to say.

gRPC by itself sends the text of any exception to the peer. Here a typed error becomes a status with one ``ErrorInfo``,
from which the SDK rebuilds the same typed error; everything else becomes INTERNAL with a random id that stands in the
log beside class and line. An abort passes through, and so does the cancellation of the call itself; a cancellation that
comes from inside would leave the client waiting for its deadline, so it is an internal error.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from typing import Any, Final

import grpc
import grpc.aio
import structlog
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from rogatory.protocol import errors as codes
from rogatory.protocol.errors import RogatoryError
from rogatory.protocol.families import DOMAIN, family
from rogatory.server import logs
from rogatory.server.interceptors.guarded import Context, Method, Run

_LOG: Final = structlog.get_logger(__name__)
_BY_FAMILY: Final[Mapping[str, grpc.StatusCode]] = {
    "Invalid": grpc.StatusCode.INVALID_ARGUMENT,
    "Refused": grpc.StatusCode.FAILED_PRECONDITION,
    "NotVerified": grpc.StatusCode.INVALID_ARGUMENT,
    "NotAuthorised": grpc.StatusCode.PERMISSION_DENIED,
    "Unavailable": grpc.StatusCode.UNAVAILABLE,
}


def status_of(error: RogatoryError) -> Any:  # noqa: ANN401 - grpc_status has no public name for it
    """Return the status that carries a typed error."""
    name = family(error)
    code = grpc.StatusCode.NOT_FOUND if error.code == codes.X_NOT_FOUND else _BY_FAMILY[name]
    return _status(code, error.code, {"family": name, "field": error.field, "rule": error.rule})


def internal(error_id: str) -> Any:  # noqa: ANN401
    """Return the status of a defect: an id to look for in the log."""
    return _status(grpc.StatusCode.INTERNAL, codes.X_INTERNAL, {"error_id": error_id})


def errors(_method: Method, run: Run) -> Run:
    """Turn what a handler raises into a status."""

    async def reporting(request: Any, context: Context) -> Any:  # noqa: ANN401
        try:
            return await run(request, context)
        except grpc.aio.AbortError:
            raise
        except grpc.aio.InternalError:
            # gRPC could not write, because the client is gone: there is nobody to tell.
            raise
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            await _defect(context, error)
        except RogatoryError as error:
            if not family(error):
                await _defect(context, error)
            await context.abort_with_status(status_of(error))
        except Exception as error:  # noqa: BLE001 - the edge of the process
            await _defect(context, error)

    return reporting


async def _defect(context: Context, error: BaseException) -> None:
    error_id = secrets.token_hex(8)
    _LOG.error("internal_error", error_id=error_id, **logs.failure(error))
    await context.abort_with_status(internal(error_id))


def _status(code: grpc.StatusCode, reason: str, metadata: Mapping[str, str]) -> Any:  # noqa: ANN401
    detail = any_pb2.Any()
    detail.Pack(error_details_pb2.ErrorInfo(reason=reason, domain=DOMAIN, metadata=dict(metadata)))
    return rpc_status.to_status(status_pb2.Status(code=code.value[0], message=reason, details=[detail]))
