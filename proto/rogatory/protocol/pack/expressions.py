# SPDX-License-Identifier: Apache-2.0
"""Rules of a pack that tables cannot say, as CEL expressions over the header's typed facts.

The Common Expression Language has no loops, no I/O and no clock, so that a rule means the same on every machine. Each
rule sees the names of ``NAMES`` and nothing else. Every fact that the pack lists is there, absent ones as an empty list or 0,
so that no rule fails for what a request leaves out. This module evaluates; which rules there are is the pack's.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from rogatory.protocol import errors
from rogatory.protocol.errors import Invalid
from rogatory.protocol.header import Fact
from rogatory.protocol.pack.asked import Asked
from rogatory.protocol.pack.shape import FactRule, Rule

Evaluate = Callable[[Any], Any]
# A fact as rules write it: facts["code"].
_FACT: Final = re.compile(r'facts\["([^"]+)"\]')

# name -> what it is, for the documentation and for the check that a rule uses nothing else
NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "categories": "data categories that are asked for, list of text, ascending",
        "elements": "data elements that are asked for, list of text, ascending",
        "emergency": "whether an emergency is claimed",
        "facts": "by code, every fact of the pack: a list of text, or a number; absent ones are [] or 0",
        "identifier_types": "types of the identifiers, list of text, one for each task",
        "issuing": "jurisdiction that asks, ISO 3166",
        "kind": "PRESERVATION or DISCLOSURE",
        "oldest_days": "how many days back the earliest window begins",
        "purposes": "purposes of the tasks, list of text, ascending",
        "rank": "rank of the strictest category, a number",
        "receiving": "jurisdiction that is asked, ISO 3166",
        "role": "role of who signs",
        "tasks": "number of tasks",
        "validation": "BEFORE, AFTER (ex post) or NONE (may sign alone)",
        "window_days": "length of the longest window in days",
    }
)


@functools.lru_cache(maxsize=512)
def compiled(expression: str) -> Evaluate:
    """Return what evaluates an expression against a context.

    Raises:
        Invalid: ``X_FIELD_INVALID`` with rule ``CEL.SYNTAX``, or ``CEL.NAME`` for a name that rules do not have.
    """
    # Here and not above: the library takes a third of a second to load, and most packs have few rules or none.
    import cel  # noqa: PLC0415

    try:
        program = cel.compile(expression)
    except Exception as error:
        raise Invalid(errors.X_FIELD_INVALID, "pack.rules", "CEL.SYNTAX") from error
    # One letter is what a macro such as exists() binds; where it binds none, evaluation fails and the pack does not load.
    if {name for name in program.variables() if len(name) > 1} - set(NAMES):
        raise Invalid(errors.X_FIELD_INVALID, "pack.rules", "CEL.NAME")
    evaluate: Evaluate = program.execute
    return evaluate


@functools.lru_cache(maxsize=128)
def _needed(expressions: tuple[str, ...]) -> tuple[frozenset[str], frozenset[str] | None]:
    """Return the names that expressions use, and the facts; None for all of them, where a code is not written out."""
    import cel  # noqa: PLC0415 - as above

    names: set[str] = set()
    codes: set[str] = set()
    written = True
    for expression in expressions:
        names |= set(cel.compile(expression).variables())
        found = _FACT.findall(expression)
        written = written and len(found) == expression.count("facts")
        codes |= set(found)
    return frozenset(names & set(NAMES)), frozenset(codes) if written else None


def context(
    asked: Asked,
    facts: Mapping[str, FactRule],
    categories: tuple[str, ...],
    rank: int,
    validation: str,
    rules: Iterable[Rule],
) -> Any:  # noqa: ANN401
    """Return what rules are evaluated against, built once for each request and with no more in it than these rules use.

    Handing values over to the evaluator is what costs, not evaluating.
    """
    import cel  # noqa: PLC0415 - as above

    names, codes = _needed(tuple([text for rule in rules for text in (rule.when, rule.holds) if text]))
    given: dict[str, Any] = {}
    if "facts" in names:
        stated = {fact.code: fact for fact in asked.facts}
        given["facts"] = {
            code: _value(stated.get(code), rule)
            for code, rule in facts.items()
            if codes is None or code in codes
        }
    if "categories" in names:
        given["categories"] = list(categories)
    if "rank" in names:
        given["rank"] = rank
    if "validation" in names:
        given["validation"] = validation
    for name in names & _OF_ASKED.keys():
        given[name] = _OF_ASKED[name](asked)
    return cel.Context(given)


def _value(fact: Fact | None, rule: FactRule) -> list[str] | int:
    if rule.values:
        return list(fact.values) if fact is not None else []
    return fact.number if fact is not None else 0


_OF_ASKED: Final[Mapping[str, Callable[[Asked], Any]]] = MappingProxyType(
    {
        "elements": lambda asked: sorted({element for task in asked.tasks for element in task.elements}),
        "emergency": lambda asked: asked.emergency,
        "identifier_types": lambda asked: [task.identifier_type for task in asked.tasks],
        "issuing": lambda asked: asked.issuing,
        "kind": lambda asked: asked.kind.name,
        "oldest_days": lambda asked: max((asked.day - task.first_day for task in asked.tasks), default=0),
        "purposes": lambda asked: sorted({task.purpose for task in asked.tasks}),
        "receiving": lambda asked: asked.receiving,
        "role": lambda asked: asked.role,
        "tasks": lambda asked: len(asked.tasks),
        "window_days": lambda asked: max((1 + t.last_day - t.first_day for t in asked.tasks), default=0),
    }
)


def holds(expression: str, given: Any, at: str) -> bool:  # noqa: ANN401 - a CEL context
    """Evaluate an expression that must say yes or no.

    Raises:
        Invalid: ``X_FIELD_INVALID`` with rule ``CEL.FAILS`` (an error, such as text compared with a number) or
            ``CEL.BOOLEAN``. Packs are evaluated on many generated headers before they load, so this means a bad pack.
    """
    try:
        found = compiled(expression)(given)
    except Invalid:
        raise
    except Exception as error:
        raise Invalid(errors.X_FIELD_INVALID, at, "CEL.FAILS") from error
    if not isinstance(found, bool):
        raise Invalid(errors.X_FIELD_INVALID, at, "CEL.BOOLEAN")
    return found
