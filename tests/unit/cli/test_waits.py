# SPDX-License-Identifier: Apache-2.0
"""What a request waits for is told with who is asked and why, and a scope as a difference against the one in force.

Results and trees from values; what the fold makes of statements is tested elsewhere, not here.
"""

from __future__ import annotations

import pytest

from rogatory.client.cli.aftermath_commands import _hundredths
from rogatory.client.cli.render.names import Names
from rogatory.client.cli.render.text import lines
from rogatory.client.cli.render.tree import Section
from rogatory.client.cli.render.waits import (
    change_sections,
    debt_sections,
    flag_rows,
    holds_sections,
    proposal_sections,
)
from rogatory.client.cli.results_state import (
    ChangeResult,
    DebtResult,
    HoldResult,
    ProposalResult,
    changes,
)
from rogatory.client.cli.scope_options import day_of, moment_of, narrowing_of, tasks_of
from rogatory.client.cli.session import UsageError
from rogatory.protocol.state import Flag, HoldName
from rogatory.protocol.statements import GrantedTask

IN_FORCE = (
    GrantedTask(1, ("login_ip", "name"), 20_000, 20_005),
    GrantedTask(2, ("mailbox",), 20_000, 20_005),
)


def shown(*items: object) -> str:
    tree = Section("top", tuple(items))  # type: ignore[arg-type]
    return "\n".join(line.text.strip() for line in lines(tree, plain=True))


def test_a_scope_is_a_difference_and_what_stays_has_no_row() -> None:
    smaller = (GrantedTask(1, ("name",), 20_000, 20_003),)
    found = changes(IN_FORCE, smaller)
    assert [item.task for item in found] == [1, 2]
    assert (found[0].elements_in, found[0].elements_out) == ((), ("login_ip",))
    assert (found[0].last_day_before, found[0].last_day) == ("2024-10-09", "2024-10-07")
    assert found[1].first_day == ""
    assert changes(IN_FORCE, IN_FORCE) == ()


def test_a_difference_says_what_comes_in_what_goes_and_both_windows() -> None:
    text = shown(
        *change_sections(
            changes(IN_FORCE[:1], (GrantedTask(1, ("name", "postal_address"), 20_001, 20_005), IN_FORCE[1]))
        )
    )
    for said in (
        "added: postal_address",
        "left out: login_ip",
        "window in force: 2024-10-04 to",
        "task: comes in",
    ):
        assert said in text
    assert "task: drops out" in shown(*change_sections(changes(IN_FORCE, IN_FORCE[:1])))


@pytest.mark.parametrize("name", [item.value for item in HoldName])
def test_each_hold_says_what_it_means_who_is_asked_and_whether_delivery_rests(name: str) -> None:
    hold = HoldResult(
        name, "SCOPE_UNCLEAR", 1_795_500_000_000, b"\x01" * 16, b"\x02" * 16, True, b"\x03" * 32, ()
    )
    text = shown(*holds_sections((hold,), Names()))
    assert "unknown" not in text
    for said in ("02" * 16, "03" * 32, "rests until it is answered", "2026-11-24", "SCOPE_UNCLEAR"):
        assert said in text


def test_proposals_debts_and_flags_are_said_in_words() -> None:
    change = ChangeResult(2, (), ("mailbox",), "2024-10-04", "2024-10-09", "", "")
    proposal = ProposalResult(1_795_500_000_000, b"\x04" * 32, (change,))
    debts = tuple(DebtResult(name, 0, b"\x05" * 16, b"\x06" * 32) for name in ("COST", "ERROR"))
    text = shown(*proposal_sections((proposal,)), *debt_sections(debts, Names()))
    assert "not in force" in text
    assert "task: drops out" in text
    assert "unknown" not in text
    flags = [flag.value for flag in Flag]
    assert [row.remark != () for row in flag_rows(flags)] == [True] * len(flags)


@pytest.mark.parametrize(("text", "amount"), [("120", 12_000), ("120.50", 12_050), ("0.05", 5)])
def test_an_amount_is_read_in_hundredths(text: str, amount: int) -> None:
    assert _hundredths(text) == amount


@pytest.mark.parametrize("text", ["", "1.5", "1.555", "-1", "1,50", "1.5x", "1.\u0665\u0665"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        _hundredths(text)


def test_moments_need_an_offset_and_days_are_days() -> None:
    assert moment_of("2026-11-24T00:00:00Z", "--at") == 1_795_478_400_000
    assert day_of("1970-01-02", "--review") == 1
    for wrong in ("2026-11-24T00:00:00", "tomorrow", ""):
        with pytest.raises(UsageError) as caught:
            moment_of(wrong, "--at")
        assert caught.value.rule == "MOMENT"


def test_a_narrowing_names_each_task_that_it_speaks_of() -> None:
    cut = narrowing_of([3], ["2:name", "mailbox"], ["1:2026-11-03"], None)
    assert cut.named == {0, 1, 2, 3}
    assert narrowing_of(None, None, None, None).named == frozenset()
    assert tasks_of([2, 1, 2]) == (1, 2)
