# SPDX-License-Identifier: Apache-2.0
"""A request's life in plain words and sets, written down a second time: what the real rules are held against.

It knows who may act when, what rests, what ends and what an act leads to, and nothing of signatures, packs or digests. Where the
real rules look at more than that (codes, windows, terms of the pack), the act is made so that only this matters.
"""

from __future__ import annotations

from dataclasses import dataclass, field

BEFORE = {"ISSUED"}
WORKING = {"RECEIVED", "PRESERVING", "AWAITING_ENFORCING_AUTHORITY", "EXECUTING"}
VALID = WORKING | {"TRANSMITTED"}
KEPT = {"PRESERVED", "EXTENDED", "HELD_FOR_PRODUCTION"}
OVER = {"CLOSED", "REFUSED", "WITHDRAWN", "RELEASED", "LAPSED", "EXPIRED", "EXEMPT"}
ALIVE = BEFORE | VALID | KEPT | {"RETURNED", "DELIVERED"}
ALL = ALIVE | OVER
# who acts, and in which states at all
LEGAL: dict[str, tuple[str, set[str]]] = {
    "VALIDATE": ("authority", BEFORE),
    "DELIVERED": ("provider", VALID),
    "RECEIVE": ("provider", {"TRANSMITTED"}),
    "PRESERVE": ("provider", {"RECEIVED"}),
    "DISCLOSE": ("provider", WORKING),
    "REFUSE": ("provider", VALID),
    "ACKNOWLEDGE": ("agency", VALID | {"DELIVERED", "CLOSED", "WITHDRAWN", "REFUSED", "RELEASED"}),
    "REPORT_EXCESS": ("anybody", ALL),
    "WITHDRAW": ("agency", ALIVE),
    "CLARIFY_REQUEST": ("provider", VALID | KEPT),
    "CLARIFY": ("agency", BEFORE | VALID | KEPT),
    "OBJECT": ("provider", VALID | KEPT),
    "MAINTAIN": ("agency", VALID | KEPT),
    "CONFIRM_ORIGIN_CHALLENGE": ("provider", VALID),
    "CONFIRM_ORIGIN": ("agency", VALID),
    "PROPOSE_NARROWING": ("provider", VALID),
    "AMEND": ("agency", VALID),
    "NOTIFY": ("agency", VALID),
    "NO_GROUNDS": ("enforcing", VALID),
    "EXTEND": ("agency", {"PRESERVED", "EXTENDED"}),
    "HOLD": ("agency", {"PRESERVED", "EXTENDED"}),
    "END": ("agency", KEPT | {"REFUSED"}),
    "RELEASE": ("provider", KEPT | {"LAPSED", "WITHDRAWN", "EXEMPT", "REFUSED"}),
    "RESCIND": ("authority", VALID | KEPT),
    "ANNUL": ("court", VALID | KEPT | {"DELIVERED", "CLOSED"}),
    "PAGE_ACK": ("anybody", ALIVE),
    "ERROR": ("anybody", ALL),
    "ATTEST_DELETION": ("anybody", ALL),
    "DEFER_NOTICE": ("agency", ALL),
    "NOTIFY_SUBJECT": ("agency", ALL),
    "CLAIM_COST": ("provider", VALID | KEPT | {"DELIVERED", "CLOSED"}),
    "TRANSMIT_OUTSIDE": ("agency", ALIVE),
}


@dataclass
class Life:
    """One request, as somebody would keep it on paper."""

    kind: str
    state: str = "ISSUED"
    tasks: dict[int, str] = field(default_factory=dict)  # what is granted and open (""), or how it ended
    rests: set[str] = field(default_factory=set)
    delivered: bool = False
    answers: dict[bytes, bool] = field(default_factory=dict)  # manifest: acknowledged?
    extensions: int = 0
    ended: bool = False
    kept: bool = False
    must_delete: bool = False
    reviewed: bool = (
        False  # whether an authority of the provider's State looks at it, and has not said anything yet
    )
    notified: bool = False

    def allows(self, what: str) -> bool:  # noqa: C901, PLR0911, PLR0912 - one question for each kind
        """Whether a well-made act by whom it belongs to is taken."""
        _who, states = LEGAL[what]
        if what == "ACKNOWLEDGE":
            return any(not said for said in self.answers.values()) and self.state in states
        if self.state not in states:
            return False
        match what:
            case "DELIVERED":
                return not self.delivered
            case "RECEIVE":
                return self.delivered
            case "DISCLOSE":
                return self.kind == "DISCLOSURE" and not self.suspended and bool(self.open)
            case "REFUSE":
                return bool(self.open)
            case "REPORT_EXCESS":
                return bool(self.answers)
            case "CLARIFY":
                return "CLARIFICATION_PENDING" in self.rests
            case "MAINTAIN":
                return bool(self.rests & {"THIRD_COUNTRY_REVIEW", "IMMUNITY_OBJECTION"})
            case "CONFIRM_ORIGIN_CHALLENGE":
                return "ORIGIN_CHALLENGED" not in self.rests
            case "CONFIRM_ORIGIN":
                return "ORIGIN_CHALLENGED" in self.rests
            case "PROPOSE_NARROWING" | "AMEND":
                return len(self.granted) > 1 and set(self.granted[1:]) <= set(self.open)
            case "NO_GROUNDS":
                return self.reviewed
            case "NOTIFY":
                return self.reviewed and not self.notified
            case "EXTEND":
                return self.extensions < 1
            case "END":
                return self.kept and not self.ended
            case "RELEASE":
                return self.kept and (self.state not in KEPT | {"REFUSED"} or self.ended)
            case "RESCIND":
                return not self.answers
            case "ATTEST_DELETION":
                return self.must_delete
            case _:
                return True

    @property
    def open(self) -> list[int]:
        """Granted tasks without an answer."""
        return sorted(number for number, outcome in self.tasks.items() if not outcome)

    @property
    def granted(self) -> list[int]:
        """Tasks that are asked for now."""
        return sorted(number for number, outcome in self.tasks.items() if outcome != "NARROWED")

    @property
    def suspended(self) -> bool:
        """Whether nothing may be delivered."""
        return bool(self.rests)

    def progress(self) -> None:
        """What follows when tasks have ended."""
        if self.state in OVER:
            return
        if self.open:
            self.state = "EXECUTING"
        elif all(self.tasks[number] == "REFUSED" for number in self.granted):
            self.state = "REFUSED"
        else:
            self.state = "CLOSED" if all(self.answers.values()) else "DELIVERED"

    def resume(self) -> None:
        """What follows when the other State's authority has nothing against it."""
        self.rests.discard("EA_REVIEW")
        if self.state == "AWAITING_ENFORCING_AUTHORITY":
            self.state = "EXECUTING"
