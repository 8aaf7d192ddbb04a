# SPDX-License-Identifier: Apache-2.0
"""What a request waits for, as trees: holds, proposals and amendments as a difference, debts, duties with their clocks.

Codes stand with their words; what is late is said in words. Who must act next is named from the holder's own book. Nothing is
computed here that a `--json` reader would not have.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rogatory.client.cli.catalogue import meaning
from rogatory.client.cli.render.names import Names
from rogatory.client.cli.render.tree import Row, Section, bytes_row, list_row, text_row, time_row
from rogatory.client.cli.results_state import ChangeResult, DebtResult, HoldResult, ProposalResult


def holds_sections(holds: Sequence[HoldResult], names: Names) -> Iterator[Section]:
    """Yield each hold: what is waited for, since when, who is asked, what rests meanwhile."""
    for item in holds:
        yield Section(
            f"Waits: {item.name}",
            (
                text_row("meaning", meaning(item.name, "hold") or "unknown"),
                *([_code("code", item.code)] if item.code else []),
                time_row("since", item.since_ms),
                bytes_row("opened by", item.opened_by, names.remark(item.opened_by)),
                bytes_row("asked", item.asked, names.remark(item.asked)),
                text_row("delivery", "rests until it is answered" if item.suspends else "goes on"),
                bytes_row("digest", item.digest),
                *change_sections(item.changes),
            ),
        )


def proposal_sections(proposals: Sequence[ProposalResult]) -> Iterator[Section]:
    """Yield each proposal of a smaller scope as a difference."""
    for item in proposals:
        yield Section(
            "Proposal of the provider, not in force",
            (
                time_row("since", item.since_ms),
                bytes_row("digest", item.digest),
                *change_sections(item.changes),
            ),
        )


def debt_sections(debts: Sequence[DebtResult], names: Names) -> Iterator[Section]:
    """Yield what is not settled."""
    for item in debts:
        yield Section(
            f"Not settled: {item.name}",
            (
                text_row("meaning", meaning(item.name, "debt") or "unknown"),
                time_row("since", item.since_ms),
                bytes_row("stated by", item.stated_by, names.remark(item.stated_by)),
                bytes_row("digest", item.digest),
            ),
        )


def change_sections(changes: Sequence[ChangeResult]) -> Iterator[Section]:
    """Yield what another scope changes against the one in force."""
    for item in changes:
        rows: list[Row] = []
        if not item.first_day:
            rows.append(text_row("task", "drops out"))
        elif not item.first_day_before:
            rows.append(text_row("task", "comes in"))
        if item.elements_in:
            rows.append(list_row("added", item.elements_in))
        if item.elements_out:
            rows.append(list_row("left out", item.elements_out))
        before, after = (item.first_day_before, item.last_day_before), (item.first_day, item.last_day)
        if before != after and all(before):
            rows.append(text_row("window in force", " to ".join(before)))
        if before != after and all(after):
            rows.append(text_row("window then", " to ".join(after)))
        yield Section(f"Change of task {item.task}", tuple(rows))


def flag_rows(flags: Sequence[str]) -> Iterator[Row]:
    """Yield each flag with what it means."""
    for flag in flags:
        yield _code("flag", flag, "flag")


def _code(label: str, code: str, kind: str = "") -> Row:
    return text_row(label, code, meaning(code, kind), strict=True)
