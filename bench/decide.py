# SPDX-License-Identifier: Apache-2.0
"""What the rules alone cost: one statement folded into a request's state under the largest pack that ships.

No signature, no log, no disk; those have rows of their own. Each kind of the main line is timed by itself and the dearest is the
row, beside the limit that the write path can bear.
"""

from __future__ import annotations

import time
from statistics import median
from typing import Final

from typing_extensions import override

from bench.rows import Row, make_row
from rogatory.client.pack_library import shipped_packs
from rogatory.protocol.decision import Setting
from rogatory.protocol.envelope import Verified
from rogatory.protocol.lifecycle import decide
from rogatory.protocol.state import RequestState
from tests.support.regime_desk import AT_HOME, CONTENT, EMERGENCY, USUAL, Desk

LIMIT_US: Final = 60.0
_ROUNDS: Final = 2000
Case = tuple[RequestState | None, Verified, Setting]


class _Watching(Desk):
    """Keeps what each decision was made from."""

    @override
    def __post_init__(self) -> None:
        super().__post_init__()
        self.cases: list[Case] = []

    @override
    def decide(self, state: RequestState | None, verified: Verified, **other: object) -> RequestState:
        self.cases.append((state, verified, self.setting(**other)))
        return super().decide(state, verified, **other)


def rows() -> list[Row]:
    """Measure and return the row."""
    desk = _Watching()
    state = desk.validated(desk.ask(CONTENT, facts=USUAL | AT_HOME | EMERGENCY))
    desk.disclosed(desk.kept(state))
    times = {case[1].header.kind.name.lower(): _p50(case) for case in desk.cases}
    largest, data = max(shipped_packs().items(), key=lambda item: len(item[1]))
    dearest = max(times, key=lambda name: times[name])
    each = ", ".join(f"{name} {value:.0f}" for name, value in times.items())
    note = f"p50 of {dearest}, the dearest, under {largest} ({len(data)} B); {each}"
    return [make_row("decide_us", times[dearest], "us", "limit", LIMIT_US, note)]


def _p50(case: Case) -> float:
    state, verified, setting = case
    taken = []
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        decide(state, verified, setting)
        taken.append((time.perf_counter() - began) * 1e6)
    return median(taken)
