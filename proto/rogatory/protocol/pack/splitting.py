# SPDX-License-Identifier: Apache-2.0
"""An emergency, divided: what goes out now on whose word, and what waits for a judge (regimes §2, Art. 4(5) of Reg. 2023/1543).

One wish becomes several requests: everything frozen, then what the law lets go out now (alone, or validated afterwards),
then what it does not, for the judge on duty. The pack decides, by its own ``judge``: a part stands here only if that lets
it stand, so a division can never allow what a whole request would not. Nothing is signed or worded here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from rogatory.protocol import errors
from rogatory.protocol.copying import replace
from rogatory.protocol.errors import Refused
from rogatory.protocol.header import Fact
from rogatory.protocol.pack.asked import Asked
from rogatory.protocol.pack.judging import Judged, Standing, judge
from rogatory.protocol.pack.law import Pack
from rogatory.protocol.pack.shape import VALIDATION
from rogatory.protocol.statements import RequestKind

EX_POST: Final = "EX_POST"
# What lets data go soonest is tried first.
_SOONEST: Final = (Standing.ALONE, Standing.VALIDATED_AFTER, Standing.VALIDATED_BEFORE)


@dataclass(frozen=True, slots=True)
class Part:
    """One request of a division; ``asked`` is the request as the pack judges it, with the tasks of the whole that it has."""

    asked: Asked
    judged: Judged

    @property
    def now(self) -> bool:
        """Whether it goes out before anybody validates it."""
        return self.judged.standing is not Standing.VALIDATED_BEFORE


@dataclass(frozen=True, slots=True)
class Left:
    """What of a kind the law does not let anybody ask in this way: the elements of a category, and the refusal."""

    kind: RequestKind
    category: str
    elements: tuple[str, ...]
    refusal: Refused


@dataclass(frozen=True, slots=True)
class Split:
    """The requests, in the order in which they should go, and what is in none of them."""

    parts: tuple[Part, ...]
    left: tuple[Left, ...]


def split(pack: Pack, asked: Asked, *, as_if_in_force: bool = False) -> Split:
    """Divide a wish under a pack.

    Args:
        pack: The law.
        asked: Everything that is wanted, as one disclosure that names whoever could validate and be told. A word about
            its validation is not looked at: that is what is found out here.
        as_if_in_force: Leave out whether the pack applies on that day, as ``judge`` does.

    Raises:
        Refused: ``X_CATEGORY_NOT_IN_PACK``: an element that the pack does not know.
    """
    pack.categories_of(asked.tasks)
    parts: list[Part] = []
    left: list[Left] = []
    kinds = [kind for kind in (RequestKind.PRESERVATION, RequestKind.DISCLOSURE) if kind.name in pack.kinds]
    for kind in kinds:
        legal_type = pack.rules(kind).legal_type
        for found in _divided(pack, replace(asked, kind=kind, legal_type=legal_type), forced=as_if_in_force):
            if isinstance(found, Part):
                parts.append(found)
            else:
                left.append(found)
    # What is frozen first cannot be lost while the rest is on its way; what goes out now goes before what waits.
    parts.sort(key=lambda part: (part.asked.kind is not RequestKind.PRESERVATION, not part.now))
    return Split(tuple(parts), tuple(left))


def _divided(pack: Pack, asked: Asked, *, forced: bool) -> Iterator[Part | Left]:
    """Yield the parts of one kind: categories that go out on the same word go together."""
    together: dict[Standing, list[str]] = {}
    for category in pack.categories_of(asked.tasks):
        only = _only(pack, asked, [category])
        try:
            part = _soonest(pack, only, forced=forced)
        except Refused as refusal:
            elements = {element for task in only.tasks for element in task.elements}
            yield Left(asked.kind, category, tuple(sorted(elements)), refusal)
            continue
        together.setdefault(part.judged.standing, []).append(category)
    for standing, categories in together.items():
        try:
            yield _at(pack, _only(pack, asked, categories), standing, forced=forced)
        except Refused:  # rules that look at several categories at once: each alone stands, as was seen
            yield from (
                _at(pack, _only(pack, asked, [category]), standing, forced=forced) for category in categories
            )


def _soonest(pack: Pack, asked: Asked, *, forced: bool) -> Part:
    """Return a request on the word that lets it go soonest.

    Raises:
        Refused: On none: with what is wrong even where a judge is asked before.
    """
    for standing in _SOONEST[:-1]:
        try:
            return _at(pack, asked, standing, forced=forced)
        except Refused:
            continue
    return _at(pack, asked, _SOONEST[-1], forced=forced)


def _at(pack: Pack, asked: Asked, standing: Standing, *, forced: bool) -> Part:
    """Return a request that goes out on this word and no other.

    Raises:
        Refused: The pack does not let it stand so.
    """
    facts = [fact for fact in asked.facts if fact.code != VALIDATION]
    if standing is Standing.VALIDATED_AFTER:
        facts.append(Fact(VALIDATION, (EX_POST,)))
    stated = replace(
        asked,
        facts=tuple(sorted(facts, key=lambda fact: fact.code)),
        validator=asked.validator and standing is not Standing.ALONE,
    )
    judged = judge(pack, stated, as_if_in_force=forced)
    if judged.standing is not standing:
        # Who may sign alone is not made to ask; who may not is caught by the pack itself.
        raise Refused(
            errors.X_AUTHORITY_NOT_COMPETENT, "header.issuer.role", pack.rule(f"authority/{judged.rank}")
        )
    return Part(replace(stated, enforcing=asked.enforcing and judged.notify), judged)


def _only(pack: Pack, asked: Asked, categories: Iterable[str]) -> Asked:
    """Return a request with only the elements of some categories; a task without any is left out, numbers stay."""
    wanted = set(categories)
    tasks = (
        replace(task, elements=tuple(e for e in task.elements if pack.category(e, task.purpose) in wanted))
        for task in asked.tasks
    )
    return replace(asked, tasks=tuple(task for task in tasks if task.elements))
