# SPDX-License-Identifier: Apache-2.0
"""The bookkeeping of rejection floods by itself, with times that the test sets; no engine, no log."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from rogatory.protocol.directory import KeyRow
from rogatory.server.engine.floods import Flood, FloodLimits, Floods
from tests.support.realm import shared_realm

LIMITS = FloodLimits(entries=3, window_ms=1000)


def peer(number: int) -> KeyRow:
    return replace(shared_realm().row("investigator"), tls_spki=number.to_bytes(32, "big"))


def test_a_peer_is_turned_away_after_its_entries_and_is_let_in_again_when_the_window_ends() -> None:
    floods = Floods(LIMITS)
    row = peer(1)
    for at in (100, 400, 900):
        assert not floods.full(row)
        floods.rejected(row, at)
    assert floods.full(row)
    floods.turned_away(row, 5)
    floods.turned_away(row, 2)
    assert floods.ended(1099) == []
    assert floods.full(row)
    assert floods.ended(1100) == [Flood(row, 7)]
    assert not floods.full(row)
    assert floods.ended(1100) == [], "a flood is told once"


def test_a_window_in_which_nothing_was_turned_away_ends_without_a_word() -> None:
    floods = Floods(LIMITS)
    for _ in range(3):
        floods.rejected(peer(1), 0)
    assert floods.ended(1000) == []
    assert not floods.full(peer(1))


def test_peers_are_counted_apart() -> None:
    floods = Floods(LIMITS)
    for _ in range(3):
        floods.rejected(peer(1), 0)
    assert floods.full(peer(1))
    assert not floods.full(peer(2))


def test_a_clean_stop_closes_every_window() -> None:
    floods = Floods(LIMITS)
    for number in (1, 2):
        for _ in range(3):
            floods.rejected(peer(number), 0)
        floods.turned_away(peer(number), number)
    assert floods.all() == [Flood(peer(1), 1), Flood(peer(2), 2)]
    assert floods.all() == []


def test_memory_is_bounded_and_the_oldest_flood_is_told_before_its_time_not_forgotten() -> None:
    floods = Floods(LIMITS, windows=4)
    for _ in range(3):
        floods.rejected(peer(0), 0)
    floods.turned_away(peer(0), 9)
    for number in range(1, 1000):
        floods.rejected(peer(number), 0)
    assert len(floods._windows) == 4
    assert floods.ended(1) == [Flood(peer(0), 9)]


def test_calls_over_a_cap_are_only_counted() -> None:
    floods = Floods(LIMITS)
    floods.over_cap()
    floods.over_cap()
    assert (floods.take_over_cap(), floods.take_over_cap()) == (2, 0)
    assert not floods.full(peer(1))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 700)), max_size=200))
def test_every_statement_is_either_logged_by_itself_or_counted_once(acts: list[tuple[int, int]]) -> None:
    floods = Floods(LIMITS)
    now, own, told = 0, 0, 0
    for number, pause in acts:
        now += pause
        told += sum(flood.turned_away for flood in floods.ended(now))
        if floods.full(peer(number)):
            floods.turned_away(peer(number), 1)
        else:
            floods.rejected(peer(number), now)
            own += 1
    told += sum(flood.turned_away for flood in floods.all())
    assert own + told == len(acts)
    assert own <= 4 * LIMITS.entries * (1 + now // LIMITS.window_ms)
