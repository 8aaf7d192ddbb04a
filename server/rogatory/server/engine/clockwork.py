# SPDX-License-Identifier: Apache-2.0
"""The exchange's clock: it says what has fallen due, in the same transaction and before any statement that it bears on.

Which obligations there are and when they end every party computes (``rogatory.protocol.terms``); a clock statement names one
exactly, signed by a key that can sign nothing else, and each client that folds it computes it again. Nothing is decided here,
and time is the batch's: never earlier than the log's newest entry.
"""

from __future__ import annotations

from collections.abc import Sequence

from rogatory.protocol.duties import Clock
from rogatory.protocol.envelope import verify_envelope
from rogatory.protocol.header import StatementKind
from rogatory.protocol.terms import due
from rogatory.server.engine.batch import Batch
from rogatory.server.engine.core import Core
from rogatory.server.engine.placing import place_statement
from rogatory.server.engine.states import Known, next_due


def strike(core: Core, batch: Batch, known: Known) -> Known:
    """Place a statement for each obligation of a request that has ended, earliest first; return what it is then."""
    while items := due(known.state, batch.time_ms):
        item, state = items[0], known.state
        body = Clock(item.name, item.trigger, item.rule, item.due_ms)
        envelope = core.sign(
            StatementKind.CLOCK, body, state.request_id, state.agency, batch.time_ms, state.last_index + 1
        )
        verified = verify_envelope(envelope, core.directory, batch.time_ms)
        known = place_statement(core, batch, verified, known, core.packs[state.pack_digest])[1]
    return known


def strike_all(core: Core, batch: Batch, request_ids: Sequence[bytes]) -> None:
    """Do the same for requests whose time the store says has come, and note when the next of their clocks ends."""
    for request_id in request_ids:
        known = core.states.get(request_id)
        if known is not None:
            struck = strike(core, batch, known)
            core.store.set_due(request_id, next_due(struck.state))
