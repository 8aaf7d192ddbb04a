# SPDX-License-Identifier: Apache-2.0
"""The log for whoever reads it: a verified copy on one's own disk, opened entries, proofs.

``mirror`` rebuilds the tree from what the exchange gives and takes a checkpoint only if old root, new root and every
entry agree; the check of the copy (``verify_mirror``) needs no network. What is opened leaves a read entry, as every
look does. Statistics and sampling are not here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rogatory.audit.errors import AuditError, FileRefused
from rogatory.audit.merkle import leaf_hash, root_at
from rogatory.audit.mirror import DirectoryLog, pull
from rogatory.audit.proof import parse_proof, verify_proof
from rogatory.audit.tile import BUNDLE_LEVEL, WIDTH, TileReader, format_bundle, parse_path
from rogatory.client.evidence import keeping
from rogatory.client.log_check import LogVerdict, verify_mirror
from rogatory.client.mirror_files import (
    DIRECTORY,
    PACKS,
    add_entries,
    blocks,
    last_opened,
    read_block,
    tidy,
)
from rogatory.client.opened_entries import OpenedRow, row_of
from rogatory.client.private_files import private_dir, refusal, write_private
from rogatory.client.session import Session
from rogatory.client.views import OPEN_ENTRIES, check_read
from rogatory.client.whole import own_lines
from rogatory.protocol import errors
from rogatory.protocol.directory import PartyKind
from rogatory.protocol.errors import NotVerified, RogatoryError
from rogatory.protocol.receipt import LogHead, verify_head
from rogatory.protocol.wire import (
    GetTlogProofRequest,
    GetTlogProofResponse,
    ListEntriesRequest,
    ListEntriesResponse,
    OpenEntriesRequest,
    OpenEntriesResponse,
)

__all__ = [
    "LogVerdict",
    "MirrorReport",
    "OpenedRow",
    "list_entries",
    "mirror",
    "prove",
    "verify_mirror",
]

Progress = Callable[[int, int], None]
_PAGE: Final = 1024
# Opened entries carry envelopes of up to 256 KiB; the page shrinks when an answer would be too large.
_OPEN_PAGE: Final = 128


@dataclass(frozen=True, slots=True)
class MirrorReport:
    """What a copy holds now: size and root of its checkpoint, and how many entries it has opened."""

    size: int
    root: bytes
    opened: int


async def mirror(
    session: Session, directory: Path, *, purpose: str = "INSPECTION", progress: Progress | None = None
) -> MirrorReport:
    """Bring a copy of the log up to the newest checkpoint, with everything that this party may open.

    Args:
        session: Of the party; no keys are needed.
        directory: The copy's folder; made when missing, continued when there.
        purpose: Why entries are opened; it is logged.
        progress: Called with entries done and in all, first of the log, then of the openings.

    Raises:
        NotVerified: ``X_LOG_INVALID``: what the exchange gives is no continuation of the copy, or contradicts itself.
        Invalid: A file of the copy is none that is read.
    """
    for number in blocks(directory):
        read_block(directory, number)  # before anything is fetched: a damaged copy is not taken further
    scheme, state = session.exchange.scheme, session.state
    private_dir(directory / "scheme")
    # Lines of keys that the realm does not name prove nothing here, and nothing would cover them in the copy.
    note = own_lines((await session.exchange.checkpoint(0)).checkpoint, scheme.log)
    head = verify_head(note, scheme.log)
    try:
        await _pull(session, directory, note, head.size, progress)
    except FileRefused as refused:
        raise refusal(refused, "mirror") from refused
    except AuditError as error:
        state.keep_evidence("mirror", note)
        raise NotVerified(errors.X_LOG_INVALID, "mirror", type(error).__name__) from error
    tidy(directory, head.size)
    _hold_to_known(session, directory, head)
    for name, data in zip((DIRECTORY, PACKS), state.scheme_bytes(), strict=True):
        write_private(directory / name, data)
    await _open(session, directory, head.size, purpose, progress)
    opened = sum(len(read_block(directory, number)) for number in blocks(directory))
    return MirrorReport(head.size, head.root, opened)


async def _pull(session: Session, directory: Path, note: bytes, size: int, progress: Progress | None) -> None:
    local = DirectoryLog(directory)
    held = local.head()
    old = held.size if held is not None else 0
    fresh: list[bytes] = []
    while old + len(fresh) < size:
        page = await _entries(session, old + len(fresh), min(_PAGE, size - old - len(fresh)))
        fresh += page
        if progress is not None:
            progress(old + len(fresh), size)

    def fetch(path: str) -> bytes:
        """Answer as a tlog-tiles server would, from the copy and from what was fetched."""
        if path == "checkpoint":
            return note
        tile = parse_path(path)
        start, end = tile.index * WIDTH, tile.index * WIDTH + tile.width
        entries = local.entries(start, min(end, old)) if start < old else []
        entries = [*entries, *fresh[max(start - old, 0) : end - old]]
        if tile.level == BUNDLE_LEVEL:
            return format_bundle(entries)
        return b"".join(leaf_hash(entry) for entry in entries)

    log = session.exchange.scheme.log
    await asyncio.to_thread(pull, directory, fetch, log.origin, log.verifiers)


def _hold_to_known(session: Session, directory: Path, head: LogHead) -> None:
    """Every head that this client ever saw must be a root of the copied tree: what was shown to us is what was copied."""
    state = session.state
    trusted, read = state.trusted, TileReader(DirectoryLog(directory).tile)
    for known in (trusted.checkpoint, trusted.highest, *trusted.unchecked):
        if known is not None and 0 < known.size <= head.size and root_at(read, known.size) != known.root:
            state.keep_evidence("fork", state.note_of(known.size), head.note)
            raise NotVerified(errors.X_LOG_INVALID, "mirror", "LOG.FORK")
    state.note_heads(head)


async def _entries(session: Session, start: int, limit: int) -> tuple[bytes, ...]:
    answer = await session.exchange.channel.call(
        "AuditService/ListEntries", ListEntriesRequest(start, limit), ListEntriesResponse
    )
    if not 0 < len(answer.entries) <= limit:
        raise NotVerified(errors.X_LOG_INVALID, "answer.entries", "COUNT")
    return answer.entries


async def _open(
    session: Session, directory: Path, size: int, purpose: str, progress: Progress | None
) -> None:
    # Oversight sees every entry at once. A party may be handed earlier entries later: it looks at all of them again.
    oversight = session.directory.org(session.me.org).kind is PartyKind.OVERSIGHT
    start = last_opened(directory) if oversight else 0
    while start < size:
        answer = await _opened(session, start, min(_OPEN_PAGE, size - start), purpose)
        add_entries(directory, (item for item in answer.entries if item.index < size))
        start = answer.next
        if progress is not None:
            progress(min(start, size), size)


async def _opened(session: Session, start: int, limit: int, purpose: str) -> OpenEntriesResponse:
    """Open a range and check the receipt that the look left."""
    exchange = session.exchange
    try:
        answer = await exchange.channel.call(
            "AuditService/OpenEntries", OpenEntriesRequest(start, limit, purpose), OpenEntriesResponse
        )
    except RogatoryError as error:
        if limit == 1 or error.rule != "TRANSPORT.RESOURCE_EXHAUSTED":
            raise
        return await _opened(session, start, max(1, limit // 2), purpose)
    indexes = [item.index for item in answer.entries]
    inside = all(start <= index < start + limit for index in indexes)
    if not inside or indexes != sorted(set(indexes)) or not start < answer.next <= start + limit:
        raise NotVerified(errors.X_LOG_INVALID, "answer.entries", "RANGE")
    with keeping(session.state, "read", answer.read.entry):
        read = check_read(answer.read, exchange.scheme, exchange.row, OPEN_ENTRIES, purpose, None, b"")
    session.state.note_heads(read.head)
    return answer


async def list_entries(
    session: Session, start: int, limit: int, purpose: str = "INSPECTION"
) -> tuple[OpenedRow, ...]:
    """Return opened entries of a range, their openings checked against their bytes; the look itself is logged.

    Raises:
        NotVerified: An opening does not belong to its entry.
    """
    rows: list[OpenedRow] = []
    end, size = start + limit, None
    while start < end and (size is None or start < size):
        answer = await _opened(session, start, min(_OPEN_PAGE, end - start), purpose)
        rows += [row_of(item, session.exchange.scheme.log) for item in answer.entries]
        start, size = answer.next, answer.read.index
    return tuple(rows)


async def prove(session: Session, index: int) -> bytes:
    """Return the C2SP tlog-proof of an entry, verified.

    Raises:
        NotAuthorised: ``X_NOT_FOUND``: there is no such published entry.
        NotVerified: ``X_LOG_INVALID``.
    """
    log = session.exchange.scheme.log
    answer = await session.exchange.channel.call(
        "AuditService/GetTlogProof", GetTlogProofRequest(index), GetTlogProofResponse
    )
    (entry,) = await _entries(session, index, 1)
    check_proof(answer.proof, entry, index, session)
    session.state.note_heads(verify_head(parse_proof(answer.proof).checkpoint.encode(), log))
    return answer.proof


def check_proof(proof: bytes, entry: bytes, index: int, session: Session) -> None:
    """Verify a tlog-proof of an entry at its index.

    Raises:
        NotVerified: ``X_LOG_INVALID``.
    """
    log = session.exchange.scheme.log
    try:
        verified = verify_proof(parse_proof(proof), entry, log.origin, log.verifiers)
    except AuditError as error:
        raise NotVerified(errors.X_LOG_INVALID, "proof", type(error).__name__) from error
    if verified.index != index:
        raise NotVerified(errors.X_LOG_INVALID, "proof.index", "INDEX")
