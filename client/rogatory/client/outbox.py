# SPDX-License-Identifier: Apache-2.0
"""Signed statements that have not been sent: kept on disk before the first attempt, sent in order, gone when answered.

A statement that was signed is never lost and never signed twice: the same bytes go out again, and the exchange gives the
same receipt. Only a receipt, the exchange's signed rejection or the person's own word takes one out. It signs nothing and
sends nothing.
"""

from __future__ import annotations

import json
import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from rogatory.audit.failpoints import failpoint
from rogatory.client.composing import Prepared, Upload
from rogatory.client.private_files import (
    MAX_SMALL,
    parse_json,
    private_dir,
    read_kept,
    sync_folder,
    write_private,
)
from rogatory.client.profile import Profile
from rogatory.client.trusted_state import TrustedState
from rogatory.protocol import codec, errors
from rogatory.protocol.envelope import parse_envelope
from rogatory.protocol.errors import Invalid, Refused, RogatoryError
from rogatory.protocol.header import MAX_SECTIONS, StatementKind, require
from rogatory.protocol.plain import from_plain, to_plain
from rogatory.protocol.sealed import MAX_SECTION
from rogatory.protocol.statements import MAX_ENVELOPE, Statement

_META = "waiting.json"
_ENVELOPE = "envelope.bin"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A statement in the outbox.

    Attributes:
        number: Place in the order of sending.
        request_id: The request that it belongs to.
        kind: What it says.
        issued_at_ms: When it was signed; milliseconds since the epoch.
        expires_at_ms: After this it can no longer be sent; milliseconds since the epoch.
        envelope: Exact signed bytes.
        objects: Sealed sections that go before it.
        upload: Sealed disclosure that goes before it.
    """

    number: int
    request_id: bytes
    kind: StatementKind
    issued_at_ms: int
    expires_at_ms: int
    envelope: bytes = field(repr=False)
    objects: tuple[bytes, ...] = field(default=(), repr=False)
    upload: Upload | None = None


@dataclass(frozen=True, slots=True)
class _Meta:
    objects: int
    disclosure_id: bytes = b""
    staged: str = ""
    leaves: tuple[bytes, ...] = ()


def enqueue(profile: Profile, envelope: bytes, prepared: Prepared) -> Waiting:
    """Keep a signed statement, durably, at the end of the queue."""
    root = private_dir(profile.folder("outbox"))
    number = max((_number(path) for path in root.iterdir()), default=0) + 1
    folder = private_dir(root / f"{number:06d}.new")
    for i, data in enumerate(prepared.objects):
        write_private(folder / f"object-{i:02d}.bin", data)
    upload = prepared.upload
    meta = _Meta(len(prepared.objects))
    if upload is not None:
        meta = _Meta(len(prepared.objects), upload.disclosure_id, upload.path.name, upload.leaves)
    write_private(folder / _META, json.dumps(to_plain(meta)).encode())
    write_private(folder / _ENVELOPE, envelope)
    # The folder gets its final name last: a crash before leaves something that is not a waiting statement.
    failpoint("client.keep.before")
    folder.rename(root / f"{number:06d}")
    sync_folder(root)
    failpoint("client.keep.after")
    return _load(profile, root / f"{number:06d}")


def list_outbox(profile: Profile) -> tuple[Waiting, ...]:
    """Return what waits, in the order of sending; without what cannot be read (``damaged``)."""
    found = (_readable(profile, path) for path in _folders(profile))
    return tuple(item for item in found if item is not None)


def damaged(profile: Profile) -> tuple[int, ...]:
    """Return the numbers of what cannot be read: it is never sent, stops nothing else, and goes by ``discard`` only."""
    return tuple(_number(path) for path in _folders(profile) if _readable(profile, path) is None)


def envelope_file(profile: Profile, waiting: Waiting) -> Path:
    """Return the file of a waiting statement's exact signed bytes, for a colleague who must approve them."""
    return profile.folder("outbox") / f"{waiting.number:06d}" / _ENVELOPE


def remove(profile: Profile, waiting: Waiting) -> None:
    """Take a statement out of the queue, and its staged ciphertext with it."""
    folder = profile.folder("outbox") / f"{waiting.number:06d}"
    gone = folder.with_suffix(".done")
    folder.rename(gone)
    failpoint("client.clear.after")
    shutil.rmtree(gone)
    if waiting.upload is not None:
        waiting.upload.path.unlink(missing_ok=True)


def sweep(profile: Profile) -> None:
    """Clear away what a crash has left half done: answered statements half removed, and what never began to wait."""
    root = profile.folder("outbox")
    for path in tuple(root.iterdir()) if root.exists() else ():
        if path.suffix == ".done":
            with suppress(OSError, Invalid):
                meta = _meta(path)
                if meta.staged:
                    _staged(profile, meta.staged).unlink(missing_ok=True)
        if path.suffix in {".done", ".new"}:
            shutil.rmtree(path)


def sweep_staging(profile: Profile) -> None:
    """Remove sealed bodies that nothing waiting names: of disclosures that were prepared and never signed.

    Only for who has prepared nothing at this moment.
    """
    if damaged(profile):
        return  # what it names cannot be told
    named = {item.upload.path.name for item in list_outbox(profile) if item.upload is not None}
    for path in profile.folder("staging").glob("*.sealed*"):
        if path.name not in named:
            path.unlink(missing_ok=True)


def find(profile: Profile, number: int) -> Waiting:
    """Return the statement that waits under a number.

    Raises:
        Refused: ``X_NOT_FOUND`` with rule ``OUTBOX.NUMBER``: there is none.
        Invalid: ``X_ENCODING`` with rule ``DAMAGED``: it cannot be read.
    """
    for path in _folders(profile):
        if _number(path) == number:
            return _load(profile, path)
    raise Refused(errors.X_NOT_FOUND, "outbox", "OUTBOX.NUMBER")


def discard(profile: Profile, number: int) -> Path:
    """Take a statement out because a person says so, without sending it.

    Returns:
        The folder of the evidence that its bytes are kept in; all its files, where it cannot be read.

    Raises:
        Refused: ``X_NOT_FOUND``: nothing waits under this number.
    """
    state = TrustedState(profile)
    try:
        waiting = find(profile, number)
    except Invalid:
        kept = state.keep_evidence("discarded")
        (profile.folder("outbox") / f"{number:06d}").rename(kept / "damaged")
        sync_folder(kept)
        return kept
    kept = state.keep_evidence("discarded", waiting.envelope)
    remove(profile, waiting)
    return kept


def _folders(profile: Profile) -> list[Path]:
    root = profile.folder("outbox")
    return sorted(path for path in root.iterdir() if path.name.isdigit()) if root.exists() else []


def _readable(profile: Profile, folder: Path) -> Waiting | None:
    try:
        return _load(profile, folder)
    except Invalid:
        return None


def _staged(profile: Profile, name: str) -> Path:
    """Return a file of the staging folder; a name with a path in it leads nowhere else."""
    return profile.folder("staging") / Path(name).name


def _number(path: Path) -> int:
    return int(path.name[:6]) if path.name[:6].isdigit() else 0


def _meta(folder: Path) -> _Meta:
    return from_plain(_Meta, parse_json(read_kept(folder / _META, "outbox", MAX_SMALL), "outbox"), "outbox")


def _load(profile: Profile, folder: Path) -> Waiting:
    try:
        meta = _meta(folder)
        require(0 <= meta.objects <= MAX_SECTIONS, "outbox.objects", "COUNT")
        envelope = read_kept(folder / _ENVELOPE, "outbox.envelope", MAX_ENVELOPE)
        names = (f"object-{i:02d}.bin" for i in range(meta.objects))
        objects = tuple(read_kept(folder / name, "outbox.objects", MAX_SECTION) for name in names)
        payload = parse_envelope(envelope).payload
        statement = codec.decode(Statement, payload, limit=MAX_ENVELOPE, at="statement")
    except RogatoryError as error:
        raise Invalid(errors.X_ENCODING, "outbox", "DAMAGED") from error
    upload = None
    if meta.staged:
        upload = Upload(meta.disclosure_id, _staged(profile, meta.staged), meta.leaves)
    header = statement.header
    return Waiting(
        number=_number(folder),
        request_id=header.request_id,
        kind=header.kind,
        issued_at_ms=header.issued_at_ms,
        expires_at_ms=header.expires_at_ms,
        envelope=envelope,
        objects=objects,
        upload=upload,
    )
