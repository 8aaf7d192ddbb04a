# SPDX-License-Identifier: Apache-2.0
"""The exchange's signed "no", and the entry that it leaves: one for a statement, or one counted for a flood.

Digest, code, rule and field, and nothing of the content. Who is at fault is the TLS peer, since nothing else is proven
before a signature verifies. When there is a rejection, and when a flood, is not decided here.
"""

from __future__ import annotations

from rogatory.protocol import codec, errors
from rogatory.protocol.directory import KeyRow
from rogatory.protocol.entry import DEFAULT_SEAL_MONTHS, reject_fields
from rogatory.protocol.envelope import envelope_digest, parse_envelope, raw_digest
from rogatory.protocol.errors import RogatoryError
from rogatory.protocol.header import StatementKind
from rogatory.protocol.ids import is_uuid7, uuid7
from rogatory.protocol.statements import FLOOD_RULE, MAX_ENVELOPE, Reject, Statement
from rogatory.server.engine.batch import Batch, Placed
from rogatory.server.engine.core import Core
from rogatory.server.engine.floods import Flood


def place_rejection(
    core: Core, batch: Batch, row: KeyRow, data: bytes, error: RogatoryError
) -> tuple[Placed, bytes]:
    """Sign and log that a statement was not accepted; return its entry and the envelope."""
    body = Reject(raw_digest(data), error.code, error.rule, error.field)
    return _place(core, batch, row, _request_id(core, data), body)


def place_flood(core: Core, batch: Batch, flood: Flood) -> None:
    """Sign and log how many statements of a peer were turned away unread in the window that has ended."""
    body = Reject(code=errors.X_RATE_LIMITED, rule=FLOOD_RULE, field="peer", count=flood.turned_away)
    _place(core, batch, flood.row, uuid7(core.clock, core.entropy), body)


def _place(core: Core, batch: Batch, row: KeyRow, request_id: bytes, body: Reject) -> tuple[Placed, bytes]:
    envelope = core.sign(StatementKind.REJECT, body, request_id, row.address, batch.time_ms)
    fields = reject_fields(
        row.org,
        row.subject,
        row.roles[0] if row.roles else "",
        envelope_digest(parse_envelope(envelope), core.exchange_key.row.alg),
        body,
        batch.time_ms,
        DEFAULT_SEAL_MONTHS,
    )
    return batch.place(fields, row.org, None, envelope), envelope


def _request_id(core: Core, data: bytes) -> bytes:
    """The request that a rejected statement claims to be about, where it can be read; else a fresh id."""
    try:
        statement = codec.decode(Statement, parse_envelope(data).payload, limit=MAX_ENVELOPE)
    except RogatoryError:
        return uuid7(core.clock, core.entropy)
    claimed = statement.header.request_id
    return claimed if is_uuid7(claimed) else uuid7(core.clock, core.entropy)
