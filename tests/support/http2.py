# SPDX-License-Identifier: Apache-2.0
"""A small HTTP/2 client that writes whatever frames a test wants (RFC 9113, RFC 7541), over mutual TLS.

For what no honest client does: it keeps no window, answers no ping, and compresses no header. It decodes no header
block; a test looks for literal words in the bytes, which gRPC's server does not Huffman-code.
"""

from __future__ import annotations

import socket
import ssl
import struct
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from types import MappingProxyType
from typing import Self

from rogatory.client.certificates import Credential
from tests.support.front import ServerProcess


class Frame(IntEnum):
    DATA = 0
    HEADERS = 1
    RST_STREAM = 3
    SETTINGS = 4
    PING = 6
    GOAWAY = 7
    WINDOW_UPDATE = 8
    CONTINUATION = 9


END_STREAM, END_HEADERS, ACK = 1, 4, 1
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
INITIAL_WINDOW = 4


@dataclass(frozen=True)
class Received:
    kind: int
    flags: int
    stream: int
    body: bytes


def frame(kind: Frame, flags: int, stream: int, body: bytes = b"") -> bytes:
    """One frame's bytes."""
    return len(body).to_bytes(3, "big") + struct.pack(">BBI", kind, flags, stream) + body


def literal(name: bytes, value: bytes, *, index: bool = False) -> bytes:
    """A header field, never Huffman-coded; `index` has the peer remember it."""
    return (b"\x40" if index else b"\x00") + _length(name) + name + _length(value) + value


def _length(value: bytes) -> bytes:
    if len(value) < 127:
        return bytes([len(value)])
    rest, out = len(value) - 127, bytearray([127])
    while rest >= 128:
        out.append(rest % 128 + 128)
        rest //= 128
    return bytes([*out, rest])


def request_headers(method: str, *more: bytes) -> bytes:
    """The header block of a gRPC request."""
    path = f"/rogatory.v1.{method}".encode() if not method.startswith("/") else method.encode()
    return b"".join(
        (
            b"\x83\x87",  # :method POST, :scheme https, from the static table
            b"\x04" + _length(path) + path,
            b"\x01\x09localhost",
            literal(b"content-type", b"application/grpc"),
            literal(b"te", b"trailers"),
            *more,
        )
    )


def message(payload: bytes) -> bytes:
    """A gRPC message: not compressed, length, bytes."""
    return b"\x00" + len(payload).to_bytes(4, "big") + payload


def tls_context(server: ServerProcess, credential: Credential | None) -> ssl.SSLContext:
    """A client's TLS set-up that trusts the realm's authority and shows a certificate, if any."""
    context = ssl.create_default_context(cadata=server.realm.realm.authority.certificate.decode())
    context.set_alpn_protocols(["h2"])
    if credential is not None:
        with tempfile.TemporaryDirectory() as folder:
            chain = Path(folder, "chain.pem")
            chain.write_bytes(credential.certificate + credential.key)
            context.load_cert_chain(chain)
    return context


def connect(server: ServerProcess) -> socket.socket:
    """A TCP connection that has said nothing yet."""
    host, port = server.address.rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=15)


class Http2:
    """One connection; the preface is sent, with these settings."""

    def __init__(
        self,
        server: ServerProcess,
        context: ssl.SSLContext,
        settings: Mapping[int, int] = MappingProxyType({}),
    ) -> None:
        self._socket = context.wrap_socket(connect(server), server_hostname="localhost")
        self._buffer = bytearray()
        body = b"".join(struct.pack(">HI", key, value) for key, value in settings.items())
        self.send(PREFACE + frame(Frame.SETTINGS, 0, 0, body))

    @classmethod
    def of(cls, server: ServerProcess, name: str, settings: Mapping[int, int] = MappingProxyType({})) -> Self:
        """A connection of one of the realm's people."""
        return cls(server, tls_context(server, server.realm.tls(name)), settings)

    @classmethod
    def settled(cls, server: ServerProcess, name: str) -> Self:
        """A connection on which the server's settings are confirmed, since they count from then on."""
        made = cls.of(server, name)
        assert made.until(Frame.SETTINGS) is not None
        made.send(frame(Frame.SETTINGS, ACK, 0))
        return made

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, data: bytes) -> bool:
        """Sends; tells whether the other side still took it."""
        try:
            self._socket.sendall(data)
        except OSError:
            return False
        return True

    def open(self, stream: int, method: str, *more: bytes) -> bool:
        """Sends a request's headers and nothing else."""
        return self.send(frame(Frame.HEADERS, END_HEADERS, stream, request_headers(method, *more)))

    def request(self, stream: int, method: str, payload: bytes = b"") -> bool:
        """Sends a whole request."""
        return self.open(stream, method) and self.send(
            frame(Frame.DATA, END_STREAM, stream, message(payload))
        )

    def next(self, seconds: float = 15.0) -> Received | None:
        """The next frame; nothing when the connection has ended. Fails when neither comes in time."""
        self._socket.settimeout(seconds)
        while True:
            if len(self._buffer) >= 9:
                length = int.from_bytes(self._buffer[:3], "big")
                if len(self._buffer) >= 9 + length:
                    kind, flags, stream = struct.unpack(">BBI", self._buffer[3:9])
                    body = bytes(self._buffer[9 : 9 + length])
                    del self._buffer[: 9 + length]
                    return Received(kind, flags, stream & 0x7FFFFFFF, body)
            try:
                data = self._socket.recv(65_536)
            except TimeoutError:
                raise
            except OSError:
                return None
            if not data:
                return None
            self._buffer += data

    def until(self, kind: Frame, stream: int | None = None) -> Received | None:
        """Reads up to a frame of a kind (on a stream); nothing when the connection ended before."""
        while (found := self.next()) is not None:
            if found.kind == kind and stream in {None, found.stream}:
                return found
        return None

    def until_refused(self, stream: int) -> bool:
        """Reads on; tells whether the stream is reset, or ended without an answer, or the connection is closed."""
        while (found := self.next()) is not None:
            if found.kind == Frame.GOAWAY or (found.stream == stream and found.kind == Frame.RST_STREAM):
                return True
            if found.stream == stream and found.kind == Frame.DATA:
                return False
            if found.stream == stream and found.kind == Frame.HEADERS and found.flags & END_STREAM:
                return b"grpc-status\x010" not in found.body
        return True

    def until_closed_or(self, kind: Frame) -> None:
        """Reads up to a frame of a kind, or to a GOAWAY or the end; fails when the other side says nothing at all."""
        while (found := self.next()) is not None:
            if found.kind in {kind, Frame.GOAWAY}:
                return

    def until_closed(self) -> Received | None:
        """Reads to the end of the connection and returns its last GOAWAY, if any came."""
        last = None
        while (found := self.next()) is not None:
            if found.kind == Frame.GOAWAY:
                last = found
        return last


def goaway_code(found: Received | None) -> int:
    """The error code of a GOAWAY."""
    assert found is not None, "the connection ended without a GOAWAY"
    return int.from_bytes(found.body[4:8], "big")
