# SPDX-License-Identifier: Apache-2.0
"""The sequential model: what the exchange must hold, computed from the ledger and from the log alone, invariant by invariant.

I1 no acknowledged statement lost; I2 no phantom; I3 no fork; I4 append only; I5 no double effect; I6 no disclosure after
withdrawal; I7 state equals fold of the log; I8 receipts verify; I9 no plaintext on disk; I10 refusals are logged; I11
indexes without gaps, times that never go back; I14 no secret in log lines. I12 and I13 are the harness's: it counts
answers after a fault and times the restarts. It uses no code of the engine: the log's Merkle code, the protocol's fold.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from rogatory.audit.fsck import fsck_file
from rogatory.audit.merkle import Edge, leaf_hash, root_of
from rogatory.protocol.envelope import verify_envelope
from rogatory.protocol.errors import RogatoryError
from rogatory.protocol.header import StatementKind
from rogatory.protocol.lifecycle import LoggedEnvelope, fold
from rogatory.protocol.plain import from_plain
from rogatory.protocol.receipt import decode_receipt, log_identity, verify_head, verify_receipt
from rogatory.protocol.state import RequestState
from rogatory.protocol.statements import Disclose
from tests.crash.clients import CANARY
from tests.crash.ledger import Ledger, Told
from tests.support.realm import TrainingRealm


@dataclass
class Model:
    """What was checked so far; `check` goes on from there, so that a round costs what is new in it."""

    realm: TrainingRealm
    folder: Path
    ledger: Ledger
    edge: Edge = field(default_factory=Edge)
    leaves: list[bytes] = field(default_factory=list)
    roots: dict[int, bytes] = field(default_factory=dict)
    time_ms: int = 0
    statements: dict[int, str] = field(default_factory=dict)
    kinds: dict[bytes, list[StatementKind]] = field(default_factory=dict)
    seen_ids: set[bytes] = field(default_factory=set)
    disclosed: set[tuple[bytes, bytes]] = field(default_factory=set)
    told: int = 0
    found: list[str] = field(default_factory=list)

    @property
    def database(self) -> Path:
        return self.folder / "server" / "data" / "rogatory.sqlite"

    def check(self) -> None:
        """Everything that is new since the last check, in one read transaction."""
        sent, told, complaints = self.ledger.snapshot()
        self.found += [words for words in complaints if words not in self.found]
        with closing(sqlite3.connect(f"{self.database.as_uri()}?mode=ro", uri=True, timeout=10)) as db:
            db.execute("BEGIN")
            self._entries(db)
            touched = self._statements(db, sent)
            self._states(db, touched)
        for item in told[self.told :]:
            self._told(item)
        self.told = len(told)

    def check_all(self) -> None:
        """The whole log again from nothing, every receipt that was ever given, and every byte on the disk."""
        identity = log_identity(self.realm.root)
        report = fsck_file(self.database, identity.origin, identity.verifiers)
        self.found += [f"I4 fsck: {finding.kind} at {finding.index}" for finding in report.findings]
        self.found = self.again().found
        self._disk()

    def again(self) -> Model:
        """A model that has read the whole log from nothing, and every receipt ever given; nothing may be less than it was."""
        fresh = Model(self.realm, self.folder, self.ledger, found=list(self.found))
        fresh.check()
        fresh._whole()
        for size, root in self.roots.items():
            fresh._root(size, root)
        if fresh.edge.size < self.edge.size:
            fresh._break("I4", "the log is shorter than it was")
        return fresh

    def _whole(self) -> None:
        """Both databases are sound, and the vault has the key of each request that has an entry."""
        vault = self.database.with_name("vault.sqlite")
        with closing(sqlite3.connect(f"{self.database.as_uri()}?mode=ro", uri=True, timeout=10)) as db:
            db.execute("ATTACH ? AS vault", (f"{vault.as_uri()}?mode=ro",))
            for name in ("main", "vault"):
                if db.execute(f"PRAGMA {name}.integrity_check").fetchall() != [("ok",)]:
                    self._break("I4", f"the database {name} is damaged")
            lost = "SELECT count(*) FROM entry_view WHERE request_id NOT IN (SELECT request_id FROM vault.request_key)"
            ((keys,),) = db.execute(lost).fetchall()
            if keys:
                self._break("I1", f"the vault has lost the keys of {keys} entries")

    def _entries(self, db: sqlite3.Connection) -> None:
        start = self.edge.size
        rows = db.execute("SELECT i, ts, data FROM log_entry WHERE i >= ? ORDER BY i", (start,)).fetchall()
        if [i for i, _, _ in rows] != list(range(start, start + len(rows))):
            self._break("I11", "a gap in the indexes")
        for _, ts, _ in rows:
            if ts < self.time_ms:
                self._break("I11", "time goes back")
            self.time_ms = max(self.time_ms, ts)
        new = [leaf_hash(data) for _, _, data in rows]
        self.leaves += new
        identity = log_identity(self.realm.root)
        noted = "SELECT size, note FROM commit_head WHERE size > ? UNION ALL SELECT size, note FROM log_checkpoint"
        heads = sorted(db.execute(f"{noted} WHERE size > ? ORDER BY 1", (start, start)).fetchall())
        for size, note in heads:
            if size > len(self.leaves):
                self._break("I4", "a head of more entries than there are")
                continue
            self.edge = self.edge.extend(self.leaves[self.edge.size : size]).after
            head = verify_head(str(note).encode(), identity)
            self._root(head.size, head.root)
            if head.root != self.edge.root():
                self._break("I4", f"the head of size {size} is not the root of its entries")
        ((size, root),) = db.execute("SELECT size, root FROM log_head").fetchall()
        if (size, root) != (self.edge.size, self.edge.root()) or size != len(self.leaves):
            self._break("I4", "the log's head is not the root of its entries")

    def _root(self, size: int, root: bytes) -> None:
        if self.roots.setdefault(size, root) != root:
            self._break("I3", f"two signed roots of size {size}")

    def _statements(self, db: sqlite3.Connection, sent: set[str]) -> set[bytes]:
        last = max(self.statements, default=-1)
        query = "SELECT i, statement_id, request_id, envelope FROM statement WHERE i > ? ORDER BY i"
        touched: set[bytes] = set()
        for i, statement_id, request_id, envelope in db.execute(query, (last,)).fetchall():
            digest = hashlib.sha256(envelope).hexdigest()
            self.statements[i] = digest
            if digest not in sent or i >= len(self.leaves):
                self._break("I2", f"statement {i} was sent by nobody, or has no entry")
            if statement_id in self.seen_ids:
                self._break("I5", f"statement {i} is in the log twice")
            self.seen_ids.add(statement_id)
            self._order(request_id, envelope, i)
            touched.add(bytes(request_id))
        return touched

    def _order(self, request_id: bytes, envelope: bytes, i: int) -> None:
        try:
            verified = verify_envelope(envelope, self.realm.directory, self.time_ms)
        except RogatoryError as error:
            self._break("I2", f"statement {i} does not verify: {error.code}")
            return
        kinds = self.kinds.setdefault(bytes(request_id), [])
        kind = verified.header.kind
        body = verified.statement.body
        if isinstance(body, Disclose):
            if StatementKind.WITHDRAW in kinds:
                self._break("I6", f"statement {i} discloses what was withdrawn")
            key = (bytes(request_id), body.disclosure_id)
            if key in self.disclosed:
                self._break("I5", f"statement {i} discloses a second time")
            self.disclosed.add(key)
            self._parts(request_id, body, i)
        kinds.append(kind)

    def _parts(self, request_id: bytes, body: Disclose, i: int) -> None:
        """The parts of a disclosure are there, each the bytes that its name says."""
        folder = self.folder / "server" / "data" / "parts" / request_id.hex() / body.disclosure_id.hex()
        whole = [path for path in sorted(folder.glob("*")) if path.suffix != ".partial"]
        parts = [path.read_bytes() for path in whole]
        leaves = [leaf_hash(part) for part in parts]
        named = [path.name for path in whole] == [f"{n:06d}-{leaf.hex()}" for n, leaf in enumerate(leaves)]
        if not named or sum(map(len, parts)) != body.body_length or root_of(leaves) != body.part_root:
            self._break("I1", f"the parts of the disclosure at {i} are not those that were acknowledged")

    def _states(self, db: sqlite3.Connection, touched: set[bytes]) -> None:
        query = "SELECT s.envelope, s.i, e.ts FROM statement s JOIN log_entry e USING(i) WHERE s.request_id = ? ORDER BY i"
        for request_id in touched:
            logged = [LoggedEnvelope(*row) for row in db.execute(query, (request_id,))]
            state, _ = fold(logged, self.realm.directory, self.realm.packs)
            row = db.execute(
                "SELECT last_index, last_leaf, state FROM request WHERE request_id = ?", (request_id,)
            ).fetchone()
            if state is None or row is None or row[:2] != (state.last_index, self.leaves[state.last_index]):
                self._break("I7", "a request's last statement is not that of its fold")
            elif row[2]:
                copy = from_plain(RequestState, json.loads(row[2]), "state")
                before, _ = fold(
                    [item for item in logged if item.index <= copy.last_index],
                    self.realm.directory,
                    self.realm.packs,
                )
                if copy != before:
                    self._break("I7", "a request's state is not the fold of its statements")

    def _told(self, item: Told) -> None:
        receipt = decode_receipt(item.receipt)
        try:
            verified = verify_receipt(receipt, log_identity(self.realm.root))
        except RogatoryError as error:
            self._break("I8", f"a receipt does not verify: {error.rule}")
            return
        self._root(verified.head.size, verified.head.root)
        invariant = "I1" if item.accepted else "I10"
        if item.index >= len(self.leaves) or self.leaves[item.index] != leaf_hash(receipt.entry):
            self._break(
                invariant, f"an answer of entry {item.index} was given, and the log holds another or none"
            )
        elif item.accepted and self.statements.get(item.index) != item.envelope:
            self._break("I1", f"entry {item.index} was acknowledged, and its statement is gone")
        elif verified.head.size <= self.edge.size and verified.head.size not in self.roots:
            self._break("I3", "a receipt's head is not of this log")

    def _disk(self) -> None:
        planted = [CANARY.encode()]
        secret = [self.realm.seed(name) for name in self.realm.realm.members]
        secret += [seed.hex().encode() for seed in secret]
        for path in sorted((self.folder / "server" / "data").rglob("*")):
            if path.is_file() and "keys" not in path.parts:
                data = path.read_bytes()
                if any(word in data for word in planted + secret):
                    self._break("I9", f"a planted word or a key stands in {path.name}")
        lines = (self.folder / "server.log").read_bytes()
        if any(word in lines for word in planted + secret):
            self._break("I14", "a planted word or a key stands in the log lines")

    def _break(self, invariant: str, words: str) -> None:
        self.found.append(f"{invariant} {words}")
