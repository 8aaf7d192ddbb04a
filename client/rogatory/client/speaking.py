# SPDX-License-Identifier: Apache-2.0
"""A statement about a request that exists, tried on the signer's own fold before anybody is asked to sign it.

The rules that the exchange will apply are the same pure ones (``lifecycle.decide``), so a refusal comes here with its code,
before a signature exists. A rehearsal is no promise: somebody may act in between, and the exchange's clock goes its own way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from rogatory.client.composing import Opened, Prepared, answer
from rogatory.client.session import Session
from rogatory.client.views import RequestView
from rogatory.protocol import errors
from rogatory.protocol.decision import Setting
from rogatory.protocol.directory import KeyRow
from rogatory.protocol.envelope import Verified
from rogatory.protocol.errors import Refused
from rogatory.protocol.header import Address
from rogatory.protocol.lifecycle import decide
from rogatory.protocol.state import HoldName, Open, RequestState
from rogatory.protocol.statements import Body, Statement


class Digested(Protocol):
    """Something that an answer can be about: a hold, a proposal, a debt."""

    @property
    def digest(self) -> bytes:
        """Envelope digest of the statement that opened it."""
        ...


D = TypeVar("D", bound=Digested)


async def look(session: Session, request_id: bytes) -> RequestView:
    """Return a request, proven now; the read says PROCESSING."""
    return await session.exchange.get_request(request_id, "PROCESSING")


def say(
    session: Session,
    view: RequestView,
    body: Body,
    addressee: Address,
    about: bytes,
    *,
    note: str = "",
    opened: Opened | None = None,
) -> Prepared:
    """Prepare a statement and rehearse it.

    Args:
        session: Whose statement it is.
        view: The request as seen.
        body: What is said.
        addressee: Unit that it goes to.
        about: Envelope digest of what it answers.
        note: Words, sealed to the addressee's and the own unit.
        opened: What was opened to decide, for the screen.

    Raises:
        Refused: What the rules have against it, with code, field and rule.
        Invalid: The statement breaks a rule of its own.
    """
    made = answer(session, view, body, addressee, about, note=note, opened=opened)
    rehearse(session, view, made.statement)
    return made


def rehearse(session: Session, view: RequestView, statement: Statement, signer: KeyRow | None = None) -> None:
    """Run the rules over a statement that is not in the log; that a second person is missing is not held against it.

    Args:
        session: Whose directory and clock.
        view: The request as seen.
        statement: What is or would be signed.
        signer: The row of the signer; this device's unless given.

    Raises:
        Refused: As the exchange would.
    """
    row = signer or session.row
    if statement.header.issuer.role not in row.roles:
        raise Refused(errors.X_ROLE_NOT_HELD, "header.issuer.role", "DIRECTORY.ROLES")
    now = max([session.clock.now_ms(), *(item.receipt.time_ms for item in view.statements[-1:])])
    setting = Setting(view.state.last_index + 1, now, session.directory, view.pack)
    try:
        decide(view.state, Verified(b"", statement, bytes(32), bytes(32), row), setting)
    except Refused as error:
        if error.code != errors.X_SECOND_MISSING:
            raise


def other_side(session: Session, state: RequestState) -> Address:
    """Return whom one speaks to where nothing else decides it: the provider once it has the request, else the authority."""
    if session.me.org != state.agency.org:
        return state.agency
    return state.provider if state.transmitted or state.authority is None else state.authority


def unit_of(state: RequestState, org: bytes) -> Address:
    """Return the unit by which an organisation takes part in a request.

    Raises:
        Refused: ``X_ADDRESSEE_NOT_DESIGNATED``: it takes no part.
    """
    for unit in (state.agency, state.provider, state.authority, state.enforcing):
        if unit is not None and unit.org == org:
            return unit
    raise Refused(errors.X_ADDRESSEE_NOT_DESIGNATED, "header.addressee", "ADDRESSEE.NAMED")


def order_of(state: RequestState) -> bytes:
    """Return what a statement is about where it is about the whole: the order, before there is one the issue."""
    return state.order_digest or state.issue_digest


def open_hold(state: RequestState, names: Iterable[HoldName], prefix: str = "") -> Open:
    """Return the hold of one of these names that an answer is about.

    Raises:
        Refused: ``X_NOT_FOUND`` with rule ``ONE_OPEN``: none is open, or several are and ``prefix`` (hex) does not choose one.
    """
    wanted = {name.value for name in names}
    return choose([item for item in state.holds if item.name in wanted], prefix)


def choose(items: Sequence[D], prefix: str) -> D:
    """Return the one thing whose digest begins with a prefix; without a prefix there must be one only.

    Raises:
        Refused: ``X_NOT_FOUND`` with rule ``ONE_OPEN``.
    """
    found = [item for item in items if item.digest.hex().startswith(prefix.lower())]
    if len(found) != 1:
        raise Refused(errors.X_NOT_FOUND, "about", "ONE_OPEN")
    return found[0]
