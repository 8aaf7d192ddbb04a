# SPDX-License-Identifier: Apache-2.0
"""`rogatory audit`, second half: copy the log, and check all of it without asking its operator.

`mirror`, `list` and `prove` talk to the exchange; `verify` needs the copy only. What is verified and how is the SDK's
matter; here its verdict becomes words and an exit code.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Final

import typer

from rogatory.client import log_reader
from rogatory.client.cli.audit_commands import app
from rogatory.client.cli.command import call, command
from rogatory.client.cli.exits import Exit
from rogatory.client.cli.render.audit import entries_tree, log_verdict_tree, mirror_tree
from rogatory.client.cli.render.tree import Section, text_row
from rogatory.client.cli.results_log import (
    EntriesResult,
    MirrorResult,
    ProofResult,
    entries_result,
    log_verdict_result,
)
from rogatory.client.cli.session import Run, UsageError
from rogatory.client.cli.signing import session_names
from rogatory.client.cli.verdicts import ROOT, judge
from rogatory.client.log_check import verify_mirror
from rogatory.client.session import Session

LAST: Final = 10**15  # no log has more entries


@command(app, "mirror", prefix="audit")
def mirror(
    run: Run, folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the copy goes.")]
) -> Exit | None:
    """Copy the log with everything you may open into a folder; only what is new is fetched.

    Examples:
      rogatory audit mirror ./copy --profile inspector
    """

    async def work(session: Session) -> MirrorResult:
        with run.output.progress("copying the log", entries=True) as report:
            made = await log_reader.mirror(session, folder, progress=report)
        return MirrorResult(str(folder), made.size, made.root, made.opened)

    found = call(run, work)
    run.output.result(run.command, found, mirror_tree(found))
    return None


@command(app, "verify", prefix="audit")
def verify(
    run: Run,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A copy made by `audit mirror`.")],
    root: ROOT = "",
) -> Exit | None:
    """Check a copy of the log without a network: tree, checkpoint, every opening, every slot computed again.

    Ends with 0 VERIFIED, 8 CONSISTENT BUT NOT ANCHORED (no --root and no profile), 7 FAILED.

    Examples:
      rogatory audit verify ./copy --root 3f9c...
    """
    if not folder.is_dir():
        raise UsageError("There is no such folder.", "DIR", "FOLDER")
    return judge(
        run,
        root,
        lambda pinned, report: log_verdict_result(verify_mirror(folder, pinned, progress=report)),
        log_verdict_tree,
        entries=True,
    )


@command(app, "list", prefix="audit")
def list_entries(
    run: Run,
    start: Annotated[int, typer.Option("--from", metavar="INDEX", min=0, max=LAST, help="First entry.")] = 0,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=100_000, help="How many.")] = 100,
) -> Exit | None:
    """List log entries with what you may open of them. The look itself is logged.

    Examples:
      rogatory audit list --from 40 --limit 20
    """

    async def work(session: Session) -> tuple[EntriesResult, Section]:
        rows = await log_reader.list_entries(session, start, limit)
        result = entries_result(rows)
        return result, entries_tree(result, session_names(session))

    result, tree = call(run, work)
    run.output.result(run.command, result, tree)
    return None


@command(app, "prove", prefix="audit")
def prove(
    run: Run,
    index: Annotated[int, typer.Argument(metavar="INDEX", min=0, max=LAST, help="Which entry.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Else it is shown.")
    ] = None,
) -> Exit | None:
    """Fetch the proof that an entry is in the log, verify it, and write it as a C2SP tlog-proof.

    Examples:
      rogatory audit prove 42 -o entry-42.tlog-proof
    """
    if output is not None and os.path.lexists(output):
        raise UsageError("There is such a file already; proofs are not overwritten.", "--output", "NEW")

    async def work(session: Session) -> bytes:
        return await log_reader.prove(session, index)

    proof = call(run, work)
    if output is not None:
        with output.open("xb") as stream:
            stream.write(proof)
    result = ProofResult(index, proof.decode(), str(output) if output is not None else "")
    if output is None and not run.output.json:
        for line in result.proof.splitlines():
            run.output.line(line)
        return None
    tree = Section("Proof verified", (text_row("log entry", str(index)), text_row("file", result.file)))
    run.output.result(run.command, result, tree)
    return None
