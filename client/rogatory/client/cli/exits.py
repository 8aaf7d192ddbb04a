# SPDX-License-Identifier: Apache-2.0
"""Exit codes: which class of outcome a command had, for scripts (architecture §11).

The number follows the error's code where the code says more than its family, else the family. Nothing else in the
command decides on a number, and 7 means only that something did not verify.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from rogatory.protocol import errors
from rogatory.protocol.errors import Invalid, NotAuthorised, NotVerified, Refused, RogatoryError, Unavailable


class Exit(IntEnum):
    """What the shell gets."""

    OK = 0
    FAULT = 1
    USAGE = 2
    NOT_AUTHORISED = 3
    REFUSED = 4
    NETWORK = 5
    TOO_LATE = 6
    NOT_VERIFIED = 7
    NOT_ANCHORED = 8


MEANINGS: Final = {
    Exit.OK: "done",
    Exit.FAULT: "this program has a fault; see with `request status` what has happened",
    Exit.USAGE: "the command line or a file given to it does not make sense; nothing was sent",
    Exit.NOT_AUTHORISED: "you may not do this, or the object is not yours to see",
    Exit.REFUSED: "refused by a rule; code and rule are shown",
    Exit.NETWORK: "the exchange could not be reached; nothing has happened",
    Exit.TOO_LATE: "the time for this has passed",
    Exit.NOT_VERIFIED: "a signature, proof, seal or commitment does not hold",
    Exit.NOT_ANCHORED: "consistent in itself, but no trust root was given to hold it against",
}
_BY_CODE: Final = {
    errors.X_EXPIRED: Exit.TOO_LATE,
    errors.X_OBJECT_TERMINAL: Exit.TOO_LATE,
    errors.X_NOT_AUTHORISED: Exit.NOT_AUTHORISED,
    errors.X_NOT_FOUND: Exit.NOT_AUTHORISED,
    errors.X_CERTIFICATE_NOT_TRUSTED: Exit.NOT_AUTHORISED,
    errors.X_PASSPHRASE: Exit.NOT_AUTHORISED,
}
_BY_FAMILY: Final[tuple[tuple[type[RogatoryError], Exit], ...]] = (
    (NotAuthorised, Exit.NOT_AUTHORISED),
    (NotVerified, Exit.NOT_VERIFIED),
    (Unavailable, Exit.NETWORK),
    (Refused, Exit.REFUSED),
    (Invalid, Exit.REFUSED),
)


def exit_of(error: RogatoryError) -> Exit:
    """Return the exit code for an error."""
    found = _BY_CODE.get(error.code)
    if found is not None:
        return found
    return next((code for family, code in _BY_FAMILY if isinstance(error, family)), Exit.REFUSED)
