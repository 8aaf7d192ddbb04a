# SPDX-License-Identifier: Apache-2.0
"""Every rule of a pack that bears on a request, with its legal basis, each passed or failed (architecture §11).

``judging`` alone decides; this lists what it looked at, so that a judge sees the rules that hold as well as those that do not.
A finding that no line here stands for is added as a failure: the list can be longer than what is known here, never milder.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rogatory.protocol.errors import Refused
from rogatory.protocol.pack.asked import Asked
from rogatory.protocol.pack.expressions import context, holds
from rogatory.protocol.pack.judging import findings, notification_required, standing
from rogatory.protocol.pack.law import Pack
from rogatory.protocol.pack.shape import SENTENCE, KindRules


@dataclass(frozen=True, slots=True)
class Checked:
    """A rule that was held against a request.

    Attributes:
        rule: Full name: pack, version, path; or a rule of the protocol.
        basis: Act and article; empty for a rule of the protocol.
        text: The pack's own sentence; empty where the rule is a table.
        passed: Whether it holds.
        code: Code of the refusal; empty where it holds.
        field: Field at fault; empty where it holds.
    """

    rule: str
    basis: str
    text: str = ""
    passed: bool = True
    code: str = ""
    field: str = ""


def checklist(pack: Pack, asked: Asked, *, as_if_in_force: bool = False) -> tuple[Checked, ...]:
    """Return the rules that were looked at, in the order of the pack, and what failed besides."""
    failed: dict[str, Refused] = {}
    for refusal in findings(pack, asked, as_if_in_force=as_if_in_force):
        failed.setdefault(refusal.rule, refusal)
    listed = dict.fromkeys(pack.rule(path) for path in _paths(pack, asked))
    return tuple(
        _checked(pack, rule, asked.kind.name, failed.get(rule))
        for rule in (*listed, *(failed.keys() - listed.keys()))
    )


def legal_basis(pack: Pack, rule: str, kind: str) -> str:
    """Return act and, where the pack names one, article of a rule for a kind of request; empty for a rule not of this pack.

    The kind matters: one rule of the same name may stand on another article there.
    """
    prefix = pack.rule("")
    if not rule.startswith(prefix):
        return ""
    article = _article(pack, rule.removeprefix(prefix), kind)
    return ", ".join(part for part in (pack.basis, article) if part)


def rule_text(pack: Pack, rule: str, kind: str) -> str:
    """Return the pack's sentence of a rule for a kind of request; empty where it has none."""
    head, _, name = rule.removeprefix(pack.rule("")).partition("/")
    found = (item for rules in _kind(pack, kind) for item in rules.rules if item.id == name)
    return next((item.text for item in found), "") if head == "rules" else ""


def _checked(pack: Pack, rule: str, kind: str, refusal: Refused | None) -> Checked:
    basis, text = legal_basis(pack, rule, kind), rule_text(pack, rule, kind)
    if refusal is None:
        return Checked(rule, basis, text)
    return Checked(rule, basis, text, passed=False, code=refusal.code, field=refusal.field)


def _kind(pack: Pack, kind: str) -> tuple[KindRules, ...]:
    return (pack.kinds[kind],) if kind in pack.kinds else ()


def _article(pack: Pack, path: str, kind: str) -> str:
    """Return the article that a path's own entry names: of a rule, a reservation, a deadline."""
    head, _, name = path.partition("/")
    if head == "rules":
        rules = (rule for item in _kind(pack, kind) for rule in item.rules if rule.id == name)
        return next((rule.basis for rule in rules), "")
    if head == "reservations" and name.isdigit() and int(name) < len(pack.reservations):
        return pack.reservations[int(name)].basis
    deadlines = (item.deadlines for item in _kind(pack, kind))
    return next((found[name].basis for found in deadlines if head == "deadlines" and name in found), "")


def _paths(pack: Pack, asked: Asked) -> Iterator[str]:
    yield "in_force"
    yield "parties"
    yield from (
        f"reservations/{i}" for i, item in enumerate(pack.reservations) if item.party == asked.receiving
    )
    yield "kinds"
    rules = pack.kinds.get(asked.kind.name)
    if rules is None:
        return
    yield "legal_type"
    yield "facts"
    yield from (f"required_facts/{code}" for code in rules.required_facts)
    if pack.languages:
        yield "languages"
    yield "identifiers"
    yield "elements"
    if rules.categories:
        yield "categories"
    categories = {pack.category(element, task.purpose) for task in asked.tasks for element in task.elements}
    known = tuple(sorted(name for name in categories if name is not None))
    if known and len(known) == len(categories):
        yield from _of_rank(pack, asked, rules, known)


def _of_rank(pack: Pack, asked: Asked, rules: KindRules, categories: tuple[str, ...]) -> Iterator[str]:
    """Yield what depends on the strictest category: threshold, notification, who signs, expressions."""
    rank = pack.rank(categories)
    if rank not in rules.authority:
        return  # a category that this kind does not have; `categories` fails
    threshold, authority = rules.threshold[rank], rules.authority[rank]
    if threshold.sentence_execution_min_months and asked.fact(SENTENCE) is not None:
        yield f"threshold/{rank}/sentence"
    if threshold.max_penalty_months_gte:
        yield f"threshold/{rank}/offence"
    if notification_required(asked, rules, rank):
        yield "notify_enforcing_authority"
    yield f"authority/{rank}/issue"
    if asked.role not in authority.issue:
        yield f"authority/{rank}/validate"
        if asked.oral:
            yield "oral_validation"
        if asked.ex_post:
            yield f"authority/{rank}/ex_post"
    mine = [rule for rule in rules.rules if not rule.limits]
    if mine:
        given = context(asked, pack.facts, categories, int(rank), standing(asked, authority).value, mine)
        for rule in mine:
            if not rule.when or holds(rule.when, given, f"pack.rules.{rule.id}"):
                yield f"rules/{rule.id}"
