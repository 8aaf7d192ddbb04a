# SPDX-License-Identifier: Apache-2.0
"""The carry file of `provider receive` and `request receive`, broken in every way: a code, a field and a rule, and nothing kept.

Real commands on a real profile; the exchange is stopped, as it is when such a file is used. Files that were changed by somebody who knows
what is in them are tests/attacks' matter.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.breakages import BREAKAGES, picture
from tests.support.commands import Realm
from tests.support.urgent import carried, urgent_realm


@pytest.fixture(scope="module")
def realm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Realm]:
    made = urgent_realm(tmp_path_factory.mktemp("carried"))
    made.stop()
    carried(made, "order.carry")
    yield made
    made.stop()


@pytest.mark.parametrize(
    ("breakage", "expected"),
    [
        ("vanished", (2, "USAGE", "{at}", "PRESENT")),
        ("a folder", (2, "USAGE", "{at}", "REGULAR_FILE")),
        ("a pipe", (2, "USAGE", "{at}", "REGULAR_FILE")),
        ("a device", (2, "USAGE", "{at}", "REGULAR_FILE")),
        ("a link to nowhere", (2, "USAGE", "{at}", "PRESENT")),
        ("empty", (4, "X_ENCODING", "carried", "MAGIC")),
        ("truncated", (4, "X_ENCODING", "carried.head", "LENGTH")),
        ("a byte order mark", (4, "X_ENCODING", "carried", "MAGIC")),
        ("oversized", (4, "X_ENCODING", "carried", "LENGTH")),
    ],
)
def test_a_broken_file_is_named_by_field_and_rule_and_nothing_is_kept(
    realm: Realm, breakage: str, expected: tuple[int, str, str, str]
) -> None:
    path = realm.folder / "broken.carry"
    path.write_bytes((realm.folder / "order.carry").read_bytes())
    BREAKAGES[breakage](path)
    for words, who, at in (
        (("provider", "receive"), "compliance", "REQUEST"),
        (("request", "receive"), "investigator", "FILE"),
    ):
        if who == "investigator" and breakage == "oversized":
            continue  # its head is whole, so it is told first that it is for somebody else
        before = _kept(realm, who)
        ran = realm.here(*words, path.name, "--offline", "--profile", who, "--json", stdin="emergency\n")
        error = json.loads(ran.out)["error"]
        found = (ran.code, error["code"], error["field"], error["rule"])
        assert found == (*expected[:2], expected[2].format(at=at), expected[3])
        assert _kept(realm, who) == before
    _remove(path)


def _kept(realm: Realm, who: str) -> dict[str, object]:
    """What lies in a profile, but for the lock and what a verified head leaves."""
    found = picture(realm.folder / "realm" / "profiles" / who)
    return {name: value for name, value in found.items() if not name.startswith(("lock", "state/heads"))}


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    else:
        path.unlink(missing_ok=True)
