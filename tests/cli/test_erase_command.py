# SPDX-License-Identifier: Apache-2.0
"""Two officers have the exchange forget a request, through the real command against the real server.

What is destroyed where is not looked at here.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import Realm

HERE = Path(__file__).parent
AGENCY, COLLEAGUE = ("--profile", "investigator"), ("--profile", "duty-officer")


@pytest.fixture
def realm(tmp_path: Path) -> Iterator[Realm]:
    made = Realm.make(tmp_path)
    shutil.copy(HERE / "files" / "draft.json", tmp_path)
    made.start()
    yield made
    made.stop()


def said(realm: Realm, *arguments: str, code: int = 0) -> dict[str, Any]:
    ran = realm.here(*arguments, "--json")
    assert ran.code == code, ran.out + ran.err
    found: dict[str, Any] = json.loads(ran.out)
    result: dict[str, Any] = found.get("result") or found["error"]
    return result


def test_a_request_is_erased_by_two_officers_and_who_asks_is_told_so(realm: Realm) -> None:
    request = said(realm, "request", "new", "--from-json", "draft.json", *AGENCY)["request_id"]
    said(realm, "request", "send", request, *AGENCY, "--yes")
    early = said(realm, "request", "erase", request, "--ground", "NOT_NEEDED", *AGENCY, "--yes", code=4)
    assert early["code"] == "X_STATE_NOT_ALLOWED"
    said(realm, "request", "withdraw", request, "--code", "ERROR", *AGENCY, "--yes")
    waits = said(realm, "request", "erase", request, "--ground", "NOT_NEEDED", *AGENCY, "--yes")
    assert waits["queued"]
    alone = said(realm, "request", "second", waits["second_file"], *AGENCY, "--yes", code=3)
    assert alone["rule"] == "SECOND.OTHER_PERSON"
    said(realm, "request", "second", waits["second_file"], *COLLEAGUE, "--yes")
    gone = realm.here("request", "send", "--waiting", *AGENCY)
    assert gone.code == 0, gone.out + gone.err
    erased = said(realm, "request", "status", request, *AGENCY, code=4)
    assert (erased["code"], erased["rule"]) == ("X_ERASED", "ERASED")
    assert said(realm, "request", "status", *AGENCY)["requests"] == []
    rows = said(realm, "audit", "list", "--profile", "inspector")["entries"]
    assert [row["kind"] for row in rows].count("ERASE") == 1
