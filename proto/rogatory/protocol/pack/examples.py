# SPDX-License-Identifier: Apache-2.0
"""A pack's own examples, and headers made up from its vocabulary: what a pack must get right before it loads.

A law in a file is a program, and its author gives the test with it: requests with the outcome that they must have. The
made-up headers hold no meaning; they only show that no expression fails, whatever a request states. Both are the same for
every reader, so that a pack loads everywhere or nowhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

from rogatory.protocol.errors import Refused, RogatoryError
from rogatory.protocol.header import Fact, Task
from rogatory.protocol.pack.asked import Asked
from rogatory.protocol.pack.expressions import context
from rogatory.protocol.pack.judging import Standing, check_validator, judge
from rogatory.protocol.pack.law import Pack
from rogatory.protocol.pack.periods import parse_day
from rogatory.protocol.pack.shape import GRANTED, Example
from rogatory.protocol.statements import RequestKind

T = TypeVar("T")

GENERATED: Final = 64
# An example without a day says what the law says whenever it applies; where it does not apply yet, any day will do.
_SOME_DAY: Final = 20_000
_JURISDICTIONS: Final = ("XA", "XB")


def asked_by(pack: Pack, example: Example) -> Asked:
    """Return the request of an example."""
    if example.day:
        day = parse_day(example.day, "pack.examples.day")
    else:
        day = parse_day(pack.in_force.since, "pack.in_force.since") if pack.in_force.since else _SOME_DAY
    facts = [Fact(code, values) for code, values in example.facts.items()]
    facts += [Fact(code, (), number) for code, number in example.numbers.items()]
    kind = RequestKind[example.kind]
    return Asked(
        kind=kind,
        legal_type=pack.rules(kind).legal_type,
        role=example.role,
        facts=tuple(sorted(facts, key=lambda fact: fact.code)),
        tasks=tuple(
            Task(
                number=i,
                identifier_type=task.identifier,
                elements=tuple(sorted(task.elements)),
                purpose=task.purpose,
                first_day=day - task.first_day,
                last_day=day - task.last_day,
            )
            for i, task in enumerate(example.tasks, 1)
        ),
        validator=bool(example.validated_by),
        enforcing=example.notified,
        day=day,
        issuing=example.issuing,
        receiving=example.receiving,
    )


def outcome(pack: Pack, example: Example) -> tuple[str, str]:
    """Return what becomes of an example: GRANTED or a refusal's code, and the refusal's rule."""
    asked = asked_by(pack, example)
    try:
        judged = judge(pack, asked, as_if_in_force=not example.day)
        if judged.standing is not Standing.ALONE and example.validated_by:
            check_validator(pack, asked.kind, judged.rank, example.validated_by)
    except RogatoryError as error:
        return error.code, error.rule
    return GRANTED, ""


def differs(pack: Pack, example: Example) -> bool:
    """Tell whether an example has another outcome than it states."""
    code, rule = outcome(pack, example)
    return code != example.outcome or (bool(example.rule) and rule != pack.rule(example.rule))


def made_up(pack: Pack) -> Iterator[tuple[RequestKind, object]]:
    """Yield kinds of request and contexts for their expressions, made up from the pack's own vocabulary."""
    source = _Dice(pack.digest)
    for name in sorted(pack.kinds):
        kind = RequestKind[name]
        if not pack.rules(kind).rules:
            continue
        for i in range(GENERATED):
            asked = _asked(pack, kind, source, density=i / (GENERATED - 1))
            try:
                categories = pack.categories_of(asked.tasks)
            except Refused:
                continue
            validation = source.choice(list(Standing)).value
            rank, rules = int(pack.rank(categories)), pack.rules(kind).rules
            yield kind, context(asked, pack.facts, categories, rank, validation, rules)


class _Dice:
    """Choices that follow from a digest alone. The standard library's generator may choose otherwise in its next version."""

    def __init__(self, seed: bytes) -> None:
        self._state = seed

    def below(self, end: int) -> int:
        """Return a number from 0 to ``end`` - 1."""
        self._state = hashlib.sha256(self._state).digest()
        return int.from_bytes(self._state) % end

    def choice(self, items: Sequence[T]) -> T:
        """Return one of several things."""
        return items[self.below(len(items))]

    def some(self, items: Sequence[T]) -> list[T]:
        """Return at least one of several things, in their order."""
        kept = [item for item in items if self.below(2)]
        return kept or [self.choice(items)]


def _asked(pack: Pack, kind: RequestKind, source: _Dice, density: float) -> Asked:
    """Make up a request; with density 0 it states no fact, with 1 it states all."""
    facts: list[Fact] = []
    for code, rule in sorted(pack.facts.items()):
        if source.below(100) < 100 * density:
            chosen = source.some(rule.values) if rule.values else []
            number = 0 if chosen else 1 + source.below(rule.number_max)
            facts.append(Fact(code, tuple(sorted(chosen)), number))
    rules = pack.rules(kind)
    roles = sorted({role for rule in rules.authority.values() for role in (*rule.drafters, *rule.issue)})
    return Asked(
        kind,
        rules.legal_type,
        source.choice(roles or [""]),
        tuple(facts),
        tuple(_task(pack, number, source) for number in range(1, 2 + source.below(3))),
        bool(source.below(2)),
        bool(source.below(2)),
        _SOME_DAY,
        source.choice(_JURISDICTIONS),
        source.choice(_JURISDICTIONS),
    )


def _task(pack: Pack, number: int, source: _Dice) -> Task:
    element = source.choice(sorted(pack.elements))
    last = _SOME_DAY - source.below(400)
    return Task(
        number=number,
        identifier_type=source.choice(sorted(pack.identifiers)),
        elements=(element,),
        purpose=source.choice(sorted(pack.elements[element])),
        first_day=last - source.below(400),
        last_day=last,
    )
