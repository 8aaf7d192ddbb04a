# SPDX-License-Identifier: Apache-2.0
"""`rogatory request second`: a colleague approves one exact signed statement before it is sent.

What the colleague has signed is shown as a tree from the very bytes of the file, above the approval. Nothing of the
colleague's is sent from here; that stays with the outbox that keeps it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rogatory.client.cli.answer_commands import NOTE
from rogatory.client.cli.command import call, command
from rogatory.client.cli.exits import Exit
from rogatory.client.cli.render.state import sent_tree
from rogatory.client.cli.render.statement import statement_tree
from rogatory.client.cli.render.tree import Section
from rogatory.client.cli.request_commands import app
from rogatory.client.cli.results import SentResult
from rogatory.client.cli.session import Run, read_file
from rogatory.client.cli.signing import ask_and_send, session_names
from rogatory.client.seconding import prepare_second
from rogatory.client.session import Session


@command(app, "second", prefix="request", signs=True)
def second(
    run: Run,
    file: Annotated[
        Path, typer.Argument(metavar="ENVELOPE", help="Signed bytes out of a colleague's outbox.")
    ],
    note: NOTE = "",
) -> Exit | None:
    """Approve one exact statement of a colleague, where the regime wants two persons. Shows it in full first.

    Examples:
      rogatory request second envelope.bin --profile second-compliance
    """
    envelope = read_file(file, "ENVELOPE")

    async def work(session: Session) -> SentResult:
        made = await prepare_second(session, envelope, note=note)
        theirs = statement_tree(made.payload, session_names(session))
        shown = Section(f"What your colleague has signed: {theirs.title}", theirs.items)
        return await ask_and_send(run, session, made.prepared, (shown,))

    result = call(run, work, secrets=True)
    run.output.result(run.command, result, sent_tree(result))
    return None
