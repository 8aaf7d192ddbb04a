# SPDX-License-Identifier: Apache-2.0
"""Regime packs: the law as data (regimes §9.4). Bytes in, a checked ``Pack`` out.

A pack is a YAML file inside a ``Quorum``; its digest stands in every request's signed header, and a request is judged
by that version for ever. This module knows the shape, the look-ups and the clocks, and no regime: a changed deadline, a
new category or a new kind of identifier is a new file. What a pack does not say is not allowed.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import yaml

from rogatory.audit.framing import th
from rogatory.protocol import errors, tags
from rogatory.protocol.errors import Invalid, Refused
from rogatory.protocol.header import DAY_MS, Header, Task, require
from rogatory.protocol.identifiers import IdentifierRule
from rogatory.protocol.plain import from_plain
from rogatory.protocol.statements import RequestKind

MAX_PACK: Final = 262_144
EMERGENCY: Final = "emergency"
SEAL_LADDER: Final = (1, 3, 12, 24, 60)
_PERIOD: Final = re.compile(r"P(?:(?P<days>[1-9][0-9]{0,3})D|T(?P<hours>[1-9][0-9]{0,3})H)\Z")


@dataclass(frozen=True, slots=True)
class InForce:
    """First day of application, ISO date, UTC."""

    since: str


@dataclass(frozen=True, slots=True)
class DayCount:
    """How periods of days are counted. ``weekend_end`` UNVERIFIED: ends on weekends are not moved."""

    start: str
    weekend_end: str


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
    """Roles: who may draft for validation, issue alone, validate."""

    drafters: tuple[str, ...]
    issue: tuple[str, ...]
    validate: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ThresholdRule:
    """Offence threshold: a maximum penalty, or a listed offence; and the least sentence to be executed."""

    max_penalty_months_gte: int = 0
    listed: tuple[str, ...] = ()
    sentence_execution_min_months: int = 0


@dataclass(frozen=True, slots=True)
class NotificationRule:
    """For which ranks another authority must be notified, unless all named facts are YES."""

    ranks: tuple[int, ...]
    unless_all: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DeadlineRule:
    """ISO 8601 periods for normal and emergency, the event that starts the clock, and the article."""

    normal: str
    clock: str
    basis: str
    emergency: str | None = None


@dataclass(frozen=True, slots=True)
class KindRules:
    """The rules of one kind of request."""

    legal_type: str
    authority: Mapping[str, AuthorityRule]
    threshold: Mapping[str, ThresholdRule]
    deadlines: Mapping[str, DeadlineRule]
    required_facts: tuple[str, ...] = ()
    notify_enforcing_authority: NotificationRule | None = None


@dataclass(frozen=True, slots=True)
class LogRules:
    """Months until entries open to the public; operations of LED Art. 25 that are logged."""

    seal_months: int
    operations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pack:
    """One regime at one version. ``digest`` is the tagged hash of the exact file."""

    digest: bytes
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

    def rules(self, kind: RequestKind) -> KindRules:
        """Return the rules of a kind of request.

        Raises:
            Refused: ``X_FIELD_INVALID``: the pack does not know this kind.
        """
        rules = self.kinds.get(kind.name)
        if rules is None:
            raise Refused(errors.X_FIELD_INVALID, "body.request_kind", self.rule("kinds"))
        return rules

    def rule(self, path: str) -> str:
        """Return the name of a rule for an error or a log entry: pack id, version and path."""
        return f"{self.pack_id}/{self.pack_version}/{path}"

    def category(self, element: str, purpose: str) -> str | None:
        """Return the category that an element falls into for a purpose; None where the pack has none."""
        purposes = self.elements.get(element)
        return None if purposes is None else purposes.get(purpose)

    def categories_of(self, tasks: Iterable[Task]) -> tuple[str, ...]:
        """Return the sorted set of categories that tasks ask for.

        Raises:
            Refused: ``X_CATEGORY_NOT_IN_PACK`` with the field.
        """
        found: set[str] = set()
        for i, task in enumerate(tasks):
            for element in task.elements:
                category = self.category(element, task.purpose)
                if category is None:
                    raise Refused(
                        errors.X_CATEGORY_NOT_IN_PACK, f"header.tasks[{i}].elements", self.rule("elements")
                    )
                found.add(category)
        return tuple(sorted(found))

    def strictest(self, categories: Iterable[str]) -> str:
        """Return the category of highest rank (first by name among equals)."""
        return min(categories, key=lambda name: (-self.categories[name].rank, name))

    def rank(self, categories: Iterable[str]) -> str:
        """Return the rank that decides on authority and threshold: that of the strictest category."""
        return str(self.categories[self.strictest(categories)].rank)

    def due_ms(self, deadline: DeadlineRule, start_ms: int, *, emergency: bool) -> int:
        """Return when a deadline ends, in milliseconds since the epoch.

        Hours count from the event. Days leave out the day of the event and end with the last day, in UTC.
        """
        match = _PERIOD.match(deadline.emergency if emergency and deadline.emergency else deadline.normal)
        if match is None:
            raise Invalid(errors.X_FIELD_INVALID, "pack.deadlines", "PERIOD")
        if match["hours"]:
            return start_ms + int(match["hours"]) * 3_600_000
        return (start_ms // DAY_MS + 1 + int(match["days"])) * DAY_MS

    def in_force_at(self, at_ms: int) -> bool:
        """Tell whether the pack applies at a moment."""
        return at_ms >= _day(self.in_force.since) * DAY_MS


def pack_digest(payload: bytes) -> bytes:
    """Return the digest that names a pack: over the exact file bytes."""
    return th(tags.PACK, payload)


# By the exact bytes: a service that connects again and again parses the law once.
@functools.lru_cache(maxsize=16)
def load_pack(payload: bytes) -> Pack:
    """Parse and check a pack file.

    Raises:
        Invalid: Not YAML, an unknown or missing key, or values that do not fit together; field and rule are named.
    """
    if len(payload) > MAX_PACK:
        raise Invalid(errors.X_TOO_LARGE, "pack", "SIZE_CAP")
    try:
        data = yaml.safe_load(payload)
    except yaml.YAMLError as error:
        raise Invalid(errors.X_ENCODING, "pack", "YAML") from error
    if not isinstance(data, dict) or "digest" in data:
        raise Invalid(errors.X_ENCODING, "pack", "YAML")
    pack = from_plain(Pack, {**data, "digest": pack_digest(payload).hex()}, "pack")
    _check(pack)
    return pack


def _check(pack: Pack) -> None:
    require(pack.pack_version >= 1, "pack.pack_version", "RANGE")
    require(pack.marking in {"EXERCISE", "OPERATIONAL"}, "pack.marking", "VOCABULARY")
    require(pack.day_count.start == "day_after_event", "pack.day_count.start", "VOCABULARY")
    require(pack.log.seal_months in SEAL_LADDER, "pack.log.seal_months", "LADDER")
    _day(pack.in_force.since)
    ranks = {str(category.rank) for category in pack.categories.values()}
    for purposes in pack.elements.values():
        require(set(purposes.values()) <= set(pack.categories), "pack.elements", "CATEGORY_EXISTS")
    for name, rules in pack.kinds.items():
        at = f"pack.kinds.{name}"
        require(name in RequestKind.__members__, at, "VOCABULARY")
        require(set(rules.authority) == ranks, f"{at}.authority", "EACH_RANK")
        require(set(rules.threshold) == ranks, f"{at}.threshold", "EACH_RANK")
        require(set(rules.required_facts) <= set(pack.facts), f"{at}.required_facts", "FACT_EXISTS")
        require(pack.outcomes.get(name), f"pack.outcomes.{name}", "PRESENT", errors.X_FIELD_MISSING)
        for deadline in rules.deadlines.values():
            pack.due_ms(deadline, 0, emergency=False)
            pack.due_ms(deadline, 0, emergency=True)
            require(deadline.clock == "DELIVERED", f"{at}.deadlines", "CLOCK")
    for rule in pack.identifiers.values():
        try:
            re.compile(rule.pattern)
        except re.error as error:
            raise Invalid(errors.X_FIELD_INVALID, "pack.identifiers", "PATTERN") from error


def check_facts(header: Header, pack: Pack, required: Iterable[str]) -> None:
    """Hold a header's coded facts against the pack's vocabulary: this is what keeps free text out of the clear.

    Raises:
        Refused: ``X_FIELD_INVALID`` for a code or value the pack does not list, ``X_FIELD_MISSING`` for a required one.
    """
    for i, fact in enumerate(header.facts):
        rule = pack.facts.get(fact.code)
        fits = rule is not None and (
            (set(fact.values) <= set(rule.values) and fact.values and not fact.number)
            if rule.values
            else (not fact.values and 0 < fact.number <= rule.number_max)
        )
        if not fits:
            raise Refused(errors.X_FIELD_INVALID, f"header.facts[{i}]", pack.rule("facts"))
    for code in required:
        if header.fact(code) is None:
            raise Refused(errors.X_FIELD_MISSING, "header.facts", pack.rule(f"required_facts/{code}"))


def check_threshold(header: Header, pack: Pack, kind: RequestKind, rank: str) -> None:
    """Check the offence threshold of a rank.

    Raises:
        Refused: ``X_OFFENCE_BELOW_THRESHOLD``.
    """
    rule = pack.rules(kind).threshold[rank]
    sentence = header.fact("sentence_execution_months")
    if sentence is not None and sentence.number < rule.sentence_execution_min_months:
        raise Refused(
            errors.X_OFFENCE_BELOW_THRESHOLD, "header.facts", pack.rule(f"threshold/{rank}/sentence")
        )
    if not rule.max_penalty_months_gte:
        return
    penalty = header.fact("offence.max_penalty_months")
    listed = header.fact("offence.listed")
    reached = penalty is not None and penalty.number >= rule.max_penalty_months_gte
    if not reached and not (listed is not None and set(listed.values) & set(rule.listed)):
        raise Refused(
            errors.X_OFFENCE_BELOW_THRESHOLD, "header.facts", pack.rule(f"threshold/{rank}/offence")
        )


def notification_required(header: Header, pack: Pack, kind: RequestKind, rank: str) -> bool:
    """Tell whether the enforcing authority must be notified (Reg. 2023/1543 Art. 8)."""
    rule = pack.rules(kind).notify_enforcing_authority
    if rule is None or int(rank) not in rule.ranks:
        return False
    facts = [header.fact(code) for code in rule.unless_all]
    return not all(fact is not None and fact.values == ("YES",) for fact in facts)


def _day(text: Any) -> int:  # noqa: ANN401 - YAML may give anything
    try:
        day = dt.date.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise Invalid(errors.X_FIELD_INVALID, "pack.in_force.since", "DATE") from error
    return (day - dt.date(1970, 1, 1)).days
