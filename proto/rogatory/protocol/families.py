# SPDX-License-Identifier: Apache-2.0
"""Names of the error families, so that an error crosses a boundary and comes out as the same typed error.

The server writes name, code, field and rule; the client and the pipe to the writer process rebuild from them. Knows no
transport: how the four words travel is the edge's matter.
"""

from __future__ import annotations

from typing import Final

from rogatory.protocol.errors import (
    X_INTERNAL,
    Invalid,
    NotAuthorised,
    NotVerified,
    Refused,
    RogatoryError,
    Unavailable,
)

DOMAIN: Final = "rogatory"
FAMILIES: Final[dict[str, type[RogatoryError]]] = {
    cls.__name__: cls for cls in (Invalid, Refused, NotVerified, NotAuthorised, Unavailable)
}


def family(error: RogatoryError) -> str:
    """Return the name of an error's family; empty for one that belongs to none."""
    return next((name for name, cls in FAMILIES.items() if isinstance(error, cls)), "")


def rebuild(name: str, code: str, field: str = "", rule: str = "") -> RogatoryError:
    """Return the typed error of a family's name; an unknown name gives the base class, never a guess."""
    return FAMILIES.get(name, RogatoryError)(code or X_INTERNAL, field, rule)
