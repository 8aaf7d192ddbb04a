# SPDX-License-Identifier: Apache-2.0
"""What `request xray` says before the signature is what each really gets: exchange, authority, provider, oversight, public.

The same prepared request is looked at and then sent through the real server; each reader's own verified copy is taken apart here,
in another way than the shipped code does it. What an operator learns from connections is not looked at.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from rogatory.client import authority, provider
from rogatory.client.composing import Opened, Prepared
from rogatory.client.drafting import prepare_issue
from rogatory.client.opened_entries import check_opened
from rogatory.client.outgoing import sign_and_send
from rogatory.client.session import Session
from rogatory.client.slots import slot_text
from rogatory.client.views import RequestView
from rogatory.client.xray import Part, Reader, Sight, When, xray
from rogatory.protocol.envelope import parse_envelope
from rogatory.protocol.errors import NotAuthorised
from rogatory.protocol.plain import to_plain
from rogatory.protocol.wire import OpenedEntry, OpenEntriesRequest, OpenEntriesResponse
from tests.support.desks import Desks, task
from tests.support.front import ServerProcess

Values = set[tuple[str, int, str]]
FIRST, SECOND = "first-user@mail.example", "second-user@mail.example"


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    folder = tmp_path_factory.mktemp("xray")
    server = ServerProcess.start(folder / "realm")
    yield Desks(server, folder / "people")
    server.stop()


def _flat(plain: object) -> Iterator[str]:
    """Every value of plain data, as text; what is empty says nothing."""
    if isinstance(plain, Mapping):
        for item in plain.values():
            yield from _flat(item)
    elif isinstance(plain, Sequence) and not isinstance(plain, str):
        for item in plain:
            yield from _flat(item)
    elif isinstance(plain, bool):
        yield "yes" if plain else "no"
    elif plain not in (None, ""):
        yield str(plain)


def _of_content(content: object) -> list[str]:
    plain = to_plain(content)
    if "identifier" in plain:
        plain = {**plain, "identifier": bytes.fromhex(plain["identifier"]).decode()}
    return sorted(_flat(plain))


def _said(sights: Sequence[Sight], reader: Reader, *when: When, part: Part, number: int = 0) -> list[str]:
    return sorted(
        item.text
        for item in sights
        if item.part is part and item.task == number and item.when.get(reader) in when and item.text
    )


async def _prepared(session: Session, desks: Desks) -> tuple[Prepared, tuple[Sight, ...]]:
    prepared = prepare_issue(session, desks.draft(task(FIRST), task(SECOND)))
    return prepared, xray(session, prepared)


async def _issued(desks: Desks) -> tuple[Prepared, tuple[Sight, ...], int]:
    async with desks.open("investigator") as session:
        prepared, sights = await _prepared(session, desks)
        sent = await sign_and_send(session, prepared)
    return prepared, sights, sent.index


def _holds(sights: Sequence[Sight], reader: Reader, opened: Opened, *when: When) -> None:
    """Whatever was opened is what was said, section by section, and no section more."""
    for number in (1, 2):
        got = _of_content(opened.particulars[number]) if number in opened.particulars else []
        assert got == _said(sights, reader, *when, part=Part.PARTICULARS, number=number)
    grounds = _of_content(opened.grounds) if opened.grounds is not None else []
    assert grounds == _said(sights, reader, *when, part=Part.GROUNDS)


def _statement(view: RequestView | None) -> list[str]:
    assert view is not None
    return sorted(_flat(to_plain(view.statements[0].verified.statement)))


def _slots(view: RequestView | None) -> list[str]:
    assert view is not None
    values = view.statements[0].receipt.values
    return sorted(slot_text(slot, values[slot]) or "none" for slot in range(16) if slot not in (4, 10))


async def test_authority_and_provider_get_what_was_said_and_nothing_else(desks: Desks) -> None:
    prepared, sights, _index = await _issued(desks)
    async with desks.open("judge") as session:
        opened = await authority.show(session, prepared.request_id)
    _holds(sights, Reader.AUTHORITY, opened, When.AT_ONCE)
    assert _statement(opened.view) == _said(sights, Reader.AUTHORITY, When.AT_ONCE, part=Part.STATEMENT)
    assert _slots(opened.view) == _said(sights, Reader.AUTHORITY, When.AT_ONCE, part=Part.ENTRY)
    assert _said(sights, Reader.PROVIDER, When.AT_ONCE, part=Part.STATEMENT) == []
    async with desks.open("compliance") as session:
        with pytest.raises(NotAuthorised):
            await provider.show(session, prepared.request_id)
    await desks.act("judge", lambda session: authority.prepare_grant(session, prepared.request_id))
    async with desks.open("compliance") as session:
        opened = await provider.show(session, prepared.request_id)
    _holds(sights, Reader.PROVIDER, opened, When.TRANSMITTED)
    assert opened.grounds is None
    assert _statement(opened.view) == _said(sights, Reader.PROVIDER, When.TRANSMITTED, part=Part.STATEMENT)
    assert _slots(opened.view) == _said(sights, Reader.PROVIDER, When.TRANSMITTED, part=Part.ENTRY)


async def test_oversight_gets_statement_and_slots_and_no_section(desks: Desks) -> None:
    prepared, sights, index = await _issued(desks)
    async with desks.open("inspector") as session:
        item, log = await _entry(session, index), session.exchange.scheme.log
        values = check_opened(item, log)
        view = await session.exchange.get_request(prepared.request_id, "INSPECTION")
        with pytest.raises(NotAuthorised):
            await session.exchange.fetch_sealed(view, list(view.state.sections), "INSPECTION")
    assert parse_envelope(item.envelope).payload == prepared.payload
    assert _statement(view) == _said(sights, Reader.OVERSIGHT, When.AT_ONCE, part=Part.STATEMENT)
    texts = sorted(slot_text(slot, values[slot]) or "none" for slot in values if slot not in (4, 10))
    assert texts == _said(sights, Reader.OVERSIGHT, When.AT_ONCE, part=Part.ENTRY)
    for part in (Part.PARTICULARS, Part.GROUNDS):
        for number in (0, 1, 2):
            assert (
                _said(sights, Reader.OVERSIGHT, When.AT_ONCE, When.TRANSMITTED, part=part, number=number)
                == []
            )


async def test_an_outsider_opens_nothing_before_the_day_and_five_slots_are_said_for_it(desks: Desks) -> None:
    _prepared_request, sights, index = await _issued(desks)
    public = [item.path for item in sights if item.when[Reader.PUBLIC] is not When.NEVER]
    assert [path.split()[0] for path in public] == ["0", "1", "5", "6", "12"]
    assert all(item.when[Reader.PUBLIC] in {When.DUE, When.NEVER} for item in sights)
    async with desks.open("compliance") as session:  # no party of it: its view is the public's
        assert [item for item in await _entries(session, index) if item.index == index] == []


async def test_the_exchange_holds_the_statement_in_clear_and_no_sealed_value(desks: Desks) -> None:
    prepared, sights, index = await _issued(desks)
    stored = b"".join(_rows(desks.server.folder))
    assert prepared.payload in stored
    sealed = [item for item in sights if item.part in {Part.PARTICULARS, Part.GROUNDS}]
    assert {item.when[Reader.EXCHANGE] for item in sealed} == {When.NEVER}
    assert {item.when[Reader.EXCHANGE] for item in sights if item not in sealed} == {When.AT_ONCE}
    in_clear = " ".join(item.text for item in sights if item not in sealed)
    for item in sealed:
        if (
            item.text not in in_clear and len(item.text) > 3
        ):  # an element or a type stands in the header as well
            assert item.text.encode() not in stored, item.path
    assert index >= 0


def _rows(folder: Path) -> Iterator[bytes]:
    """Every blob and text of every database below a folder, and every other file of it."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.read_bytes()
        if path.suffix in {".db", ".sqlite"}:
            with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as base:
                for (name,) in base.execute("select name from sqlite_master where type='table'").fetchall():
                    for row in base.execute(f'select * from "{name}"'):  # noqa: S608 - names of its own tables
                        yield from (bytes(cell) for cell in row if isinstance(cell, bytes))
                        yield from (cell.encode() for cell in row if isinstance(cell, str))


async def _entries(session: Session, index: int) -> Sequence[OpenedEntry]:
    request = OpenEntriesRequest(index, 1, "INSPECTION")
    answer = await session.exchange.channel.call("AuditService/OpenEntries", request, OpenEntriesResponse)
    return answer.entries


async def _entry(session: Session, index: int) -> OpenedEntry:
    (item,) = await _entries(session, index)
    return item
