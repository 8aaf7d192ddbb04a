# SPDX-License-Identifier: Apache-2.0
"""What providers declare about themselves, as far as this profile was told: ``catalogue.json`` in the profile's folder.

``{"providers": {"<organisation in hex>": {"cgnat": true}}}``; a unit's own line (``organisation:unit``) comes before its
organisation's. The file is the holder's and not signed: it can make this client ask for more, never for less than the
law or the provider's own signed catalogue does (``rogatory.client.catalogues``).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from rogatory.client.private_files import MAX_SMALL, parse_json, read_kept
from rogatory.client.profile import Profile
from rogatory.protocol.header import Address
from rogatory.protocol.plain import from_plain

CATALOGUE: Final = "catalogue.json"


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One provider. ``cgnat``: it puts many customers behind one address (RFC 6888), so a port and a moment are needed."""

    cgnat: bool = False


@dataclass(frozen=True, slots=True)
class ProviderCatalogue:
    """Entries by ``organisation`` or ``organisation:unit``, in hex."""

    providers: Mapping[str, CatalogueEntry] = field(default_factory=dict)

    def entry(self, address: Address) -> CatalogueEntry:
        """Return what is known of a provider; nothing is declared where nothing is known."""
        org, unit = address.org.hex(), address.unit.hex()
        found = self.providers.get(f"{org}:{unit}") or self.providers.get(org)
        return found if found is not None else CatalogueEntry()


def provider_catalogue(profile: Profile) -> ProviderCatalogue:
    """Return the profile's catalogue; an empty one where there is no file.

    Raises:
        Invalid: The file is no catalogue; the field is named.
    """
    path = profile.path / CATALOGUE
    if not os.path.lexists(path):
        return ProviderCatalogue()
    return from_plain(
        ProviderCatalogue, parse_json(read_kept(path, "catalogue", MAX_SMALL), "catalogue"), "catalogue"
    )
