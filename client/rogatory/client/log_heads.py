# SPDX-License-Identifier: Apache-2.0
"""One log, one history: each head that the client ever verified is held against the newest published checkpoint.

A receipt's head is the log's word at the moment of a commit; only a consistency proof from it to a published checkpoint
shows that the log did not keep two books (architecture §4.4, §8). A checkpoint that is older than, or other than, what
was seen before is kept as evidence and refused. Witnesses' cosignatures are not looked at here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final, NoReturn

from rogatory.audit import merkle
from rogatory.audit.errors import AuditError
from rogatory.client.trusted_state import KnownHead, TrustedState
from rogatory.protocol import errors
from rogatory.protocol.errors import NotVerified
from rogatory.protocol.receipt import LogHead, LogIdentity, verify_head
from rogatory.protocol.wire import GetCheckpointResponse

FetchCheckpoint = Callable[[int], Awaitable[GetCheckpointResponse]]
"""Returns the published checkpoint with the consistency proof from a size."""

# An older head that comes up again is simply held against a checkpoint again.
MAX_HISTORY: Final = 512
# The exchange publishes about every second; what is not published ten minutes later is kept from this reader.
PATIENCE_MS: Final = 600_000


async def check_heads(
    state: TrustedState, log: LogIdentity, fetch: FetchCheckpoint, now_ms: int
) -> tuple[LogHead, int]:
    """Fetch the published checkpoint and hold every head of the state against it.

    Args:
        state: Gets the checkpoint, and the heads that were checked.
        log: The log's identity.
        fetch: Asks the exchange.
        now_ms: Now, to notice a checkpoint that stands still while the log's own heads went on.

    Returns:
        The newest published checkpoint, and how many heads were checked against one.

    Raises:
        NotVerified: ``X_LOG_INVALID`` with rule ``LOG.ROLLBACK``, ``LOG.FORK``, ``LOG.CONSISTENCY`` or ``LOG.STALE``; what
            proves it is in the profile's evidence folder.
    """
    trusted = state.trusted
    anchor = trusted.checkpoint
    newest = await _against(state, log, fetch, anchor)
    if anchor is not None and newest.size < anchor.size:
        _refuse(state, "rollback", "LOG.ROLLBACK", anchor, newest.note)
    checked: list[KnownHead] = []
    for head in trusted.unchecked:
        if head.size > newest.size:
            continue
        later = await _against(state, log, fetch, head)
        if later.size < newest.size:
            _refuse(state, "rollback", "LOG.ROLLBACK", KnownHead(newest.size, newest.root), later.note)
        checked.append(head)
    state.keep_note(newest)
    done = {head.size for head in checked}
    history = (*trusted.history, *checked)[-MAX_HISTORY:]
    highest = max(
        (item for item in (trusted.highest, KnownHead(newest.size, newest.root)) if item is not None),
        key=lambda item: item.size,
    )
    state.update(
        replace(
            state.trusted,
            checkpoint=KnownHead(newest.size, newest.root),
            highest=highest,
            unchecked=tuple(head for head in state.trusted.unchecked if head.size not in done),
            history=history,
        )
    )
    _await(state, newest, now_ms)
    return newest, len(checked)


def _await(state: TrustedState, newest: LogHead, now_ms: int) -> None:
    """Remember the largest head that is not published yet, and give it a term: receipts are released before, not instead."""
    trusted = state.trusted
    if trusted.awaited is not None and trusted.awaited.size > newest.size:
        if now_ms - trusted.awaited_ms > PATIENCE_MS:
            _refuse(state, "stale", "LOG.STALE", trusted.awaited, newest.note)
        return
    ahead = [head for head in trusted.unchecked if head.size > newest.size]
    if ahead or trusted.awaited is not None:
        state.update(
            replace(trusted, awaited=ahead[-1] if ahead else None, awaited_ms=now_ms if ahead else 0)
        )


async def _against(
    state: TrustedState, log: LogIdentity, fetch: FetchCheckpoint, old: KnownHead | None
) -> LogHead:
    """Return the published checkpoint, proven to be a continuation of ``old`` where it is not smaller."""
    answer = await fetch(old.size if old is not None else 0)
    head = verify_head(answer.checkpoint, log)
    if old is None or old.size == 0 or head.size < old.size:
        return head
    if head.size == old.size:
        if head.root != old.root:
            _refuse(state, "fork", "LOG.FORK", old, head.note)
        return head
    try:
        merkle.verify_consistency(old.size, head.size, old.root, head.root, answer.consistency)
    except AuditError:
        _refuse(state, "fork", "LOG.CONSISTENCY", old, head.note, *answer.consistency)
    return head


def _refuse(state: TrustedState, kind: str, rule: str, old: KnownHead, *proof: bytes) -> NoReturn:
    state.keep_evidence(kind, state.note_of(old.size), *proof)
    raise NotVerified(errors.X_LOG_INVALID, "checkpoint", rule)
