# SPDX-License-Identifier: Apache-2.0
"""The exchange as a client may believe it: every answer verified before it is returned, and kept.

``sync`` pins the realm and holds the log to one history; ``submit`` verifies receipt or rejection; ``get_request`` folds
and recomputes. An answer that does not hold is kept as evidence and raised, never returned. Which statement to write is
not decided here (``agency``, ``authority``, ``provider``), and no key is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rogatory.audit.failpoints import failpoint
from rogatory.client.catalogues import Catalogues, verify_catalogues
from rogatory.client.catalogues import check_continues as continues
from rogatory.client.channel import Transport
from rogatory.client.comparing import compare_rejection, compare_view
from rogatory.client.evidence import keeping
from rogatory.client.log_heads import check_heads
from rogatory.client.rejections import verify_rejection
from rogatory.client.scheme import Scheme, check_continues, verify_scheme
from rogatory.client.trusted_state import TrustedState
from rogatory.client.views import (
    FETCH_SEALED,
    RequestView,
    ViewedStatement,
    check_not_ahead,
    check_read,
    fold_statement,
    open_receipt,
    verify_view,
)
from rogatory.protocol import codec, errors
from rogatory.protocol.directory import KeyRow
from rogatory.protocol.entry_schema import PREVIOUS
from rogatory.protocol.envelope import parse_envelope
from rogatory.protocol.errors import NotVerified, RogatoryError
from rogatory.protocol.header import SectionRef
from rogatory.protocol.ids import Clock
from rogatory.protocol.receipt import LogHead, Receipt, VerifiedReceipt, encode_receipt
from rogatory.protocol.sealed import check_object, object_digest
from rogatory.protocol.statements import MAX_ENVELOPE, Statement
from rogatory.protocol.wire import (
    FetchSealedRequest,
    FetchSealedResponse,
    GetCheckpointRequest,
    GetCheckpointResponse,
    GetDirectoryRequest,
    GetDirectoryResponse,
    GetPacksRequest,
    GetPacksResponse,
    GetRequestRequest,
    GetRequestResponse,
    ListProvidersRequest,
    ListProvidersResponse,
    ListRequestsRequest,
    ListRequestsResponse,
    PutSealedRequest,
    PutSealedResponse,
    RequestTip,
    SubmitRequest,
    SubmitResponse,
)

_PAGE = 500


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a ``sync`` found: newest checkpoint, index of the trust list, number of packs and of heads held to it."""

    checkpoint: LogHead
    directory_index: int
    packs: int
    heads_checked: int


class NotSaved(Exception):
    """The exchange has accepted a statement, but its receipt cannot be written here; sent again, it comes again.

    ``receipt`` is verified; ``viewed`` is None where the state after the statement could not be worked out either.
    """

    def __init__(self, receipt: VerifiedReceipt, viewed: ViewedStatement | None) -> None:
        super().__init__("receipt not saved")
        self.receipt, self.viewed = receipt, viewed


class ExchangeClient:
    """Verified calls to one exchange.

    Args:
        channel: The connection.
        state: What was verified before; grows.
        clock: Now.
    """

    def __init__(self, channel: Transport, state: TrustedState, clock: Clock) -> None:
        self.channel = channel
        self.state = state
        self._clock = clock
        self._scheme: Scheme | None = None
        self._catalogues: Catalogues | None = None

    @property
    def scheme(self) -> Scheme:
        """Realm, directory and packs: of the last ``sync``, or as stored.

        Raises:
            RogatoryError: Nothing is stored, or it does not verify any more.
        """
        if self._scheme is None:
            self._scheme = self.state.load_scheme(self._clock.now_ms())
        return self._scheme

    @property
    def catalogues(self) -> Catalogues:
        """What providers declare: of the last ``sync``, or as stored.

        Raises:
            RogatoryError: What is stored does not verify any more.
        """
        if self._catalogues is None:
            self._catalogues = self.state.load_catalogues(self.scheme)
        return self._catalogues

    @property
    def row(self) -> KeyRow:
        """The caller's own row: that of this device's TLS certificate.

        Raises:
            NotVerified: ``X_KEY_UNKNOWN``: the directory does not know this device as this person's.
        """
        row = self.scheme.directory.device(self.state.profile.tls_spki)
        person = self.state.profile.config.person
        if row is None or (row.org, row.unit, row.subject) != (person.org, person.unit, person.subject):
            raise NotVerified(errors.X_KEY_UNKNOWN, "profile.person", "DIRECTORY.KEY")
        return row

    async def sync(self) -> SyncReport:
        """Fetch and verify directory, packs, catalogues and checkpoint; hold all earlier heads against the new one.

        Raises:
            NotVerified: Pinned realm, quorums, or the log's history do not hold.
        """
        directory = await self.channel.call(
            "DirectoryService/GetDirectory", GetDirectoryRequest(), GetDirectoryResponse
        )
        packs = await self.channel.call("DirectoryService/GetPacks", GetPacksRequest(), GetPacksResponse)
        scheme = verify_scheme(directory, packs, self.state.profile.config.realm, self._clock.now_ms())
        version = scheme.directory.trust_list.version
        with keeping(
            self.state, "scheme", *self.state.stored_scheme(), codec.encode(directory), codec.encode(packs)
        ):
            self._continues(scheme)
        listed, catalogues = await self._listed(scheme)
        self.state.note_heads(*scheme.heads)
        checkpoint, checked = await check_heads(self.state, scheme.log, self.checkpoint, self._clock.now_ms())
        self.state.save_scheme(directory, packs, version)
        self.state.save_catalogues(listed)
        self._scheme, self._catalogues = scheme, catalogues
        return SyncReport(checkpoint, scheme.directory.index, len(scheme.packs), checked)

    async def _listed(self, scheme: Scheme) -> tuple[ListProvidersResponse, Catalogues]:
        """Fetch what providers declare, as it came and verified; it was held against what was verified before."""
        answer = await self.channel.call(
            "DirectoryService/ListProviders", ListProvidersRequest(), ListProvidersResponse
        )
        with keeping(self.state, "catalogues", self.state.stored_catalogues(), codec.encode(answer)):
            found = verify_catalogues(answer, scheme)
            self._catalogues_continue(scheme, found)
        self.state.note_heads(*found.heads)
        return answer, found

    def _catalogues_continue(self, scheme: Scheme, found: Catalogues) -> None:
        """Hold new catalogues against the stored ones; where those are damaged, what came stands by itself."""
        try:
            before = self.state.load_catalogues(scheme)
        except RogatoryError:
            return
        continues(before, found)

    def _continues(self, scheme: Scheme) -> None:
        """Hold a new scheme against the stored one; where that is damaged, its version still counts."""
        if scheme.directory.trust_list.version < self.state.trusted.directory_version:
            raise NotVerified(errors.X_LOG_INVALID, "trust_list.version", "DIRECTORY.ROLLBACK")
        try:
            before = self.state.load_scheme()
        except RogatoryError:
            return
        check_continues(before, scheme)

    def adopt(self, directory: GetDirectoryResponse, packs: GetPacksResponse, scheme: Scheme) -> None:
        """Go on with a verified scheme that came another way than from the exchange, as if it had come from there.

        Raises:
            NotVerified: It goes back behind the stored one, or takes something of it away.
        """
        self._continues(scheme)
        self.state.note_heads(*scheme.heads)
        self.state.save_scheme(directory, packs, scheme.directory.trust_list.version)
        self._scheme = scheme

    async def checkpoint(self, old_size: int = 0) -> GetCheckpointResponse:
        """Return the published checkpoint with the consistency proof from a size, not verified."""
        return await self.channel.call(
            "AuditService/GetCheckpoint", GetCheckpointRequest(old_size), GetCheckpointResponse
        )

    async def submit(self, envelope: bytes, view: RequestView | None = None) -> ViewedStatement:
        """Submit one signed statement and verify what comes back.

        Args:
            envelope: Exact bytes.
            view: The request as last seen; fetched again where others have acted since.

        Returns:
            The statement with its verified receipt and the state after it.

        Raises:
            Rejected: The exchange rejected it; code, field and rule are the signed rejection's.
            NotVerified: Receipt or rejection do not hold; they are kept as evidence.
            NotSaved: It is accepted, and the profile's disk does not take the receipt.
        """
        answer = await self.channel.call("ExchangeService/Submit", SubmitRequest((envelope,)), SubmitResponse)
        failpoint("client.answer.after")
        if len(answer.results) != 1:
            raise NotVerified(errors.X_RECEIPT_INVALID, "answer.results", "COUNT")
        (result,) = answer.results
        if result.rejection is not None:
            with keeping(self.state, "rejection", codec.encode(result.rejection), envelope):
                rejected = verify_rejection(result.rejection, envelope, self.scheme, self.row)
                check_not_ahead(self._clock.now_ms(), rejected.receipt)
            self.state.note_heads(rejected.receipt.head)
            self.state.keep_evidence("rejected", codec.encode(result.rejection), envelope)
            compare_rejection(self.state, result.rejection, envelope, self.row)
            raise rejected.error()
        if result.receipt is None:
            raise NotVerified(errors.X_RECEIPT_INVALID, "answer.results", "PRESENT")
        data = encode_receipt(result.receipt)
        with keeping(self.state, "receipt", data, envelope):
            receipt = open_receipt(result.receipt, self.scheme)
            check_not_ahead(self._clock.now_ms(), receipt)
        before, leaf = (view.state, view.leaf) if view is not None else (None, b"")
        viewed: ViewedStatement | None = None
        try:
            self.state.note_heads(receipt.head)
            try:
                viewed = fold_statement(before, envelope, receipt, self.scheme, leaf)
            except RogatoryError:
                # Somebody acted between our look and our word, or this is the first receipt of a replay: look again.
                viewed = await self._placed(envelope, receipt.receipt.index)
            self.state.save_receipt(viewed.verified.digest, envelope, viewed.receipt)
        except OSError as error:
            raise NotSaved(receipt, viewed) from error
        return viewed

    async def _placed(self, envelope: bytes, index: int) -> ViewedStatement:
        """Find a statement in the whole request, where every entry before it is proven too."""
        statement = codec.decode(
            Statement, parse_envelope(envelope).payload, limit=MAX_ENVELOPE, at="statement"
        )
        view = await self.get_request(statement.header.request_id, "PROCESSING")
        for item in view.statements:
            if item.verified.data == envelope and item.index == index:
                return item
        raise NotVerified(errors.X_RECEIPT_INVALID, "receipt.index", "VIEW.STATEMENT")

    async def get_request(self, request_id: bytes, purpose: str) -> RequestView:
        """Fetch a request and prove all of it.

        Args:
            request_id: 16 bytes.
            purpose: Why; one of ``rogatory.protocol.entry.READ_PURPOSES``. It is logged.

        Raises:
            NotAuthorised: ``X_NOT_FOUND``: not a party of it, or there is none.
            NotVerified: Something does not hold; the answer is kept as evidence.
        """
        response = await self.channel.call(
            "ExchangeService/GetRequest", GetRequestRequest(request_id, purpose), GetRequestResponse
        )
        with keeping(self.state, "view", codec.encode(response)):
            view = verify_view(response, request_id, self.scheme, self.row, purpose)
            check_not_ahead(self._clock.now_ms(), *view.receipts)
            self.state.note_heads(*view.heads)
        compare_view(self.state, view)
        for item in view.statements:
            self.state.save_receipt(item.verified.digest, item.verified.data, item.receipt)
        self.state.save_view(request_id, response)
        return view

    def stored_view(self, request_id: bytes) -> RequestView | None:
        """Return the request as last fetched, verified again, or None."""
        response = self.state.load_view(request_id)
        if response is None:
            return None
        return verify_view(response, request_id, self.scheme, None, "")

    async def view(self, request_id: bytes, purpose: str, last_index: int | None = None) -> RequestView:
        """Return a request, from what is stored where ``last_index`` says that nothing has happened since."""
        if last_index is not None:
            stored = self.stored_view(request_id)
            if stored is not None and stored.state.last_index == last_index:
                return stored
        return await self.get_request(request_id, purpose)

    async def list_requests(self, from_index: int = 0) -> tuple[RequestTip, ...]:
        """Return the caller's requests by last change; not proven, each request itself is."""
        found: dict[bytes, RequestTip] = {}
        start = from_index
        while True:
            page = await self.channel.call(
                "ExchangeService/ListRequests", ListRequestsRequest(start, _PAGE), ListRequestsResponse
            )
            found.update({tip.request_id: tip for tip in page.requests})
            if not page.more or not page.requests or page.requests[-1].last_index < start:
                return tuple(sorted(found.values(), key=lambda tip: tip.last_index))
            start = page.requests[-1].last_index + 1

    async def put_sealed(self, request_id: bytes, data: bytes) -> bytes:
        """Store a sealed section; the same bytes again are fine.

        Raises:
            NotVerified: ``X_SEAL_BROKEN``: the exchange says that it stored something else.
        """
        answer = await self.channel.call(
            "SealedService/PutSealed", PutSealedRequest(request_id, data), PutSealedResponse
        )
        if answer.object_digest != object_digest(data):
            raise NotVerified(errors.X_SEAL_BROKEN, "object_digest", "SECTION.DIGEST")
        return answer.object_digest

    async def fetch_sealed(
        self, view: RequestView, refs: Sequence[SectionRef], purpose: str
    ) -> tuple[bytes, ...]:
        """Fetch sections, each checked against the signed reference; the read's own receipt is checked too.

        Raises:
            NotAuthorised: ``X_NOT_FOUND``: not handed to this party.
            NotVerified: An object is not the one that was signed.
        """
        digests = tuple(ref.object_digest for ref in refs)
        answer = await self.channel.call(
            "SealedService/FetchSealed",
            FetchSealedRequest(view.request_id, digests, purpose),
            FetchSealedResponse,
        )
        if len(answer.objects) != len(refs):
            raise NotVerified(errors.X_SEAL_BROKEN, "answer.objects", "COUNT")
        for data, ref in zip(answer.objects, refs, strict=True):
            check_object(data, ref)
        with keeping(self.state, "read", encode_receipt(answer.read)):
            read = await self._read(answer.read, view, purpose)
        self.state.note_heads(read)
        return answer.objects

    async def _read(self, receipt: Receipt, view: RequestView, purpose: str) -> LogHead:
        """Check the receipt of a read; another statement may have come between the view and the read."""

        def check(leaf: bytes) -> LogHead:
            checked = check_read(receipt, self.scheme, self.row, FETCH_SEALED, purpose, view.state, leaf)
            return checked.head

        try:
            return check(view.leaf)
        except NotVerified as error:
            if error.rule != f"SLOT.{PREVIOUS}":
                raise
            newer = await self.get_request(view.request_id, purpose)
            leaf = next(
                (s.receipt.leaf for s in newer.statements if s.receipt.leaf in _previous(receipt)), b""
            )
            return check(leaf)


def _previous(receipt: Receipt) -> tuple[bytes, ...]:
    """Return what a receipt opens as the leaf of the request's previous statement."""
    return tuple(opening.value[1:] for opening in receipt.openings if opening.slot == PREVIOUS)
