# SPDX-License-Identifier: Apache-2.0
"""Trees of what providers declare about themselves. They show and decide nothing."""

from __future__ import annotations

from rogatory.client.cli.render.names import Names
from rogatory.client.cli.render.tree import Row, Section, bytes_row, list_row, text_row, time_row
from rogatory.client.cli.results_catalogue import CataloguePublishedResult, CatalogueResult, CataloguesResult
from rogatory.protocol.catalogues import TERM_CUSTOMER, TERM_DAYS, Catalogue, Holding

_TERMS = {TERM_CUSTOMER: "as long as the customer is one"}


def catalogue_tree(catalogue: Catalogue, names: Names) -> Section:
    """Return a catalogue as it would be signed."""
    return Section(
        "Catalogue of a unit of yours, public once it is in the log",
        (
            bytes_row("provider", catalogue.org, names.remark(catalogue.org)),
            bytes_row("unit", catalogue.unit, names.remark(catalogue.unit)),
            text_row("version", str(catalogue.version)),
            *_said(catalogue),
        ),
    )


def catalogues_tree(result: CataloguesResult, names: Names) -> Section:
    """Return what units declare."""
    if not result.catalogues:
        return Section("Catalogues", (text_row("declared", "nothing"),))
    return Section("Catalogues, verified", tuple(_listed(item, names) for item in result.catalogues))


def catalogue_published_tree(result: CataloguePublishedResult) -> Section:
    """Return where a catalogue stands in the log."""
    rows = (text_row("version", str(result.version)), text_row("index", str(result.index)))
    return Section("In the log", (bytes_row("unit", result.unit), *rows))


def _listed(item: CatalogueResult, names: Names) -> Section:
    doubt = (
        () if item.counts else (text_row("counts", "no: the key that signed it is not in force any more"),)
    )
    return Section(
        names.book.get(item.org) or f"Provider {item.org.hex()}",
        (
            *doubt,
            bytes_row("provider", item.org),
            bytes_row("unit", item.unit),
            text_row("version", str(item.version), f"log entry {item.index}"),
            time_row("signed", item.issued_ms),
            *_said(item),
        ),
    )


def _said(item: Catalogue | CatalogueResult) -> tuple[Row | Section, ...]:
    shared = "yes: a port and a moment are needed" if item.cgnat else "no"
    return (
        text_row("many customers share an address", shared),
        list_row("services", item.services),
        list_row("languages", item.languages),
        Section("Held", tuple(text_row(held.element, _term(held)) for held in item.holdings)),
        Section(
            "Telephones",
            tuple(
                text_row(contact.kind, f"+{contact.telephone}", ", ".join(contact.languages), strict=True)
                for contact in item.contacts
            ),
        ),
    )


def _term(held: Holding) -> str:
    if held.term == TERM_DAYS:
        return f"{held.days} days" if held.days > 1 else "1 day"
    return _TERMS.get(held.term, "not held")
