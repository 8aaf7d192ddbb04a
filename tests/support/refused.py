# SPDX-License-Identifier: Apache-2.0
"""A refusal as three words: code, field and rule, which no test may leave out.

Not for refusals that the exchange signs: those are statements and are read from the log.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rogatory.protocol.errors import RogatoryError

Refusal = tuple[str, str, str]


def refusal(
    act: Callable[..., object], *said: object, family: type[RogatoryError] = RogatoryError, **other: object
) -> Refusal:
    """Does what must be refused, by an error of this family, and returns code, field and rule."""
    with pytest.raises(family) as caught:
        act(*said, **other)
    return caught.value.code, caught.value.field, caught.value.rule
