# SPDX-License-Identifier: Apache-2.0
"""How many rejections of one peer leave an entry of their own, and how many statements were turned away after that.

Bookkeeping alone (architecture §4, Rejections; ADR 5): the first rejections within a window are logged one by one, then
the peer's statements are turned away unread until the window ends, and one counted entry stands for all of them. Counted
by peer, never by party or for everybody, so that one device at fault stops nobody else. It keeps nothing on disk, reads
no clock and places no entry: a writer that dies forgets its counts, and nothing that was acknowledged is among them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rogatory.protocol.directory import KeyRow

MAX_WINDOWS: Final = 4096


@dataclass(frozen=True, slots=True)
class FloodLimits:
    """Rejections of one peer that leave an entry each within a window, and the window's length."""

    entries: int = 16
    window_ms: int = 60_000


@dataclass(frozen=True, slots=True)
class Flood:
    """A peer whose window has ended, and how many of its statements were turned away unread in it."""

    row: KeyRow
    turned_away: int


@dataclass(slots=True)
class _Window:
    row: KeyRow
    ends_ms: int
    rejected: int = 0
    turned_away: int = 0


class Floods:
    """Windows of the peers that had a statement rejected lately.

    Args:
        limits: What a peer may do.
        windows: How many are remembered; one more ends the oldest before its time.
    """

    def __init__(self, limits: FloodLimits, windows: int = MAX_WINDOWS) -> None:
        self._limits = limits
        self._most = windows
        self._windows: dict[
            bytes, _Window
        ] = {}  # by SPKI digest, oldest first, since batch times never go back
        self._ended: list[Flood] = []
        self._over_cap = 0

    def full(self, row: KeyRow) -> bool:
        """Tell whether a peer's further statements are turned away. Call ``ended`` first, once for each batch."""
        window = self._windows.get(row.tls_spki)
        return window is not None and window.rejected >= self._limits.entries

    def room(self, row: KeyRow) -> int:
        """Return how many more of a peer's statements may be rejected before it is turned away."""
        window = self._windows.get(row.tls_spki)
        return max(0, self._limits.entries - (0 if window is None else window.rejected))

    def rejected(self, row: KeyRow, now_ms: int) -> None:
        """Count a rejection that leaves an entry of its own; the first one opens the peer's window."""
        window = self._windows.get(row.tls_spki)
        if window is None:
            if len(self._windows) >= self._most:
                self._end(next(iter(self._windows)))
            window = self._windows[row.tls_spki] = _Window(row, now_ms + self._limits.window_ms)
        window.rejected += 1

    def turned_away(self, row: KeyRow, statements: int) -> None:
        """Count statements of a peer in whose window there is no room."""
        self._windows[row.tls_spki].turned_away += statements

    def over_cap(self) -> None:
        """Count a call whose bytes are over a cap: no entry, whoever sent it."""
        self._over_cap += 1

    def ended(self, now_ms: int) -> Sequence[Flood]:
        """Close the windows that have ended and return those in which something was turned away, once."""
        for peer in [spki for spki, window in self._windows.items() if window.ends_ms <= now_ms]:
            self._end(peer)
        floods, self._ended = self._ended, []
        return floods

    def all(self) -> Sequence[Flood]:
        """Close every window, for a clean stop; else as ``ended``."""
        for peer in list(self._windows):
            self._end(peer)
        floods, self._ended = self._ended, []
        return floods

    def take_over_cap(self) -> int:
        """Return the number of calls over a cap since last asked."""
        count, self._over_cap = self._over_cap, 0
        return count

    def _end(self, peer: bytes) -> None:
        window = self._windows.pop(peer)
        if window.turned_away:
            self._ended.append(Flood(window.row, window.turned_away))
