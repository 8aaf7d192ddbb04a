# SPDX-License-Identifier: Apache-2.0
"""The files of paging in a profile: ``duty.json`` (the roster, the party's own) and ``state/pages.json`` (who was called when).

Both are private: names and numbers stay here. A page is written down before it is sent and again when a hook has taken it, each
durably; so a pager that was killed in between sends that one page again, under the same id, and no other one twice. Nothing
here decides whom to call, and nothing is ever sent.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from rogatory.client.paging import Key, Page
from rogatory.client.private_files import (
    MAX_SMALL,
    check_private,
    parse_json,
    read_kept,
    read_optional,
    write_private,
)
from rogatory.client.profile import Profile
from rogatory.client.roster import Roster, roster_from_json
from rogatory.protocol.header import require
from rogatory.protocol.plain import from_plain, to_plain

ROSTER: Final = "duty.json"
PAGES: Final = "pages.json"
VERSION: Final = 1
KEPT_MS: Final = 400 * 86_400_000
MAX_PAGES: Final = 20_000
_MAX_FILE: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Journal:
    """Every call, oldest first, and when the pager last looked."""

    pages: tuple[Page, ...] = ()
    looked_ms: int = 0
    version: int = VERSION


def load_roster(profile: Profile) -> Roster:
    """Return the profile's roster.

    Raises:
        Invalid: There is none (``X_FIELD_MISSING``), others may read it, or something in it does not hold.
    """
    path = profile.path / ROSTER
    data = parse_json(read_kept(path, "duty", MAX_SMALL), "duty")
    check_private(path, "duty")
    return _own(profile, roster_from_json(data))


def find_roster(profile: Profile) -> Roster | None:
    """Return the profile's roster, or None where it has none."""
    return load_roster(profile) if os.path.lexists(profile.path / ROSTER) else None


def install_roster(profile: Profile, data: bytes) -> Roster:
    """Check a roster and make it the profile's.

    Raises:
        Invalid: It does not hold; the one before stays.
    """
    roster = _own(profile, roster_from_json(parse_json(data, "duty")))
    write_private(profile.path / ROSTER, data)
    return roster


def _own(profile: Profile, roster: Roster) -> Roster:
    """Refuse the roster of another unit, where it names one."""
    require(roster.unit in {b"", profile.config.person.unit}, "duty.unit", "OWN_UNIT")
    return roster


def journal_from_json(data: Any) -> Journal:  # noqa: ANN401 - JSON may be anything
    """Return the journal that JSON says.

    Raises:
        Invalid: With the path of the field and the rule.
    """
    journal = from_plain(Journal, data, "pages")
    require(journal.version == VERSION, "pages.version", "VERSION")
    return journal


@dataclass(slots=True)
class Pages:
    """The journal of one profile, in hand and on the disk."""

    path: Path
    journal: Journal = field(default_factory=Journal)

    @classmethod
    def open(cls, profile: Profile) -> Pages:
        """Read the journal, or begin one.

        Raises:
            Invalid: The file is damaged.
        """
        path = profile.folder("state") / PAGES
        data = read_optional(path, "pages", _MAX_FILE)
        if data is None:
            return cls(path)
        return cls(path, journal_from_json(parse_json(data, "pages")))

    def by_notice(self) -> dict[Key, list[Page]]:
        """Return the calls for each notice, oldest first."""
        found: dict[Key, list[Page]] = {}
        for page in self.journal.pages:
            found.setdefault(page.key, []).append(page)
        return found

    def write(self, page: Page, now_ms: int) -> None:
        """Put a page into the journal, or in the place of what it was, durably."""
        known = {item.page_id: i for i, item in enumerate(self.journal.pages)}
        pages = list(self.journal.pages)
        if page.page_id in known:
            pages[known[page.page_id]] = page
        else:
            pages.append(page)
        self._save(pages, now_ms)

    def looked(self, now_ms: int) -> None:
        """Note that the pager has looked just now."""
        self._save(self.journal.pages, now_ms)

    def _save(self, pages: Iterable[Page], now_ms: int) -> None:
        kept = tuple(page for page in pages if page.first_ms > now_ms - KEPT_MS)[-MAX_PAGES:]
        self.journal = Journal(kept, now_ms)
        write_private(self.path, json.dumps(to_plain(self.journal)).encode())
