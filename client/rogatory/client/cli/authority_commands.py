# SPDX-License-Identifier: Apache-2.0
"""`rogatory authority`: what a prosecutor or judge does: see what waits, open it, decide on it.

A decision rests on sections that were opened and matched against the signed request; a grant needs its word typed in
full. Who may decide on what is not known here; the regime pack says.
"""

from __future__ import annotations

from typing import Annotated

import typer

from rogatory.client import authority
from rogatory.client.cli.answer_commands import NOTE, REQUEST
from rogatory.client.cli.command import call, command, group
from rogatory.client.cli.exits import Exit
from rogatory.client.cli.opened import bytes_sections
from rogatory.client.cli.pages import HTML, check_page, write_page
from rogatory.client.cli.people import people_of
from rogatory.client.cli.references import request_id
from rogatory.client.cli.render.order import order_tree
from rogatory.client.cli.render.state import list_tree
from rogatory.client.cli.render.tree import Section
from rogatory.client.cli.results import list_result
from rogatory.client.cli.results_answer import OrderResult, order_result
from rogatory.client.cli.scope_options import DROP_ELEMENT, DROP_TASK, NARROW, SINCE, UNTIL, narrowing_of
from rogatory.client.cli.session import Run
from rogatory.client.cli.signing import session_names, sign
from rogatory.client.composing import Prepared
from rogatory.client.orders import order_of
from rogatory.client.session import Session
from rogatory.protocol.ids import SystemClock

app = group("authority", "Decide on requests: grant, narrow, return, refuse, ask, review.")
CODE = Annotated[str, typer.Option(metavar="CODE", help="Reason, such as A_NOT_PROPORTIONATE.")]


@command(app, "queue", prefix="authority")
def queue(run: Run) -> Exit | None:
    """List the requests that wait for your unit's decision, most urgent first.

    Examples:
      rogatory authority queue
    """
    people = people_of(run)
    found = list_result(call(run, authority.queue), people.own, people.pages)
    run.output.result(
        run.command, found, list_tree("Waiting for a decision", found, SystemClock().now_ms(), people)
    )
    return None


@command(app, "show", prefix="authority")
def show(
    run: Run,
    request: REQUEST,
    everything: Annotated[
        bool, typer.Option("--all", help="Also the exact bytes, the state and all that was said.")
    ] = False,
    html: HTML = None,
) -> Exit | None:
    """Show a request as a one-page order: who, what exactly, why now, who else is touched, each rule, what is new.

    Opens the sealed sections and checks them against what was signed; ends with 7 if something differs. Each rule of the law
    is pass or FAIL, with its legal basis; your own competence is one of them. What is new since the last return is the
    difference of two signed requests.

    Examples:
      rogatory authority show 0199ab
      rogatory authority show 0199ab --html order.html
    """
    check_page(html)
    people = people_of(run)

    async def work(session: Session) -> tuple[OrderResult, Section]:
        order = order_of(session, await authority.show(session, await request_id(session, request)))
        view, result = order.opened.view, order_result(order, people.own, people.pages)
        if view is None:
            raise AssertionError  # an order is of what was proven
        tree = order_tree(order, result, view, session_names(session), SystemClock().now_ms())
        more = bytes_sections(session, order.opened, result.request, people) if everything else ()
        return result, Section(tree.title, (*tree.items, *more))

    result, tree = call(run, work, secrets=True)
    write_page(html, tree)
    code = Exit.NOT_VERIFIED if result.problems else Exit.OK
    run.output.outcome(run.command, code, result, tree)
    return code


@command(app, "grant", prefix="authority", signs=True)
def grant(
    run: Run,
    request: REQUEST,
    narrow: NARROW = None,
    drop_task: DROP_TASK = None,
    drop_element: DROP_ELEMENT = None,
    since: SINCE = None,
    until: UNTIL = None,
) -> Exit | None:
    """Grant a request, whole or narrowed. Shows everything, opened too, and wants the word "grant" typed in full.

    What is left out never reaches the provider. A grant can narrow and never widen. Also for what was sent in an emergency
    before its validation, and for a larger scope that the agency asks for later. --yes is not accepted here.

    Examples:
      rogatory authority grant 0199ab
      rogatory authority grant 0199ab --narrow 2:drop --narrow 1:window=2026-11-03..2026-11-05
      rogatory authority grant 0199ab --drop-task 2
      rogatory authority grant 0199ab --drop-element 1:message_header --since 1:2026-11-03 --until 2026-11-05
    """
    narrowing = narrowing_of(drop_task, drop_element, since, until, narrow)

    async def prepare(session: Session) -> Prepared:
        return await authority.prepare_grant(session, await request_id(session, request), narrowing)

    return sign(run, prepare)


@command(app, "return", prefix="authority", signs=True)
def return_request(run: Run, request: REQUEST, code: CODE, note: NOTE = "") -> Exit | None:
    """Send a request back to be corrected, with a coded reason.

    Examples:
      rogatory authority return 0199ab --code A_GROUNDS_INSUFFICIENT
    """

    async def prepare(session: Session) -> Prepared:
        return await authority.prepare_return(session, await request_id(session, request), code, note=note)

    return sign(run, prepare)


@command(app, "refuse", prefix="authority", signs=True)
def refuse(
    run: Run,
    request: REQUEST,
    code: CODE,
    task: Annotated[
        list[int] | None,
        typer.Option(metavar="N", min=1, help="Enforcing authority: only this task; repeat."),
    ] = None,
    conditional: Annotated[
        bool, typer.Option("--conditional", help="Enforcing authority: bind the use; say how with --note.")
    ] = False,
    note: NOTE = "",
) -> Exit | None:
    """Refuse a request for good, with a coded reason; or, as the enforcing authority, all or some of it.

    Examples:
      rogatory authority refuse 0199ab --code A_NOT_NECESSARY
      rogatory authority refuse 0199ab --code E_NE_BIS_IN_IDEM --task 2 --profile enforcer
      rogatory authority refuse 0199ab --code E_FUNDAMENTAL_RIGHTS --conditional --note "Not in another case."
    """
    tasks = tuple(sorted(set(task or ())))

    async def prepare(session: Session) -> Prepared:
        wanted = await request_id(session, request)
        return await authority.prepare_refuse(
            session, wanted, code, tasks, conditional=conditional, note=note
        )

    return sign(run, prepare)
