# SPDX-License-Identifier: Apache-2.0
"""Bodies of what follows from a request: terms, taking back, errors, deletion, notice, cost, records, clock events.

Values that mirror ``rogatory/v1/statement.proto``. What each does to a request stands in the lifecycle, not here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from rogatory.protocol.bodies import KeyWrap

GRADES: Final = ("NEAR_MISS", "REPORTABLE", "SERIOUS")
# Why personal data are erased (LED Arts 5 and 16): their time is over, nobody needs them, they should not be there, a court says so.
ERASE_GROUNDS: Final = ("COURT_ORDER", "NOT_NEEDED", "RETENTION_ENDED", "UNLAWFUL")
ERROR_PARTIES: Final = ("AGENCY", "AUTHORITY", "EXCHANGE", "PROVIDER")


@dataclass(frozen=True, slots=True)
class Release:
    """The provider has let go of what was preserved."""


@dataclass(frozen=True, slots=True)
class Rescind:
    """The validating authority takes its word back, before anything was delivered."""

    code: str = ""


@dataclass(frozen=True, slots=True)
class Annul:
    """A court quashes the request; what was delivered must be deleted or restricted."""

    code: str = ""


@dataclass(frozen=True, slots=True)
class Rewrap:
    """One more recipient for a sealed object that the signer could open; the audience is of the pack's list."""

    object_digest: bytes = b""
    audience: str = ""
    wrap: KeyWrap = field(default_factory=KeyWrap)


@dataclass(frozen=True, slots=True)
class Error:
    """What went wrong: grade, whose error, coded cause, tasks concerned (none: the whole)."""

    grade: str = ""
    party: str = ""
    cause: str = ""
    tasks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class AttestDeletion:
    """DELETED, or RESTRICTED where the law wants it kept: what ``about`` asked for is done."""

    done: str = ""


@dataclass(frozen=True, slots=True)
class Extend:
    """A preservation runs until ``until_ms``, as every party computes it from the pack."""

    until_ms: int = 0


@dataclass(frozen=True, slots=True)
class Hold:
    """A preservation is held for a production: the id of the request that asks for it."""

    production: bytes = b""


@dataclass(frozen=True, slots=True)
class End:
    """A preservation is no longer needed."""


@dataclass(frozen=True, slots=True)
class DeferNotice:
    """The person is not told yet: ground of the pack, and the UTC day on which that is looked at again."""

    ground: str = ""
    review_day: int = 0


@dataclass(frozen=True, slots=True)
class NotifySubject:
    """The person was INFORMED, or it was decided that informing is OMITTED for a ground that was stated before."""

    decision: str = ""


@dataclass(frozen=True, slots=True)
class ExtendSeal:
    """The request's entries stay sealed for the public until a later UTC day, for a ground of the pack."""

    ground: str = ""
    until_day: int = 0


@dataclass(frozen=True, slots=True)
class ClaimCost:
    """What the answer cost, in hundredths of an ISO 4217 currency's unit."""

    amount: int = 0
    currency: str = ""


@dataclass(frozen=True, slots=True)
class SettleCost:
    """The claim named in ``about`` is PAID or DENIED."""

    decision: str = ""


@dataclass(frozen=True, slots=True)
class TransmitOutside:
    """What went another way: when (milliseconds since the epoch), how long, its digest; names stand in a note."""

    sent_at_ms: int = 0
    length: int = 0
    digest: bytes = b""


@dataclass(frozen=True, slots=True)
class Erase:
    """The controller has the exchange destroy what it holds of an ended request; ``ground`` is one of ``ERASE_GROUNDS``."""

    ground: str = ""


@dataclass(frozen=True, slots=True)
class Clock:
    """An obligation has fallen due: its name, the log index that started it, its rule, the instant."""

    obligation: str = ""
    trigger: int = 0
    rule: str = ""
    due_ms: int = 0
