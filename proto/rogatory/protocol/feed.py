# SPDX-License-Identifier: Apache-2.0
"""The feed chain: one hash chain per party over what was addressed to it (architecture §4).

Its head stands in everything that the party signs, so an event that the exchange withheld, swapped or reordered shows
in what the victim itself signed. The chain proves order and completeness up to its head, not content.
"""

from __future__ import annotations

from typing import Final

from rogatory.audit.framing import th, u64
from rogatory.protocol import tags

EMPTY_FEED: Final = b""


def next_feed(previous: bytes, index: int, envelope_digest: bytes) -> bytes:
    """Return the chain after one more item: log index and envelope digest on top of the previous head."""
    return th(tags.FEED, previous, u64(index), envelope_digest)
