# SPDX-License-Identifier: Apache-2.0
"""A statement that two persons must stand for: kept back when it is signed, approved by a colleague, sent by itself.

Against the real server under a regime of the test's own that wants it for a refusal. Which kinds may need two persons is the
packs' matter and not tested here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rogatory.client import provider
from rogatory.client.drafting import prepare_issue
from rogatory.client.outbox import list_outbox
from rogatory.client.outgoing import flush_outbox, sign_and_send
from rogatory.client.pack_library import DEFAULT_PACK, chosen_packs
from rogatory.client.seconding import prepare_second
from rogatory.protocol.errors import NotVerified, Refused, RogatoryError
from rogatory.protocol.state import StateName
from tests.support.desks import FACTS, Desks
from tests.support.front import ServerProcess
from tests.support.realm import TrainingRealm

KIND = b"legal_type: TRAINING_PRESERVE"


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[Desks]:
    folder = tmp_path
    usual, training = chosen_packs((DEFAULT_PACK, "training.fictitious"))
    strict = training.replace(KIND, KIND + b"\n    two_persons: [REFUSE]")
    realm = TrainingRealm.build(folder / "realm", packs=(usual, strict))
    server = ServerProcess.run(folder / "realm", realm)
    yield Desks(server, folder / "people")
    server.stop()


async def _refused(desks: Desks) -> Path:
    """A request that one officer refuses; returns the file of signed bytes that waits for the second."""
    draft = replace(
        desks.draft(kind="PRESERVATION"),
        pack_id="training.fictitious",
        authority="",
        facts={"person.role": FACTS["person.role"]},
    )
    issued = await desks.act("investigator", lambda session: prepare_issue(session, draft))
    sent = await desks.act(
        "compliance", lambda session: provider.prepare_refuse(session, issued.request_id, "P_OTHER")
    )
    assert (sent.queued, sent.index) == (True, 0)
    assert sent.second is not None
    return sent.second


async def test_a_refusal_waits_for_a_second_officer_and_then_goes_by_itself(desks: Desks) -> None:
    file = await _refused(desks)
    async with desks.open("compliance") as session:
        (kept,) = await flush_outbox(session)
        assert kept.kept
        assert kept.error is not None
        assert (kept.error.code, kept.error.rule) == ("X_SECOND_MISSING", "OUTBOX.SECOND")
    async with desks.open("second-compliance") as session:
        made = await prepare_second(session, file.read_bytes())
        assert made.payload != made.prepared.payload
        await sign_and_send(session, made.prepared)
    async with desks.open("compliance") as session:
        (gone,) = await flush_outbox(session)
        assert gone.sent is not None
        assert gone.sent.state is not None
        assert gone.sent.state.name is StateName.REFUSED
        assert list_outbox(session.profile) == ()


async def _says_no(desks: Desks, name: str, envelope: bytes) -> str:
    async with desks.open(name) as session:
        with pytest.raises(RogatoryError) as caught:
            await prepare_second(session, envelope)
    return caught.value.rule


async def test_nobody_approves_their_own_or_another_partys_statement_or_changed_bytes(desks: Desks) -> None:
    file = await _refused(desks)
    envelope = file.read_bytes()
    assert await _says_no(desks, "compliance", envelope) == "SECOND.OTHER_PERSON"
    assert await _says_no(desks, "investigator", envelope) == "SECOND.SAME_PARTY"
    async with desks.open("second-compliance") as session:
        with pytest.raises((NotVerified, Refused)):
            await prepare_second(session, envelope[:-1] + bytes([envelope[-1] ^ 1]))
    async with desks.open("compliance") as session:
        await flush_outbox(session)
        assert len(list_outbox(session.profile)) == 1
