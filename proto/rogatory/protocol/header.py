# SPDX-License-Identifier: Apache-2.0
"""The signed header: the part of a statement that the exchange reads.

Codes, ids, digests and days; never free text (architecture §4). The classes mirror ``rogatory/v1/statement.proto``
field by field and name by name, so that ``rogatory.protocol.codec`` maps them without a table of its own. The checks
here need nothing but the header; rules of law stand in the pack, rules of state in the lifecycle.
"""

from __future__ import annotations

import itertools
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
    """What the signer had verified when signing: log head, directory, the request's last statement, own feed."""

    log_size: int = 0
    log_root: bytes = b""
    directory_index: int = 0
    request_position: int = 0
    feed_digest: bytes = b""


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
        return next((fact for fact in self.facts if fact.code == code), None)

    def task(self, number: int) -> Task | None:
        """Return the task with this number."""
        return next((task for task in self.tasks if task.number == number), None)


def require(condition: object, field: str, rule: str, code: str = errors.X_FIELD_INVALID) -> None:
    """Raise ``Invalid(code, field, rule)`` unless ``condition`` holds."""
    if not condition:
        raise Invalid(code, field, rule)


def check_header(header: Header) -> None:
    """Check what a header must satisfy by itself, whatever its kind.

    Raises:
        Invalid: With the field and the rule that it breaks.
    """
    require(len(header.realm) == 32, "header.realm", "PRESENT", errors.X_FIELD_MISSING)
    require(is_uuid7(header.statement_id), "header.statement_id", "UUIDV7")
    require(is_uuid7(header.request_id), "header.request_id", "UUIDV7")
    for name, value in (
        ("org", header.issuer.org),
        ("unit", header.issuer.unit),
        ("subject", header.issuer.subject),
    ):
        require(len(value) == 16, f"header.issuer.{name}", "PRESENT", errors.X_FIELD_MISSING)
    require(header.issuer.role, "header.issuer.role", "PRESENT", errors.X_FIELD_MISSING)
    require(len(header.issuer.key_id) == 32, "header.issuer.key_id", "PRESENT", errors.X_FIELD_MISSING)
    require(len(header.addressee.org) == 16, "header.addressee.org", "PRESENT", errors.X_FIELD_MISSING)
    require(len(header.addressee.unit) == 16, "header.addressee.unit", "PRESENT", errors.X_FIELD_MISSING)
    require(header.issued_at_ms < header.expires_at_ms, "header.expires_at_ms", "AFTER_ISSUED")
    require(len(header.facts) <= MAX_FACTS, "header.facts", "COUNT")
    require(len(header.tasks) <= MAX_TASKS, "header.tasks", "COUNT")
    require(len(header.sections) <= MAX_SECTIONS, "header.sections", "COUNT")
    ascending([fact.code for fact in header.facts], "header.facts")
    for i, fact in enumerate(header.facts):
        ascending(fact.values, f"header.facts[{i}].values")
    ascending([task.number for task in header.tasks], "header.tasks")
    for i, task in enumerate(header.tasks):
        _check_task(task, f"header.tasks[{i}]")
    ascending([(int(s.kind), s.task, s.object_digest) for s in header.sections], "header.sections")
    for i, section in enumerate(header.sections):
        _check_section(section, header, f"header.sections[{i}]")


def _check_task(task: Task, at: str) -> None:
    require(1 <= task.number <= MAX_TASKS, f"{at}.number", "RANGE")
    require(task.identifier_type, f"{at}.identifier_type", "PRESENT", errors.X_FIELD_MISSING)
    require(
        len(task.identifier_commitment) == 32,
        f"{at}.identifier_commitment",
        "PRESENT",
        errors.X_FIELD_MISSING,
    )
    require(task.elements, f"{at}.elements", "PRESENT", errors.X_FIELD_MISSING)
    ascending(task.elements, f"{at}.elements")
    require(task.purpose, f"{at}.purpose", "PRESENT", errors.X_FIELD_MISSING)
    require(task.first_day <= task.last_day, f"{at}.last_day", "WINDOW", errors.X_TIME_RANGE_INVALID)


def _check_section(section: SectionRef, header: Header, at: str) -> None:
    require(len(section.object_digest) == 32, f"{at}.object_digest", "PRESENT", errors.X_FIELD_MISSING)
    require(0 < section.object_length <= 65_536, f"{at}.object_length", "SECTION_CAP", errors.X_TOO_LARGE)
    require(len(section.key_commitment) == 32, f"{at}.key_commitment", "PRESENT", errors.X_FIELD_MISSING)
    require(
        len(section.plaintext_commitment) == 32,
        f"{at}.plaintext_commitment",
        "PRESENT",
        errors.X_FIELD_MISSING,
    )
    require(section.recipients, f"{at}.recipients", "PRESENT", errors.X_FIELD_MISSING)
    ascending(section.recipients, f"{at}.recipients")
    if section.kind is SectionKind.PARTICULARS:
        require(header.task(section.task) is not None, f"{at}.task", "TASK_EXISTS")
    else:
        require(section.task == 0, f"{at}.task", "NO_TASK")


def ascending(values: Sequence[Any], field: str) -> None:
    """Demand strictly ascending order: sorted and unique, so that one meaning has one encoding.

    Raises:
        Invalid: ``X_FIELD_INVALID`` with rule ``SORTED_UNIQUE``.
    """
    require(all(a < b for a, b in itertools.pairwise(values)), field, "SORTED_UNIQUE")
