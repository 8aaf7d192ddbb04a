# SPDX-License-Identifier: Apache-2.0
"""The long runs in small: they count what they ran, and they fail when something is found. Not a long run."""

from __future__ import annotations

import pytest

from tests.soak import __main__ as soak
from tests.soak.fuzzing import Row, row_of, shares
from tests.support import mutation_gate
from tests.support.fuzz_all import ALL
from tests.support.fuzz_targets import Target
from tests.support.mutation_gate import score


def test_every_target_gets_inputs_and_a_slow_one_fewer_and_none_of_the_total_is_lost() -> None:
    counts = shares(1_000_000, [target.slow for target in ALL])
    assert sum(counts) >= 1_000_000
    assert shares(30, [1, 2]) == [20, 10]
    assert shares(10, [3, 3, 3]) == [4, 4, 4]


def test_a_target_is_counted_and_a_finding_names_what_makes_it_again() -> None:
    def careless(data: bytes) -> None:
        assert data.decode("ascii")

    planted = Target("careless", "nowhere", (), lambda: [b"fine"], careless)
    whole = row_of(ALL[0], 7, 50)
    assert (whole.inputs, whole.finding) == (50, "")
    found = row_of(planted, 7, 500)
    assert found.finding.startswith("careless: seed 7, round ")
    assert "UnicodeDecodeError in test_soak_parts.py:" in found.finding


def test_a_finding_fails_the_run_and_so_do_fewer_inputs_than_asked_for() -> None:
    rows = [Row("a", 10, 3), Row("b", 10, 5)]
    assert soak.judged(rows, 20) == soak.Ended(True, "20 inputs over 2 targets, 8 accepted, 0 findings")
    assert not soak.judged(rows, 21).held
    assert not soak.judged([*rows, Row("c", 10, 0, "here")], 20).held


def test_a_run_says_its_seed_first_and_each_target_and_the_sum(capsys: pytest.CaptureFixture[str]) -> None:
    assert soak.main(["fuzz", "--seed", "7", "--inputs", "1000"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("soak: seed 7; ")
    assert sum(line.startswith("fuzz ") for line in said) == len(ALL)
    assert said[-1].startswith("soak: fuzz        held")


def test_mutants_count_as_noticed_only_when_a_test_failed_or_never_ended() -> None:
    found = score("m", {"a": 1, "b": 0, "c": 36, "d": None, "e": 33, "f": -11, "g": 3, "h": -24})
    assert (found.killed, found.timeout) == (2, 2)
    assert found.survivors == ("b",)
    assert found.others == ("d", "e", "f")
    assert found.share == 50
    assert score("m", {}).share == 0 < mutation_gate.FLOOR
