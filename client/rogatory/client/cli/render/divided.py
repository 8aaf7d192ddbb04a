# SPDX-License-Identifier: Apache-2.0
"""Trees of an emergency that was divided into several requests. They show and decide nothing."""

from __future__ import annotations

from rogatory.client.cli.catalogue import sentence
from rogatory.client.cli.render.draft import draft_tree
from rogatory.client.cli.render.state import sent_tree
from rogatory.client.cli.render.tree import Section, list_row, text_row
from rogatory.client.cli.results_emergency import DividedResult, LeftResult, PartResult, TogetherResult

_WORDS = {
    "NONE": "now, on your word alone",
    "AFTER": "now, to be validated afterwards",
    "BEFORE": "when the authority has validated it",
}


def divided_tree(result: DividedResult) -> Section:
    """Return the requests that one wish was divided into, and what is in none of them."""
    left = (Section("In none of them", tuple(_left(item) for item in result.left)),) if result.left else ()
    requests = tuple(_part(i, item) for i, item in enumerate(result.requests, 1))
    return Section("Emergency, divided; not signed, not sent", (*left, *requests))


def together_tree(result: TogetherResult) -> Section:
    """Return what became of each request."""
    before = (list_row("sent before", result.before),) if result.before else ()
    refused = tuple(
        Section(
            f"Refused: {item.code}",
            (
                text_row("request", item.request_id),
                text_row("what", sentence(item.code, item.rule).what),
                text_row("rule", item.rule or "none", strict=True),
                text_row("next", sentence(item.code, item.rule).advice),
            ),
        )
        for item in result.refused
    )
    return Section("Sent together", (*before, *refused, *(sent_tree(item) for item in result.sent)))


def _part(number: int, item: PartResult) -> Section:
    drafted = draft_tree(item.draft)
    debt = (text_row("debt", f"validation within {item.within} of the issue"),) if item.within else ()
    return Section(
        f"Request {number}: {item.kind}, {_WORDS[item.word]}",
        (list_row("data categories", item.categories), *debt, *drafted.items),
    )


def _left(item: LeftResult) -> Section:
    return Section(
        f"{item.kind} of {item.category}",
        (
            list_row("data elements", item.elements),
            text_row("code", item.code, sentence(item.code, item.rule).what),
            text_row("rule", item.rule or "none", strict=True),
        ),
    )
