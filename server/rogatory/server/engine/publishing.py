# SPDX-License-Identifier: Apache-2.0
"""Packs, recalls and catalogues that come while the exchange runs: verified like those of the first day, logged, in force at once.

Who carries them does not matter, the quorum that signed them does. A version is logged once and never replaced: another
file under the same id and version is a fork of the law. Requests in flight keep the version that they named.
"""

from __future__ import annotations

from dataclasses import replace

from rogatory.protocol import codec, errors
from rogatory.protocol.catalogues import CATALOGUE_TYPE, open_catalogue
from rogatory.protocol.directory import PACK_RECALL_TYPE, PACK_TYPE
from rogatory.protocol.entry import scheme_fields
from rogatory.protocol.errors import Invalid, Refused
from rogatory.protocol.header import StatementKind
from rogatory.protocol.laws import open_pack, open_recall
from rogatory.protocol.pack import Pack
from rogatory.protocol.quorum import MAX_QUORUM, Quorum, quorum_digest
from rogatory.protocol.wire import MAX_MESSAGE, LoggedQuorum, PublishRequest, PublishResponse
from rogatory.server.engine.batch import Answer, Batch, Finish, decode_openings
from rogatory.server.engine.core import Caller, Core
from rogatory.server.engine.genesis import newest_catalogues
from rogatory.server.store.contract import SchemeRow


def publish(core: Core, batch: Batch, caller: Caller, payload: bytes) -> Answer:
    """Take a pack, a recall or a provider's catalogue in; the same bytes again get the same receipt.

    Raises:
        Invalid: Not a pack, one that does not load, or a version that goes back.
        NotVerified: The quorum is not met.
        Refused: ``X_REPLAY``: this version exists with other content; ``X_PACK_UNKNOWN``: a recall of what is not there.
    """
    del caller
    data = codec.decode(PublishRequest, payload, limit=MAX_MESSAGE, at="request").quorum
    known = next((row for row in core.store.scheme() if row.data == data), None)
    if known is not None:
        return _again(core, known)
    quorum = codec.decode(Quorum, data, limit=MAX_QUORUM, at="request.quorum")
    if quorum.payload_type == CATALOGUE_TYPE:
        _catalogue(core, batch, data)
        return _logged(core, batch, StatementKind.CATALOGUE, data)
    if quorum.payload_type == PACK_TYPE:
        kind, pack = StatementKind.PACK, _pack(core, batch, data)
    elif quorum.payload_type == PACK_RECALL_TYPE:
        kind, pack = StatementKind.PACK_RECALL, _recalled(core, batch, data)
    else:
        raise Invalid(errors.X_FIELD_INVALID, "request.quorum.payload_type", "TYPE")
    # What comes later in this batch is judged by the law as it was: an entry has force from the next commit on.
    answer = _logged(core, batch, kind, data)
    batch.laws.append(pack)
    return answer


def _logged(core: Core, batch: Batch, kind: StatementKind, data: bytes) -> Answer:
    """Give an object its entry and its row."""
    placed = batch.place(
        scheme_fields(kind, quorum_digest(data), batch.time_ms), core.exchange_key.row.org, None, data
    )
    core.store.add_scheme(SchemeRow(placed.index, kind.name, data, placed.blob))

    def answer(finish: Finish) -> bytes:
        return codec.encode(PublishResponse(LoggedQuorum(data, finish.receipt(placed))))

    return answer


def _pack(core: Core, batch: Batch, data: bytes) -> Pack:
    pack = open_pack(data, core.directory.root)
    # Also those that came in just before, with the same batch: of one version there is one content.
    versions = [
        old.pack_version for old in (*core.packs.values(), *batch.laws) if old.pack_id == pack.pack_id
    ]
    if pack.pack_version in versions:
        raise Refused(errors.X_REPLAY, "pack.pack_version", "PACKS.FORK")
    if versions and pack.pack_version < max(versions):
        raise Invalid(errors.X_FIELD_INVALID, "pack.pack_version", "PACK.VERSION_GROWS")
    return pack


def _catalogue(core: Core, batch: Batch, data: bytes) -> None:
    """Of one version of a unit's catalogue there is one content, and a later one is a later version."""
    declared = open_catalogue(data, core.directory)
    declared.check_signer(batch.time_ms)
    catalogue = declared.catalogue
    core.directory.unit(catalogue.address, "catalogue.unit")
    known = newest_catalogues(core.store.scheme()).get(catalogue.address)
    if known is None:
        return
    if catalogue.version == known[1].version:
        raise Refused(errors.X_REPLAY, "catalogue.version", "CATALOGUE.FORK")
    if catalogue.version < known[1].version:
        raise Invalid(errors.X_FIELD_INVALID, "catalogue.version", "CATALOGUE.VERSION_GROWS")


def _recalled(core: Core, batch: Batch, data: bytes) -> Pack:
    recall = open_recall(data, core.directory.root)
    pack = core.packs.get(recall.pack_digest)
    gone = any(law.digest == recall.pack_digest and law.recalled_at is not None for law in batch.laws)
    if pack is None or pack.recalled_at is not None or gone:
        raise Refused(errors.X_PACK_UNKNOWN, "recall.pack_digest", "DIRECTORY.PACKS")
    return replace(pack, recalled_at=batch.next_index)


def _again(core: Core, row: SchemeRow) -> Answer:
    def answer(finish: Finish) -> bytes:
        view = core.store.view(row.i)
        if view is None:
            raise AssertionError  # a scheme's row and its view are written together
        receipt = replace(finish.stored(view), openings=decode_openings(row.openings))
        return codec.encode(PublishResponse(LoggedQuorum(row.data, receipt)))

    return answer
