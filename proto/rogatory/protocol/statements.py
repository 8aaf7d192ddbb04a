# SPDX-License-Identifier: Apache-2.0
"""The statements: one body for each kind that is defined so far, and the rules a body must satisfy by itself.

Mirrors ``rogatory/v1/statement.proto``. A statement says one thing by one person; what it does to a request is decided
in ``rogatory.protocol.lifecycle``. Kinds that are reserved but have no body here are refused with ``X_KIND_UNKNOWN``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import singledispatch
from types import MappingProxyType
from typing import Final

from rogatory.protocol import errors
from rogatory.protocol.errors import Invalid
from rogatory.protocol.header import (
    Address,
    Header,
    SectionKind,
    StatementKind,
    ascending,
    check_header,
    require,
)

MAX_ENVELOPE: Final = 262_144
PART_SIZE: Final = 4 * 1024 * 1024


class RequestKind(IntEnum):
    """Kind of legal instrument."""

    PRESERVATION = 1
    DISCLOSURE = 2


class DecisionCode(IntEnum):
    """What a validating authority decides."""

    GRANT = 1
    GRANT_NARROWED = 2
    RETURN = 3
    REFUSE = 4


@dataclass(frozen=True, slots=True)
class Issue:
    """A new request. ``authority`` is the unit asked to validate; absent where the issuer may sign alone."""

    request_kind: RequestKind = RequestKind.DISCLOSURE
    legal_type: str = ""
    authority: Address | None = None
    supersedes: bytes = b""
    preservation: bytes = b""


@dataclass(frozen=True, slots=True)
class GrantedTask:
    """A task as granted: elements and whole UTC days, both ends included."""

    number: int = 0
    elements: tuple[str, ...] = ()
    first_day: int = 0
    last_day: int = 0


@dataclass(frozen=True, slots=True)
class Validate:
    """Grant, grant narrowed, return (code) or refuse (code); ``opened`` lists the sections opened and matched."""

    decision: DecisionCode = DecisionCode.REFUSE
    code: str = ""
    granted: tuple[GrantedTask, ...] = ()
    opened: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivered:
    """The addressee's service has fetched and verified the request."""


@dataclass(frozen=True, slots=True)
class Receive:
    """A person of the provider has read the request; which rules were checked, which sections opened."""

    checked: tuple[str, ...] = ()
    opened: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class TaskOutcome:
    """How one task ended: DELIVERED, PRESERVED, NO_RECORD, NOT_HELD, RETENTION_EXPIRED, REFUSED."""

    number: int = 0
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Preserve:
    """Frozen until ``until_ms`` (milliseconds since the epoch), with one outcome for each task."""

    outcomes: tuple[TaskOutcome, ...] = ()
    until_ms: int = 0


@dataclass(frozen=True, slots=True)
class Refuse:
    """The provider does not comply, with a code of the pack, for the tasks named or for the whole."""

    code: str = ""
    tasks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class KeyWrap:
    """A data key wrapped for one recipient row (HPKE: 1,168 bytes)."""

    key_id: bytes = b""
    wrap: bytes = b""


@dataclass(frozen=True, slots=True)
class Disclose:
    """Manifest of a sealed disclosure: facts about the ciphertext, one outcome for each granted task."""

    disclosure_id: bytes = b""
    context_digest: bytes = b""
    wraps: tuple[KeyWrap, ...] = ()
    body_length: int = 0
    part_size: int = 0
    part_root: bytes = b""
    key_commitment: bytes = b""
    plaintext_commitment: bytes = b""
    fits_scope: bool = False
    outcomes: tuple[TaskOutcome, ...] = ()


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """Opened, verified, scope checked again: IN_SCOPE or EXCESS_QUARANTINED."""

    scope_report: str = ""


@dataclass(frozen=True, slots=True)
class ReportExcess:
    """More came than was asked for; the tasks concerned and a grade."""

    tasks: tuple[int, ...] = ()
    grade: str = ""


@dataclass(frozen=True, slots=True)
class Withdraw:
    """The issuer takes the request back."""

    code: str = ""


@dataclass(frozen=True, slots=True)
class Reject:
    """The exchange's word that it did not accept a statement: digest of the bytes, code, rule, field.

    With a count it is about a flood instead: so many statements of one device were turned away unread, after too many of
    its statements had been rejected; there is no digest then.
    """

    rejected: bytes = b""
    code: str = ""
    rule: str = ""
    field: str = ""
    count: int = 0


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The exchange's word to one party on how far its feed goes: 1 + last index, digest of the chain."""

    org: bytes = b""
    position: int = 0
    feed_digest: bytes = b""


Body = (
    Issue
    | Validate
    | Delivered
    | Receive
    | Preserve
    | Refuse
    | Disclose
    | Acknowledge
    | ReportExcess
    | Withdraw
    | Reject
    | Heartbeat
)

BODIES: Final[Mapping[StatementKind, type[Body]]] = MappingProxyType(
    {
        StatementKind.ISSUE: Issue,
        StatementKind.VALIDATE: Validate,
        StatementKind.DELIVERED: Delivered,
        StatementKind.RECEIVE: Receive,
        StatementKind.PRESERVE: Preserve,
        StatementKind.REFUSE: Refuse,
        StatementKind.DISCLOSE: Disclose,
        StatementKind.ACKNOWLEDGE: Acknowledge,
        StatementKind.REPORT_EXCESS: ReportExcess,
        StatementKind.WITHDRAW: Withdraw,
        StatementKind.REJECT: Reject,
        StatementKind.STATUS: Heartbeat,
    }
)
# Only the exchange's own key signs these, and none of them enters the fold.
# Rule of what a peer is told, and of the counted entry, when too many of its statements were rejected.
FLOOD_RULE: Final = "LIMIT.REJECTIONS"
EXCHANGE_KINDS: Final = frozenset({StatementKind.REJECT, StatementKind.STATUS})
# These decide on a state, so they must have seen the request's last statement (architecture §4, order).
DECIDING_KINDS: Final = frozenset(
    {
        StatementKind.ISSUE,
        StatementKind.VALIDATE,
        StatementKind.DISCLOSE,
    }
)
SCOPE_REPORTS: Final = ("EXCESS_QUARANTINED", "IN_SCOPE")


@dataclass(frozen=True, slots=True)
class Statement:
    """Header and body; unsigned by itself."""

    header: Header
    body: Body


def payload_type(kind: StatementKind) -> str:
    """Return the DSSE payload type of a kind (cryptography §1.2)."""
    return f"application/vnd.rogatory.{kind.name.lower().replace('_', '-')}.v1+protobuf"


PAYLOAD_TYPES: Final[Mapping[str, StatementKind]] = MappingProxyType(
    {payload_type(kind): kind for kind in StatementKind}
)


def check_statement(statement: Statement) -> None:
    """Check header and body by themselves, and that kind and body agree.

    Raises:
        Invalid: With the field and the rule that the statement breaks.
    """
    header = statement.header
    check_header(header)
    expected = BODIES.get(header.kind)
    if expected is None:
        raise Invalid(errors.X_KIND_UNKNOWN, "header.kind", "DEFINED")
    require(type(statement.body) is expected, "body", "KIND_MATCHES")
    check_body(statement.body)
    if header.kind is StatementKind.ISSUE:
        require(header.tasks, "header.tasks", "PRESENT", errors.X_FIELD_MISSING)
        require(header.reply_to is not None, "header.reply_to", "PRESENT", errors.X_FIELD_MISSING)
        require(len(header.pack_digest) == 32, "header.pack_digest", "PRESENT", errors.X_FIELD_MISSING)
        return
    require(not header.tasks, "header.tasks", "ISSUE_ONLY")
    require(not header.facts, "header.facts", "ISSUE_ONLY")
    notes_only = all(ref.kind is SectionKind.NOTE for ref in header.sections)
    require(notes_only, "header.sections", "NOTE_ONLY")
    if header.kind not in EXCHANGE_KINDS:
        require(len(header.about) == 32, "header.about", "PRESENT", errors.X_FIELD_MISSING)


@singledispatch
def check_body(body: object) -> None:
    """Check a body by itself; bodies without rules of their own pass.

    Raises:
        Invalid: With the field and the rule that the body breaks.
    """


@check_body.register
def _(body: Issue) -> None:
    require(body.legal_type, "body.legal_type", "PRESENT", errors.X_FIELD_MISSING)


@check_body.register
def _(body: Validate) -> None:
    granting = body.decision in {DecisionCode.GRANT, DecisionCode.GRANT_NARROWED}
    require(bool(body.code) != granting, "body.code", "CODE_WITH_RETURN_OR_REFUSE")
    require(bool(body.granted) == granting, "body.granted", "SCOPE_WITH_GRANT")
    ascending([task.number for task in body.granted], "body.granted")
    for i, task in enumerate(body.granted):
        require(task.elements, f"body.granted[{i}].elements", "PRESENT", errors.X_FIELD_MISSING)
        ascending(task.elements, f"body.granted[{i}].elements")
        require(
            task.first_day <= task.last_day,
            f"body.granted[{i}].last_day",
            "WINDOW",
            errors.X_TIME_RANGE_INVALID,
        )
    ascending(body.opened, "body.opened")


@check_body.register
def _(body: Receive) -> None:
    ascending(body.checked, "body.checked")
    ascending(body.opened, "body.opened")


@check_body.register
def _(body: Preserve) -> None:
    _outcomes(body.outcomes)
    require(body.until_ms > 0, "body.until_ms", "PRESENT", errors.X_FIELD_MISSING)


@check_body.register
def _(body: Refuse) -> None:
    require(body.code, "body.code", "PRESENT", errors.X_FIELD_MISSING)
    ascending(body.tasks, "body.tasks")


@check_body.register
def _(body: Disclose) -> None:
    require(len(body.disclosure_id) == 16, "body.disclosure_id", "PRESENT", errors.X_FIELD_MISSING)
    for name in ("context_digest", "part_root", "key_commitment", "plaintext_commitment"):
        require(len(getattr(body, name)) == 32, f"body.{name}", "PRESENT", errors.X_FIELD_MISSING)
    require(body.wraps, "body.wraps", "PRESENT", errors.X_FIELD_MISSING)
    ascending([wrap.key_id for wrap in body.wraps], "body.wraps")
    require(body.body_length > 0, "body.body_length", "PRESENT", errors.X_FIELD_MISSING)
    require(body.part_size == PART_SIZE, "body.part_size", "PART_SIZE")
    _outcomes(body.outcomes)


@check_body.register
def _(body: Acknowledge) -> None:
    require(body.scope_report in SCOPE_REPORTS, "body.scope_report", "VOCABULARY")


@check_body.register
def _(body: ReportExcess) -> None:
    ascending(body.tasks, "body.tasks")
    require(body.grade, "body.grade", "PRESENT", errors.X_FIELD_MISSING)


@check_body.register
def _(body: Withdraw) -> None:
    require(body.code, "body.code", "PRESENT", errors.X_FIELD_MISSING)


def _outcomes(outcomes: tuple[TaskOutcome, ...]) -> None:
    require(outcomes, "body.outcomes", "PRESENT", errors.X_FIELD_MISSING)
    ascending([item.number for item in outcomes], "body.outcomes")
    for i, item in enumerate(outcomes):
        require(item.outcome, f"body.outcomes[{i}].outcome", "PRESENT", errors.X_FIELD_MISSING)
