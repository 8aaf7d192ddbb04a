# SPDX-License-Identifier: Apache-2.0
"""Reads that leave an entry: who read what, when, why (LED Art. 25), in the same group commit.

If the entry cannot be written, the read is not answered. A refused look at a request leaves an entry too, without
saying whether the request exists. What leaves no entry (feeds, tips, proofs, public entries) is read by the front.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from rogatory.protocol import codec, errors
from rogatory.protocol.directory import PartyKind
from rogatory.protocol.entry import READ_PURPOSES, read_fields
from rogatory.protocol.errors import Invalid, NotAuthorised, Refused
from rogatory.protocol.header import StatementKind
from rogatory.protocol.ids import is_uuid7, uuid7
from rogatory.protocol.sealed import object_digest, parse_sealed
from rogatory.protocol.state import RequestState, StateName
from rogatory.protocol.statements import Heartbeat, RequestKind
from rogatory.protocol.wire import (
    MAX_MESSAGE,
    FetchSealedRequest,
    FetchSealedResponse,
    GetRequestRequest,
    GetRequestResponse,
    LoggedStatement,
    OpenedEntry,
    OpenEntriesRequest,
    OpenEntriesResponse,
    PutSealedRequest,
    PutSealedResponse,
)
from rogatory.server.engine.batch import Answer, Batch, Finish, Placed, open_row, split_commitments
from rogatory.server.engine.core import Caller, Core
from rogatory.server.engine.jobs import Direction, TransferGrant, TransferOpen, pack_json, unpack_json
from rogatory.server.store.contract import SealedRow, ViewRow

MAX_OPENED: Final = 512
MAX_FETCHED: Final = 56
_UPLOADING: Final = frozenset({StateName.RECEIVED, StateName.PRESERVING, StateName.EXECUTING})


def get_request(core: Core, batch: Batch, caller: Caller, payload: bytes) -> Answer:
    """All envelopes of a request with their receipts, for a party of it or for oversight."""
    request = codec.decode(GetRequestRequest, payload, limit=MAX_MESSAGE, at="request")
    _purpose(request.purpose)
    state, leaf = _look(core, batch, caller, request.request_id, "GET_REQUEST", request.purpose)
    read = _read(core, batch, caller, "GET_REQUEST", request.purpose, state, leaf)

    def answer(finish: Finish) -> bytes:
        core.visible(caller, request.request_id)  # or it was erased in this very commit
        statements = []
        for row in core.store.statements_of(request.request_id):
            view = core.store.view(row.i)
            if view is not None:
                statements.append(LoggedStatement(row.envelope, finish.stored(view)))
        return codec.encode(GetRequestResponse(tuple(statements), finish.receipt(read)))

    return answer


def put_sealed(core: Core, batch: Batch, caller: Caller, payload: bytes) -> Answer:
    """Keep a sealed section until a statement of its party names it."""
    request = codec.decode(PutSealedRequest, payload, limit=MAX_MESSAGE, at="request")
    if not is_uuid7(request.request_id):
        raise Invalid(errors.X_FIELD_INVALID, "request.request_id", "UUIDV7")
    parse_sealed(request.object, "request.object")
    digest = object_digest(request.object)
    data = core.vault.seal(request.request_id, f"sealed/{digest.hex()}", request.object)
    core.store.add_sealed(SealedRow(digest, request.request_id, caller.row.org, len(request.object), data))
    del batch
    return lambda _finish: codec.encode(PutSealedResponse(digest))


def fetch_sealed(core: Core, batch: Batch, caller: Caller, payload: bytes) -> Answer:
    """Sections that the caller is handed; a provider gets particulars of granted tasks and nothing else."""
    request = codec.decode(FetchSealedRequest, payload, limit=MAX_MESSAGE, at="request")
    _purpose(request.purpose)
    if not 0 < len(request.object_digests) <= MAX_FETCHED:
        raise Invalid(errors.X_FIELD_INVALID, "request.object_digests", "COUNT")
    state, leaf = _look(core, batch, caller, request.request_id, "FETCH_SEALED", request.purpose)
    allowed = {ref.object_digest for ref in state.readable_by(caller.row.org)}
    if not set(request.object_digests) <= allowed:
        _read(core, batch, caller, "FETCH_SEALED", request.purpose, None, b"")
        raise NotAuthorised(errors.X_NOT_FOUND, "request.object_digests", "SECTION.READER")
    objects = tuple(_section(core, digest) for digest in request.object_digests)
    read = _read(core, batch, caller, "FETCH_SEALED", request.purpose, state, leaf)
    return lambda finish: codec.encode(FetchSealedResponse(objects, finish.receipt(read)))


def open_entries(core: Core, batch: Batch, caller: Caller, payload: bytes) -> Answer:
    """Entries of a range in the caller's view: oversight all, a party those it acted in or whose request it sees."""
    request = codec.decode(OpenEntriesRequest, payload, limit=MAX_MESSAGE, at="request")
    _purpose(request.purpose)
    if not 0 < request.limit <= MAX_OPENED:
        raise Invalid(errors.X_FIELD_INVALID, "request.limit", "RANGE")
    if request.start > core.log.size:
        raise Invalid(errors.X_FIELD_INVALID, "request.start", "RANGE")
    end = min(request.start + request.limit, core.log.size)
    may = _view_rule(core, caller)
    rows = [row for row in core.store.views(request.start, end) if may(row)]
    opened = tuple(
        OpenedEntry(
            row.i, core.log.entry(row.i), split_commitments(row), open_row(core, row), row.envelope or b""
        )
        for row in rows
    )
    read = _read(core, batch, caller, "OPEN_ENTRIES", request.purpose, None, b"")
    return lambda finish: codec.encode(OpenEntriesResponse(opened, end, finish.receipt(read)))


def watch_open(core: Core, batch: Batch, caller: Caller, payload: bytes) -> Answer:
    """One read entry for each stream of a party's feed."""
    del payload
    _read(core, batch, caller, "WATCH", "WATCH", None, b"")
    return lambda _finish: b""


def heartbeat(core: Core, batch: Batch, caller: Caller, payload: bytes) -> Answer:
    """The exchange's signed word on how far the caller's feed goes; leaves no entry."""
    del payload
    tip = core.store.feed_tip(caller.row.org)
    body = Heartbeat(
        caller.row.org,
        tip.index + 1 if tip is not None else 0,
        tip.feed_digest if tip is not None else b"",
    )
    envelope = core.sign(
        StatementKind.STATUS, body, uuid7(core.clock, core.entropy), caller.row.address, batch.time_ms
    )
    return lambda _finish: envelope


def transfer_open(core: Core, batch: Batch, caller: Caller, payload: bytes) -> Answer:
    """May the caller send, see or fetch the parts of a disclosure? Fetching leaves a read entry."""
    request = unpack_json(TransferOpen, payload)
    if request.direction is Direction.FETCH:
        _purpose(request.purpose)  # before anything: a refused look is logged with it
    state, leaf = _look(core, batch, caller, request.request_id, "TRANSFER", request.purpose or "TRANSFER")
    record = next((d for d in state.disclosures if d.disclosure_id == request.disclosure_id), None)
    if request.direction is Direction.PUT:
        allowed = (
            caller.row.org == state.provider.org
            and state.kind is RequestKind.DISCLOSURE
            and state.name in _UPLOADING
            and record is None
        )
        if not allowed:
            raise NotAuthorised(errors.X_STATE_NOT_ALLOWED, "request_id", f"STATE.{state.name.name}")
    elif request.direction is Direction.FETCH:
        if record is None or caller.row.org != state.agency.org:
            _read(core, batch, caller, "TRANSFER", request.purpose, None, b"")
            raise NotAuthorised(errors.X_NOT_FOUND, "disclosure_id", "DISCLOSURE.RECIPIENT")
        _read(core, batch, caller, "FETCH_PARTS", request.purpose, state, leaf)
    elif caller.row.org not in {state.provider.org, state.agency.org}:
        _read(core, batch, caller, "TRANSFER", "TRANSFER", None, b"")
        raise NotAuthorised(errors.X_NOT_FOUND, "disclosure_id", "DISCLOSURE.PARTY")
    grant = pack_json(TransferGrant(record.body_length if record is not None else 0))
    return lambda _finish: grant


def _purpose(purpose: str) -> None:
    if purpose not in READ_PURPOSES:
        raise Invalid(errors.X_FIELD_INVALID, "request.purpose", "VOCABULARY")


def _look(
    core: Core, batch: Batch, caller: Caller, request_id: bytes, what: str, purpose: str
) -> tuple[RequestState, bytes]:
    """Return a request that the caller may see; a refused look is logged before it is refused."""
    try:
        return core.visible(caller, request_id)
    except (NotAuthorised, Refused):
        _read(core, batch, caller, what, purpose, None, b"")
        raise


def _read(
    core: Core, batch: Batch, caller: Caller, what: str, purpose: str, state: RequestState | None, leaf: bytes
) -> Placed:
    fields = read_fields(caller.row, what, purpose, state, batch.time_ms, leaf)
    request_id = state.request_id if state is not None else None
    del core
    return batch.place(fields, caller.row.org, request_id)


def _section(core: Core, digest: bytes) -> bytes:
    row = core.store.sealed(digest)
    if row is None:
        raise NotAuthorised(errors.X_NOT_FOUND, "request.object_digests", "SECTION.STORED")
    return core.vault.open(row.request_id, f"sealed/{digest.hex()}", row.data)


def _view_rule(core: Core, caller: Caller) -> Callable[[ViewRow], bool]:
    org = caller.row.org
    known: dict[bytes, bool] = {}

    def sees(request_id: bytes) -> bool:
        if request_id not in known:
            state, _leaf = core.state(request_id)
            known[request_id] = state is not None and org in state.parties
        return known[request_id]

    def may(row: ViewRow) -> bool:
        if caller.kind is PartyKind.OVERSIGHT or row.actor == org:
            return True
        return row.envelope is not None and row.request_id is not None and sees(row.request_id)

    return may
