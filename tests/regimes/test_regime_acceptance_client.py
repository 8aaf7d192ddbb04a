# SPDX-License-Identifier: Apache-2.0
"""The acceptance statements that only the agency's client can meet, under their numbers: what is not authorised is set aside
unseen, and a provider that shares addresses is asked with a port.

Through the SDK and the real server; how quarantine works otherwise is tested with the SDK.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rogatory.client import agency, authority, provider
from rogatory.client.catalogue_office import CatalogueText, prepare_catalogue, publish_catalogue
from rogatory.client.disclosing import DisclosurePlan, PlanItem
from rogatory.client.drafting import prepare_issue
from rogatory.client.drafts import DraftFact
from rogatory.client.linting import lint
from rogatory.client.outgoing import sign_and_send
from rogatory.protocol.catalogues import Holding
from rogatory.protocol.errors import Refused
from tests.support.careless import prepare_unchecked
from tests.support.desks import Desks, day, task
from tests.support.front import ServerProcess

SECRET = "invented payload of another week"


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    folder = tmp_path_factory.mktemp("acceptance")
    server = ServerProcess.start(folder / "realm")
    yield Desks(server, folder / "people")
    server.stop()


async def test_33_what_was_not_authorised_is_quarantined_and_the_log_shows_the_code_and_not_the_data(
    desks: Desks, tmp_path: Path
) -> None:
    sent = await desks.act("investigator", lambda session: prepare_issue(session, desks.draft()))
    request = sent.request_id
    await desks.act("judge", lambda session: authority.prepare_grant(session, request))
    async with desks.open("provider-service") as session:
        await provider.deliver(session, request)
    await desks.act("compliance", lambda session: provider.prepare_receive(session, request))
    rows = tmp_path / "rows.jsonl"
    rows.write_text(f'{{"instant": "{day(30, 12).text}", "payload": "{SECRET}"}}\n')
    plan = DisclosurePlan((PlanItem(rows, 1, "name", "RECORDS"),))
    await desks.act("compliance", lambda session: prepare_unchecked(session, request, plan))
    async with desks.open("investigator") as session:
        (fetched,) = await agency.fetch(session, request)
        (away,) = fetched.quarantined
        assert away.is_relative_to(session.profile.folder("quarantine"))
        assert not list(fetched.directory.glob("0*"))
        await sign_and_send(session, await agency.prepare_acknowledge(session, request))
        excess = await sign_and_send(session, await agency.prepare_report_excess(session, request))
        view = await agency.status(session, request)
    assert excess.state is not None
    assert excess.state.disclosures[0].scope_report == "EXCESS_QUARANTINED"
    assert "DELETE_OR_RESTRICT" in excess.state.flags
    for item in view.statements:
        assert SECRET.encode() not in item.verified.data


async def test_19_where_the_provider_declares_shared_addresses_port_and_moment_are_needed(
    desks: Desks,
) -> None:
    bare = replace(task("203.0.113.7", ("login_ip",), "ip_time", purpose="IDENTIFY"), observed=(day(5),))
    ported = replace(bare, identifier="203.0.113.7:40001", identifier_type="ip_port_time")
    for cgnat, expected in ((False, ""), (True, "X_IDENTIFIER_INCOMPLETE")):
        async with desks.open("compliance") as session:
            text = CatalogueText(cgnat=cgnat, holdings=(Holding("login_ip", "DAYS", 90),))
            await publish_catalogue(session, prepare_catalogue(session, text))
        async with desks.open("second-investigator") as session:
            assert lint(session, desks.draft(ported)) == ()
            assert [item.code for item in lint(session, desks.draft(bare))] == [expected] * bool(expected)
    async with desks.open("second-investigator") as session:
        with pytest.raises(Refused) as caught:
            prepare_issue(session, desks.draft(bare))
        assert (caught.value.code, caught.value.rule) == ("X_IDENTIFIER_INCOMPLETE", "PORT_AT_CGNAT")
        unseen = replace(ported, observed=())
        found = lint(session, desks.draft(unseen))
        assert "X_IDENTIFIER_INCOMPLETE" in {item.code for item in found}


async def test_a_language_that_the_provider_does_not_take_is_told_before_anything_is_signed(
    desks: Desks,
) -> None:
    async with desks.open("compliance") as session:
        text = CatalogueText(cgnat=False, languages=("de", "en"), holdings=(Holding("login_ip", "DAYS", 90),))
        await publish_catalogue(session, prepare_catalogue(session, text))
    async with desks.open("investigator") as session:
        for stated, expected in ((None, []), ("DE", []), ("FR", ["X_LANGUAGE_NOT_ACCEPTED"])):
            draft = desks.draft()
            if stated is not None:
                draft = replace(draft, facts={**draft.facts, "language": DraftFact((stated,))})
            assert [item.code for item in lint(session, draft) if item.severity == "ERROR"] == expected
