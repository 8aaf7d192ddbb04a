# SPDX-License-Identifier: Apache-2.0
"""An emergency divided under every pack that ships: nothing is asked that the pack refuses, nothing is lost, nothing is added.

The wishes are made up from each pack's own vocabulary; the command is tested in tests/cli/test_emergency.py.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rogatory.client.pack_library import shipped_packs
from rogatory.protocol.header import Fact, Task
from rogatory.protocol.pack import EMERGENCY, Asked, Pack, Standing, judge, load_pack
from rogatory.protocol.pack.examples import asked_by
from rogatory.protocol.pack.shape import GRANTED, VALIDATION
from rogatory.protocol.pack.splitting import Part, Split, split
from rogatory.protocol.statements import RequestKind

PACKS = {name: load_pack(data) for name, data in shipped_packs().items()}
EU = next(pack for name, pack in PACKS.items() if name.startswith("eu."))
DAY = 20_700
BASIC = {
    "controller": ("CONTROLLER",), "emergency": ("LIFE",), "emergency.reason": ("CHILD_AT_RISK",),
    "offence.in_issuing_state": ("YES",), "person.resides_in_issuing_state": ("YES",), "person.role": ("VICTIM",),
    "target.location": ("OUTSIDE",),
}  # fmt: skip
Elements = frozenset[tuple[int, str]]


def wish(pack: Pack, role: str = "INVESTIGATOR", *, emergency: bool = True, validator: bool = True) -> Asked:
    """Everything that a pack knows, each element for each purpose, with the facts that most packs want."""
    kind = RequestKind.DISCLOSURE
    facts = [Fact(code, tuple(v for v in values if v in pack.facts[code].values)) for code, values in BASIC.items()
             if code in pack.facts and set(values) & set(pack.facts[code].values)
             and (emergency or not code.startswith("emergency"))]  # fmt: skip
    if "offence.max_penalty_months" in pack.facts:
        facts.append(Fact("offence.max_penalty_months", (), 120))
    purposes = sorted({purpose for known in pack.elements.values() for purpose in known})
    tasks = tuple(
        Task(
            number=i,
            identifier_type=min(pack.identifiers),
            elements=tuple(sorted(name for name, known in pack.elements.items() if purpose in known)),
            purpose=purpose,
            first_day=DAY - 9,
            last_day=DAY - 2,
        )
        for i, purpose in enumerate(purposes, 1)
    )
    only = pack.parties.get("only", ())
    country = only[0] if only else "XA"
    return Asked(
        kind, pack.kinds[kind.name].legal_type if kind.name in pack.kinds else "", role,
        tuple(sorted(facts, key=lambda fact: fact.code)), tasks, validator, True, DAY, country, only[-1] if only else "XB",
    )  # fmt: skip


def asked_for(tasks: tuple[Task, ...]) -> Elements:
    return frozenset((task.number, element) for task in tasks for element in task.elements)


def of(found: Split, kind: RequestKind) -> tuple[Part, ...]:
    return tuple(part for part in found.parts if part.asked.kind is kind)


def check(pack: Pack, asked: Asked) -> Split:
    """What holds of every division."""
    found = split(pack, asked, as_if_in_force=True)
    whole = asked_for(asked.tasks)
    facts = tuple(fact for fact in asked.facts if fact.code != VALIDATION)
    for part in found.parts:
        judged = judge(pack, part.asked, as_if_in_force=True)  # the pack lets it stand as it is
        assert judged == part.judged
        assert tuple(fact for fact in part.asked.facts if fact.code != VALIDATION) == facts
        assert (part.asked.role, part.asked.issuing, part.asked.receiving, part.asked.day) == (
            asked.role, asked.issuing, asked.receiving, asked.day
        )  # fmt: skip
        assert asked_for(part.asked.tasks) <= whole
        windows = {(t.number, t.first_day, t.last_day, t.purpose, t.identifier_type) for t in asked.tasks}
        assert {
            (t.number, t.first_day, t.last_day, t.purpose, t.identifier_type) for t in part.asked.tasks
        } <= windows
        assert part.asked.enforcing == (asked.enforcing and judged.notify)
        rule = pack.rules(part.asked.kind).authority[judged.rank]
        if judged.standing is Standing.VALIDATED_AFTER:
            assert rule.ex_post
            assert part.asked.emergency
            assert part.asked.validator
        if judged.standing is Standing.ALONE:
            assert asked.role in rule.issue
        else:
            assert part.asked.validator
    for kind in RequestKind:
        # Each element of the wish is in one part of a kind, or left with the refusal; never in two, never in neither.
        parts = [asked_for(part.asked.tasks) for part in of(found, kind)]
        once = frozenset[tuple[int, str]]().union(*parts)
        assert sum(map(len, parts)) == len(once)
        if kind.name in pack.kinds:
            left = {item.category for item in found.left if item.kind is kind}
            lost = {
                (task.number, element)
                for task in asked.tasks
                for element in task.elements
                if pack.category(element, task.purpose) in left
            }
            assert once | lost == whole
            assert not once & lost
    order = [(part.asked.kind is not RequestKind.PRESERVATION, not part.now) for part in found.parts]
    assert order == sorted(order)
    return found


@pytest.mark.parametrize("name", sorted(PACKS))
def test_a_division_never_asks_what_the_pack_refuses(name: str) -> None:
    pack = PACKS[name]
    roles = sorted(
        {role for rules in pack.kinds.values() for rule in rules.authority.values()
         for role in (*rule.drafters, *rule.issue)} | {"CLERK"}
    )  # fmt: skip
    for role, emergency, validator in product(roles, (True, False), (True, False)):
        found = check(pack, wish(pack, role, emergency=emergency, validator=validator))
        if role == "CLERK":
            assert not found.parts


@pytest.mark.parametrize("name", sorted(PACKS))
def test_what_a_pack_grants_is_in_a_part_of_its_division(name: str) -> None:
    pack = PACKS[name]
    granted = [item for item in pack.examples if item.outcome == GRANTED and not item.day]
    assert granted
    for example in granted:
        asked = asked_by(pack, example)
        whole = replace(
            asked, kind=RequestKind.DISCLOSURE, legal_type="", validator=bool(example.validated_by)
        )
        found = check(pack, whole)
        parts = [asked_for(part.asked.tasks) for part in of(found, asked.kind)]
        assert asked_for(asked.tasks) == frozenset[tuple[int, str]]().union(*parts), example.id
        everything = wish(pack, example.role)
        check(pack, replace(everything, facts=asked.facts, issuing=asked.issuing, receiving=asked.receiving))


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_whatever_is_stated_a_division_keeps_the_packs_word(data: st.DataObject) -> None:
    pack = PACKS[data.draw(st.sampled_from(sorted(PACKS)))]
    base = wish(pack, data.draw(st.sampled_from(["INVESTIGATOR", "JUDGE", "PROSECUTOR"])))
    codes = data.draw(st.lists(st.sampled_from(sorted(pack.facts)), unique=True, max_size=6))
    stated = {fact.code: fact for fact in base.facts}
    for code in codes:
        rule = pack.facts[code]
        if rule.values:
            chosen = data.draw(st.lists(st.sampled_from(rule.values), unique=True, min_size=1))
            stated[code] = Fact(code, tuple(sorted(chosen)))
        else:
            stated[code] = Fact(code, (), data.draw(st.integers(1, rule.number_max)))
    keep = data.draw(st.sets(st.sampled_from(sorted(asked_for(base.tasks))), min_size=1, max_size=8))
    tasks = tuple(
        replace(task, elements=tuple(e for e in task.elements if (task.number, e) in keep))
        for task in base.tasks
    )
    check(
        pack,
        replace(
            base,
            facts=tuple(stated[code] for code in sorted(stated)),
            tasks=tuple(task for task in tasks if task.elements),
            enforcing=data.draw(st.booleans()),
            validator=data.draw(st.booleans()),
        ),
    )


def test_the_eu_pack_freezes_asks_now_and_leaves_traffic_and_content_to_the_judge() -> None:
    found = check(EU, wish(EU))
    kinds = [(p.asked.kind.name, p.judged.categories, p.judged.standing) for p in found.parts]
    assert kinds == [
        ("PRESERVATION", ("CONTENT", "IDENTIFICATION", "SUBSCRIBER", "TRAFFIC"), Standing.VALIDATED_AFTER),
        ("DISCLOSURE", ("IDENTIFICATION", "SUBSCRIBER"), Standing.VALIDATED_AFTER),
        ("DISCLOSURE", ("CONTENT", "TRAFFIC"), Standing.VALIDATED_BEFORE),
    ]
    assert found.left == ()
    judge_part = found.parts[-1]
    assert judge_part.asked.fact(VALIDATION) is None  # the judge is asked before, whatever the hurry
    assert judge_part.asked.fact(EMERGENCY) is not None


def test_who_may_sign_alone_owes_nothing_and_names_nobody() -> None:
    found = check(EU, wish(EU, "JUDGE"))
    assert {part.judged.standing for part in found.parts} == {Standing.ALONE}
    assert not any(part.asked.validator for part in found.parts)


def test_without_an_emergency_nothing_goes_before_its_validation() -> None:
    found = check(EU, wish(EU, emergency=False))
    assert {part.judged.standing for part in found.parts} == {Standing.VALIDATED_BEFORE}


def test_what_no_judge_may_order_is_left_with_the_packs_rule() -> None:
    low = wish(EU)
    facts = tuple(Fact(f.code, (), 12) if f.code == "offence.max_penalty_months" else f for f in low.facts)
    found = check(EU, replace(low, facts=facts))
    assert {(item.category, item.refusal.code) for item in found.left} == {
        ("CONTENT", "X_OFFENCE_BELOW_THRESHOLD"),
        ("TRAFFIC", "X_OFFENCE_BELOW_THRESHOLD"),
    }
    assert [part.asked.kind.name for part in found.parts] == ["PRESERVATION", "DISCLOSURE"]


def test_a_protected_target_is_not_asked_for_before_a_judge_has_seen_it() -> None:
    stated = wish(EU)
    facts = sorted((*stated.facts, Fact("target.protected", ("PRESS",))), key=lambda fact: fact.code)
    found = check(EU, replace(stated, facts=tuple(facts)))
    asked = of(found, RequestKind.DISCLOSURE)
    assert [part.judged.standing for part in asked] == [Standing.VALIDATED_BEFORE]
