# SPDX-License-Identifier: Apache-2.0
"""Statements in which every field is set to something of its own, for tests of what is shown. They are never valid acts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rogatory.protocol.header import (
    Address,
    Fact,
    Header,
    Issuer,
    SectionKind,
    SectionRef,
    Seen,
    StatementKind,
    Task,
)
from rogatory.protocol.statements import (
    BODIES,
    Body,
    DecisionCode,
    GrantedTask,
    KeyWrap,
    Statement,
    TaskOutcome,
)


def _bytes(label: int, length: int = 32) -> bytes:
    return bytes([label]) * length


_BODIES: dict[StatementKind, dict[str, Any]] = {
    StatementKind.ISSUE: {
        "legal_type": "EPOC",
        "authority": Address(_bytes(21, 16), _bytes(22, 16)),
        "supersedes": _bytes(23),
        "preservation": _bytes(24, 16),
    },
    StatementKind.VALIDATE: {
        "decision": DecisionCode.GRANT_NARROWED,
        "code": "A_OTHER",
        "granted": (GrantedTask(1, ("login_ip",), 20_000, 20_001),),
        "opened": (_bytes(25), _bytes(26)),
    },
    StatementKind.DISCLOSE: {
        "disclosure_id": _bytes(27, 16),
        "context_digest": _bytes(28),
        "wraps": (KeyWrap(_bytes(29), _bytes(30, 1168)),),
        "outcomes": (TaskOutcome(1, "DELIVERED"),),
    },
    StatementKind.AMEND: {"granted": (GrantedTask(1, ("login_ip",), 20_000, 20_001),)},
    StatementKind.PROPOSE_NARROWING: {"granted": (GrantedTask(1, ("login_ip", "name"), 20_002, 20_003),)},
    StatementKind.CLARIFY_REQUEST: {"code": "SCOPE_UNCLEAR", "tasks": (1, 2)},
    StatementKind.OBJECT: {"code": "P_OTHER", "bases": ("LAW_FORBIDS", "PENALTY_THREATENED")},
    StatementKind.ERROR: {"grade": "SERIOUS", "party": "AGENCY", "cause": "WRONG_PERIOD", "tasks": (1,)},
    StatementKind.REFUSE: {"code": "E_OTHER", "tasks": (1, 2), "conditional": True},
    StatementKind.REWRAP: {
        "object_digest": _bytes(32),
        "audience": "COURT",
        "wrap": KeyWrap(_bytes(33), _bytes(34, 1168)),
    },
    StatementKind.CLAIM_COST: {"amount": 12_050, "currency": "EUR"},
    StatementKind.DEFER_NOTICE: {"ground": "RIGHTS_OF_OTHERS", "review_day": 20_100},
    StatementKind.PRESERVE: {"outcomes": (TaskOutcome(1, "PRESERVED"),), "until_ms": 1_800_000_000_000},
}


def sample(kind: StatementKind) -> Statement:
    """Returns a statement in which every field is set to something of its own."""
    header = Header(
        realm=_bytes(1),
        statement_id=_bytes(2, 16),
        request_id=_bytes(3, 16),
        kind=kind,
        seen=Seen(7, _bytes(4), 2, 5, _bytes(5)),
        issuer=Issuer(_bytes(6, 16), _bytes(7, 16), _bytes(8, 16), "INVESTIGATOR", _bytes(9)),
        addressee=Address(_bytes(10, 16), _bytes(11, 16)),
        issued_at_ms=1_795_500_000_001,
        expires_at_ms=1_795_600_000_002,
        about=_bytes(12),
        reply_to=Address(_bytes(13, 16), _bytes(14, 16)),
        pack_digest=_bytes(15),
        facts=(Fact("controller", ("CONTROLLER",)), Fact("offence.max_penalty_months", (), 36)),
        tasks=(Task(1, "msisdn", _bytes(16), ("login_ip", "name"), "EVIDENCE", 20_000, 20_010),),
        sections=(
            SectionRef(
                SectionKind.PARTICULARS, 1, _bytes(17), 2000, _bytes(18), _bytes(19), (_bytes(20), _bytes(31))
            ),
        ),
    )
    body: Body = BODIES[kind](**_BODIES.get(kind, {}))
    return Statement(header, body)


def with_body(statement: Statement, **fields: Any) -> Statement:  # noqa: ANN401 - fields of any body
    """Returns the statement with fields of its body replaced."""
    return replace(statement, body=replace(statement.body, **fields))


def with_facts(statement: Statement, facts: tuple[Fact, ...]) -> Statement:
    """Returns the statement with other facts."""
    return replace(statement, header=replace(statement.header, facts=facts))
