# SPDX-License-Identifier: Apache-2.0
"""Rules of a pack that tables cannot say, as CEL expressions over the header's typed facts.

The Common Expression Language has no loops, no I/O and no clock, so that a rule means the same on every machine. Each
rule sees the names of ``NAMES`` and nothing else. Every fact that the pack lists is there, absent ones as an empty list or 0,
so that no rule fails for what a request leaves out. This module evaluates; which rules there are is the pack's.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
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
# Text in other quotes could hold what looks like a fact; no rule needs it, and one that has it is evaluated as it stands.
_ODD_TEXT: Final = re.compile(r'\'|"""')

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
        written = written and len(found) == expression.count("facts") and not _ODD_TEXT.search(expression)
        codes |= set(found)
    return frozenset(names & set(NAMES)), frozenset(codes) if written else None


@functools.lru_cache(maxsize=1024)
def _all_hold(expressions: tuple[tuple[str, str], ...], absent: frozenset[tuple[str, str]]) -> Evaluate:
    """Return what evaluates rules (``when``, ``holds``) as one, with what absent facts are written in their place."""
    import cel  # noqa: PLC0415 - as above

    values = dict(absent)

    def written(text: str) -> str:
        return _FACT.sub(lambda found: values.get(found[1], found[0]), text)

    # A line of its own for each expression, so that a comment ends with it.
    joined = " &&\n".join(
        f"((\n{written(when) or 'true'}\n) ? (\n{written(holds)}\n) : true)" for when, holds in expressions
    )
    evaluate: Evaluate = cel.compile(joined).execute
    return evaluate


def broken(
    asked: Asked,
    facts: Mapping[str, FactRule],
    categories: tuple[str, ...],
    rank: int,
    validation: str,
    rules: Sequence[Rule],
) -> Iterator[Rule]:
    """Yield the rules that do not hold of a request.

    All of them are evaluated as one expression first, with what is absent written into it: handing values over to the
    evaluator is what costs. Where that does not plainly say yes, each is evaluated for itself.
    """
    texts = tuple([(rule.when, rule.holds) for rule in rules])
    names, codes = _needed(tuple([text for pair in texts for text in pair if text]))
    if codes is not None:
        stated = codes & {fact.code for fact in asked.facts}
        absent = frozenset((code, "[]" if facts[code].values else "0") for code in codes - stated)
        # Whatever fails here fails below too, with the name of its rule.
        with suppress(RuntimeError, TypeError, ValueError, KeyError):
            given = _context(asked, facts, names, stated, categories, rank, validation)
            if _all_hold(texts, absent)(given) is True:
                return
    given = context(asked, facts, categories, rank, validation, rules)
    for rule in rules:
        at = f"pack.rules.{rule.id}"
        if (not rule.when or holds(rule.when, given, at)) and not holds(rule.holds, given, at):
            yield rule


def context(
    asked: Asked,
    facts: Mapping[str, FactRule],
    categories: tuple[str, ...],
    rank: int,
    validation: str,
    rules: Iterable[Rule],
) -> Any:  # noqa: ANN401
    """Return what rules are evaluated against one by one, with no more in it than these rules use."""
    names, codes = _needed(tuple([text for rule in rules for text in (rule.when, rule.holds) if text]))
    wanted = facts if codes is None else facts.keys() & codes
    return _context(asked, facts, names, wanted, categories, rank, validation)


def _context(
    asked: Asked,
    facts: Mapping[str, FactRule],
    names: frozenset[str],
    codes: Iterable[str],
    categories: tuple[str, ...],
    rank: int,
    validation: str,
) -> Any:  # noqa: ANN401
    import cel  # noqa: PLC0415 - as above

    given: dict[str, Any] = {}
    if "facts" in names:
        given["facts"] = {code: _value(asked.fact(code), facts[code]) for code in codes}
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
