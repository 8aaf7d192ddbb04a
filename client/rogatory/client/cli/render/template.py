# SPDX-License-Identifier: Apache-2.0
"""Templates as trees. They hold nothing of a case, so nothing here is sealed later; nothing is signed either."""

from __future__ import annotations

from rogatory.client.cli.render.tree import Section, list_row, text_row
from rogatory.client.cli.results_desk import TemplateResult, TemplatesResult


def templates_tree(result: TemplatesResult) -> Section:
    """Return a list of templates."""
    return Section("Templates", (list_row("name", result.templates),))


def template_tree(result: TemplateResult) -> Section:
    """Return one template."""
    template = result.template
    tasks = (
        Section(
            f"Task {number}",
            (
                text_row("identifier", "asked when a draft is made", task.identifier_type),
                list_row("data elements", task.elements),
                text_row("purpose", task.purpose, strict=True),
            ),
        )
        for number, task in enumerate(template.tasks, 1)
    )
    facts = (
        list_row(code, [*fact.values, fact.number] if fact.number else fact.values)
        for code, fact in sorted(template.facts.items())
    )
    return Section(
        f"Template {result.name}",
        (
            text_row("kind", template.kind, strict=True),
            text_row("regime pack", template.pack_id, strict=True),
            text_row("to", template.provider),
            text_row("to be validated by", template.authority or "nobody named"),
            *([text_row("to be told", template.enforcing)] if template.enforcing else []),
            *tasks,
            Section("Facts", tuple(facts)),
        ),
    )
