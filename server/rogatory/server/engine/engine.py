# SPDX-License-Identifier: Apache-2.0
"""The engine: jobs in, one transaction, answers out; and the publisher's tick.

``process`` is one group commit. A refusal answers its own job; anything that is not a ``RogatoryError`` is fatal: the
transaction is rolled back, nothing of the batch is shown, and the process that runs the engine must end, since a write
path that does not know what was stored must not go on (architecture §4.3). Only one engine may write a data folder; the
log's epoch fences a second one. It does not batch by itself: the caller decides what one call holds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from rogatory.audit.errors import FileRefused
from rogatory.audit.failpoints import failpoint
from rogatory.audit.files import read_file, sync_directory
from rogatory.audit.keys import Ed25519Signer as NoteSigner
from rogatory.audit.keys import Signer as HeadSigner
from rogatory.audit.keys import TimestampedMlDsaSigner
from rogatory.audit.log import Log, Staged
from rogatory.audit.publisher import Publisher
from rogatory.audit.ratchet import Ratchet
from rogatory.protocol import errors, keys
from rogatory.protocol.directory import Directory
from rogatory.protocol.errors import Invalid, RogatoryError
from rogatory.protocol.ids import Clock, Entropy, SystemClock, SystemEntropy
from rogatory.server.engine import reading
from rogatory.server.engine.ahead import Ahead
from rogatory.server.engine.batch import Answer, Batch, Finish
from rogatory.server.engine.clockwork import strike_all
from rogatory.server.engine.core import Caller, Core, OwnKey
from rogatory.server.engine.floods import Flood, FloodLimits, Floods
from rogatory.server.engine.genesis import SchemeObject, load_scheme, read_scheme
from rogatory.server.engine.jobs import Job, Op
from rogatory.server.engine.publishing import publish
from rogatory.server.engine.rejecting import place_flood
from rogatory.server.engine.states import States
from rogatory.server.engine.submitting import submit
from rogatory.server.parts_index import disclosure_folder, whole_parts
from rogatory.server.store.contract import SchemeRow
from rogatory.server.store.sqlite import SqliteExchangeStore
from rogatory.server.vault import Vault

STRIKES: Final = 64
_LOG: Final = structlog.get_logger(__name__)
_SEED_FILE: Final = 256  # bytes; 64 digits and a line end
Handler = Callable[[Core, Batch, Caller, bytes], Answer]

_HANDLERS: Final[Mapping[Op, Handler]] = MappingProxyType(
    {
        Op.GET_REQUEST: reading.get_request,
        Op.PUT_SEALED: reading.put_sealed,
        Op.FETCH_SEALED: reading.fetch_sealed,
        Op.OPEN_ENTRIES: reading.open_entries,
        Op.WATCH_OPEN: reading.watch_open,
        Op.TRANSFER_OPEN: reading.transfer_open,
        Op.HEARTBEAT: reading.heartbeat,
        Op.PUBLISH: publish,
    }
)
Reply = bytes | RogatoryError


@dataclass(frozen=True, slots=True)
class EngineFiles:
    """Where an exchange keeps its data and its keys.

    ``data`` is the folder of database, vault and parts; ``scheme`` that of the signed root, list and packs (read at
    first start only); ``ratchet`` lies on another volume where there is one. Keys are files of 32 bytes in hex.
    """

    data: Path
    scheme: Path
    ratchet: Path
    log_key: Path
    log_key_pq: Path
    exchange_key: Path
    clock_key: Path

    @property
    def database(self) -> Path:
        """The main database."""
        return self.data / "rogatory.sqlite"

    @property
    def vault(self) -> Path:
        """The vault's database."""
        return self.data / "vault.sqlite"

    @property
    def parts(self) -> Path:
        """Folder of disclosure parts."""
        return self.data / "parts"


class Engine:
    """The exchange's write path over one data folder. Make it with ``open``."""

    def __init__(self, core: Core, publisher: Publisher) -> None:
        self._core = core
        self._publisher = publisher

    @classmethod
    def open(
        cls,
        files: EngineFiles,
        clock: Clock | None = None,
        entropy: Entropy | None = None,
        flood_limits: FloodLimits | None = None,
    ) -> Engine:
        """Open the data folder, or lay it out at the first start.

        Raises:
            LogCorrupt, RollbackDetected: The log contradicts itself or what was published; nothing may be written.
            LogUnavailable: A file is missing or another process holds it.
            RogatoryError: The scheme's files do not verify, or the exchange's key is not in the trust list.
        """
        clock, entropy = clock or SystemClock(), entropy or SystemEntropy()
        with ExitStack() as opened:
            # A start that fails leaves no database open: whoever corrects the cause starts again in the same place.
            store = SqliteExchangeStore(files.database, create=not files.database.exists())
            opened.callback(store.close)
            engine = cls._opened(files, store, opened, clock, entropy, flood_limits or FloodLimits())
            opened.pop_all()
        return engine

    @classmethod
    def _opened(
        cls,
        files: EngineFiles,
        store: SqliteExchangeStore,
        opened: ExitStack,
        clock: Clock,
        entropy: Entropy,
        flood_limits: FloodLimits,
    ) -> Engine:
        """Take the steps of ``open``; ``opened`` gets what must be closed if a later one fails."""
        head = store.log.head()
        begun = head is not None and head.size > 0
        # A first start that a crash cut off is begun again; a log with entries never is.
        scheme = () if begun else read_scheme(files.scheme)
        rows = store.scheme() or [SchemeRow(i, item.kind.name, item.data) for i, item in enumerate(scheme)]
        root, directory, packs = load_scheme(rows)
        head_signer = NoteSigner(
            root.log_origin, Ed25519PrivateKey.from_private_bytes(_seed(files.log_key, "keys.log_ed25519"))
        )
        if head is None:
            failpoint("open.create.before")
            with store.transaction():
                Log.create(store.log, root.log_origin, head_signer)
        vault = Vault(files.vault, entropy, create=not begun)
        opened.callback(vault.close)
        vault.destroy(store.erased())  # what a process that was killed after the commit has left
        core = Core(
            store=store,
            vault=vault,
            log=Log.open(store.log, root.log_origin, head_signer),
            exchange_key=_own(files.exchange_key, "keys.exchange", directory),
            clock_key=_own(files.clock_key, "keys.clock", directory),
            directory=directory,
            packs=packs,
            states=States(store, directory, packs),
            clock=clock,
            entropy=entropy,
            whole_parts=lambda request_id, disclosure_id: _durable_parts(
                files.parts, request_id, disclosure_id
            ),
            floods=Floods(flood_limits),
        )
        first = not begun and not files.ratchet.exists()
        failpoint("open.ratchet.before")
        ratchet = Ratchet.create(files.ratchet) if first else Ratchet.open(files.ratchet)
        publishing = TimestampedMlDsaSigner(
            root.log_origin, MLDSA44PrivateKey.from_seed_bytes(_seed(files.log_key_pq, "keys.log_ml_dsa_44"))
        )
        signers: list[HeadSigner] = [head_signer, publishing]
        publisher = Publisher(store.log, root.log_origin, signers, ratchet, store.transaction, clock.now_ms)
        failpoint("open.check.before")
        publisher.check()
        engine = cls(core, publisher)
        failpoint("open.fence.before")
        engine._fence()
        if not begun:
            failpoint("open.begin.before")
            engine._begin(scheme)
            failpoint("open.begin.after")
        return engine

    @property
    def size(self) -> int:
        """Number of committed entries."""
        return self._core.log.size

    def process(self, jobs: Sequence[Job]) -> list[Reply]:
        """Do jobs in order as one group commit and return a reply for each.

        Raises:
            AuditError, sqlite3.Error: The batch was rolled back and nothing of it was shown; the caller must stop.
        """
        core = self._core
        batch = Batch(core, self._now_ms())
        pending: list[Answer | RogatoryError] = []
        staged: Staged | None = None
        try:
            with core.store.transaction():
                failpoint("batch.begin.after")
                self._place_floods(batch, core.floods.ended(batch.time_ms))
                pending = self._do(batch, jobs)
                staged = self._write(batch)
        except BaseException:
            core.roll_back()
            raise
        if staged is not None:
            core.log.adopt(staged)
        core.packs.update({pack.digest: pack for pack in batch.laws})
        finish = Finish(core, staged)
        replies = [item if isinstance(item, RogatoryError) else _answered(item, finish) for item in pending]
        core.vault.destroy(batch.erased)
        failpoint("batch.answer.after")
        return replies

    def publish(self) -> int:
        """Publish the newest head if the log has grown, and return the published size.

        Before that, rejection floods whose time is over get their counted entry, and what has fallen due is said.

        Raises:
            AuditError: Nothing was released; the caller must stop.
        """
        over_cap = self._core.floods.take_over_cap()
        if over_cap:
            _LOG.warning("over_cap", calls=over_cap)
        self._log_floods(self._core.floods.ended(self._now_ms()))
        self._strike()
        return self._publisher.publish().size

    def stop(self) -> int:
        """Write down what is counted in memory only, and publish for the last time; not for use after a failure."""
        self._log_floods(self._core.floods.all())
        return self.publish()

    def close(self) -> None:
        """Close database and vault; everything acknowledged is durable already."""
        self._core.vault.close()
        self._core.store.close()

    def _do(self, batch: Batch, jobs: Sequence[Job]) -> list[Answer | RogatoryError]:
        """Do jobs in order inside the open transaction; a refusal answers its own job."""
        ahead = Ahead(self._core, batch, jobs)
        return [self._one(batch, job, ahead, at) for at, job in enumerate(jobs)]

    def _one(self, batch: Batch, job: Job, ahead: Ahead, at: int) -> Answer | RogatoryError:
        try:
            if job.op is Op.SUBMIT:
                call = ahead.call(at)
                return call if isinstance(call, RogatoryError) else submit(self._core, batch, call)
            return _HANDLERS[job.op](self._core, batch, self._core.caller(job.peer_spki), job.payload)
        except RogatoryError as error:
            return error

    def _now_ms(self) -> int:
        """Commit time: never earlier than the log's newest entry."""
        return max(self._core.clock.now_ms(), self._core.log.time_ms)

    def _place_floods(self, batch: Batch, floods: Sequence[Flood]) -> None:
        for flood in floods:
            place_flood(self._core, batch, flood)

    def _log_floods(self, floods: Sequence[Flood]) -> None:
        """Commit counted entries by themselves, when no job carries them."""
        if floods:
            self._alone(lambda batch: self._place_floods(batch, floods))

    def _strike(self) -> None:
        """Say what has fallen due of requests that nobody touches; a bounded number at once, so that jobs go on."""
        ids = self._core.store.due(self._now_ms(), STRIKES)
        if ids:
            self._alone(lambda batch: strike_all(self._core, batch, ids))

    def _alone(self, place: Callable[[Batch], None]) -> None:
        """Commit entries of the exchange's own, without a job."""
        core = self._core
        batch = Batch(core, self._now_ms())
        try:
            with core.store.transaction():
                place(batch)
                staged = self._write(batch)
        except BaseException:
            core.roll_back()
            raise
        if staged is not None:
            core.log.adopt(staged)

    def _write(self, batch: Batch) -> Staged | None:
        """Write the batch's entries, tiles and head inside the open transaction; nothing for a batch without."""
        core = self._core
        core.vault.flush()
        if not batch.entries:
            return None
        staged = core.log.stage(batch.entries, batch.time_ms)
        core.store.add_head(staged.size, staged.root, staged.note)
        core.log.write(staged)
        return staged

    def _begin(self, scheme: Sequence[SchemeObject]) -> None:
        """Log the scheme as the first entries, in one commit."""
        core = self._core
        batch = Batch(core, core.clock.now_ms())
        with core.store.transaction():
            for item in scheme:
                placed = batch.place(item.fields(batch.time_ms), core.exchange_key.row.org, None, item.data)
                core.store.add_scheme(SchemeRow(placed.index, item.kind.name, item.data, placed.blob))
            staged = self._write(batch)
        if staged is not None:
            core.log.adopt(staged)
        self.publish()

    def _fence(self) -> None:
        """Raise the log's epoch, so that an engine left over on the same folder can commit nothing more."""
        with self._core.store.transaction():
            self._core.log.fence()


def _answered(answer: Answer, finish: Finish) -> Reply:
    try:
        return answer(finish)
    except RogatoryError as error:  # such as a request that was erased later in the same commit
        return error


def _durable_parts(parts: Path, request_id: bytes, disclosure_id: bytes) -> list[tuple[bytes, int]]:
    """Return what has arrived whole; its names are flushed, which a front that was killed may have left undone."""
    found = whole_parts(parts, request_id, disclosure_id)
    if found:
        sync_directory(disclosure_folder(parts, request_id, disclosure_id))
    return found


def _own(path: Path, key: str, directory: Directory) -> OwnKey:
    """Return a key of the exchange itself; a directory without its row does not start."""
    signer = keys.Ed25519Signer(_seed(path, key))
    return OwnKey(signer, directory.key(keys.signer_id(signer)))


def _seed(path: Path, key: str) -> bytes:
    """Return a key file's 32 bytes, written as hex and a newline.

    Raises:
        Invalid: Another form; the bytes are never shown.
    """
    try:
        data = bytes.fromhex(read_file(path, _SEED_FILE).decode("ascii").strip())
    except FileRefused as refused:
        raise Invalid(errors.X_FIELD_INVALID, key, refused.rule) from refused
    except ValueError:
        data = b""
    if len(data) != 32:
        raise Invalid(errors.X_FIELD_INVALID, key, "KEY_FILE")
    return data
