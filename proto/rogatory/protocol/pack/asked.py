# SPDX-License-Identifier: Apache-2.0
"""What a pack judges: the coded part of an issue, and where its parties lie. It holds no words and no identifier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rogatory.protocol.header import Fact, Task
from rogatory.protocol.pack.shape import EMERGENCY, ORAL, VALIDATION
from rogatory.protocol.statements import RequestKind


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as the law sees it.

    Attributes:
        kind: Kind of request.
        legal_type: Name of the instrument, such as EPOC.
        role: Role of who signs the issue.
        facts: The header's coded facts, by ascending code.
        tasks: The header's tasks.
        validator: Whether an authority is named that validates.
        enforcing: Whether the authority of the provider's State is named, to be notified.
        day: UTC day on which it is judged, days since 1970-01-01.
        issuing: Jurisdiction of who asks, ISO 3166.
        receiving: Jurisdiction of who is asked.
    """

    kind: RequestKind
    legal_type: str
    role: str
    facts: tuple[Fact, ...]
    tasks: tuple[Task, ...]
    validator: bool
    enforcing: bool
    day: int
    issuing: str
    receiving: str
    _stated: Mapping[str, Fact] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Lay the facts out by code: a pack's rules ask for them a dozen times, also for those that are not stated."""
        object.__setattr__(self, "_stated", {fact.code: fact for fact in self.facts})

    def fact(self, code: str) -> Fact | None:
        """Return the fact with this code, if it is stated."""
        return self._stated.get(code)

    def states(self, code: str, value: str) -> bool:
        """Tell whether a fact is stated with a value."""
        fact = self.fact(code)
        return fact is not None and value in fact.values

    @property
    def emergency(self) -> bool:
        """Whether an emergency is claimed."""
        return self.fact(EMERGENCY) is not None

    @property
    def ex_post(self) -> bool:
        """Whether it is issued first and validated afterwards: said so, or an emergency that names no authority."""
        unasked = self.emergency and not self.validator
        return unasked or self.oral or self.states(VALIDATION, "EX_POST")

    @property
    def oral(self) -> bool:
        """Whether the authority has said yes by word of mouth, and its signature is owed."""
        return self.states(VALIDATION, ORAL)
