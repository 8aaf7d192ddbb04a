# SPDX-License-Identifier: Apache-2.0
"""Scope: what was not granted is found, whoever looks, and the exact window is cut to the granted days."""

from dataclasses import replace

import pytest

from rogatory.protocol import errors
from rogatory.protocol.header import DAY_MS
from rogatory.protocol.scope import (
    Excess,
    Reason,
    Row,
    Scope,
    ScopeTask,
    check_scope,
    scope_digest,
    scope_of,
)
from rogatory.protocol.statements import GrantedTask
from tests.support.refused import refusal
from tests.support.sealing import particulars

_SCOPE = Scope((ScopeTask(1, ("nat_binding",), 1000, 2000), ScopeTask(3, ("name",), 0, 10)))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (Row(0, 1, "nat_binding", 1000), None),
        (Row(0, 1, "nat_binding", 2000), None),
        (Row(0, 1, "nat_binding", None, 1000, 2000), None),
        (Row(0, 2, "nat_binding", 1500), Reason.TASK_NOT_GRANTED),
        (Row(0, 1, "name", 1500), Reason.ELEMENT_NOT_GRANTED),
        (Row(0, 1, "nat_binding", 999), Reason.BEFORE_WINDOW),
        (Row(0, 1, "nat_binding", 2001), Reason.AFTER_WINDOW),
        (Row(0, 1, "nat_binding"), Reason.TIME_UNKNOWN),
        (Row(0, 1, "nat_binding", None, 1500), Reason.TIME_UNKNOWN),
        (Row(0, 1, "nat_binding", None, 1600, 1500), Reason.TIME_UNKNOWN),
        (Row(0, 1, "nat_binding", None, 999, 1500), Reason.BEFORE_WINDOW),
        (Row(0, 1, "nat_binding", None, 1500, 2001), Reason.AFTER_WINDOW),
        # A moment of its own counts, whatever span was declared around it.
        (Row(0, 1, "nat_binding", 2001, 1000, 2000), Reason.AFTER_WINDOW),
    ],
)
def test_a_row_lies_inside_or_outside_for_one_reason(row: Row, reason: Reason | None) -> None:
    report = check_scope(_SCOPE, [row])
    assert [item.reason for item in report.excess] == ([] if reason is None else [reason])
    assert report.fits is (reason is None)


def test_the_report_counts_what_fits_and_places_what_does_not() -> None:
    rows = [Row(0, 1, "nat_binding", 1500), Row(1, 9, "name", 1), Row(1, 3, "name", 5), Row(2, 3, "name")]
    report = check_scope(_SCOPE, rows)
    assert report.in_scope == 2
    assert report.excess == (Excess(1, 1, Reason.TASK_NOT_GRANTED), Excess(3, 2, Reason.TIME_UNKNOWN))


def test_an_empty_answer_fits() -> None:
    assert check_scope(_SCOPE, []).fits


def test_a_grant_as_asked_keeps_the_exact_instants() -> None:
    opened = particulars()
    first, last = opened.since.utc_ms // DAY_MS, opened.until.utc_ms // DAY_MS
    scope = scope_of([GrantedTask(1, ("name",), first, last)], {1: opened})
    assert scope == Scope((ScopeTask(1, ("name",), opened.since.utc_ms, opened.until.utc_ms),))


def test_a_narrowed_grant_cuts_the_window_to_its_whole_days() -> None:
    opened = particulars()
    day = opened.since.utc_ms // DAY_MS + 1
    (task,) = scope_of([GrantedTask(1, ("name",), day, day)], {1: opened}).tasks
    assert (task.since_ms, task.until_ms) == (day * DAY_MS, (day + 1) * DAY_MS - 1)


def test_a_scope_cannot_be_made_without_the_opened_particulars_or_outside_their_window() -> None:
    opened = particulars()
    day = opened.until.utc_ms // DAY_MS + 1
    granted = [GrantedTask(1, ("name",), day, day)]
    not_opened = (errors.X_SECTION_NOT_OPENED, "particulars", "GRANTED_TASK")
    assert refusal(scope_of, granted, {}) == not_opened
    assert refusal(scope_of, granted, {1: replace(opened, task=2)}) == not_opened
    outside = (errors.X_TIME_RANGE_INVALID, "granted.first_day", "WINDOW")
    assert refusal(scope_of, granted, {1: opened}) == outside


def test_a_window_of_one_millisecond_is_a_window() -> None:
    opened = particulars()
    moment = replace(opened, until=opened.since)
    day = opened.since.utc_ms // DAY_MS
    (task,) = scope_of([GrantedTask(1, ("name",), day, day)], {1: moment}).tasks
    assert task.since_ms == task.until_ms == opened.since.utc_ms


def test_the_scope_digest_changes_with_every_part_and_needs_one_order() -> None:
    base = GrantedTask(1, ("name", "nat_binding"), 5, 9)
    variants = [
        [],
        [base],
        [base, replace(base, number=2)],
        [replace(base, number=2)],
        [replace(base, elements=("name",))],
        [replace(base, elements=("namenat_binding",))],
        [replace(base, first_day=6)],
        [replace(base, last_day=8)],
    ]
    assert len({scope_digest(granted) for granted in variants}) == len(variants)
    code, rule = errors.X_FIELD_INVALID, "SORTED_UNIQUE"
    assert refusal(scope_digest, [replace(base, number=2), base]) == (code, "granted", rule)
    unsorted = replace(base, elements=("nat_binding", "name"))
    assert refusal(scope_digest, [unsorted]) == (code, "granted.elements", rule)
