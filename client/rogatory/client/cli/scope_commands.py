# SPDX-License-Identifier: Apache-2.0
"""A smaller or larger scope on the command line: the provider proposes, the agency amends.

Both show what would change against what is granted now, before anything is signed. A widening waits for the authority, which
is not asked here.
"""

from __future__ import annotations

from typing import Annotated

import typer

from rogatory.client import rescoping
from rogatory.client.cli.answer_commands import NOTE, REQUEST
from rogatory.client.cli.command import command
from rogatory.client.cli.exits import Exit
from rogatory.client.cli.provider_commands import app as provider_app
from rogatory.client.cli.question_commands import ABOUT, signed
from rogatory.client.cli.request_commands import app as request_app
from rogatory.client.cli.scope_options import DROP_ELEMENT, DROP_TASK, SINCE, UNTIL, narrowing_of
from rogatory.client.cli.session import Run, UsageError


@command(provider_app, "propose", prefix="provider", signs=True)
def propose(
    run: Run,
    request: REQUEST,
    drop_task: DROP_TASK = None,
    drop_element: DROP_ELEMENT = None,
    since: SINCE = None,
    until: UNTIL = None,
    note: NOTE = "",
) -> Exit | None:
    """Propose a smaller scope. It changes nothing until the agency takes it up.

    Examples:
      rogatory provider propose 0199ab --drop-element 1:message_header --note "Nothing else is stored."
    """
    cut = narrowing_of(drop_task, drop_element, since, until)
    return signed(run, request, lambda s, r: rescoping.prepare_propose(s, r, cut, note=note))


@command(request_app, "amend", prefix="request", signs=True)
def amend(
    run: Run,
    request: REQUEST,
    accept: Annotated[bool, typer.Option("--accept", help="Take up the provider's proposal.")] = False,
    proposal: Annotated[
        str, typer.Option(metavar="HEX", help="With --accept: which one, if there are several.")
    ] = "",
    objection: ABOUT = "",
    from_issue: Annotated[
        bool,
        typer.Option("--from-issue", help="Begin with all that was issued, not with what is granted now."),
    ] = False,
    drop_task: DROP_TASK = None,
    drop_element: DROP_ELEMENT = None,
    since: SINCE = None,
    until: UNTIL = None,
    note: NOTE = "",
) -> Exit | None:
    """Change the scope: smaller at once; larger, within what was issued, once the authority has said yes.

    Shows what changes. A smaller scope can answer a question or an objection, which ends with it. Another identifier is another request, and what has its answer keeps its scope.

    Examples:
      rogatory request amend 0199ab --accept
      rogatory request amend 0199ab --drop-task 2 --until 1:2026-11-05
      rogatory request amend 0199ab --from-issue --drop-element message_header
    """
    cut = narrowing_of(drop_task, drop_element, since, until)
    if accept and (from_issue or cut.named or objection):
        raise UsageError(
            "A proposal is taken up as it stands, or another scope is stated.", "--accept", "ONE_OF"
        )
    if proposal and not accept:
        raise UsageError("--proposal goes with --accept.", "--proposal", "ONE_OF")
    if accept:
        return signed(run, request, lambda s, r: rescoping.prepare_accept(s, r, proposal, note=note))
    return signed(
        run,
        request,
        lambda s, r: rescoping.prepare_amend(
            s, r, cut, from_issue=from_issue, objection=objection, note=note
        ),
    )
