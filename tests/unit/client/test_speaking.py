# SPDX-License-Identifier: Apache-2.0
"""Choosing what an answer is about, and stating scopes: never a guess, never more than was issued.

Values only; what an exchange says to the statements is tested against the real one, not here.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from rogatory.client.authority import Narrowing
from rogatory.client.rescoping import issued, narrowed
from rogatory.client.speaking import choose, open_hold, order_of, unit_of
from rogatory.protocol.duties import Rescind
from rogatory.protocol.errors import Invalid, Refused
from rogatory.protocol.header import StatementKind
from rogatory.protocol.scoping import with_scope
from rogatory.protocol.state import HoldName, Open, RequestState
from rogatory.protocol.statements import GrantedTask
from rogatory.protocol.terms import owed
from tests.support.regime_desk import LOGIN, SUBSCRIBER, Desk

A, B = Open("X", b"\xaa\x01" * 16, b"", 1, False), Open("X", b"\xaa\x02" * 16, b"", 2, False)


@pytest.fixture(scope="module")
def state() -> RequestState:
    desk = Desk()
    return desk.validated(desk.ask(SUBSCRIBER, LOGIN))


def test_one_open_thing_needs_no_digits_and_two_need_enough() -> None:
    assert choose([A], "") is A
    assert choose([A, B], "AA02") is B
    for items, prefix in (([], ""), ([A, B], ""), ([A, B], "aa"), ([A], "bb")):
        with pytest.raises(Refused) as caught:
            choose(items, prefix)
        assert caught.value.rule == "ONE_OPEN"


def test_a_hold_of_another_kind_is_no_answerable_one(state: RequestState) -> None:
    with pytest.raises(Refused):
        open_hold(state, HoldName)


def test_whom_a_party_is_spoken_to_by_is_its_unit_in_the_request(state: RequestState) -> None:
    assert unit_of(state, state.agency.org) == state.agency
    assert unit_of(state, state.provider.org) == state.provider
    with pytest.raises(Refused) as caught:
        unit_of(state, bytes(16))
    assert caught.value.rule == "ADDRESSEE.NAMED"
    assert order_of(state) == state.order_digest


def test_what_was_issued_may_be_asked_for_again_but_an_answered_task_keeps_its_scope(
    state: RequestState,
) -> None:
    smaller = (GrantedTask(1, ("name",), state.granted[0].first_day, state.granted[0].last_day),)
    cut = with_scope(state, smaller)
    assert issued(cut) == state.granted
    desk = Desk()
    answered = desk.disclosed(desk.kept(desk.validated(desk.ask(SUBSCRIBER, LOGIN))), task1="DELIVERED")
    assert issued(answered) == answered.granted


def test_a_narrowing_of_a_scope_never_names_what_is_not_in_it(state: RequestState) -> None:
    assert narrowed(state.granted, Narrowing(drop_tasks=frozenset({2}))) == state.granted[:1]
    for cut in (
        Narrowing(drop_tasks=frozenset({3})),
        Narrowing(drop_tasks=frozenset({1, 2})),
        Narrowing(drop_elements=frozenset({(1, "name"), (1, "postal_address")})),
    ):
        with pytest.raises(Invalid):
            narrowed(state.granted, cut)
    wider = Narrowing(since_day={1: state.granted[0].first_day - 1})
    with pytest.raises(Refused) as caught:
        narrowed(state.granted, wider)
    assert caught.value.rule == "GRANT_NEVER_WIDENS"


def test_what_only_a_running_request_can_owe_ends_with_it(state: RequestState) -> None:
    desk = Desk()
    running = desk.kept(desk.validated(desk.ask(SUBSCRIBER)))
    rescinded = desk.tell("judge", StatementKind.RESCIND, running, Rescind("ERROR"), running.issue_digest)
    assert {item.name for item in running.obligations if owed(running, item)} == {"objection", "produce"}
    assert [item for item in rescinded.obligations if owed(rescinded, item)] == []
    late = tuple(replace(item, fired=True) for item in running.obligations)
    over = replace(running, obligations=late)
    assert [item.name for item in late if owed(over, item)] == ["produce"]
    assert [item.name for item in state.obligations if owed(state, item)] == []
