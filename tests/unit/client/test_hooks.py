# SPDX-License-Identifier: Apache-2.0
"""A page reaches a real mail server, a real web server, a real command; carries the request's id and its urgency, nothing else.

And whatever the other side does, the attempt ends in time with a stable rule. Who is called is not tested here.
"""

from __future__ import annotations

import json
import ssl
import time
from dataclasses import replace
from pathlib import Path

import pytest

from rogatory.client.hook_settings import Hook, check_hook
from rogatory.client.hooks import Message, send
from rogatory.client.private_files import write_private
from rogatory.protocol.errors import Invalid, Unavailable
from tests.support.front import wait_until
from tests.support.mailbox import Heard, closed_port, mail_server, serving_tls, web_server

MESSAGE = Message(bytes.fromhex("aa" * 16), bytes.fromhex("0199" * 8), "EMERGENCY")
REQUEST = MESSAGE.request_id.hex()
MAIL = Hook("SMTP", host="localhost", port=1, security="NONE", sender="rogatory@desk.invalid", seconds=5)
TO = "night@desk.invalid"


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    return serving_tls(tmp_path_factory.mktemp("hooks"))


def rule_of(hook: Hook, folder: Path, to: str = TO) -> str:
    with pytest.raises(Unavailable) as caught:
        send(hook, to, MESSAGE, folder)
    assert caught.value.code == "X_PAGE_FAILED"
    return caught.value.rule


def test_a_mail_says_the_request_and_its_urgency_and_nothing_else(tmp_path: Path) -> None:
    with mail_server(Heard()) as heard:
        send(replace(MAIL, port=heard.port), TO, MESSAGE, tmp_path)
    (mail,) = heard.mails
    head, _, body = mail.partition("\n\n")
    assert body == f"Request {REQUEST}\nUrgency EMERGENCY"
    fields = dict(line.split(": ", 1) for line in head.split("\n"))
    assert (fields["Subject"], fields["To"], fields["From"]) == ("Rogatory: EMERGENCY", TO, MAIL.sender)
    assert fields["Message-ID"] == f"<{'aa' * 16}@rogatory.invalid>"
    assert set(fields) <= {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Type", "Content-Transfer-Encoding", "MIME-Version",
    }  # fmt: skip
    assert heard.lines[0] == "ehlo [127.0.0.1]", "not the machine's name"


@pytest.mark.parametrize("security", ["STARTTLS", "TLS"])
def test_a_mail_goes_encrypted_and_logs_in_with_the_secret_of_a_private_file(
    security: str, tls: tuple[ssl.SSLContext, Path], tmp_path: Path
) -> None:
    context, ca = tls
    write_private(tmp_path / "secret", b"an invented password\n")
    first = context if security == "TLS" else None
    with mail_server(Heard(tls=None if first else context), tls_first=first) as heard:
        hook = replace(
            MAIL, port=heard.port, security=security, ca_file=str(ca), user="pager", secret_file="secret"
        )
        send(hook, TO, MESSAGE, tmp_path)
        assert len(heard.mails) == 1
        assert any(line.upper().startswith("AUTH PLAIN") for line in heard.lines)
        assert rule_of(replace(hook, ca_file=""), tmp_path) == "PAGE.TLS"
        (tmp_path / "secret").chmod(0o644)
        assert rule_of(hook, tmp_path) == "PAGE.SECRET"
        assert rule_of(replace(hook, secret_file="missing"), tmp_path) == "PAGE.SECRET"
    assert len(heard.mails) == 1


def test_a_server_without_starttls_gets_nothing(tmp_path: Path) -> None:
    with mail_server(Heard()) as heard:
        assert rule_of(replace(MAIL, port=heard.port, security="STARTTLS"), tmp_path) == "PAGE.ANSWER"
    assert heard.mails == []


@pytest.mark.parametrize(
    ("answers", "rule"),
    [
        ({"GREETING": "554 no"}, "PAGE.REFUSED"),
        ({"GREETING": "421 busy"}, "PAGE.TRY_LATER"),
        ({"RCPT": "550 nobody of this name"}, "PAGE.REFUSED"),
        ({"RCPT": "450 grey"}, "PAGE.TRY_LATER"),
        ({"DATA": "554 no"}, "PAGE.REFUSED"),
        ({"GREETING": "good evening"}, "PAGE.ANSWER"),
    ],
)
def test_a_mail_server_that_will_not_is_told_apart_by_rule(
    answers: dict[str, str], rule: str, tmp_path: Path
) -> None:
    with mail_server(Heard(answers=answers)) as heard:
        assert rule_of(replace(MAIL, port=heard.port), tmp_path) == rule


def test_a_webhook_gets_two_fields_over_tls_and_a_key_against_doing_it_twice(
    tls: tuple[ssl.SSLContext, Path], tmp_path: Path
) -> None:
    context, ca = tls
    write_private(tmp_path / "token", b"invented-token")
    with web_server(Heard(), tls=context) as heard:
        hook = Hook(
            "WEBHOOK",
            url=f"https://localhost:{heard.port}/page?desk=1",
            ca_file=str(ca),
            secret_file="token",
            seconds=5,
        )
        check_hook(hook, "hook")
        send(hook, "night", MESSAGE, tmp_path)
        assert rule_of(replace(hook, ca_file=""), tmp_path) == "PAGE.TLS"
    (body,) = heard.bodies
    assert json.loads(body) == {"request": REQUEST, "urgency": "EMERGENCY"}
    assert heard.lines == ["POST /page?desk=1 HTTP/1.1"]
    (headers,) = heard.headers
    assert (headers["Idempotency-Key"], headers["Rogatory-To"]) == ("aa" * 16, "night")
    assert headers["Authorization"] == "Bearer invented-token"


@pytest.mark.parametrize(
    ("answer", "rule"),
    [
        ("HTTP/1.1 500 no\r\n\r\n", "PAGE.TRY_LATER"),
        ("HTTP/1.1 429 slowly\r\n\r\n", "PAGE.TRY_LATER"),
        ("HTTP/1.1 404 no\r\n\r\n", "PAGE.REFUSED"),
        ("HTTP/1.1 302 there\r\nLocation: http://localhost:1/\r\n\r\n", "PAGE.REFUSED"),
        ("220 mail.invalid\r\n", "PAGE.ANSWER"),
        ("", "PAGE.UNREACHABLE"),
    ],
)
def test_a_web_server_that_will_not_is_told_apart_by_rule(answer: str, rule: str, tmp_path: Path) -> None:
    with web_server(Heard(answers={"POST": answer})) as heard:
        assert rule_of(Hook("WEBHOOK", url=f"http://127.0.0.1:{heard.port}/", seconds=5), tmp_path) == rule
    assert len(heard.bodies) == 1, "no redirect is followed"


def test_a_peer_that_drips_is_cut_off_in_time(tmp_path: Path) -> None:
    started = time.monotonic()
    with mail_server(Heard(drip=True)) as mail, web_server(Heard(drip=True)) as web:
        assert rule_of(replace(MAIL, port=mail.port, seconds=1), tmp_path) == "PAGE.TIMEOUT"
        assert (
            rule_of(Hook("WEBHOOK", url=f"http://127.0.0.1:{web.port}/", seconds=1), tmp_path)
            == "PAGE.TIMEOUT"
        )
    assert time.monotonic() - started < 20, "each had one second"


def test_nobody_there_is_a_rule_of_its_own(tmp_path: Path) -> None:
    port = closed_port()
    assert rule_of(replace(MAIL, port=port), tmp_path) == "PAGE.UNREACHABLE"
    assert (
        rule_of(Hook("WEBHOOK", url=f"http://127.0.0.1:{port}/", seconds=5), tmp_path) == "PAGE.UNREACHABLE"
    )


def script(folder: Path, text: str) -> Hook:
    path = folder / "hook.sh"
    path.write_text(f"#!/bin/sh\n{text}\n", "utf-8")
    path.chmod(0o700)
    return Hook("COMMAND", argv=(str(path), "an argument"), seconds=1)


def test_a_command_is_told_by_its_environment_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROGATORY_PASSPHRASE_FILE", "/nowhere")
    send(script(tmp_path, 'env > told; echo "$@" > arguments'), "+43 1 555 0100", MESSAGE, tmp_path)
    told = dict(line.split("=", 1) for line in (tmp_path / "told").read_text("utf-8").splitlines())
    assert {name: value for name, value in told.items() if name.startswith("ROGATORY")} == {
        "ROGATORY_PAGE": "aa" * 16,
        "ROGATORY_REQUEST": REQUEST,
        "ROGATORY_TO": "+43 1 555 0100",
        "ROGATORY_URGENCY": "EMERGENCY",
    }
    assert (tmp_path / "arguments").read_text("utf-8") == "an argument\n", (
        "others see what a command is called with"
    )


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and that nobody has asked about does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] not in {"Z", "X"}
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_command_that_fails_is_named(tmp_path: Path) -> None:
    assert rule_of(script(tmp_path, "exit 3"), tmp_path) == "PAGE.EXIT_STATUS"


def test_a_command_that_hangs_is_ended_with_what_it_has_started(tmp_path: Path) -> None:
    hook = script(tmp_path, "echo $$ > pids; sleep 60 & echo $! >> pids; wait")
    assert rule_of(hook, tmp_path) == "PAGE.TIMEOUT"
    pids = [int(line) for line in (tmp_path / "pids").read_text("utf-8").split()]
    assert len(pids) == 2
    wait_until(lambda: not any(alive(pid) for pid in pids))


def test_a_command_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert rule_of(Hook("COMMAND", argv=("/nowhere/at/all",)), tmp_path) == "PAGE.COMMAND"


@pytest.mark.parametrize(
    ("hook", "field", "rule"),
    [
        (Hook("PIGEON"), "h.kind", "VOCABULARY"),
        (Hook("COMMAND"), "h.argv", "PRESENT"),
        (Hook("COMMAND", argv=("a\n",)), "h.argv", "PRINTED"),
        (Hook("COMMAND", argv=("a",), url="https://desk.invalid/"), "h", "ONE_OF"),
        (Hook("COMMAND", argv=("a",), seconds=0), "h.seconds", "RANGE"),
        (Hook("WEBHOOK", url="http://desk.invalid/"), "h.url", "HTTPS"),
        (Hook("WEBHOOK", url="https://user:word@desk.invalid/"), "h.url", "URL"),
        (Hook("WEBHOOK", url="ftp://desk.invalid/"), "h.url", "URL"),
        (Hook("WEBHOOK", url="https://desk.invalid:99999/"), "h.url", "URL"),
        (Hook("WEBHOOK", url="https://desk.invalid/\r\nX: y"), "h.url", "URL"),
        (Hook("WEBHOOK"), "h.url", "URL"),
        (replace(MAIL, host="desk.invalid"), "h.security", "LOOPBACK"),
        (replace(MAIL, port=0), "h.port", "RANGE"),
        (replace(MAIL, sender="a@b\r\nBcc: c@d"), "h.sender", "ADDRESS"),
        (replace(MAIL, user="u"), "h.user", "WITH_SECRET"),
        (replace(MAIL, user="u", secret_file="s"), "h.user", "ENCRYPTED"),
        (replace(MAIL, security="MAYBE"), "h.security", "VOCABULARY"),
    ],
)
def test_settings_that_do_not_hold_are_refused_with_their_field(hook: Hook, field: str, rule: str) -> None:
    with pytest.raises(Invalid) as caught:
        check_hook(hook, "h")
    assert (caught.value.field, caught.value.rule) == (field, rule)
