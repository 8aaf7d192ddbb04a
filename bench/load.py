# SPDX-License-Identifier: Apache-2.0
"""The client of the comparison: so many calls in flight, first to one server, then to the other, again and again.

Plain grpc.aio with raw bytes over four connections, the same for both, so that its own cost stands on both sides. It
shares the machine with the servers and does not look into an answer while the clock runs.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio

from bench.processes import Target

if TYPE_CHECKING:
    from tests.support.realm import TrainingRealm

SUBMIT = "/rogatory.v1.ExchangeService/Submit"
_CONNECTIONS = 4
_DEADLINE_S = 60.0


@dataclass
class Figures:
    """Rounds of one server at one load."""

    per_second: list[float] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Median of the calls a second."""
        return median(self.per_second)

    @property
    def cpu(self) -> float:
        """Median of the server's processor microseconds for each call."""
        return median(self.cpu_us)


class Client:
    """Connections to one server."""

    def __init__(self, target: Target, method: str, realm: TrainingRealm, name: str) -> None:
        tls = realm.tls(name)
        credentials = grpc.ssl_channel_credentials(
            realm.realm.authority.certificate, tls.key, tls.certificate
        )
        self.target = target
        self._channels = [
            grpc.aio.secure_channel(
                target.address, credentials, options=[("grpc.use_local_subchannel_pool", 1)]
            )
            for _ in range(_CONNECTIONS)
        ]
        self._callers: list[Any] = [channel.unary_unary(method) for channel in self._channels]

    async def run(self, calls: Sequence[bytes], in_flight: int) -> list[bytes]:
        """Send all calls, ``in_flight`` at a time, and return their answers in any order."""
        answers: list[bytes] = []
        waiting = iter(calls)
        async with asyncio.TaskGroup() as group:
            for i in range(in_flight):
                group.create_task(self._worker(self._callers[i % _CONNECTIONS], waiting, answers))
        return answers

    async def _worker(self, caller: Any, waiting: Iterator[bytes], answers: list[bytes]) -> None:  # noqa: ANN401
        for payload in waiting:
            answer: bytes = await caller(payload, timeout=_DEADLINE_S)
            answers.append(answer)

    async def close(self) -> None:
        """Close the connections."""
        for channel in self._channels:
            await channel.close()


async def measured(client: Client, calls: Sequence[bytes], in_flight: int, into: Figures) -> list[bytes]:
    """Send calls, note rate and processor time, and return the answers."""
    cpu, begun = client.target.cpu_seconds(), time.perf_counter()
    answers = await client.run(calls, in_flight)
    seconds = time.perf_counter() - begun
    into.per_second.append(len(calls) / seconds)
    into.cpu_us.append((client.target.cpu_seconds() - cpu) / len(calls) * 1e6)
    return answers
