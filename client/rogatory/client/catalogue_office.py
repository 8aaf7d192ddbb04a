# SPDX-License-Identifier: Apache-2.0
"""A provider's catalogue from its author's JSON to a signed object in the log (`rogatory provider catalogue publish`).

The author writes codes and numbers; who, for which unit and when is added here. What others make of a catalogue is not
known here (``rogatory.client.catalogues``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rogatory.client.law_office import Published, publish
from rogatory.client.session import Session
from rogatory.protocol import errors
from rogatory.protocol.catalogues import Catalogue, DutyContact, Holding, check_catalogue, sign_catalogue
from rogatory.protocol.errors import Refused
from rogatory.protocol.header import Address
from rogatory.protocol.plain import from_plain


@dataclass(frozen=True, slots=True)
class CatalogueText:
    """A catalogue as its author writes it, in JSON; who and when is added by the signer's client.

    ``unit`` (hex) is the signer's own where it is empty; ``version`` is the next one where it is 0.
    """

    cgnat: bool
    services: tuple[str, ...] = ()
    holdings: tuple[Holding, ...] = ()
    languages: tuple[str, ...] = ()
    contacts: tuple[DutyContact, ...] = ()
    unit: str = ""
    version: int = 0


def text_of(data: Any) -> CatalogueText:  # noqa: ANN401 - parsed JSON may be anything
    """Return a catalogue that plain data states.

    Raises:
        Invalid: An unknown key, a missing one, or a wrong type; the field is named.
    """
    return from_plain(CatalogueText, data, "catalogue")


def prepare_catalogue(session: Session, text: CatalogueText) -> Catalogue:
    """Return what would be signed: codes sorted, the signer's unit, the version after the one in the log.

    Raises:
        Invalid: It breaks a rule of its own.
        Refused: No such unit of one's own.
    """
    me = session.me
    unit = me.unit
    if text.unit:
        own = (row.unit for row in session.directory.trust_list.units if row.org == me.org)
        unit = next((item for item in own if item.hex() == text.unit.lower()), b"")
        if not unit:
            raise Refused(errors.X_ADDRESSEE_NOT_DESIGNATED, "catalogue.unit", "DIRECTORY.UNIT")
    known = session.exchange.catalogues.by_unit.get(Address(me.org, unit))
    newest = known.catalogue.version if known is not None else 0
    catalogue = Catalogue(
        realm=session.profile.config.realm,
        org=me.org,
        unit=unit,
        version=text.version or newest + 1,
        issued_at_ms=session.clock.now_ms(),
        cgnat=text.cgnat,
        services=tuple(sorted(text.services)),
        holdings=tuple(sorted(text.holdings, key=lambda item: item.element)),
        languages=tuple(sorted(text.languages)),
        contacts=text.contacts,
    )
    check_catalogue(catalogue)
    return catalogue


async def publish_catalogue(session: Session, catalogue: Catalogue) -> Published:
    """Sign a catalogue, bring it to the exchange, and verify that it is in the log.

    Raises:
        Invalid: It breaks a rule of its own.
        RogatoryError: The exchange's refusal.
    """
    return await publish(session, sign_catalogue(catalogue, session.signer))
