# SPDX-License-Identifier: Apache-2.0
"""Bodies of what parties say to each other about a request: questions, smaller scopes, objections, reviews.

Values that mirror ``rogatory/v1/statement.proto``. They are coded; words travel in sealed notes. Nothing is decided here.
"""

from __future__ import annotations

from dataclasses import dataclass

from rogatory.protocol.bodies import GrantedTask


@dataclass(frozen=True, slots=True)
class Second:
    """A second person of the same party approves one exact envelope, named in ``about``, before it is sent."""


@dataclass(frozen=True, slots=True)
class ConfirmOriginChallenge:
    """The provider asks whether this really came from there."""


@dataclass(frozen=True, slots=True)
class ConfirmOrigin:
    """A third officer of the asking party answers the challenge."""

    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class ClarifyRequest:
    """A coded question by provider, validating or enforcing authority; for tasks or the whole."""

    code: str = ""
    tasks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Clarify:
    """The answer, in a note; it never carries scope."""


@dataclass(frozen=True, slots=True)
class PageAck:
    """A duty officer's device has shown the page."""


@dataclass(frozen=True, slots=True)
class ProposeNarrowing:
    """The provider proposes a smaller scope, as the whole that would then be asked for."""

    granted: tuple[GrantedTask, ...] = ()


@dataclass(frozen=True, slots=True)
class Amend:
    """Who asked states the whole scope from now on: smaller at once, larger once it is validated."""

    granted: tuple[GrantedTask, ...] = ()


@dataclass(frozen=True, slots=True)
class Object:
    """Impossibility, immunity or a conflict of laws: execution rests until the asking side has decided."""

    code: str = ""
    bases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Maintain:
    """The request is kept as it is, whatever was objected."""


@dataclass(frozen=True, slots=True)
class NewDeadline:
    """A later end of the term to produce, in milliseconds since the epoch."""

    due_ms: int = 0


@dataclass(frozen=True, slots=True)
class Notify:
    """The enforcing authority is told of the request."""


@dataclass(frozen=True, slots=True)
class NoGrounds:
    """The enforcing authority raises no ground for refusal."""
