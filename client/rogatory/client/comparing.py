# SPDX-License-Identifier: Apache-2.0
"""One word of the exchange held against another: each alone may verify, and both cannot be true.

What others had seen when they signed against the own history; a signed heartbeat against what it did not cover; a signed
"no" against an acceptance of the same bytes. Nothing is fetched here, and a contradiction is kept before it is raised.
"""

from __future__ import annotations

from rogatory.client.trusted_state import TrustedState
from rogatory.client.views import RequestView
from rogatory.protocol import codec, errors
from rogatory.protocol.directory import KeyRow
from rogatory.protocol.envelope import CLOCK_SKEW_MS, envelope_digest, parse_envelope, raw_digest
from rogatory.protocol.errors import NotVerified
from rogatory.protocol.receipt import MAX_RECEIPT, Rejection, encode_receipt
from rogatory.protocol.statements import MAX_ENVELOPE


def compare_view(state: TrustedState, view: RequestView) -> None:
    """Hold a verified view against everything else that this party was told.

    Raises:
        NotVerified: ``LOG.FORK``: somebody else was shown another log. ``FEED.WITHHELD``: the exchange signed that the
            feed held everything, and it did not. ``REJECTION.ACCEPTED``: it said no to what it had accepted.
    """
    own, trusted = state.profile.config.person.org, state.trusted
    for item in view.statements:
        header, receipt = item.verified.header, encode_receipt(item.receipt.receipt)
        if header.issuer.org == own:
            kept = state.rejection_of(raw_digest(item.verified.data))
            if kept and _parsed(kept).receipt.index > item.index:
                _contradicted(state, kept, receipt, item.verified.data)
            continue
        state.note_seen(item.verified.data, header.seen)
        # Time may step back a little on an honest machine; two minutes are the skew that everything here allows.
        earlier = item.receipt.time_ms + CLOCK_SKEW_MS < trusted.beat_ms
        if own in item.state.parties and item.index >= trusted.beat_position and earlier:
            state.keep_evidence("feed", state.beat(), receipt)
            raise NotVerified(errors.X_LOG_INVALID, "watch.heartbeat", "FEED.WITHHELD")


def compare_rejection(state: TrustedState, rejection: Rejection, sent: bytes, row: KeyRow) -> None:
    """Hold a verified rejection against the receipts that are kept, and keep it for later ones.

    Raises:
        NotVerified: ``X_LOG_INVALID`` with rule ``REJECTION.ACCEPTED``: the holder has a receipt for the same bytes.
    """
    data = codec.encode(rejection)
    state.keep_rejection(raw_digest(sent), data)
    receipt = state.receipt_of(envelope_digest(parse_envelope(sent), row.alg))
    if receipt:
        _contradicted(state, data, receipt, sent)


def _parsed(data: bytes) -> Rejection:
    return codec.decode(Rejection, data, limit=MAX_RECEIPT + MAX_ENVELOPE, at="rejection")


def _contradicted(state: TrustedState, rejection: bytes, receipt: bytes, envelope: bytes) -> None:
    state.keep_evidence("contradiction", rejection, receipt, envelope)
    raise NotVerified(errors.X_LOG_INVALID, "rejection.envelope", "REJECTION.ACCEPTED")
