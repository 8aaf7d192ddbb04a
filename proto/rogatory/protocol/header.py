# SPDX-License-Identifier: Apache-2.0
"""The signed header: the part of a statement that the exchange reads.

Codes, ids, digests and days; never free text (architecture §4). The classes mirror ``rogatory/v1/statement.proto``
field by field and name by name, so that ``rogatory.protocol.codec`` maps them without a table of its own. The checks
here need nothing but the header; rules of law stand in the pack, rules of state in the lifecycle.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any, Final

from rogatory.protocol import errors
from rogatory.protocol.errors import Invalid
from rogatory.protocol.ids import is_uuid7

MAX_TASKS: Final = 64
MAX_SECTIONS: Final = 80
MAX_FACTS: Final = 64
DAY_MS: Final = 86_400_000


class StatementKind(IntEnum):
    """Every kind that the design knows (architecture §2); numbers as in the wire schema."""

    ISSUE = 1
    VALIDATE = 2
    SECOND = 3
    DELIVERED = 4
    RECEIVE = 5
    CONFIRM_ORIGIN_CHALLENGE = 6
    CONFIRM_ORIGIN = 7
    PRESERVE = 8
    RELEASE = 9
    CLARIFY_REQUEST = 10
    CLARIFY = 11
    RESCIND = 12
    ANNUL = 13
    PAGE_ACK = 14
    PROPOSE_NARROWING = 15
    AMEND = 16
    OBJECT = 17
    MAINTAIN = 18
    NEW_DEADLINE = 19
    REFUSE = 20
    NOTIFY = 21
    NO_GROUNDS = 22
    DISCLOSE = 23
    ACKNOWLEDGE = 24
    REWRAP = 25
    REPORT_EXCESS = 26
    ERROR = 27
    ATTEST_DELETION = 28
    EXTEND = 29
    HOLD = 30
    WITHDRAW = 31
    END = 32
    DEFER_NOTICE = 33
    NOTIFY_SUBJECT = 34
    EXTEND_SEAL = 35
    CLAIM_COST = 36
    SETTLE_COST = 37
    TRANSMIT_OUTSIDE = 38
    ERASE = 39
    REJECT = 40
    CONSULT = 41
    CLOCK = 42
    INSPECT = 43
    FINDING = 44
    FINDING_REPLY = 45
    PERIOD = 46
    STATUS = 47
    CONFIG = 48
    ROOT = 49
    TRUST_LIST = 50
    ORG_LIST = 51
    REVOKE = 52
    RECALL = 53
    PACK = 54
    PACK_RECALL = 55
    ENROL = 56
    VOUCH = 57
    UNIT_KEY_GRANT = 58
    CATALOGUE = 59


class SectionKind(IntEnum):
    """Kinds of sealed section."""

    PARTICULARS = 1
    GROUNDS = 2
    NOTE = 3


@dataclass(frozen=True, slots=True)
class Address:
    """A unit of an organisation: two 16-byte ids."""

    org: bytes = b""
    unit: bytes = b""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the signer had verified when signing: log head, directory, the request's last statement, own feed.

    ``request_digest`` names that last statement where it had no place in the log yet (a request that was carried as a file).
    """

    log_size: int = 0
    log_root: bytes = b""
    directory_index: int = 0
    request_position: int = 0
    feed_digest: bytes = b""
    request_digest: bytes = b""


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who signs: organisation, unit, subject (16-byte ids), the role used and the full key id (32 bytes)."""

    org: bytes = b""
    unit: bytes = b""
    subject: bytes = b""
    role: str = ""
    key_id: bytes = b""


@dataclass(frozen=True, slots=True)
class Fact:
    """A coded fact; the pack lists which codes and values exist."""

    code: str = ""
    values: tuple[str, ...] = ()
    number: int = 0


@dataclass(frozen=True, slots=True)
class Task:
    """One identifier (as a commitment) with its data elements, purpose and window of whole UTC days, inclusive."""

    number: int = 0
    identifier_type: str = ""
    identifier_commitment: bytes = b""
    elements: tuple[str, ...] = ()
    purpose: str = ""
    first_day: int = 0
    last_day: int = 0


@dataclass(frozen=True, slots=True)
class SectionRef:
    """A sealed section by digest, length and commitments; recipients are key ids of units' sealing rows."""

    kind: SectionKind = SectionKind.NOTE
    task: int = 0
    object_digest: bytes = b""
    object_length: int = 0
    key_commitment: bytes = b""
    plaintext_commitment: bytes = b""
    recipients: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Header:
    """First field of every statement. Times are milliseconds since 1970-01-01T00:00:00Z."""

    realm: bytes
    statement_id: bytes
    request_id: bytes
    kind: StatementKind
    seen: Seen
    issuer: Issuer
    addressee: Address
    issued_at_ms: int
    expires_at_ms: int
    about: bytes = b""
    reply_to: Address | None = None
    pack_digest: bytes = b""
    facts: tuple[Fact, ...] = ()
    tasks: tuple[Task, ...] = ()
    sections: tuple[SectionRef, ...] = ()

    def without_sections(self) -> Header:
        """Return the header as a section's context sees it: with its sections left out."""
        return replace(self, sections=())

    def fact(self, code: str) -> Fact | None:
        """Return the fact with this code, if the header states it."""
        for fact in self.facts:
            if fact.code == code:
                return fact
        return None

    def task(self, number: int) -> Task | None:
        """Return the task with this number."""
        for task in self.tasks:
            if task.number == number:
                return task
        return None


def require(condition: object, field: str, rule: str, code: str = errors.X_FIELD_INVALID) -> None:
    """Raise ``Invalid(code, field, rule)`` unless ``condition`` holds."""
    if not condition:
        raise Invalid(code, field, rule)


def check_header(header: Header) -> None:
    """Check what a header must satisfy by itself, whatever its kind.

    Written with plain ``if`` where it goes through lists, so that a field's path is put together only to be refused:
    every statement passes here, on the exchange's one writer.

    Raises:
        Invalid: With the field and the rule that it breaks.
    """
    issuer, addressee = header.issuer, header.addressee
    _length(header.realm, 32, "header.realm")
    require(is_uuid7(header.statement_id), "header.statement_id", "UUIDV7")
    require(is_uuid7(header.request_id), "header.request_id", "UUIDV7")
    _length(issuer.org, 16, "header.issuer.org")
    _length(issuer.unit, 16, "header.issuer.unit")
    _length(issuer.subject, 16, "header.issuer.subject")
    require(issuer.role, "header.issuer.role", "PRESENT", errors.X_FIELD_MISSING)
    _length(issuer.key_id, 32, "header.issuer.key_id")
    _length(addressee.org, 16, "header.addressee.org")
    _length(addressee.unit, 16, "header.addressee.unit")
    require(header.issued_at_ms < header.expires_at_ms, "header.expires_at_ms", "AFTER_ISSUED")
    require(len(header.facts) <= MAX_FACTS, "header.facts", "COUNT")
    require(len(header.tasks) <= MAX_TASKS, "header.tasks", "COUNT")
    require(len(header.sections) <= MAX_SECTIONS, "header.sections", "COUNT")
    ascending([fact.code for fact in header.facts], "header.facts")
    for i, fact in enumerate(header.facts):
        if len(fact.values) > 1:
            ascending(fact.values, f"header.facts[{i}].values")
    numbers = [task.number for task in header.tasks]
    ascending(numbers, "header.tasks")
    for i, task in enumerate(header.tasks):
        fault = _task_fault(task)
        if fault is not None:
            _refuse("tasks", i, *fault)
    ascending([(s.kind, s.task, s.object_digest) for s in header.sections], "header.sections")
    for i, section in enumerate(header.sections):
        fault = _section_fault(section, numbers)
        if fault is not None:
            _refuse("sections", i, *fault)


def _length(value: bytes, length: int, field: str) -> None:
    if len(value) != length:
        raise Invalid(errors.X_FIELD_MISSING, field, "PRESENT")


# A field's name, the rule it breaks and the code.
_Fault = tuple[str, str, str]


def _refuse(items: str, i: int, name: str, rule: str, code: str) -> None:
    raise Invalid(code, f"header.{items}[{i}].{name}", rule)


def _missing(name: str) -> _Fault:
    return name, "PRESENT", errors.X_FIELD_MISSING


def _task_fault(task: Task) -> _Fault | None:  # noqa: PLR0911 - one for each rule
    if not 1 <= task.number <= MAX_TASKS:
        return "number", "RANGE", errors.X_FIELD_INVALID
    if not task.identifier_type:
        return _missing("identifier_type")
    if len(task.identifier_commitment) != 32:
        return _missing("identifier_commitment")
    if not task.elements:
        return _missing("elements")
    if not is_ascending(task.elements):
        return "elements", "SORTED_UNIQUE", errors.X_FIELD_INVALID
    if not task.purpose:
        return _missing("purpose")
    if task.first_day > task.last_day:
        return "last_day", "WINDOW", errors.X_TIME_RANGE_INVALID
    return None


def _section_fault(section: SectionRef, tasks: Sequence[int]) -> _Fault | None:  # noqa: PLR0911 - one for each rule
    if len(section.object_digest) != 32:
        return _missing("object_digest")
    if not 0 < section.object_length <= 65_536:
        return "object_length", "SECTION_CAP", errors.X_TOO_LARGE
    if len(section.key_commitment) != 32:
        return _missing("key_commitment")
    if len(section.plaintext_commitment) != 32:
        return _missing("plaintext_commitment")
    if not section.recipients:
        return _missing("recipients")
    if not is_ascending(section.recipients):
        return "recipients", "SORTED_UNIQUE", errors.X_FIELD_INVALID
    if section.kind is SectionKind.PARTICULARS:
        return None if section.task in tasks else ("task", "TASK_EXISTS", errors.X_FIELD_INVALID)
    return ("task", "NO_TASK", errors.X_FIELD_INVALID) if section.task else None


def is_ascending(values: Sequence[Any]) -> bool:
    """Tell whether values are sorted and unique."""
    return all(map(operator.lt, values, values[1:]))


def ascending(values: Sequence[Any], field: str) -> None:
    """Demand strictly ascending order: sorted and unique, so that one meaning has one encoding.

    Raises:
        Invalid: ``X_FIELD_INVALID`` with rule ``SORTED_UNIQUE``.
    """
    if not is_ascending(values):
        raise Invalid(errors.X_FIELD_INVALID, field, "SORTED_UNIQUE")
