# SPDX-License-Identifier: Apache-2.0
"""`carry` and `receive FILE --offline`: a request and its answer as files while the exchange is down; `request deposit`.

Only in an emergency and only where the regime allows it. Everything is checked before anything is shown; the code is read over
the telephone, at the number of the directory and never at one that came with the file. What was signed goes into the log
by itself.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer

from rogatory.client import agency
from rogatory.client.carry_check import check_carried, extract, take_in
from rogatory.client.carrying import Carrying, prepare_answer, prepare_carry, write_carry
from rogatory.client.cli import provider_commands
from rogatory.client.cli.answer_commands import REQUEST
from rogatory.client.cli.command import call, command
from rogatory.client.cli.exits import Exit
from rogatory.client.cli.references import request_id
from rogatory.client.cli.render.carry import carried_tree, deposits_tree, taken_tree
from rogatory.client.cli.request_commands import app
from rogatory.client.cli.results_carry import (
    CarriedResult,
    TakenResult,
    carried_result,
    deposits_result,
    taken_result,
)
from rogatory.client.cli.session import Run, UsageError, check_named
from rogatory.client.cli.signing import picture, session_names, word_for
from rogatory.client.deposits import Deposit, deposits
from rogatory.client.session import Session
from rogatory.protocol.ids import SystemClock

OUTPUT = Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The carry file to write.")]
FILE = Annotated[Path, typer.Argument(metavar="FILE", help="A carry file.")]


@command(app, "carry", prefix="request", signs=True)
def carry(run: Run, request: REQUEST, output: OUTPUT) -> Exit | None:
    """Write a request as one sealed file for its provider, because the exchange is down and it cannot wait.

    Only an emergency, and only where the regime allows it. Signs that you handed it over; that and the request go into the
    log by themselves later, and both sides must deposit in time. The provider calls you and reads the code back.

    Examples:
      rogatory request carry 0199ab -o order.carry
    """
    _carry(run, request, output, prepare_carry)
    return None


@command(provider_commands.app, "carry", prefix="provider", signs=True)
def carry_answer(run: Run, request: REQUEST, output: OUTPUT) -> Exit | None:
    """Write your answer to a carried request as one sealed file for the agency: statements, and disclosures as sealed.

    Examples:
      rogatory provider carry 0199ab -o answer.carry
    """
    _carry(run, request, output, prepare_answer)
    return None


def _carry(
    run: Run, request: str, output: Path, prepare: Callable[[Session, bytes], Awaitable[Carrying]]
) -> None:
    if os.path.lexists(output):
        raise UsageError("There is such a file already; carry files are not overwritten.", "--output", "NEW")

    async def work(session: Session) -> CarriedResult:
        made = await prepare(session, await request_id(session, request))
        run.confirm(
            picture(made.prepared, session_names(session)),
            "Sign that you hand this over as a file?",
            word=word_for(made.prepared),
        )
        return carried_result(write_carry(session, made, output))

    result = call(run, work, secrets=True, fallback=True)
    run.output.result(run.command, result, carried_tree(result))


@command(app, "receive", prefix="request")
def receive(
    run: Run,
    file: FILE,
    offline: Annotated[
        bool, typer.Option("--offline", help="Do not even try to reach the exchange.")
    ] = False,
) -> Exit | None:
    """Take in a provider's answer from a carry file: check all of it, open it, check that it holds no more than granted.

    Then `request acknowledge` as ever. What lies outside the grant is set aside unopened.

    Examples:
      rogatory request receive answer.carry --offline
    """
    check_named(file, "FILE")

    async def work(session: Session) -> TakenResult:
        taken = await check_carried(session, file)
        extract(session, file, taken)
        take_in(session, taken)
        with run.output.progress("opening") as report:
            found = await agency.open_carried(session, taken.view, progress=report)
        folders = tuple(str(item.directory) for item in found)
        return taken_result(session, taken, (), folders)

    result = call(run, work, secrets=True, online=not offline, fallback=True)
    run.output.result(run.command, result, taken_tree(result))
    return None


@command(app, "deposit", prefix="request")
def deposit(
    run: Run,
    request: Annotated[
        str, typer.Argument(metavar="[REQUEST]", help="All that were carried without one.")
    ] = "",
) -> Exit | None:
    """Deposit what was carried, and show where each statement of it is: in the log, waiting, refused, or owed by the others.

    Ends with 4 if something was refused, 6 if the term is over and something is missing, 5 if something waits still.

    Examples:
      rogatory request deposit
    """

    async def work(session: Session) -> tuple[Deposit, ...]:
        wanted = await request_id(session, request) if request else None
        return await deposits(session, wanted)

    found = deposits_result(call(run, work, fallback=True))
    places = {row.place for item in found.requests for row in item.statements}
    code = Exit.OK
    if "REFUSED" in places:
        code = Exit.REFUSED
    elif any(item.overdue for item in found.requests):
        code = Exit.TOO_LATE
    elif places - {"LOGGED"}:
        code = Exit.NETWORK
    run.output.outcome(run.command, code, found, deposits_tree(found, SystemClock().now_ms()))
    return code
