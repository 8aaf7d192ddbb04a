# SPDX-License-Identifier: Apache-2.0
"""`rogatory provider`: what a provider does: see what came, verify it, freeze, answer, refuse.

A person releases what leaves (architecture §14): `connect`, which runs unattended, signs `delivered` and nothing else.
Nothing of a task that was not granted ever gets here.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from rogatory.client import provider
from rogatory.client.cli.answer_commands import NOTE, REQUEST
from rogatory.client.cli.carrying_in import receive_offline
from rogatory.client.cli.command import call, command, group
from rogatory.client.cli.draft_input import number_of
from rogatory.client.cli.exits import Exit
from rogatory.client.cli.opened import show_opened
from rogatory.client.cli.pages import HTML
from rogatory.client.cli.people import people_of
from rogatory.client.cli.plans import FILE_FORMAT, plan_of
from rogatory.client.cli.references import request_id
from rogatory.client.cli.render.answer import items_tree, plan_tree
from rogatory.client.cli.render.state import list_tree, sent_tree
from rogatory.client.cli.render.tree import Section, bytes_row, text_row
from rogatory.client.cli.results import SentResult, list_result
from rogatory.client.cli.results_answer import ConnectResult, plan_result
from rogatory.client.cli.session import Run, UsageError
from rogatory.client.cli.signing import ask_and_send, sign
from rogatory.client.composing import Prepared
from rogatory.client.disclosing import (
    DisclosurePlan,
    PlanReport,
    check_plan,
    prepare_disclose,
)
from rogatory.client.session import Session
from rogatory.protocol import errors
from rogatory.protocol.content import OPAQUE
from rogatory.protocol.errors import Refused
from rogatory.protocol.ids import SystemClock

app = group("provider", "Take in requests, freeze, answer, refuse.")


@command(app, "inbox", prefix="provider")
def inbox(run: Run) -> Exit | None:
    """List the requests that were transmitted to you, what is due first.

    Examples:
      rogatory provider inbox
    """
    people = people_of(run)
    found = list_result(call(run, provider.inbox), people.own, people.pages)
    run.output.result(run.command, found, list_tree("Requests to you", found, SystemClock().now_ms(), people))
    return None


@command(app, "show", prefix="provider")
def show(run: Run, request: REQUEST, html: HTML = None) -> Exit | None:
    """Verify the chain of signatures, open the granted tasks, check them. Ends with 7 if something differs.

    Examples:
      rogatory provider show 0199ab
    """
    return show_opened(run, provider.show, request, html)


@command(app, "connect", prefix="provider")
def connect(
    run: Run,
    once: Annotated[bool, typer.Option("--once", help="Deliver what has come, then end.")] = False,
) -> Exit | None:
    """Run as your service: verify what arrives and sign `delivered`, which starts the clocks. Signs nothing else.

    Examples:
      rogatory provider connect --profile provider-service --passphrase-file pass.txt
    """
    delivered: list[bytes] = []

    async def work(session: Session) -> None:
        async for sent in provider.serve(session, once=once):
            if sent.queued:
                run.output.say(
                    f"signed, NOT sent: delivered, request {sent.request_id.hex()}; it goes by itself"
                )
                continue
            delivered.append(sent.request_id)
            run.output.say(f"delivered: request {sent.request_id.hex()}, log entry {sent.index}")

    with contextlib.suppress(KeyboardInterrupt):  # how a person ends what has no end
        call(run, work, secrets=True)
    result = ConnectResult(tuple(delivered))
    tree = Section("Delivered", tuple(bytes_row("request", item) for item in delivered))
    run.output.result(
        run.command, result, tree if delivered else Section("Delivered", (text_row("requests", "none"),))
    )
    return None


@command(app, "receive", prefix="provider", signs=True)
def receive(
    run: Run,
    request: Annotated[
        str,
        typer.Argument(
            metavar="REQUEST|FILE", help="Id of the request, or six digits of it; or a carry file."
        ),
    ],
    offline: Annotated[
        bool, typer.Option("--offline", help="A carry file is named; the exchange is not asked.")
    ] = False,
) -> Exit | None:
    """Sign that a person has read the request and that every check holds.

    With --offline a request that came as a file, because the exchange is down: all of it is checked here, you call the
    agency at the number of the directory, both compare the code, and what you sign waits until the exchange is back.

    Examples:
      rogatory provider receive 0199ab
      rogatory provider receive order.carry --offline
    """
    if offline:
        receive_offline(run, Path(request))
        return None

    async def prepare(session: Session) -> Prepared:
        return await provider.prepare_receive(session, await request_id(session, request))

    return sign(run, prepare)


@command(app, "preserve", prefix="provider", signs=True)
def preserve(
    run: Run,
    request: REQUEST,
    outcome: Annotated[list[str] | None, typer.Option(metavar="N=OUTCOME", help="Else PRESERVED.")] = None,
    note: NOTE = "",
) -> Exit | None:
    """Sign that the data are frozen, until the day that the law gives; the day is computed, not typed.

    Examples:
      rogatory provider preserve 0199ab
      rogatory provider preserve 0199ab --outcome 2=NO_RECORD
    """
    outcomes = _outcomes(outcome or ())

    async def prepare(session: Session) -> Prepared:
        return await provider.prepare_preserve(
            session, await request_id(session, request), outcomes, note=note
        )

    return sign(run, prepare, offline=True)


@command(app, "disclose", prefix="provider", signs=True)
def disclose(
    run: Run,
    request: REQUEST,
    plan: Annotated[str, typer.Option(metavar="-|FILE", help="Items and outcomes as JSON.")] = "",
    file: Annotated[Path | None, typer.Option(metavar="PATH", help="One file to disclose.")] = None,
    task: Annotated[int, typer.Option(metavar="N", help="Task that it answers.")] = 0,
    element: Annotated[str, typer.Option(metavar="ELEMENT", help="Data element that it holds.")] = "",
    file_format: FILE_FORMAT = OPAQUE,
    media_type: Annotated[str, typer.Option(metavar="TYPE")] = "application/octet-stream",
    since: Annotated[str, typer.Option(metavar="TIME", help="Span of a file that has no rows.")] = "",
    until: Annotated[str, typer.Option(metavar="TIME", help="End of that span, included.")] = "",
    outcome: Annotated[list[str] | None, typer.Option(metavar="N=OUTCOME", help="Repeat.")] = None,
    words: Annotated[str, typer.Option(metavar="TEXT", help="Words for the agency (sealed).")] = "",
    check: Annotated[
        bool, typer.Option("--check", help="Only check the scope; seal and send nothing.")
    ] = False,
) -> Exit | None:
    """Check that the files hold nothing outside the grant, seal them to the asking unit, send them, sign the manifest.

    One row outside the granted task, element or window blocks the release; the rows are listed. Goes on where it stopped.

    Examples:
      rogatory provider disclose 0199ab --file detail.log --task 1 --element access_session --format RADIUS_DETAIL
      rogatory provider disclose 0199ab --plan plan.json --outcome 3=NO_RECORD
      rogatory provider disclose 0199ab --plan plan.json --check
    """
    planned = plan_of(run, plan, file, task, element, file_format, media_type, since, until, words)
    outcomes = {**planned.outcomes, **_outcomes(outcome or ())}
    planned = DisclosurePlan(planned.items, outcomes, words or planned.words)
    if check:
        return _check(run, request, planned)

    async def work(session: Session) -> SentResult:
        wanted = await request_id(session, request)
        try:
            with run.output.progress("checking and sealing") as report:
                prepared = await prepare_disclose(session, wanted, planned, progress=report)
        except Refused as error:
            if error.code != errors.X_OUT_OF_SCOPE:
                raise
            run.output.show(plan_tree(plan_result(await check_plan(session, wanted, planned))))
            raise
        return await ask_and_send(run, session, prepared, (items_tree(planned),))

    result = call(run, work, secrets=True, fallback=True)
    run.output.result(run.command, result, sent_tree(result))
    return None


@command(app, "refuse", prefix="provider", signs=True)
def refuse(
    run: Run,
    request: REQUEST,
    code: Annotated[str, typer.Option(metavar="CODE", help="Reason, such as P_NOT_STORED_AT_RECEIPT.")],
    task: Annotated[list[int] | None, typer.Option(metavar="N", help="Only this task; repeat.")] = None,
    note: NOTE = "",
) -> Exit | None:
    """Refuse a request or some of its tasks, with a coded reason that the regime lists.

    Examples:
      rogatory provider refuse 0199ab --code P_IMMUNITY_OR_PRESS
      rogatory provider refuse 0199ab --code P_NOT_STORED_AT_RECEIPT --task 2
    """

    async def prepare(session: Session) -> Prepared:
        tasks = tuple(sorted(set(task or ())))
        return await provider.prepare_refuse(
            session, await request_id(session, request), code, tasks, note=note
        )

    return sign(run, prepare, offline=True)


def _check(run: Run, request: str, planned: DisclosurePlan) -> Exit:
    async def work(session: Session) -> PlanReport:
        return await check_plan(session, await request_id(session, request), planned)

    result = plan_result(call(run, work, secrets=True, fallback=True))
    code = Exit.REFUSED if result.excess or result.reasons else Exit.OK
    run.output.outcome(run.command, code, result, plan_tree(result))
    return code


def _outcomes(texts: Sequence[str]) -> dict[int, str]:
    outcomes: dict[int, str] = {}
    for text in texts:
        number, equals, value = text.partition("=")
        task = number_of(number, "--outcome") if equals and value else 0
        if task < 1 or task in outcomes:
            raise UsageError(
                "An outcome is N=OUTCOME, each task once, such as 2=NO_RECORD.", "--outcome", "FORM"
            )
        outcomes[task] = value
    return outcomes
