# SPDX-License-Identifier: Apache-2.0
"""Answers as trees: an opened disclosure, a plan that was checked, a bundle that was written.

Names of files come from the other party, so they are shown strictly; rows outside the grant are listed with their
reasons, the first of them in full and the rest by number, and never with their content.
"""

from __future__ import annotations

from typing import Final

from rogatory.client.cli.render.state import code_row
from rogatory.client.cli.render.tree import Row, Section, bytes_row, list_row, text_row, words_row
from rogatory.client.cli.results_answer import (
    DisclosedResult,
    ExcessResult,
    FetchResult,
    PlanResult,
)
from rogatory.client.disclosing import DisclosurePlan

SHOWN: Final = 20


def fetched_tree(found: FetchResult) -> Section:
    """Return all disclosures of a request."""
    if not found.disclosures:
        return Section("Fetched", (text_row("disclosures", "none yet"),))
    return Section(
        "Fetched, verified, opened",
        (bytes_row("request", found.request_id), *(_disclosed(item) for item in found.disclosures)),
    )


def plan_tree(plan: PlanResult) -> Section:
    """Return what a planned disclosure would hold, and what blocks it."""
    blocked = bool(plan.excess or plan.reasons)
    return Section(
        "BLOCKED: not all of this was granted" if blocked else "Fits what was granted",
        (
            text_row("rows", f"{plan.rows}, of which {plan.rows_in_scope} within the grant"),
            *_excess(plan.excess),
            *(text_row(item.code, f"{item.field} {item.rule}".strip(), strict=True) for item in plan.reasons),
        ),
    )


def items_tree(plan: DisclosurePlan) -> Section:
    """Return the files of a plan, which the signed bytes name only by their digest."""
    if not plan.items:
        return Section("Files to be released", (text_row("files", "none"),))
    return Section(
        "Files to be released, sealed to the asking unit",
        tuple(
            Section(
                f"File {i}",
                (
                    text_row("name", item.name or item.path.name, strict=True),
                    text_row("read from", str(item.path)),
                    text_row("answers", f"task {item.task}, {item.element}", strict=True),
                    *_label(item.label, unlabelled=False),
                    text_row("format", item.format, strict=True),
                ),
            )
            for i, item in enumerate(plan.items, start=1)
        ),
    )


def _label(label: str, *, unlabelled: bool) -> tuple[Row, ...]:
    if unlabelled:
        return (text_row("which one", "NOT SAID: ask the provider before anybody acts on it"),)
    return (code_row("which one", label, "label"),) if label else ()


def _disclosed(item: DisclosedResult) -> Section:
    files = tuple(
        Section(
            f"File {i}",
            (
                text_row("name", each.name, strict=True),
                text_row("stored as", each.path),
                text_row("format", each.format, strict=True),
                text_row("answers", f"task {each.task}, {each.element}", strict=True),
                *_label(each.label, unlabelled=each.unlabelled),
                text_row("length", f"{each.length} bytes"),
                bytes_row("SHA-256", each.sha256),
            ),
        )
        for i, each in enumerate(item.items, start=1)
    )
    return Section(
        "Disclosure",
        (
            bytes_row("disclosure", item.disclosure_id),
            text_row("folder", item.directory),
            code_row("scope report", item.scope_report),
            *([words_row("words of the provider", item.words)] if item.words else []),
            text_row("rows within the grant", str(item.rows_in_scope)),
            *_excess(item.excess),
            *([list_row("set aside unopened", item.quarantined)] if item.quarantined else []),
            *files,
        ),
    )


def _excess(rows: tuple[ExcessResult, ...]) -> tuple[Row, ...]:
    if not rows:
        return (text_row("rows outside the grant", "none"),)
    shown = [f"row {item.row} of item {item.item}: {item.reason}" for item in rows[:SHOWN]]
    if len(rows) > SHOWN:
        shown.append(f"and {len(rows) - SHOWN} more")
    return (list_row(f"rows outside the grant: {len(rows)}", shown),)
