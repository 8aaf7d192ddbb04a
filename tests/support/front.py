# SPDX-License-Identifier: Apache-2.0
"""The real server for tests: both processes on loopback, its clients, and a small engine that answers at once.

Servers are ended by the process that a test started, never by name. Clients here are plain gRPC, not the SDK, so that a
fault of one cannot hide one of the other.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from typing_extensions import override

from rogatory.audit.note import open_checkpoint, parse_vkey
from rogatory.protocol import codec
from rogatory.protocol.errors import RogatoryError
from rogatory.protocol.families import rebuild
from rogatory.protocol.header import Seen
from rogatory.protocol.ids import SystemClock, SystemEntropy
from rogatory.protocol.state import RequestState
from rogatory.protocol.wire import MAX_MESSAGE, GetCheckpointRequest, GetCheckpointResponse
from rogatory.server.config import Settings, load_settings
from rogatory.server.engine import Job, Op
from rogatory.server.engine.engine import Reply
from tests.support.acts import World, engine_files
from tests.support.realm import TrainingRealm

# Tests fill no disk, and may be refused as often as they like; a test of a limit sets its own.
_GENEROUS = {"ROGATORY_LIMITS__FREE_BYTES": "0", "ROGATORY_LIMITS__REJECTIONS_PER_PEER": "1000000"}
_METHODS = {
    Op.SUBMIT: "ExchangeService/Submit",
    Op.GET_REQUEST: "ExchangeService/GetRequest",
    Op.PUT_SEALED: "SealedService/PutSealed",
    Op.FETCH_SEALED: "SealedService/FetchSealed",
    Op.OPEN_ENTRIES: "AuditService/OpenEntries",
}


def wait_until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    """Waits until a callable gives something true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


@dataclass
class ServerProcess:
    """`rogatory-server` over a folder that `TrainingRealm.build(folder)` has filled."""

    folder: Path
    realm: TrainingRealm
    process: subprocess.Popen[bytes]
    log: Path

    @classmethod
    def start(cls, folder: Path, **environment: str) -> ServerProcess:
        """Makes a realm and starts a server on it; settings come as `ROGATORY_...` variables."""
        return cls.run(folder, TrainingRealm.build(folder), **environment)

    @classmethod
    def run(cls, folder: Path, realm: TrainingRealm, **environment: str) -> ServerProcess:
        """Starts a server on a folder that a realm was built in."""
        log = folder / "server.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "rogatory.server.main", "--config", folder / "server" / "config.toml"],
                env={**os.environ, **_GENEROUS, **environment},
                stderr=output,
                stdin=subprocess.DEVNULL,
            )
        server = cls(folder, realm, process, log)
        try:
            wait_until(lambda: server.endpoint_file.exists() or process.poll() is not None)
            assert server.endpoint_file.exists(), log.read_text()
        except BaseException:
            server.stop()
            raise
        return server

    @classmethod
    @contextmanager
    def healthy(cls, folder: Path, **environment: str) -> Iterator[ServerProcess]:
        """A server for as long as a block lasts, which must then stop well and have met no defect."""
        server = cls.start(folder, **environment)
        try:
            yield server
        finally:
            server.stop()
        assert server.process.returncode == 0
        assert "internal_error" not in server.events()

    @property
    def endpoint_file(self) -> Path:
        return self.folder / "server" / "data" / "endpoint.json"

    @property
    def address(self) -> str:
        return str(json.loads(self.endpoint_file.read_bytes())["address"])

    @property
    def writer_pid(self) -> int | None:
        pid: int | None = json.loads(self.endpoint_file.read_bytes())["writer_pid"]
        return pid

    def events(self) -> list[str]:
        """Names of the events logged so far."""
        return [json.loads(line)["event"] for line in self.log.read_text().splitlines()]

    def channel(
        self, name: str | None, *options: tuple[str, int], compression: grpc.Compression | None = None
    ) -> grpc.Channel:
        """A channel with the certificate of one of the realm's people, or with none."""
        roots = self.realm.realm.authority.certificate
        tls = self.realm.tls(name) if name is not None else None
        credentials = grpc.ssl_channel_credentials(
            roots, tls.key if tls is not None else None, tls.certificate if tls is not None else None
        )
        return grpc.secure_channel(self.address, credentials, options, compression)

    def terminate(self) -> int:
        """Sends SIGTERM and returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.terminate()


def open_stream(channel: grpc.Channel, method: str, payload: bytes, seconds: float = 20.0) -> Any:  # noqa: ANN401
    """A server stream of exact bytes; `method` is a full path or one below `rogatory.v1`."""
    caller: Any = channel.unary_stream(_path(method))
    return caller(payload, timeout=seconds)


def invoke(channel: grpc.Channel, method: str, payload: bytes, seconds: float = 10.0) -> bytes:
    """One unary call of exact bytes, with gRPC's own error."""
    caller: Any = channel.unary_unary(_path(method))
    reply: bytes = caller(payload, timeout=seconds)
    return reply


def raw_call(channel: grpc.Channel, method: str, payload: bytes, seconds: float = 10.0) -> bytes:
    """One unary call of exact bytes; raises the typed error that the status carries."""
    try:
        return invoke(channel, method, payload, seconds)
    except grpc.RpcError as error:
        raise typed(error) from error


def code_of(error: Any) -> grpc.StatusCode:  # noqa: ANN401 - gRPC's error is a call too, which its stubs deny
    code: grpc.StatusCode = error.code()
    return code


def typed(error: Any) -> RogatoryError:  # noqa: ANN401
    """The typed error in a failed call's status; fails when there is none."""
    status: Any = rpc_status.from_call(error)
    assert status is not None, error.code()
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    return rebuild(info.metadata["family"], info.reason, info.metadata["field"], info.metadata["rule"])


def _path(method: str) -> str:
    return method if method.startswith("/") else f"/rogatory.v1.{method}"


class Wire(World):
    """A `World` whose acts go to a real server over mutual TLS."""

    def __init__(self, server: ServerProcess) -> None:  # the engine is in another process
        self.server = server
        self.realm = server.realm
        self.files = engine_files(
            server.folder / "apart"
        )  # what an act puts in files by itself misses the server
        self.clock = SystemClock()  # type: ignore[assignment]  # TLS needs the real time
        self.entropy = SystemEntropy()
        self.particulars = {}
        self._channels = {name: server.channel(name) for name in self.realm.realm.members}

    def channel(self, name: str) -> grpc.Channel:
        return self._channels[name]

    def close(self) -> None:
        for channel in self._channels.values():
            channel.close()

    @override
    def call(self, name: str, op: Op, request: object) -> bytes:
        payload = request if isinstance(request, bytes) else codec.encode(request)
        return raw_call(self.channel(name), _METHODS[op], payload)

    @override
    def state(self, request_id: bytes) -> RequestState:
        return self.folded("investigator", request_id)[0]

    @override
    def seen(self, name: str, state: RequestState | None = None) -> Seen:
        payload = codec.encode(GetCheckpointRequest())
        reply = raw_call(self.channel("inspector"), "AuditService/GetCheckpoint", payload)
        answer = codec.decode(GetCheckpointResponse, reply, limit=MAX_MESSAGE)
        root = self.realm.root
        keys = [parse_vkey(vkey.decode()) for vkey in root.log_vkeys]
        head = open_checkpoint(answer.checkpoint, root.log_origin, keys).checkpoint
        position = state.last_index + 1 if state is not None else 0
        return Seen(head.size, head.root, self.realm.directory.index, position)


def settings_of(folder: Path) -> Settings:
    """The settings of a folder that `TrainingRealm.build(folder)` has filled."""
    return load_settings(folder / "server" / "config.toml")


@dataclass
class EchoEngine:
    """Answers each job with its payload and grows by one a job; `fatal` and `refuse` payloads do as they say."""

    size: int = 0
    batches: list[int] = field(default_factory=list)
    published: int = 0
    closed: bool = False

    def process(self, jobs: Sequence[Job]) -> list[Reply]:
        if any(job.payload == b"fatal" for job in jobs):
            raise OSError("the disk holds a secret word")
        self.batches.append(len(jobs))
        self.size += len(jobs)
        return [rebuild("Refused", "X_REPLAY") if j.payload == b"refuse" else j.payload for j in jobs]

    def publish(self) -> int:
        self.published += 1
        return self.size

    def stop(self) -> int:
        return self.publish()

    def close(self) -> None:
        self.closed = True
