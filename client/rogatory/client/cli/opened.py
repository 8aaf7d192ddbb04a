# SPDX-License-Identifier: Apache-2.0
"""`show` of authority and provider: open what is sealed to the reader, hold it against the signed request, show both.

One function for both, since both must see the same. What does not agree is listed first, and the command ends with 7:
nobody should have to read a picture to the end to learn that it is false.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from rogatory.client.cli.command import call
from rogatory.client.cli.exits import Exit
from rogatory.client.cli.pages import check_page, write_page
from rogatory.client.cli.people import People, people_of
from rogatory.client.cli.references import request_id
from rogatory.client.cli.render.content import opened_sections
from rogatory.client.cli.render.state import request_tree
from rogatory.client.cli.render.statement import statement_tree
from rogatory.client.cli.render.tree import Section, text_row
from rogatory.client.cli.results import RequestResult
from rogatory.client.cli.results_answer import ShowResult, issue_of, show_result
from rogatory.client.cli.session import Run
from rogatory.client.cli.signing import session_names
from rogatory.client.composing import Opened
from rogatory.client.session import Session
from rogatory.protocol.envelope import parse_envelope
from rogatory.protocol.ids import SystemClock


def show_opened(
    run: Run, show: Callable[[Session, bytes], Awaitable[Opened]], request: str, html: Path | None = None
) -> Exit | None:
    """Do all of a `show` command.

    Args:
        run: The run.
        show: The SDK's call.
        request: How the request was named.
        html: Where it goes as a page too.
    """
    check_page(html)
    people = people_of(run)

    async def work(session: Session) -> tuple[ShowResult, Section]:
        opened = await show(session, await request_id(session, request))
        found = show_result(opened, people.own, people.pages)
        return found, _tree(session, opened, found, people)

    result, tree = call(run, work, secrets=True)
    code = Exit.NOT_VERIFIED if result.problems else Exit.OK
    write_page(html, tree)
    run.output.outcome(run.command, code, result, tree)
    return code


def bytes_sections(
    session: Session, opened: Opened, request: RequestResult, people: People
) -> tuple[Section, ...]:
    """Return the signed request as its exact bytes say it, and where it stands with all that was said."""
    names = session_names(session)
    issue = parse_envelope(issue_of(opened)).payload
    return statement_tree(issue, names), request_tree(request, names, SystemClock().now_ms(), people)


def _tree(session: Session, opened: Opened, result: ShowResult, people: People) -> Section:
    problems = tuple(
        text_row(item.code, f"{item.field} {item.rule}".strip(), strict=True) for item in result.problems
    )
    top = (Section("DOES NOT AGREE with the signed request: do not act on it", problems),) if problems else ()
    return Section(
        "Request, opened",
        (
            *top,
            *opened_sections(opened.particulars, opened.grounds, opened.notes.values()),
            *bytes_sections(session, opened, result.request, people),
        ),
    )
