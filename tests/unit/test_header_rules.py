# SPDX-License-Identifier: Apache-2.0
"""Each rule of a header by itself: what is missing, too much, out of order or out of range, named by its place.

No signature and no law: those are judged by the envelope and the fold.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rogatory.protocol.header import (
    MAX_FACTS,
    MAX_SECTIONS,
    MAX_TASKS,
    Address,
    Fact,
    Header,
    SectionKind,
    check_header,
)
from tests.support.folding import SUBSCRIBER, TRAFFIC, Folding
from tests.support.refused import refusal

GIVEN, _ = Folding().asking(asked=(SUBSCRIBER, TRAFFIC))
INVALID = "X_FIELD_INVALID"
TASK, PARTICULARS = GIVEN.tasks[1], GIVEN.sections[1]
NOTE = replace(GIVEN.sections[-1], kind=SectionKind.NOTE)


def task(**other: Any) -> Header:  # noqa: ANN401 - any field
    return replace(GIVEN, tasks=(GIVEN.tasks[0], replace(TASK, **other)))


def section(**other: Any) -> Header:  # noqa: ANN401 - any field
    return replace(GIVEN, sections=(GIVEN.sections[0], replace(PARTICULARS, **other), *GIVEN.sections[2:]))


def issuer(**other: Any) -> Header:  # noqa: ANN401 - any field
    return replace(GIVEN, issuer=replace(GIVEN.issuer, **other))


def test_what_the_rules_demand_is_allowed_up_to_each_bound() -> None:
    check_header(GIVEN)
    check_header(replace(GIVEN, expires_at_ms=GIVEN.issued_at_ms + 1))
    check_header(replace(GIVEN, facts=tuple(Fact(f"f{n:02}") for n in range(MAX_FACTS))))
    check_header(section(object_length=65_536))
    check_header(task(first_day=TASK.last_day))
    many = tuple(replace(TASK, number=n) for n in range(1, MAX_TASKS + 1))
    check_header(replace(GIVEN, tasks=many))


@pytest.mark.parametrize(
    ("header", "code", "field", "rule"),
    [
        (replace(GIVEN, realm=bytes(31)), "X_FIELD_MISSING", "header.realm", "PRESENT"),
        (replace(GIVEN, statement_id=bytes(16)), INVALID, "header.statement_id", "UUIDV7"),
        (replace(GIVEN, request_id=b""), INVALID, "header.request_id", "UUIDV7"),
        (issuer(org=bytes(15)), "X_FIELD_MISSING", "header.issuer.org", "PRESENT"),
        (issuer(unit=b""), "X_FIELD_MISSING", "header.issuer.unit", "PRESENT"),
        (issuer(subject=bytes(17)), "X_FIELD_MISSING", "header.issuer.subject", "PRESENT"),
        (issuer(role=""), "X_FIELD_MISSING", "header.issuer.role", "PRESENT"),
        (issuer(key_id=bytes(33)), "X_FIELD_MISSING", "header.issuer.key_id", "PRESENT"),
        (
            replace(GIVEN, addressee=Address(b"", bytes(16))),
            "X_FIELD_MISSING",
            "header.addressee.org",
            "PRESENT",
        ),
        (
            replace(GIVEN, addressee=Address(bytes(16), b"")),
            "X_FIELD_MISSING",
            "header.addressee.unit",
            "PRESENT",
        ),
        (replace(GIVEN, expires_at_ms=GIVEN.issued_at_ms), INVALID, "header.expires_at_ms", "AFTER_ISSUED"),
        (replace(GIVEN, facts=(Fact("a"),) * (MAX_FACTS + 1)), INVALID, "header.facts", "COUNT"),
        (replace(GIVEN, tasks=(TASK,) * (MAX_TASKS + 1)), INVALID, "header.tasks", "COUNT"),
        (replace(GIVEN, sections=(NOTE,) * (MAX_SECTIONS + 1)), INVALID, "header.sections", "COUNT"),
        (replace(GIVEN, facts=(Fact("b"), Fact("a"))), INVALID, "header.facts", "SORTED_UNIQUE"),
        (
            replace(GIVEN, facts=(Fact("a"), Fact("b", ("Y", "Y")))),
            INVALID,
            "header.facts[1].values",
            "SORTED_UNIQUE",
        ),
        (replace(GIVEN, tasks=GIVEN.tasks[::-1]), INVALID, "header.tasks", "SORTED_UNIQUE"),
        (replace(GIVEN, sections=GIVEN.sections[::-1]), INVALID, "header.sections", "SORTED_UNIQUE"),
        (replace(GIVEN, tasks=(replace(TASK, number=0),)), INVALID, "header.tasks[0].number", "RANGE"),
        (task(number=MAX_TASKS + 1), INVALID, "header.tasks[1].number", "RANGE"),
        (task(identifier_type=""), "X_FIELD_MISSING", "header.tasks[1].identifier_type", "PRESENT"),
        (
            task(identifier_commitment=bytes(31)),
            "X_FIELD_MISSING",
            "header.tasks[1].identifier_commitment",
            "PRESENT",
        ),
        (task(elements=()), "X_FIELD_MISSING", "header.tasks[1].elements", "PRESENT"),
        (task(elements=("b", "a")), INVALID, "header.tasks[1].elements", "SORTED_UNIQUE"),
        (task(elements=("a", "a")), INVALID, "header.tasks[1].elements", "SORTED_UNIQUE"),
        (task(purpose=""), "X_FIELD_MISSING", "header.tasks[1].purpose", "PRESENT"),
        (task(first_day=TASK.last_day + 1), "X_TIME_RANGE_INVALID", "header.tasks[1].last_day", "WINDOW"),
        (
            section(object_digest=PARTICULARS.object_digest + b"\0"),
            "X_FIELD_MISSING",
            "header.sections[1].object_digest",
            "PRESENT",
        ),
        (section(object_length=0), "X_TOO_LARGE", "header.sections[1].object_length", "SECTION_CAP"),
        (section(object_length=65_537), "X_TOO_LARGE", "header.sections[1].object_length", "SECTION_CAP"),
        (section(key_commitment=b""), "X_FIELD_MISSING", "header.sections[1].key_commitment", "PRESENT"),
        (
            section(plaintext_commitment=bytes(33)),
            "X_FIELD_MISSING",
            "header.sections[1].plaintext_commitment",
            "PRESENT",
        ),
        (section(recipients=()), "X_FIELD_MISSING", "header.sections[1].recipients", "PRESENT"),
        (
            section(recipients=(b"b" * 32, b"a" * 32)),
            INVALID,
            "header.sections[1].recipients",
            "SORTED_UNIQUE",
        ),
        (section(task=9), INVALID, "header.sections[1].task", "TASK_EXISTS"),
        (
            replace(GIVEN, sections=(*GIVEN.sections, replace(NOTE, task=1))),
            INVALID,
            f"header.sections[{len(GIVEN.sections)}].task",
            "NO_TASK",
        ),
    ],
)
def test_a_header_that_breaks_one_rule_is_refused_at_its_place(
    header: Header, code: str, field: str, rule: str
) -> None:
    assert refusal(check_header, header) == (code, field, rule)
