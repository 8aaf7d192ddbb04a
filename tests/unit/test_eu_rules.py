# SPDX-License-Identifier: Apache-2.0
"""Reg. (EU) 2023/1543 as the shipped pack says it, through the real write path: who may ask, who must say yes.

Ex post validation, notification, clarification and extension are later; their absence is tested as a refusal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from rogatory.client.pack_library import chosen_packs
from rogatory.protocol.envelope import verify_envelope
from rogatory.protocol.header import DAY_MS, Fact, Header, StatementKind
from rogatory.protocol.ids import uuid7
from rogatory.protocol.pack import load_pack
from rogatory.protocol.state import RequestState
from rogatory.protocol.statements import DecisionCode, GrantedTask, Issue, Reject, RequestKind, Validate
from tests.support.acts import FACTS, Wanted, World

SUBSCRIBER = Wanted()
TRAFFIC = Wanted("msisdn", "+15550100123", ("call_record",))
CONTENT = Wanted("email", "person@mail.example", ("mailbox",))
LOGIN = Wanted("account_id", "user@mail.example", ("login_ip",))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.build(tmp_path)


def facts(**changes: Fact | None) -> tuple[Fact, ...]:
    """The usual facts with some changed or, by None, left out; names with __ for a dot."""
    wanted = {code.replace("__", "."): fact for code, fact in changes.items()}
    kept = [fact for fact in FACTS if fact.code not in wanted]
    return tuple(sorted([*kept, *(f for f in wanted.values() if f is not None)], key=lambda fact: fact.code))


def refusal(world: World, envelope: bytes, name: str = "investigator") -> tuple[str, str, str]:
    (result,) = world.submit(name, envelope)
    body = world.rejection(result).statement.body
    assert isinstance(body, Reject)
    return body.code, body.field, body.rule


def accepted(world: World, *tasks: Wanted, kind: RequestKind = RequestKind.DISCLOSURE) -> RequestState:
    request_id, envelope = world.issue(kind=kind, tasks=tasks)
    (result,) = world.submit("investigator", envelope)
    assert result.receipt is not None, world.rejection(result).statement.body
    return world.state(request_id)


def grant(world: World, name: str, state: RequestState) -> bytes:
    whole = tuple(
        GrantedTask(t.task.number, t.task.elements, t.task.first_day, t.task.last_day) for t in state.tasks
    )
    opened = tuple(sorted(ref.object_digest for ref in state.sections))
    body = Validate(DecisionCode.GRANT, "", whole, opened)
    return world.answer(name, StatementKind.VALIDATE, state, state.issue_digest, body)


def test_subscriber_data_may_be_validated_by_a_prosecutor(world: World) -> None:
    state = accepted(world, SUBSCRIBER)
    (result,) = world.submit("prosecutor", grant(world, "prosecutor", state))
    assert result.receipt is not None


@pytest.mark.parametrize("wanted", [TRAFFIC, CONTENT])
def test_traffic_and_content_may_not(world: World, wanted: Wanted) -> None:
    state = accepted(world, wanted)
    code, _field, rule = refusal(world, grant(world, "prosecutor", state), "prosecutor")
    assert (code, rule.split("/", 2)[2]) == ("X_AUTHORITY_NOT_COMPETENT", "authority/2/validate")


def test_the_strictest_category_decides_for_the_whole_order(world: World) -> None:
    state = accepted(world, SUBSCRIBER, CONTENT)
    assert refusal(world, grant(world, "prosecutor", state), "prosecutor")[0] == "X_AUTHORITY_NOT_COMPETENT"


def test_preservation_of_content_may_be_validated_by_a_prosecutor(world: World) -> None:
    state = accepted(world, CONTENT, kind=RequestKind.PRESERVATION)
    (result,) = world.submit("prosecutor", grant(world, "prosecutor", state))
    assert result.receipt is not None


def test_an_order_without_an_authority_to_validate_is_refused(world: World) -> None:
    _request_id, envelope = world.issue(tasks=(CONTENT,))
    alone = reissued(world, envelope, lambda header: header, Issue(RequestKind.DISCLOSURE, "EPOC", None))
    assert refusal(world, alone)[:2] == ("X_VALIDATION_MISSING", "body.authority")


def test_login_addresses_change_category_with_purpose(world: World) -> None:
    identify = accepted(world, replace(LOGIN, purpose="IDENTIFY"))
    evidence = accepted(world, LOGIN)
    assert identify.categories == ("IDENTIFICATION",)
    assert evidence.categories == ("TRAFFIC",)
    (result,) = world.submit("prosecutor", grant(world, "prosecutor", identify))
    assert result.receipt is not None
    assert (
        refusal(world, grant(world, "prosecutor", evidence), "prosecutor")[0] == "X_AUTHORITY_NOT_COMPETENT"
    )


@pytest.mark.parametrize(("months", "good"), [(24, False), (35, False), (36, True)])
def test_traffic_data_need_an_offence_of_three_years(world: World, months: int, good: bool) -> None:  # noqa: FBT001
    given = facts(offence__max_penalty_months=Fact("offence.max_penalty_months", (), months))
    _request_id, envelope = world.issue(tasks=(TRAFFIC,), facts=given)
    if good:
        (result,) = world.submit("investigator", envelope)
        assert result.receipt is not None
    else:
        assert refusal(world, envelope)[0] == "X_OFFENCE_BELOW_THRESHOLD"


def test_a_listed_offence_reaches_the_threshold_whatever_its_maximum(world: World) -> None:
    given = facts(
        offence__max_penalty_months=Fact("offence.max_penalty_months", (), 24),
        offence__listed=Fact("offence.listed", ("TERRORISM",)),
    )
    _request_id, envelope = world.issue(tasks=(TRAFFIC,), facts=given)
    (result,) = world.submit("investigator", envelope)
    assert result.receipt is not None


@pytest.mark.parametrize(("months", "good"), [(3, False), (4, True)])
def test_a_sentence_to_be_executed_has_four_months(world: World, months: int, good: bool) -> None:  # noqa: FBT001
    given = facts(
        sentence_execution_months=Fact("sentence_execution_months", (), months),
        sentence__absconded=Fact("sentence.absconded", ("YES",)),
        sentence__in_absentia=Fact("sentence.in_absentia", ("NO",)),
    )
    _request_id, envelope = world.issue(facts=given)
    (result,) = world.submit("investigator", envelope)
    assert (result.receipt is not None) == good


@pytest.mark.parametrize("missing", ["offence__in_issuing_state", "person__resides_in_issuing_state"])
def test_traffic_data_without_both_conditions_of_article_8_need_notification(
    world: World, missing: str
) -> None:
    _request_id, envelope = world.issue(tasks=(TRAFFIC,), facts=facts(**{missing: None}))
    assert refusal(world, envelope)[0] == "X_NOTIFICATION_MISSING"


@pytest.mark.parametrize("missing", ["controller", "person__role", "offence__max_penalty_months"])
def test_a_missing_field_is_named_by_the_rule_that_wants_it(world: World, missing: str) -> None:
    _request_id, envelope = world.issue(facts=facts(**{missing: None}))
    code, field, rule = refusal(world, envelope)
    assert (code, field) == ("X_FIELD_MISSING", "header.facts")
    assert rule.endswith(f"required_facts/{missing.replace('__', '.')}")


def test_a_fact_outside_the_packs_vocabulary_is_refused_even_if_it_is_a_code(world: World) -> None:
    words = Fact("person.role", ("JohnDoeLivesAtOldTown",))
    _request_id, envelope = world.issue(facts=facts(person__role=words))
    assert refusal(world, envelope)[:2] == ("X_FIELD_INVALID", "header.facts[4]")


def reissued(
    world: World, envelope: bytes, change: Callable[[Header], Header], body: Issue | None = None
) -> bytes:
    """The same issue under new ids, with its header or body changed and signed again."""
    verified = verify_envelope(envelope, world.realm.directory, world.clock.now_ms())
    fresh = replace(
        verified.header,
        statement_id=uuid7(world.clock, world.entropy),
        request_id=uuid7(world.clock, world.entropy),
    )
    return world.sign("investigator", change(fresh), body or verified.statement.body)


def test_an_order_reaches_into_no_future(world: World) -> None:
    _request_id, envelope = world.issue()
    today = world.clock.now_ms() // DAY_MS

    def tomorrow(header: Header) -> Header:
        return replace(header, tasks=(replace(header.tasks[0], last_day=today + 1),))

    later = reissued(world, envelope, tomorrow)
    assert refusal(world, later)[:2] == ("X_PROSPECTIVE_DATA", "header.tasks[0].last_day")


def test_an_element_that_the_pack_does_not_know_for_a_purpose_is_refused(world: World) -> None:
    _request_id, envelope = world.issue(tasks=(replace(TRAFFIC, purpose="IDENTIFY"),))
    assert refusal(world, envelope)[:2] == ("X_CATEGORY_NOT_IN_PACK", "header.tasks[0].elements")


def test_days_leave_out_the_day_of_the_event_and_hours_count_from_it() -> None:
    pack = load_pack(chosen_packs()[0])
    produce = pack.kinds["DISCLOSURE"].deadlines["produce"]
    noon = 20_000 * DAY_MS + DAY_MS // 2
    assert pack.due_ms(produce, noon, emergency=False) == (20_000 + 11) * DAY_MS
    assert pack.due_ms(produce, noon, emergency=True) == noon + 8 * 3_600_000


def test_a_request_to_somebody_who_is_no_provider_is_refused(world: World) -> None:
    _request_id, envelope = world.issue(provider="other-agency")
    assert refusal(world, envelope)[0] == "X_ADDRESSEE_NOT_DESIGNATED"
