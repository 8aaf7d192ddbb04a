# SPDX-License-Identifier: Apache-2.0
"""What a command knows about people beside the requests themselves: the roster's names, the calls made, the zone of its clocks.

From the profile's own files, or from those of the profile that ROGATORY_DUTY names: one pager of a unit, and everybody there reads
what it did. A file that does not hold is said and otherwise left aside: nobody is kept from a request by a broken roster. Nothing
here is asked of the exchange.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from rogatory.client.cli.render.names import Names, make_names
from rogatory.client.cli.session import Run, profile_path
from rogatory.client.duty_book import Pages, find_roster
from rogatory.client.paging import Page
from rogatory.client.profile import Profile
from rogatory.protocol.errors import Invalid

ENV_DUTY: Final = "ROGATORY_DUTY"


@dataclass(frozen=True, slots=True)
class People:
    """Names and calls for the screen.

    Attributes:
        own: The reader's organisation.
        names: Names of the profile's book.
        contacts: Names of people on the roster, by key.
        zone: IANA zone of the roster; empty for that of this machine.
        pages: Calls by request.
    """

    own: bytes = b""
    names: Names = field(default_factory=Names)
    contacts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    zone: str = ""
    pages: Mapping[bytes, tuple[Page, ...]] = field(default_factory=lambda: MappingProxyType({}))


def people_of(run: Run) -> People:
    """Return what is known about people where a command runs."""
    profile = run.profile()
    config = profile.config
    names = make_names(config.names, None)
    contacts: dict[str, str] = {}
    zone = ""
    pages: dict[bytes, tuple[Page, ...]] = {}
    try:
        keeper = _keeper(profile)
        roster = find_roster(keeper)
        if roster is not None:
            zone = roster.zone
            contacts = {key: contact.name for key, contact in roster.people.items()}
        for page in Pages.open(keeper).journal.pages:
            pages[page.request_id] = (*pages.get(page.request_id, ()), page)
    except Invalid as error:
        run.output.say(f"Of calls nothing is shown: {error.code} {error.field} {error.rule}".rstrip())
    return People(config.person.org, names, contacts, zone, pages)


def _keeper(profile: Profile) -> Profile:
    """Return the profile whose pager calls for this one's unit."""
    named = os.environ.get(ENV_DUTY, "")
    return Profile.open(profile_path(named)) if named else profile
