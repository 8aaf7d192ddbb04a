# SPDX-License-Identifier: Apache-2.0
"""A few kills and power cuts of the real exchange, and both controls: `make crash` is not blind. Not its full counts."""

from __future__ import annotations

from tests.crash import faults, power, rounds
from tests.crash.__main__ import LOST, control_early, control_unflushed
from tests.crash.calls import RECORDABLE
from tests.crash.rounds import Tally


def test_nothing_acknowledged_is_lost_when_the_writer_is_killed_around_its_commit() -> None:
    tally = Tally()
    places = ("db.commit.before", "db.commit.after", "writer.reply.before", "ratchet.fsync.before")
    rounds.kill_writers(20_261_124, [(name, 2) for name in places], tally)
    assert tally.found == []
    assert set(tally.kills) == set(places), "every planned kill took place"
    assert tally.told > 0, "somebody was given an answer"


def test_a_writer_that_answers_before_it_commits_is_caught() -> None:
    assert control_early(20_261_124).startswith(LOST)


def test_nothing_acknowledged_is_lost_when_the_power_goes() -> None:
    tally = Tally()
    moments = [("flush", 9), ("write", 600), ("part.rename.after", 1), ("db.commit.after", 2), ("timer", 20)]
    power.cut_field(20_261_124, moments, tally)
    assert tally.found == ([] if RECORDABLE else [power.UNKNOWN])
    assert tally.cuts.total() == (len(moments) if RECORDABLE else 0), "the power went each time"


def test_a_writer_that_does_not_flush_is_caught() -> None:
    assert control_unflushed(20_261_124).startswith(LOST) is RECORDABLE


def test_the_same_seed_lays_the_same_plans_and_every_failpoint_has_its_turn() -> None:
    plans = rounds.schedule(7, rounds.WRITER, 200)
    assert plans == rounds.schedule(7, rounds.WRITER, 200)
    assert {name for name, _ in plans} == {*rounds.WRITER, "timer"}


def test_nothing_is_acknowledged_after_the_disk_has_failed() -> None:
    tally = Tally()
    faults.fail_disks(20_261_124, 6, tally)
    assert tally.found == []
    assert tally.faults.total() >= 4, "faults struck"
