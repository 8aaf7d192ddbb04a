# SPDX-License-Identifier: Apache-2.0
"""A header, matching particulars, recipients and a disclosure context for tests of sealing. Nobody in it exists."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from rogatory.client.sealing.xwing import UnitKeys, public_raw
from rogatory.protocol.content import Particulars
from rogatory.protocol.header import Address, Header, Issuer, Seen, StatementKind, Task
from rogatory.protocol.identifiers import IdentifierRule
from rogatory.protocol.ids import uuid7
from rogatory.protocol.instants import parse_instant
from rogatory.protocol.keys import Alg, key_id
from rogatory.protocol.sealed import DisclosureContext, identifier_commitment
from tests.support.realm import FixedClock, SeededEntropy

RULES = {
    "account_id": IdentifierRule(r"[a-z0-9._-]+@[a-z0-9.-]+", max_length=128),
    "ip_port_time": IdentifierRule(r"[0-9a-f:.\[\]]+", observed_required=True, max_length=48),
    "msisdn": IdentifierRule(r"\+[0-9]+", max_length=16),
}


class Recipient:
    """One unit's sealing key from a label."""

    def __init__(self, label: str) -> None:
        seed = hashlib.sha256(label.encode()).digest()
        self.raw = public_raw(seed)
        self.key_id = key_id(Alg.X_WING, self.raw)
        self.keys = UnitKeys([seed])


def recipients(*parties: Recipient) -> dict[bytes, bytes]:
    """Returns raw keys by key id."""
    return {party.key_id: party.raw for party in parties}


def particulars(value: bytes = b"203.0.113.7:40001", identifier_type: str = "ip_port_time") -> Particulars:
    """Returns the particulars of task 1: three days in November 2026, Vienna time."""
    return Particulars(
        task=1,
        identifier_type=identifier_type,
        identifier=value,
        commitment_key=b"c" * 32,
        since=parse_instant("2026-11-02T10:00:00+01:00"),
        until=parse_instant("2026-11-04T18:30:00", "Europe/Vienna"),
        service="access",
        observed=(parse_instant("2026-11-03T21:07:45.250+01:00"),),
        elements=("name", "nat_binding"),
        purpose="IDENTIFY",
        words="invented case",
    )


def header(opened: Particulars | None = None, label: str = "header") -> Header:
    """Returns the header of an issue whose task 1 agrees with the particulars."""
    opened = opened or particulars()
    clock, entropy = FixedClock(), SeededEntropy(label)
    plain = Header(
        realm=b"r" * 32,
        statement_id=uuid7(clock, entropy),
        request_id=uuid7(clock, entropy),
        kind=StatementKind.ISSUE,
        seen=Seen(),
        issuer=Issuer(b"o" * 16, b"u" * 16, b"s" * 16, "INVESTIGATOR", b"k" * 32),
        addressee=Address(b"p" * 16, b"q" * 16),
        issued_at_ms=clock.now_ms(),
        expires_at_ms=clock.now_ms() + 86_400_000,
        reply_to=Address(b"o" * 16, b"u" * 16),
        pack_digest=b"d" * 32,
    )
    commitment = identifier_commitment(
        opened.commitment_key, plain.realm, plain.request_id, 1, opened.identifier_type, opened.identifier
    )
    task = Task(
        number=1,
        identifier_type=opened.identifier_type,
        identifier_commitment=commitment,
        elements=opened.elements,
        purpose=opened.purpose,
        first_day=opened.since.utc_ms // 86_400_000,
        last_day=opened.until.utc_ms // 86_400_000,
    )
    return replace(plain, tasks=(task,))


def disclosure_context(*parties: Recipient) -> DisclosureContext:
    """Returns the context of a disclosure to these units."""
    return DisclosureContext(
        realm=b"r" * 32,
        request_id=b"q" * 16,
        disclosure_id=b"d" * 16,
        issue_digest=b"i" * 32,
        validate_digest=b"v" * 32,
        pack_digest=b"p" * 32,
        sender_org=b"o" * 16,
        sender_key_id=b"k" * 32,
        recipients=tuple(sorted(party.key_id for party in parties)),
    )
