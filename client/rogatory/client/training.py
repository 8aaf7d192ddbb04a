# SPDX-License-Identifier: Apache-2.0
"""Who exists in a training realm: eight invented organisations, each with one unit.

Two agencies and two providers, so that one can be shown to see nothing of the other; one authority that holds both a
prosecutor and a judge, so that rank matters. Every name is invented. Data only: ``rogatory.client.ceremony`` makes the
realm.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rogatory.protocol.directory import PartyKind


@dataclass(frozen=True, slots=True)
class PersonPlan:
    """Somebody to enrol: short name, the words that a names book shows, the one role, officer or service."""

    name: str
    label: str
    role: str
    service: bool = False


@dataclass(frozen=True, slots=True)
class OrgPlan:
    """An organisation with one unit; ``sealed`` says whether the unit is ever sent anything sealed."""

    name: str
    label: str
    kind: PartyKind
    jurisdiction: str
    people: tuple[PersonPlan, ...]
    sealed: bool = True


TRAINING_PLAN: Final[tuple[OrgPlan, ...]] = (
    OrgPlan(
        "agency",
        "Police of Northland (invented)",
        PartyKind.AGENCY,
        "AT",
        (
            PersonPlan("investigator", "Ines Vestig (invented)", "INVESTIGATOR"),
            PersonPlan("second-investigator", "Otto Zweit (invented)", "INVESTIGATOR"),
            PersonPlan("duty-officer", "Nora Nacht (invented)", "DUTY_OFFICER"),
        ),
    ),
    OrgPlan(
        "other-agency",
        "Police of Southland (invented)",
        PartyKind.AGENCY,
        "PT",
        (PersonPlan("other-investigator", "Abel Fremd (invented)", "INVESTIGATOR"),),
    ),
    OrgPlan(
        "authority",
        "Court and prosecutor of Northland (invented)",
        PartyKind.AUTHORITY,
        "AT",
        (
            PersonPlan("prosecutor", "Petra Klage (invented)", "PROSECUTOR"),
            PersonPlan("judge", "Julia Richt (invented)", "JUDGE"),
        ),
    ),
    OrgPlan(
        "enforcing",
        "Court of Westland (invented)",
        PartyKind.AUTHORITY,
        "IE",
        (PersonPlan("enforcer", "Eoin Prueft (invented)", "JUDGE"),),
    ),
    OrgPlan(
        "provider",
        "Example Access (invented)",
        PartyKind.PROVIDER,
        "IE",
        (
            PersonPlan("compliance", "Cora Pruef (invented)", "DISCLOSURE_OFFICER"),
            PersonPlan("second-compliance", "Sven Vier (invented)", "DISCLOSURE_OFFICER"),
            PersonPlan("provider-service", "Example Access gateway", "SERVICE", service=True),
        ),
    ),
    OrgPlan(
        "other-provider",
        "Example Mail (invented)",
        PartyKind.PROVIDER,
        "NL",
        (
            PersonPlan("other-compliance", "Dora Fern (invented)", "DISCLOSURE_OFFICER"),
            PersonPlan("other-provider-service", "Example Mail gateway", "SERVICE", service=True),
        ),
    ),
    OrgPlan(
        "oversight",
        "Inspection of Northland (invented)",
        PartyKind.OVERSIGHT,
        "AT",
        (PersonPlan("inspector", "Ida Waechter (invented)", "INSPECTOR"),),
    ),
    OrgPlan(
        "operator",
        "The exchange",
        PartyKind.OPERATOR,
        "AT",
        (
            PersonPlan("exchange", "The exchange", "EXCHANGE", service=True),
            PersonPlan("clock", "The exchange's clock", "CLOCK", service=True),
        ),
        sealed=False,
    ),
)
