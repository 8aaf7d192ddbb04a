# SPDX-License-Identifier: Apache-2.0
"""Regime packs and their recalls as the scheme signs them: quorum, file, marking. One door for the exchange and for clients.

A pack for exercises has no place in a realm where cases are real; the other way round people rehearse real law. When a pack
came and whether it is in force is not looked at here.
"""

from __future__ import annotations

from rogatory.protocol import codec, errors
from rogatory.protocol.directory import PACK_RECALL_TYPE, PACK_TYPE, PackRecall, TrustRoot
from rogatory.protocol.errors import NotVerified
from rogatory.protocol.header import require
from rogatory.protocol.pack import Pack, load_pack
from rogatory.protocol.quorum import MAX_QUORUM, verify_quorum


def open_pack(data: bytes, root: TrustRoot) -> Pack:
    """Return a signed pack.

    Raises:
        Invalid: Not canonical, or a pack that does not load.
        NotVerified: The quorum is not met, or ``PACK.MARKING``: a pack for exercises in an operational realm.
    """
    pack = load_pack(verify_quorum(data, PACK_TYPE, root.pack_keys))
    if pack.marking == "EXERCISE" and root.marking != "EXERCISE":
        raise NotVerified(errors.X_PACK_UNKNOWN, "pack.marking", "PACK.MARKING")
    return pack


def open_recall(data: bytes, root: TrustRoot) -> PackRecall:
    """Return a signed recall.

    Raises:
        Invalid: Not canonical, or without a digest or a reason.
        NotVerified: The quorum is not met.
    """
    payload = verify_quorum(data, PACK_RECALL_TYPE, root.pack_keys)
    recall = codec.decode(PackRecall, payload, limit=MAX_QUORUM, at="recall")
    require(len(recall.pack_digest) == 32, "recall.pack_digest", "PRESENT", errors.X_FIELD_MISSING)
    require(recall.reason, "recall.reason", "PRESENT", errors.X_FIELD_MISSING)
    return recall
