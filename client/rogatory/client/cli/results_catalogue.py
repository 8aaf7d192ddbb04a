# SPDX-License-Identifier: Apache-2.0
"""Results of the commands about provider catalogues and about what will be gone, as they are written with `--json`.

They decide nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from rogatory.protocol.catalogues import DutyContact, Holding


@dataclass(frozen=True, slots=True)
class CatalogueResult:
    """What a unit of a provider declares.

    `counts` is false where the signer's key is not in force any more; `index` is the place in the log. From `cgnat` on it
    is what `provider catalogue publish` takes.
    """

    org: bytes
    unit: bytes
    version: int
    issued_ms: int
    index: int
    counts: bool
    cgnat: bool
    services: tuple[str, ...]
    holdings: tuple[Holding, ...]
    languages: tuple[str, ...]
    contacts: tuple[DutyContact, ...]


@dataclass(frozen=True, slots=True)
class CataloguesResult:
    """The newest catalogue of each unit that was asked for."""

    catalogues: tuple[CatalogueResult, ...]


@dataclass(frozen=True, slots=True)
class CataloguePublishedResult:
    """A catalogue that is in the log."""

    unit: bytes
    version: int
    index: int
