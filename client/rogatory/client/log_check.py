# SPDX-License-Identifier: Apache-2.0
"""A mirror checked offline: tree, checkpoint, every commitment, every slot computed again by the own fold.

No network and no word of the operator's: the tree is rebuilt from the entries, the checkpoint's signature is that of
the realm's log, and what the log says of each opened entry must be what its signed bytes say. Entries that the mirror's
owner may not open are hashed and counted, never guessed at. Nothing is repaired.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rogatory.audit.errors import AuditError
from rogatory.audit.mirror import DirectoryLog, verify_directory
from rogatory.client.mirror_files import blocks, read_block
from rogatory.client.opened_entries import Recomputer
from rogatory.client.private_files import read_optional
from rogatory.client.scheme import Scheme, verify_scheme
from rogatory.client.verdict import Reason, Word, reason_of, word_of
from rogatory.protocol import codec, errors
from rogatory.protocol.errors import NotVerified, RogatoryError
from rogatory.protocol.wire import MAX_MESSAGE, GetDirectoryResponse, GetPacksResponse, OpenedEntry

Progress = Callable[[int, int], None]
MAX_REASONS = 100


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
        scheme = _scheme(directory, fingerprint)
        report = verify_directory(directory, scheme.log.origin, scheme.log.verifiers, progress)
    except (RogatoryError, AuditError) as error:
        reason = reason_of(error, "scheme" if isinstance(error, RogatoryError) else "log")
        return LogVerdict(Word.FAILED, reasons=(reason,))
    reasons = [
        Reason(errors.X_LOG_INVALID, f"log[{finding.index}]", f"FSCK.{finding.kind.upper()}")
        for finding in report.findings
    ]
    reasons += _scheme_heads(scheme, report.size, report.root)
    recomputer = Recomputer(scheme)
    opened = 0
    for item, problem in _openings(directory, report.size):
        opened += problem is None
        wrong = _checked(item, recomputer) if problem is None and item is not None else problem
        if wrong is not None:
            reasons.append(wrong)
        if len(reasons) >= MAX_REASONS:
            break
        if progress is not None and item is not None:
            progress(item.index + 1, report.size)
    found = tuple(reasons[:MAX_REASONS])
    return LogVerdict(
        word_of(found, fingerprint),
        report.size,
        report.root,
        report.entries,
        opened,
        recomputer.slots,
        len(recomputer.states),
        found,
    )


def _scheme(directory: Path, fingerprint: bytes | None) -> Scheme:
    roots = read_optional(directory / "scheme" / "directory.bin")
    packs = read_optional(directory / "scheme" / "packs.bin")
    if roots is None or packs is None:
        raise NotVerified(errors.X_LOG_INVALID, "scheme", "PRESENT")
    return verify_scheme(
        codec.decode(GetDirectoryResponse, roots, limit=MAX_MESSAGE, at="directory"),
        codec.decode(GetPacksResponse, packs, limit=MAX_MESSAGE, at="packs"),
        fingerprint,
    )


def _scheme_heads(scheme: Scheme, size: int, root: bytes) -> list[Reason]:
    """A receipt's head of the mirror's own size must have its root."""
    return [
        Reason(errors.X_LOG_INVALID, "scheme.head", "LOG.FORK")
        for head in scheme.heads
        if head.size == size and head.root != root
    ]


def _openings(directory: Path, size: int) -> list[tuple[OpenedEntry | None, Reason | None]]:
    """Return the opened entries, each with what is wrong with its place."""
    log = DirectoryLog(directory)
    found: list[tuple[OpenedEntry | None, Reason | None]] = []
    try:
        for number in blocks(directory):
            found.extend((item, _placed(item, log, size)) for item in read_block(directory, number))
    except (RogatoryError, AuditError) as error:
        found.append((None, reason_of(error, "openings")))
    return found


def _placed(item: OpenedEntry, log: DirectoryLog, size: int) -> Reason | None:
    """Say whether the opened entry is the one that the tree has at its index."""
    at = f"openings[{item.index}]"
    if item.index >= size:
        return Reason(errors.X_LOG_INVALID, at, "RANGE")
    try:
        (entry,) = log.entries(item.index, item.index + 1)
    except AuditError as error:
        return reason_of(error, at)
    return None if entry == item.entry else Reason(errors.X_LOG_INVALID, at, "ENTRY")


def _checked(item: OpenedEntry, recomputer: Recomputer) -> Reason | None:
    try:
        recomputer.take(item)
    except (RogatoryError, AuditError) as error:
        return reason_of(error, f"entry[{item.index}]")
    return None
