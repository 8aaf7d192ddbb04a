# SPDX-License-Identifier: Apache-2.0
"""Calling people: mail, a command, a webhook. A page carries the request's id and how urgent it is; never a word or an identifier.

Each attempt ends within the hook's seconds whatever the other side does, and fails with a stable rule. No answer is read further
than its status, no redirect followed, no shell asked. Secrets are read from files of their owner at each attempt and are never
shown.
"""

from __future__ import annotations

import contextlib
import email.utils
import http.client
import json
import os
import signal
import smtplib
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Final

from rogatory.client.hook_settings import COMMAND, SMTP, Hook, url_parts
from rogatory.client.private_files import MAX_SMALL, POSIX, check_private, read_kept
from rogatory.protocol import errors
from rogatory.protocol.errors import RogatoryError, Unavailable

_OWN_NAME: Final = "[127.0.0.1]"  # in greetings, instead of the machine's name
_MIN_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class Message:
    """All that a page says; ``page_id`` is random and lets a receiver recognise a repetition."""

    page_id: bytes
    request_id: bytes
    urgency: str


def send(hook: Hook, to: str, message: Message, base: Path) -> None:
    """Call somebody by one hook, or say why not; it blocks for the hook's seconds at most.

    Args:
        hook: Checked settings.
        to: The address that the roster gives for the person.
        message: What is said.
        base: Folder that relative paths of the settings start from.

    Raises:
        Unavailable: ``X_PAGE_FAILED``; the rule says how: ``PAGE.UNREACHABLE``, ``PAGE.TIMEOUT``, ``PAGE.TLS``, ``PAGE.REFUSED``,
            ``PAGE.TRY_LATER``, ``PAGE.ANSWER``, ``PAGE.COMMAND``, ``PAGE.EXIT_STATUS`` or ``PAGE.SECRET``.
    """
    deadline = time.monotonic() + hook.seconds
    try:
        if hook.kind == SMTP:
            _mail(hook, to, message, base, deadline)
        elif hook.kind == COMMAND:
            _command(hook, to, message, base)
        else:
            _post(hook, to, message, base, deadline)
    except RogatoryError:
        raise
    except (OSError, smtplib.SMTPException, http.client.HTTPException, ValueError) as error:
        late = isinstance(error, TimeoutError) or time.monotonic() >= deadline
        raise _failed("TIMEOUT" if late else _rule(error)) from error


def _failed(rule: str) -> Unavailable:
    return Unavailable(errors.X_PAGE_FAILED, "hook", f"PAGE.{rule}")


def _rule(error: Exception) -> str:
    """Return what stands for an error of a library: its text may hold an address."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return _by_status(max((code for code, _text in error.recipients.values()), default=500))
    if isinstance(error, smtplib.SMTPResponseException):
        return _by_status(error.smtp_code)
    if isinstance(error, ssl.SSLError):
        return "TLS"
    reached = not isinstance(error, ConnectionError | smtplib.SMTPServerDisconnected)
    talk = isinstance(error, smtplib.SMTPException | http.client.HTTPException | ValueError)
    return "ANSWER" if talk and reached else "UNREACHABLE"


def _by_status(code: int) -> str:
    """Return what a mail server's code says: the fours are for now, the fives for good (RFC 5321 section 4.2.1)."""
    return {4: "TRY_LATER", 5: "REFUSED"}.get(code // 100, "ANSWER")


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return max(left, _MIN_SECONDS)


@contextlib.contextmanager
def _connected(host: str, port: int, deadline: float) -> Iterator[socket.socket]:
    """Connect, and cut the connection at the deadline: a peer that sends a byte now and then resets every other time limit."""
    sock = socket.create_connection((host, port), timeout=_left(deadline))
    guard = sock.dup()  # the connection under whatever TLS makes of the socket

    def cut() -> None:
        with contextlib.suppress(OSError):
            guard.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(_left(deadline), cut)
    timer.daemon = True
    timer.start()
    try:
        yield sock
    finally:
        timer.cancel()
        guard.close()
        sock.close()


class _Mailer(smtplib.SMTP):
    """The library's client, over a connection that was made already."""

    def __init__(self, sock: socket.socket, hook: Hook) -> None:
        self._made = sock
        super().__init__(hook.host, hook.port, local_hostname=_OWN_NAME, timeout=hook.seconds)

    def _get_socket(self, _host: str, _port: int, _timeout: float) -> socket.socket:
        return self._made


def _tls(hook: Hook, base: Path) -> ssl.SSLContext:
    try:
        pem = (
            read_kept(base / hook.ca_file, "hook.ca_file", MAX_SMALL).decode("ascii")
            if hook.ca_file
            else None
        )
        context = ssl.create_default_context(cadata=pem)
    except (RogatoryError, UnicodeDecodeError) as error:
        raise _failed("TLS") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _secret(hook: Hook, base: Path) -> str:
    path = base / hook.secret_file
    try:
        data = read_kept(path, "hook.secret_file", MAX_SMALL)
        check_private(path, "hook.secret_file")
        text = data.decode("ascii").strip()
    except (RogatoryError, UnicodeDecodeError) as error:
        raise _failed("SECRET") from error
    if not text.isprintable() or not text:
        raise _failed("SECRET")
    return text


def _mail(hook: Hook, to: str, message: Message, base: Path, deadline: float) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"] = hook.sender, to
    mail["Subject"] = f"Rogatory: {message.urgency}"
    mail["Date"] = email.utils.formatdate()
    mail["Message-ID"] = f"<{message.page_id.hex()}@rogatory.invalid>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(f"Request {message.request_id.hex()}\nUrgency {message.urgency}\n")
    context = _tls(hook, base) if hook.security != "NONE" else None
    with _connected(hook.host, hook.port, deadline) as raw:
        sock = raw
        if context is not None and hook.security == "TLS":
            sock = context.wrap_socket(raw, server_hostname=hook.host)
        server = _Mailer(sock, hook)
        try:
            if hook.security == "STARTTLS":
                server.starttls(context=context)
            if hook.user:
                server.login(hook.user, _secret(hook, base))
            server.send_message(mail, hook.sender, [to])
            with contextlib.suppress(smtplib.SMTPException, OSError):
                server.quit()  # it is taken already; a farewell that fails is no reason to send it again
        finally:
            server.close()


def _post(hook: Hook, to: str, message: Message, base: Path, deadline: float) -> None:
    parts = url_parts(hook.url)
    host, secure = parts.hostname or "", parts.scheme == "https"
    context = _tls(hook, base) if secure else None
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": message.page_id.hex(),
        "Rogatory-To": to,
        "User-Agent": "rogatory",
        "Connection": "close",
    }
    if hook.secret_file:
        headers["Authorization"] = f"Bearer {_secret(hook, base)}"
    body = {"request": message.request_id.hex(), "urgency": message.urgency}
    with _connected(host, parts.port or (443 if secure else 80), deadline) as raw:
        line = http.client.HTTPConnection(parts.netloc)
        line.sock = raw if context is None else context.wrap_socket(raw, server_hostname=host)
        try:
            line.request(
                "POST",
                f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}",
                json.dumps(body),
                headers,
            )
            status = line.getresponse().status
        finally:
            line.close()
    if not 200 <= status < 300:
        raise _failed(
            "TRY_LATER" if status >= 500 or status == http.HTTPStatus.TOO_MANY_REQUESTS else "REFUSED"
        )


def _command(hook: Hook, to: str, message: Message, base: Path) -> None:
    """Run a program; what it is told stands in its environment, where other users of the machine cannot see it."""
    told = {
        "PATH": os.environ.get("PATH", os.defpath),
        "ROGATORY_PAGE": message.page_id.hex(),
        "ROGATORY_REQUEST": message.request_id.hex(),
        "ROGATORY_TO": to,
        "ROGATORY_URGENCY": message.urgency,
    }
    if "SYSTEMROOT" in os.environ:  # no program starts on Windows without it
        told["SYSTEMROOT"] = os.environ["SYSTEMROOT"]
    quiet = subprocess.DEVNULL
    try:
        process = subprocess.Popen(  # noqa: S603 - the party's own program, by its own settings, without a shell
            hook.argv, stdin=quiet, stdout=quiet, stderr=quiet, env=told, cwd=base, start_new_session=POSIX
        )
    except OSError as error:
        raise _failed("COMMAND") from error
    try:
        status = process.wait(hook.seconds)
    except subprocess.TimeoutExpired as error:
        raise _failed("TIMEOUT") from error
    finally:
        _end(process)
    if status:
        raise _failed("EXIT_STATUS")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a program that has not ended, with what it has started."""
    if process.poll() is not None:
        return
    if POSIX:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()
