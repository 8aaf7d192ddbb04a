# SPDX-License-Identifier: Apache-2.0
"""Keep what was received when it turns out not to hold: a lie that is thrown away proves nothing.

It decides nothing; the error goes on to the caller.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from rogatory.client.trusted_state import TrustedState
from rogatory.protocol.errors import NotVerified


@contextlib.contextmanager
def keeping(state: TrustedState, kind: str, *parts: bytes) -> Iterator[None]:
    """Store ``parts`` in the profile's evidence folder if the block raises ``NotVerified``."""
    try:
        yield
    except NotVerified:
        state.keep_evidence(kind, *parts)
        raise
