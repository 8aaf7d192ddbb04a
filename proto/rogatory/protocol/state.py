# SPDX-License-Identifier: Apache-2.0
"""The state of a request, as any party computes it from the envelopes.

Values only: what is true of one request after its statements so far. Nobody uses a state that somebody else tells
(architecture §1.1); a cached copy is this value in plain form and nothing more. The rules that lead from one state to
the next stand in ``rogatory.protocol.lifecycle``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from rogatory.protocol.header import Address, Fact, SectionKind, SectionRef, Task
from rogatory.protocol.statements import GrantedTask, RequestKind


class StateName(IntEnum):
    """States of regimes §9.2 that the direct path knows; numbers have no order of their own."""

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


TERMINAL = frozenset({StateName.CLOSED, StateName.REFUSED, StateName.WITHDRAWN})
# From here on every named party sees every envelope of the request.
BEFORE_TRANSMISSION = frozenset({StateName.ISSUED, StateName.RETURNED})


@dataclass(frozen=True, slots=True)
class TaskState:
    """A task as issued, what was granted of it, and how it ended (empty while open)."""

    task: Task
    granted: GrantedTask | None = None
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Obligation:
    """A duty with a clock: name and rule of the pack, log index of its trigger, due instant, whether met."""

    name: str
    rule: str
    trigger: int
    due_ms: int
    met: bool = False


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
    of the last statement folded in.
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
    superseded: tuple[Superseded, ...] = ()

    @property
    def parties(self) -> tuple[bytes, ...]:
        """Organisations that see the request now: the provider only from TRANSMITTED on."""
        orgs = [self.agency.org]
        if self.authority is not None:
            orgs.append(self.authority.org)
        if self.transmitted:
            orgs.append(self.provider.org)
        return tuple(dict.fromkeys(orgs))

    @property
    def named(self) -> tuple[Address, ...]:
        """Units that the issue in force names."""
        return tuple(unit for unit in (self.agency, self.authority, self.provider) if unit is not None)

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
