# SPDX-License-Identifier: Apache-2.0
"""What each party must have been told, computed from the log alone, and held against what it says it was told.

Every statement carries the digest of its signer's feed (architecture §4): who sees all entries computes every feed again,
and an event that the exchange dropped, swapped or made up for one party stands in that party's own next signature. The
same for a "no" to bytes that had been accepted. Pure; it needs every entry from the first on, and guesses at nothing.
"""

from __future__ import annotations

from rogatory.protocol import errors
from rogatory.protocol.envelope import Verified, raw_digest
from rogatory.protocol.errors import NotVerified
from rogatory.protocol.feed import EMPTY_FEED, next_feed
from rogatory.protocol.state import RequestState
from rogatory.protocol.statements import Reject


class Feeds:
    """Feeds of all parties, and what was accepted, up to an entry."""

    def __init__(self) -> None:
        self._tips: dict[bytes, bytes] = {}
        self._known: dict[bytes, set[bytes]] = {}
        self._accepted: dict[bytes, bytes] = {}

    def statement(self, verified: Verified, after: RequestState, index: int) -> None:
        """Take an accepted statement in, and hold its signer's feed against the log.

        Raises:
            NotVerified: ``X_LOG_INVALID`` with rule ``FEED.DIVERGED``: the signer heard something else than the log holds.
        """
        issuer = verified.header.issuer.org
        for org in after.parties:
            if org != issuer:
                tip = next_feed(self._tips.get(org, EMPTY_FEED), index, verified.digest)
                self._tips[org] = tip
                self._known.setdefault(org, {EMPTY_FEED}).add(tip)
        self._accepted[raw_digest(verified.data)] = issuer
        if verified.header.seen.feed_digest not in self._known.get(issuer, {EMPTY_FEED}):
            raise NotVerified(errors.X_LOG_INVALID, "header.seen.feed_digest", "FEED.DIVERGED")

    def rejection(self, rejected: Reject, addressee: bytes) -> None:
        """Hold a rejection against what was accepted: the same bytes from the same party get their receipt again.

        Raises:
            NotVerified: ``X_LOG_INVALID`` with rule ``REJECTION.ACCEPTED``.
        """
        if self._accepted.get(rejected.rejected) == addressee:
            raise NotVerified(errors.X_LOG_INVALID, "envelope", "REJECTION.ACCEPTED")
