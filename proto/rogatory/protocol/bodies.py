# SPDX-License-Identifier: Apache-2.0
"""Bodies of the main line of a request: issue, validation, receipt, answer; and what only the exchange signs.

Values that mirror ``rogatory/v1/statement.proto``. What a body must satisfy by itself stands in ``body_checks``, what it
does to a request in the lifecycle; the bodies of questions and of duties stand in ``dialogue`` and ``duties``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from rogatory.protocol.header import Address

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
    """A new request.

    ``authority`` is the unit asked to validate; absent where the issuer may sign alone. ``enforcing`` is the authority of
    the provider's State, where the law wants it to be told.
    """

    request_kind: RequestKind = RequestKind.DISCLOSURE
    legal_type: str = ""
    authority: Address | None = None
    supersedes: bytes = b""
    preservation: bytes = b""
    enforcing: Address | None = None


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
    """Provider or enforcing authority does not comply, with a code of the pack, for the tasks named or for the whole.

    ``conditional``: nothing is refused, but the data may only be used under the conditions that stand in a note.
    """

    code: str = ""
    tasks: tuple[int, ...] = ()
    conditional: bool = False


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
