# SPDX-License-Identifier: Apache-2.0
"""Every sentence about a stable code: what happened, and what to do next.

Keyed by the code alone, so that a message can be looked up, translated and tested for completeness. Sentences name
rules and remedies and never a value: no identifier, no name, no key can stand in them. Codes come from the protocol,
from regime packs (refusals) and from the folded state (names, outcomes). English first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from rogatory.client.cli import (
    catalogue_codes,
    catalogue_facts,
    catalogue_people,
    catalogue_questions,
    catalogue_rules,
    catalogue_words,
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """What happened, and what the reader can do."""

    what: str
    advice: str


CATALOGUE: Final[Mapping[str, Sentence]] = MappingProxyType(
    {
        code: Sentence(what, advice)
        for code, what, advice in catalogue_words.ERRORS
        + catalogue_questions.ERRORS
        + catalogue_people.ERRORS
    }
)
CODES: Final[Mapping[str, str]] = MappingProxyType(
    dict(catalogue_codes.CODES + catalogue_facts.FACTS + catalogue_people.CODES)
)
# Where a rule says more than its code: what the reader can do depends on it.
RULES: Final[Mapping[str, Sentence]] = MappingProxyType(
    {
        rule: Sentence(what, advice)
        for rule, what, advice in catalogue_rules.RULES + catalogue_questions.RULES + catalogue_people.RULES
    }
)
_UNKNOWN: Final = Sentence(
    "The exchange answered with a code that this version does not know.",
    "Update this program, or ask your administrator what the code means.",
)


def sentence(code: str, rule: str = "") -> Sentence:
    """Return the sentence for an error code; a general one where a newer peer uses a newer code."""
    return RULES.get(rule) or CATALOGUE.get(code, _UNKNOWN)


def meaning(code: str, kind: str = "") -> str:
    """Return in words what a code of a pack, a state or an outcome means; empty for an unknown one.

    Args:
        code: The code.
        kind: ``outcome``, ``flag``, ``debt``, ``duty``, ``step`` and the like, where another code has the same name; ``label`` for one of several
            of an element; the code of a fact for one of its values.
    """
    return CODES.get(f"{kind}.{code}") or CODES.get(code, "")
