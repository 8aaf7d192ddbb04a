# SPDX-License-Identifier: Apache-2.0
"""From the bytes of a pack file to a pack, or to everything that is wrong with it, each with its line.

A pack whose names do not resolve, whose expressions fail on made-up headers, or whose examples do not give the outcome
that they state does not load: nobody can be judged by it. Signatures are the business of ``quorum``; whether a fact agrees
with the official text is a person's.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Final

from rogatory.audit.framing import th
from rogatory.protocol import errors, tags
from rogatory.protocol.errors import CODES, Invalid
from rogatory.protocol.header import StatementKind
from rogatory.protocol.lifecycle_table import TABLE
from rogatory.protocol.pack import shape
from rogatory.protocol.pack.examples import differs, made_up
from rogatory.protocol.pack.expressions import compiled, holds
from rogatory.protocol.pack.law import Pack
from rogatory.protocol.pack.periods import COUNTS, DAY_STARTS, WEEKEND_ENDS, parse_day, parse_period
from rogatory.protocol.pack.shape import KindRules, PackFile, Rule
from rogatory.protocol.pack.source import NotYaml, Source, read_source
from rogatory.protocol.pack.targets import target_faults
from rogatory.protocol.plain import from_plain
from rogatory.protocol.state import HoldName
from rogatory.protocol.statements import RequestKind

_ID: Final = re.compile(r"[a-z0-9]+(?:[.-][a-z0-9]+)*", re.ASCII)
_CODE: Final = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*", re.ASCII)
_COUNTRY: Final = re.compile(r"[A-Z]{2}", re.ASCII)
MAX_RULES: Final = 64
SILENCES: Final = ("", "EXEMPT", "NOTHING", "STAY_SUSPENDED")
PRODUCE: Final = "produce"
# Holds during which the duty to produce is suspended itself, where the law says so; others only keep from delivering.
RESTING: Final = (
    HoldName.CLARIFICATION_PENDING,
    HoldName.COURT_REMEDY,
    HoldName.IMMUNITY_OBJECTION,
    HoldName.THIRD_COUNTRY_REVIEW,
)
# An issue opens a request, so nobody can have approved it within that request before.
TWO_PERSON_KINDS: Final = tuple(
    kind.name for kind in TABLE if kind not in {StatementKind.SECOND, StatementKind.CLOCK}
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong at a place of a pack file: path, rule that is broken, code, and line from 1."""

    path: str
    rule: str
    code: str = errors.X_FIELD_INVALID
    line: int = 0


def pack_digest(payload: bytes) -> bytes:
    """Return the digest that names a pack: over the exact file bytes."""
    return th(tags.PACK, payload)


# By the exact bytes: a service that connects again and again parses the law once.
@functools.lru_cache(maxsize=32)
def load_pack(payload: bytes) -> Pack:
    """Parse and check a pack file.

    Raises:
        Invalid: The first thing that is wrong: not YAML, an unknown or missing key, names that do not resolve, a rule that
            fails, an example with another outcome. Field and rule are named.
    """
    pack, found = _read(payload)
    for finding in found:
        raise Invalid(finding.code, finding.path, finding.rule)
    if pack is None:
        raise AssertionError  # without a pack there is a finding
    return pack


def lint_pack(payload: bytes) -> tuple[Finding, ...]:
    """Return everything that is wrong with a pack file, in the order of its lines; nothing for one that loads."""
    return tuple(sorted(_read(payload)[1], key=lambda finding: (finding.line, finding.path, finding.rule)))


def _read(payload: bytes) -> tuple[Pack | None, list[Finding]]:
    try:
        source = read_source(payload)
    except Invalid as error:
        line = error.line if isinstance(error, NotYaml) else 1
        return None, [Finding(error.field, error.rule, error.code, line)]
    try:
        file = from_plain(PackFile, source.data, "pack")
    except Invalid as error:
        line = _unknown(source, error) if error.rule == "UNKNOWN_FIELD" else source.line(error.field)
        return None, [Finding(error.field, error.rule, error.code, line)]
    values = {field.name: getattr(file, field.name) for field in fields(PackFile)}
    pack = Pack(**values, digest=pack_digest(payload), unverified=source.unverified)
    found = [*_checked(_general(pack)), *_checked(_kinds(pack)), *_checked(_vocabulary(pack))]
    if not found:  # expressions and examples mean something only where all names resolve
        found = [*_checked(_expressions(pack))] or [*_checked(_examples(pack))]
    return pack, [_lined(item, source) for item in found]


def _unknown(source: Source, error: Invalid) -> int:
    """Return the line of a key that nobody knows. Errors of plain data name the mapping and no key, so it is tried out."""
    mapping = source.mappings.get(error.field, {})  # none where the fault is in a list
    for key in list(mapping):
        value = mapping.pop(key)
        try:
            from_plain(PackFile, source.data, "pack")
        except Invalid as other:
            if (other.field, other.rule) == (error.field, error.rule):
                continue
        finally:
            mapping[key] = value
        return source.line(f"{error.field}.{key}")
    return source.line(error.field)


def _lined(item: Finding, source: Source) -> Finding:
    return Finding(item.path, item.rule, item.code, source.line(item.path))


def _checked(found: Iterator[Finding]) -> Iterator[Finding]:
    """Pass findings on; where a check itself stops at a value, that is the last one."""
    try:
        yield from found
    except Invalid as error:
        yield Finding(error.field, error.rule, error.code)


def _need(condition: object, path: str, rule: str, code: str = errors.X_FIELD_INVALID) -> Iterator[Finding]:
    if not condition:
        yield Finding(path, rule, code)


def _period(text: str | None, path: str) -> Iterator[Finding]:
    if text is not None:
        try:
            parse_period(text, path)
        except Invalid as error:
            yield Finding(path, error.rule)


def _date(text: str | None, path: str) -> Iterator[Finding]:
    if text is not None:
        try:
            parse_day(text, path)
        except Invalid as error:
            yield Finding(path, error.rule)


def _each(values: Iterable[str], known: Iterable[str], path: str, rule: str) -> Iterator[Finding]:
    if set(values) - set(known):
        yield Finding(path, rule)


def _codes(values: Iterable[str], path: str) -> Iterator[Finding]:
    listed = list(values)
    yield from _need(all(_CODE.fullmatch(value) for value in listed), path, "CODE")
    yield from _need(len(set(listed)) == len(listed), path, "UNIQUE")


def _general(pack: Pack) -> Iterator[Finding]:
    yield from _need(_ID.fullmatch(pack.pack_id) and len(pack.pack_id) <= 40, "pack.pack_id", "ID")
    yield from _need(1 <= pack.pack_version <= 9999, "pack.pack_version", "RANGE")
    yield from _need(pack.marking in shape.MARKINGS, "pack.marking", "VOCABULARY")
    yield from _need(pack.day_count.start in DAY_STARTS, "pack.day_count.start", "VOCABULARY")
    yield from _need(pack.day_count.weekend_end in WEEKEND_ENDS, "pack.day_count.weekend_end", "VOCABULARY")
    for i, text in enumerate(pack.day_count.holidays):
        yield from _date(text, f"pack.day_count.holidays[{i}]")
    since, until = pack.in_force.since, pack.in_force.until
    dates = [*_date(since, "pack.in_force.since"), *_date(until, "pack.in_force.until")]
    yield from dates
    if since and until and not dates:
        yield from _need(since <= until, "pack.in_force.until", "AFTER_SINCE")
    yield from _each(pack.parties, ("except", "only"), "pack.parties", "VOCABULARY")
    yield from _need(not {"except", "only"} <= set(pack.parties), "pack.parties", "EXCEPT_OR_ONLY")
    for name, countries in pack.parties.items():
        yield from _need(
            all(_COUNTRY.fullmatch(item) for item in countries), f"pack.parties.{name}", "COUNTRY"
        )
    for i, item in enumerate(pack.reservations):
        at = f"pack.reservations[{i}]"
        yield from _need(_COUNTRY.fullmatch(item.party), f"{at}.party", "COUNTRY")
        yield from _each(item.kinds, pack.kinds, f"{at}.kinds", "KIND_EXISTS")
        yield from _each(item.categories, pack.categories, f"{at}.categories", "CATEGORY_EXISTS")
    for name, readers in pack.sections.items():
        at = f"pack.sections.{name}"
        yield from _need(name in shape.SECTIONS, at, "VOCABULARY")
        yield from _each(readers, shape.READERS, at, "VOCABULARY")
        yield from _need("ASKING" in readers and len(set(readers)) == len(readers), at, "READERS")
    if pack.signature is not None:
        at = "pack.signature"
        yield from _need(pack.signature.level in shape.SIGNATURE_LEVELS, f"{at}.level", "VOCABULARY")
        yield from _need(pack.signature.apply_to, f"{at}.apply_to", "PRESENT", errors.X_FIELD_MISSING)
        yield from _each(pack.signature.apply_to, shape.SIGNED_ACTS, f"{at}.apply_to", "VOCABULARY")
    yield from _period(pack.offline.deposit_within, "pack.offline.deposit_within")
    yield from _need(not pack.offline.carry or pack.offline.deposit_within, "pack.offline", "TERM_GIVEN")
    yield from _need(pack.log.seal_months in shape.SEAL_LADDER, "pack.log.seal_months", "LADDER")


def _vocabulary(pack: Pack) -> Iterator[Finding]:
    for name, category in pack.categories.items():
        yield from _codes([name], f"pack.categories.{name}")
        yield from _need(1 <= category.rank <= 9, f"pack.categories.{name}.rank", "RANGE")
    yield from _need(pack.categories, "pack.categories", "PRESENT", errors.X_FIELD_MISSING)
    for name, purposes in pack.elements.items():
        yield from _each(purposes.values(), pack.categories, f"pack.elements.{name}", "CATEGORY_EXISTS")
        yield from _need(purposes, f"pack.elements.{name}", "PRESENT", errors.X_FIELD_MISSING)
    yield from _need(pack.elements, "pack.elements", "PRESENT", errors.X_FIELD_MISSING)
    yield from _need(pack.identifiers, "pack.identifiers", "PRESENT", errors.X_FIELD_MISSING)
    for path, rule in target_faults(pack.identifiers):
        yield Finding(path, rule)
    yield from _each(pack.labels, pack.elements, "pack.labels", "ELEMENT_EXISTS")
    for name, labels in pack.labels.items():
        yield from _codes(labels, f"pack.labels.{name}")
        yield from _need(labels, f"pack.labels.{name}", "PRESENT", errors.X_FIELD_MISSING)
    for code, fact in pack.facts.items():
        yield from _need(bool(fact.values) != bool(fact.number_max), f"pack.facts.{code}", "VALUES_OR_NUMBER")
        yield from _codes(fact.values, f"pack.facts.{code}.values")
    yield from _stated(pack)
    for name, refusals in pack.refusal.items():
        yield from _codes(refusals, f"pack.refusal.{name}")
    for needed in ("authority", "provider"):
        yield from _need(
            pack.refusal.get(needed), f"pack.refusal.{needed}", "PRESENT", errors.X_FIELD_MISSING
        )
    for name in ("withdrawal", "questions", "taking_back", "recipients"):
        yield from _codes(getattr(pack, name), f"pack.{name}")
    yield from _objections(pack)
    if pack.errors is not None:
        yield from _codes(pack.errors.causes, "pack.errors.causes")
        yield from _period(pack.errors.settle_within, "pack.errors.settle_within")
        yield from _need(pack.errors.count in COUNTS, "pack.errors.count", "VOCABULARY")
    if pack.user_information is not None:
        yield from _period(pack.user_information.longest_delay, "pack.user_information.longest_delay")
        yield from _period(pack.user_information.inform_within, "pack.user_information.inform_within")
        yield from _codes(pack.user_information.delay_grounds, "pack.user_information.delay_grounds")


def _stated(pack: Pack) -> Iterator[Finding]:
    """What a request must be able to state where the pack wants it stated: its language, a yes by word of mouth."""
    if pack.languages:
        known = pack.facts[shape.LANGUAGE].values if shape.LANGUAGE in pack.facts else ()
        yield from _codes(pack.languages, "pack.languages")
        yield from _each(pack.languages, known, "pack.languages", "FACT_EXISTS")
    if pack.oral_validation:
        said = pack.facts[shape.VALIDATION].values if shape.VALIDATION in pack.facts else ()
        yield from _need(shape.ORAL in said, "pack.oral_validation", "FACT_EXISTS")


def _objections(pack: Pack) -> Iterator[Finding]:
    terms = {name for rules in pack.kinds.values() for name in rules.deadlines}
    for code, rule in pack.objections.items():
        at = f"pack.objections.{code}"
        yield from _need(rule.hold in set(HoldName), f"{at}.hold", "VOCABULARY")
        yield from _need(not rule.within or rule.within in terms, f"{at}.within", "DEADLINE_EXISTS")
        yield from _codes(rule.bases, f"{at}.bases")
        yield from _each(rule.never_alone, rule.bases, f"{at}.never_alone", "BASIS_EXISTS")


def _kinds(pack: Pack) -> Iterator[Finding]:
    ranks = {str(category.rank) for category in pack.categories.values()}
    yield from _need(pack.kinds, "pack.kinds", "PRESENT", errors.X_FIELD_MISSING)
    for name, rules in pack.kinds.items():
        at = f"pack.kinds.{name}"
        if name not in RequestKind.__members__:
            yield Finding(at, "VOCABULARY")
            continue
        used = {
            str(pack.categories[item].rank) for item in rules.categories if item in pack.categories
        } or ranks
        yield from _each(rules.categories, pack.categories, f"{at}.categories", "CATEGORY_EXISTS")
        yield from _need(set(rules.authority) == used, f"{at}.authority", "EACH_RANK")
        yield from _need(set(rules.threshold) == used, f"{at}.threshold", "EACH_RANK")
        yield from _each(rules.required_facts, pack.facts, f"{at}.required_facts", "FACT_EXISTS")
        yield from _need(pack.outcomes.get(name), f"pack.outcomes.{name}", "PRESENT", errors.X_FIELD_MISSING)
        yield from _terms(rules, at)
        notification = rules.notify_enforcing_authority
        if notification is not None:
            where = f"{at}.notify_enforcing_authority"
            yield from _each(notification.unless_all, pack.facts, where, "FACT_EXISTS")
            yield from _each([str(rank) for rank in notification.ranks], ranks, where, "EACH_RANK")


def _terms(rules: KindRules, at: str) -> Iterator[Finding]:
    for rank, authority in rules.authority.items():
        where = f"{at}.authority.{rank}"
        yield from _period(authority.ex_post, f"{where}.ex_post")
        yield from _need(authority.issue or authority.drafters, where, "SOMEBODY_ISSUES")
        yield from _need(not authority.drafters or authority.validate, where, "SOMEBODY_VALIDATES")
    for name, deadline in rules.deadlines.items():
        where = f"{at}.deadlines.{name}"
        yield from _period(deadline.normal, f"{where}.normal")
        yield from _period(deadline.emergency, f"{where}.emergency")
        yield from _need(deadline.clock in shape.CLOCKS, f"{where}.clock", "CLOCK")
        yield from _need(deadline.count in COUNTS, f"{where}.count", "VOCABULARY")
        yield from _need(deadline.basis, f"{where}.basis", "PRESENT", errors.X_FIELD_MISSING)
        yield from _need(deadline.on_silence in SILENCES, f"{where}.on_silence", "VOCABULARY")
        yield from _each(deadline.by_rank, rules.authority, f"{where}.by_rank", "EACH_RANK")
        for rank, text in deadline.by_rank.items():
            yield from _period(text, f"{where}.by_rank.{rank}")
        yield from _each(deadline.rests_with, RESTING, f"{where}.rests_with", "VOCABULARY")
        yield from _need(name == PRODUCE or not deadline.rests_with, f"{where}.rests_with", "PRODUCE_ONLY")
    yield from _period(rules.release_after, f"{at}.release_after")
    yield from _each(rules.two_persons, TWO_PERSON_KINDS, f"{at}.two_persons", "VOCABULARY")
    yield from _codes(rules.conditions_of_use, f"{at}.conditions_of_use")
    if rules.extension is not None:
        yield from _period(rules.extension.period, f"{at}.extension.period")
        yield from _need(rules.extension.most >= 1, f"{at}.extension.most", "RANGE")


def _expressions(pack: Pack) -> Iterator[Finding]:
    known = {code for codes in pack.refusal.values() for code in codes} | CODES
    for name, rules in pack.kinds.items():
        at = f"pack.kinds.{name}.rules"
        yield from _need(len(rules.rules) <= MAX_RULES, at, "COUNT")
        yield from _need(len({rule.id for rule in rules.rules}) == len(rules.rules), at, "UNIQUE")
        for i, rule in enumerate(rules.rules):
            yield from _rule(rule, known, f"{at}[{i}]")
    broken = list(_uncompiled(pack))
    yield from broken
    if not broken:
        yield from _failing(pack)


def _texts(pack: Pack) -> Iterator[tuple[RequestKind, str, str]]:
    """Yield every expression with the kind of request that it is for and its path."""
    for name, rules in pack.kinds.items():
        for i, rule in enumerate(rules.rules):
            for key, text in (("when", rule.when), ("holds", rule.holds)):
                if text:
                    yield RequestKind[name], f"pack.kinds.{name}.rules[{i}].{key}", text


def _uncompiled(pack: Pack) -> Iterator[Finding]:
    for _kind, at, text in _texts(pack):
        try:
            compiled(text)
        except Invalid as error:
            yield Finding(at, error.rule)


def _failing(pack: Pack) -> Iterator[Finding]:
    """Evaluate every expression on headers made up from the pack's vocabulary."""
    found: dict[tuple[str, str], Finding] = {}
    for kind, given in made_up(pack):
        for of, at, text in _texts(pack):
            if of is kind:
                try:
                    holds(text, given, at)
                except Invalid as error:
                    found[at, error.rule] = Finding(at, error.rule)
    yield from found.values()


def _rule(rule: Rule, known: set[str], at: str) -> Iterator[Finding]:
    yield from _need(_ID.fullmatch(rule.id), f"{at}.id", "ID")
    yield from _need(rule.code in known, f"{at}.code", "CODE_EXISTS")
    yield from _need(rule.basis, f"{at}.basis", "PRESENT", errors.X_FIELD_MISSING)
    yield from _need(rule.text, f"{at}.text", "PRESENT", errors.X_FIELD_MISSING)
    yield from _need(not rule.limits or rule.limits in known, f"{at}.limits", "CODE_EXISTS")


def _examples(pack: Pack) -> Iterator[Finding]:
    for i, example in enumerate(pack.examples):
        at = f"pack.examples[{i}]"
        yield from _date(example.day or None, f"{at}.day")
        yield from _need(example.shows in shape.EXAMPLE_CLASSES, f"{at}.shows", "VOCABULARY")
        if example.kind not in pack.kinds:
            yield Finding(f"{at}.kind", "KIND_EXISTS")
        elif differs(pack, example):
            yield Finding(f"{at}.outcome", "EXAMPLE_OUTCOME")
