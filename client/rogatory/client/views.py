# SPDX-License-Identifier: Apache-2.0
"""A request as its reader proves it: every envelope verified and folded, every slot computed again and compared.

What the exchange tells is taken for nothing (architecture §1.1, §8): signatures and rules by the own fold, entries by
their openings, the order by the chain of slot 9, the place by inclusion proofs. Pure: fetching, keeping and reporting
are elsewhere, and whether the heads belong to one history is ``rogatory.client.log_heads``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from rogatory.client.scheme import Scheme
from rogatory.protocol import errors
from rogatory.protocol.decision import Setting
from rogatory.protocol.directory import KeyRow
from rogatory.protocol.entry import Fields, entry_fields, read_fields
from rogatory.protocol.entry_schema import ALL_SLOTS, TIME
from rogatory.protocol.envelope import CLOCK_SKEW_MS, Verified, verify_envelope
from rogatory.protocol.errors import Invalid, NotVerified, Refused
from rogatory.protocol.lifecycle import decide, pack_of
from rogatory.protocol.pack import Pack
from rogatory.protocol.receipt import LogHead, Receipt, VerifiedReceipt, check_fields, verify_receipt
from rogatory.protocol.state import RequestState
from rogatory.protocol.wire import GetRequestResponse, LoggedStatement

GET_REQUEST: Final = "GET_REQUEST"
FETCH_SEALED: Final = "FETCH_SEALED"
OPEN_ENTRIES: Final = "OPEN_ENTRIES"


@dataclass(frozen=True, slots=True)
class ViewedStatement:
    """A statement with its verified receipt and the state after it."""

    verified: Verified
    receipt: VerifiedReceipt
    state: RequestState

    @property
    def index(self) -> int:
        """Log index of the statement's entry."""
        return self.receipt.receipt.index


@dataclass(frozen=True, slots=True)
class CarriedStatement:
    """A statement that is signed and not in the log yet, and the state that it gives by the reader's own fold.

    Its place and time are the reader's guess; nobody but the log says them.
    """

    verified: Verified
    state: RequestState


@dataclass(frozen=True, slots=True)
class RequestView:
    """A whole request, proven; ``read`` is the receipt of the reader's own look at it, where there was one.

    ``carried`` are statements beyond the log, which came as a file or wait in the own outbox; then ``state`` is the one after
    them, and what of it depends on times of the log is not settled.
    """

    request_id: bytes
    state: RequestState
    statements: tuple[ViewedStatement, ...]
    pack: Pack
    read: VerifiedReceipt | None = None
    carried: tuple[CarriedStatement, ...] = ()

    @property
    def said(self) -> tuple[Verified, ...]:
        """All statements in order, in the log or not."""
        return (
            *(item.verified for item in self.statements),
            *(item.verified for item in self.carried),
        )

    @property
    def position(self) -> int:
        """What a header says of the request's last statement that the reader has seen in the log; 0 where there is none."""
        return self.statements[-1].index + 1 if self.statements else 0

    @property
    def leaf(self) -> bytes:
        """Leaf hash of the last statement's entry."""
        return self.statements[-1].receipt.leaf

    @property
    def receipts(self) -> tuple[VerifiedReceipt, ...]:
        """Receipts of the statements in order, then that of the reader's own look, where there was one."""
        receipts = [item.receipt for item in self.statements]
        return (*receipts, self.read) if self.read is not None else tuple(receipts)

    @property
    def heads(self) -> tuple[LogHead, ...]:
        """Signed heads that came with the receipts."""
        return tuple(receipt.head for receipt in self.receipts)

    def by_digest(self, digest: bytes) -> ViewedStatement:
        """Return the statement with this envelope digest.

        Raises:
            Refused: ``X_NOT_FOUND``.
        """
        for item in self.statements:
            if item.verified.digest == digest:
                return item
        raise Refused(errors.X_NOT_FOUND, "envelope", "VIEW.STATEMENT")

    def statement(self, digest: bytes) -> Verified:
        """Return the statement with this envelope digest, in the log or not.

        Raises:
            Refused: ``X_NOT_FOUND``.
        """
        for item in self.said:
            if item.digest == digest:
                return item
        raise Refused(errors.X_NOT_FOUND, "envelope", "VIEW.STATEMENT")

    @property
    def issue(self) -> ViewedStatement:
        """The issue in force."""
        return self.by_digest(self.state.issue_digest)


def fold_statement(
    before: RequestState | None, data: bytes, receipt: VerifiedReceipt, scheme: Scheme, previous: bytes
) -> ViewedStatement:
    """Verify one statement, fold it, and hold its entry against what the own fold says.

    Args:
        before: The state before; ``None`` for a new request.
        data: Exact envelope bytes.
        receipt: Its receipt, verified.
        scheme: Directory and packs.
        previous: Leaf hash of the request's previous statement; empty for the first.

    Raises:
        NotVerified: A slot says something else, or is not opened.
        RogatoryError: The statement does not verify, or the rules refuse it.
    """
    index, time_ms = receipt.receipt.index, receipt.time_ms
    verified, after, fields = fold_entry(before, data, index, time_ms, scheme, previous)
    check_all(receipt, fields)
    return ViewedStatement(verified, receipt, after)


def fold_entry(
    before: RequestState | None, data: bytes, index: int, time_ms: int, scheme: Scheme, previous: bytes
) -> tuple[Verified, RequestState, Fields]:
    """Verify one statement at its place in the log and fold it; return it, the state after, and the sixteen values.

    Raises:
        RogatoryError: The statement does not verify, or the rules refuse it.
    """
    verified = verify_envelope(data, scheme.directory, time_ms)
    if verified.header.seen.log_size > index:
        # The signer had verified a longer log than this place: it was put in behind somebody's back, or the log was rolled back.
        raise NotVerified(errors.X_LOG_INVALID, "header.seen.log_size", "ORDER.SEEN")
    pack = pack_of(before, verified, scheme.packs)
    after = decide(before, verified, Setting(index, time_ms, scheme.directory, pack))
    return verified, after, entry_fields(verified, before, after, pack, time_ms, previous)


def open_receipt(receipt: Receipt, scheme: Scheme) -> VerifiedReceipt:
    """Verify a receipt of the holder's own view, in which all sixteen slots are open.

    Raises:
        NotVerified: ``X_RECEIPT_INVALID`` or ``X_LOG_INVALID``.
    """
    verified = verify_receipt(receipt, scheme.log)
    if set(verified.values) != ALL_SLOTS:
        raise NotVerified(errors.X_RECEIPT_INVALID, "receipt.openings", "VIEW.COMPLETE")
    return verified


def check_all(receipt: VerifiedReceipt, expected: Fields) -> None:
    """Hold all sixteen slots against the values that the holder computed.

    Raises:
        NotVerified: ``X_RECEIPT_INVALID`` naming the slot.
    """
    if set(receipt.values) != ALL_SLOTS:
        raise NotVerified(errors.X_RECEIPT_INVALID, "receipt.openings", "VIEW.COMPLETE")
    check_fields(receipt, expected)


def check_not_ahead(now_ms: int, *receipts: VerifiedReceipt) -> None:
    """Hold commit times against the reader's own clock: what is said to happen later cannot be in the log yet.

    The other side is held by the rules: no statement is taken before it was issued, and time never goes back.

    Raises:
        NotVerified: ``X_RECEIPT_INVALID`` naming the slot of the time.
    """
    for receipt in receipts:
        if receipt.time_ms > now_ms + CLOCK_SKEW_MS:
            raise NotVerified(errors.X_RECEIPT_INVALID, f"receipt.openings[{TIME}]", f"SLOT.{TIME}")


def check_read(
    receipt: Receipt,
    scheme: Scheme,
    row: KeyRow,
    what: str,
    purpose: str,
    state: RequestState | None,
    previous: bytes,
) -> VerifiedReceipt:
    """Verify the receipt of the entry that a read left.

    Args:
        receipt: As received.
        scheme: Directory and log.
        row: The reader's own row.
        what: Name of the call.
        purpose: As asked.
        state: The request that was read, if any.
        previous: Leaf hash of its last statement; empty where no request is named.

    Raises:
        NotVerified: ``X_RECEIPT_INVALID`` or ``X_LOG_INVALID``.
    """
    verified = open_receipt(receipt, scheme)
    check_all(verified, read_fields(row, what, purpose, state, verified.time_ms, previous))
    return verified


def verify_view(
    response: GetRequestResponse, request_id: bytes, scheme: Scheme, row: KeyRow | None, purpose: str
) -> RequestView:
    """Verify everything that a ``GetRequest`` gave.

    Args:
        response: As received, or as stored.
        request_id: The request asked for.
        scheme: Directory, packs and log.
        row: The reader's row, to check the read entry; ``None`` where the answer was checked before.
        purpose: As asked.

    Raises:
        NotVerified: The first thing that does not hold; rule ``FOLD.<code>`` where the rules refuse what was logged.
        Invalid: A receipt is not canonical.
    """
    statements = verify_statements(response.statements, request_id, scheme)
    if not statements:
        raise NotVerified(errors.X_RECEIPT_INVALID, "statements", "PRESENT")
    last = statements[-1]
    read = None
    if row is not None:
        read = check_read(response.read, scheme, row, GET_REQUEST, purpose, last.state, last.receipt.leaf)
    return RequestView(request_id, last.state, statements, scheme.packs[last.state.pack_digest], read)


def verify_statements(
    logged: Iterable[LoggedStatement], request_id: bytes, scheme: Scheme
) -> tuple[ViewedStatement, ...]:
    """Verify and fold a request's logged statements, from its first on.

    Raises:
        NotVerified: As ``verify_view``.
        Invalid: A receipt is not canonical.
    """
    state: RequestState | None = None
    statements: list[ViewedStatement] = []
    previous, last_index = b"", -1
    for item in logged:
        receipt = open_receipt(item.receipt, scheme)
        if item.receipt.index <= last_index:
            raise NotVerified(errors.X_RECEIPT_INVALID, "receipt.index", "VIEW.ORDER")
        if statements and receipt.time_ms < statements[-1].receipt.time_ms:
            raise NotVerified(errors.X_RECEIPT_INVALID, f"receipt.openings[{TIME}]", "VIEW.TIME")
        viewed = _folded(state, item.envelope, receipt, scheme, previous)
        if viewed.verified.header.request_id != request_id:
            raise NotVerified(errors.X_RECEIPT_INVALID, "header.request_id", "VIEW.REQUEST")
        if any(
            viewed.verified.header.statement_id == other.verified.header.statement_id for other in statements
        ):
            raise NotVerified(errors.X_RECEIPT_INVALID, "header.statement_id", "VIEW.ONCE")
        state, previous, last_index = viewed.state, receipt.leaf, item.receipt.index
        statements.append(viewed)
    return tuple(statements)


def fold_carried(
    logged: tuple[ViewedStatement, ...],
    envelopes: Iterable[bytes],
    request_id: bytes,
    scheme: Scheme,
    now_ms: int,
) -> RequestView:
    """Fold statements that are in no log yet onto those that are, by the reader's own clock.

    Each is verified as if it came in now, at the earliest place that it could get, by the same rules as the exchange's: what
    is refused here would be refused there too. The times that the log will say are not known.

    Raises:
        RogatoryError: One does not verify or the rules refuse it.
    """
    state = logged[-1].state if logged else None
    now = max([now_ms, *(item.receipt.time_ms for item in logged)])
    taken = {item.verified.header.statement_id for item in logged}
    carried: list[CarriedStatement] = []
    for data in envelopes:
        verified = verify_envelope(data, scheme.directory, now)
        header = verified.header
        if header.request_id != request_id:
            raise NotVerified(errors.X_RECEIPT_INVALID, "header.request_id", "VIEW.REQUEST")
        if header.statement_id in taken:
            raise NotVerified(errors.X_RECEIPT_INVALID, "header.statement_id", "VIEW.ONCE")
        taken.add(header.statement_id)
        index = max(header.seen.log_size, state.last_index + 1 if state is not None else 0)
        pack = pack_of(state, verified, scheme.packs)
        state = decide(state, verified, Setting(index, now, scheme.directory, pack))
        carried.append(CarriedStatement(verified, state))
    if state is None:
        raise NotVerified(errors.X_RECEIPT_INVALID, "statements", "PRESENT")
    return RequestView(request_id, state, logged, scheme.packs[state.pack_digest], carried=tuple(carried))


def _folded(
    before: RequestState | None, data: bytes, receipt: VerifiedReceipt, scheme: Scheme, previous: bytes
) -> ViewedStatement:
    """Fold a statement that the exchange says it accepted.

    Where the rules refuse it, the exchange withheld something before it or took what it must not take; that is not a
    refusal of anybody's request, so it is not told as one.
    """
    try:
        return fold_statement(before, data, receipt, scheme, previous)
    except (Refused, Invalid) as error:
        raise NotVerified(errors.X_LOG_INVALID, error.field, f"FOLD.{error.code}") from error
