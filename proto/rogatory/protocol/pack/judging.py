# SPDX-License-Identifier: Apache-2.0
"""What a pack says to a request: granted as it stands, to be validated, or refused with code, field and rule.

One pure function for the exchange, both ends, ``lint`` and the pack's own examples, so that a draft is judged at the desk
exactly as it will be judged at the exchange. The order is that of severity: whether the law applies at all, what may be
said, what is asked, how grave the matter is, who may ask. The strictest category decides for the whole (regimes §9.2).
Who the parties are, what is sealed to whom and what has happened before is not looked at here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from rogatory.protocol import errors
from rogatory.protocol.errors import Refused
from rogatory.protocol.header import DAY_MS
from rogatory.protocol.identifiers import BULK_TYPES
from rogatory.protocol.pack.asked import Asked
from rogatory.protocol.pack.expressions import broken
from rogatory.protocol.pack.law import Pack
from rogatory.protocol.pack.shape import LANGUAGE, LISTED, PENALTY, SENTENCE, AuthorityRule, KindRules
from rogatory.protocol.statements import RequestKind


class Standing(StrEnum):
    """On whose word the request goes out."""

    ALONE = "NONE"
    VALIDATED_BEFORE = "BEFORE"
    VALIDATED_AFTER = "AFTER"


@dataclass(frozen=True, slots=True)
class Judged:
    """What follows from a request that the pack lets stand.

    Attributes:
        categories: Data categories, ascending.
        rank: Rank of the strictest.
        standing: On whose word it goes out.
        notify: Whether the enforcing authority must be told.
        suspended: Whether nothing may be delivered until that authority has raised no ground, or its time is over.
    """

    categories: tuple[str, ...]
    rank: str
    standing: Standing
    notify: bool
    suspended: bool


def judge(pack: Pack, asked: Asked, *, as_if_in_force: bool = False) -> Judged:
    """Judge a request; ``as_if_in_force`` leaves out whether the pack applies on that day, for drafts of law.

    Raises:
        Refused: The first finding of ``findings``.
    """
    for refusal in findings(pack, asked, as_if_in_force=as_if_in_force):
        raise refusal
    rules = pack.rules(asked.kind)
    categories = pack.categories_of(asked.tasks)
    rank = pack.rank(categories)
    notify = notification_required(asked, rules, rank)
    rule = rules.notify_enforcing_authority
    suspended = (
        notify and rule is not None and (rule.suspensive_in_emergency if asked.emergency else rule.suspensive)
    )
    return Judged(categories, rank, standing(asked, rules.authority[rank]), notify, suspended)


def findings(pack: Pack, asked: Asked, *, as_if_in_force: bool = False) -> Iterator[Refused]:
    """Yield everything that is wrong with a request, gravest first.

    What cannot be looked at because of an earlier finding is left out: without a category there is no rank.
    """
    if not as_if_in_force and not pack.in_force_at(asked.day * DAY_MS):
        yield Refused(errors.X_PACK_NOT_IN_FORCE, "header.pack_digest", pack.rule("in_force"))
    yield from _parties(pack, asked)
    rules = pack.kinds.get(asked.kind.name)
    if rules is None:
        yield Refused(errors.X_FIELD_INVALID, "body.request_kind", pack.rule("kinds"))
        return
    if asked.legal_type != rules.legal_type:
        yield Refused(errors.X_FIELD_INVALID, "body.legal_type", pack.rule("legal_type"))
    yield from _facts(pack, asked, rules)
    yield from _tasks(pack, asked)
    try:
        categories = pack.categories_of(asked.tasks)
    except Refused as error:
        yield error
        return
    yield from _categories(pack, asked, rules, categories)
    rank = pack.rank(categories)
    if rank not in rules.authority:
        return  # of a category that this kind does not have, as was just said
    yield from _threshold(pack, asked, rules, rank)
    if notification_required(asked, rules, rank) and not asked.enforcing:
        path = pack.rule("notify_enforcing_authority")
        yield Refused(errors.X_NOTIFICATION_MISSING, "header.facts", path)
    yield from _authority(pack, asked, rules, rank)
    yield from _expressions(pack, asked, rules, categories, rank)


def standing(asked: Asked, rule: AuthorityRule) -> Standing:
    """Return on whose word a request goes out, given the rule of its rank."""
    if asked.role in rule.issue:
        return Standing.ALONE
    return Standing.VALIDATED_AFTER if asked.ex_post and rule.ex_post else Standing.VALIDATED_BEFORE


def check_validator(pack: Pack, kind: RequestKind, rank: str, role: str) -> None:
    """Check that a role may validate requests of a rank.

    Raises:
        Refused: ``X_AUTHORITY_NOT_COMPETENT``.
    """
    if role not in pack.rules(kind).authority[rank].validate:
        raise Refused(
            errors.X_AUTHORITY_NOT_COMPETENT, "header.issuer.role", pack.rule(f"authority/{rank}/validate")
        )


def notification_required(asked: Asked, rules: KindRules, rank: str) -> bool:
    """Tell whether the enforcing authority must be told (Reg. 2023/1543 Art. 8)."""
    rule = rules.notify_enforcing_authority
    if rule is None or int(rank) not in rule.ranks:
        return False
    return not (rule.unless_all and all(asked.states(code, "YES") for code in rule.unless_all))


def _parties(pack: Pack, asked: Asked) -> Iterator[Refused]:
    excluded, only = pack.parties.get("except", ()), pack.parties.get("only", ())
    for field, country in (("header.issuer", asked.issuing), ("header.addressee", asked.receiving)):
        if country in excluded or (only and country not in only):
            yield Refused(errors.X_PACK_NOT_IN_FORCE, field, pack.rule("parties"))
    for i, item in enumerate(pack.reservations):
        bound = not item.kinds or asked.kind.name in item.kinds
        if item.party == asked.receiving and bound and not item.categories:
            yield Refused(
                errors.X_ADDRESSEE_NOT_DESIGNATED, "header.addressee", pack.rule(f"reservations/{i}")
            )


def _facts(pack: Pack, asked: Asked, rules: KindRules) -> Iterator[Refused]:
    """The pack's vocabulary is what keeps free text out of the clear."""
    for i, fact in enumerate(asked.facts):
        rule = pack.facts.get(fact.code)
        fits = rule is not None and (
            (set(fact.values) <= set(rule.values) and fact.values and not fact.number)
            if rule.values
            else (not fact.values and 0 < fact.number <= rule.number_max)
        )
        if not fits:
            yield Refused(errors.X_FIELD_INVALID, f"header.facts[{i}]", pack.rule("facts"))
    for code in rules.required_facts:
        if asked.fact(code) is None:
            yield Refused(errors.X_FIELD_MISSING, "header.facts", pack.rule(f"required_facts/{code}"))
    if pack.languages and not any(asked.states(LANGUAGE, language) for language in pack.languages):
        yield Refused(errors.X_LANGUAGE_NOT_ACCEPTED, "header.facts", pack.rule("languages"))


def _tasks(pack: Pack, asked: Asked) -> Iterator[Refused]:
    for i, task in enumerate(asked.tasks):
        if task.identifier_type not in pack.identifiers:
            bulk = task.identifier_type in BULK_TYPES
            code = errors.X_TARGET_NOT_SPECIFIC if bulk else errors.X_FIELD_INVALID
            yield Refused(code, f"header.tasks[{i}].identifier_type", pack.rule("identifiers"))
        if task.last_day > asked.day:
            yield Refused(errors.X_PROSPECTIVE_DATA, f"header.tasks[{i}].last_day", "STORED_DATA_ONLY")


def _categories(pack: Pack, asked: Asked, rules: KindRules, categories: tuple[str, ...]) -> Iterator[Refused]:
    if rules.categories and set(categories) - set(rules.categories):
        yield Refused(errors.X_CATEGORY_NOT_IN_PACK, "header.tasks", pack.rule("categories"))
    for i, item in enumerate(pack.reservations):
        bound = not item.kinds or asked.kind.name in item.kinds
        if item.party == asked.receiving and bound and set(item.categories) & set(categories):
            yield Refused(errors.X_CATEGORY_NOT_IN_PACK, "header.tasks", pack.rule(f"reservations/{i}"))


def _threshold(pack: Pack, asked: Asked, rules: KindRules, rank: str) -> Iterator[Refused]:
    rule = rules.threshold[rank]
    sentence, penalty, listed = asked.fact(SENTENCE), asked.fact(PENALTY), asked.fact(LISTED)
    if sentence is not None and sentence.number < rule.sentence_execution_min_months:
        path = pack.rule(f"threshold/{rank}/sentence")
        yield Refused(errors.X_OFFENCE_BELOW_THRESHOLD, "header.facts", path)
    if not rule.max_penalty_months_gte:
        return
    reached = penalty is not None and penalty.number >= rule.max_penalty_months_gte
    if not reached and not (listed is not None and set(listed.values) & set(rule.listed)):
        path = pack.rule(f"threshold/{rank}/offence")
        yield Refused(errors.X_OFFENCE_BELOW_THRESHOLD, "header.facts", path)


def _authority(pack: Pack, asked: Asked, rules: KindRules, rank: str) -> Iterator[Refused]:
    """Who may sign: alone, as a drafter whom an authority validates, or in an emergency as one validated afterwards."""
    rule = rules.authority[rank]
    if asked.role in rule.issue:
        return
    if asked.role not in rule.drafters:
        path = pack.rule(f"authority/{rank}/issue")
        yield Refused(errors.X_AUTHORITY_NOT_COMPETENT, "header.issuer.role", path)
        return
    if asked.oral and not pack.oral_validation:
        yield Refused(errors.X_VALIDATION_MISSING, "header.facts", pack.rule("oral_validation"))
    elif asked.ex_post and not rule.ex_post:
        path = pack.rule(f"authority/{rank}/ex_post")
        yield Refused(errors.X_EX_POST_NOT_ALLOWED_FOR_CATEGORY, "header.facts", path)
    elif asked.ex_post and not asked.emergency and not asked.oral:
        yield Refused(errors.X_VALIDATION_MISSING, "header.facts", pack.rule(f"authority/{rank}/ex_post"))
    if not asked.validator:
        yield Refused(errors.X_VALIDATION_MISSING, "body.authority", pack.rule(f"authority/{rank}/validate"))


def _expressions(
    pack: Pack, asked: Asked, rules: KindRules, categories: tuple[str, ...], rank: str, limits: str = ""
) -> Iterator[Refused]:
    """What the rules of a kind say to a request; with ``limits``, those about the use of that refusal code."""
    mine = [rule for rule in rules.rules if rule.limits == limits]
    if not mine:
        return
    stands = standing(asked, rules.authority[rank]).value
    for rule in broken(asked, pack.facts, categories, int(rank), stands, mine):
        field = "body.code" if limits else rule.field
        yield Refused(rule.code, field, pack.rule(f"rules/{rule.id}"))


def check_refusal(pack: Pack, asked: Asked, code: str) -> None:
    """Hold a refusal of the enforcing authority against the rules that limit its use.

    Raises:
        Refused: With the rule's code: this ground is not open here.
    """
    rules = pack.rules(asked.kind)
    categories = pack.categories_of(asked.tasks)
    for refusal in _expressions(pack, asked, rules, categories, pack.rank(categories), code):
        raise refusal
