# SPDX-License-Identifier: Apache-2.0
"""Carry files that this profile has written or taken in, and a request as it stands with what is not in the log yet.

Below ``state/carried/<request>``: one folder for each file. What came in was checked before it was kept, and is checked again
each time it is used (``view_of``), so a damaged copy is an error and never a belief. Nothing is signed or sent here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rogatory.client.outbox import Waiting, list_outbox
from rogatory.client.private_files import (
    MAX_LOGGED,
    MAX_SMALL,
    parse_json,
    private_dir,
    read_kept,
    read_optional,
    sync_folder,
    write_private,
)
from rogatory.client.profile import Profile
from rogatory.client.session import Session
from rogatory.client.views import RequestView, ViewedStatement, fold_carried, verify_statements
from rogatory.protocol import codec, errors
from rogatory.protocol.carried import MAX_HEAD, CarriedContent, CarriedFile
from rogatory.protocol.envelope import parse_envelope
from rogatory.protocol.errors import RogatoryError
from rogatory.protocol.header import Header, require
from rogatory.protocol.plain import from_plain, to_plain
from rogatory.protocol.receipt import MAX_RECEIPT, decode_receipt
from rogatory.protocol.statements import MAX_ENVELOPE, Statement, TransmitOutside
from rogatory.protocol.wire import LoggedStatement

_META: Final = "carried.json"
_PLAIN: Final = "file.bin"


@dataclass(frozen=True, slots=True)
class CarryRecord:
    """A carry file of a request.

    Attributes:
        incoming: Whether it was taken in; else it was written here.
        code: What is read over the telephone.
        cover: Envelope digest of the signed statement that names the content.
        sent_at_ms: When its sender says it was handed over; milliseconds since the epoch.
        deposit_by_ms: When both ends must have deposited by the pack.
        before: Ids of the own statements that were signed before it was taken in.
    """

    incoming: bool
    code: str
    cover: bytes
    sent_at_ms: int
    deposit_by_ms: int
    before: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class CarriedIn:
    """A record with the plain content of its file."""

    record: CarryRecord
    file: CarriedFile = field(repr=False)

    @property
    def content(self) -> CarriedContent:
        """The content, parsed.

        Raises:
            Invalid: The kept copy is damaged.
        """
        return codec.decode(CarriedContent, self.file.content, limit=MAX_HEAD, at="carried.content")

    @property
    def envelopes(self) -> tuple[bytes, ...]:
        """What the other side has signed, the cover last."""
        return (*self.content.signed, self.file.cover)


def keep_record(profile: Profile, request_id: bytes, record: CarryRecord, file: CarriedFile) -> None:
    """Keep a carry file that was written or taken in, durably; the folder gets its name last."""
    root = private_dir(_root(profile, request_id))
    number = max((int(path.name[:4]) for path in _folders(root)), default=0) + 1
    folder = private_dir(root / f"{number:04d}.new")
    write_private(folder / _PLAIN, codec.encode(file))
    write_private(folder / _META, json.dumps(to_plain(record)).encode())
    folder.rename(root / f"{number:04d}")
    sync_folder(root)


def carried_files(profile: Profile, request_id: bytes) -> tuple[CarriedIn, ...]:
    """Return what was written and taken in of a request, in that order.

    Raises:
        Invalid: A kept copy is damaged.
    """
    return tuple(_load(folder) for folder in _folders(_root(profile, request_id)))


def carried_requests(profile: Profile) -> tuple[bytes, ...]:
    """Return the ids of the requests of which a file was written or taken in."""
    root = profile.folder("state") / "carried"
    names = sorted(path.name for path in root.iterdir()) if root.exists() else []
    return tuple(bytes.fromhex(name) for name in names if len(name) == 32)


def header_of(envelope: bytes) -> Header:
    """Return the header that an envelope states, nothing verified."""
    payload = parse_envelope(envelope).payload
    return codec.decode(Statement, payload, limit=MAX_ENVELOPE, at="statement").header


def logged_here(session: Session, request_id: bytes) -> tuple[ViewedStatement, ...]:
    """Return what this profile can prove to be in the log of a request: its last look, and own receipts since."""
    stored = session.state.load_view(request_id)
    logged = list(stored.statements) if stored is not None else []
    last = logged[-1].receipt.index if logged else -1
    newer = sorted(_receipts(session, request_id, last), key=lambda item: item.receipt.index)
    for items in ([*logged, *newer], logged):
        try:
            return verify_statements(items, request_id, session.exchange.scheme)
        except RogatoryError:
            if items is logged and stored is not None:
                raise
    return ()


def view_of(session: Session, request_id: bytes) -> RequestView | None:
    """Return a request with what is signed and not in the log: from files that came in, and from the own outbox.

    None where this profile knows nothing of it.

    Raises:
        RogatoryError: Something of it does not verify, or the rules refuse it now.
    """
    files = [item for item in carried_files(session.profile, request_id) if item.record.incoming]
    waiting = [item for item in list_outbox(session.profile) if item.request_id == request_id]
    return fold_known(session, request_id, files, waiting)


def fold_known(
    session: Session, request_id: bytes, files: Iterable[CarriedIn], waiting: Iterable[Waiting]
) -> RequestView | None:
    """Return a request as these files and these own statements give it, beyond what is proven to be in the log."""
    logged = logged_here(session, request_id)
    known = list(files)
    for item in known:
        given = item.content.logged
        if given and (not logged or given[-1].receipt.index > logged[-1].index):
            logged = verify_statements(given, request_id, session.exchange.scheme)
    envelopes = [data for data in _in_order(known, waiting) if data not in {s.verified.data for s in logged}]
    if not logged and not envelopes:
        return None
    now = session.clock.now_ms()
    return fold_carried(logged, envelopes, request_id, session.exchange.scheme, now)


def _in_order(files: Iterable[CarriedIn], waiting: Iterable[Waiting]) -> Iterator[bytes]:
    """Yield statements in the order in which they were signed, as far as this end saw it; each once."""
    own = [item.envelope for item in waiting]
    given: set[bytes] = set()
    for item in files:
        before = [data for data in own if header_of(data).statement_id in item.record.before]
        for data in (*before, *item.envelopes):
            if data not in given:
                given.add(data)
                yield data
    yield from (data for data in own if data not in given)


def _receipts(session: Session, request_id: bytes, after: int) -> Iterator[LoggedStatement]:
    """Yield own statements of a request with the receipts that were kept of them."""
    for path in sorted(session.profile.folder("receipts").glob("*.bin")):
        envelope = read_optional(session.profile.folder("envelopes") / path.name, "envelope", MAX_ENVELOPE)
        if envelope is None or header_of(envelope).request_id != request_id:
            continue
        receipt = decode_receipt(read_kept(path, "receipt", MAX_RECEIPT))
        if receipt.index > after:
            yield LoggedStatement(envelope, receipt)


def _root(profile: Profile, request_id: bytes) -> Path:
    return profile.folder("state") / "carried" / request_id.hex()


def _folders(root: Path) -> list[Path]:
    return sorted(path for path in root.iterdir() if path.name.isdigit()) if root.exists() else []


def _load(folder: Path) -> CarriedIn:
    record = from_plain(
        CarryRecord,
        parse_json(read_kept(folder / _META, "state.carried", MAX_SMALL), "state.carried"),
        "state.carried",
    )
    data = read_kept(folder / _PLAIN, "state.carried", 2 * MAX_LOGGED)
    file = codec.decode(CarriedFile, data, limit=2 * MAX_LOGGED, at="state.carried")
    require(_whole(file), "state.carried", "DAMAGED", errors.X_ENCODING)
    return CarriedIn(record, file)


def _whole(file: CarriedFile) -> bool:
    """Whether the content is the one that the cover names; the cover's own signature is checked with the others."""
    payload = parse_envelope(file.cover).payload
    body = codec.decode(Statement, payload, limit=MAX_ENVELOPE, at="statement").body
    return isinstance(body, TransmitOutside) and body.digest == hashlib.sha256(file.content).digest()
