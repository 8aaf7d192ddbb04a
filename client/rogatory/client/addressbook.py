# SPDX-License-Identifier: Apache-2.0
"""From what a person writes to one unit of the directory: ids, or names of the holder's own book.

Never a guess: what fits no unit, or more than one, is refused. Names are not in the directory, so a name says only what
the holder once called an id.
"""

from __future__ import annotations

from typing import Final

from rogatory.client.session import Session
from rogatory.protocol import errors
from rogatory.protocol.directory import RowStatus, UnitRow
from rogatory.protocol.errors import Refused

EXTERNAL: Final = "external:"


def find_unit(session: Session, text: str, at: str) -> UnitRow:
    """Return the active unit that a text names.

    Args:
        session: Whose directory and book.
        text: ``org:unit`` in hex, the hex of an organisation with one unit, the hex of a unit, or a name of the book.
        at: Path of the field, for error texts.

    Raises:
        Refused: ``X_ADDRESSEE_NOT_DESIGNATED`` with rule ``ONE_MATCH``: no unit fits, or more than one.
    """
    units = session.directory.trust_list.units
    wanted = {text.lower(), *_named(session, text)}
    found = {
        row.address: row
        for row in units
        if row.status is RowStatus.ACTIVE
        and wanted & {row.org.hex(), row.unit.hex(), f"{row.org.hex()}:{row.unit.hex()}"}
    }
    if len(found) != 1:
        raise Refused(errors.X_ADDRESSEE_NOT_DESIGNATED, at, "ONE_MATCH")
    (row,) = found.values()
    return session.directory.unit(row.address, at)


def find_provider(session: Session, text: str, at: str) -> UnitRow:
    """Return the provider's unit that a text names; with ``external:`` in front one that is not on the exchange.

    Raises:
        Refused: ``X_ADDRESSEE_NOT_DESIGNATED``: as ``find_unit``; with rule ``EXTERNAL`` where it is on the exchange and said not to be,
            or the other way round: nobody finds out only afterwards that an order has to be printed.
    """
    external = text.startswith(EXTERNAL)
    row = find_unit(session, text.removeprefix(EXTERNAL), at)
    if external == bool(row.sealing_key):
        raise Refused(errors.X_ADDRESSEE_NOT_DESIGNATED, at, "EXTERNAL")
    return row


def _named(session: Session, text: str) -> set[str]:
    book = session.profile.config.names
    return {identifier for identifier, name in book.items() if name == text}
