# SPDX-License-Identifier: Apache-2.0
"""Erasure: what the exchange holds of a request and may not keep is destroyed; the log and its proofs stay (architecture §8).

Inside the transaction of the ERASE statement the openings of the request's entries are sealed anew, apart from the request's
key and without the slots that can be erased, and its stored sections are deleted. After the commit the key is destroyed in
the vault: never before, or a transaction that rolls back would have lost what it still needs. Envelopes stay, since the
chain is recomputed from them: codes, ids and commitments under keys that only the ends had. Not erased here: parts of
disclosures, which lie sealed to their recipient, and what backups and file systems keep; without the key that is noise.
"""

from __future__ import annotations

from rogatory.protocol.entry_schema import NOT_ERASABLE
from rogatory.server.engine.batch import Batch, open_row, seal_kept
from rogatory.server.engine.core import Core


def erase(core: Core, batch: Batch, request_id: bytes, index: int) -> None:
    """Erase a request inside the open transaction; ``index`` is that of the ERASE statement, whose own entry stays open."""
    for row in core.store.views_of(request_id):
        openings = open_row(core, row)
        kept = openings if row.i == index else tuple(o for o in openings if o.slot in NOT_ERASABLE)
        core.store.keep_view(row.i, seal_kept(core, row.i, kept))
    core.store.drop_sealed(request_id)
    core.store.add_erased(request_id, index)
    batch.erased.append(request_id)
