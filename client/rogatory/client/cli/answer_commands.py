# SPDX-License-Identifier: Apache-2.0
"""`rogatory request`, second half: where a request stands, its answer, and the bundle that others verify.

Every look at a request leaves an entry with its reader in the log; `status` says STATUS as the purpose. What stands here
is shown from the reader's own fold, never from what the exchange tells.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Annotated

import typer

from rogatory.client import agency
from rogatory.client.cli.command import call, command
from rogatory.client.cli.exits import Exit
from rogatory.client.cli.people import People, people_of
from rogatory.client.cli.references import request_id
from rogatory.client.cli.render.answer import fetched_tree
from rogatory.client.cli.render.names import Names
from rogatory.client.cli.render.people import step_rows
from rogatory.client.cli.render.state import list_tree, request_tree
from rogatory.client.cli.render.text import lines
from rogatory.client.cli.render.tree import Section, text_row
from rogatory.client.cli.request_commands import app
from rogatory.client.cli.results import ListResult, RequestResult, list_result, request_result
from rogatory.client.cli.results_answer import (
    FetchResult,
    WatchedResult,
    fetch_result,
    watched_result,
)
from rogatory.client.cli.results_people import StepResult, step_results
from rogatory.client.cli.session import Run, UsageError
from rogatory.client.cli.signing import session_names, sign
from rogatory.client.composing import Prepared
from rogatory.client.requests import standing
from rogatory.client.session import Session
from rogatory.client.watch import Heard, taken
from rogatory.client.watch import watch as watch_feed
from rogatory.protocol.errors import Unavailable
from rogatory.protocol.ids import SystemClock
from rogatory.protocol.plain import to_plain
from rogatory.protocol.wire import FeedItem

NOTE = Annotated[str, typer.Option(metavar="TEXT", help="Words to the other side (sealed).")]
REQUEST = Annotated[str, typer.Argument(metavar="REQUEST", help="Id of the request, or six digits of it.")]


@command(app, "status", prefix="request")
def status(
    run: Run,
    request: Annotated[str, typer.Argument(metavar="[REQUEST]", help="All of yours without one.")] = "",
) -> Exit | None:
    """Show where a request stands: state, tasks, duties with their clocks, everything that was said.

    Computed here from the signed statements. Leaves an entry with you as reader in the log.

    Examples:
      rogatory request status
      rogatory request status 0199ab --json
    """
    now, people = SystemClock().now_ms(), people_of(run)
    if not request:
        rows = call(run, agency.my_requests)
        listed: ListResult = list_result(rows, people.own, people.pages)
        run.output.result(run.command, listed, list_tree("Requests", listed, now, people))
        return None

    async def work(session: Session) -> tuple[RequestResult, Names]:
        view = await agency.status(session, await request_id(session, request))
        pages = people.pages.get(view.request_id, ())
        return request_result(view, people.own, pages), session_names(session)

    found, names = call(run, work)
    run.output.result(run.command, found, request_tree(found, names, now, people))
    return None


@command(app, "watch", prefix="request")
def watch(
    run: Run,
    request: Annotated[str, typer.Argument(metavar="[REQUEST]", help="Only this one.")] = "",
    count: Annotated[int, typer.Option(metavar="N", help="End after so many events; 0 for no end.")] = 0,
    seconds: Annotated[float, typer.Option(metavar="S", help="End after so long; 0 for no end.")] = 0.0,
    steps: Annotated[
        bool, typer.Option("--next", help="Also say who must do what next; each look leaves an entry.")
    ] = False,
) -> Exit | None:
    """Show what is addressed to you as it happens, and go on after a lost connection by itself.

    With --json each event is one JSON object on one line, because there is no last one. Other commands can use the
    profile meanwhile.

    Examples:
      rogatory request watch
      rogatory request watch 0199ab --count 1 --seconds 60
      rogatory request watch --next
    """
    people = people_of(run)

    async def work(session: Session) -> None:
        wanted = await request_id(session, request) if request else b""
        names, seen = session_names(session), 0
        session.release()
        async for item in watch_feed(session):
            if not isinstance(item, Heard) or (wanted and item.item.request_id != wanted):
                continue
            event = watched_result(item.item, await _stands(session, item.item) if steps else ())
            _event(run, event, names, people)
            seen += 1
            if count and seen >= count:
                taken(session, item)
                return

    async def bounded(session: Session) -> None:
        try:
            await asyncio.wait_for(work(session), seconds or None)
        except TimeoutError:
            run.output.say("Nothing more within the time given.")

    with contextlib.suppress(KeyboardInterrupt):  # how a person ends what has no end
        call(run, bounded)
    return None


async def _stands(session: Session, item: FeedItem) -> tuple[StepResult, ...]:
    """Return who must do what next, where the profile is free for a look; nothing where another command has it."""
    with contextlib.suppress(Unavailable), session.exclusively():
        view = await standing(session, item.request_id, "STATUS", item.index)
        return step_results(view.state) if view is not None else ()
    return ()


def _event(run: Run, item: WatchedResult, names: Names, people: People) -> None:
    if run.output.json:
        run.output.line(json.dumps(to_plain(item)))
        return
    tree = Section(
        f"{item.kind}",
        (
            text_row("request", item.request_id.hex(), names.remark(item.request_id)),
            text_row("log entry", str(item.index)),
            *step_rows(item.steps, people, SystemClock().now_ms()),
        ),
    )
    for line in lines(tree, plain=run.output.plain):
        run.output.line(line.text)


@command(app, "fetch", prefix="request")
def fetch(run: Run, request: REQUEST) -> Exit | None:
    """Fetch a disclosure, verify it, open it, and check that it holds no more than was granted.

    Goes on where it stopped. What lies outside the grant is set aside unopened; then report it. Files get safe names.

    Examples:
      rogatory request fetch 0199ab
    """

    async def work(session: Session) -> FetchResult:
        wanted = await request_id(session, request)
        with run.output.progress("fetching") as report:
            return fetch_result(wanted, await agency.fetch(session, wanted, progress=report))

    found = call(run, work, secrets=True)
    run.output.result(run.command, found, fetched_tree(found))
    return None


@command(app, "acknowledge", prefix="request", signs=True)
def acknowledge(
    run: Run,
    request: REQUEST,
    disclosure: Annotated[str, typer.Option(metavar="HEX", help="Which one, if there are several.")] = "",
    note: NOTE = "",
) -> Exit | None:
    """Sign that a disclosure was opened and verified, with the result of the scope check.

    Examples:
      rogatory request acknowledge 0199ab
    """

    async def prepare(session: Session) -> Prepared:
        wanted = await request_id(session, request)
        return await agency.prepare_acknowledge(session, wanted, _disclosure(disclosure), note=note)

    return sign(run, prepare, offline=True)


@command(app, "report-excess", prefix="request", signs=True)
def report_excess(
    run: Run,
    request: REQUEST,
    disclosure: Annotated[str, typer.Option(metavar="HEX", help="Which one, if there are several.")] = "",
    grade: Annotated[str, typer.Option(metavar="MINOR|MAJOR")] = "MINOR",
    note: NOTE = "",
) -> Exit | None:
    """Sign that more came than was granted. Oversight sees it, and a duty to delete or restrict begins.

    Examples:
      rogatory request report-excess 0199ab --grade MINOR
    """

    async def prepare(session: Session) -> Prepared:
        wanted = await request_id(session, request)
        return await agency.prepare_report_excess(session, wanted, _disclosure(disclosure), grade, note=note)

    return sign(run, prepare, offline=True)


@command(app, "withdraw", prefix="request", signs=True)
def withdraw(
    run: Run,
    request: REQUEST,
    code: Annotated[str, typer.Option(metavar="CODE", help="Such as ERROR or NO_LONGER_NEEDED.")],
    note: NOTE = "",
) -> Exit | None:
    """Take a request back. The provider releases what it holds for it.

    Examples:
      rogatory request withdraw 0199ab --code NO_LONGER_NEEDED
    """

    async def prepare(session: Session) -> Prepared:
        return await agency.prepare_withdraw(session, await request_id(session, request), code, note=note)

    return sign(run, prepare, offline=True)


def _disclosure(text: str) -> bytes | None:
    if not text:
        return None
    try:
        value = bytes.fromhex(text)
    except ValueError:
        value = b""
    if len(value) != 16:
        raise UsageError("--disclosure takes 32 hexadecimal digits.", "--disclosure", "HEX")
    return value
