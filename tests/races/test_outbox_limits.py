# SPDX-License-Identifier: Apache-2.0
"""A device whose statements the exchange reads no more for a while loses none of what it signed.

The engine is the real one with a small limit and a clock that the test moves; the line is a call. That the limit counts
what it should is tested at the engine, not here.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from rogatory.client.agency import prepare_withdraw, status
from rogatory.client.outgoing import flush_outbox, sign_and_send
from rogatory.client.session import Session
from rogatory.protocol.errors import Unavailable
from rogatory.protocol.state import StateName
from rogatory.server.engine import Engine
from rogatory.server.engine.floods import FloodLimits
from tests.support import racing
from tests.support.outbox_people import People

WINDOW_MS = 60_000


def limited(folder: Path, most: int) -> People:
    """People whose exchange reads no more of a device after so many rejections in a minute."""
    people = People(folder)
    world = people.world
    world.engine.close()
    world.engine = Engine.open(world.files, world.clock, world.entropy, FloodLimits(most, WINDOW_MS))
    return people


async def take_back(session: Session, request_id: bytes) -> bool:
    """Signs a withdrawal, and says whether it waits."""
    return (await sign_and_send(session, await prepare_withdraw(session, request_id, "ERROR"))).queued


def test_what_a_limit_turns_away_waits_in_order_and_goes_when_it_is_over(tmp_path: Path) -> None:
    people = limited(tmp_path / "people", 3)
    requests = [racing.asked()(people.world).request_id for _ in range(2)]
    for number in range(3):
        (result,) = people.world.submit("investigator", b"not an envelope %d" % number)
        assert result.rejection is not None
    for request_id in requests:
        assert people.run("investigator", partial(take_back, request_id=request_id))
    size = people.world.engine.size
    done = people.run("investigator", flush_outbox)
    assert [item.kept for item in done] == [True, True]
    for item in done:
        assert isinstance(item.error, Unavailable)
        assert item.error.rule == "LIMIT.REJECTIONS"
    assert people.world.engine.size == size, "turned away unread: no entry for each"
    assert [item.request_id for item in people.waiting("investigator")] == requests
    people.account()
    assert people.state(requests[0]).name is StateName.ISSUED

    people.world.clock.at_ms += WINDOW_MS
    sent = people.run("investigator", flush_outbox)
    assert [item.sent is not None for item in sent] == [True, True]
    assert people.waiting("investigator") == ()
    people.account()
    for request_id in requests:
        view = people.run("investigator", partial(status, request_id=request_id))
        assert view.state.name is StateName.WITHDRAWN
        assert len(view.statements) == 2, "once each"
    people.close()
