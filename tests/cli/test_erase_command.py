# SPDX-License-Identifier: Apache-2.0
"""Two officers have the exchange forget a request, through the real command against the real server.

What is destroyed where is not looked at here.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.commands import Realm, said

HERE = Path(__file__).parent
AGENCY, COLLEAGUE = ("--profile", "investigator"), ("--profile", "duty-officer")


@pytest.fixture
def realm(tmp_path: Path) -> Iterator[Realm]:
    made = Realm.make(tmp_path)
    shutil.copy(HERE / "files" / "draft.json", tmp_path)
    made.start()
    yield made
    made.stop()


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
