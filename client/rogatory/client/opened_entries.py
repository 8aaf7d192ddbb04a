# SPDX-License-Identifier: Apache-2.0
"""Opened log entries, computed again: from the signed bytes behind an entry to its sixteen values (architecture §8).

Fed in log order, it folds every request by itself and compares each opened slot: statements, rejections, reads and the
scheme's own objects. What the exchange wrote into a slot is never taken for the truth. Pure; where entries come from and
whether they are in the tree is the caller's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from rogatory.audit import commitment, merkle
from rogatory.audit.commitment import payload
from rogatory.audit.errors import AuditError
from rogatory.audit.framing import th
from rogatory.client.feeds import Feeds
from rogatory.client.scheme import Scheme
from rogatory.client.views import fold_entry
from rogatory.protocol import errors, tags
from rogatory.protocol.catalogues import open_catalogue
from rogatory.protocol.directory import PACK_TYPE, TRUST_LIST_TYPE, KeyRow, PartyKind
from rogatory.protocol.entry import DEFAULT_SEAL_MONTHS, Fields, read_fields, reject_fields, scheme_fields
from rogatory.protocol.entry_schema import (
    ACTOR,
    ALL_SLOTS,
    KIND,
    NOT_ERASABLE,
    OUTCOME,
    PREVIOUS,
    RECEIVER,
    SCHEMA,
    SUBJECT,
    TIME,
    read_code,
    read_record,
    read_time,
)
from rogatory.protocol.envelope import Verified, parse_envelope, verify_envelope
from rogatory.protocol.errors import NotVerified, RogatoryError
from rogatory.protocol.header import Address, StatementKind
from rogatory.protocol.laws import open_recall
from rogatory.protocol.quorum import quorum_digest, verify_quorum
from rogatory.protocol.receipt import LogIdentity, check_dates
from rogatory.protocol.state import Flag, RequestState
from rogatory.protocol.statements import FLOOD_RULE, PAYLOAD_TYPES, Reject
from rogatory.protocol.wire import OpenedEntry

_SCHEME_KINDS: Final = frozenset(
    {
        StatementKind.CONFIG,
        StatementKind.ROOT,
        StatementKind.TRUST_LIST,
        StatementKind.PACK,
        StatementKind.PACK_RECALL,
        StatementKind.CATALOGUE,
    }
)
_Signed = tuple[Verified, RequestState | None]
_NONE: Final[Mapping[int, bytes]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class OpenedRow:
    """An entry as far as it is open to the reader; what is not open is empty."""

    index: int
    fields: Mapping[int, bytes]
    kind: str = ""
    time_ms: int = 0
    actor: bytes = b""
    receiver: bytes = b""
    outcome: str = ""
    request_id: bytes = b""


def check_opened(item: OpenedEntry, log: LogIdentity) -> Mapping[int, bytes]:
    """Return the opened slots of an entry, once they belong to its 57 bytes.

    Raises:
        NotVerified: ``X_RECEIPT_INVALID``.
    """
    openings = [commitment.Opening(o.slot, o.salt, o.value) for o in item.openings]
    try:
        return commitment.check_view(log.origin, log.schema_id, item.entry, item.commitments, openings)
    except AuditError as error:
        raise NotVerified(errors.X_RECEIPT_INVALID, "openings", "COMMITMENT") from error


def row_of(item: OpenedEntry, log: LogIdentity) -> OpenedRow:
    """Return an entry for a list, its openings checked against its bytes.

    Raises:
        NotVerified: Openings do not belong to the entry, or a slot has another form than the schema says.
    """
    values = check_opened(item, log)
    kind = read_code(read_record(values[KIND], 2)[0]) if KIND in values else ""
    outcome = read_code(read_record(values[OUTCOME], 4)[0]) if OUTCOME in values else ""
    return OpenedRow(
        item.index,
        values,
        kind,
        read_time(values[TIME]) if TIME in values else 0,
        payload(values.get(ACTOR, commitment.ABSENT)) or b"",
        payload(values.get(RECEIVER, commitment.ABSENT)) or b"",
        outcome,
        _request_id(item.envelope),
    )


def _request_id(envelope: bytes) -> bytes:
    """The request that signed bytes name; empty for the scheme's objects and for reads."""
    from rogatory.protocol import codec  # noqa: PLC0415 - keeps the pure part's imports short
    from rogatory.protocol.statements import MAX_ENVELOPE, Statement  # noqa: PLC0415

    try:
        parsed = parse_envelope(envelope)
        return codec.decode(Statement, parsed.payload, limit=MAX_ENVELOPE).header.request_id
    except RogatoryError:
        return b""


class Recomputer:
    """Computes the slots of opened entries again, in log order.

    Args:
        scheme: Verified directory, packs and log.
        objects: Exact bytes of the scheme's verified objects by their log index.
    """

    def __init__(self, scheme: Scheme, objects: Mapping[int, bytes] = _NONE) -> None:
        self._scheme = scheme
        self._objects = objects
        self._states: dict[bytes, RequestState] = {}
        self._leaves: dict[bytes, bytes] = {}  # leaf of a request's last statement -> request id
        self._last_leaf: dict[bytes, bytes] = {}
        self._versions: dict[Address, int] = {}  # newest catalogue of each unit
        self._unopened: dict[bytes, int] = {}
        self._time = 0
        self._next = 0
        self._feeds: Feeds | None = Feeds()
        self.slots = 0

    @property
    def states(self) -> Mapping[bytes, RequestState]:
        """States folded so far, by request id."""
        return self._states

    def take(self, item: OpenedEntry) -> None:
        """Check one entry.

        Raises:
            NotVerified: A slot says something else, or is not opened; or time went back; or, where every entry so far was
                open, ``FEED.DIVERGED`` or ``REJECTION.ACCEPTED``.
            RogatoryError: The signed bytes do not verify, or the rules refuse what the log accepted.
        """
        feeds, self._feeds = (self._feeds if item.index == self._next else None), None
        self._next = item.index + 1
        signed = self._take(item)
        # After an entry that does not hold, what parties were told is not known any more.
        self._feeds = feeds
        if feeds is not None and signed is not None:
            verified, after = signed
            body = verified.statement.body
            if isinstance(body, Reject):
                feeds.rejection(body, verified.header.addressee.org)
            elif after is not None:
                feeds.statement(verified, after, item.index)

    def _take(self, item: OpenedEntry) -> _Signed | None:
        """Check one entry by itself and in its request; return what was signed behind it, where a person or the exchange did."""
        values = check_opened(item, self._scheme.log)
        if not set(values) >= NOT_ERASABLE:
            raise NotVerified(errors.X_RECEIPT_INVALID, "openings", "VIEW.COMPLETE")
        time_ms = read_time(values[TIME])
        if time_ms < self._time:
            raise NotVerified(errors.X_LOG_INVALID, "time", "ORDER")
        self._time = time_ms
        leaf = merkle.leaf_hash(item.entry)
        expected, signed = self._expected(item, values, time_ms, leaf)
        if set(values) != ALL_SLOTS:
            self._short(item, values)
        for slot in sorted(values):
            if values[slot] != expected[slot]:
                raise NotVerified(errors.X_RECEIPT_INVALID, f"openings[{slot}]", f"SLOT.{slot}")
        check_dates(item.entry, expected)
        self.slots += len(values)
        return signed

    def _short(self, item: OpenedEntry, values: Mapping[int, bytes]) -> None:
        """An entry of which slots are not opened must be of a request, and that request be erased further on."""
        request_id = _request_id(item.envelope) if item.envelope else None
        request_id = request_id or self._leaves.get(payload(values[PREVIOUS]) or b"")
        if request_id not in self._states:
            raise NotVerified(errors.X_RECEIPT_INVALID, "openings", "VIEW.COMPLETE")
        self._unopened.setdefault(request_id, item.index)

    def not_opened(self) -> tuple[int, ...]:
        """Return the first entry of each request that is not fully open though no erasure of it was seen so far."""
        erased = {key for key, state in self._states.items() if Flag.ERASED in state.flags}
        return tuple(sorted(index for key, index in self._unopened.items() if key not in erased))

    def _expected(
        self, item: OpenedEntry, values: Mapping[int, bytes], time_ms: int, leaf: bytes
    ) -> tuple[Fields, _Signed | None]:
        kind = read_code(read_record(values[KIND], 2)[0])
        if item.index in self._objects and item.envelope != self._objects[item.index]:
            raise NotVerified(errors.X_LOG_INVALID, "envelope", "SCHEME.OBJECT")
        if kind == StatementKind.CONSULT.name and not item.envelope:
            return self._read(values, time_ms), None
        scheme_kind = StatementKind.__members__.get(kind)
        if scheme_kind in _SCHEME_KINDS and scheme_kind is not None:
            return self._object(scheme_kind, item, time_ms), None
        if PAYLOAD_TYPES.get(parse_envelope(item.envelope).payload_type) is StatementKind.REJECT:
            return self._rejection(item.envelope, values, time_ms)
        return self._statement(item, time_ms, leaf)

    def _statement(self, item: OpenedEntry, time_ms: int, leaf: bytes) -> tuple[Fields, _Signed]:
        request_id = _request_id(item.envelope)
        before, previous = self._states.get(request_id), self._last_leaf.get(request_id, b"")
        verified, after, fields = fold_entry(
            before, item.envelope, item.index, time_ms, self._scheme, previous
        )
        self._states[request_id] = after
        self._leaves.pop(previous, None)
        self._leaves[leaf] = request_id
        self._last_leaf[request_id] = leaf
        return fields, (verified, after)

    def _object(self, kind: StatementKind, item: OpenedEntry, time_ms: int) -> Fields:
        """The scheme's own objects: those in force must be the ones that were verified, others must verify now."""
        data, root = item.envelope, self._scheme.root
        if kind is StatementKind.CONFIG:
            if data != SCHEMA:
                raise NotVerified(errors.X_LOG_INVALID, "schema", "SCHEMA_ID")
            return scheme_fields(kind, th(tags.RAW, data), time_ms)
        if kind is StatementKind.TRUST_LIST:
            verify_quorum(data, TRUST_LIST_TYPE, root.list_keys)
        elif kind is StatementKind.PACK:
            verify_quorum(data, PACK_TYPE, root.pack_keys)
        elif kind is StatementKind.PACK_RECALL:
            open_recall(data, root)
        elif kind is StatementKind.CATALOGUE:
            self._catalogue(data)
        elif item.index not in self._objects:
            raise NotVerified(errors.X_LOG_INVALID, "envelope", "SCHEME.OBJECT")
        return scheme_fields(kind, quorum_digest(data), time_ms)

    def _catalogue(self, data: bytes) -> None:
        """A provider's own word, each version later than the one before."""
        catalogue = open_catalogue(data, self._scheme.directory).catalogue
        if catalogue.version <= self._versions.get(catalogue.address, 0):
            raise NotVerified(errors.X_LOG_INVALID, "envelope", "CATALOGUE.ORDER")
        self._versions[catalogue.address] = catalogue.version

    def _rejection(self, data: bytes, values: Mapping[int, bytes], time_ms: int) -> tuple[Fields, _Signed]:
        """Before a signature verifies, the actor is the TLS peer: it must be enrolled, and the rejection's addressee."""
        directory = self._scheme.directory
        verified = verify_envelope(data, directory, time_ms)
        body = verified.statement.body
        if directory.org(verified.row.org).kind is not PartyKind.OPERATOR or not isinstance(body, Reject):
            raise NotVerified(errors.X_RECEIPT_INVALID, "envelope", "REJECTION.EXCHANGE")
        flood = (body.code, body.rule, body.rejected) == (errors.X_RATE_LIMITED, FLOOD_RULE, b"")
        if flood != bool(body.count):
            raise NotVerified(errors.X_RECEIPT_INVALID, "envelope", "REJECTION.COUNT")
        fields: Fields | None = None
        for row in self._rows(values):
            if row.org == verified.header.addressee.org:
                role = row.roles[0] if row.roles else ""
                fields = reject_fields(
                    row.org,
                    row.subject,
                    role,
                    verified.digest,
                    body,
                    time_ms,
                    DEFAULT_SEAL_MONTHS,
                )
        if fields is None:
            raise NotVerified(errors.X_RECEIPT_INVALID, f"openings[{ACTOR}]", "DIRECTORY.KEY")
        return fields, (verified, None)

    def _read(self, values: Mapping[int, bytes], time_ms: int) -> Fields:
        """A read has no signed bytes: who, what and why are the exchange's word, everything else follows from them."""
        previous = payload(values[PREVIOUS]) or b""
        request_id = self._leaves.get(previous)
        if previous and request_id is None:
            raise NotVerified(errors.X_RECEIPT_INVALID, f"openings[{PREVIOUS}]", f"SLOT.{PREVIOUS}")
        state = self._states[request_id] if request_id is not None else None
        what = read_code(read_record(values[OUTCOME], 4)[0])
        purpose = read_code(read_record(values[SUBJECT], 3)[2])
        found = [read_fields(row, what, purpose, state, time_ms, previous) for row in self._rows(values)]
        if not found:
            raise NotVerified(errors.X_RECEIPT_INVALID, f"openings[{ACTOR}]", "DIRECTORY.KEY")
        return found[0]

    def _rows(self, values: Mapping[int, bytes]) -> list[KeyRow]:
        """Enrolled devices of the acting subject in the role that the entry states."""
        actor = payload(values[ACTOR]) or b""
        subject, role, _ = read_record(values[SUBJECT], 3)
        return [
            row
            for row in self._scheme.directory.trust_list.keys
            if (row.org, row.subject) == (actor, subject)
            and (row.roles[0].encode() if row.roles else b"") == role
        ]
