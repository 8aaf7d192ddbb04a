# SPDX-License-Identifier: Apache-2.0
"""Signed statements that have not been sent: kept on disk before the first attempt, sent in order, gone when answered.

A statement that was signed is never lost and never signed twice: the same bytes go out again, and the exchange gives the
same receipt. Only a receipt, the exchange's signed rejection or the person's own word takes one out. It signs nothing and
sends nothing.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from rogatory.client.composing import Prepared, Upload
from rogatory.client.private_files import private_dir, sync_folder, write_private
from rogatory.client.profile import Profile
from rogatory.client.trusted_state import TrustedState
from rogatory.protocol import codec, errors
from rogatory.protocol.envelope import parse_envelope
from rogatory.protocol.errors import Invalid, Refused
from rogatory.protocol.header import StatementKind
from rogatory.protocol.plain import from_plain, to_plain
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
        expires_at_ms: After this it can no longer be sent; milliseconds since the epoch.
        envelope: Exact signed bytes.
        objects: Sealed sections that go before it.
        upload: Sealed disclosure that goes before it.
    """

    number: int
    request_id: bytes
    kind: StatementKind
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
    folder.rename(root / f"{number:06d}")
    sync_folder(root)
    return _load(profile, root / f"{number:06d}")


def list_outbox(profile: Profile) -> tuple[Waiting, ...]:
    """Return what waits, in the order of sending.

    Raises:
        Invalid: The outbox is damaged.
    """
    root = profile.folder("outbox")
    names = sorted(path for path in root.iterdir() if path.name.isdigit()) if root.exists() else []
    return tuple(_load(profile, path) for path in names)


def remove(profile: Profile, waiting: Waiting) -> None:
    """Take a statement out of the queue, and its staged ciphertext with it."""
    folder = profile.folder("outbox") / f"{waiting.number:06d}"
    gone = folder.with_suffix(".done")
    folder.rename(gone)
    shutil.rmtree(gone)
    if waiting.upload is not None:
        waiting.upload.path.unlink(missing_ok=True)


def discard(profile: Profile, number: int) -> Waiting:
    """Take a statement out because a person says so, without sending it, and keep its bytes as evidence.

    Raises:
        Refused: ``X_NOT_FOUND``: nothing waits under this number.
    """
    waiting = next((item for item in list_outbox(profile) if item.number == number), None)
    if waiting is None:
        raise Refused(errors.X_NOT_FOUND, "outbox", "OUTBOX.NUMBER")
    TrustedState(profile).keep_evidence("discarded", waiting.envelope)
    remove(profile, waiting)
    return waiting


def _number(path: Path) -> int:
    return int(path.name[:6]) if path.name[:6].isdigit() else 0


def _load(profile: Profile, folder: Path) -> Waiting:
    try:
        meta = from_plain(_Meta, json.loads((folder / _META).read_bytes()), "outbox")
        envelope = (folder / _ENVELOPE).read_bytes()
        objects = tuple((folder / f"object-{i:02d}.bin").read_bytes() for i in range(meta.objects))
    except (OSError, ValueError) as error:
        raise Invalid(errors.X_ENCODING, "outbox", "DAMAGED") from error
    statement = codec.decode(Statement, parse_envelope(envelope).payload, limit=MAX_ENVELOPE, at="statement")
    upload = None
    if meta.staged:
        upload = Upload(meta.disclosure_id, profile.folder("staging") / meta.staged, meta.leaves)
    header = statement.header
    return Waiting(
        _number(folder), header.request_id, header.kind, header.expires_at_ms, envelope, objects, upload
    )
