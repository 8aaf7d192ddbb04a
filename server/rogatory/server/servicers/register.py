# SPDX-License-Identifier: Apache-2.0
"""Hands the servicers to a gRPC server, once each of their methods has an authorisation rule.

A method without one keeps the server from starting. It checks no call; the interceptors do.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import grpc
import grpc.aio

from rogatory.server.policy import Rule, check_rules
from rogatory.server.reader import Reader
from rogatory.server.servicers.audit import AuditServicer
from rogatory.server.servicers.directory import DirectoryServicer
from rogatory.server.servicers.exchange import ExchangeServicer
from rogatory.server.servicers.rules import methods_of, rules_of
from rogatory.server.servicers.sealed import SealedServicer
from rogatory.server.servicers.transfer import TransferServicer
from rogatory.server.transfers import Transfers
from rogatory.server.watch import WatchHub
from rogatory.server.write_path import WritePath
from rogatory.v1 import services_pb2, services_pb2_grpc


@dataclass(frozen=True, slots=True)
class Services:
    """What the servicers call."""

    write_path: WritePath
    reader: Reader
    hub: WatchHub
    transfers: Transfers


def checked_rules() -> Mapping[str, Rule]:
    """Return the rule of every method of the services.

    Raises:
        StartupError: A method has none.
    """
    file = services_pb2.DESCRIPTOR
    rules = rules_of(file)
    check_rules([name for name, _ in methods_of(file)], rules)
    return rules


def register(server: grpc.aio.Server, services: Services) -> None:
    """Register all services with a server that has not been started."""
    add = services_pb2_grpc
    exchange = ExchangeServicer(services.write_path, services.reader, services.hub)
    sealed = SealedServicer(services.write_path)
    audit = AuditServicer(services.write_path, services.reader)
    add.add_ExchangeServiceServicer_to_server(exchange, server)
    add.add_SealedServiceServicer_to_server(sealed, server)
    add.add_TransferServiceServicer_to_server(TransferServicer(services.transfers), server)
    add.add_AuditServiceServicer_to_server(audit, server)
    directory = DirectoryServicer(services.write_path, services.reader)
    add.add_DirectoryServiceServicer_to_server(directory, server)
    _raw(server, "ExchangeService", Submit=exchange.Submit, GetRequest=exchange.GetRequest)
    _raw(server, "SealedService", PutSealed=sealed.PutSealed, FetchSealed=sealed.FetchSealed)
    _raw(server, "AuditService", OpenEntries=audit.OpenEntries)
    _raw(server, "DirectoryService", Publish=directory.Publish)


def _raw(server: grpc.aio.Server, service: str, **methods: Callable[[bytes, Any], Awaitable[bytes]]) -> None:
    """Put handlers of bytes in the place of the generated ones: the writer parses strictly, and once is enough."""
    handlers: dict[str, Any] = {
        name: grpc.unary_unary_rpc_method_handler(method) for name, method in methods.items()
    }
    server.add_registered_method_handlers(f"{services_pb2.DESCRIPTOR.package}.{service}", handlers)
