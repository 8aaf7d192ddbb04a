# SPDX-License-Identifier: Apache-2.0
"""The log and verdicts as trees. The verdict is the first line, in words; a colour never carries it."""

from __future__ import annotations

from rogatory.client.cli.catalogue import sentence
from rogatory.client.cli.render.names import Names
from rogatory.client.cli.render.tree import Row, Section, bytes_row, text_row, utc
from rogatory.client.cli.results_log import (
    EntriesResult,
    EntryResult,
    LogVerdictResult,
    MirrorResult,
    ReasonResult,
)
from rogatory.client.cli.verdicts import WORDS


def mirror_tree(found: MirrorResult) -> Section:
    """Return a copy that was made."""
    return Section(
        "Copy of the log",
        (
            text_row("folder", found.path),
            text_row("size", str(found.size)),
            bytes_row("root", found.root),
            text_row("opened to you", str(found.opened)),
        ),
    )


def log_verdict_tree(found: LogVerdictResult) -> Section:
    """Return the verdict on a copy of the log."""
    return Section(
        f"Log: {WORDS[found.verdict][0]}",
        (
            text_row("size", str(found.size)),
            bytes_row("root", found.root),
            text_row("entries in the tree", str(found.entries)),
            text_row("entries opened", str(found.opened)),
            text_row("slots computed again", str(found.slots_recomputed)),
            text_row("requests folded", str(found.requests)),
            *(reason_section(item) for item in found.reasons),
        ),
    )


def entries_tree(found: EntriesResult, names: Names) -> Section:
    """Return a run of log entries."""
    return Section("Log entries", tuple(_entry(item, names) for item in found.entries))


def _entry(item: EntryResult, names: Names) -> Section:
    if not item.kind:
        return Section(f"Entry {item.index}", (text_row("content", "not open to you"),))
    rows: list[Row] = [text_row("kind", item.kind, strict=True), text_row("committed", utc(item.time_ms))]
    for label, value in (("by", item.actor), ("to", item.receiver), ("request", item.request_id)):
        if value:
            rows.append(bytes_row(label, value, names.remark(value)))
    if item.outcome:
        rows.append(text_row("outcome", item.outcome, strict=True))
    return Section(f"Entry {item.index}", tuple(rows))


def reason_section(item: ReasonResult) -> Section:
    """Return why something does not hold."""
    return Section(
        f"Does not hold: {item.code}",
        (
            text_row("what", sentence(item.code).what),
            text_row("where", item.at or "unknown", strict=True),
            text_row("rule", item.rule or "none", strict=True),
        ),
    )
