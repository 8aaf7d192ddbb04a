# SPDX-License-Identifier: Apache-2.0
"""The state of a request, as any party computes it from the envelopes.

Values only: what is true of one request after its statements so far. Nobody uses a state that somebody else tells
(architecture §1.1); a cached copy is this value in plain form and nothing more. The rules that lead from one state to
the next stand in ``rogatory.protocol.lifecycle``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from rogatory.protocol.bodies import GrantedTask, RequestKind
from rogatory.protocol.header import Address, Fact, SectionKind, SectionRef, Task


class StateName(IntEnum):
    """States of regimes §9.2; numbers have no order of their own. ISSUED is sent and not valid yet."""

    ISSUED = 1
    RETURNED = 2
    TRANSMITTED = 3
    RECEIVED = 4
    PRESERVING = 5
    PRESERVED = 6
    EXECUTING = 7
    DELIVERED = 8
    CLOSED = 9
    REFUSED = 10
    WITHDRAWN = 11
    AWAITING_ENFORCING_AUTHORITY = 12
    EXTENDED = 13
    HELD_FOR_PRODUCTION = 14
    RELEASED = 15
    LAPSED = 16
    EXPIRED = 17
    EXEMPT = 18


# Ended: nothing more is done but what the table of the lifecycle lists for these states by name.
TERMINAL = frozenset(
    {
        StateName.CLOSED,
        StateName.EXEMPT,
        StateName.EXPIRED,
        StateName.LAPSED,
        StateName.REFUSED,
        StateName.RELEASED,
        StateName.WITHDRAWN,
    }
)
# From here on every named party sees every envelope of the request.
BEFORE_TRANSMISSION = frozenset({StateName.ISSUED, StateName.RETURNED})


@dataclass(frozen=True, slots=True)
class TaskState:
    """A task as issued, what was granted of it, and how it ended (empty while open)."""

    task: Task
    granted: GrantedTask | None = None
    outcome: str = ""


class HoldName(StrEnum):
    """Why a request rests (regimes §9.2). Holds stand beside a state and several may stand at once."""

    CLARIFICATION_PENDING = "CLARIFICATION_PENDING"
    COURT_REMEDY = "COURT_REMEDY"
    EA_REVIEW = "EA_REVIEW"
    EX_POST_VALIDATION_PENDING = "EX_POST_VALIDATION_PENDING"
    IMMUNITY_OBJECTION = "IMMUNITY_OBJECTION"
    ORIGIN_CHALLENGED = "ORIGIN_CHALLENGED"
    THIRD_COUNTRY_REVIEW = "THIRD_COUNTRY_REVIEW"
    WIDENING_PENDING = "WIDENING_PENDING"


class Flag(StrEnum):
    """What else is true of a request; duties that outlive it among them."""

    ANNULLED = "ANNULLED"
    CONDITIONS_OF_USE = "CONDITIONS_OF_USE"
    DELETE_OR_RESTRICT = "DELETE_OR_RESTRICT"
    DELIVERED_TO_SERVICE = "DELIVERED_TO_SERVICE"
    ENDED = "ENDED"
    ERASED = "ERASED"
    NOTICE_DEFERRED = "NOTICE_DEFERRED"
    NOTICE_GIVEN = "NOTICE_GIVEN"
    OVERDUE = "OVERDUE"
    REDUCED_DISTRIBUTION = "REDUCED_DISTRIBUTION"


@dataclass(frozen=True, slots=True)
class Open:
    """A statement that waits for an answer, and whether nothing may be delivered until it has one.

    ``name`` is that of a hold; ``digest`` is what the answer must be about; ``granted`` the scope that it proposes.
    """

    name: str
    digest: bytes
    org: bytes
    index: int
    suspends: bool
    granted: tuple[GrantedTask, ...] = ()


@dataclass(frozen=True, slots=True)
class Debt:
    """A claim or an error that is not settled: what it is, the digest of the statement, who made it."""

    name: str
    digest: bytes
    org: bytes


@dataclass(frozen=True, slots=True)
class Obligation:
    """A duty with a clock: name and rule of the pack, log index of its trigger, due instant, whether met or fallen due."""

    name: str
    rule: str
    trigger: int
    due_ms: int
    met: bool = False
    fired: bool = False


@dataclass(frozen=True, slots=True)
class DisclosureState:
    """A disclosure whose manifest is in the log; acknowledged with a scope report, or not yet (empty)."""

    disclosure_id: bytes
    manifest: bytes
    index: int
    tasks: tuple[int, ...]
    part_root: bytes
    body_length: int
    scope_report: str = ""


@dataclass(frozen=True, slots=True)
class Seconded:
    """An envelope that a person of a party approved before it was sent: its digest, who."""

    digest: bytes
    org: bytes
    subject: bytes


@dataclass(frozen=True, slots=True)
class PartyKey:
    """The sealing key of a party's unit, as the directory had it when the request was issued."""

    org: bytes
    key_id: bytes


@dataclass(frozen=True, slots=True)
class Superseded:
    """An issue that was returned and replaced: its envelope digest, whom it named, and the keys of those units then."""

    issue: bytes
    named: tuple[Address, ...]
    keys: tuple[PartyKey, ...]


@dataclass(frozen=True, slots=True)
class RequestState:
    """Everything that the fold knows of one request.

    ``issue_digest`` is the envelope digest of the issue in force, ``superseded`` are those that it replaced after a return,
    oldest first; ``order_digest`` that of the statement the provider
    acts on (the validate, or the issue where its issuer may sign alone; empty before). ``last_index`` is the log index
    of the last statement folded in. ``holds`` wait for an answer, ``proposals`` may have one, ``debts`` outlive the
    request. ``seconded`` are envelopes that a second person approved before they were sent. ``ended_ms`` is when a
    preservation's reason ended, or 0. ``moved_index`` and ``moved_digest`` are log index and envelope digest of the last
    statement that changed what somebody may decide on: who decides must have seen that one. ``rested_ms`` is since when the term
    to produce rests, or 0.
    """

    request_id: bytes
    kind: RequestKind
    legal_type: str
    pack_digest: bytes
    name: StateName
    agency: Address
    drafter: bytes
    authority: Address | None
    provider: Address
    facts: tuple[Fact, ...]
    tasks: tuple[TaskState, ...]
    sections: tuple[SectionRef, ...]
    keys: tuple[PartyKey, ...]
    categories: tuple[str, ...]
    emergency: bool
    issue_digest: bytes
    last_index: int
    last_digest: bytes
    order_digest: bytes = b""
    obligations: tuple[Obligation, ...] = ()
    disclosures: tuple[DisclosureState, ...] = ()
    preserved_until_ms: int = 0
    code: str = ""
    flags: tuple[str, ...] = ()
    enforcing: Address | None = None
    holds: tuple[Open, ...] = ()
    proposals: tuple[Open, ...] = ()
    debts: tuple[Debt, ...] = ()
    seconded: tuple[Seconded, ...] = ()
    consulted: tuple[bytes, ...] = ()
    extensions: int = 0
    ended_ms: int = 0
    moved_index: int = 0
    moved_digest: bytes = b""
    superseded: tuple[Superseded, ...] = ()
    rested_ms: int = 0

    @property
    def parties(self) -> tuple[bytes, ...]:
        """Organisations that see the request now: provider and enforcing authority only from TRANSMITTED on."""
        orgs = [self.agency.org]
        if self.authority is not None:
            orgs.append(self.authority.org)
        if self.transmitted:
            orgs.append(self.provider.org)
            if self.enforcing is not None:
                orgs.append(self.enforcing.org)
        return tuple(dict.fromkeys(orgs))

    @property
    def outside(self) -> bool:
        """Whether the provider is not on the exchange: the directory names it and has no key to seal to."""
        return all(key.org != self.provider.org for key in self.keys)

    @property
    def named(self) -> tuple[Address, ...]:
        """Units that the issue in force names."""
        return tuple(
            unit for unit in (self.agency, self.authority, self.provider, self.enforcing) if unit is not None
        )

    def former(self, digest: bytes) -> Superseded | None:
        """Return the replaced issue with this envelope digest."""
        return next((item for item in self.superseded if item.issue == digest), None)

    @property
    def transmitted(self) -> bool:
        """Whether the provider was ever handed the request."""
        return bool(self.order_digest)

    @property
    def granted(self) -> tuple[GrantedTask, ...]:
        """The scope that is granted."""
        return tuple(item.granted for item in self.tasks if item.granted is not None)

    @property
    def open_tasks(self) -> tuple[int, ...]:
        """Granted tasks without an outcome."""
        return tuple(item.task.number for item in self.tasks if item.granted is not None and not item.outcome)

    @property
    def suspended(self) -> Open | None:
        """The first hold that keeps anything from being delivered."""
        return next((item for item in self.holds if item.suspends), None)

    def held(self, name: HoldName) -> Open | None:
        """Return an open hold by name."""
        return next((item for item in self.holds if item.name == name), None)

    def flagged(self, *names: Flag) -> tuple[str, ...]:
        """Return the flags with some more."""
        return tuple(sorted({*self.flags, *(name.value for name in names)}))

    def unflagged(self, *names: Flag) -> tuple[str, ...]:
        """Return the flags without some."""
        return tuple(sorted(set(self.flags) - {name.value for name in names}))

    def obligation(self, name: str) -> Obligation | None:
        """Return an obligation by name."""
        return next((item for item in self.obligations if item.name == name), None)

    def particulars(self, number: int) -> SectionRef | None:
        """Return the particulars section of a task."""
        wanted = (SectionKind.PARTICULARS, number)
        return next((ref for ref in self.sections if (ref.kind, ref.task) == wanted), None)

    def grounds(self) -> SectionRef | None:
        """Return the grounds section."""
        return next((ref for ref in self.sections if ref.kind is SectionKind.GROUNDS), None)

    def readable_by(self, org: bytes) -> tuple[SectionRef, ...]:
        """Return the sections that an organisation is handed: what is sealed to it, and no task that is not granted."""
        if org not in self.parties:
            return ()
        own = {key.key_id for key in self.keys if key.org == org}
        granted = {item.number for item in self.granted}
        withheld = org == self.provider.org

        def handed(ref: SectionRef) -> bool:
            dropped = withheld and ref.kind is SectionKind.PARTICULARS and ref.task not in granted
            return bool(own & set(ref.recipients)) and not dropped

        return tuple(ref for ref in self.sections if handed(ref))
