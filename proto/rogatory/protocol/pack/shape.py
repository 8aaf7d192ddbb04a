# SPDX-License-Identifier: Apache-2.0
"""What a regime pack can say: value classes that mirror the YAML file key by key (regimes §9.4).

Values only. Keys with a default may be left out, and then say nothing: what a pack does not allow is not allowed. How
the values combine into a decision stands in ``judging``, the clocks in ``periods``, whether names resolve in ``loading``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from rogatory.protocol.identifiers import IdentifierRule
from rogatory.protocol.pack.periods import DayCount


def _nothing() -> Mapping[str, Any]:
    """A new empty mapping; a shared one would be refused as a default, since it cannot be hashed."""
    return MappingProxyType({})


# Facts that the code itself gives a meaning; a pack lists them like any other.
EMERGENCY: Final = "emergency"
ORAL: Final = "ORAL"
LANGUAGE: Final = "language"
VALIDATION: Final = "validation"  # EX_POST: signed before the validating authority could be had
SENTENCE: Final = "sentence_execution_months"
PENALTY: Final = "offence.max_penalty_months"
LISTED: Final = "offence.listed"
PERSON_ROLE: Final = "person.role"  # VICTIM: what concerns a victim is shown to fewer people
VICTIM: Final = "VICTIM"

MARKINGS: Final = ("EXERCISE", "OPERATIONAL")
# Who may start a clock, and what reads a section; ASKING is the agency's unit, ENFORCING the authority of the provider's State.
CLOCKS: Final = ("DELIVERED", "DISCLOSED", "EXTENDED", "ISSUED", "NOTIFIED", "OBJECTED", "QUESTIONED")
READERS: Final = ("ASKING", "AUTHORITY", "ENFORCING", "PROVIDER")
SECTIONS: Final = ("GROUNDS", "PARTICULARS")
DEFAULT_READERS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"GROUNDS": ("ASKING", "AUTHORITY"), "PARTICULARS": ("ASKING", "AUTHORITY", "PROVIDER")}
)
EXAMPLE_CLASSES: Final = ("edge", "granted", "refused")
SEAL_LADDER: Final = (1, 3, 12, 24, 60)
# What the signature of a certificate may have to be beyond the project's own, and on which acts.
SIGNATURE_LEVELS: Final = ("QUALIFIED",)
SIGNED_ACTS: Final = ("ISSUING", "VALIDATING")
GRANTED: Final = "GRANTED"


@dataclass(frozen=True, slots=True)
class InForce:
    """First and last day of application, ISO dates, UTC; without a first day the instrument is not in force."""

    since: str | None = None
    until: str | None = None


@dataclass(frozen=True, slots=True)
class Reservation:
    """A party that cannot be asked for some kinds of request or some categories; empty means all of them."""

    party: str
    basis: str
    kinds: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Category:
    """A data category: its ETSI dictionary value and its rank (2 is stricter)."""

    etsi: str
    rank: int


@dataclass(frozen=True, slots=True)
class FactRule:
    """Which values a coded fact may take, or how large its number may be."""

    values: tuple[str, ...] = ()
    number_max: int = 0


@dataclass(frozen=True, slots=True)
class AuthorityRule:
    """Roles: who may draft for validation, issue alone, validate; and within which time after an emergency issue."""

    drafters: tuple[str, ...]
    issue: tuple[str, ...]
    validate: tuple[str, ...]
    ex_post: str | None = None


@dataclass(frozen=True, slots=True)
class ThresholdRule:
    """Offence threshold: a maximum penalty, or a listed offence; and the least sentence to be executed."""

    max_penalty_months_gte: int = 0
    listed: tuple[str, ...] = ()
    sentence_execution_min_months: int = 0


@dataclass(frozen=True, slots=True)
class NotificationRule:
    """For which ranks another authority must be notified, unless all named facts are YES; and when that suspends."""

    ranks: tuple[int, ...]
    unless_all: tuple[str, ...]
    suspensive: bool = True
    suspensive_in_emergency: bool = False


@dataclass(frozen=True, slots=True)
class DeadlineRule:
    """A period for normal cases and one for emergencies, the event that starts the clock, the article, what silence does.

    ``by_rank`` has other normal periods for requests whose strictest category has that rank. ``rests_with`` are holds that
    stop the term to produce: its end moves by as long as they were open. ``on_silence`` NOTHING: nobody is late at the end.
    """

    normal: str
    clock: str
    basis: str
    emergency: str | None = None
    count: str = "CALENDAR"
    on_silence: str = ""
    by_rank: Mapping[str, str] = field(default_factory=_nothing)
    rests_with: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExtensionRule:
    """By how long and how often a preservation may be extended, within its running term; what holds it past the end."""

    period: str
    most: int
    basis: str
    holds: bool = False


@dataclass(frozen=True, slots=True)
class ObjectionRule:
    """What an objection with a code does.

    Attributes:
        hold: Name of the hold that it opens.
        within: Name of the deadline by which it must come; empty for none.
        bases: Coded reasons that it may give; empty where it gives none.
        never_alone: Reasons that do not carry an objection by themselves.
    """

    hold: str
    within: str = ""
    bases: tuple[str, ...] = ()
    never_alone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ErrorRules:
    """Coded causes of errors, and how soon a reportable one must be settled."""

    causes: tuple[str, ...]
    settle_within: str
    basis: str
    count: str = "CALENDAR"


@dataclass(frozen=True, slots=True)
class Rule:
    """What tables cannot say: a CEL expression over the header's typed facts, with code, basis and sentence.

    Attributes:
        id: Name of the rule, unique in the pack.
        holds: Expression that must be true.
        when: Expression that says for which requests; empty for all.
        limits: Empty for a rule about the request itself; else the refusal code (``E_…``) whose use it limits.
        code: Refusal code of the exchange (``X_…``).
        field: Path of the field at fault.
        basis: Article.
        text: One sentence for people, English.
    """

    id: str
    holds: str
    code: str
    basis: str
    text: str
    field: str = "header.facts"
    when: str = ""
    limits: str = ""


@dataclass(frozen=True, slots=True)
class KindRules:
    """The rules of one kind of request.

    ``release_after`` is the grace between the end of a preservation and its release. ``two_persons`` are kinds of statement
    that a second person of the same party must have approved. ``conditions_of_use`` bind whoever gets the data, from the
    first disclosure on.
    """

    legal_type: str
    authority: Mapping[str, AuthorityRule]
    threshold: Mapping[str, ThresholdRule]
    deadlines: Mapping[str, DeadlineRule]
    required_facts: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    notify_enforcing_authority: NotificationRule | None = None
    extension: ExtensionRule | None = None
    release_after: str | None = None
    two_persons: tuple[str, ...] = ()
    conditions_of_use: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class SignatureSlot:
    """A level of signature that the law asks for on some acts. A slot: no such signature is made or verified yet."""

    level: str
    apply_to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UserInformation:
    """Who tells the person, on which grounds that may be delayed (values of a fact), and for how long at most."""

    by: str
    delay_grounds: tuple[str, ...] = ()
    longest_delay: str | None = None
    inform_within: str | None = None
    basis: str = ""


@dataclass(frozen=True, slots=True)
class Offline:
    """Whether a request may be carried as a file when the exchange is down, and how soon both ends must deposit it."""

    carry: bool = False
    deposit_within: str | None = None


@dataclass(frozen=True, slots=True)
class LogRules:
    """Months until entries open to the public, and operations of LED Art. 25 that are logged."""

    seal_months: int
    operations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExampleTask:
    """A task of an example; days count back from the day of the example."""

    identifier: str
    elements: tuple[str, ...]
    purpose: str = "EVIDENCE"
    first_day: int = 30
    last_day: int = 1


@dataclass(frozen=True, slots=True)
class Example:
    """A request with what must become of it. A pack whose examples do not give their outcome does not load.

    Attributes:
        id: Name, unique in the pack.
        shows: One of ``granted``, ``refused``, ``edge``.
        kind: Kind of request.
        role: Role of who signs the issue.
        tasks: What is asked.
        outcome: GRANTED, or the code of the refusal.
        facts: Coded facts: a list of codes or a number.
        validated_by: Role of who validates; empty where nobody is asked.
        notified: Whether an enforcing authority is named.
        rule: Path of the rule that refuses, where it matters.
        day: ISO date of the example, where it matters whether the pack is in force; empty judges it as if it were.
        issuing: Jurisdiction that asks.
        receiving: Jurisdiction that is asked.
    """

    id: str
    shows: str
    kind: str
    role: str
    tasks: tuple[ExampleTask, ...]
    outcome: str
    facts: Mapping[str, tuple[str, ...]] = field(default_factory=_nothing)
    numbers: Mapping[str, int] = field(default_factory=_nothing)
    validated_by: str = ""
    notified: bool = False
    rule: str = ""
    day: str = ""
    issuing: str = "XA"
    receiving: str = "XB"


@dataclass(frozen=True, slots=True)
class PackFile:
    """The file, key by key, and nothing derived.

    ``parties`` has ``except`` or ``only``: jurisdictions, ISO 3166. ``labels`` has the elements whose items must say which
    one of several they are, with the labels to choose from: a billing address is not where a line ends. ``languages``, codes of
    ISO 639 in capitals, are those of which a request must state one (fact ``language``); none where the law says nothing. With
    ``oral_validation`` an authority may say yes by word of mouth (``validation: [ORAL]``) and owes its signature within ``ex_post``.
    """

    pack_id: str
    pack_version: int
    marking: str
    in_force: InForce
    parties: Mapping[str, tuple[str, ...]]
    day_count: DayCount
    categories: Mapping[str, Category]
    elements: Mapping[str, Mapping[str, str]]
    identifiers: Mapping[str, IdentifierRule]
    facts: Mapping[str, FactRule]
    kinds: Mapping[str, KindRules]
    refusal: Mapping[str, tuple[str, ...]]
    outcomes: Mapping[str, tuple[str, ...]]
    withdrawal: tuple[str, ...]
    statistics: str
    log: LogRules
    title: str = ""
    basis: str = ""
    reservations: tuple[Reservation, ...] = ()
    sections: Mapping[str, tuple[str, ...]] = field(default_factory=_nothing)
    languages: tuple[str, ...] = ()
    signature: SignatureSlot | None = None
    user_information: UserInformation | None = None
    oral_validation: bool = False
    offline: Offline = Offline(carry=False)
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=_nothing)
    recipients: tuple[str, ...] = ()
    cost_claims: bool = False
    questions: tuple[str, ...] = ()
    objections: Mapping[str, ObjectionRule] = field(default_factory=_nothing)
    taking_back: tuple[str, ...] = ()
    errors: ErrorRules | None = None
    examples: tuple[Example, ...] = ()
