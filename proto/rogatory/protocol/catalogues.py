# SPDX-License-Identifier: Apache-2.0
"""Provider catalogues (architecture §5): what a provider declares about a unit of its own, signed by a device of its own.

Services, what is held how long, languages, whether many customers share an address, duty telephones. Everything is a code
or a number and nothing of it is secret; there are no words, so that nothing of a case can stand in it. A catalogue is a
quorum of one: the provider's word about itself, and no rule of law. Where it is published is not decided here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rogatory.protocol import codec, errors, keys
from rogatory.protocol.directory import Directory, KeyRow, KeySet, OrgRow, PartyKind, RowStatus
from rogatory.protocol.errors import NotAuthorised, NotVerified
from rogatory.protocol.header import DAY_MS, Address, ascending, require
from rogatory.protocol.quorum import Quorum, sign_quorum, verify_quorum

CATALOGUE_TYPE: Final = "application/vnd.rogatory.catalogue.v1+protobuf"
MAX_CATALOGUE: Final = 64 * 1024
TERM_DAYS: Final = "DAYS"
TERM_CUSTOMER: Final = "WHILE_CUSTOMER"
TERM_NOT_HELD: Final = "NOT_HELD"
TERMS: Final = (TERM_DAYS, TERM_CUSTOMER, TERM_NOT_HELD)
CONTACTS: Final = ("DUTY", "OFFICE")
_MOST: Final = 256  # of anything that repeats
_LONGEST_DAYS: Final = 36_525
# E.164: country code and number, at most fifteen digits; shorter ones than seven exist nowhere.
_TELEPHONES: Final = range(10**6, 10**15)
_LANGUAGE: Final = re.compile("[a-z]{2,3}", re.ASCII)
_CODE: Final = re.compile("[A-Za-z0-9_.-]{1,48}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Holding:
    """One kind of data: for how many whole days after the event it is held, as long as the customer is one, or not at all."""

    element: str
    term: str
    days: int = 0


@dataclass(frozen=True, slots=True)
class DutyContact:
    """Who answers the telephone: E.164 digits as a number, and in which languages."""

    kind: str
    telephone: int
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What a unit of a provider declares at one version; see ``directory.proto``."""

    realm: bytes
    org: bytes
    unit: bytes
    version: int
    issued_at_ms: int
    cgnat: bool = False
    services: tuple[str, ...] = ()
    holdings: tuple[Holding, ...] = ()
    languages: tuple[str, ...] = ()
    contacts: tuple[DutyContact, ...] = ()

    @property
    def address(self) -> Address:
        """The unit that it is of."""
        return Address(self.org, self.unit)

    def holding(self, element: str) -> Holding | None:
        """Return what is declared of an element; nothing where nothing is."""
        return next((item for item in self.holdings if item.element == element), None)

    def gone_ms(self, element: str, day: int) -> int | None:
        """Return when an element of a UTC day is gone: the first moment of the day after its last; None where it stays.

        What is not held is gone from its first moment on.
        """
        found = self.holding(element)
        if found is None or found.term == TERM_CUSTOMER:
            return None
        return (day + found.days) * DAY_MS + (DAY_MS if found.term == TERM_DAYS else 0)


@dataclass(frozen=True, slots=True)
class Declared:
    """A catalogue whose signature holds, the rows of its signer and of the provider, and the exact bytes."""

    catalogue: Catalogue
    signer: KeyRow
    provider: OrgRow
    data: bytes

    def counts(self, at_ms: int) -> bool:
        """Tell whether signer and provider are in force: what was signed with a revoked key is nobody's word any more."""
        row = self.signer
        in_force = row.status is RowStatus.ACTIVE and row.valid_from_ms <= at_ms < row.valid_until_ms
        return in_force and self.provider.status is RowStatus.ACTIVE

    def check_signer(self, at_ms: int) -> None:
        """Demand that the signer's key is in force.

        Raises:
            NotAuthorised: ``X_NOT_AUTHORISED``.
        """
        if not self.counts(at_ms):
            raise NotAuthorised(errors.X_NOT_AUTHORISED, "catalogue.signer", "CATALOGUE.SIGNER")


def sign_catalogue(catalogue: Catalogue, signer: keys.Signer) -> bytes:
    """Return the exact bytes of a signed catalogue.

    Raises:
        Invalid: It breaks a rule of its own.
    """
    check_catalogue(catalogue)
    return sign_quorum(codec.encode(catalogue), CATALOGUE_TYPE, [signer])


def read_catalogue(data: bytes) -> Catalogue:
    """Return what a signed catalogue says, its signature not looked at.

    Raises:
        Invalid: Not canonical, or it breaks a rule of its own.
    """
    quorum = codec.decode(Quorum, data, limit=MAX_CATALOGUE, at="catalogue")
    require(quorum.payload_type == CATALOGUE_TYPE, "catalogue.payload_type", "TYPE")
    catalogue = codec.decode(Catalogue, quorum.payload, limit=MAX_CATALOGUE, at="catalogue")
    check_catalogue(catalogue)
    return catalogue


def open_catalogue(data: bytes, directory: Directory) -> Declared:
    """Verify a catalogue: one signature, by a device of the provider that it speaks of.

    Whether key and provider are in force is for ``Declared.counts``, since either may have ended after the publication.

    Raises:
        Invalid: Not canonical, or it breaks a rule of its own.
        NotVerified: ``X_KEY_UNKNOWN``, ``X_QUORUM_NOT_MET``, ``X_SIGNATURE_INVALID`` or ``X_REALM_MISMATCH``.
        NotAuthorised: The signer is of another party, or the party is no provider.
    """
    catalogue = read_catalogue(data)
    if catalogue.realm != directory.realm:
        raise NotVerified(errors.X_REALM_MISMATCH, "catalogue.realm", "REALM")
    signatures = codec.decode(Quorum, data, limit=MAX_CATALOGUE, at="catalogue").signatures
    require(len(signatures) == 1, "catalogue.signatures", "COUNT")
    row = directory.key(signatures[0].key_id)
    verify_quorum(data, CATALOGUE_TYPE, KeySet((keys.PublicKey(row.alg, row.raw),), 1))
    provider = next(item for item in directory.trust_list.orgs if item.org == row.org)  # each key row has one
    if row.org != catalogue.org or provider.kind is not PartyKind.PROVIDER:
        raise NotAuthorised(errors.X_NOT_AUTHORISED, "catalogue.signer", "CATALOGUE.OWN")
    return Declared(catalogue, row, provider, data)


def check_catalogue(catalogue: Catalogue) -> None:
    """Check a catalogue by itself.

    Raises:
        Invalid: A field is missing, out of order or out of its range.
    """
    for name in ("realm", "org", "unit", "version", "issued_at_ms"):
        require(getattr(catalogue, name), f"catalogue.{name}", "PRESENT", errors.X_FIELD_MISSING)
    _codes(catalogue.services, _CODE, "catalogue.services")
    _codes(catalogue.languages, _LANGUAGE, "catalogue.languages")
    _few(catalogue.holdings, "catalogue.holdings")
    ascending([item.element for item in catalogue.holdings], "catalogue.holdings")
    for i, holding in enumerate(catalogue.holdings):
        at = f"catalogue.holdings[{i}]"
        require(_CODE.fullmatch(holding.element), f"{at}.element", "FORM")
        require(holding.term in TERMS, f"{at}.term", "VOCABULARY")
        in_range = 0 < holding.days <= _LONGEST_DAYS if holding.term == TERM_DAYS else holding.days == 0
        require(in_range, f"{at}.days", "RANGE")
    _few(catalogue.contacts, "catalogue.contacts")
    for i, contact in enumerate(catalogue.contacts):
        at = f"catalogue.contacts[{i}]"
        require(contact.kind in CONTACTS, f"{at}.kind", "VOCABULARY")
        require(contact.telephone in _TELEPHONES, f"{at}.telephone", "RANGE")
        _codes(contact.languages, _LANGUAGE, f"{at}.languages")


def _codes(found: Sequence[str], form: re.Pattern[str], at: str) -> None:
    _few(found, at)
    ascending(found, at)
    for i, text in enumerate(found):
        require(form.fullmatch(text), f"{at}[{i}]", "FORM")


def _few(found: Sequence[object], at: str) -> None:
    require(len(found) <= _MOST, at, "COUNT")
