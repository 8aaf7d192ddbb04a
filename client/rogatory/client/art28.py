# SPDX-License-Identifier: Apache-2.0
"""Figures of Reg. (EU) 2023/1543 Art. 28(2), counted from opened log entries alone.

Whoever may open entries (oversight) counts them again on an own machine and compares; no section, no identifier and no envelope is
looked at. What an entry does not hold, such as a ground in words, is not counted here; small counts are not hidden here either.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from rogatory.audit.commitment import ABSENT, payload
from rogatory.client.opened_entries import OpenedRow
from rogatory.protocol.entry_schema import BUCKET, read_code

FULFILLED = frozenset({"CLOSED", "DELIVERED", "PRESERVED"})
UNFULFILLED = frozenset({"EXEMPT", "EXPIRED", "REFUSED"})


@dataclass(frozen=True, slots=True)
class Figure:
    """One kind of order: legal type, data categories, whether in an emergency.

    Attributes:
        issued: (a) orders issued.
        fulfilled: (c) orders that reached their answer.
        unfulfilled: (c) orders that were refused or came to nothing.
        notified: (d) enforcing authority told.
        mean_ms: (e) mean time from issue to the answer, over those fulfilled; 0 where there is none.
        ex_post_missed: (i) emergency orders that were not validated afterwards.
    """

    legal_type: str
    categories: str
    emergency: bool
    issued: int
    fulfilled: int
    unfulfilled: int
    notified: int
    mean_ms: int
    ex_post_missed: int


def art28(rows: Iterable[OpenedRow]) -> tuple[Figure, ...]:
    """Return the figures by legal type, categories and urgency, ascending.

    Args:
        rows: Opened entries in log order, with the statistics bucket and the outcome of each.
    """
    counts: dict[tuple[str, str, bool], Counter[str]] = defaultdict(Counter)
    begun: dict[bytes, int] = {}
    ended: set[bytes] = set()
    took: dict[tuple[str, str, bool], list[int]] = defaultdict(list)
    for row in rows:
        bucket = _bucket(row)
        if bucket is None:
            continue
        kind, key, state, code = bucket
        if kind == "ISSUE" and row.request_id not in begun:
            begun[row.request_id] = row.time_ms
            counts[key]["issued"] += 1
        if kind == "NOTIFY":
            counts[key]["notified"] += 1
        if code == "EX_POST_VALIDATION_MISSED" and kind == "CLOCK":
            counts[key]["ex_post_missed"] += 1
        if row.request_id in ended or row.request_id not in begun:
            continue
        if state in FULFILLED or state in UNFULFILLED:
            ended.add(row.request_id)
            counts[key]["fulfilled" if state in FULFILLED else "unfulfilled"] += 1
            if state in FULFILLED:
                took[key].append(row.time_ms - begun[row.request_id])
    return tuple(_figure(key, count, took[key]) for key, count in sorted(counts.items()))


def _figure(key: tuple[str, str, bool], count: Counter[str], took: list[int]) -> Figure:
    mean = sum(took) // len(took) if took else 0
    return Figure(
        *key,
        count["issued"],
        count["fulfilled"],
        count["unfulfilled"],
        count["notified"],
        mean,
        count["ex_post_missed"],
    )


def _bucket(row: OpenedRow) -> tuple[str, tuple[str, str, bool], str, str] | None:
    """Return kind, key, state and outcome code of a statement's entry; nothing for entries of another sort."""
    parts = read_code(payload(row.fields.get(BUCKET, ABSENT)) or b"").split("/")
    if len(parts) != 5:
        return None
    kind, legal_type, categories, urgency, state = parts
    return kind, (legal_type, categories, urgency == "EMERGENCY"), state, row.outcome
