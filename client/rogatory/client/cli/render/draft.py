# SPDX-License-Identifier: Apache-2.0
"""A draft and what the rules say to it, as trees. A draft is not signed and has no bytes yet: its fields are shown as they are."""

from __future__ import annotations

from collections.abc import Iterator

from rogatory.client.cli.render.content import local_and_utc, reduced_rows, spoken_rows
from rogatory.client.cli.render.tree import Row, Section, list_row, text_row, words_row
from rogatory.client.cli.results import LintResult
from rogatory.client.draft_checks import parse
from rogatory.client.drafts import DraftExhibit, DraftGrounds, DraftInstant, DraftRequest, DraftTask
from rogatory.protocol.errors import Invalid
from rogatory.protocol.pack.shape import PERSON_ROLE, VICTIM


def draft_tree(draft: DraftRequest) -> Section:
    """Return a draft."""
    facts = tuple(
        list_row(code, [*fact.values, fact.number] if fact.number else fact.values)
        for code, fact in sorted(draft.facts.items())
    )
    return Section(
        "Draft, not signed, not sent",
        (
            text_row("request", draft.request_id),
            text_row("kind", draft.kind, strict=True),
            text_row("regime pack", draft.pack_id, strict=True),
            text_row("to", draft.provider),
            text_row("to be validated by", draft.authority or "nobody named"),
            *([text_row("to be told", draft.enforcing)] if draft.enforcing else []),
            *reduced_rows(victim=VICTIM in _roles(draft)),
            *(_task(i, task) for i, task in enumerate(draft.tasks, start=1)),
            Section("Facts", facts),
            Section("Grounds (to be sealed)", tuple(_grounds(draft.grounds))),
        ),
    )


def _roles(draft: DraftRequest) -> tuple[str, ...]:
    role = draft.facts.get(PERSON_ROLE)
    return role.values if role is not None else ()


def findings_tree(result: LintResult) -> Section:
    """Return what the rules say, each with the catalogue's sentence."""
    if not result.findings:
        return Section("Lint", (text_row("findings", "none; the exchange's rules have nothing against it"),))
    return Section(
        "Lint",
        tuple(
            Section(
                f"{item.severity}: {item.code}",
                (
                    text_row("what", item.what),
                    text_row("rule", item.rule or "none", strict=True),
                    *([text_row("legal basis", item.basis)] if item.basis else []),
                    text_row("field", item.field or "none", strict=True),
                    text_row("next", item.fix),
                ),
            )
            for item in result.findings
        ),
    )


def _task(number: int, task: DraftTask) -> Section:
    return Section(
        f"Task {number}",
        (
            text_row("identifier", task.identifier, task.identifier_type, strict=True),
            *spoken_rows(task.identifier_type, task.identifier),
            *([_exhibit(task.exhibit)] if task.exhibit else []),
            text_row("service", task.service or "none"),
            list_row("data elements", task.elements),
            text_row("purpose", task.purpose, strict=True),
            text_row("from", _instant(task.since), strict=True),
            text_row("until, included", _instant(task.until), strict=True),
            *(text_row("seen at", _instant(moment), strict=True) for moment in task.observed),
            *([words_row("words for the provider", task.words)] if task.words else []),
        ),
    )


def _grounds(grounds: DraftGrounds) -> Iterator[Row]:
    yield words_row("case number", grounds.case_number or "none")
    yield words_row("offence", grounds.offence or "none")
    yield words_row("why it is necessary", grounds.necessity or "none")
    yield words_row("why it is proportionate", grounds.proportionality or "none")
    yield words_row("the case in short", grounds.case_summary or "none")
    if grounds.emergency_reasons:
        yield words_row("why it is an emergency", grounds.emergency_reasons)


def _exhibit(exhibit: DraftExhibit) -> Row:
    return text_row(
        "lifted from", f"{exhibit.path}#{exhibit.locator}", f"SHA-256 {exhibit.sha256}", strict=True
    )


def _instant(moment: DraftInstant) -> str:
    """Return a moment as its clocks show it and in UTC, side by side; as written where it cannot be read."""
    try:
        return local_and_utc(parse(moment, "draft"))
    except Invalid:
        return f"{moment.text} {moment.zone}".strip()
