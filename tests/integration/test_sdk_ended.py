# SPDX-License-Identifier: Apache-2.0
"""An answer that crossed a withdrawal or a refusal is still fetched, checked and acknowledged, so that custody goes on.

Through the SDK against the real server. Which orders of statements there are is in the table of races, not here.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rogatory.client import agency, provider
from rogatory.client.disclosing import DisclosurePlan, PlanItem, prepare_disclose
from rogatory.protocol.errors import Refused
from rogatory.protocol.state import StateName
from tests.integration.test_sdk_outbox import executing
from tests.support.desks import Desks, day
from tests.support.front import ServerProcess


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    running = ServerProcess.start(tmp_path_factory.mktemp("ended") / "realm")
    yield running
    running.stop()


@pytest.mark.parametrize("ends", [StateName.WITHDRAWN, StateName.REFUSED])
async def test_what_came_before_the_end_is_opened_and_acknowledged_after_it(
    server: ServerProcess, tmp_path: Path, ends: StateName
) -> None:
    desks = Desks(server, tmp_path / "people")
    request_id = await executing(desks, 2)
    source = tmp_path / "small.bin"
    source.write_bytes(b"invented")
    plan = DisclosurePlan((PlanItem(source, 1, "name", since=day(9), until=day(2)),))
    await desks.act("compliance", lambda s: prepare_disclose(s, request_id, plan))
    if ends is StateName.WITHDRAWN:
        await desks.act("investigator", lambda s: agency.prepare_withdraw(s, request_id, "ERROR"))
    else:
        await desks.act("compliance", lambda s: provider.prepare_refuse(s, request_id, "P_OTHER"))
    async with desks.open("investigator") as session:
        (fetched,) = await agency.fetch(session, request_id)
        assert fetched.kept.files[0].read_bytes() == b"invented"
    sent = await desks.act("investigator", lambda s: agency.prepare_acknowledge(s, request_id))
    assert sent.state is not None
    assert sent.state.name is ends
    assert [item.scope_report for item in sent.state.disclosures] == ["IN_SCOPE"]
    with pytest.raises(Refused) as raised:
        await desks.act("investigator", lambda s: agency.prepare_acknowledge(s, request_id))
    assert raised.value.rule == "OPENED_HERE"
