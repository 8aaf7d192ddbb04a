# SPDX-License-Identifier: Apache-2.0
"""The statements: one body for each kind that is defined so far, and the rules a body must satisfy by itself.

Mirrors ``rogatory/v1/statement.proto``. A statement says one thing by one person; what it does to a request is decided
in ``rogatory.protocol.lifecycle``. Kinds that are reserved but have no body here are refused with ``X_KIND_UNKNOWN``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from rogatory.protocol import errors
from rogatory.protocol.bodies import (
    PART_SIZE,
    Acknowledge,
    DecisionCode,
    Delivered,
    Disclose,
    GrantedTask,
    Heartbeat,
    Issue,
    KeyWrap,
    Preserve,
    Receive,
    Refuse,
    Reject,
    ReportExcess,
    RequestKind,
    TaskOutcome,
    Validate,
    Withdraw,
)
from rogatory.protocol.body_checks import SCOPE_REPORTS, check_body
from rogatory.protocol.dialogue import (
    Amend,
    Clarify,
    ClarifyRequest,
    ConfirmOrigin,
    ConfirmOriginChallenge,
    Maintain,
    NewDeadline,
    NoGrounds,
    Notify,
    Object,
    PageAck,
    ProposeNarrowing,
    Second,
)
from rogatory.protocol.duties import (
    Annul,
    AttestDeletion,
    ClaimCost,
    Clock,
    DeferNotice,
    End,
    Erase,
    Error,
    Extend,
    ExtendSeal,
    Hold,
    NotifySubject,
    Release,
    Rescind,
    Rewrap,
    SettleCost,
    TransmitOutside,
)
from rogatory.protocol.errors import Invalid
from rogatory.protocol.header import (
    Header,
    SectionKind,
    StatementKind,
    check_header,
    require,
)

MAX_ENVELOPE: Final = 262_144

Body = (
    Issue
    | Validate
    | Second
    | Delivered
    | Receive
    | ConfirmOriginChallenge
    | ConfirmOrigin
    | Preserve
    | Release
    | ClarifyRequest
    | Clarify
    | Rescind
    | Annul
    | PageAck
    | ProposeNarrowing
    | Amend
    | Object
    | Maintain
    | NewDeadline
    | Refuse
    | Notify
    | NoGrounds
    | Disclose
    | Acknowledge
    | Rewrap
    | ReportExcess
    | Error
    | AttestDeletion
    | Extend
    | Hold
    | Withdraw
    | End
    | DeferNotice
    | NotifySubject
    | ExtendSeal
    | ClaimCost
    | SettleCost
    | TransmitOutside
    | Erase
    | Reject
    | Clock
    | Heartbeat
)

BODIES: Final[Mapping[StatementKind, type[Body]]] = MappingProxyType(
    {
        StatementKind.ISSUE: Issue,
        StatementKind.VALIDATE: Validate,
        StatementKind.SECOND: Second,
        StatementKind.DELIVERED: Delivered,
        StatementKind.RECEIVE: Receive,
        StatementKind.CONFIRM_ORIGIN_CHALLENGE: ConfirmOriginChallenge,
        StatementKind.CONFIRM_ORIGIN: ConfirmOrigin,
        StatementKind.PRESERVE: Preserve,
        StatementKind.RELEASE: Release,
        StatementKind.CLARIFY_REQUEST: ClarifyRequest,
        StatementKind.CLARIFY: Clarify,
        StatementKind.RESCIND: Rescind,
        StatementKind.ANNUL: Annul,
        StatementKind.PAGE_ACK: PageAck,
        StatementKind.PROPOSE_NARROWING: ProposeNarrowing,
        StatementKind.AMEND: Amend,
        StatementKind.OBJECT: Object,
        StatementKind.MAINTAIN: Maintain,
        StatementKind.NEW_DEADLINE: NewDeadline,
        StatementKind.REFUSE: Refuse,
        StatementKind.NOTIFY: Notify,
        StatementKind.NO_GROUNDS: NoGrounds,
        StatementKind.DISCLOSE: Disclose,
        StatementKind.ACKNOWLEDGE: Acknowledge,
        StatementKind.REWRAP: Rewrap,
        StatementKind.REPORT_EXCESS: ReportExcess,
        StatementKind.ERROR: Error,
        StatementKind.ATTEST_DELETION: AttestDeletion,
        StatementKind.EXTEND: Extend,
        StatementKind.HOLD: Hold,
        StatementKind.WITHDRAW: Withdraw,
        StatementKind.END: End,
        StatementKind.DEFER_NOTICE: DeferNotice,
        StatementKind.NOTIFY_SUBJECT: NotifySubject,
        StatementKind.EXTEND_SEAL: ExtendSeal,
        StatementKind.CLAIM_COST: ClaimCost,
        StatementKind.SETTLE_COST: SettleCost,
        StatementKind.TRANSMIT_OUTSIDE: TransmitOutside,
        StatementKind.ERASE: Erase,
        StatementKind.REJECT: Reject,
        StatementKind.CLOCK: Clock,
        StatementKind.STATUS: Heartbeat,
    }
)
# Rule of what a peer is told, and of the counted entry, when too many of its statements were rejected.
FLOOD_RULE: Final = "LIMIT.REJECTIONS"
# Only the exchange's own key signs these, and none of them enters the fold.
EXCHANGE_KINDS: Final = frozenset({StatementKind.REJECT, StatementKind.STATUS})
# Nobody submits these: the exchange says them by itself.
UNSUBMITTED: Final = EXCHANGE_KINDS | {StatementKind.CLOCK}


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
    if header.kind not in UNSUBMITTED:
        require(len(header.about) == 32, "header.about", "PRESENT", errors.X_FIELD_MISSING)


# The front door of statements: what a body is stands in three modules, and nobody else needs to know which.
__all__ = [
    "BODIES",
    "EXCHANGE_KINDS",
    "FLOOD_RULE",
    "MAX_ENVELOPE",
    "PART_SIZE",
    "PAYLOAD_TYPES",
    "SCOPE_REPORTS",
    "UNSUBMITTED",
    "Acknowledge",
    "Amend",
    "Annul",
    "AttestDeletion",
    "Body",
    "ClaimCost",
    "Clarify",
    "ClarifyRequest",
    "Clock",
    "ConfirmOrigin",
    "ConfirmOriginChallenge",
    "DecisionCode",
    "DeferNotice",
    "Delivered",
    "Disclose",
    "End",
    "Erase",
    "Error",
    "Extend",
    "ExtendSeal",
    "GrantedTask",
    "Heartbeat",
    "Hold",
    "Issue",
    "KeyWrap",
    "Maintain",
    "NewDeadline",
    "NoGrounds",
    "Notify",
    "NotifySubject",
    "Object",
    "PageAck",
    "Preserve",
    "ProposeNarrowing",
    "Receive",
    "Refuse",
    "Reject",
    "Release",
    "ReportExcess",
    "RequestKind",
    "Rescind",
    "Rewrap",
    "Second",
    "SettleCost",
    "Statement",
    "TaskOutcome",
    "TransmitOutside",
    "Validate",
    "Withdraw",
    "check_body",
    "check_statement",
    "payload_type",
]
