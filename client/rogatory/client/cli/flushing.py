# SPDX-License-Identifier: Apache-2.0
"""What waits goes first: every command that reaches the exchange sends the outbox before it does its own work.

A signed statement is never lost and needs nobody to remember it (architecture §13). What became of it is one line on
standard error (more for what was refused) and ``outbox`` in ``--json``; it changes neither the result of the command nor its exit code, and no
trouble here stops the command. It signs nothing and asks nobody.
"""

from __future__ import annotations

from collections.abc import Iterable

from rogatory.client.cli.catalogue import sentence
from rogatory.client.cli.results_outbox import FlushedResult, OutboxResult, flushed_result
from rogatory.client.cli.session import Run
from rogatory.client.outbox import damaged, list_outbox, sweep_staging
from rogatory.client.outgoing import flush_outbox
from rogatory.client.profile import Profile
from rogatory.client.session import Session
from rogatory.protocol.errors import RogatoryError


async def flush(run: Run, session: Session) -> OutboxResult:
    """Send what waits and return what became of it.

    Raises:
        OSError: The outbox cannot be read or written.
    """
    with run.output.progress("sending what waited") as report:
        done = tuple(flushed_result(item) for item in await flush_outbox(session, progress=report))
    return OutboxResult(done, len(list_outbox(session.profile)), damaged(session.profile))


async def flush_before(run: Run, session: Session) -> None:
    """Send what waits before a command's own work, and say in one line what became of it."""
    try:
        sweep_staging(session.profile)
        if not _any(session.profile):
            return
        result = await flush(run, session)
    except (RogatoryError, OSError) as error:
        code = error.code if isinstance(error, RogatoryError) else type(error).__name__
        run.output.say(
            f"What waits in the outbox could not be sent: {code}. `request send --waiting` says more."
        )
        return
    if not result.flushed and not result.damaged:
        return  # only what a crash had left was cleared away
    run.output.outbox = result
    run.output.say(summary(result))
    for item in result.flushed:
        if item.code and not item.kept:
            # It is gone from the outbox, so this is where a person learns of it.
            words = sentence(item.code, item.rule)
            run.output.say(f"  {item.kind} of request {item.request_id.hex()}: {item.code}: {words.what}")
            run.output.say(f"  next   {words.advice}")


def summary(result: OutboxResult) -> str:
    """Return what became of the outbox in one line."""
    kept = [item for item in result.flushed if item.kept]
    refused = [item for item in result.flushed if item.code and not item.kept]
    sent = len(result.flushed) - len(kept) - len(refused)
    unsaved = sum(1 for item in result.flushed if item.index and not item.receipt_saved)
    words = [f"{sent} sent" + (f" ({unsaved} without a saved receipt)" if unsaved else "")] if sent else []
    words += [f"{len(refused)} refused: {_codes(refused)}"] if refused else []
    words += [f"{len(kept)} kept: {_codes(kept)}"] if kept else []
    words += [f"{len(result.damaged)} damaged"] if result.damaged else []
    more = " `request send --waiting` says more." if kept or result.damaged else ""
    return f"Waiting statements: {', '.join(words)}.{more}"


def _codes(items: Iterable[FlushedResult]) -> str:
    return ", ".join(sorted({item.code for item in items}))


def _any(profile: Profile) -> bool:
    """Whether there is anything to do, what a crash has left included."""
    root = profile.folder("outbox")
    return root.exists() and any(root.iterdir())
