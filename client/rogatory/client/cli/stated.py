# SPDX-License-Identifier: Apache-2.0
"""What the options of `request new` state, put over what a template begins with.

An option always comes before the template. Without a terminal everything must be there; on one, the form asks for the rest.
Nothing of the law is looked at here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rogatory.client.cli.draft_input import instant_of
from rogatory.client.cli.session import Run, UsageError
from rogatory.client.cli.typed import Given, identifier_from, typed_twice
from rogatory.client.drafts import DraftExhibit, DraftInstant, DraftRequest, DraftTask

DEFAULT_PURPOSE = "EVIDENCE"


@dataclass(frozen=True, slots=True)
class Stated:
    """The options of one task."""

    identifier_type: str
    given: Given
    elements: tuple[str, ...]
    purpose: str
    since: str
    until: str
    zone: str
    service: str
    words: str

    @property
    def anything(self) -> bool:
        """Whether one of them was given at all."""
        given = self.given
        return bool(
            self.identifier_type
            or given.typed
            or given.source
            or given.exhibit
            or self.elements
            or self.since
            or self.until
        )


def begun_tasks(
    run: Run, begun: Sequence[DraftTask], stated: Stated, observed: tuple[DraftInstant, ...]
) -> tuple[DraftTask, ...]:
    """Return the tasks that options and template state; the form asks for what is open where there is a terminal.

    Raises:
        UsageError: Something is missing and nobody is there to be asked, or options speak of one task of several.
    """
    asks = run.stdin.isatty()
    if len(begun) > 1:
        if stated.anything or not asks:
            raise UsageError(
                "This template has several tasks; the options speak of one. Use the form or --from-json.",
                "--template",
                "ONE_OF",
            )
        return tuple(begun)
    if asks and not begun and not stated.anything:
        return ()
    blank = DraftTask("", "", (), DraftInstant(""), DraftInstant(""), "" if asks else DEFAULT_PURPOSE)
    task = begun[0] if begun else blank
    chosen = stated.identifier_type or task.identifier_type
    value, exhibit = _identifier(run, stated.given, chosen, asks=asks)
    made = replace(
        task,
        identifier_type=chosen,
        identifier=value,
        elements=stated.elements or task.elements,
        purpose=stated.purpose or task.purpose,
        since=_moment(stated.since, stated.zone, "--since", asks=asks),
        until=_moment(stated.until, stated.zone, "--until", asks=asks),
        service=stated.service,
        observed=observed,
        words=stated.words,
        exhibit=exhibit,
    )
    typed_twice(
        run, stated.given, chosen, value
    )  # last: nobody types it again for options that make no sense
    return (made,)


def begun_draft(
    begun: DraftRequest | None, parties: tuple[str, str, str, str, str], tasks: tuple[DraftTask, ...]
) -> DraftRequest:
    """Return the draft that options (kind, regime, provider, authority, enforcing authority) and template state."""
    kind, pack_id, provider, authority, enforcing = parties
    if begun is None:
        return DraftRequest(kind, pack_id, provider, authority, tasks, enforcing=enforcing)
    return replace(
        begun,
        kind=kind or begun.kind,
        pack_id=pack_id or begun.pack_id,
        provider=provider or begun.provider,
        authority=authority or begun.authority,
        enforcing=enforcing or begun.enforcing,
        tasks=tasks,
    )


def _identifier(
    run: Run, given: Given, identifier_type: str, *, asks: bool
) -> tuple[str, DraftExhibit | None]:
    if asks and not (given.typed or given.source or given.exhibit):
        return "", None
    return identifier_from(run, given, identifier_type)


def _moment(text: str, zone: str, option: str, *, asks: bool) -> DraftInstant:
    return DraftInstant("", zone) if asks and not text else instant_of(text, zone, option)
