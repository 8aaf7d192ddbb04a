# SPDX-License-Identifier: Apache-2.0
"""Rules evaluated as one say what each says for itself: for the packs that ship, and for expressions written to trip the joining."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rogatory.client.pack_library import shipped_packs
from rogatory.protocol.errors import Invalid
from rogatory.protocol.header import Fact, Task
from rogatory.protocol.pack import Asked, Pack, load_pack
from rogatory.protocol.pack.expressions import broken, context, holds
from rogatory.protocol.pack.shape import FactRule, Rule
from rogatory.protocol.statements import RequestKind

_PACKS: Final = tuple(load_pack(data) for data in shipped_packs().values())
_WITH_RULES: Final = tuple(
    (pack, RequestKind[name]) for pack in _PACKS for name, kind in pack.kinds.items() if kind.rules
)
_FACTS: Final = {"a": FactRule(values=("X", "Y")), "n": FactRule(number_max=9)}
_ASKED: Final = Asked(
    RequestKind.DISCLOSURE, "T", "JUDGE", (), (Task(1, elements=("name",), purpose="IDENTIFY"),),
    True, False, 20_000, "XA", "XB",
)  # fmt: skip


def one_by_one(
    asked: Asked,
    facts: Mapping[str, FactRule],
    categories: tuple[str, ...],
    rank: int,
    validation: str,
    rules: list[Rule],
) -> list[str]:
    given = context(asked, facts, categories, rank, validation, rules)
    return [
        rule.id
        for rule in rules
        if (not rule.when or holds(rule.when, given, rule.id)) and not holds(rule.holds, given, rule.id)
    ]


@st.composite
def requests(draw: st.DrawFn) -> tuple[Pack, Asked, str]:
    pack, kind = draw(st.sampled_from(_WITH_RULES))
    facts = []
    for code in sorted(draw(st.sets(st.sampled_from(sorted(pack.facts))))):
        rule = pack.facts[code]
        values = draw(st.sets(st.sampled_from(rule.values), min_size=1)) if rule.values else set()
        number = 0 if values else draw(st.integers(1, rule.number_max))
        facts.append(Fact(code, tuple(sorted(values)), number))
    element = draw(st.sampled_from(sorted(pack.elements)))
    purpose = draw(st.sampled_from(sorted(pack.elements[element])))
    first = draw(st.integers(19_000, 19_900))
    task = Task(
        1, draw(st.sampled_from(sorted(pack.identifiers))), b"", (element,), purpose, first, first + 50
    )
    role = draw(st.sampled_from(["JUDGE", "COURT", "PROSECUTOR", "POLICE"]))
    asked = replace(_ASKED, kind=kind, role=role, facts=tuple(facts), tasks=(task,))
    return pack, asked, draw(st.sampled_from(["BEFORE", "AFTER", "NONE"]))


@given(requests())
def test_the_rules_of_shipped_packs_say_together_what_each_says(made: tuple[Pack, Asked, str]) -> None:
    pack, asked, validation = made
    categories = pack.categories_of(asked.tasks)
    rules = list(pack.rules(asked.kind).rules)
    given_ = (asked, pack.facts, categories, int(pack.rank(categories)), validation, rules)
    assert [rule.id for rule in broken(*given_)] == one_by_one(*given_)


def said(holds_: str, when: str = "", *facts: Fact) -> list[str]:
    asked = replace(_ASKED, facts=facts)
    rules = [
        Rule("first", holds_, "X_FIELD_INVALID", "basis", "text", when=when),
        Rule("last", "role == 'JUDGE'", "X_FIELD_INVALID", "basis", "text"),
    ]
    found = [rule.id for rule in broken(asked, _FACTS, ("SUBSCRIBER",), 1, "BEFORE", rules)]
    assert found == one_by_one(asked, _FACTS, ("SUBSCRIBER",), 1, "BEFORE", rules)
    return found


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('size(facts["a"]) == 0', []),
        ('size(facts["a"]) > 0', ["first"]),
        ('rank == 1 && "SUBSCRIBER" in categories', []),
        ("rank == 2 || size(categories) > 1", ["first"]),
        ('facts["n"] == 0', []),
        ('facts["n"] > 0 // what is absent counts nothing', ["first"]),
        ("true || false // a || must not reach the next rule", []),
        ("size('facts[\"a\"]') == 10", []),
        ('size("""facts["a"]""") == 10', []),
        ('size(facts) == 2 && !("b" in facts)', []),
        ('facts.exists(f, f == "a")', []),
    ],
)
def test_text_that_looks_like_a_fact_and_comments_change_nothing(
    expression: str, expected: list[str]
) -> None:
    assert said(expression) == expected


def test_a_fact_that_is_stated_is_read_and_not_written_in() -> None:
    assert said('"Y" in facts["a"]', "", Fact("a", ("Y",))) == []
    assert said('"X" in facts["a"]', 'size(facts["a"]) > 0', Fact("a", ("Y",))) == ["first"]
    assert said('facts["n"] < 3', 'facts["n"] > 0', Fact("n", number=5)) == ["first"]


@pytest.mark.parametrize("expression", ['facts["a"] > 3', 'facts["n"]', "size(facts.a) < 1 / (tasks - 1)"])
def test_a_rule_that_fails_is_named_though_all_were_evaluated_as_one(expression: str) -> None:
    rules = [Rule("bad", expression, "X_FIELD_INVALID", "basis", "text")]
    with pytest.raises(Invalid) as caught:
        list(broken(_ASKED, _FACTS, (), 1, "BEFORE", rules))
    assert caught.value.field == "pack.rules.bad"
    assert caught.value.rule in {"CEL.FAILS", "CEL.BOOLEAN"}
