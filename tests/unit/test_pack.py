# SPDX-License-Identifier: Apache-2.0
"""Packs are read strictly: what does not fit together is refused with the field, and nothing unknown is passed over.

What the EU pack's rules do to a request is tested in test_eu_rules.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from rogatory.client.pack_library import chosen_packs
from rogatory.protocol.errors import Invalid
from rogatory.protocol.pack import MAX_PACK, load_pack
from rogatory.protocol.statements import RequestKind
from tests.support.refused import refusal

(EU,) = chosen_packs()


def changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    data = yaml.safe_load(EU)
    change(data)
    return yaml.safe_dump(data).encode()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda d: d.update(extra=1), "pack"),
        (lambda d: d.pop("pack_id"), "pack.pack_id"),
        (lambda d: d.update(pack_version=0), "pack.pack_version"),
        (lambda d: d.update(pack_version="1"), "pack.pack_version"),
        (lambda d: d.update(marking="REAL"), "pack.marking"),
        (lambda d: d["in_force"].update(since="18 August 2026"), "pack.in_force.since"),
        (lambda d: d["day_count"].update(start="event_day"), "pack.day_count.start"),
        (lambda d: d["elements"]["name"].update(EVIDENCE="NOBODY"), "pack.elements.name"),
        (lambda d: d["kinds"].update(WISH=copy.deepcopy(d["kinds"]["DISCLOSURE"])), "pack.kinds.WISH"),
        (lambda d: d["kinds"]["DISCLOSURE"]["authority"].pop("2"), "pack.kinds.DISCLOSURE.authority"),
        (lambda d: d["kinds"]["DISCLOSURE"]["threshold"].pop("1"), "pack.kinds.DISCLOSURE.threshold"),
        (
            lambda d: d["kinds"]["DISCLOSURE"]["deadlines"]["produce"].update(normal="10 days"),
            "pack.kinds.DISCLOSURE.deadlines.produce.normal",
        ),
        (
            lambda d: d["kinds"]["DISCLOSURE"].update(required_facts=["mood"]),
            "pack.kinds.DISCLOSURE.required_facts",
        ),
        (lambda d: d["identifiers"]["imei"].update(pattern="["), "pack.identifiers.imei.pattern"),
        (lambda d: d["log"].update(seal_months=7), "pack.log.seal_months"),
        (lambda d: d["outcomes"].pop("PRESERVATION"), "pack.outcomes.PRESERVATION"),
        (lambda d: d.update(digest="00"), "pack"),
    ],
)
def test_a_pack_that_does_not_fit_together_is_refused_with_the_field(change: Any, field: str) -> None:  # noqa: ANN401
    with pytest.raises(Invalid) as caught:
        load_pack(changed(change))
    assert caught.value.field == field


@pytest.mark.parametrize(
    "data", [b"", b"- a list", b"{unclosed: ", b"!!python/object:os.system {}", b"\xff\xfe"]
)
def test_what_is_no_pack_is_refused_and_runs_nothing(data: bytes) -> None:
    with pytest.raises(Invalid) as caught:
        load_pack(data)
    assert caught.value.code in {"X_ENCODING", "X_FIELD_MISSING"}


def test_a_pack_over_the_cap_is_refused_before_it_is_read() -> None:
    with pytest.raises(Invalid) as caught:
        load_pack(b"#" * (MAX_PACK + 1))
    assert caught.value.code == "X_TOO_LARGE"


def test_one_changed_byte_is_another_pack() -> None:
    assert load_pack(EU).digest != load_pack(EU + b"# \n").digest


def test_a_pack_has_no_rules_for_a_kind_that_it_does_not_know() -> None:
    pack = load_pack(
        changed(
            lambda d: [d[name].pop("PRESERVATION") for name in ("kinds", "outcomes")] + [d.pop("examples")]
        )
    )
    assert pack.rules(RequestKind.DISCLOSURE).legal_type
    assert refusal(pack.rules, RequestKind.PRESERVATION) == (
        "X_FIELD_INVALID",
        "body.request_kind",
        pack.rule("kinds"),
    )
