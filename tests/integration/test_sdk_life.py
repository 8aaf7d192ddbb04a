# SPDX-License-Identifier: Apache-2.0
"""A request's whole life through the SDK and the real server, and what each party gets to see of it.

The commands, tampering answers and bundles are not here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rogatory.client import agency, authority, provider
from rogatory.client.addressbook import find_unit
from rogatory.client.authority import Narrowing
from rogatory.client.disclosing import DisclosurePlan, PlanItem, check_plan, prepare_disclose
from rogatory.client.drafting import prepare_issue
from rogatory.client.drafts import DraftGrounds, DraftInstant
from rogatory.client.linting import lint
from rogatory.client.outgoing import sign_and_send
from rogatory.client.requests import open_view
from rogatory.client.sealing.unseal import open_section
from rogatory.client.session import open_session
from rogatory.protocol.errors import NotAuthorised, NotVerified, Refused
from rogatory.protocol.receipt import encode_receipt
from rogatory.protocol.state import StateName
from tests.support.careless import prepare_unchecked
from tests.support.desks import Desks, day, task
from tests.support.front import ServerProcess


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    folder = tmp_path_factory.mktemp("sdk")
    server = ServerProcess.start(folder / "realm")
    yield Desks(server, folder / "people")
    server.stop()


async def _issued(desks: Desks, *tasks: object, kind: str = "DISCLOSURE") -> bytes:
    draft = desks.draft(*tasks, kind=kind)  # type: ignore[arg-type]
    sent = await desks.act("investigator", lambda session: prepare_issue(session, draft))
    assert sent.state is not None
    return sent.request_id


async def _granted(desks: Desks, request_id: bytes, narrowing: Narrowing | None = None) -> None:
    await desks.act("judge", lambda session: authority.prepare_grant(session, request_id, narrowing))


async def _received(desks: Desks, request_id: bytes) -> None:
    async with desks.open("provider-service") as session:
        await provider.deliver(session, request_id)
    await desks.act("compliance", lambda session: provider.prepare_receive(session, request_id))


def _records(folder: Path, *days: int) -> Path:
    path = folder / "records.jsonl"
    lines = [f'{{"instant": "{day(back, 12).text}", "payload": "invented {back}"}}' for back in days]
    path.write_text("\n".join(lines) + "\n")
    return path


async def test_a_disclosure_from_draft_to_closed(desks: Desks, tmp_path: Path) -> None:
    request_id = await _issued(desks)
    async with desks.open("judge") as session:
        rows = await authority.queue(session)
        assert request_id in [row.request_id for row in rows]
        opened = await authority.show(session, request_id)
        assert opened.problems == ()
        assert opened.grounds is not None
    await _granted(desks, request_id)
    await _received(desks, request_id)
    await desks.act("compliance", lambda session: provider.prepare_preserve(session, request_id))
    plan = DisclosurePlan((PlanItem(_records(tmp_path, 3, 2), 1, "name", "RECORDS"),), words="as asked")
    await desks.act("compliance", lambda session: prepare_disclose(session, request_id, plan))
    async with desks.open("investigator") as session:
        (fetched,) = await agency.fetch(session, request_id)
        assert fetched.scope_report == "IN_SCOPE"
        assert fetched.kept.report.in_scope == 2
        (file,) = fetched.kept.files
        assert file.read_bytes() == (tmp_path / "records.jsonl").read_bytes()
        assert fetched.kept.meta.words == "as asked"
        sent = await sign_and_send(session, await agency.prepare_acknowledge(session, request_id))
    assert sent.state is not None
    assert sent.state.name is StateName.CLOSED


async def test_a_preservation_is_kept_until_the_packs_term(desks: Desks) -> None:
    request_id = await _issued(desks, kind="PRESERVATION")
    await _granted(desks, request_id)
    await _received(desks, request_id)
    sent = await desks.act("compliance", lambda session: provider.prepare_preserve(session, request_id))
    assert sent.state is not None
    assert sent.state.name is StateName.PRESERVED
    term = sent.state.obligation("preserve")
    assert term is not None
    assert sent.state.preserved_until_ms == term.due_ms


async def test_a_narrowing_gives_the_provider_nothing_of_the_removed_identifier(desks: Desks) -> None:
    request_id = await _issued(desks, task("kept-user@mail.example"), task("removed-user@mail.example"))
    await _granted(desks, request_id, Narrowing(drop_tasks=frozenset({2})))
    await _received(desks, request_id)
    async with desks.open("compliance") as session:
        opened = await provider.show(session, request_id)
        assert set(opened.particulars) == {1}
        assert opened.view is not None
        removed = opened.view.state.particulars(2)
        assert removed is not None
        with pytest.raises(NotAuthorised) as raised:
            await session.exchange.fetch_sealed(opened.view, [removed], "PROCESSING")
        assert raised.value.code == "X_NOT_FOUND"
    folder = desks.profile("compliance").path
    held = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert b"removed-user" not in held


async def test_rows_outside_the_scope_block_the_release_with_reasons(desks: Desks, tmp_path: Path) -> None:
    request_id = await _issued(desks)
    await _granted(desks, request_id)
    await _received(desks, request_id)
    plan = DisclosurePlan((PlanItem(_records(tmp_path, 3, 30), 1, "name", "RECORDS"),))
    async with desks.open("compliance") as session:
        report = await check_plan(session, request_id, plan)
        assert [(reason.field, reason.rule) for reason in report.reasons] == [
            ("items[0].rows[1]", "BEFORE_WINDOW")
        ]
        with pytest.raises(Refused) as raised:
            await prepare_disclose(session, request_id, plan)
        assert raised.value.code == "X_OUT_OF_SCOPE"
        assert list(desks.profile("compliance").folder("staging").iterdir()) == []


async def test_a_prosecutor_cannot_validate_traffic_data(desks: Desks) -> None:
    request_id = await _issued(desks, task(elements=("access_session",)))
    with pytest.raises(Refused) as raised:
        await desks.act("prosecutor", lambda session: authority.prepare_grant(session, request_id))
    assert raised.value.code == "X_AUTHORITY_NOT_COMPETENT"
    evidence = desks.profile("prosecutor").folder("evidence")
    assert any(path.name.endswith("-rejected") for path in evidence.iterdir())


async def test_the_same_statement_again_gives_the_same_receipt(desks: Desks) -> None:
    draft = desks.draft()
    async with desks.open("investigator") as session:
        prepared = prepare_issue(session, draft)
        await sign_and_send(session, prepared)
        (path,) = [
            path
            for path in session.profile.folder("envelopes").iterdir()
            if prepared.payload in path.read_bytes()
        ]
        stored = (session.profile.folder("receipts") / path.name).read_bytes()
        again = await session.exchange.submit(path.read_bytes())

    assert encode_receipt(again.receipt.receipt) == stored


async def test_a_decision_on_an_old_state_is_refused_as_stale(desks: Desks) -> None:
    request_id = await _issued(desks)
    async with desks.open("judge") as session:
        prepared = await authority.prepare_grant(session, request_id)
    await desks.act(
        "investigator", lambda session: agency.prepare_withdraw(session, request_id, "NO_LONGER_NEEDED")
    )
    async with desks.open("judge") as session:
        with pytest.raises(Refused) as raised:
            await sign_and_send(session, prepared)
    assert raised.value.code in {"X_STALE_GENERATION", "X_OBJECT_TERMINAL"}


async def test_another_agency_cannot_tell_a_request_from_none(desks: Desks) -> None:
    request_id = await _issued(desks)
    async with desks.open("other-investigator") as session:
        with pytest.raises(NotAuthorised) as theirs:
            await session.exchange.get_request(request_id, "STATUS")
        with pytest.raises(NotAuthorised) as nobodys:
            await session.exchange.get_request(bytes(16), "STATUS")
        assert await agency.my_requests(session) == ()
    assert str(theirs.value) == str(nobodys.value)


async def test_a_returned_request_is_sent_again_under_its_id(desks: Desks) -> None:
    draft = desks.draft()
    await desks.act("investigator", lambda session: prepare_issue(session, draft))
    request_id = bytes.fromhex(draft.request_id)
    await desks.act(
        "judge",
        lambda session: authority.prepare_return(
            session, request_id, "A_GROUNDS_INSUFFICIENT", note="which account, and why this week?"
        ),
    )
    async with desks.open("investigator") as session:
        view = await agency.status(session, request_id)
        assert view.state.name is StateName.RETURNED

        opened = await open_view(session, view, "PROCESSING")
        assert [note.words for note in opened.notes.values()] == ["which account, and why this week?"]
        sent = await sign_and_send(session, prepare_issue(session, draft))
    assert sent.state is not None
    assert sent.state.name is StateName.ISSUED


async def test_what_came_in_excess_goes_to_quarantine(desks: Desks, tmp_path: Path) -> None:
    """A provider that does not check seals a row from outside the window; the agency's own check finds it."""
    request_id = await _issued(desks)
    await _granted(desks, request_id)
    await _received(desks, request_id)

    plan = DisclosurePlan((PlanItem(_records(tmp_path, 3, 30), 1, "name", "RECORDS"),))
    await desks.act("compliance", lambda session: prepare_unchecked(session, request_id, plan))
    async with desks.open("investigator") as session:
        (fetched,) = await agency.fetch(session, request_id)
        assert fetched.scope_report == "EXCESS_QUARANTINED"
        assert [row.reason for row in fetched.kept.report.excess] == ["BEFORE_WINDOW"]
        (away,) = fetched.quarantined
        assert away.is_relative_to(session.profile.folder("quarantine"))
        assert not list(fetched.directory.glob("0*"))
        sent = await sign_and_send(session, await agency.prepare_acknowledge(session, request_id))
        assert sent.state is not None
        excess = await agency.prepare_report_excess(session, request_id)
        sent = await sign_and_send(session, excess)
    assert sent.state is not None
    assert "DELETE_OR_RESTRICT" in sent.state.flags


async def test_an_identifier_that_is_a_list_is_refused_before_it_is_sent(desks: Desks) -> None:
    draft = desks.draft(task("one@mail.example,two@mail.example"))
    async with desks.open("investigator") as session:
        with pytest.raises(Refused) as raised:
            prepare_issue(session, draft)
    assert raised.value.code == "X_TARGET_NOT_SPECIFIC"


async def test_the_provider_opens_nothing_under_another_header(desks: Desks) -> None:
    request_id = await _issued(desks)
    await _granted(desks, request_id)
    async with desks.open("compliance") as session:
        view = await provider.transmitted(session, request_id)
        other = await _issued(desks)
        await _granted(desks, other)
        moved = await provider.transmitted(session, other)
        ref = view.state.particulars(1)
        assert ref is not None
        (data,) = await session.exchange.fetch_sealed(view, [ref], "PROCESSING")
        from rogatory.protocol.sealed import section_context  # noqa: PLC0415

        context = section_context(moved.issue.verified.header, ref.kind, ref.task, ref.recipients)
        with pytest.raises(NotVerified) as raised:
            open_section(data, ref, context, session.unit_keys)
    assert (raised.value.code, raised.value.rule) == ("X_SEAL_BROKEN", "SECTION.CONTEXT")


async def test_lint_names_several_mistakes_at_once(desks: Desks) -> None:
    naive = DraftInstant("2026-11-02T08:00:00")
    draft = desks.draft(task(since=naive), task(until=naive))
    draft = replace(draft, provider="nobody", pack_id="no.such.pack")
    async with desks.open("investigator") as session:
        findings = lint(session, draft)
    assert [(found.code, found.field) for found in findings] == [
        ("X_PACK_UNKNOWN", "pack_id"),
        ("X_ADDRESSEE_NOT_DESIGNATED", "draft.provider"),
        ("X_TIME_NAIVE", "tasks[0].since.zone"),
        ("X_TIME_NAIVE", "tasks[1].until.zone"),
    ]


async def test_lint_runs_the_exchanges_rules_and_warns_without_blocking(desks: Desks) -> None:
    draft = desks.draft(task(since=day(200)))
    lenient = replace(draft, grounds=DraftGrounds())
    without = replace(draft, facts={k: v for k, v in draft.facts.items() if k != "person.role"})
    async with desks.open("investigator") as session:
        warned = lint(session, lenient)
        refused = lint(session, without)
        assert prepare_issue(session, lenient).payload
    assert [(found.code, found.severity) for found in warned] == [
        ("W_WINDOW_LONG", "WARNING"),
        ("W_GROUNDS_EMPTY", "WARNING"),
    ]
    assert ("X_FIELD_MISSING", "ERROR") in [(found.code, found.severity) for found in refused]


async def test_an_addressee_is_found_by_id_or_by_the_holders_own_name(desks: Desks) -> None:
    unit = desks.realm.address("provider")
    async with desks.open("investigator") as session:
        for text in (unit.org.hex(), unit.unit.hex().upper(), "Example Access (invented)"):
            assert find_unit(session, text, "draft.provider").address == unit
        for text in ("", "Example", unit.org.hex()[:8]):
            with pytest.raises(Refused) as raised:
                find_unit(session, text, "draft.provider")
            assert raised.value.rule == "ONE_MATCH"


async def test_a_statement_between_a_look_and_a_fetch_is_no_fault(desks: Desks) -> None:
    request_id = await _issued(desks)
    await _granted(desks, request_id)
    async with desks.open("compliance") as session:
        view = await provider.transmitted(session, request_id)
        async with desks.open("provider-service") as service:
            await provider.deliver(service, request_id)
        ref = view.state.particulars(1)
        assert ref is not None
        (data,) = await session.exchange.fetch_sealed(view, [ref], "PROCESSING")
    assert len(data) == ref.object_length


async def test_locked_keys_sign_and_open_nothing(desks: Desks) -> None:
    draft = desks.draft()
    request_id = await _issued(desks)
    async with open_session(desks.profile("investigator")) as session:
        prepared = prepare_issue(session, draft)
        with pytest.raises(NotAuthorised) as raised:
            await sign_and_send(session, prepared)
        assert raised.value.rule == "KEYS.LOCKED"
        with pytest.raises(NotAuthorised):
            await open_view(session, await agency.status(session, request_id), "PROCESSING")
