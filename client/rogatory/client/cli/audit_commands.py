# SPDX-License-Identifier: Apache-2.0
"""`rogatory audit`, what needs no copy of the log: the published checkpoint. Copies and proofs are in `log_commands`.

What is verified and how is the SDK's matter; here it becomes words.
"""

from __future__ import annotations

from rogatory.client.cli.command import call, command, group
from rogatory.client.cli.exits import Exit
from rogatory.client.cli.render.state import checkpoint_tree
from rogatory.client.cli.results import CheckpointResult
from rogatory.client.cli.session import Run
from rogatory.client.session import Session

app = group("audit", "Check the log on your own machine.")


@command(app, "checkpoint", prefix="audit")
def checkpoint(run: Run) -> Exit | None:
    """Fetch the published checkpoint, verify it, and hold every earlier head that you know against it.

    Examples:
      rogatory audit checkpoint
    """

    async def work(session: Session) -> CheckpointResult:
        report = await session.exchange.sync()
        head = report.checkpoint
        return CheckpointResult(
            session.directory.root.log_origin, head.size, head.root, report.heads_checked, head.note.decode()
        )

    found = call(run, work)
    run.output.result(run.command, found, checkpoint_tree(found))
    return None
