# SPDX-License-Identifier: Apache-2.0
"""Erasure by two officers through SDK and real server, and what everybody's programs make of it afterwards.

What is destroyed in database and vault is tested with the engine alone (`tests/regimes`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rogatory.client import afterwards, agency, provider
from rogatory.client.outbox import list_outbox
from rogatory.client.outgoing import flush_outbox, sign_and_send
from rogatory.client.seconding import prepare_second
from rogatory.protocol import errors
from rogatory.protocol.errors import Invalid, Refused
from rogatory.protocol.state import Flag
from tests.integration.test_sdk_outbox import executing
from tests.support.desks import Desks
from tests.support.front import ServerProcess


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    running = ServerProcess.start(tmp_path_factory.mktemp("erase") / "realm")
    yield running
    running.stop()


@pytest.fixture
def desks(server: ServerProcess, tmp_path: Path) -> Desks:
    return Desks(server, tmp_path / "people")


async def test_two_officers_erase_and_everybody_is_told_so_by_a_code(desks: Desks) -> None:
    request_id = await executing(desks, 1)
    async with desks.open("investigator") as session:
        with pytest.raises(Refused) as raised:
            await afterwards.prepare_erase(session, request_id, "NOT_NEEDED")
        assert raised.value.code == errors.X_STATE_NOT_ALLOWED
    await desks.act("investigator", lambda s: agency.prepare_withdraw(s, request_id, "NO_LONGER_NEEDED"))
    async with desks.open("investigator") as session:
        with pytest.raises(Invalid):
            await afterwards.prepare_erase(session, request_id, "TIDINESS")
    waits = await desks.act("investigator", lambda s: afterwards.prepare_erase(s, request_id, "NOT_NEEDED"))
    assert waits.queued
    assert waits.second is not None
    async with desks.open("duty-officer") as session:
        made = await prepare_second(session, waits.second.read_bytes())
        await sign_and_send(session, made.prepared)
    async with desks.open("investigator") as session:
        (gone,) = await flush_outbox(session)
        assert gone.error is None
        assert gone.sent is not None
        assert gone.sent.state is not None
        assert Flag.ERASED in gone.sent.state.flags
        assert list_outbox(session.profile) == ()
    for name in ("investigator", "judge", "compliance"):
        async with desks.open(name) as session:
            with pytest.raises(Refused) as raised:
                await session.exchange.get_request(request_id, "STATUS")
            assert (raised.value.code, raised.value.field) == (errors.X_ERASED, "request_id")
    # One that is gone keeps nobody from their other requests: neither the list nor the provider's service.
    other = await executing(desks, 1)
    async with desks.open("investigator") as session:
        rows = [row.request_id for row in await agency.my_requests(session)]
        assert other in rows
        assert request_id not in rows
    async with desks.open("provider-service") as session:
        assert await provider.deliver(session, request_id) is None
        assert [sent async for sent in provider.serve(session, once=True)] == []
