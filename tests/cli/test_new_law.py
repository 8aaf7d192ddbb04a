# SPDX-License-Identifier: Apache-2.0
"""A regime, an identifier type and a deadline that did not exist when the program was written, through the real command.

Everything new here is a file that this test writes; no source file knows of it. The law itself is invented.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rogatory.client.pack_library import shipped_packs
from tests.support.commands import Realm, said

HERE = Path(__file__).parent
DEADLINE = "produce: {normal: P10D, emergency: PT8H"
SHORTER = "produce: {normal: P3D, emergency: PT2H"
# An invented State keeps licences of drone pilots: two letters, six digits, and the Luhn digit of these.
REGIME = """\
# SPDX-License-Identifier: Apache-2.0
pack_id: northland.drones
pack_version: 1
title: Order about drone pilots (invented)
basis: invented
marking: EXERCISE
in_force: {since: "2026-01-01"}
parties: {only: [AT, IE]}
day_count: {start: day_after_event, weekend_end: KEPT}
categories: {PILOT: {etsi: SubscriberData, rank: 1}}
elements: {pilot_name: {IDENTIFY: PILOT, EVIDENCE: PILOT}}
identifiers:
  pilot_licence: {pattern: "[A-Z]{2}-[0-9]{6}", max_length: 9}
facts:
  flight.height_metres: {number_max: 12000}
  person.role: {values: [OTHER, SUSPECT]}
kinds:
  DISCLOSURE:
    legal_type: DRONE_ORDER
    required_facts: [flight.height_metres, person.role]
    authority: {"1": {drafters: [INVESTIGATOR], issue: [JUDGE], validate: [PROSECUTOR]}}
    threshold: {"1": {}}
    deadlines:
      produce: {normal: PT36H, clock: DELIVERED, basis: invented}
    rules:
      - id: high-enough
        holds: facts["flight.height_metres"] > 120
        code: X_OFFENCE_BELOW_THRESHOLD
        basis: invented
        text: Below 120 metres no licence is needed.
refusal: {authority: [A_NOT_NECESSARY], provider: [P_OTHER]}
outcomes: {DISCLOSURE: [DELIVERED, NO_RECORD]}
withdrawal: [ERROR]
statistics: none
log: {seal_months: 1, operations: [COLLECTION, DISCLOSURE]}
examples:
  - id: high
    shows: granted
    kind: DISCLOSURE
    role: INVESTIGATOR
    validated_by: PROSECUTOR
    tasks: [{identifier: pilot_licence, elements: [pilot_name], purpose: IDENTIFY}]
    facts: {person.role: [SUSPECT]}
    numbers: {flight.height_metres: 300}
    issuing: AT
    receiving: IE
    outcome: GRANTED
"""


@pytest.fixture
def realm(tmp_path: Path) -> Iterator[Realm]:
    made = Realm.make(tmp_path)
    made.start()
    yield made
    made.stop()


def enact(realm: Realm, name: str, text: str) -> None:
    (realm.folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    said(realm, "directory", "pack", "lint", f"{name}.yaml")
    said(
        realm,
        "directory",
        "pack",
        "sign",
        f"{name}.yaml",
        "--key",
        "realm/office/pack.key",
        "-o",
        f"{name}.quorum",
    )
    assert (
        said(realm, "directory", "pack", "publish", f"{name}.quorum", "--profile", "judge")["kind"] == "PACK"
    )


def drafted(realm: Realm, draft: dict[str, Any]) -> dict[str, Any]:
    text = json.dumps(draft)
    return said(realm, "request", "new", "--from-json", "-", "--profile", "investigator", stdin=text)


def usual() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((HERE / "files" / "draft.json").read_text("utf-8"))
    found["tasks"] = [{**found["tasks"][0], "elements": ["name"]}]
    return found


def granted(realm: Realm, draft: dict[str, Any]) -> str:
    """Draft, send, grant and deliver a request; return its id."""
    request: str = drafted(realm, draft)["request_id"]
    said(realm, "request", "send", request, "--yes", "--profile", "investigator")
    said(realm, "audit", "checkpoint", "--profile", "prosecutor")
    said(realm, "authority", "grant", request, "--profile", "prosecutor", stdin="grant\n")
    said(realm, "audit", "checkpoint", "--profile", "provider-service")
    said(realm, "provider", "connect", "--once", "--profile", "provider-service")
    return request


def terms(realm: Realm, request: str) -> dict[str, str]:
    status = said(realm, "request", "status", request, "--profile", "investigator")
    return {item["name"]: item["rule"] for item in status["duties"]}


def test_law_identifier_and_deadline_come_as_files_and_requests_in_flight_keep_theirs(realm: Realm) -> None:
    for name in ("investigator", "judge", "prosecutor", "provider-service", "compliance"):
        said(realm, "audit", "checkpoint", "--profile", name)
    in_flight = granted(realm, usual())

    enact(realm, "drones", REGIME)
    text = (
        shipped_packs()["eu.e-evidence.2023-1543.v2"].decode().replace("pack_version: 2", "pack_version: 3")
    )
    assert DEADLINE in text
    enact(realm, "shorter", text.replace(DEADLINE, SHORTER))
    listed = said(realm, "directory", "packs", "--profile", "judge")["packs"]
    assert [(item["pack_id"], item["pack_version"]) for item in listed] == [
        ("eu.e-evidence.2023-1543", 2),
        ("eu.e-evidence.2023-1543", 3),
        ("northland.drones", 1),
    ]
    said(realm, "audit", "checkpoint", "--profile", "investigator")

    pilot = usual() | {
        "pack_id": "northland.drones",
        "facts": {"flight.height_metres": {"number": 300}, "person.role": {"values": ["SUSPECT"]}},
    }
    pilot["tasks"] = [
        {
            **pilot["tasks"][0],
            "identifier_type": "pilot_licence",
            "identifier": "AB-123456",
            "elements": ["pilot_name"],
        }
    ]
    drone = granted(realm, pilot)
    assert terms(realm, drone)["produce"].startswith("northland.drones/1/")
    low = pilot | {"facts": {**pilot["facts"], "flight.height_metres": {"number": 100}}}
    low_request = drafted(realm, low)["request_id"]
    refused = said(realm, "request", "send", low_request, "--yes", "--profile", "investigator", code=4)
    assert (refused["code"], refused["rule"]) == (
        "X_OFFENCE_BELOW_THRESHOLD",
        "northland.drones/1/rules/high-enough",
    )

    fresh = granted(realm, usual())
    assert terms(realm, in_flight)["produce"].startswith("eu.e-evidence.2023-1543/2/")
    assert terms(realm, fresh)["produce"].startswith("eu.e-evidence.2023-1543/3/")

    arguments = (
        "--reason",
        "ERROR_IN_LAW",
        "--key",
        "realm/office/pack.key",
        "-o",
        "recall.quorum",
        "--profile",
        "judge",
    )
    said(realm, "directory", "pack", "recall", "northland.drones", *arguments)
    published = said(realm, "directory", "pack", "publish", "recall.quorum", "--profile", "judge")
    assert published["kind"] == "PACK_RECALL"
    for name in ("investigator", "compliance"):
        said(realm, "audit", "checkpoint", "--profile", name)
    frozen = said(realm, "provider", "receive", drone, "--yes", "--profile", "compliance", code=4)
    assert frozen["code"] == "X_PACK_RECALLED"
    another = drafted(realm, pilot)["request_id"]
    unsent = said(realm, "request", "send", another, "--yes", "--profile", "investigator", code=4)
    assert unsent["code"] == "X_PACK_RECALLED"
    said(realm, "request", "withdraw", drone, "--code", "ERROR", "--yes", "--profile", "investigator")
