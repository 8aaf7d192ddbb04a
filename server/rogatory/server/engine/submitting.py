# SPDX-License-Identifier: Apache-2.0
"""Submit: each envelope verified, decided and placed on its own, or rejected by the exchange's signed word.

Order (architecture §4): verification (``ahead``), the TLS peer against the signer, what the signer had seen, storage
(sections, parts), the fold, entry, state, feeds; what is refused may still be an exact replay. A refusal leaves one entry with digest, code and rule, and changes
nothing else; a peer with too many of them is turned away unread for a while (``floods``). Statements over the size cap
are refused as a whole call and leave no entry.
"""

from __future__ import annotations

from rogatory.audit.failpoints import failpoint
from rogatory.audit.merkle import root_of
from rogatory.protocol import codec, errors, sealed
from rogatory.protocol.envelope import Verified, parse_envelope
from rogatory.protocol.errors import Invalid, NotAuthorised, Refused, RogatoryError, Unavailable
from rogatory.protocol.header import StatementKind
from rogatory.protocol.lifecycle import pack_of
from rogatory.protocol.receipt import Receipt, Rejection
from rogatory.protocol.state import Flag
from rogatory.protocol.statements import FLOOD_RULE, MAX_ENVELOPE, UNSUBMITTED, Disclose, Statement
from rogatory.protocol.wire import SubmitResponse, SubmitResult
from rogatory.server.engine.ahead import Call
from rogatory.server.engine.batch import Answer, Batch, Finish, Placed
from rogatory.server.engine.clockwork import strike
from rogatory.server.engine.core import Caller, Core
from rogatory.server.engine.placing import decided, place_statement
from rogatory.server.engine.rejecting import place_rejection
from rogatory.server.store.contract import ViewRow


def submit(core: Core, batch: Batch, call: Call) -> Answer:
    """Decide each envelope of a call and return what answers it after the commit.

    Raises:
        Unavailable: ``LIMIT.REJECTIONS``: the peer had too many statements rejected lately. What of the call came
            before that is done, and sent again has the same answer; the rest was not looked at.
    """
    caller = call.caller
    outcomes: list[_Outcome] = []
    for i, data in enumerate(call.envelopes):
        if not core.floods.full(caller.row):
            outcomes.append(_one(core, batch, caller, data, call.result(core, batch, i)))
        elif again := _replayed(core, caller, data):
            outcomes.append(again)
        else:
            core.floods.turned_away(caller.row, len(call.envelopes) - i)
            raise Unavailable(errors.X_TRANSIENT, "peer", FLOOD_RULE)

    def answer(finish: Finish) -> bytes:
        return codec.encode(SubmitResponse(tuple([outcome(finish) for outcome in outcomes])))

    return answer


class _Accepted:
    """Answers with the receipt of a new entry."""

    def __init__(self, placed: Placed) -> None:
        self._placed = placed

    def __call__(self, finish: Finish) -> SubmitResult:
        return SubmitResult(receipt=finish.receipt(self._placed))


class _Again:
    """Answers with the receipt that was given before."""

    def __init__(self, row: ViewRow) -> None:
        self._row = row

    def __call__(self, finish: Finish) -> SubmitResult:
        return SubmitResult(receipt=finish.stored(self._row))


class _Rejected:
    """Answers with the exchange's signed rejection."""

    def __init__(self, placed: Placed, envelope: bytes) -> None:
        self._placed = placed
        self._envelope = envelope

    def __call__(self, finish: Finish) -> SubmitResult:
        receipt: Receipt = finish.receipt(self._placed)
        return SubmitResult(rejection=Rejection(self._envelope, receipt))


_Outcome = _Accepted | _Again | _Rejected


def _one(
    core: Core, batch: Batch, caller: Caller, data: bytes, verified: Verified | RogatoryError
) -> _Outcome:
    try:
        if isinstance(verified, RogatoryError):
            raise verified
        return _accept(core, batch, caller, verified)
    except RogatoryError as error:
        # Looked for only now: a replay is refused by its id at the latest, and what is new is parsed once.
        again = _replayed(core, caller, data)
        if again is not None:
            return again
        core.floods.rejected(caller.row, batch.time_ms)
        return _Rejected(*place_rejection(core, batch, caller.row, data, error))


def _replayed(core: Core, caller: Caller, data: bytes) -> _Again | None:
    """The exact bytes of an accepted statement, again from its own party: the first answer, and no new entry."""
    try:
        envelope = parse_envelope(data)
        statement = codec.decode(Statement, envelope.payload, limit=MAX_ENVELOPE)
    except RogatoryError:
        return None
    row = core.store.statement_by_id(statement.header.statement_id)
    if row is None or row.envelope != data or row.org != caller.row.org:
        return None
    view = core.store.view(row.i)
    # Of an erased request only the erasure itself is still there as it was first answered.
    gone = view is None or (view.kept and statement.header.kind is not StatementKind.ERASE)
    return None if gone or view is None else _Again(view)


def _accept(core: Core, batch: Batch, caller: Caller, verified: Verified) -> _Accepted:
    failpoint("submit.verify.after")
    header = verified.header
    if header.issuer.org != caller.row.org or header.kind in UNSUBMITTED:
        raise NotAuthorised(errors.X_NOT_AUTHORISED, "header.issuer", "PEER_IS_ISSUER")
    known = core.states.get(header.request_id)
    if known is not None and Flag.ERASED in known.state.flags and caller.row.org in known.state.parties:
        raise Refused(errors.X_ERASED, "header.request_id", "ERASED")
    if core.store.statement_by_id(header.statement_id) is not None:
        raise Invalid(errors.X_REPLAY, "header.statement_id", "STATEMENT_ID_TAKEN")
    _seen(core, verified)
    if known is not None:
        known = strike(core, batch, known)
    pack = pack_of(known.state if known is not None else None, verified, core.packs)
    after = decided(core, batch, verified, known, pack)
    _stored(core, verified)
    placed, _known = place_statement(core, batch, verified, known, pack, after)
    return _Accepted(placed)


def _seen(core: Core, verified: Verified) -> None:
    """The head that the signer had verified must be one of ours; else somebody showed it another history."""
    seen = verified.header.seen
    root = core.store.head_root(seen.log_size)
    if root is None or root != seen.log_root:
        raise Invalid(errors.X_LOG_INVALID, "header.seen.log_root", "HEAD_KNOWN")
    if seen.directory_index != core.directory.index:
        raise Invalid(errors.X_FIELD_INVALID, "header.seen.directory_index", "DIRECTORY.CURRENT")
    # Oversight names the exchange when a signer's feed is not the one that the log gives: nobody may make that up.
    if seen.feed_digest and not core.store.feed_held(verified.header.issuer.org, seen.feed_digest):
        raise Invalid(errors.X_LOG_INVALID, "header.seen.feed_digest", "FEED.KNOWN")


def _stored(core: Core, verified: Verified) -> None:
    """What a statement names by digest must have arrived first."""
    header, body = verified.header, verified.statement.body
    stored = core.store.sealed_lengths(
        header.request_id, header.issuer.org, [ref.object_digest for ref in header.sections]
    )
    for i, ref in enumerate(header.sections):
        length = stored.get(ref.object_digest)
        if length is None:
            raise Invalid(errors.X_SECTION_MISSING, f"header.sections[{i}]", "SECTION.STORED")
        if length != ref.object_length:
            raise Invalid(errors.X_SECTION_MISSING, f"header.sections[{i}].object_length", "SECTION.LENGTH")
    if isinstance(body, Disclose):
        parts = core.whole_parts(header.request_id, body.disclosure_id)
        lengths = [
            sealed.part_length(body.body_length, i) for i in range(sealed.part_count(body.body_length))
        ]
        # The lengths too: parts of other sizes could have the right root and never be fetched from an offset.
        if [length for _, length in parts] != lengths or root_of(
            [leaf for leaf, _ in parts]
        ) != body.part_root:
            raise Invalid(errors.X_PART_INVALID, "body.part_root", "PARTS.STORED")
