# SPDX-License-Identifier: Apache-2.0
"""What of a carried request is in the log, what waits, what was refused, and what the other side owes (architecture §13).

Told from what this party holds: its own outbox and receipts, the exchange's signed rejections, and the signed statements in
the files that came in. It sends nothing; the outbox goes by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from rogatory.client.carried_store import CarriedIn, carried_files, carried_requests, header_of, logged_here
from rogatory.client.outbox import list_outbox
from rogatory.client.private_files import read_kept
from rogatory.client.rejections import verify_rejection
from rogatory.client.session import Session
from rogatory.protocol import codec
from rogatory.protocol.header import StatementKind
from rogatory.protocol.receipt import MAX_RECEIPT, Rejection
from rogatory.protocol.statements import MAX_ENVELOPE

LOGGED: Final = "LOGGED"
WAITS: Final = "WAITS"
REFUSED: Final = "REFUSED"
MISSING: Final = "MISSING"


@dataclass(frozen=True, slots=True)
class DepositRow:
    """A statement: kind, organisation of the signer, where it is, log index if it is there, the rejection's code and rule."""

    kind: StatementKind
    signer: bytes
    place: str
    index: int = 0
    code: str = ""
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Deposit:
    """A request that was carried, with every statement that a file of it holds or that waits here."""

    request_id: bytes
    codes: tuple[str, ...]
    deposit_by_ms: int
    overdue: bool
    statements: tuple[DepositRow, ...]


async def deposits(session: Session, wanted: bytes | None = None) -> tuple[Deposit, ...]:
    """Return where the statements of carried requests are; looked at again first where the exchange is there.

    Raises:
        RogatoryError: A kept file is damaged, or what the exchange gives does not hold.
    """
    known = carried_requests(session.profile)
    return tuple([await _deposit(session, item) for item in known if wanted in {None, item}])


async def _deposit(session: Session, request_id: bytes) -> Deposit:
    if session.online and request_id in {tip.request_id for tip in await session.exchange.list_requests()}:
        await session.exchange.get_request(request_id, "STATUS")
    files = carried_files(session.profile, request_id)
    rows = tuple(_rows(session, request_id, files))
    due = min(item.record.deposit_by_ms for item in files)
    open_rows = any(row.place != LOGGED for row in rows)
    return Deposit(
        request_id,
        tuple(item.record.code for item in files),
        due,
        open_rows and session.clock.now_ms() >= due,
        rows,
    )


def _rows(session: Session, request_id: bytes, files: tuple[CarriedIn, ...]) -> Iterator[DepositRow]:
    logged = {item.verified.data: item.index for item in logged_here(session, request_id)}
    waiting = {item.envelope for item in list_outbox(session.profile) if item.request_id == request_id}
    refused = dict(_refused(session))
    carried = (data for item in files for data in item.envelopes)
    for data in dict.fromkeys((*carried, *(d for d in _order(session, request_id) if d in waiting))):
        header = header_of(data)
        row = DepositRow(header.kind, header.issuer.org, MISSING)
        if data in logged:
            row = DepositRow(header.kind, header.issuer.org, LOGGED, logged[data])
        elif data in waiting:
            row = DepositRow(header.kind, header.issuer.org, WAITS)
        elif data in refused:
            row = DepositRow(header.kind, header.issuer.org, REFUSED, 0, *refused[data])
        yield row


def _order(session: Session, request_id: bytes) -> Iterator[bytes]:
    return (item.envelope for item in list_outbox(session.profile) if item.request_id == request_id)


def _refused(session: Session) -> Iterator[tuple[bytes, tuple[str, str]]]:
    """Yield what the exchange has refused in its signed word, as kept in the evidence folder, with code and rule."""
    for place in sorted(session.profile.folder("evidence").glob("*-rejected")):
        sent = read_kept(place / "01.bin", "evidence.sent", MAX_ENVELOPE)
        data = read_kept(place / "00.bin", "evidence.rejection", 2 * MAX_RECEIPT + MAX_ENVELOPE)
        rejection = codec.decode(
            Rejection, data, limit=2 * MAX_RECEIPT + MAX_ENVELOPE, at="evidence.rejection"
        )
        body = verify_rejection(rejection, sent, session.exchange.scheme, session.row).body
        yield sent, (body.code, body.rule)
