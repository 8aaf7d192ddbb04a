# SPDX-License-Identifier: Apache-2.0
"""What a body must satisfy by itself, whatever the request: presence, order, vocabulary of the format.

Nothing here knows a pack, a state or a directory; those refuse later, and with other codes.
"""

from __future__ import annotations

import re
from functools import singledispatch
from typing import Final

from rogatory.protocol import errors
from rogatory.protocol.bodies import (
    PART_SIZE,
    Acknowledge,
    DecisionCode,
    Disclose,
    GrantedTask,
    Issue,
    Preserve,
    Receive,
    Refuse,
    ReportExcess,
    TaskOutcome,
    Validate,
    Withdraw,
)
from rogatory.protocol.dialogue import Amend, ClarifyRequest, NewDeadline, Object, ProposeNarrowing
from rogatory.protocol.duties import (
    ERASE_GROUNDS,
    ERROR_PARTIES,
    GRADES,
    Annul,
    AttestDeletion,
    ClaimCost,
    Clock,
    DeferNotice,
    Erase,
    Error,
    Extend,
    ExtendSeal,
    Hold,
    NotifySubject,
    Rescind,
    Rewrap,
    SettleCost,
    TransmitOutside,
)
from rogatory.protocol.header import ascending, require
from rogatory.protocol.ids import is_uuid7

SCOPE_REPORTS: Final = ("EXCESS_QUARANTINED", "IN_SCOPE")
WRAP_LENGTH: Final = 1168
_CURRENCY: Final = re.compile(r"[A-Z]{3}", re.ASCII)


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
    _scope(body.granted)
    ascending(body.opened, "body.opened")


@check_body.register
def _(body: Receive) -> None:
    ascending(body.checked, "body.checked")
    ascending(body.opened, "body.opened")


@check_body.register
def _(body: Preserve) -> None:
    _outcomes(body.outcomes)  # no instant is stated where no log could give one (answering)


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


@check_body.register
def _(body: ClarifyRequest) -> None:
    _coded(body.code)
    ascending(body.tasks, "body.tasks")


@check_body.register(Rescind)
@check_body.register(Annul)
def _(body: Rescind | Annul) -> None:
    _coded(body.code)


@check_body.register(ProposeNarrowing)
@check_body.register(Amend)
def _(body: ProposeNarrowing | Amend) -> None:
    require(body.granted, "body.granted", "PRESENT", errors.X_FIELD_MISSING)
    _scope(body.granted)


@check_body.register
def _(body: Object) -> None:
    _coded(body.code)
    ascending(body.bases, "body.bases")


@check_body.register
def _(body: NewDeadline) -> None:
    require(body.due_ms > 0, "body.due_ms", "PRESENT", errors.X_FIELD_MISSING)


@check_body.register
def _(body: Rewrap) -> None:
    require(len(body.object_digest) == 32, "body.object_digest", "PRESENT", errors.X_FIELD_MISSING)
    require(body.audience, "body.audience", "PRESENT", errors.X_FIELD_MISSING)
    require(len(body.wrap.key_id) == 32, "body.wrap.key_id", "PRESENT", errors.X_FIELD_MISSING)
    require(len(body.wrap.wrap) == WRAP_LENGTH, "body.wrap.wrap", "LENGTH")


@check_body.register
def _(body: Error) -> None:
    require(body.grade in GRADES, "body.grade", "VOCABULARY")
    require(body.party in ERROR_PARTIES, "body.party", "VOCABULARY")
    require(body.cause, "body.cause", "PRESENT", errors.X_FIELD_MISSING)
    ascending(body.tasks, "body.tasks")


@check_body.register
def _(body: AttestDeletion) -> None:
    require(body.done in {"DELETED", "RESTRICTED"}, "body.done", "VOCABULARY")


@check_body.register
def _(body: Extend) -> None:
    require(body.until_ms > 0, "body.until_ms", "PRESENT", errors.X_FIELD_MISSING)


@check_body.register
def _(body: Hold) -> None:
    require(is_uuid7(body.production), "body.production", "UUIDV7")


@check_body.register
def _(body: DeferNotice) -> None:
    require(body.ground, "body.ground", "PRESENT", errors.X_FIELD_MISSING)
    require(body.review_day > 0, "body.review_day", "PRESENT", errors.X_FIELD_MISSING)


@check_body.register
def _(body: NotifySubject) -> None:
    require(body.decision in {"INFORMED", "OMITTED"}, "body.decision", "VOCABULARY")


@check_body.register
def _(body: ExtendSeal) -> None:
    require(body.ground, "body.ground", "PRESENT", errors.X_FIELD_MISSING)
    require(body.until_day > 0, "body.until_day", "PRESENT", errors.X_FIELD_MISSING)


@check_body.register
def _(body: ClaimCost) -> None:
    require(body.amount > 0, "body.amount", "PRESENT", errors.X_FIELD_MISSING)
    require(_CURRENCY.fullmatch(body.currency), "body.currency", "ISO4217")


@check_body.register
def _(body: SettleCost) -> None:
    require(body.decision in {"DENIED", "PAID"}, "body.decision", "VOCABULARY")


@check_body.register
def _(body: TransmitOutside) -> None:
    require(body.sent_at_ms > 0, "body.sent_at_ms", "PRESENT", errors.X_FIELD_MISSING)
    require(body.length > 0, "body.length", "PRESENT", errors.X_FIELD_MISSING)
    require(len(body.digest) == 32, "body.digest", "PRESENT", errors.X_FIELD_MISSING)


@check_body.register
def _(body: Erase) -> None:
    require(body.ground in ERASE_GROUNDS, "body.ground", "VOCABULARY")


@check_body.register
def _(body: Clock) -> None:
    require(body.obligation, "body.obligation", "PRESENT", errors.X_FIELD_MISSING)
    require(body.rule, "body.rule", "PRESENT", errors.X_FIELD_MISSING)
    require(body.due_ms > 0, "body.due_ms", "PRESENT", errors.X_FIELD_MISSING)


def _coded(code: str) -> None:
    require(code, "body.code", "PRESENT", errors.X_FIELD_MISSING)


def _scope(granted: tuple[GrantedTask, ...]) -> None:
    ascending([task.number for task in granted], "body.granted")
    for i, task in enumerate(granted):
        require(task.elements, f"body.granted[{i}].elements", "PRESENT", errors.X_FIELD_MISSING)
        ascending(task.elements, f"body.granted[{i}].elements")
        require(
            task.first_day <= task.last_day,
            f"body.granted[{i}].last_day",
            "WINDOW",
            errors.X_TIME_RANGE_INVALID,
        )
