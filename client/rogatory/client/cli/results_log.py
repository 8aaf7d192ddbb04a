# SPDX-License-Identifier: Apache-2.0
"""What `--json` says about the log. Part of the published schema, like `results`.

Slots that were opened to the reader are shown decoded; a slot that was not opened is absent, never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass

from rogatory.client.log_check import LogVerdict
from rogatory.client.opened_entries import OpenedRow
from rogatory.client.verdict import Reason


@dataclass(frozen=True, slots=True)
class MirrorResult:
    """A copy of the log; `opened` entries came with their openings."""

    path: str
    size: int
    root: bytes
    opened: int


@dataclass(frozen=True, slots=True)
class ReasonResult:
    """Something that does not hold, and where."""

    code: str
    at: str
    rule: str


@dataclass(frozen=True, slots=True)
class LogVerdictResult:
    """Verdict on a copy: VERIFIED, CONSISTENT_BUT_NOT_ANCHORED or FAILED, and what was checked."""

    verdict: str
    size: int
    root: bytes
    entries: int
    opened: int
    slots_recomputed: int
    requests: int
    reasons: tuple[ReasonResult, ...]


@dataclass(frozen=True, slots=True)
class EntryResult:
    """A log entry as far as it is open to the reader; `time_ms` is 0 and texts are empty where it is not."""

    index: int
    kind: str
    time_ms: int
    actor: bytes
    receiver: bytes
    request_id: bytes
    outcome: str


@dataclass(frozen=True, slots=True)
class EntriesResult:
    """A run of log entries."""

    entries: tuple[EntryResult, ...]


@dataclass(frozen=True, slots=True)
class ProofResult:
    """A verified C2SP tlog-proof, and the file that it was written to (empty for none)."""

    index: int
    proof: str
    file: str


def reasons(found: tuple[Reason, ...]) -> tuple[ReasonResult, ...]:
    """Return reasons as results."""
    return tuple(ReasonResult(item.code, item.at, item.rule) for item in found)


def log_verdict_result(found: LogVerdict) -> LogVerdictResult:
    """Return a verdict on a copy of the log as a result."""
    return LogVerdictResult(
        str(found.verdict),
        found.size,
        found.root,
        found.entries,
        found.opened,
        found.slots_recomputed,
        found.requests,
        reasons(found.reasons),
    )


def entries_result(rows: tuple[OpenedRow, ...]) -> EntriesResult:
    """Return log entries as a result."""
    return EntriesResult(
        tuple(
            EntryResult(
                row.index,
                row.kind,
                row.time_ms,
                row.actor,
                row.receiver,
                row.request_id,
                row.outcome,
            )
            for row in rows
        )
    )
