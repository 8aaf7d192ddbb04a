# SPDX-License-Identifier: Apache-2.0
"""What `--json` says of statements that wait in the outbox: sent now, kept, given up. Not of what is in the log already."""

from __future__ import annotations

from dataclasses import dataclass

from rogatory.client.outgoing import Flushed


@dataclass(frozen=True, slots=True)
class FlushedResult:
    """A statement that waited: accepted (`index`), refused for good, or `kept` (`code`, `field` and `rule` say why)."""

    number: int
    request_id: bytes
    kind: str
    signed_ms: int
    index: int
    receipt_saved: bool
    kept: bool
    code: str
    field: str
    rule: str


@dataclass(frozen=True, slots=True)
class OutboxResult:
    """What became of each statement that waited, in order, how many wait still, and numbers of what cannot be read."""

    flushed: tuple[FlushedResult, ...]
    waiting: int
    damaged: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DiscardedResult:
    """A signed statement that was given up; its bytes lie in this folder of the profile's `evidence`.

    A damaged one has no request and no kind.
    """

    request_id: bytes
    kind: str
    number: int
    signed_ms: int
    evidence: str


def flushed_result(item: Flushed) -> FlushedResult:
    """Return what became of a statement that waited."""
    waiting, error = item.waiting, item.error
    return FlushedResult(
        number=waiting.number,
        request_id=waiting.request_id,
        kind=waiting.kind.name,
        signed_ms=waiting.issued_at_ms,
        index=item.sent.index if item.sent else 0,
        receipt_saved=item.sent is not None and item.sent.receipt_saved,
        kept=item.kept and item.sent is None,
        code=error.code if error else "",
        field=error.field if error else "",
        rule=error.rule if error else "",
    )
