# SPDX-License-Identifier: Apache-2.0
"""Other ends for hooks on loopback: a mail server and a web server that keep what they are told, and misbehave as they are told.

Small and real: sockets, TLS, the dialogue of RFC 5321 as far as a client that sends one mail needs it. They judge nothing.
"""

from __future__ import annotations

import contextlib
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from typing_extensions import override

from rogatory.client.certificates import CertificateAuthority, Credential
from rogatory.protocol.header import DAY_MS
from rogatory.protocol.ids import SystemClock, SystemEntropy


@dataclass
class Heard:
    """What came: commands or request lines, whole mails, headers, bodies. ``answers`` replace what is answered to a verb."""

    lines: list[str] = field(default_factory=list)
    mails: list[str] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    answers: Mapping[str, str] = field(default_factory=dict)
    drip: bool = False
    tls: ssl.SSLContext | None = None
    port: int = 0


class _Mail(socketserver.StreamRequestHandler):
    @override
    def handle(self) -> None:
        try:
            with contextlib.suppress(OSError):
                self._talk()
        finally:
            self.request.close()  # after STARTTLS it is another one than the server closes

    def _talk(self) -> None:
        heard: Heard = self.server.heard  # type: ignore[attr-defined]
        if heard.drip:
            while True:
                self.wfile.write(b"2")
                time.sleep(0.05)
        self._say(heard.answers.get("GREETING", "220 mail.invalid"))
        while line := self.rfile.readline().decode().rstrip("\r\n"):
            heard.lines.append(line)
            verb = line.split()[0].upper()
            if verb == "EHLO":
                self._say("250-mail.invalid")
                self._say("250-STARTTLS") if heard.tls else None
                self._say("250 AUTH PLAIN")
            elif verb == "STARTTLS" and heard.tls:
                self._say("220 now")
                self.request = heard.tls.wrap_socket(self.request, server_side=True)
                self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb", 0)
            elif verb == "DATA" and verb not in heard.answers:
                self._say("354 go on")
                heard.mails.append(self._mail())
                self._say("250 taken")
            else:
                self._say(heard.answers.get(verb, "235 ok" if verb == "AUTH" else "250 ok"))
            if verb == "QUIT":
                return

    def _mail(self) -> str:
        lines: list[str] = []
        while (line := self.rfile.readline().decode().rstrip("\r\n")) != ".":
            lines.append(line)
        return "\n".join(lines)

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")


class _Web(BaseHTTPRequestHandler):
    @override
    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""

    def do_POST(self) -> None:
        heard: Heard = self.server.heard  # type: ignore[attr-defined]
        heard.lines.append(self.requestline)
        heard.headers.append(dict(self.headers.items()))
        heard.bodies.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        with contextlib.suppress(OSError):
            while heard.drip:
                self.wfile.write(b"H")
                time.sleep(0.05)
            self.wfile.write(heard.answers.get("POST", "HTTP/1.1 204 Taken\r\n\r\n").encode())


@contextlib.contextmanager
def mail_server(heard: Heard, *, tls_first: ssl.SSLContext | None = None) -> Iterator[Heard]:
    """A mail server; ``heard.tls`` offers STARTTLS, ``tls_first`` is TLS from the first byte."""
    yield from _serving(_Threaded(("127.0.0.1", 0), _Mail), heard, tls_first)


@contextlib.contextmanager
def web_server(heard: Heard, *, tls: ssl.SSLContext | None = None) -> Iterator[Heard]:
    """A web server that takes POST."""
    yield from _serving(HTTPServer(("127.0.0.1", 0), _Web), heard, tls)


class _Threaded(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False


def _serving(server: socketserver.TCPServer, heard: Heard, tls: ssl.SSLContext | None) -> Iterator[Heard]:
    vars(server)["heard"] = heard
    vars(server)["handle_error"] = lambda *_: None  # a client that turns away is what some tests want
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    heard.port = server.socket.getsockname()[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield heard
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def serving_tls(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """TLS for a server named localhost, and the file of the authority that made its certificate."""
    now = SystemClock().now_ms()
    authority = CertificateAuthority.create(now - DAY_MS, now + DAY_MS, SystemEntropy())
    made: Credential = authority.server()
    certificate, key, ca = folder / "hook.pem", folder / "hook.key", folder / "hook-ca.pem"
    certificate.write_bytes(made.certificate)
    key.write_bytes(made.key)
    ca.write_bytes(authority.certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, ca


def closed_port() -> int:
    """A port of this machine at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
