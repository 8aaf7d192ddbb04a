# SPDX-License-Identifier: Apache-2.0
"""The sixteen values of an entry, as a pure function of what was decided.

The exchange computes them before it commits; submitter, addressee and oversight compute them again from the envelope
and their own fold and compare with the openings, so a lie in any slot is portable evidence (architecture §8). Four
makers: for a statement, for a rejection, for a read, and for the scheme's own objects. Salts, entry ids and commitments
are not made here.
"""

from __future__ import annotations

import calendar
import datetime as dt
import functools
from typing import Final

from rogatory.audit.commitment import ABSENT
from rogatory.audit.framing import lp, th, u16, u32
from rogatory.protocol import tags
from rogatory.protocol.directory import KeyRow
from rogatory.protocol.entry_schema import (
    bytes_value,
    list_value,
    record_value,
    seal_value,
    text_value,
    time_value,
)
from rogatory.protocol.envelope import Verified
from rogatory.protocol.header import DAY_MS, StatementKind
from rogatory.protocol.pack import Pack
from rogatory.protocol.scope import scope_digest
from rogatory.protocol.sealed import manifest_digest
from rogatory.protocol.state import RequestState, StateName
from rogatory.protocol.statements import Disclose, GrantedTask, Reject

Fields = tuple[bytes, ...]

DEFAULT_SEAL_MONTHS: Final = 12
# Operations of LED Art. 25(1) that a kind amounts to.
_OPERATIONS: Final = {
    StatementKind.ISSUE: "COLLECTION",
    StatementKind.DISCLOSE: "DISCLOSURE",
    StatementKind.CONSULT: "CONSULTATION",
    StatementKind.ERASE: "ERASURE",
    StatementKind.REWRAP: "DISCLOSURE",
}
READ_PURPOSES: Final = ("DELIVERY", "INSPECTION", "PROCESSING", "STATUS", "TRANSFER", "VALIDATION", "WATCH")


def entry_fields(
    verified: Verified,
    before: RequestState | None,
    after: RequestState,
    pack: Pack,
    time_ms: int,
    previous_leaf: bytes,
) -> Fields:
    """Return the sixteen values of an accepted statement's entry.

    Args:
        verified: The statement.
        before: The request's state before; ``None`` for a new request.
        after: The state that the fold gave.
        pack: The pack it was judged by.
        time_ms: Commit time.
        previous_leaf: Leaf hash of the request's previous entry; empty for the first.
    """
    header, body = verified.header, verified.statement.body
    flags = ("EMERGENCY", *after.flags) if after.emergency else after.flags
    known = before or after
    scope = after.granted if after.transmitted else tuple(_asked(after))
    commitments = [item.task.identifier_commitment for item in known.tasks]
    return (
        _kind(header.kind),
        text_value(statistics_bucket(header.kind.name, after)),
        bytes_value(header.issuer.org),
        bytes_value(header.addressee.org),
        time_value(time_ms),
        _pack(pack.pack_id, pack.pack_version, after.legal_type),
        _categories(after.categories),
        bytes_value(scope_digest(scope)),
        bytes_value(identifiers_root(commitments)),
        bytes_value(previous_leaf),
        bytes_value(verified.digest),
        bytes_value(manifest_digest(body) if isinstance(body, Disclose) else b""),
        seal_value(due_day(time_ms, pack.log.seal_months)),
        ABSENT,
        record_value(header.issuer.subject, header.issuer.role.encode(), b""),
        _outcome(after.code, after.name, flags),
    )


def reject_fields(
    actor: bytes,
    subject: bytes,
    role: str,
    digest: bytes,
    body: Reject,
    time_ms: int,
    seal_months: int,
) -> Fields:
    """Return the values of a rejection's entry: who tried, what digest, which code and rule; nothing of the content.

    ``actor``, ``subject`` and ``role`` are the TLS peer's, since nothing else is proven before a signature verifies.
    ``digest`` is that of the reject statement's envelope. The count of a flood stands among the flags.
    """
    flags = f"COUNT:{body.count}" if body.count else ""
    return (
        record_value(b"REJECT", b""),
        text_value(f"REJECT/{body.code}"),
        bytes_value(actor),
        ABSENT,
        time_value(time_ms),
        ABSENT,
        ABSENT,
        ABSENT,
        ABSENT,
        ABSENT,
        bytes_value(digest),
        ABSENT,
        seal_value(due_day(time_ms, seal_months)),
        ABSENT,
        record_value(subject, role.encode(), b""),
        record_value(body.code.encode(), body.rule.encode(), b"", flags.encode()),
    )


def read_fields(
    reader: KeyRow, what: str, purpose: str, request: RequestState | None, time_ms: int, previous_leaf: bytes
) -> Fields:
    """Return the values of a read's entry (LED Art. 25(2)): who read what kind of thing, when, and why.

    ``what`` names the call, such as ``GET_REQUEST``. A read belongs to a request's chain where it names one, but is no
    statement: the fold does not move.
    """
    return (
        record_value(b"CONSULT", b"CONSULTATION"),
        text_value(f"CONSULT/{what}"),
        bytes_value(reader.org),
        bytes_value(request.agency.org if request is not None else b""),
        time_value(time_ms),
        ABSENT,
        list_value(request.categories if request is not None else ()),
        ABSENT,
        ABSENT,
        bytes_value(previous_leaf),
        ABSENT,
        ABSENT,
        seal_value(due_day(time_ms, DEFAULT_SEAL_MONTHS)),
        ABSENT,
        record_value(reader.subject, reader.roles[0].encode() if reader.roles else b"", purpose.encode()),
        record_value(what.encode(), b"", b"", b""),
    )


def scheme_fields(kind: StatementKind, digest: bytes, time_ms: int) -> Fields:
    """Return the values of an entry about the scheme itself: a root, a trust list, a pack, the entry schema."""
    fields = [ABSENT] * 16
    fields[0] = record_value(kind.name.encode(), b"")
    fields[1] = text_value(f"SCHEME/{kind.name}")
    fields[4] = time_value(time_ms)
    fields[10] = bytes_value(digest)
    fields[12] = seal_value(time_ms // DAY_MS)
    return tuple(fields)


def operation(kind: StatementKind) -> str:
    """Return the operation of LED Art. 25(1) that a statement amounts to; alteration unless it is another one."""
    return _OPERATIONS.get(kind, "ALTERATION")


def statistics_bucket(kind: str, state: RequestState) -> str:
    """Return the bucket: kind, legal type, categories, urgency, state after. A function of slots 0, 5, 6 and 15."""
    urgency = "EMERGENCY" if state.emergency else "NORMAL"
    return "/".join((kind, state.legal_type, "+".join(state.categories), urgency, state.name.name))


def identifiers_root(commitments: list[bytes]) -> bytes:
    """Return one digest over the identifier commitments of a request, in task order."""
    return th(tags.IDENTIFIERS, u16(len(commitments)), b"".join(lp(item) for item in commitments))


def due_day(time_ms: int, months: int) -> int:
    """Return the day (since the epoch) on which an entry falls due: the last day of the month ``months`` later."""
    return _due_day(time_ms // DAY_MS, months)


@functools.lru_cache(maxsize=64)
def _due_day(day: int, months: int) -> int:
    start = dt.date(1970, 1, 1) + dt.timedelta(days=day)
    month = start.year * 12 + start.month - 1 + months
    year, index = divmod(month, 12)
    last = dt.date(year, index + 1, calendar.monthrange(year, index + 1)[1])
    return (last - dt.date(1970, 1, 1)).days


def _asked(state: RequestState) -> list[GrantedTask]:
    tasks = (item.task for item in state.tasks)
    return [GrantedTask(task.number, task.elements, task.first_day, task.last_day) for task in tasks]


# The values of these slots are few and stand in one entry after the other, so each is put together once.


@functools.lru_cache(maxsize=64)
def _kind(kind: StatementKind) -> bytes:
    return record_value(kind.name.encode(), operation(kind).encode())


@functools.lru_cache(maxsize=64)
def _pack(pack_id: str, version: int, legal_type: str) -> bytes:
    return record_value(pack_id.encode(), u32(version), legal_type.encode())


@functools.lru_cache(maxsize=256)
def _categories(categories: tuple[str, ...]) -> bytes:
    return list_value(categories)


@functools.lru_cache(maxsize=256)
def _outcome(code: str, name: StateName, flags: tuple[str, ...]) -> bytes:
    return record_value((code or "ACCEPTED").encode(), b"", name.name.encode(), ",".join(flags).encode())
