# SPDX-License-Identifier: Apache-2.0
"""How a person names a request: by its id, or by enough of the beginning (or the end) of it.

Ids begin with the time, so requests of one minute share a long beginning; any six digits that fit only one known request
will do. Guessing stops there: two that fit are an error, and nothing is looked up at the exchange that is not listed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from rogatory.client.carried_store import carried_requests
from rogatory.client.cli.session import UsageError
from rogatory.client.outbox import list_outbox
from rogatory.client.session import Session

MIN_DIGITS: Final = 6
_HEX: Final = re.compile(r"[0-9a-f]+\Z")


def pick(text: str, known: Iterable[str], argument: str = "REQUEST") -> str:
    """Return the one id (hex) that a text names.

    Raises:
        UsageError: No id or more than one begins or ends like this, or it is too short.
    """
    wanted = text.strip().lower().replace("-", "")
    if not _HEX.match(wanted):
        raise UsageError(
            "A request is named by its id, or by at least six hexadecimal digits of it.", argument, "HEX"
        )
    if len(wanted) == 32:
        return wanted
    if len(wanted) < MIN_DIGITS:
        raise UsageError("Give at least six hexadecimal digits of the request's id.", argument, "LENGTH")
    found = {item for item in known if item.startswith(wanted) or item.endswith(wanted)}
    if not found:
        raise UsageError("No request that you know has such an id.", argument, "KNOWN")
    if len(found) > 1:
        raise UsageError("More than one request has such an id; give more digits.", argument, "ONE_MATCH")
    return found.pop()


async def request_id(session: Session, text: str) -> bytes:
    """Return the id of the request that a text names, among those that the exchange lists for this profile.

    Without the exchange, among those that were looked at before.

    Raises:
        UsageError: It names none, or more than one.
    """
    if len(text.strip().replace("-", "")) == 32:
        return bytes.fromhex(pick(text, ()))
    if session.online:
        known = [tip.request_id for tip in await session.exchange.list_requests()]
    else:
        waiting = [item.request_id for item in list_outbox(session.profile)]
        known = [*session.state.known_requests(), *carried_requests(session.profile), *waiting]
    return bytes.fromhex(pick(text, [item.hex() for item in known]))
