# SPDX-License-Identifier: Apache-2.0
"""The packs that ship load, give their examples' outcomes, say everything in words, and mark what was not confirmed.

Each example runs as a test of its own. That the figures agree with the official texts no test can say.
"""

from __future__ import annotations

import pytest

from rogatory.client.pack_library import chosen_packs, shipped_packs
from rogatory.protocol.errors import Refused
from rogatory.protocol.identifier_types import CHECKS
from rogatory.protocol.pack import Pack, lint_pack, load_pack
from rogatory.protocol.pack.examples import outcome
from rogatory.protocol.pack.shape import EXAMPLE_CLASSES, GRANTED, Example

FILES = shipped_packs()
EXAMPLES = [(name, example) for name, data in FILES.items() for example in load_pack(data).examples]
# What issue after issue of the reference names: one pack for each.
REGIMES = {
    "cloud.us-uk", "coe.budapest.16-18", "coe.budapest.29-30", "coe.cets224.10", "coe.cets224.6", "coe.cets224.7",
    "coe.cets224.8", "coe.cets224.9", "eu.e-evidence.2023-1543", "training.fictitious", "un.cybercrime.25",
    "un.cybercrime.26", "un.cybercrime.27", "un.cybercrime.42", "us.sca.2702b8", "us.sca.2703-warrant", "us.sca.2703c2",
    "us.sca.2703d", "us.sca.2703f",
}  # fmt: skip


def test_every_regime_of_the_reference_ships() -> None:
    assert {load_pack(data).pack_id for data in FILES.values()} == REGIMES


@pytest.mark.parametrize("name", FILES)
def test_a_shipped_pack_has_nothing_to_find_and_is_named_as_its_file(name: str) -> None:
    assert lint_pack(FILES[name]) == ()
    pack = load_pack(FILES[name])
    assert name == f"{pack.pack_id}.v{pack.pack_version}"
    assert pack.title
    assert pack.basis


@pytest.mark.parametrize("name", FILES)
def test_a_shipped_pack_shows_what_is_granted_what_is_refused_and_where_the_edge_is(name: str) -> None:
    assert {example.shows for example in load_pack(FILES[name]).examples} == set(EXAMPLE_CLASSES)


@pytest.mark.parametrize(("name", "example"), EXAMPLES, ids=lambda value: getattr(value, "id", value))
def test_an_example_gives_its_outcome(name: str, example: Example) -> None:
    code, rule = outcome(load_pack(FILES[name]), example)
    assert code == example.outcome
    assert example.shows == "edge" or (example.shows == "granted") == (code == GRANTED)
    if example.rule:
        assert rule.endswith(f"/{example.rule}")


@pytest.mark.parametrize("name", FILES)
def test_a_shipped_identifier_type_has_a_label_and_an_example(name: str) -> None:
    pack = load_pack(FILES[name])
    assert [kind for kind, rule in pack.identifiers.items() if not (rule.label and rule.examples)] == []
    assert pack.labels.get("postal_address") == ("BILLING", "INSTALLATION", "REGISTERED")


def test_every_type_with_a_check_of_its_own_is_in_some_shipped_pack() -> None:
    shipped = {kind for data in FILES.values() for kind in load_pack(data).identifiers}
    assert shipped == set(CHECKS)


def test_what_is_not_confirmed_is_marked_and_what_is_not_in_force_has_no_first_day() -> None:
    packs: list[Pack] = [load_pack(data) for data in FILES.values()]
    unmarked = {pack.pack_id for pack in packs if not pack.unverified}
    assert unmarked == {"training.fictitious"}
    waiting = {pack.pack_id for pack in packs if pack.in_force.since is None}
    assert waiting == {name for name in REGIMES if name.startswith(("coe.cets224", "un.cybercrime"))}


def test_packs_are_chosen_by_id_by_version_or_all_and_an_unknown_one_is_refused() -> None:
    assert chosen_packs(["us.sca.2703f"]) == chosen_packs(["us.sca.2703f.v1"])
    assert len(chosen_packs(["all"])) == len(FILES)
    with pytest.raises(Refused) as caught:
        chosen_packs(["us.sca.9999"])
    assert (caught.value.code, caught.value.rule) == ("X_PACK_UNKNOWN", "PACK.SHIPS")
