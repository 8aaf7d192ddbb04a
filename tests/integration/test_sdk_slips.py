# SPDX-License-Identifier: Apache-2.0
"""Slips through the SDK and the real server: exhibits, shared addresses, unlabelled addresses, a victim's bundle.

The commands' questions are in tests/unit/cli/test_typed.py; the questions themselves in tests/unit/test_plausibility.py.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rogatory.client import agency, authority, provider
from rogatory.client.bundle import write_bundle
from rogatory.client.disclosing import DisclosurePlan, PlanItem, check_plan, prepare_disclose
from rogatory.client.drafting import prepare_issue
from rogatory.client.drafts import DraftFact, DraftRequest
from rogatory.client.exhibits import check_exhibit, draft_exhibit, lift
from rogatory.client.linting import lint
from rogatory.client.outgoing import sign_and_send
from rogatory.client.private_files import write_private
from rogatory.client.provider_catalogue import CATALOGUE, ProviderCatalogue, provider_catalogue
from rogatory.client.requests import open_view
from rogatory.protocol.errors import Invalid, Refused
from rogatory.protocol.header import Address
from tests.support.careless import prepare_unchecked
from tests.support.desks import FACTS, Desks, day, task
from tests.support.front import ServerProcess


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    folder = tmp_path_factory.mktemp("slips")
    server = ServerProcess.start(folder / "realm")
    yield Desks(server, folder / "people")
    server.stop()


async def _ready(desks: Desks, draft: DraftRequest) -> bytes:
    """Issued, granted, delivered and received."""
    sent = await desks.act("investigator", lambda session: prepare_issue(session, draft))
    await desks.act("judge", lambda session: authority.prepare_grant(session, sent.request_id))
    async with desks.open("provider-service") as session:
        await provider.deliver(session, sent.request_id)
    await desks.act("compliance", lambda session: provider.prepare_receive(session, sent.request_id))
    return sent.request_id


async def test_an_exhibit_travels_sealed_and_is_checked_at_both_ends(desks: Desks, tmp_path: Path) -> None:
    log = tmp_path / "chat.log"
    log.write_text("jo: write to exercise-user@mail.example\n")
    value, exhibit = lift(log, "line:1", "account_id")
    asked = replace(task(value), exhibit=draft_exhibit(log, exhibit))
    draft = desks.draft(asked)
    request_id = await _ready(desks, draft)
    async with desks.open("judge") as session:
        view = await session.exchange.get_request(request_id, "PROCESSING")
        opened = await open_view(session, view, "PROCESSING")
    particulars = opened.particulars[1]
    assert particulars.exhibit is not None
    assert particulars.exhibit.sha256 == hashlib.sha256(log.read_bytes()).digest()
    check_exhibit(particulars, log)
    log.write_text("jo: write to another-user@mail.example\n")
    with pytest.raises(Refused) as caught:
        check_exhibit(particulars, log)
    assert caught.value.rule == "EXHIBIT.SHA256"
    async with desks.open("investigator") as session:
        again = replace(draft, request_id="")
        found = lint(session, desks.draft(*again.tasks))
    assert [(item.code, item.field, item.rule) for item in found] == [
        ("X_EXHIBIT_CHANGED", "tasks[0].exhibit", "EXHIBIT.SHA256")
    ]


async def test_a_provider_that_shares_addresses_is_asked_with_a_port(desks: Desks) -> None:
    address = desks.realm.address("provider")
    profile = desks.profile("investigator")
    bare = replace(task("203.0.113.7", ("login_ip",), "ip_time", purpose="IDENTIFY"), observed=(day(5),))
    ported = replace(bare, identifier="203.0.113.7:40001", identifier_type="ip_port_time")
    async with desks.open("investigator") as session:
        assert [item.code for item in lint(session, desks.draft(bare))] == []
        entry = json.dumps({"providers": {address.org.hex(): {"cgnat": True}}})
        write_private(profile.path / CATALOGUE, entry.encode())
        try:
            found = lint(session, desks.draft(bare))
            assert [(item.code, item.field, item.rule) for item in found] == [
                ("X_IDENTIFIER_INCOMPLETE", "tasks[0].identifier", "PORT_AT_CGNAT")
            ]
            with pytest.raises(Refused) as caught:
                prepare_issue(session, desks.draft(bare))
            assert caught.value.code == "X_IDENTIFIER_INCOMPLETE"
            assert lint(session, desks.draft(ported)) == ()
        finally:
            (profile.path / CATALOGUE).unlink()


def test_a_units_own_line_of_the_catalogue_comes_first_and_a_broken_one_is_named(desks: Desks) -> None:
    address, profile = desks.realm.address("provider"), desks.profile("judge")
    assert provider_catalogue(profile) == ProviderCatalogue()
    org, unit = address.org.hex(), address.unit.hex()
    write_private(
        profile.path / CATALOGUE,
        json.dumps({"providers": {org: {"cgnat": True}, f"{org}:{unit}": {"cgnat": False}}}).encode(),
    )
    catalogue = provider_catalogue(profile)
    assert not catalogue.entry(address).cgnat
    assert catalogue.entry(Address(address.org, bytes(16))).cgnat
    assert not catalogue.entry(Address(bytes(16), bytes(16))).cgnat
    write_private(profile.path / CATALOGUE, b'{"providers": {"x": {"nat": true}}}')
    with pytest.raises(Invalid) as caught:
        provider_catalogue(profile)
    assert caught.value.rule == "UNKNOWN_FIELD"
    (profile.path / CATALOGUE).unlink()


async def test_questions_are_listed_and_do_not_block(desks: Desks) -> None:
    far = task(since=day(500), until=day(490))
    async with desks.open("investigator") as session:
        found = lint(session, desks.draft(far))
        assert prepare_issue(session, desks.draft(far)).opened is not None
    assert {(item.severity, item.code, item.rule) for item in found} == {
        ("WARNING", "W_YEAR_FAR", "FAR_FROM_TODAY")
    }


async def test_an_address_without_a_label_is_not_released_and_one_with_it_arrives_labelled(
    desks: Desks, tmp_path: Path
) -> None:
    request_id = await _ready(desks, desks.draft())
    rows = tmp_path / "customer.jsonl"
    rows.write_text(
        f'{{"instant": "{day(3, 12).text}", "element": "postal_address", "payload": "invented"}}\n'
    )
    item = PlanItem(rows, 1, "name", "RECORDS")  # the file hides the address behind another element
    async with desks.open("compliance") as session:
        report = await check_plan(session, request_id, DisclosurePlan((item,)))
        assert [(found.code, found.field, found.rule) for found in report.reasons] == [
            ("X_ADDRESS_UNLABELLED", "items[0].label", "LABEL_STATED")
        ]
        with pytest.raises(Refused) as caught:
            await prepare_disclose(session, request_id, DisclosurePlan((item,)))
        assert caught.value.code == "X_ADDRESS_UNLABELLED"
        labelled = replace(item, element="postal_address", label="BILLING")
        prepared = await prepare_disclose(session, request_id, DisclosurePlan((labelled,)))
        await sign_and_send(session, prepared)
    async with desks.open("investigator") as session:
        (fetched,) = await agency.fetch(session, request_id)
    assert fetched.kept.meta.items[0].label == "BILLING"
    assert fetched.unlabelled == ()


async def test_an_address_that_a_careless_provider_did_not_label_is_pointed_out(
    desks: Desks, tmp_path: Path
) -> None:
    request_id = await _ready(desks, desks.draft())
    rows = tmp_path / "customer.jsonl"
    rows.write_text(f'{{"instant": "{day(3, 12).text}", "payload": "invented"}}\n')
    plan = DisclosurePlan((PlanItem(rows, 1, "postal_address", "RECORDS"),))
    await desks.act("compliance", lambda session: prepare_unchecked(session, request_id, plan))
    async with desks.open("investigator") as session:
        (fetched,) = await agency.fetch(session, request_id)
    assert fetched.unlabelled == (0,)


async def test_a_bundle_about_a_victim_is_not_written_where_others_may_look(
    desks: Desks, tmp_path: Path
) -> None:
    draft = replace(desks.draft(), facts=FACTS | {"person.role": DraftFact(("VICTIM",))})
    sent = await desks.act("investigator", lambda session: prepare_issue(session, draft))
    shared, own = tmp_path / "shared", tmp_path / "own"
    shared.mkdir(mode=0o755)
    own.mkdir(mode=0o700)
    shared.chmod(0o755)
    async with desks.open("investigator") as session:
        with pytest.raises(Invalid) as caught:
            await write_bundle(session, sent.request_id, shared / "case.bundle")
        assert (caught.value.field, caught.value.rule) == ("out", "WORLD_READABLE")
        assert list(shared.iterdir()) == []
        info = await write_bundle(session, sent.request_id, own / "case.bundle")
    assert info.members > 0
