# SPDX-License-Identifier: Apache-2.0
"""`authority exhibit` and `provider exhibit`: hold a file that was handed over against what the request seals about it.

The investigator took an identifier from a place in a file; its digest and that place travel sealed. Whoever got the file another
way sees here whether it is that file and has that identifier there. The file is read on this machine and sent nowhere; who
made it, and whether it is true, is not known.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer

from rogatory.client import authority, provider
from rogatory.client.cli import authority_commands, provider_commands
from rogatory.client.cli.answer_commands import REQUEST
from rogatory.client.cli.catalogue import sentence
from rogatory.client.cli.command import call, command
from rogatory.client.cli.exits import Exit
from rogatory.client.cli.references import request_id
from rogatory.client.cli.render.tree import Section, bytes_row, text_row
from rogatory.client.cli.results_desk import ExhibitResult
from rogatory.client.cli.session import Run, check_named
from rogatory.client.composing import Opened
from rogatory.client.exhibits import check_exhibit
from rogatory.client.requests import require_matched
from rogatory.client.session import Session
from rogatory.protocol.errors import RogatoryError
from rogatory.protocol.header import require

FILE = Annotated[Path, typer.Argument(metavar="EXHIBIT", help="The file, as it was handed over.")]
TASK = Annotated[int, typer.Option(metavar="N", min=1, help="Whose identifier it is.")]
Show = Callable[[Session, bytes], Awaitable[Opened]]


@command(authority_commands.app, "exhibit", prefix="authority")
def of_authority(run: Run, request: REQUEST, file: FILE, task: TASK = 1) -> Exit | None:
    """Check that an identifier stands where the request says, in the file that it says. Ends with 7 if not.

    The request seals the file's SHA-256 and a place in it (a line, a field, a header). Nothing of the file is sent.

    Examples:
      rogatory authority exhibit 0199ab access.log --task 1
    """
    return _checked(run, authority.show, request, file, task)


@command(provider_commands.app, "exhibit", prefix="provider")
def of_provider(run: Run, request: REQUEST, file: FILE, task: TASK = 1) -> Exit | None:
    """Check that an identifier stands where the request says, in the file that it says. Ends with 7 if not.

    The request seals the file's SHA-256 and a place in it (a line, a field, a header). Nothing of the file is sent.

    Examples:
      rogatory provider exhibit 0199ab mail.eml --task 2
    """
    return _checked(run, provider.show, request, file, task)


def _checked(run: Run, show: Show, request: str, file: Path, task: int) -> Exit:
    check_named(file, "EXHIBIT")

    async def work(session: Session) -> ExhibitResult:
        opened = await show(session, await request_id(session, request))
        particulars, view = opened.particulars.get(task), opened.view
        require(particulars is not None and view is not None, "--task", "TASK_EXISTS")
        if particulars is None or view is None:
            raise AssertionError  # just demanded
        require_matched(opened, view.state, [task])
        exhibit = particulars.exhibit
        sha256, locator = (exhibit.sha256, exhibit.locator) if exhibit is not None else (b"", "")
        try:
            check_exhibit(particulars, file)
        except RogatoryError as error:
            return ExhibitResult(view.request_id, task, sha256, locator, False, error.code, error.rule)
        return ExhibitResult(view.request_id, task, sha256, locator, True, "", "")

    result = call(run, work, secrets=True)
    code = Exit.OK if result.agrees else Exit.NOT_VERIFIED
    run.output.outcome(run.command, code, result, _tree(result))
    return code


def _tree(result: ExhibitResult) -> Section:
    title = (
        "The exhibit agrees with the request"
        if result.agrees
        else "The exhibit DOES NOT AGREE with the request"
    )
    why = (
        ()
        if result.agrees
        else (text_row(result.code, sentence(result.code, result.rule).what, result.rule),)
    )
    return Section(
        title,
        (
            bytes_row("request", result.request_id),
            text_row("task", str(result.task)),
            bytes_row("SHA-256 in the request", result.sha256),
            text_row("place in the request", result.locator or "none: it was typed", strict=True),
            *why,
        ),
    )
