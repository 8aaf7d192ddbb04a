# SPDX-License-Identifier: Apache-2.0
"""A verified statement decided and placed: entry, row, state, feeds. For what parties submit and for the exchange's clock.

Whether it may be submitted, and whether what it names has arrived, is not looked at here (``submitting``).
"""

from __future__ import annotations

from rogatory.audit.failpoints import failpoint
from rogatory.protocol.decision import Setting
from rogatory.protocol.entry import entry_fields
from rogatory.protocol.envelope import Verified
from rogatory.protocol.feed import next_feed
from rogatory.protocol.header import StatementKind
from rogatory.protocol.lifecycle import decide
from rogatory.protocol.pack import Pack
from rogatory.protocol.state import RequestState
from rogatory.protocol.wire import FeedItem
from rogatory.server.engine.batch import Batch, Placed
from rogatory.server.engine.core import Core
from rogatory.server.engine.erasing import erase
from rogatory.server.engine.states import Known
from rogatory.server.store.contract import StatementRow


def decided(core: Core, batch: Batch, verified: Verified, known: Known | None, pack: Pack) -> RequestState:
    """Return the state that a statement leads to at the next index of the batch.

    Raises:
        Refused: The rules say no; nothing was placed.
    """
    before = known.state if known is not None else None
    return decide(before, verified, Setting(batch.next_index, batch.time_ms, core.directory, pack))


def place_statement(
    core: Core,
    batch: Batch,
    verified: Verified,
    known: Known | None,
    pack: Pack,
    after: RequestState | None = None,
) -> tuple[Placed, Known]:
    """Place a statement; without ``after`` it is decided here.

    Raises:
        Refused: See ``decided``.
    """
    header = verified.header
    before, previous = (None, b"") if known is None else (known.state, known.leaf)
    if after is None:
        after = decided(core, batch, verified, known, pack)
    fields = entry_fields(verified, before, after, pack, batch.time_ms, previous)
    failpoint("submit.place.before")
    placed = batch.place(fields, header.issuer.org, header.request_id)
    failpoint("submit.place.after")
    core.store.add_statement(
        StatementRow(
            placed.index,
            header.statement_id,
            header.request_id,
            verified.statement_digest,
            header.issuer.org,
            verified.data,
        )
    )
    now = core.states.put(after, placed.leaf, known)
    failpoint("submit.state.after")
    _feed(core, after, verified, placed.index)
    failpoint("submit.feed.after")
    if header.kind is StatementKind.ERASE:
        erase(core, batch, header.request_id, placed.index)
    return placed, now


def _feed(core: Core, after: RequestState, verified: Verified, index: int) -> None:
    for org in after.parties:
        if org == verified.header.issuer.org:
            continue
        digest = next_feed(core.store.feed_digest(org), index, verified.digest)
        item = FeedItem(index, after.request_id, verified.digest, verified.header.kind, digest)
        core.store.add_feed(org, item)
