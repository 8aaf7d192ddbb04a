# SPDX-License-Identifier: Apache-2.0
"""What is asked about a draft before it is signed: slips of the hand, of the hour and of the year.

Needs no exchange and no keys, so that it runs while the draft is written. The rules of law are run in ``drafting``; here
is nothing that would be refused later, except what cannot be right.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rogatory.client.composing import Finding
from rogatory.client.drafts import DraftInstant, DraftRequest, DraftTask
from rogatory.protocol.content import Instant
from rogatory.protocol.errors import Invalid, RogatoryError
from rogatory.protocol.instants import parse_instant
from rogatory.protocol.plausibility import Stated, questions

WARNING: Final = "WARNING"
ERROR: Final = "ERROR"


def asked_of(draft: DraftRequest, now_ms: int) -> tuple[Finding, ...]:
    """Return every question about a draft, and as errors the times that cannot be right."""
    found: list[Finding] = []
    incident: Instant | None = None
    if draft.incident is not None:
        try:
            incident = parse(draft.incident, "draft.incident")
        except Invalid as error:
            found.append(_error(error))
    for i, task in enumerate(draft.tasks):
        found += _task(task, f"tasks[{i}]", now_ms, incident)
    return tuple(found)


def parse(instant: DraftInstant, at: str) -> Instant:
    """Return a draft's moment with its UTC.

    Raises:
        Invalid: As ``parse_instant``.
    """
    return parse_instant(instant.text, instant.zone, at)


def _task(task: DraftTask, at: str, now_ms: int, incident: Instant | None) -> Iterator[Finding]:
    try:
        stated = Stated(
            task.identifier_type,
            task.identifier,
            parse(task.since, f"{at}.since"),
            parse(task.until, f"{at}.until"),
            tuple(parse(item, f"{at}.observed[{i}]") for i, item in enumerate(task.observed)),
            at,
        )
        yield from (
            Finding(item.code, item.field, item.rule, WARNING) for item in questions(stated, now_ms, incident)
        )
    except Invalid as error:
        yield _error(error)


def _error(error: RogatoryError) -> Finding:
    return Finding(error.code, error.field, error.rule, ERROR)
