# SPDX-License-Identifier: Apache-2.0
"""The pager against the real server: first call, next call, silence after `page_ack`; restarts, kills, no exchange, two pagers.

Time is the sessions' own clock, set ahead. Who is called in which minute is tested without a server (`property/test_paging.py`).
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Iterator
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest
from typing_extensions import override

from rogatory.client import authority, duty, provider
from rogatory.client.channel import Offline, Transport
from rogatory.client.drafting import prepare_issue
from rogatory.client.duty import Told, page, prepare_page_ack
from rogatory.client.duty_book import ROSTER, Pages
from rogatory.client.hook_settings import Hook
from rogatory.client.private_files import write_private
from rogatory.client.roster import DAYS, Contact, Reach, Roster, Shift
from rogatory.client.session import Session, open_session
from rogatory.protocol.errors import NotVerified, Refused, Unavailable
from rogatory.protocol.header import StatementKind
from rogatory.protocol.ids import SystemClock
from rogatory.protocol.plain import to_plain
from rogatory.protocol.wire import GetRequestRequest
from tests.support.desks import Changed, Desks
from tests.support.front import ServerProcess, wait_until

T = TypeVar("T")
MINUTE = 60_000
_RECORD = '#!/bin/sh\necho "$ROGATORY_TO $ROGATORY_REQUEST $ROGATORY_URGENCY $ROGATORY_PAGE" >> called\n'


class Later:
    """This machine's clock, so many minutes ahead."""

    def __init__(self, minutes: int) -> None:
        self._minutes = minutes

    def now_ms(self) -> int:
        return SystemClock().now_ms() + self._minutes * MINUTE


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    running = ServerProcess.start(tmp_path_factory.mktemp("duty") / "realm", ROGATORY_HEARTBEAT_SECONDS="1")
    yield running
    running.stop()


@pytest.fixture
def desks(server: ServerProcess, tmp_path: Path) -> Desks:
    return Desks(server, tmp_path / "people")


def roster(desks: Desks, name: str = "judge", text: str = _RECORD) -> Roster:
    """Two people who are always on duty, and a command that writes down whom it called, in the profile's folder."""
    profile = desks.profile(name)
    path = profile.path / "hook.sh"
    path.write_text(text, "utf-8")
    path.chmod(0o700)
    people = {key: Contact(f"{key} (invented)", (Reach("sms", key),)) for key in ("first", "second")}
    made = Roster(
        zone="Europe/Vienna",
        people=people,
        shifts=(Shift("00:00", "00:00", ("first", "second"), DAYS),),
        fallback=("second",),
        hooks={"sms": Hook("COMMAND", argv=("./hook.sh",))},
    )
    write_private(profile.path / ROSTER, json.dumps(to_plain(made)).encode())
    return made


def called(desks: Desks, request_id: bytes, name: str = "judge") -> list[list[str]]:
    """Who was called about a request, in order: person, urgency, page."""
    path = desks.profile(name).path / "called"
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    words = [line.split() for line in lines]
    return [[to, urgency, made] for to, request, urgency, made in words if request == request_id.hex()]


def people(desks: Desks, request_id: bytes, name: str = "judge") -> list[str]:
    return [to for to, _urgency, _made in called(desks, request_id, name)]


async def issued(desks: Desks) -> bytes:
    sent = await desks.act("investigator", lambda session: prepare_issue(session, desks.draft()))
    return sent.request_id


def opened(
    desks: Desks,
    minutes: int = 0,
    name: str = "judge",
    transport: Transport | None = None,
    *,
    online: bool = True,
) -> AbstractAsyncContextManager[Session]:
    """A session without unlocked keys, at another time."""
    return open_session(
        desks.profile(name), None, clock=Later(minutes), transport=transport, online=online, patience=10
    )


async def settled(desks: Desks, name: str) -> None:
    """Waits until the published log covers what this profile has seen, which no leap of a clock may come before."""
    async with opened(desks, name=name) as session:
        while session.state.trusted.awaited is not None:
            await asyncio.sleep(0.1)
            await session.exchange.sync()


async def look(
    desks: Desks, made: Roster, minutes: int = 0, name: str = "judge", *, dry_run: bool = False
) -> list[Told]:
    """One look of a pager that was just started."""
    await settled(desks, name)
    async with opened(desks, minutes, name) as session:
        return [told async for told in page(session, made, every=1, once=True, dry_run=dry_run)]


async def test_the_first_then_the_second_is_called_and_nobody_once_it_is_acknowledged(desks: Desks) -> None:
    made, request_id = roster(desks), await issued(desks)
    for minutes, expected in ((0, ["first"]), (1, ["first"]), (11, ["first", "second"])):
        await look(desks, made, minutes)
        assert people(desks, request_id) == expected
    other = await issued(desks)
    await look(desks, made, 12)
    sent = await desks.act("judge", lambda session: prepare_page_ack(session, other))
    assert (sent.state.name.name if sent.state else "") == "ISSUED"
    await look(desks, made, 40)
    assert people(desks, other) == ["first"]
    assert [urgency for _to, urgency, _made in called(desks, request_id)] == ["ROUTINE"] * 2
    async with desks.open("investigator") as session:
        view = await session.exchange.get_request(other, "STATUS")
    assert view.statements[-1].verified.header.kind is StatementKind.PAGE_ACK
    assert view.state.moved_index < view.state.last_index, "whoever decides need not have seen it"


async def test_who_acts_need_not_acknowledge_and_the_next_party_is_called(desks: Desks) -> None:
    made, request_id = roster(desks), await issued(desks)
    at_provider = roster(desks, "provider-service")
    await look(desks, made)
    await look(desks, at_provider, 0, "provider-service")
    assert people(desks, request_id, "provider-service") == []
    await desks.act("judge", lambda session: authority.prepare_grant(session, request_id))
    await look(desks, made, 30)
    assert people(desks, request_id) == ["first"]
    async with desks.open("provider-service") as session:
        assert [sent.request_id async for sent in provider.serve(session, once=True)][-1] == request_id
    await look(desks, at_provider, 0, "provider-service")
    assert people(desks, request_id, "provider-service") == ["first"], (
        "that the service has it stops nobody's call"
    )
    await desks.act("compliance", lambda session: provider.prepare_receive(session, request_id))
    await desks.act("compliance", lambda session: provider.prepare_preserve(session, request_id))
    await look(desks, at_provider, 60, "provider-service")
    assert people(desks, request_id, "provider-service") == ["first"]
    await look(desks, at_provider, 10 * 24 * 60 - 60, "provider-service")
    assert [urgency for _to, urgency, _made in called(desks, request_id, "provider-service")] == [
        "ROUTINE",
        "DUE_SOON",
    ]


async def test_a_dry_run_calls_nobody_and_writes_nothing_down(desks: Desks) -> None:
    made, request_id = roster(desks), await issued(desks)
    told = await look(desks, made, dry_run=True)
    assert [
        (item.what, item.page.person if item.page else "") for item in told if item.request_id == request_id
    ] == [(duty.PLANNED, "first")]
    assert people(desks, request_id) == []
    assert Pages.open(desks.profile("judge")).journal.pages == ()
    await look(desks, made)
    assert people(desks, request_id) == ["first"]


def start(desks: Desks, *words: str) -> subprocess.Popen[bytes]:
    """The command as a service manager starts it."""
    code = "from rogatory.client.cli.main import main; main()"
    arguments = [
        sys.executable,
        "-c",
        code,
        "duty",
        "run",
        *words,
        "--profile",
        str(desks.profile("judge").path),
    ]
    return subprocess.Popen(
        arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


async def test_a_pager_that_was_killed_while_it_called_sends_the_same_page_again_and_only_that(
    desks: Desks,
) -> None:
    made, first = roster(desks), await issued(desks)
    await look(desks, made)
    hang = _RECORD + "[ -e hung ] || { touch hung; echo $$ > hanging; exec sleep 600; }\n"
    roster(desks, text=hang)
    second = await issued(desks)
    killed = start(desks)
    wait_until((desks.profile("judge").path / "hanging").exists)
    killed.send_signal(signal.SIGKILL)
    killed.communicate(timeout=30)
    os.kill(int((desks.profile("judge").path / "hanging").read_text("utf-8")), signal.SIGKILL)
    for _ in range(2):
        again = start(desks, "--once")
        _out, err = again.communicate(timeout=60)
        assert again.returncode == 0, err
    assert people(desks, first) == ["first"]
    ((_, _, before), (_, _, after)) = called(desks, second)
    assert before == after, "whoever gets it twice can tell"


async def test_two_pagers_of_one_profile_are_refused(desks: Desks) -> None:
    made = roster(desks)
    await issued(desks)
    async with opened(desks) as session, aclosing(page(session, made, every=1)) as running:
        await anext(running)
        with pytest.raises(Unavailable) as caught:
            await look(desks, made)
    assert caught.value.rule == "PAGER.RUNNING"


async def test_a_running_pager_calls_for_what_comes_and_leaves_the_profile_to_others(desks: Desks) -> None:
    made, first = roster(desks), await issued(desks)
    async with (
        opened(desks) as session,
        asyncio.timeout(40),
        aclosing(page(session, made, every=60)) as running,
    ):
        await until(running, first)
        await desks.act("judge", lambda s: prepare_page_ack(s, first))
        second = await issued(desks)
        await until(running, second)
    assert people(desks, first) == people(desks, second) == ["first"]


async def until(running: AsyncGenerator[Told], request_id: bytes) -> None:
    """Waits until somebody was called about a request."""
    async for told in running:
        if (told.what, told.request_id) == (duty.SENT, request_id):
            return


async def test_without_the_exchange_it_goes_on_from_what_it_knows(desks: Desks) -> None:
    made, request_id = roster(desks), await issued(desks)
    await look(desks, made)
    async with opened(desks, 11, transport=Offline(), online=False) as session:
        told = [item async for item in page(session, made, every=1, once=True)]
    assert (told[0].what, told[0].code) == (duty.TROUBLE, "X_TRANSIENT")
    assert people(desks, request_id) == ["first", "second"]


async def test_a_request_that_does_not_verify_is_told_and_keeps_back_no_other(desks: Desks) -> None:
    made, bad, good = roster(desks), await issued(desks), await issued(desks)

    class Broken(Changed):
        @override
        async def call(self, method: str, request: object, answer: type[T], *, repeatable: bool = True) -> T:
            if isinstance(request, GetRequestRequest) and request.request_id == bad:
                raise NotVerified("X_LOG_INVALID", "statements", "ORDER")
            return await super().call(method, request, answer, repeatable=repeatable)

    async with opened(desks, transport=Broken(desks.transport("judge"), "", lambda reply: reply)) as session:
        told = [item async for item in page(session, made, every=1, once=True)]
    assert [(item.code, item.rule) for item in told if item.request_id == bad] == [("X_LOG_INVALID", "ORDER")]
    assert people(desks, good) == ["first"]


async def test_a_hook_that_fails_is_told_and_the_next_way_is_taken(desks: Desks) -> None:
    made, request_id = roster(desks), await issued(desks)
    away = Hook("COMMAND", argv=("/nowhere/at/all",))
    failing = replace(made, hooks={"sms": away})
    told = await look(desks, failing)
    assert {(item.what, item.code, item.rule) for item in told} == {
        (duty.FAILED, "X_PAGE_FAILED", "PAGE.COMMAND")
    }
    both = Contact("first (invented)", (Reach("away", "first"), Reach("sms", "first")))
    await look(
        desks, replace(made, hooks={**made.hooks, "away": away}, people={**made.people, "first": both}), 1
    )
    assert people(desks, request_id) == ["first"]


async def test_only_a_step_of_the_own_unit_can_be_named(desks: Desks) -> None:
    request_id = await issued(desks)
    async with desks.open("judge") as session:
        with pytest.raises(Refused) as caught:
            await prepare_page_ack(session, request_id, about="00" * 32)
    assert (caught.value.code, caught.value.rule) == ("X_NOT_FOUND", "ONE_OPEN")
