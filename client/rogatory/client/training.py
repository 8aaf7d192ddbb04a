# SPDX-License-Identifier: Apache-2.0
"""Who exists in a training realm: nine invented organisations, each with one unit.

Two agencies and two providers, so that one can be shown to see nothing of the other; one authority that holds both a
prosecutor and a judge, so that rank matters; one provider that is not on the exchange. Every name is invented. Data only: ``rogatory.client.ceremony`` makes the
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
    """An organisation with one unit; ``sealed`` says whether the unit is ever sent anything sealed.

    ``call_back`` is a number out of a range that is kept free for fiction (Ofcom, 020 7946 0000 to 0999).
    """

    name: str
    label: str
    kind: PartyKind
    jurisdiction: str
    people: tuple[PersonPlan, ...]
    sealed: bool = True
    call_back: str = ""


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
        call_back="tel:+442079460101",
    ),
    OrgPlan(
        "other-agency",
        "Police of Southland (invented)",
        PartyKind.AGENCY,
        "PT",
        (PersonPlan("other-investigator", "Abel Fremd (invented)", "INVESTIGATOR"),),
        call_back="tel:+442079460102",
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
        call_back="tel:+442079460103",
    ),
    OrgPlan(
        "enforcing",
        "Court of Westland (invented)",
        PartyKind.AUTHORITY,
        "IE",
        (PersonPlan("enforcer", "Eoin Prueft (invented)", "JUDGE"),),
        call_back="tel:+442079460104",
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
        call_back="tel:+442079460105",
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
        call_back="tel:+442079460106",
    ),
    OrgPlan(
        "oversight",
        "Inspection of Northland (invented)",
        PartyKind.OVERSIGHT,
        "AT",
        (PersonPlan("inspector", "Ida Waechter (invented)", "INSPECTOR"),),
        call_back="tel:+442079460107",
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
    OrgPlan(
        "outside-provider",
        "Example Hosting (invented)",
        PartyKind.PROVIDER,
        "IE",
        (),
        sealed=False,
        call_back="tel:+442079460108",
    ),
)
