# SPDX-License-Identifier: Apache-2.0
"""Carry files as trees: what was written, what was checked and taken in, what is deposited and what is owed.

The code stands alone on its line, since it is read aloud. Whether a call was made is not known here.
"""

from __future__ import annotations

from typing import Final

from rogatory.client.cli.render.names import Names
from rogatory.client.cli.render.state import code_row
from rogatory.client.cli.render.tree import Row, Section, bytes_row, list_row, text_row, time_row
from rogatory.client.cli.results_carry import CarriedResult, DepositResult, DepositsResult, TakenResult

_PLACES: Final = {
    "LOGGED": "in the log",
    "WAITS": "waits here and goes by itself",
    "REFUSED": "refused by the exchange",
    "MISSING": "owed by who signed it",
}


def carried_tree(found: CarriedResult) -> Section:
    """Return a file that was written."""
    return Section(
        "Signed and written; NOT in the log yet",
        (
            bytes_row("request", found.request_id),
            text_row("file", found.file),
            text_row("code", found.code, "they read it to you; you compare"),
            time_row(
                "deposit by",
                found.deposit_by_ms,
                "both sides; your next command that reaches the exchange does it",
            ),
        ),
    )


def taken_section(found: TakenResult, names: Names) -> Section:
    """Return what a person needs for the call, before anything is signed."""
    return Section(
        "Came as a file, every check held; now call",
        (
            text_row(
                "number", found.call_back or "none in the directory", "of the directory, not of the file"
            ),
            bytes_row("who answers there", found.sender, names.remark(found.sender)),
            text_row("code", found.code, "read it to them; they compare"),
            time_row("handed over", found.sent_ms),
            time_row("deposit by", found.deposit_by_ms),
            list_row("checked", found.checks),
        ),
    )


def taken_tree(found: TakenResult) -> Section:
    """Return a file that was taken in."""
    signed = tuple(text_row("signed, NOT sent", item.kind) for item in found.signed)
    opened = tuple(text_row("opened", path) for path in found.files)
    rows: tuple[Row | Section, ...] = (
        bytes_row("request", found.request.request_id),
        code_row("state", found.request.state),
        text_row("code", found.code),
        text_row("call", found.call_back or "none in the directory"),
        time_row("deposit by", found.deposit_by_ms),
    )
    return Section("Taken in; NOT in the log yet", (*rows, *signed, *opened))


def deposits_tree(found: DepositsResult, now_ms: int) -> Section:
    """Return where the statements of carried requests are."""
    if not found.requests:
        return Section("Carried requests", (text_row("requests", "none"),))
    return Section("Carried requests", tuple(_deposit(item, now_ms) for item in found.requests))


def _deposit(item: DepositResult, now_ms: int) -> Section:
    late = "OVERDUE" if item.overdue else ("" if now_ms < item.deposit_by_ms else "all is there")
    rows = [list_row("codes", item.codes), time_row("deposit by", item.deposit_by_ms, late)]
    for row in item.statements:
        said = _PLACES[row.place] + (f", entry {row.index}" if row.place == "LOGGED" else "")
        rows.append(text_row(row.kind, said, f"{row.code} {row.rule}".strip()))
    return Section(f"Request {item.request_id.hex()}", tuple(rows))
