# SPDX-License-Identifier: Apache-2.0
"""The collector of front and writer: what is loaded is left alone, and cycles are still found. It measures no time."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from rogatory.server import memory


class Node:
    """Something that can refer to itself."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()


@pytest.mark.parametrize("thresholds", [memory.FRONT, memory.WRITER], ids=["front", "writer"])
def test_what_is_loaded_is_frozen_and_cycles_made_later_are_still_collected(
    thresholds: tuple[int, int, int],
) -> None:
    memory.settle(thresholds)
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0
    gone = weakref.ref(Node())
    assert gone() is not None, "a cycle is not freed by counting references"
    kept: list[list[int]] = [[] for _ in range(2 * thresholds[0])]
    assert gone() is None
    assert len(kept) == 2 * thresholds[0]
