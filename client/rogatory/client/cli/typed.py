# SPDX-License-Identifier: Apache-2.0
"""How an identifier gets into a draft: lifted from an exhibit, read from a file, or typed twice; and what is asked then.

A typed value without a check digit is one slip away from another person, so it is typed again. What law and exchange say
to the draft is not asked here (`request lint`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rogatory.client.cli.draft_input import identifier_of
from rogatory.client.cli.render.draft import findings_tree
from rogatory.client.cli.results import LintResult, findings
from rogatory.client.cli.session import Run, UsageError
from rogatory.client.draft_checks import ERROR, asked_of
from rogatory.client.drafts import DraftExhibit, DraftRequest
from rogatory.client.exhibits import draft_exhibit, lift
from rogatory.protocol.errors import Invalid, Refused
from rogatory.protocol.ids import SystemClock
from rogatory.protocol.writing import checks_itself, one_spelling


@dataclass(frozen=True, slots=True)
class Given:
    """The options that say which identifier is meant; one of the first three."""

    typed: str
    source: str
    exhibit: str
    again: str


def identifier_from(run: Run, given: Given, identifier_type: str) -> tuple[str, DraftExhibit | None]:
    """Return the identifier in its one spelling, and the exhibit that it was lifted from, if it was.

    Raises:
        UsageError: None or several were given, or the exhibit does not hold one value there.
    """
    if given.exhibit:
        if given.typed or given.source:
            raise UsageError("An identifier comes from one place.", "--from-exhibit", "ONE_OF")
        return _lifted(given.exhibit, identifier_type)
    return one_spelling(identifier_type, identifier_of(given.typed, given.source, run.stdin)), None


def typed_twice(run: Run, given: Given, identifier_type: str, text: str) -> None:
    """Have a typed identifier typed again, unless it has a check digit that shows a slip.

    Raises:
        UsageError: The second entry differs.
    """
    if given.typed and not checks_itself(identifier_type, text):
        again = given.again or _ask(run)
        if one_spelling(identifier_type, again) != text:
            raise UsageError(
                "The two entries are not the same; nothing was kept.", "--identifier-again", "SAME"
            )


def _ask(run: Run) -> str:
    return run.ask("Type the identifier again: ")


def _lifted(text: str, identifier_type: str) -> tuple[str, DraftExhibit]:
    name, _, locator = text.rpartition("#")
    if not name or not locator:
        raise UsageError(
            "An exhibit is FILE#PLACE, such as mail.eml#header:From or access.log#line:12.",
            "--from-exhibit",
            "FORM",
        )
    path = Path(name)
    try:
        value, exhibit = lift(path, locator, identifier_type)
    except Invalid as error:
        raise UsageError(
            f"The exhibit does not give one identifier of this type there ({error.rule}).",
            "--from-exhibit",
            error.rule,
        ) from error
    return value, draft_exhibit(path, exhibit)


def ask_about(run: Run, draft: DraftRequest) -> None:
    """Ask about everything in a draft that is more often a slip than meant; with --yes it is shown and not asked.

    Raises:
        Refused: A time that cannot be right.
        Aborted: The answer is no.
    """
    found = asked_of(draft, SystemClock().now_ms())
    for item in found:
        if item.severity == ERROR:
            raise Refused(item.code, item.field, item.rule)
    if found:
        tree = findings_tree(LintResult(draft.request_id, findings(found)))
        run.confirm(tree, "Is all of this meant as it stands?")
