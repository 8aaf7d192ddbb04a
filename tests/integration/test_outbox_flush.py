# SPDX-License-Identifier: Apache-2.0
"""What keeps one statement in the outbox keeps back its own request and no other; a service goes on by itself.

Against the real server, through transports that fail as a network or a full disk would. Commands are tested elsewhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from rogatory.client import agency, authority, provider
from rogatory.client.disclosing import DisclosurePlan, PlanItem, prepare_disclose
from rogatory.client.drafting import prepare_issue
from rogatory.client.outbox import list_outbox
from rogatory.client.outgoing import NotUploaded, Sent, flush_outbox, sign_and_send
from rogatory.protocol.errors import Refused, Unavailable
from rogatory.protocol.header import StatementKind
from tests.integration.test_sdk_outbox import Broken, executing
from tests.support.desks import Changed, Desks, day
from tests.support.front import ServerProcess

SUBMIT = "ExchangeService/Submit"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("flush") / "realm"
    running = ServerProcess.start(folder, ROGATORY_HEARTBEAT_SECONDS="1")
    yield running
    running.stop()


@pytest.fixture
def desks(server: ServerProcess, tmp_path: Path) -> Desks:
    return Desks(server, tmp_path / "people")


def _no_room(_reply: object) -> NoReturn:
    raise Unavailable("X_TRANSIENT", "part", "DISK_SPACE")


def _lost(_reply: object) -> NoReturn:
    raise Unavailable("X_TRANSIENT", "", "TRANSPORT")


async def _wait(desks: Desks, tmp_path: Path) -> tuple[bytes, bytes, bytes]:
    """Three requests with a waiting statement each: a disclosure, one that comes too late, and a good one."""
    full, late, good = [await executing(desks) for _ in range(3)]
    source = tmp_path / "small.bin"
    source.write_bytes(b"invented")
    item = PlanItem(source, 1, "name", since=day(9), until=day(2))
    async with desks.open("compliance") as session:
        prepared = [await prepare_disclose(session, full, DisclosurePlan((item,)))]
        prepared += [await provider.prepare_preserve(session, request_id) for request_id in (late, good)]
        prepared.append(await provider.prepare_refuse(session, full, "P_OTHER"))
    await desks.act("investigator", lambda s: agency.prepare_withdraw(s, late, "NO_LONGER_NEEDED"))
    async with desks.open("compliance", online=False) as session:
        for one in prepared:
            assert (await sign_and_send(session, one)).queued
    return full, late, good


async def test_what_is_refused_or_finds_no_room_does_not_stop_other_requests(
    desks: Desks, tmp_path: Path
) -> None:
    full, late, good = await _wait(desks, tmp_path)
    crowded = Changed(desks.transport("compliance"), "TransferService/GetParts", _no_room)
    async with desks.open("compliance", transport=crowded) as session:
        done = await flush_outbox(session)
        left = [(item.request_id, item.kind.name) for item in list_outbox(session.profile)]
    assert [item.waiting.request_id for item in done] == [full, late, good, full]
    assert [item.kept for item in done] == [True, False, False, True]
    no_room, too_late, sent, behind = done
    assert isinstance(no_room.error, NotUploaded)
    assert no_room.error.rule == "DISK_SPACE"
    assert isinstance(too_late.error, Refused)
    assert too_late.error.code == "X_OBJECT_TERMINAL"
    assert sent.sent is not None
    assert behind.error is not None
    assert behind.error.rule == "OUTBOX.BEHIND"
    assert left == [(full, "DISCLOSE"), (full, "REFUSE")]


async def test_where_the_exchange_is_away_one_try_speaks_for_all(desks: Desks, tmp_path: Path) -> None:
    await _wait(desks, tmp_path)
    away = Changed(desks.transport("compliance"), SUBMIT, _lost)
    async with desks.open("compliance", transport=away) as session:
        done = await flush_outbox(session)
        assert len(list_outbox(session.profile)) == 4
    assert away.calls.count(SUBMIT) == 1
    assert [item.kept for item in done] == [True] * 4
    assert {item.error.rule for item in done if item.error is not None} == {"TRANSPORT"}


async def test_a_disk_that_fails_before_there_is_an_answer_keeps_what_was_signed(desks: Desks) -> None:
    request_id = await executing(desks)
    objects = desks.profile("investigator").folder("state") / "objects"
    away = objects.with_name("away")
    objects.rename(away)
    objects.symlink_to("/proc")  # a folder in which nobody can make a file
    async with desks.open("investigator") as session:
        said = await agency.prepare_withdraw(session, request_id, "ERROR", note="invented")
        assert (await sign_and_send(session, said)).queued
        (tried,) = await flush_outbox(session)
    assert tried.kept
    assert tried.error is not None
    assert (tried.error.code, tried.error.rule) == ("X_TRANSIENT", "PROFILE.DISK")
    objects.unlink()
    away.rename(objects)
    async with desks.open("investigator") as session:
        (sent,) = await flush_outbox(session)
        assert list_outbox(session.profile) == ()
    assert sent.sent is not None
    assert (await _kinds(desks, request_id)).count(StatementKind.WITHDRAW) == 1


async def _transmitted(desks: Desks) -> bytes:
    sent = await desks.act("investigator", lambda session: prepare_issue(session, desks.draft()))
    await desks.act("judge", lambda session: authority.prepare_grant(session, sent.request_id))
    return sent.request_id


async def _kinds(desks: Desks, request_id: bytes) -> list[StatementKind]:
    async with desks.open("investigator") as session:
        view = await agency.status(session, request_id)
    return [item.verified.header.kind for item in view.statements]


async def test_a_service_signs_delivered_once_though_the_answer_was_lost(desks: Desks) -> None:
    request_id = await _transmitted(desks)
    away = Changed(desks.transport("provider-service"), SUBMIT, _lost)
    async with desks.open("provider-service", transport=away) as session:
        (first,) = [sent async for sent in provider.serve(session, once=True)]
        assert first.queued
        assert await provider.deliver(session, request_id) is None
        assert len(list_outbox(session.profile)) == 1
    async with desks.open("provider-service") as session:
        again = [sent async for sent in provider.serve(session, once=True)]
        assert list_outbox(session.profile) == ()
    assert all(sent.index for sent in again)
    assert (await _kinds(desks, request_id)).count(StatementKind.DELIVERED) == 1


async def test_a_running_service_sends_what_waits_at_the_next_heartbeat(desks: Desks) -> None:
    request_id = await _transmitted(desks)
    broken = Broken(desks.transport("provider-service"), SUBMIT)
    ended: list[Sent] = []
    async with desks.open("provider-service", transport=broken) as session, asyncio.timeout(20):
        async for sent in provider.serve(session):
            if sent.request_id == request_id:
                ended.append(sent)
            if ended and not ended[-1].queued:
                break
    assert [sent.queued for sent in ended] == [True, False]
    assert (await _kinds(desks, request_id)).count(StatementKind.DELIVERED) == 1
