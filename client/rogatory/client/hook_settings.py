# SPDX-License-Identifier: Apache-2.0
"""How people are called, as settings: a mail server, a command, a webhook; what each needs and what none may be (pure).

A page carries the request's id and how urgent it is, and nothing else, whatever stands here. Plain connections are for this very
machine only. Sending is ``rogatory.client.hooks``; secrets stay in files that only their owner may read, never in these settings.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from rogatory.protocol import errors
from rogatory.protocol.errors import Invalid
from rogatory.protocol.header import require

SMTP: Final = "SMTP"
COMMAND: Final = "COMMAND"
WEBHOOK: Final = "WEBHOOK"
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
SECURITY: Final = frozenset({"TLS", "STARTTLS", "NONE"})
MAX_SECONDS: Final = 60
_PRINTED: Final = re.compile(r"[!-~]{1,512}\Z")
_ARGUMENT: Final = re.compile(r"[^\x00-\x1f\x7f]{1,1024}\Z")


@dataclass(frozen=True, slots=True)
class Hook:
    """One way to call people.

    Attributes:
        kind: SMTP, COMMAND or WEBHOOK.
        host: SMTP: the mail server.
        port: SMTP: its port.
        security: SMTP: TLS from the start, STARTTLS, or NONE on this machine.
        sender: SMTP: the address that a page comes from.
        user: SMTP: name to log in with; none without one.
        secret_file: SMTP: the password; WEBHOOK: a bearer token.
        argv: COMMAND: program and arguments; no shell is asked.
        url: WEBHOOK: https, or http on this machine.
        ca_file: Authority of the other side's certificate; the machine's own without one.
        seconds: How long one attempt may take in all.
    """

    kind: str
    host: str = ""
    port: int = 0
    security: str = "TLS"
    sender: str = ""
    user: str = ""
    secret_file: str = ""
    argv: tuple[str, ...] = ()
    url: str = ""
    ca_file: str = ""
    seconds: int = 20


def check_hook(hook: Hook, at: str) -> None:
    """Check that a hook has what its kind needs and nothing that another kind has.

    Raises:
        Invalid: With the path of the field and the rule.
    """
    require(hook.kind in _CHECKS, f"{at}.kind", "VOCABULARY")
    require(1 <= hook.seconds <= MAX_SECONDS, f"{at}.seconds", "RANGE")
    for name in ("secret_file", "ca_file"):
        value = getattr(hook, name)
        require(not value or _ARGUMENT.match(value), f"{at}.{name}", "PRINTED")
    _CHECKS[hook.kind](hook, at)


def url_parts(url: str, at: str = "url") -> SplitResult:
    """Return the parts of a webhook's address.

    Raises:
        Invalid: It is no address of a web server, or not an encrypted one of another machine.
    """
    require(_PRINTED.match(url), at, "URL")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Invalid(errors.X_FIELD_INVALID, at, "URL") from error
    host = parts.hostname or ""
    require(parts.scheme in {"https", "http"} and host and port != 0, at, "URL")
    require(parts.username is None and parts.password is None and not parts.fragment, at, "URL")
    require(parts.scheme == "https" or host in LOOPBACK, at, "HTTPS")
    return parts


def _smtp(hook: Hook, at: str) -> None:
    require(_PRINTED.match(hook.host), f"{at}.host", "PRESENT", errors.X_FIELD_MISSING)
    require(0 < hook.port < 65536, f"{at}.port", "RANGE")
    require(hook.security in SECURITY, f"{at}.security", "VOCABULARY")
    require(hook.security != "NONE" or hook.host in LOOPBACK, f"{at}.security", "LOOPBACK")
    require(_PRINTED.match(hook.sender) and hook.sender.count("@") == 1, f"{at}.sender", "ADDRESS")
    require(bool(hook.user) == bool(hook.secret_file), f"{at}.user", "WITH_SECRET")
    require(
        not hook.user or (_PRINTED.match(hook.user) and hook.security != "NONE"), f"{at}.user", "ENCRYPTED"
    )
    require(not hook.argv and not hook.url, at, "ONE_OF")


def _command(hook: Hook, at: str) -> None:
    require(0 < len(hook.argv) <= 64, f"{at}.argv", "PRESENT", errors.X_FIELD_MISSING)
    require(all(_ARGUMENT.match(item) for item in hook.argv), f"{at}.argv", "PRINTED")
    require(not (hook.host or hook.url or hook.sender or hook.user or hook.secret_file), at, "ONE_OF")


def _webhook(hook: Hook, at: str) -> None:
    url_parts(hook.url, f"{at}.url")
    require(not (hook.host or hook.argv or hook.sender or hook.user), at, "ONE_OF")


_CHECKS: Final = {SMTP: _smtp, COMMAND: _command, WEBHOOK: _webhook}
