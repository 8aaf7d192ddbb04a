# SPDX-License-Identifier: Apache-2.0
"""A pack: one regime at one version, with its look-ups. It decides nothing by itself; ``judging`` does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rogatory.protocol import errors
from rogatory.protocol.errors import Refused
from rogatory.protocol.header import DAY_MS, Task
from rogatory.protocol.pack.periods import end_ms, parse_day, parse_period
from rogatory.protocol.pack.shape import DEFAULT_READERS, DeadlineRule, KindRules, PackFile
from rogatory.protocol.statements import RequestKind


@dataclass(frozen=True, slots=True)
class Pack(PackFile):
    """One regime at one version.

    Attributes:
        digest: Tagged hash of the exact file, which names the pack in every signed header.
        unverified: Paths of what was not confirmed in the official text (``verify: true``).
        recalled_at: Log index of its recall; nothing of the file, so put in by who verified the recall.
    """

    digest: bytes = b""
    unverified: tuple[str, ...] = ()
    recalled_at: int | None = None

    def recalled(self, index: int) -> bool:
        """Tell whether the pack had been recalled before a log index."""
        return self.recalled_at is not None and self.recalled_at < index

    def rules(self, kind: RequestKind) -> KindRules:
        """Return the rules of a kind of request.

        Raises:
            Refused: ``X_FIELD_INVALID``: the pack does not know this kind.
        """
        rules = self.kinds.get(kind.name)
        if rules is None:
            raise Refused(errors.X_FIELD_INVALID, "body.request_kind", self.rule("kinds"))
        return rules

    def rule(self, path: str) -> str:
        """Return the name of a rule for an error or a log entry: pack id, version and path."""
        return f"{self.pack_id}/{self.pack_version}/{path}"

    def readers(self, section: str) -> tuple[str, ...]:
        """Return the audiences that a kind of section is sealed to; where the pack says nothing, grounds never go to the provider."""
        return self.sections.get(section, DEFAULT_READERS[section])

    def category(self, element: str, purpose: str) -> str | None:
        """Return the category that an element falls into for a purpose; None where the pack has none."""
        purposes = self.elements.get(element)
        return None if purposes is None else purposes.get(purpose)

    def categories_of(self, tasks: Iterable[Task]) -> tuple[str, ...]:
        """Return the sorted set of categories that tasks ask for.

        Raises:
            Refused: ``X_CATEGORY_NOT_IN_PACK`` with the field.
        """
        found: set[str] = set()
        for i, task in enumerate(tasks):
            for element in task.elements:
                category = self.category(element, task.purpose)
                if category is None:
                    raise Refused(
                        errors.X_CATEGORY_NOT_IN_PACK, f"header.tasks[{i}].elements", self.rule("elements")
                    )
                found.add(category)
        return tuple(sorted(found))

    def strictest(self, categories: Iterable[str]) -> str:
        """Return the category of highest rank (first by name among equals)."""
        return min(categories, key=lambda name: (-self.categories[name].rank, name))

    def rank(self, categories: Iterable[str]) -> str:
        """Return the rank that decides on authority and threshold: that of the strictest category."""
        return str(self.categories[self.strictest(categories)].rank)

    def due_ms(self, deadline: DeadlineRule, start_ms: int, *, emergency: bool, rank: str = "") -> int:
        """Return when a deadline ends, in milliseconds since the epoch, counted as the pack counts."""
        normal = deadline.by_rank.get(rank, deadline.normal)
        text = deadline.emergency if emergency and deadline.emergency else normal
        period = parse_period(text, "pack.deadlines")
        return end_ms(period, start_ms, self.day_count, working=deadline.count == "WORKING")

    def wants_signature(self, act: str) -> str:
        """Return the level of signature that the law asks for on an act and that nobody can make here; empty for none."""
        slot = self.signature
        return slot.level if slot is not None and act in slot.apply_to else ""

    def in_force_at(self, at_ms: int) -> bool:
        """Tell whether the pack applies at a moment; one without a first day never does."""
        since, until = self.in_force.since, self.in_force.until
        if since is None or at_ms < parse_day(since, "pack.in_force.since") * DAY_MS:
            return False
        return until is None or at_ms < (parse_day(until, "pack.in_force.until") + 1) * DAY_MS
