# SPDX-License-Identifier: Apache-2.0
"""A mirror checked offline: tree, checkpoint, every commitment, every slot computed again by the own fold.

No network and no word of the operator's: the tree is rebuilt from the entries, the checkpoint's signature is that of
the realm's log, and what the log says of each opened entry must be what its signed bytes say. Entries that the mirror's
owner may not open are hashed and counted, never guessed at. Nothing is repaired.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rogatory.audit.checkpoint import parse_checkpoint
from rogatory.audit.commitment import parse_entry
from rogatory.audit.errors import AuditError
from rogatory.audit.merkle import root_at
from rogatory.audit.mirror import DirectoryLog, verify_directory
from rogatory.audit.note import MAX_NOTE, parse_note
from rogatory.audit.tile import TileReader
from rogatory.client.mirror_files import (
    BLOCK,
    CHECKPOINT,
    DIRECTORY,
    PACKS,
    blocks,
    check_files,
    read_block,
)
from rogatory.client.opened_entries import Recomputer
from rogatory.client.private_files import read_kept
from rogatory.client.scheme import Scheme
from rogatory.client.trusted_state import MAX_STATE
from rogatory.client.verdict import Reason, Word, reason_of, word_of
from rogatory.client.whole import whole_note, whole_scheme
from rogatory.protocol import codec, errors
from rogatory.protocol.errors import NotVerified, RogatoryError
from rogatory.protocol.wire import GetDirectoryResponse, GetPacksResponse, LoggedQuorum, OpenedEntry

Progress = Callable[[int, int], None]
MAX_REASONS = 100
IDS_AT_ONCE = 1_000_000


@dataclass(frozen=True, slots=True)
class LogVerdict:
    """What a check of a mirror found.

    Attributes:
        verdict: The word.
        size: Entries of the checkpoint.
        root: Its root.
        entries: Entries hashed.
        opened: Entries whose openings were checked.
        slots_recomputed: Slots computed again from signed bytes and compared.
        requests: Requests folded.
        reasons: What does not hold, at most 100.
    """

    verdict: Word
    size: int = 0
    root: bytes = b""
    entries: int = 0
    opened: int = 0
    slots_recomputed: int = 0
    requests: int = 0
    reasons: tuple[Reason, ...] = ()


def verify_mirror(
    directory: Path, fingerprint: bytes | None = None, progress: Progress | None = None
) -> LogVerdict:
    """Check a mirror without a network.

    Args:
        directory: The mirror's folder.
        fingerprint: The realm pinned beforehand; without one the verdict cannot be VERIFIED.
        progress: Called with entries checked and entries in all, twice over: hashed, then opened.
    """
    try:
        scheme, objects = _scheme(directory, fingerprint)
        whole_note(read_kept(directory / CHECKPOINT, "checkpoint", MAX_NOTE), scheme.log)
        report = verify_directory(directory, scheme.log.origin, scheme.log.verifiers, progress)
        check_files(directory, report.size)
    except (RogatoryError, AuditError, OSError) as error:
        return LogVerdict(Word.FAILED, reasons=(reason_of(error, "mirror"),))
    reasons = [
        Reason(errors.X_LOG_INVALID, f"log[{finding.index}]", f"FSCK.{finding.kind.upper()}")
        for finding in report.findings
    ]
    recomputer = Recomputer(scheme, {item.receipt.index: item.quorum for item in objects})
    reasons += _ids_used_twice(directory, report.size)
    opened = 0
    for item, problem in _placed(directory, report.size, objects):
        opened += item is not None
        found = problem or (_checked(item, recomputer) if item is not None else None)
        if found is not None:
            reasons.append(found)
        if len(reasons) >= MAX_REASONS:
            break
        if progress is not None and item is not None:
            progress(item.index + 1, report.size)
    reasons += [
        Reason(errors.X_RECEIPT_INVALID, f"entry[{index}]", "VIEW.COMPLETE")
        for index in recomputer.not_opened()
    ]
    kept = tuple(reasons[:MAX_REASONS])
    return LogVerdict(
        word_of(kept, fingerprint),
        report.size,
        report.root,
        report.entries,
        opened,
        recomputer.slots,
        len(recomputer.states),
        kept,
    )


def _scheme(directory: Path, fingerprint: bytes | None) -> tuple[Scheme, tuple[LoggedQuorum, ...]]:
    """Return the verified scheme and its logged objects."""
    read = read_kept(directory / DIRECTORY, "directory", MAX_STATE)
    roots = codec.decode(GetDirectoryResponse, read, limit=MAX_STATE, at="directory")
    read = read_kept(directory / PACKS, "packs", MAX_STATE)
    packs = codec.decode(GetPacksResponse, read, limit=MAX_STATE, at="packs")
    return whole_scheme(roots, packs, fingerprint), (*roots.roots, roots.trust_list, *packs.packs)


def _ids_used_twice(directory: Path, size: int) -> list[Reason]:
    """Name entries whose random id an earlier one has: one act that is counted twice, or two that pass for one.

    Ids of at most a million entries are held at once; a larger log is read several times.
    """
    log, passes, found = DirectoryLog(directory), 1 + size // IDS_AT_ONCE, []
    try:
        for number in range(passes):
            seen: set[bytes] = set()
            for start in range(0, size, BLOCK):
                for index, entry in enumerate(log.entries(start, min(start + BLOCK, size)), start):
                    identity = parse_entry(entry).header.eid
                    if int.from_bytes(identity[:4], "big") % passes == number:
                        if identity in seen:
                            found.append(Reason(errors.X_LOG_INVALID, f"log[{index}]", "ENTRY.ID"))
                        seen.add(identity)
    except (AuditError, OSError) as error:
        found.append(reason_of(error, "log"))
    return found


def _placed(
    directory: Path, size: int, objects: tuple[LoggedQuorum, ...]
) -> Iterator[tuple[OpenedEntry | None, Reason | None]]:
    """Yield the opened entries in order, each with what is wrong with its place; first what is wrong with the scheme's."""
    log = DirectoryLog(directory)
    at = "scheme"
    try:
        for logged in objects:
            _in_tree(log, size, logged)
        at = "openings"
        for number in blocks(directory):
            start = number * BLOCK
            entries = log.entries(start, min(start + BLOCK, size)) if start < size else []
            for item in read_block(directory, number):
                own = entries[item.index - start : item.index - start + 1]
                wrong = Reason(errors.X_LOG_INVALID, f"openings[{item.index}]", "ENTRY")
                yield (item, None) if own == [item.entry] else (None, wrong)
    except (RogatoryError, AuditError, OSError) as error:
        yield None, reason_of(error, at)


def _in_tree(log: DirectoryLog, size: int, logged: LoggedQuorum) -> None:
    """The receipt of an object of the scheme must be of this tree: its entry there, its head an earlier root."""
    receipt = logged.receipt
    head = parse_checkpoint(parse_note(receipt.head).text)
    if not receipt.index < head.size <= size or root_at(TileReader(log.tile), head.size) != head.root:
        raise NotVerified(errors.X_LOG_INVALID, "receipt.head", "LOG.FORK")
    if log.entries(receipt.index, receipt.index + 1) != [receipt.entry]:
        raise NotVerified(errors.X_LOG_INVALID, "receipt.entry", "ENTRY")


def _checked(item: OpenedEntry, recomputer: Recomputer) -> Reason | None:
    try:
        recomputer.take(item)
    except (RogatoryError, AuditError) as error:
        return reason_of(error, f"entry[{item.index}]")
    return None
