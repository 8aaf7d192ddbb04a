# SPDX-License-Identifier: Apache-2.0
"""What `--json` says about letters and about answers that came another way. Part of the published schema; it judges nothing."""

from __future__ import annotations

from dataclasses import dataclass

from rogatory.client.cli.results import SentResult
from rogatory.client.outside import Outside


@dataclass(frozen=True, slots=True)
class LetterResult:
    """A letter that was written, its code, and the record that it went."""

    request_id: bytes
    file: str
    length: int
    code: str
    sent: SentResult


@dataclass(frozen=True, slots=True)
class OutsideResult:
    """An answer that came another way: what the scope check says, where its files lie, and the record of it.

    `quarantined` are paths of files with something outside the grant.
    """

    request_id: bytes
    scope_report: str
    rows_in_scope: int
    excess: int
    directory: str
    files: tuple[str, ...]
    quarantined: tuple[str, ...]
    digest: bytes
    sent: SentResult


def outside_result(found: Outside, sent: SentResult) -> OutsideResult:
    """Return an answer that was taken in as a result."""
    report = found.kept.report
    return OutsideResult(
        sent.request_id,
        report.scope_report,
        report.in_scope,
        report.excess_count,
        str(found.directory),
        tuple(str(path) for i, path in enumerate(found.kept.files) if i not in report.quarantined),
        tuple(str(found.kept.files[i]) for i in report.quarantined),
        found.digest,
        sent,
    )
