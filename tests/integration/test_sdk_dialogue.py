# SPDX-License-Identifier: Apache-2.0
"""The long way of requests through the SDK and the real server: what parties say to each other between issue and end.

Questions, other scopes, reviews, terms and what outlives an answer, each by the person who may say it. The main line and the
commands are tested elsewhere, not here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rogatory.client import (
    afterwards,
    agency,
    asking,
    authority,
    preserving,
    provider,
    rescoping,
    reviews,
)
from rogatory.client.authority import Narrowing
from rogatory.client.disclosing import DisclosurePlan, PlanItem, prepare_disclose
from rogatory.client.drafting import prepare_issue
from rogatory.client.drafts import DraftFact
from rogatory.client.outgoing import sign_and_send
from rogatory.client.pack_library import DEFAULT_PACK, chosen_packs
from rogatory.protocol.errors import NotVerified, Refused, Unavailable
from rogatory.protocol.header import DAY_MS
from rogatory.protocol.state import RequestState, StateName
from tests.support.desks import FACTS, Changed, Desks, day, task
from tests.support.front import ServerProcess
from tests.support.realm import TrainingRealm

EMERGENCY = {
    **FACTS,
    "emergency": DraftFact(("LIFE",)),
    "emergency.reason": DraftFact(("CHILD_AT_RISK",)),
    "validation": DraftFact(("EX_POST",)),
}
ROLE = {"person.role": FACTS["person.role"]}
ABROAD = {code: fact for code, fact in FACTS.items() if code != "offence.in_issuing_state"}


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    folder = tmp_path_factory.mktemp("dialogue")
    laws = chosen_packs((DEFAULT_PACK, "training.fictitious"))
    server = ServerProcess.run(folder / "realm", TrainingRealm.build(folder / "realm", packs=laws))
    yield Desks(server, folder / "people")
    server.stop()


class Said:
    """One request; each call is one statement by one person, and returns the state after it."""

    def __init__(self, desks: Desks, request_id: bytes) -> None:
        self.desks, self.id = desks, request_id

    @classmethod
    async def issued(cls, desks: Desks, *tasks: object, **other: object) -> Said:
        draft = desks.draft(*tasks, **other)  # type: ignore[arg-type]
        sent = await desks.act("investigator", lambda session: prepare_issue(session, draft))
        return cls(desks, sent.request_id)

    async def by(self, name: str, prepare: object, *args: object, **other: object) -> RequestState:
        sent = await self.desks.act(name, lambda session: prepare(session, self.id, *args, **other))  # type: ignore[operator]
        assert sent.state is not None
        return sent.state

    async def kept(self) -> RequestState:
        async with self.desks.open("provider-service") as session:
            await provider.deliver(session, self.id)
        await self.by("compliance", provider.prepare_receive)
        return await self.by("compliance", provider.prepare_preserve)

    async def refused(self, name: str, prepare: object, *args: object, **other: object) -> str:
        with pytest.raises((Refused, NotVerified)) as caught:
            await self.by(name, prepare, *args, **other)
        return caught.value.rule


def records(folder: Path, *days: int) -> DisclosurePlan:
    path = folder / "records.jsonl"
    lines = [f'{{"instant": "{day(back, 12).text}", "payload": "invented {back}"}}' for back in days]
    path.write_text("\n".join(lines) + "\n")
    return DisclosurePlan((PlanItem(path, 1, "name", "RECORDS"),))


def holds(state: RequestState) -> list[str]:
    return [item.name for item in state.holds]


async def test_a_question_suspends_delivery_until_it_is_answered(desks: Desks, tmp_path: Path) -> None:
    said = await Said.issued(desks)
    state = await said.by("judge", asking.prepare_ask, "SCOPE_UNCLEAR", note="Which account?")
    assert holds(state) == ["CLARIFICATION_PENDING"]
    assert holds(await said.by("investigator", asking.prepare_answer, "The one named.")) == []
    await said.by("judge", authority.prepare_grant)
    await said.kept()
    state = await said.by("compliance", asking.prepare_ask, "IDENTIFIER_UNCLEAR", (1,), note="Which of two?")
    assert state.suspended is not None
    assert await said.refused("compliance", asking.prepare_ask, "NO_SUCH_QUESTION") == (
        "eu.e-evidence.2023-1543/2/questions"
    )
    blocked = await said.refused("compliance", prepare_disclose, records(tmp_path, 3))
    assert blocked == "HOLD.CLARIFICATION_PENDING"
    state = await said.by("investigator", asking.prepare_answer, "The elder one.")
    assert state.suspended is None
    async with desks.open("compliance") as session:
        opened = await provider.show(session, said.id)
    assert "The elder one." in [note.words for note in opened.notes.values()]


async def test_a_proposal_is_taken_up_and_a_widening_waits_for_the_authority(desks: Desks) -> None:
    said = await Said.issued(desks, task(), task("second-user@mail.example"))
    await said.by("judge", authority.prepare_grant)
    await said.kept()
    cut = Narrowing(drop_tasks=frozenset({2}))
    state = await said.by("compliance", rescoping.prepare_propose, cut, note="Too much.")
    assert len(state.granted) == 2
    state = await said.by("investigator", rescoping.prepare_accept)
    assert [item.number for item in state.granted] == [1]
    assert state.tasks[1].outcome == "NARROWED"
    state = await said.by("investigator", rescoping.prepare_amend, from_issue=True)
    assert holds(state) == ["WIDENING_PENDING"]
    async with desks.open("judge") as session:
        assert said.id in [row.request_id for row in await authority.queue(session)]
    state = await said.by("judge", authority.prepare_grant)
    assert (holds(state), len(state.granted)) == ([], 2)
    state = await said.by(
        "investigator", rescoping.prepare_amend, Narrowing(drop_elements=frozenset({(0, "name")}))
    )
    assert {item.elements for item in state.granted} == {("postal_address",)}


async def test_a_widening_that_is_refused_leaves_the_scope_as_it_was(desks: Desks) -> None:
    said = await Said.issued(desks, task(), task("second-user@mail.example"))
    await said.by("judge", authority.prepare_grant, Narrowing(drop_tasks=frozenset({2})))
    await said.by("investigator", rescoping.prepare_amend, from_issue=True)
    state = await said.by("judge", authority.prepare_refuse, "A_NOT_NECESSARY")
    assert (holds(state), [item.number for item in state.granted]) == ([], [1])
    assert state.name is StateName.TRANSMITTED


async def test_an_objection_rests_until_the_request_is_maintained_or_its_term_is_longer(desks: Desks) -> None:
    said = await Said.issued(desks)
    await said.by("judge", authority.prepare_grant)
    await said.kept()
    alone = await said.refused(
        "compliance", asking.prepare_object, "P_THIRD_COUNTRY_CONFLICT", ("PLACE_OF_STORAGE",)
    )
    assert alone.endswith("objections/P_THIRD_COUNTRY_CONFLICT")
    bases = ("LAW_FORBIDS", "PLACE_OF_STORAGE")
    state = await said.by(
        "compliance", asking.prepare_object, "P_THIRD_COUNTRY_CONFLICT", bases, note="See there."
    )
    assert holds(state) == ["THIRD_COUNTRY_REVIEW"]
    assert holds(await said.by("investigator", asking.prepare_maintain, note="It stands.")) == []
    state = await said.by("compliance", asking.prepare_object, "P_DE_FACTO_IMPOSSIBILITY")
    term = state.obligation("produce")
    assert term is not None
    objection = state.holds[0].digest.hex()
    later = term.due_ms + DAY_MS
    state = await said.by("investigator", asking.prepare_new_deadline, later, objection=objection[:12])
    term = state.obligation("produce")
    assert term is not None
    assert (holds(state), term.due_ms) == ([], later)


async def test_a_challenge_is_answered_by_an_officer_who_did_not_draft(desks: Desks) -> None:
    said = await Said.issued(desks)
    await said.by("judge", authority.prepare_grant)
    state = await said.by("compliance", asking.prepare_challenge)
    assert holds(state) == ["ORIGIN_CHALLENGED"]
    assert (
        await said.refused("investigator", asking.prepare_confirm_origin, confirmed=True) == "THIRD_OFFICER"
    )
    state = await said.by("second-investigator", asking.prepare_confirm_origin, confirmed=True)
    assert (holds(state), state.name) == ([], StateName.TRANSMITTED)
    await said.by("compliance", asking.prepare_challenge)
    state = await said.by("duty-officer", asking.prepare_confirm_origin, confirmed=False)
    assert (state.name, state.code) == (StateName.WITHDRAWN, "ORIGIN_DENIED")


async def test_the_enforcing_authority_is_told_and_raises_no_ground(desks: Desks) -> None:
    said = await Said.issued(desks, task(elements=("access_session",)), enforcing="enforcing", facts=ABROAD)
    await said.by("judge", authority.prepare_grant)
    assert (await said.kept()).name is StateName.AWAITING_ENFORCING_AUTHORITY
    state = await said.by("investigator", reviews.prepare_notify)
    assert holds(state) == ["EA_REVIEW"]
    async with desks.open("enforcer") as session:
        assert said.id in [row.request_id for row in await authority.queue(session)]
        opened = await authority.show(session, said.id)
        assert (opened.problems, opened.grounds is not None, set(opened.particulars)) == ((), True, {1})
    assert await said.refused("enforcer", authority.prepare_refuse, "E_NE_BIS_IN_IDEM") == "CONSULTED_BEFORE"
    state = await said.by("enforcer", reviews.prepare_no_grounds)
    assert (holds(state), state.name) == ([], StateName.EXECUTING)


async def test_the_enforcing_authority_refuses_a_task_after_consulting_and_binds_the_rest(
    desks: Desks,
) -> None:
    tasks = (task(elements=("access_session",)), task("second-user@mail.example", ("message_header",)))
    said = await Said.issued(desks, *tasks, enforcing="enforcing", facts=ABROAD)
    await said.by("judge", authority.prepare_grant)
    await said.kept()
    await said.by("investigator", reviews.prepare_notify, note="Please look.")
    await said.by("enforcer", asking.prepare_ask, "CONSULTATION", note="Why the second?")
    await said.by("investigator", asking.prepare_answer, "For the route.")
    code = "E_FUNDAMENTAL_RIGHTS"
    assert (
        await said.refused("enforcer", authority.prepare_refuse, code, conditional=True)
        == "CONDITIONS_IN_WORDS"
    )
    state = await said.by("enforcer", authority.prepare_refuse, code, (2,), note="Not this one.")
    assert [item.number for item in state.granted] == [1]
    assert (state.tasks[1].outcome, state.name) == ("REFUSED", StateName.EXECUTING)
    state = await said.by("enforcer", authority.prepare_refuse, code, conditional=True, note="No third use.")
    assert "CONDITIONS_OF_USE" in state.flags


async def test_an_emergency_goes_out_first_and_is_validated_afterwards(desks: Desks) -> None:
    said = await Said.issued(desks, facts=EMERGENCY)
    await said.kept()
    async with desks.open("judge") as session:
        rows = {row.request_id: row.state for row in await authority.queue(session)}
    assert holds(rows[said.id]) == ["EX_POST_VALIDATION_PENDING"]
    refusal = await said.refused("judge", authority.prepare_return, "A_GROUNDS_INSUFFICIENT")
    assert refusal == "EX_POST_GRANT_OR_REFUSE"
    state = await said.by("judge", authority.prepare_grant, Narrowing(drop_elements=frozenset({(1, "name")})))
    assert (holds(state), state.granted[0].elements) == ([], ("postal_address",))


async def test_a_validation_is_taken_back_and_a_court_annuls(desks: Desks) -> None:
    said = await Said.issued(desks)
    await said.by("judge", authority.prepare_grant)
    await said.kept()
    state = await said.by("judge", reviews.prepare_rescind, "CONDITIONS_NOT_MET", note="Read again.")
    assert (state.name, state.code) == (StateName.WITHDRAWN, "CONDITIONS_NOT_MET")
    async with desks.open("compliance") as session:
        assert said.id in [row.request_id for row in await provider.inbox(session)]
    state = await said.by("compliance", preserving.prepare_release)
    assert state.name is StateName.RELEASED
    async with desks.open("compliance") as session:
        assert said.id not in [row.request_id for row in await provider.inbox(session)]
    said = await Said.issued(desks)
    await said.by("judge", authority.prepare_grant)
    state = await said.by("judge", reviews.prepare_annul, "QUASHED")
    assert "ANNULLED" in state.flags


async def test_a_preservation_is_extended_held_ended_and_let_go_only_after_its_grace(desks: Desks) -> None:
    said = await Said.issued(desks, kind="PRESERVATION")
    await said.by("judge", authority.prepare_grant)
    before = await said.kept()
    assert await said.refused("compliance", preserving.prepare_release) == "STATE.PRESERVED"
    state = await said.by("investigator", preserving.prepare_extend)
    assert state.name is StateName.EXTENDED
    assert state.preserved_until_ms - before.preserved_until_ms == 30 * DAY_MS
    assert (await said.refused("investigator", preserving.prepare_extend)).endswith("PRESERVATION/extension")
    production = await Said.issued(desks)
    state = await said.by("investigator", preserving.prepare_hold, production.id)
    assert state.name is StateName.HELD_FOR_PRODUCTION
    state = await said.by("investigator", preserving.prepare_end)
    assert "ENDED" in state.flags
    assert (await said.refused("compliance", preserving.prepare_release)).endswith("release_after")


async def let_be(desks: Desks) -> Said:
    """A preservation under the training regime, which has no grace, that is no longer needed."""
    draft = replace(desks.draft(kind="PRESERVATION"), pack_id="training.fictitious", authority="", facts=ROLE)
    sent = await desks.act("investigator", lambda session: prepare_issue(session, draft))
    said = Said(desks, sent.request_id)
    await said.kept()
    await said.by("investigator", preserving.prepare_end)
    return said


async def test_what_is_no_longer_needed_is_let_go_once_its_end_is_published(desks: Desks) -> None:
    said = await let_be(desks)
    state = await said.by("compliance", preserving.prepare_release, note="Let go.")
    assert state.name is StateName.RELEASED


async def test_nothing_is_let_go_while_the_published_log_does_not_show_the_end(desks: Desks) -> None:
    async with desks.open("second-compliance") as session:
        old = await session.exchange.checkpoint()
    said = await let_be(desks)
    held = Changed(desks.transport("second-compliance"), "AuditService/GetCheckpoint", lambda _reply: old)
    async with desks.open("second-compliance", transport=held) as session:
        with pytest.raises(Unavailable) as caught:
            await preserving.prepare_release(session, said.id)
    assert caught.value.rule == "RELEASE.NOT_PUBLISHED"


async def test_errors_deletion_notice_cost_and_what_went_another_way_are_recorded(
    desks: Desks, tmp_path: Path
) -> None:
    said = await Said.issued(desks)
    await said.by("judge", authority.prepare_grant)
    await said.kept()
    letter = tmp_path / "letter.txt"
    letter.write_text("An invented letter.")
    sent_at = 1_790_000_000_000
    await said.by(
        "investigator", afterwards.prepare_outside, sent_at, afterwards.measure(letter), note="By courier."
    )
    await said.by("compliance", prepare_disclose, records(tmp_path, 3))
    async with desks.open("investigator") as session:
        await agency.fetch(session, said.id)
        await sign_and_send(session, await agency.prepare_acknowledge(session, said.id))
    state = await said.by("investigator", afterwards.prepare_error, "WRONG_PERIOD", "SERIOUS", "AGENCY", (1,))
    assert [item.name for item in state.debts] == ["ERROR"]
    assert "DELETE_OR_RESTRICT" in state.flags
    state = await said.by("investigator", afterwards.prepare_attest_deletion, "DELETED", note="All copies.")
    assert (state.debts, "DELETE_OR_RESTRICT" in state.flags) == ((), False)
    review = said_day(state) + 30
    state = await said.by("investigator", afterwards.prepare_defer_notice, "OBSTRUCTING_INQUIRIES", review)
    assert "NOTICE_DEFERRED" in state.flags
    state = await said.by("investigator", afterwards.prepare_notice, note="By post.")
    assert ("NOTICE_GIVEN" in state.flags, "NOTICE_DEFERRED" in state.flags) == (True, False)
    state = await said.by("compliance", afterwards.prepare_claim_cost, 4200, "EUR")
    assert [item.name for item in state.debts] == ["COST"]
    state = await said.by("investigator", afterwards.prepare_settle_cost, paid=True)
    assert (state.debts, state.name) == ((), StateName.CLOSED)


def said_day(state: RequestState) -> int:
    """The day of the last thing that a state remembers a moment of."""
    return max(item.due_ms for item in state.obligations if item.name == "error") // DAY_MS
