# SPDX-License-Identifier: Apache-2.0
"""The taxonomy of trafficking is consistent under every law that discloses: act, means, purpose, and children without means.

Palermo Protocol Art. 3. Whether a case is one of trafficking is for courts.
"""

from __future__ import annotations

import pytest

from rogatory.client.pack_library import shipped_packs
from rogatory.protocol.errors import Refused
from rogatory.protocol.header import Fact, Task
from rogatory.protocol.pack import Pack, load_pack
from rogatory.protocol.pack.asked import Asked
from rogatory.protocol.pack.judging import judge
from rogatory.protocol.pack.shape import GRANTED, Example
from rogatory.protocol.statements import RequestKind

Facts = dict[str, tuple[str, ...]]
ACT: Facts = {"offence.act": ("RECRUITMENT",)}
MEANS: Facts = {"offence.means": ("DECEPTION",)}
PURPOSE: Facts = {"offence.exploitation": ("FORCED_LABOUR",)}
CHILD: Facts = {"offence.victim_is_child": ("YES",)}
TRAFFICKING: Facts = {"offence.annex_iv": ("TRAFFICKING_IN_HUMAN_BEINGS",)}
PACKS = {
    name: load_pack(data)
    for name, data in shipped_packs().items()
    if RequestKind.DISCLOSURE.name in load_pack(data).kinds
}


def granted(pack: Pack) -> Example:
    """The pack's first example of a disclosure that is granted, one without an emergency if there is any."""
    found = [item for item in pack.examples if item.kind == "DISCLOSURE" and item.outcome == GRANTED]
    return min(found, key=lambda item: "emergency" in item.facts)


def broken(pack: Pack, facts: Facts) -> str:
    """The taxonomy's rule that a granted example breaks with these facts added."""
    example = granted(pack)
    stated = dict(example.facts) | {code: value for code, value in facts.items() if code in pack.facts}
    listed = [Fact(code, tuple(sorted(values))) for code, values in stated.items()]
    listed += [Fact(code, (), number) for code, number in example.numbers.items()]
    day = 20_000
    asked = Asked(
        kind=RequestKind.DISCLOSURE,
        legal_type=pack.kinds["DISCLOSURE"].legal_type,
        role=example.role,
        facts=tuple(sorted(listed, key=lambda fact: fact.code)),
        tasks=tuple(
            Task(i, task.identifier, bytes(32), tuple(sorted(task.elements)), task.purpose, day - 9, day - 1)
            for i, task in enumerate(example.tasks, 1)
        ),
        validator=bool(example.validated_by),
        enforcing=example.notified,
        day=day,
        issuing=example.issuing,
        receiving=example.receiving,
    )
    try:
        judge(pack, asked, as_if_in_force=True)
    except Refused as error:
        return error.rule.rpartition("/")[2]
    return ""


@pytest.mark.parametrize("name", PACKS)
def test_an_adult_needs_a_means_a_child_needs_none_and_an_act_needs_a_purpose(name: str) -> None:
    pack = PACKS[name]
    base = ACT | TRAFFICKING
    assert broken(pack, base | MEANS | PURPOSE) == ""
    assert broken(pack, base | PURPOSE | CHILD) == ""
    if "emergency" in granted(pack).facts:  # an emergency does not wait for a complete taxonomy
        return
    assert broken(pack, base | PURPOSE) == "trafficking-means"
    assert broken(pack, base | MEANS) == "trafficking-purpose"


@pytest.mark.parametrize("name", PACKS)
def test_an_exploitation_of_children_has_a_child_for_a_victim(name: str) -> None:
    pack = PACKS[name]
    csam: Facts = {"offence.exploitation": ("CSAM",)}
    assert broken(pack, csam | CHILD) == ""
    rules = {rule.id for rule in pack.kinds["DISCLOSURE"].rules}
    assert "exploited-children-are-children" in rules
    waits = "emergency" in granted(pack).facts
    assert broken(pack, csam) == ("" if waits else "exploited-children-are-children")
