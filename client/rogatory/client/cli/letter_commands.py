# SPDX-License-Identifier: Apache-2.0
"""`request letter` and `request receive-outside`: a provider that is not on the exchange.

What goes out and what comes in is recorded by a signed `transmit_outside` each, which the command writes by itself. Nothing is sent to
the provider from here; a person takes the letter there.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Annotated

import typer

from rogatory.client import afterwards
from rogatory.client.cli.answer_commands import REQUEST
from rogatory.client.cli.command import call, command
from rogatory.client.cli.exits import Exit
from rogatory.client.cli.letters import letter_page
from rogatory.client.cli.plans import FILE_FORMAT, plan_of
from rogatory.client.cli.references import request_id
from rogatory.client.cli.render.tree import Section, bytes_row, list_row, text_row
from rogatory.client.cli.request_commands import app
from rogatory.client.cli.results_outside import LetterResult, OutsideResult, outside_result
from rogatory.client.cli.scope_options import moment_of
from rogatory.client.cli.session import Run, UsageError
from rogatory.client.cli.signing import ask_and_send
from rogatory.client.outside import make_letter, take_outside, verify_order
from rogatory.client.private_files import write_private
from rogatory.client.session import Session
from rogatory.protocol import errors
from rogatory.protocol.errors import NotVerified


@command(app, "letter", prefix="request", signs=True)
def letter(
    run: Run,
    request: REQUEST,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The page to write (HTML).")],
) -> Exit | None:
    """Write an order as a page to be printed, for a provider that is not on the exchange, and record that it goes.

    The page carries the signed order, a code, and the numbers of the directory to call back. Anybody who has the file checks it with
    `rogatory verify FILE --letter`. It holds identifiers in clear: give it to the provider only.

    Examples:
      rogatory request new --to "external:Example Hosting (invented)" ...
      rogatory request letter 0199ab -o order.html
    """
    if os.path.lexists(output):
        raise UsageError("There is such a file already; letters are not overwritten.", "--output", "NEW")

    async def work(session: Session) -> LetterResult:
        wanted = await request_id(session, request)
        _view, bundle = await make_letter(session, wanted)
        _verdict, found = verify_order(bundle, session.profile.config.realm)
        if found is None:
            raise NotVerified(errors.X_ENCODING, "letter", "LETTER.ORDER")
        data = letter_page(found, bundle)
        file = afterwards.OutsideFile(len(data), hashlib.sha256(data).digest())
        prepared = await afterwards.prepare_outside(session, wanted, session.clock.now_ms(), file)
        sent = await ask_and_send(run, session, prepared)
        write_private(output, data)
        return LetterResult(wanted, str(output), len(data), found.code, sent)

    result = call(run, work, secrets=True)
    run.output.result(
        run.command,
        result,
        Section(
            "Letter",
            (
                bytes_row("request", result.request_id),
                text_row("file", result.file),
                text_row("code", result.code, "stands on the page; who calls back reads it"),
            ),
        ),
    )
    return None


@command(app, "receive-outside", prefix="request", signs=True)
def receive_outside(
    run: Run,
    request: REQUEST,
    plan: Annotated[
        str, typer.Option(metavar="-|FILE", help="Items as JSON, as in `provider disclose`.")
    ] = "",
    file: Annotated[Path | None, typer.Option(metavar="PATH", help="One file that came.")] = None,
    task: Annotated[int, typer.Option(metavar="N", help="Task that it answers.")] = 0,
    element: Annotated[str, typer.Option(metavar="ELEMENT", help="Data element that it holds.")] = "",
    file_format: FILE_FORMAT = "OPAQUE",
    since: Annotated[str, typer.Option(metavar="TIME", help="Span of a file that has no rows.")] = "",
    until: Annotated[str, typer.Option(metavar="TIME", help="End of that span, included.")] = "",
    at: Annotated[str, typer.Option(metavar="TIME", help="When it came, with an offset; else now.")] = "",
) -> Exit | None:
    """Take in the answer of a provider that is not on the exchange: hold it against the grant, keep it, record it.

    Files with something outside the grant are set aside unread. The record names length and digest of all files; a bundle of the
    request holds the files and proves them against it.

    Examples:
      rogatory request receive-outside 0199ab --file answer.log --task 1 --element access_session --format RADIUS_DETAIL
      rogatory request receive-outside 0199ab --plan plan.json
    """
    planned = plan_of(
        run, plan, file, task, element, file_format, "application/octet-stream", since, until, ""
    )

    async def work(session: Session) -> OutsideResult:
        came = moment_of(at, "--at") if at else session.clock.now_ms()
        found = await take_outside(session, await request_id(session, request), planned, came)
        return outside_result(found, await ask_and_send(run, session, found.prepared))

    result = call(run, work, secrets=True)
    tree = Section(
        "Came another way, checked and kept",
        (
            bytes_row("request", result.request_id),
            text_row("scope report", result.scope_report),
            text_row("rows outside the grant", str(result.excess)),
            list_row("files", result.files),
            list_row("set aside, unread", result.quarantined),
            bytes_row("signed digest", result.digest),
        ),
    )
    run.output.result(run.command, result, tree)
    return None
