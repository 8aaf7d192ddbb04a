# SPDX-License-Identifier: Apache-2.0
"""A copy with some fields changed is what the standard library's would be, of no field too few and none too many."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rogatory.protocol.copying import replace
from rogatory.protocol.state import StateName
from tests.support.regime_desk import Desk


@dataclass(frozen=True, slots=True)
class _Pair:
    left: int = 0
    right: int = 0
    sum: int = field(init=False)

    def __post_init__(self) -> None:
        if self.left < 0:
            raise ValueError(self.left)
        object.__setattr__(self, "sum", self.left + self.right)


@dataclass(frozen=True, slots=True)
class _Lone:
    only: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    left: int = 0
    right: int = 0


@given(name=st.sampled_from(StateName), code=st.text(), index=st.integers(0))
def test_a_copied_state_is_the_one_that_the_standard_library_gives(
    name: StateName, code: str, index: int
) -> None:
    state = _STATE
    assert replace(state, name=name, code=code, last_index=index) == dataclasses.replace(
        state, name=name, code=code, last_index=index
    )
    assert replace(state) == state
    assert replace(state) is not state


def test_the_checks_of_the_class_run_on_a_copy() -> None:
    assert replace(_Pair(1, 2), right=5).sum == 6
    with pytest.raises(ValueError, match="-1"):
        replace(_Pair(1, 2), left=-1)


def test_a_field_that_the_class_does_not_take_is_an_error() -> None:
    with pytest.raises(TypeError, match="middle"):
        replace(_Pair(1, 2), middle=1)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="sum"):
        replace(_Pair(1, 2), sum=1)


def test_a_class_that_cannot_be_copied_by_place_is_an_error() -> None:
    with pytest.raises(TypeError):
        replace(_Lone(1), only=2)
    with pytest.raises(TypeError):
        replace(_Named(), left=2)


_DESK = Desk()
_STATE = _DESK.validated(_DESK.ask())
