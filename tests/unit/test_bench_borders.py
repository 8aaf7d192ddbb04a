# SPDX-License-Identifier: Apache-2.0
"""The stopwatch of the benchmark is put at functions by their names: each of them is there. It measures nothing."""

from __future__ import annotations

from bench.stages import BORDERS


def test_every_border_of_a_stage_is_a_function_that_exists() -> None:
    missing = [
        f"{owner!r}.{name}" for owner, name, _stage in BORDERS if not callable(getattr(owner, name, None))
    ]
    assert BORDERS
    assert missing == []
