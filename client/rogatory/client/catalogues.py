# SPDX-License-Identifier: Apache-2.0
"""What providers declare, as a client may believe it: each catalogue verified, logged, and never older than one seen before.

The exchange hands catalogues out and vouches for nothing: the signature is the provider's own device's, the receipt shows
that everybody is given the same. Pure; where the bytes are kept is ``trusted_state``'s matter, and what a catalogue means for a
request is not said here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from rogatory.client.scheme import Scheme, logged
from rogatory.protocol import errors
from rogatory.protocol.catalogues import Catalogue, Declared, open_catalogue, read_catalogue
from rogatory.protocol.errors import NotVerified, RogatoryError
from rogatory.protocol.header import Address, StatementKind
from rogatory.protocol.receipt import LogHead
from rogatory.protocol.wire import ListProvidersResponse, LoggedQuorum

# A signer whom the directory does not know any more makes a catalogue not count; everything else must hold.
_GONE: Final = errors.X_KEY_UNKNOWN


@dataclass(frozen=True, slots=True)
class Listed:
    """A catalogue as the log has it.

    Attributes:
        catalogue: What is declared.
        declared: The same with its signer; None where the directory does not know the signer any more.
        index: Log index.
        data: Exact bytes.
    """

    catalogue: Catalogue
    declared: Declared | None
    index: int
    data: bytes

    def counts(self, at_ms: int) -> bool:
        """Tell whether it is still the provider's word."""
        return self.declared is not None and self.declared.counts(at_ms)


@dataclass(frozen=True, slots=True)
class Catalogues:
    """The newest catalogue of each unit, and the signed heads that came with their receipts."""

    by_unit: Mapping[Address, Listed]
    heads: tuple[LogHead, ...] = ()

    def of(self, address: Address, at_ms: int) -> Catalogue | None:
        """Return what a unit declares; None where it declares nothing, or nothing that counts."""
        found = self.by_unit.get(address)
        return found.catalogue if found is not None and found.counts(at_ms) else None


NONE: Final = Catalogues(MappingProxyType({}))


def verify_catalogues(answer: ListProvidersResponse, scheme: Scheme) -> Catalogues:
    """Verify what the exchange lists.

    Raises:
        NotVerified: A receipt or a signature does not hold, or a unit stands there twice.
        RogatoryError: A catalogue breaks a rule of its own, or is signed by somebody else.
    """
    found: dict[Address, Listed] = {}
    heads = []
    for i, item in enumerate(answer.catalogues):
        at = f"catalogues[{i}]"
        receipt = logged(item, StatementKind.CATALOGUE, scheme.log, at)
        heads.append(receipt.head)
        listed = _listed(item, scheme, receipt.receipt.index)
        if listed.catalogue.address in found:
            raise NotVerified(errors.X_LOG_INVALID, at, "CATALOGUE.FORK")
        found[listed.catalogue.address] = listed
    return Catalogues(MappingProxyType(found), tuple(heads))


def check_continues(before: Catalogues, after: Catalogues) -> None:
    """Hold catalogues against those that were verified before: newest wins, none goes back, one version has one content.

    Raises:
        NotVerified: ``X_LOG_INVALID`` with rule ``CATALOGUE.ROLLBACK`` or ``CATALOGUE.FORK``.
    """
    for address, old in before.by_unit.items():
        new = after.by_unit.get(address)
        if new is None or new.catalogue.version < old.catalogue.version:
            raise NotVerified(errors.X_LOG_INVALID, "catalogues", "CATALOGUE.ROLLBACK")
        if new.catalogue.version == old.catalogue.version and new.data != old.data:
            raise NotVerified(errors.X_LOG_INVALID, "catalogues", "CATALOGUE.FORK")


def _listed(item: LoggedQuorum, scheme: Scheme, index: int) -> Listed:
    try:
        declared = open_catalogue(item.quorum, scheme.directory)
    except RogatoryError as error:
        if error.code != _GONE:
            raise
        return Listed(read_catalogue(item.quorum), None, index, item.quorum)
    return Listed(declared.catalogue, declared, index, item.quorum)
