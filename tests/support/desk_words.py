# SPDX-License-Identifier: Apache-2.0
"""A realm with the files of the transcripts, and short ways to type a command at one of its desks. They judge nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tests.support.commands import Ran, Realm
from tests.support.project import ROOT
from tests.support.published import check_published

FILES: Final = ROOT / "tests" / "cli" / "files"
PROVIDER, AUTHORITY = "Example Access (invented)", "Court and prosecutor of Northland (invented)"
LOG: Final = "08:15:00 login ok\n08:15:07 login of lifted-user@svc.example from outside\n"


def desks(folder: Path) -> Iterator[Realm]:
    """Makes a realm with a running server and ends it."""
    made = Realm.make(folder)
    for item in FILES.iterdir():
        (folder / item.name).write_bytes(item.read_bytes())
    (folder / "access.log").write_text(LOG, "utf-8")
    made.start()
    yield made
    made.stop()


def example() -> dict[str, Any]:
    """The draft of the transcripts, as plain data."""
    data: dict[str, Any] = json.loads((FILES / "draft.json").read_text("utf-8"))
    return data


def said(realm: Realm, words: str, who: str, *more: str, stdin: str = "", code: int = 0) -> dict[str, Any]:
    """Types a command with --json, which must end as said, and returns its one object."""
    ran = realm.here(*words.split(), *more, "--profile", who, "--json", stdin=stdin)
    assert ran.code == code, f"{words}: {ran}"
    check_published(ran.out, ran.code)
    answer: dict[str, Any] = json.loads(ran.out)
    return answer


def shown(realm: Realm, words: str, who: str, *more: str, stdin: str = "", code: int = 0) -> Ran:
    """Types a command for a person's eyes."""
    ran = realm.here(*words.split(), *more, "--profile", who, stdin=stdin)
    assert ran.code == code, f"{words}: {ran}"
    return ran


def draft(realm: Realm, **changes: Any) -> str:  # noqa: ANN401 - parts of a JSON draft
    """Keeps a draft like the one of the transcripts and returns its id."""
    data = example() | changes
    answer = said(realm, "request new --from-json -", "investigator", stdin=json.dumps(data))
    return str(answer["result"]["request_id"])


def issued(realm: Realm, **changes: Any) -> str:  # noqa: ANN401 - parts of a JSON draft
    """Sends such a request."""
    made = draft(realm, **changes)
    said(realm, f"request send {made} --yes", "investigator")
    return made
