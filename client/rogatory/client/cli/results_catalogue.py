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


@dataclass(frozen=True, slots=True)
class BlipResult:
    """One data element of one task, and what becomes of it at the provider.

    `outlook` is GOING, GONE, STAYS, NOT_HELD or UNKNOWN. `day` is the next day of the window to go (ISO, UTC) and `gone_ms`
    the moment when it is gone; empty and 0 where nothing goes. `state` is empty for a draft that is not sent. `preservation`
    is the own request that asks to freeze it, `frozen` whether the provider has done so.
    """

    number: int
    request_id: str
    state: str
    org: bytes
    unit: bytes
    task: int
    element: str
    first_day: str
    last_day: str
    outlook: str
    day: str
    gone_ms: int
    preservation: str
    frozen: bool


@dataclass(frozen=True, slots=True)
class RadarResult:
    """What will be gone when, the most urgent first."""

    rows: tuple[BlipResult, ...]
