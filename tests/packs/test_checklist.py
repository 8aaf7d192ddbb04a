# SPDX-License-Identifier: Apache-2.0
"""A list of passed and failed rules says exactly what the judging says, on every example of every pack that ships.

Which rules a pack has is not judged here.
"""

from __future__ import annotations

import pytest

from rogatory.client.pack_library import shipped_packs
from rogatory.protocol.pack import Pack, checklist, findings, legal_basis, load_pack
from rogatory.protocol.pack.examples import asked_by
from rogatory.protocol.pack.shape import Example

PACKS = [load_pack(data) for data in shipped_packs().values()]
CASES = [pytest.param(p, e, id=f"{p.pack_id}.v{p.pack_version}:{e.id}") for p in PACKS for e in p.examples]


@pytest.mark.parametrize(("pack", "example"), CASES)
def test_what_fails_is_what_the_judging_refuses(pack: Pack, example: Example) -> None:
    asked = asked_by(pack, example)
    out = not example.day
    checked = checklist(pack, asked, as_if_in_force=out)
    refused = {(item.rule, item.code, item.field) for item in findings(pack, asked, as_if_in_force=out)}
    failed = {(item.rule, item.code, item.field) for item in checked if not item.passed}
    assert failed <= refused
    assert {rule for rule, _, _ in failed} == {rule for rule, _, _ in refused}
    assert len({item.rule for item in checked}) == len(checked)
    assert all(item.code == "" for item in checked if item.passed)
    assert all(item.basis for item in checked if item.rule.startswith(pack.rule("")))


def test_a_basis_names_the_article_where_the_pack_does() -> None:
    for pack in PACKS:
        for name, kind in pack.kinds.items():
            for rule in kind.rules:
                basis = legal_basis(pack, pack.rule(f"rules/{rule.id}"), name)
                assert basis == f"{pack.basis}, {rule.basis}"
        assert legal_basis(pack, pack.rule("facts"), "DISCLOSURE") == pack.basis
        assert legal_basis(pack, "STORED_DATA_ONLY", "DISCLOSURE") == ""
    eu = next(pack for pack in PACKS if pack.pack_id == "eu.e-evidence.2023-1543")
    assert "6(4)" in legal_basis(eu, eu.rule("rules/emergency-is-reasoned"), "PRESERVATION")
    assert "5(5)(g)" in legal_basis(eu, eu.rule("rules/emergency-is-reasoned"), "DISCLOSURE")
    term = eu.kinds["DISCLOSURE"].deadlines["produce"]
    assert legal_basis(eu, eu.rule("deadlines/produce"), "DISCLOSURE") == f"{eu.basis}, {term.basis}"


def test_a_list_of_a_granted_request_passes_and_names_who_may_sign() -> None:
    for pack in PACKS:
        for example in pack.examples:
            if example.outcome == "GRANTED":
                checked = checklist(pack, asked_by(pack, example), as_if_in_force=not example.day)
                assert all(item.passed for item in checked), (pack.pack_id, example.id)
                assert any("/authority/" in item.rule for item in checked)
