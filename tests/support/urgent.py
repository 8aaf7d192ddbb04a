# SPDX-License-Identifier: Apache-2.0
"""An emergency by the real command: a realm whose people have seen the exchange once, a draft, a carry file. All invented."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.support.commands import Realm
from tests.support.project import ROOT

PEOPLE = ("investigator", "prosecutor", "provider-service", "compliance", "inspector")
URGENT = {
    "emergency": {"values": ["LIFE"]},
    "emergency.reason": {"values": ["CHILD_AT_RISK"]},
    "validation": {"values": ["EX_POST"]},
}
WORD = "emergency\n"


def urgent_realm(folder: Path) -> Realm:
    """Makes a realm with a running server that everybody has seen once."""
    made = Realm.make(folder)
    made.start()
    for name in PEOPLE:
        said(made, "audit", "checkpoint", who=name)
    return made


def said(realm: Realm, *arguments: str, who: str, stdin: str = "", code: int = 0) -> dict[str, Any]:
    """Runs a command that must end as said, and returns its result, or its error."""
    ran = realm.here(*arguments, "--profile", who, "--json", stdin=stdin)
    assert ran.code == code, ran.out + ran.err
    found: dict[str, Any] = json.loads(ran.out)
    result: dict[str, Any] = found.get("result") or found["error"]
    return result


def drafted(realm: Realm, **changes: Any) -> str:  # noqa: ANN401 - JSON
    """An emergency's draft; return its id."""
    path = ROOT / "tests" / "cli" / "files" / "draft.json"
    draft: dict[str, Any] = json.loads(path.read_text("utf-8"))
    draft["tasks"] = [{**draft["tasks"][0], "elements": ["name"]}]
    draft = {**draft, "facts": {**draft["facts"], **URGENT}, **changes}
    draft["grounds"]["emergency_reasons"] = "A child is in danger (invented)."
    made = said(realm, "request", "new", "--from-json", "-", who="investigator", stdin=json.dumps(draft))
    request: str = made["request_id"]
    return request


def carried(realm: Realm, name: str) -> str:
    """Signs an emergency that cannot be sent, and carries it; return the request's id."""
    request = drafted(realm)
    said(realm, "request", "send", request, who="investigator", stdin=WORD)
    said(realm, "request", "carry", request, "-o", name, who="investigator", stdin=WORD)
    return request
