# SPDX-License-Identifier: Apache-2.0
"""Every file of ``bad`` is one small law with one thing wrong; its second line says what must be found and where.

Whether the packs that ship say what the law says is tested in test_shipped_packs.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from rogatory.protocol.errors import Invalid
from rogatory.protocol.pack import lint_pack, load_pack

HERE = Path(__file__).parent
BAD = sorted((HERE / "bad").glob("*.yaml"))
EXPECT = "# expect: "


def test_the_law_that_all_of_them_are_made_of_loads() -> None:
    assert load_pack((HERE / "tiny.yaml").read_bytes()).pack_id == "test.tiny"


def test_there_are_enough_of_them_to_mean_something() -> None:
    assert len(BAD) >= 40


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_bad_pack_is_refused_with_line_and_rule(path: Path) -> None:
    data = path.read_bytes()
    expected = data.decode().splitlines()[1]
    found = [f"{item.line} {item.path} {item.rule}" for item in lint_pack(data)]
    assert EXPECT + " ; ".join(found) == expected
    with pytest.raises(Invalid) as caught:
        load_pack(data)
    assert f"{caught.value.field} {caught.value.rule}" in expected


def test_lint_finds_everything_at_once_in_the_order_of_lines() -> None:
    text = (HERE / "tiny.yaml").read_text()
    for good, bad in (
        ("seal_months: 1", "seal_months: 7"),
        ("weekend_end: KEPT", "weekend_end: NEVER"),
        ("P10D", "P1Y"),
    ):
        text = text.replace(good, bad)
    found = lint_pack(text.encode())
    assert [item.rule for item in found] == ["VOCABULARY", "PERIOD", "LADDER"]
    assert [item.line for item in found] == sorted(item.line for item in found)
