# SPDX-License-Identifier: Apache-2.0
"""One more reader for a sealed object, and a seal that lasts longer: through SDK and real server.

The reader here is a unit that is no party. That the pack lists audiences and grounds is its own matter and not tested again.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rogatory.client import afterwards, agency, authority
from rogatory.client.disclosing import prepare_disclose
from rogatory.client.outgoing import sign_and_send
from rogatory.client.rewrapping import prepare_rewrap
from rogatory.client.sealing.unseal import open_section
from rogatory.protocol import codec
from rogatory.protocol.content import MAX_CONTENT, Grounds
from rogatory.protocol.duties import Rewrap
from rogatory.protocol.errors import NotAuthorised, Refused
from rogatory.protocol.header import DAY_MS
from rogatory.protocol.sealed import SectionContext, check_object, context_digest, section_context
from tests.integration.test_sdk_dialogue import Said, records
from tests.support.desks import Desks
from tests.support.front import ServerProcess


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    folder = tmp_path_factory.mktemp("rewrap")
    server = ServerProcess.start(folder / "realm")
    yield Desks(server, folder / "people")
    server.stop()


def unit(desks: Desks, name: str) -> str:
    address = desks.realm.address(name)
    return f"{address.org.hex()}:{address.unit.hex()}"


async def last_body(desks: Desks, request_id: bytes) -> Rewrap:
    async with desks.open("investigator") as session:
        body = (await agency.status(session, request_id)).statements[-1].verified.statement.body
    assert isinstance(body, Rewrap)
    return body


async def test_one_more_reader_opens_the_grounds_with_the_logged_wrap_and_nobody_else_does(
    desks: Desks,
) -> None:
    said = await Said.issued(desks)
    reader = unit(desks, "enforcer")
    await said.by("investigator", prepare_rewrap, "DEFENCE", reader, grounds=True)
    body = await last_body(desks, said.id)
    async with desks.open("investigator") as session:
        view = await agency.status(session, said.id)
        ref = view.state.grounds()
        assert ref is not None
        data = session.state.object_path(ref.object_digest).read_bytes()
        context: SectionContext = section_context(
            view.issue.verified.header, ref.kind, ref.task, ref.recipients
        )
        plain = open_section(data, ref, context, session.unit_keys)
        key = session.unit_keys.unwrap(check_object(data, ref).wraps, context_digest(context), "section", "R")
    assert codec.decode(Grounds, plain, limit=MAX_CONTENT, at="grounds") != Grounds()
    assert body.object_digest == ref.object_digest
    async with desks.open("enforcer") as session:
        assert session.unit_keys.unwrap((body.wrap,), context_digest(context), "section", "R") == key
        with pytest.raises(NotAuthorised):
            open_section(data, ref, context, session.unit_keys)
    async with desks.open("compliance") as session:
        with pytest.raises(NotAuthorised):
            session.unit_keys.unwrap((body.wrap,), context_digest(context), "section", "R")


async def test_a_disclosure_gets_one_more_reader_after_the_end_and_only_from_who_can_open_it(
    desks: Desks, tmp_path: Path
) -> None:
    said = await Said.issued(desks)
    reader = unit(desks, "enforcer")
    assert await said.refused("investigator", prepare_rewrap, "COURT", reader) == "OBJECT_OF_REQUEST"
    await said.by("judge", authority.prepare_grant)
    await said.kept()
    await said.by("compliance", prepare_disclose, records(tmp_path, 3))
    async with desks.open("investigator") as session:
        await agency.fetch(session, said.id)
        await sign_and_send(session, await agency.prepare_acknowledge(session, said.id))
    state = await said.by("investigator", prepare_rewrap, "COURT", reader)
    body = await last_body(desks, said.id)
    assert body.object_digest == state.disclosures[0].manifest
    assert body.wrap.key_id == desks.realm.unit("enforcer").key_id
    assert await said.refused("investigator", prepare_rewrap, "PRESS", reader) == desks.realm.pack.rule(
        "recipients"
    )
    async with desks.open("judge") as session:  # the judge holds no key to the disclosure
        with pytest.raises(NotAuthorised):
            await prepare_rewrap(session, said.id, "COURT", reader)
    async with desks.open("investigator") as session:
        with pytest.raises(Refused):
            await prepare_rewrap(session, said.id, "COURT", "nobody of this name")


async def test_a_seal_lasts_longer_for_a_ground_of_the_pack_and_into_the_future_only(desks: Desks) -> None:
    said = await Said.issued(desks)
    async with desks.open("investigator") as session:
        today = session.clock.now_ms() // DAY_MS
    state = await said.by(
        "investigator", afterwards.prepare_extend_seal, "OBSTRUCTING_INQUIRIES", today + 900
    )
    assert state.last_index
    assert (
        await said.refused("investigator", afterwards.prepare_extend_seal, "OBSTRUCTING_INQUIRIES", today - 1)
        == "AFTER_TODAY"
    )
    refused = await said.refused("investigator", afterwards.prepare_extend_seal, "TIDINESS", today + 900)
    assert refused == desks.realm.pack.rule("user_information")
