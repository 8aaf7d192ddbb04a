# SPDX-License-Identifier: Apache-2.0
"""`request send --waiting` and `--discard`: what is signed and not sent, why, and giving one up.

Only a person's own word takes a statement out of the outbox without an answer, and its bytes are kept even then. Nothing
is signed here, and nothing can be changed: what waits is bytes.
"""

from __future__ import annotations

from typing import Final

from rogatory.client.cli.command import call
from rogatory.client.cli.exits import Exit, exit_of
from rogatory.client.cli.flushing import flush
from rogatory.client.cli.render.names import make_names
from rogatory.client.cli.render.state import discarded_tree, outbox_tree
from rogatory.client.cli.render.statement import statement_tree
from rogatory.client.cli.render.tree import Section, text_row
from rogatory.client.cli.results_outbox import DiscardedResult, OutboxResult
from rogatory.client.cli.session import Run
from rogatory.client.outbox import Waiting, discard, find
from rogatory.client.session import Session
from rogatory.protocol import errors
from rogatory.protocol.envelope import parse_envelope
from rogatory.protocol.errors import Invalid, Unavailable
from rogatory.protocol.ids import SystemClock

_MEANING: Final = Section(
    "Giving it up",
    (
        text_row("means", "it is never sent from here; the signed bytes stay in your evidence folder"),
        text_row("does not mean", "that it did not arrive: if an answer was lost, it counts all the same"),
        text_row("to be sure", "`request send --waiting` sends it again, and the exchange says which"),
    ),
)


def send_waiting(run: Run) -> Exit:
    """Try to send everything that waits, and show each statement with what became of it."""

    async def work(session: Session) -> OutboxResult:
        return await flush(run, session)

    result = call(run, work, fallback=True, flush=False)
    code = _code(result)
    run.output.outcome(run.command, code, result, outbox_tree(result, SystemClock().now_ms()))
    return code


def _code(result: OutboxResult) -> Exit:
    """Return 4 where something was refused or cannot be read, 5 where something waits still."""
    if any(item.code and not item.kept for item in result.flushed):
        return Exit.REFUSED
    if result.damaged:
        return exit_of(Invalid(errors.X_ENCODING))
    kept = any(item.kept for item in result.flushed)
    return exit_of(Unavailable(errors.X_TRANSIENT)) if kept else Exit.OK


def discard_waiting(run: Run, number: int) -> Exit | None:
    """Show one waiting statement, ask, and give it up."""

    async def work(session: Session) -> DiscardedResult:
        try:
            item = find(session.profile, number)
        except Invalid:
            run.confirm(Section("Damaged", (_MEANING,)), "Give this up?")
            return DiscardedResult(b"", "", number, 0, discard(session.profile, number).name)
        run.confirm(_picture(session, item), "Give this signed statement up?")
        folder = discard(session.profile, number)
        return DiscardedResult(item.request_id, item.kind.name, number, item.issued_at_ms, folder.name)

    result = call(run, work, online=False)
    run.output.result(run.command, result, discarded_tree(result))
    return None


def _picture(session: Session, item: Waiting) -> Section:
    names = make_names(session.profile.config.names, None)
    tree = statement_tree(parse_envelope(item.envelope).payload, names)
    return Section(tree.title, (*tree.items, _MEANING))
