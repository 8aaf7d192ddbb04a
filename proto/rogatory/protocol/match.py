# SPDX-License-Identifier: Apache-2.0
"""Does an opened section say what the signed header says? One pure function for all three ends (architecture §6).

The issuer's client runs it before signing, the judge's before a grant, the provider's before a search: what was
validated, what is searched and what the log commits to are then the same thing. It does not open sections, and
signatures and law are not its business.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from rogatory.protocol import errors
from rogatory.protocol.content import Particulars
from rogatory.protocol.errors import NotVerified
from rogatory.protocol.header import DAY_MS, Header, Task, require
from rogatory.protocol.identifiers import MAX_OBSERVED, IdentifierRule, check_identifier
from rogatory.protocol.instants import check_instant
from rogatory.protocol.sealed import identifier_commitment


def match(header: Header, particulars: Particulars, identifiers: Mapping[str, IdentifierRule]) -> None:
    """Hold opened particulars against the header that they came with.

    Args:
        header: The verified header of the ``issue``.
        particulars: The opened section of one task.
        identifiers: The pack's rule for each identifier type.

    Raises:
        NotVerified: ``X_SECTION_MISMATCH`` with the field that differs, or ``X_COMMITMENT_MISMATCH``.
        Invalid: The identifier is not one complete value (``X_TARGET_NOT_SPECIFIC``, ``X_IDENTIFIER_INCOMPLETE``,
            ``X_FIELD_INVALID``), or a moment does not hold (``X_TIME_NAIVE``, ``X_TIME_RANGE_INVALID``).
    """
    task = header.task(particulars.task)
    if task is None:
        raise NotVerified(errors.X_SECTION_MISMATCH, "particulars.task", "TASK_EXISTS")
    for name in ("identifier_type", "elements", "purpose"):
        _same(getattr(particulars, name) == getattr(task, name), name, "HEADER_SAYS")
    _commitment(header, task, particulars)
    _window(task, particulars)
    check_identifier(particulars.identifier_type, particulars.identifier, identifiers)
    _observed(particulars, identifiers[particulars.identifier_type])


def _same(condition: bool, name: str, rule: str) -> None:  # noqa: FBT001 - the condition is the point
    if not condition:
        raise NotVerified(errors.X_SECTION_MISMATCH, f"particulars.{name}", rule)


def _commitment(header: Header, task: Task, particulars: Particulars) -> None:
    expected = identifier_commitment(
        particulars.commitment_key,
        header.realm,
        header.request_id,
        task.number,
        task.identifier_type,
        particulars.identifier,
    )
    if not hmac.compare_digest(expected, task.identifier_commitment):
        raise NotVerified(errors.X_COMMITMENT_MISMATCH, "particulars.identifier", "IDENTIFIER_COMMITMENT")


def _window(task: Task, particulars: Particulars) -> None:
    since, until = particulars.since, particulars.until
    check_instant(since, "particulars.since")
    check_instant(until, "particulars.until")
    require(since.utc_ms <= until.utc_ms, "particulars.until", "WINDOW", errors.X_TIME_RANGE_INVALID)
    _same(since.utc_ms // DAY_MS == task.first_day, "since", "WINDOW_DAYS")
    _same(until.utc_ms // DAY_MS == task.last_day, "until", "WINDOW_DAYS")


def _observed(particulars: Particulars, rule: IdentifierRule) -> None:
    observed = particulars.observed
    # Each moment at a shared address may be another customer: many of them are a list in another dress.
    require(
        len(observed) <= MAX_OBSERVED,
        "particulars.observed",
        "OBSERVED_COUNT",
        errors.X_TARGET_NOT_SPECIFIC,
    )
    require(
        observed or not rule.observed_required,
        "particulars.observed",
        "OBSERVED_REQUIRED",
        errors.X_IDENTIFIER_INCOMPLETE,
    )
    for i, instant in enumerate(observed):
        check_instant(instant, f"particulars.observed[{i}]")
