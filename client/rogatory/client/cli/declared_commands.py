# SPDX-License-Identifier: Apache-2.0
"""`rogatory provider catalogue`: what providers declare about themselves, and how a provider declares it.

A catalogue is public and holds codes and numbers only. What it means for a request is not decided here (`request lint`,
`request radar`).
"""

from __future__ import annotations

from typing import Annotated

import typer

from rogatory.client.addressbook import find_unit
from rogatory.client.catalogue_office import prepare_catalogue, publish_catalogue, text_of
from rogatory.client.catalogues import Listed
from rogatory.client.cli import provider_commands
from rogatory.client.cli.command import call, command, group
from rogatory.client.cli.draft_input import load_json
from rogatory.client.cli.exits import Exit
from rogatory.client.cli.render.declared import catalogue_published_tree, catalogue_tree, catalogues_tree
from rogatory.client.cli.render.names import Names
from rogatory.client.cli.results_catalogue import CataloguePublishedResult, CatalogueResult, CataloguesResult
from rogatory.client.cli.session import Run, UsageError
from rogatory.client.cli.signing import session_names
from rogatory.client.session import Session
from rogatory.protocol.errors import Invalid

app = group("catalogue", "What providers hold, for how long, and who answers their telephone.")
provider_commands.app.add_typer(app)


@command(app, "show", prefix="provider catalogue")
def show(
    run: Run,
    provider: Annotated[
        str, typer.Argument(metavar="[PROVIDER]", help="Name in your book, or id; else all of them.")
    ] = "",
) -> Exit | None:
    """Show what providers declare, as far as it was verified: signed by their own devices, and in the log.

    Examples:
      rogatory provider catalogue show
      rogatory provider catalogue show "Example Access (invented)" --json
    """

    async def work(session: Session) -> tuple[CataloguesResult, Names]:
        listed = session.exchange.catalogues.by_unit
        wanted = {find_unit(session, provider, "PROVIDER").address} if provider else set(listed)
        now = session.clock.now_ms()
        found = tuple(
            _result(item, counts=item.counts(now))
            for address, item in sorted(listed.items(), key=lambda pair: (pair[0].org, pair[0].unit))
            if address in wanted
        )
        return CataloguesResult(found), session_names(session)

    result, names = call(run, work, fallback=True)
    run.output.result(run.command, result, catalogues_tree(result, names))
    return None


@command(app, "publish", prefix="provider catalogue", signs=True)
def publish(
    run: Run,
    file: Annotated[str, typer.Argument(metavar="FILE", help="A catalogue as JSON; - for standard input.")],
) -> Exit | None:
    """Sign a catalogue of your unit and bring it to the exchange; it is logged, and everybody in the realm can read it.

    The file holds `cgnat`, `services`, `holdings` (`element`, `term` and, for the term DAYS, `days`; the other terms are
    WHILE_CUSTOMER and NOT_HELD), `languages` (ISO 639) and `contacts` (`kind` DUTY or OFFICE, `telephone` as digits of
    E.164, `languages`). The version is the next one unless stated; a version that is in the log stands.

    Examples:
      rogatory provider catalogue publish catalogue.json
    """
    data = load_json(file, run.stdin, "FILE")
    try:
        text = text_of(data)
    except Invalid as error:
        where = f" at {error.field}" if error.field else ""
        raise UsageError(
            f"This is not a catalogue{where} ({error.rule}).", error.field, error.rule
        ) from error

    async def work(session: Session) -> CataloguePublishedResult:
        catalogue = prepare_catalogue(session, text)
        run.confirm(catalogue_tree(catalogue, session_names(session)), "Sign and publish this catalogue?")
        done = await publish_catalogue(session, catalogue)
        await session.exchange.sync()
        return CataloguePublishedResult(catalogue.unit, catalogue.version, done.index)

    result = call(run, work, secrets=True)
    run.output.result(run.command, result, catalogue_published_tree(result))
    return None


def _result(item: Listed, *, counts: bool) -> CatalogueResult:
    found = item.catalogue
    return CatalogueResult(
        found.org,
        found.unit,
        found.version,
        found.issued_at_ms,
        item.index,
        counts,
        found.cgnat,
        found.services,
        found.holdings,
        found.languages,
        found.contacts,
    )
