# SPDX-License-Identifier: Apache-2.0
"""A provider's catalogue through the real server and the real command: declared, verified, and used by who asks.

What the exchange refuses is in tests/integration/test_catalogue.py. Nobody and nothing here exists.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import Realm, said

HERE = Path(__file__).parent
DECLARED: dict[str, Any] = json.loads((HERE / "files" / "catalogue.json").read_text("utf-8"))


@pytest.fixture
def realm(tmp_path: Path) -> Iterator[Realm]:
    made = Realm.make(tmp_path)
    made.start()
    yield made
    made.stop()


def declare(realm: Realm, data: dict[str, Any], who: str = "compliance", code: int = 0) -> dict[str, Any]:
    arguments = ("provider", "catalogue", "publish", "-", "--yes", "--profile", who)
    return said(realm, *arguments, stdin=json.dumps(data), code=code)


def shared_address(**change: object) -> dict[str, Any]:
    """A draft that asks who had an address without a port."""
    draft: dict[str, Any] = json.loads((HERE / "files" / "draft.json").read_text("utf-8"))
    moment = draft["tasks"][0]["since"]
    task = {
        "identifier_type": "ip_time", "identifier": "203.0.113.7", "elements": ["name"], "purpose": "IDENTIFY",
        "observed": [moment],
    }  # fmt: skip
    draft["tasks"] = [{**draft["tasks"][0], **task, **change}]
    return draft


def drafted(realm: Realm, draft: dict[str, Any]) -> str:
    arguments = ("request", "new", "--from-json", "-", "--yes", "--profile", "investigator")
    request: str = said(realm, *arguments, stdin=json.dumps(draft))["request_id"]
    return request


def test_a_declared_shared_address_needs_port_and_moment_of_everybody_who_asks(realm: Realm) -> None:
    as_investigator = ("--profile", "investigator")
    draft = drafted(realm, shared_address())
    assert said(realm, "request", "lint", draft, *as_investigator)["findings"] == []
    assert said(realm, "provider", "catalogue", "show", *as_investigator)["catalogues"] == []

    published = declare(realm, DECLARED)
    assert published["version"] == 1
    (found,) = said(realm, "request", "lint", draft, *as_investigator, code=4)["findings"]
    assert (found["code"], found["severity"]) == ("X_IDENTIFIER_INCOMPLETE", "ERROR")
    refused = said(realm, "request", "send", draft, "--yes", *as_investigator, code=4)
    assert refused["code"] == "X_IDENTIFIER_INCOMPLETE"

    (shown,) = said(realm, "provider", "catalogue", "show", *as_investigator)["catalogues"]
    assert shown["counts"]
    assert shown["index"] == published["index"]
    assert shown["services"] == ["access.mobile", "mail"]
    assert [item["element"] for item in shown["holdings"]] == ["access_session", "login_ip", "name"]
    plain = realm.here("provider", "catalogue", "show", "--plain", *as_investigator)
    assert "+15550100123" in plain.out
    assert "90 days" in plain.out

    realm.stop()  # what was verified is used without a network too
    (offline,) = said(realm, "request", "lint", draft, *as_investigator, code=4)["findings"]
    assert offline["code"] == "X_IDENTIFIER_INCOMPLETE"


def test_the_profiles_own_file_asks_for_more_and_never_for_less(realm: Realm) -> None:
    as_investigator = ("--profile", "investigator")
    draft = drafted(realm, shared_address())
    unit = declare(realm, DECLARED)["unit"]
    (shown,) = said(realm, "provider", "catalogue", "show", *as_investigator)["catalogues"]
    file = realm.folder / "realm" / "profiles" / "investigator" / "catalogue.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps({"providers": {f"{shown['org']}:{unit}": {"cgnat": False}}}))
    assert said(realm, "request", "lint", draft, *as_investigator, code=4)["findings"]
    declare(realm, {**DECLARED, "cgnat": False})
    assert said(realm, "request", "lint", draft, *as_investigator)["findings"] == []
    file.write_text(json.dumps({"providers": {shown["org"]: {"cgnat": True}}}))
    assert said(realm, "request", "lint", draft, *as_investigator, code=4)["findings"]


def test_a_version_stands_and_only_the_provider_speaks(realm: Realm) -> None:
    declare(realm, {**DECLARED, "version": 4})
    again = declare(realm, {**DECLARED, "cgnat": False, "version": 4}, code=4)
    assert (again["code"], again["rule"]) == ("X_REPLAY", "CATALOGUE.FORK")
    older = declare(realm, {**DECLARED, "version": 3}, code=4)
    assert older["rule"] == "CATALOGUE.VERSION_GROWS"
    assert declare(realm, DECLARED, "provider-service")["version"] == 5
    assert declare(realm, DECLARED, "investigator", code=3)["rule"] == "CATALOGUE.OWN"
    assert declare(realm, {"services": []}, code=2)["rule"] == "PRESENT"
    words = declare(realm, {**DECLARED, "services": ["ask for jo"]}, code=4)
    assert (words["field"], words["rule"]) == ("catalogue.services[0]", "FORM")
