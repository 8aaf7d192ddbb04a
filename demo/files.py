# SPDX-License-Identifier: Apache-2.0
"""What a provider's systems would hold: real file formats, synthetic values, documentation addresses only.

A FreeRADIUS detail file, a carrier-grade NAT syslog (RFC 5424), an mbox of headers, subscriber records, and one large
generated file. The marker's words stand in each of them. Nobody in them exists.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

LARGE_BYTES = 256 * 1024 * 1024
_BLOCK = 1024 * 1024


@dataclass(frozen=True)
class Case:
    """The invented case: the words to plant, and when it is."""

    words: str
    account: str
    telephone: str
    address: str
    since: dt.datetime
    until: dt.datetime

    @property
    def subscriber(self) -> str:
        """The invented subscriber's name; it carries the marker."""
        return f"EXERCISE PERSON {self.words}"

    def hours(self, step: int) -> list[dt.datetime]:
        """Moments inside the window, ``step`` hours apart."""
        count = int((self.until - self.since).total_seconds()) // (3600 * step)
        return [self.since + dt.timedelta(hours=step * i, minutes=7) for i in range(count)]


def write_all(folder: Path, case: Case, *, large: bool) -> None:
    """Write every file of the disclosure, and the plan that declares what each of them is.

    ``large`` decides whether the flow export has 256 MiB or one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "subscriber.jsonl").write_text(subscriber(case), encoding="utf-8")
    (folder / "radius-detail.log").write_text(radius_detail(case), encoding="utf-8")
    (folder / "cgnat.log").write_text(cgnat(case), encoding="utf-8")
    (folder / "headers.mbox").write_text(mbox(case), encoding="utf-8")
    flows(folder / "flows.bin", case, LARGE_BYTES if large else _BLOCK)
    (folder / "plan.json").write_text(json.dumps(plan(case), indent=1), encoding="utf-8")


def subscriber(case: Case) -> str:
    """Records as JSON lines: one for each element, as of a moment in the window."""
    instant = case.until.isoformat()
    payloads = {"name": case.subscriber, "postal_address": f"1 Invented Street, {case.words}, Nowhere"}
    rows = (
        {"instant": instant, "task": 1, "element": element, "payload": payload}
        for element, payload in payloads.items()
    )
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def radius_detail(case: Case) -> str:
    """Accounting records as FreeRADIUS writes them to a detail file."""
    blocks = []
    for i, moment in enumerate(case.hours(3)):
        blocks.append(
            f"{moment:%a %b %e %H:%M:%S %Y}\n"
            f'\tUser-Name = "{case.account}"\n'
            f"\tAcct-Status-Type = {'Start' if i % 2 == 0 else 'Stop'}\n"
            f'\tAcct-Session-Id = "EX{i:06d}"\n'
            f"\tFramed-IP-Address = 192.0.2.{i % 250 + 1}\n"
            f'\tReply-Message = "{case.words}"\n'
            f"\tTimestamp = {int(moment.timestamp())}\n\n"
        )
    return "".join(blocks)


def cgnat(case: Case) -> str:
    """Port bindings of a carrier-grade NAT as syslog lines."""
    public, port = case.address.rsplit(":", 1)
    lines = []
    for i, moment in enumerate(case.hours(2)):
        stamp = moment.isoformat(timespec="milliseconds")
        lines.append(
            f"<134>1 {stamp} nat1.isp.example CGNAT 4711 NATBIND - "
            f"{case.words}: created 198.51.100.{i % 250 + 1}:{50_000 + i} -> {public}:{port} proto=tcp\n"
        )
    return "".join(lines)


def mbox(case: Case) -> str:
    """Message headers without bodies: traffic data, not content."""
    messages = []
    for i, moment in enumerate(case.hours(12)):
        messages.append(
            f"From sender@mail.example {moment:%a %b %e %H:%M:%S %Y}\n"
            f"Date: {email.utils.format_datetime(moment)}\n"
            f"From: invented-{i}@mail.example\nTo: {case.account}\n"
            f"Message-ID: <{i}@mail.example>\nX-Exercise: {case.words}\n\n\n"
        )
    return "".join(messages)


def flows(path: Path, case: Case, length: int) -> None:
    """A generated flow export: bytes without structure, with the words in every megabyte."""
    mark = f"\nEXERCISE FLOW {case.words}\n".encode()
    with path.open("wb") as out:
        for i in range(length // _BLOCK):
            block = hashlib.shake_128(f"flow {i}".encode()).digest(_BLOCK // 16) * 16
            out.write(mark + block[len(mark) :])


def plan(case: Case) -> object:
    """The provider's plan: which file answers which task with which element, and what cannot be found."""
    span = {"since": {"text": case.since.isoformat()}, "until": {"text": case.until.isoformat()}}
    return {
        "items": [
            {
                "path": "subscriber.jsonl",
                "task": 1,
                "element": "name",
                "format": "RECORDS",
                "label": "BILLING",
            },
            {"path": "radius-detail.log", "task": 1, "element": "access_session", "format": "RADIUS_DETAIL"},
            {"path": "headers.mbox", "task": 1, "element": "message_header", "format": "MBOX"},
            {"path": "cgnat.log", "task": 2, "element": "nat_binding", "format": "CGNAT_SYSLOG"},
            {"path": "flows.bin", "task": 2, "element": "flow_record", "format": "OPAQUE", **span},
        ],
        "outcomes": {"1": "DELIVERED", "2": "DELIVERED"},
        "words": f"Complete as of today. {case.words}",
    }
