# SPDX-License-Identifier: Apache-2.0
"""What every handler of the write path shares: store, vault, log, keys, directory, packs, time.

And the two look-ups that need more than one of them: the caller behind a certificate, and a request's state. No handler
stands here, and nothing commits here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from rogatory.audit.log import Log
from rogatory.protocol import errors, keys
from rogatory.protocol.directory import Directory, KeyRow, OrgRow, PartyKind, RowStatus
from rogatory.protocol.envelope import sign_statement
from rogatory.protocol.errors import NotAuthorised, Refused
from rogatory.protocol.feed import EMPTY_FEED
from rogatory.protocol.header import Address, Header, Issuer, Seen, StatementKind
from rogatory.protocol.ids import Clock, Entropy, uuid7
from rogatory.protocol.pack import Pack
from rogatory.protocol.state import Flag, RequestState
from rogatory.protocol.statements import Body, Statement
from rogatory.server.engine.floods import Floods
from rogatory.server.engine.states import States
from rogatory.server.store.contract import ExchangeStore
from rogatory.server.vault import Vault

_OWN_STATEMENT_LIFE_MS: Final = 86_400_000
# Leaf hash and length of each part of a disclosure that has arrived whole, in order.
WholeParts = Callable[[bytes, bytes], list[tuple[bytes, int]]]


@dataclass(frozen=True, slots=True)
class Caller:
    """The TLS peer, as the directory knows it."""

    row: KeyRow
    org: OrgRow

    @property
    def kind(self) -> PartyKind:
        """Kind of the caller's organisation."""
        return self.org.kind


@dataclass(frozen=True, slots=True)
class OwnKey:
    """A key of the exchange itself, with its row in the directory."""

    signer: keys.Signer
    row: KeyRow


@dataclass(slots=True)
class Core:
    """Parts of the write path; made once at start."""

    store: ExchangeStore
    vault: Vault
    log: Log
    exchange_key: OwnKey
    clock_key: OwnKey
    directory: Directory
    packs: dict[bytes, Pack]
    states: States
    clock: Clock
    entropy: Entropy
    whole_parts: WholeParts
    floods: Floods

    def caller(self, peer_spki: bytes) -> Caller:
        """Return the enrolled device behind a certificate.

        Raises:
            NotAuthorised: No row, not active, out of its time, or its organisation is not active.
        """
        row = self.directory.device(peer_spki)
        now = self.clock.now_ms()
        if (
            row is None
            or row.status is not RowStatus.ACTIVE
            or not row.valid_from_ms <= now < row.valid_until_ms
        ):
            raise NotAuthorised(errors.X_CERTIFICATE_NOT_TRUSTED, "peer", "DIRECTORY.SPKI")
        return Caller(row, self.directory.org(row.org, "peer"))

    def state(self, request_id: bytes) -> tuple[RequestState | None, bytes]:
        """Return a request's state and the leaf hash of its last statement; nothing for a request that is not."""
        known = self.states.get(request_id)
        return (None, b"") if known is None else (known.state, known.leaf)

    def roll_back(self) -> None:
        """Drop what memory holds of a transaction that did not commit."""
        self.states.forget()
        self.log.discard()

    def visible(self, caller: Caller, request_id: bytes) -> tuple[RequestState, bytes]:
        """Return a request that the caller may see.

        Raises:
            NotAuthorised: ``X_NOT_FOUND``, the same for another party's request as for none at all.
            Refused: ``X_ERASED``: it was erased; only who saw it before is told so.
        """
        state, leaf = self.state(request_id)
        if state is None or not (caller.kind is PartyKind.OVERSIGHT or caller.row.org in state.parties):
            raise NotAuthorised(errors.X_NOT_FOUND, "request_id", "REQUEST.PARTY")
        if Flag.ERASED in state.flags:
            raise Refused(errors.X_ERASED, "request_id", "ERASED")
        return state, leaf

    def sign(
        self,
        kind: StatementKind,
        body: Body,
        request_id: bytes,
        addressee: Address,
        time_ms: int,
        position: int = 0,
    ) -> bytes:
        """Return an envelope of the exchange's own statement (rejections, heartbeats), or of its clock.

        ``position`` is 1 + the index of the request's last statement, for a statement that enters the fold.
        """
        head = self.log.head()
        mine = self.clock_key if kind is StatementKind.CLOCK else self.exchange_key
        row = mine.row
        header = Header(
            realm=self.directory.realm,
            statement_id=uuid7(self.clock, self.entropy),
            request_id=request_id,
            kind=kind,
            seen=Seen(head.size, head.root, self.directory.index, position, EMPTY_FEED if position else b""),
            issuer=Issuer(row.org, row.unit, row.subject, row.roles[0], row.key_id),
            addressee=addressee,
            issued_at_ms=time_ms,
            expires_at_ms=time_ms + _OWN_STATEMENT_LIFE_MS,
        )
        return sign_statement(Statement(header, body), mine.signer)
