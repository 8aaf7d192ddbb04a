# SPDX-License-Identifier: Apache-2.0
"""The vault: one key for each request, in a small store of its own, for everything that must be erasable.

Openings of log entries and sealed sections lie in the main database encrypted under their request's key (AES-256-GCM).
Destroying that one key erases them, in backups of the main database too, while every proof still verifies
(architecture §8); its row stays, empty, so that no request that was erased gets a second key. Keys are made durable before the transaction that needs them commits; a key without data is harmless,
data without a key is lost. So a vault that is opened is flushed first: a process that was killed between writing and
flushing a key has left one that is found and could be used, and that a power cut would still take away. The vault holds no key to what is inside a sealed section.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from rogatory.audit import sqlite as audit_sqlite
from rogatory.audit.errors import LogCorrupt, LogUnavailable
from rogatory.audit.failpoints import failpoint
from rogatory.protocol import errors, tags
from rogatory.protocol.errors import Refused
from rogatory.protocol.ids import Entropy

NO_REQUEST: Final = bytes(16)
_NONCE: Final = 12
_CACHE: Final = 10_000
_GONE: Final = b""


class Vault:
    """Keys by request id. Used from the thread that owns it.

    Args:
        path: The vault's own database file.
        entropy: Source of keys and nonces.
        create: Make the file when missing; otherwise a missing vault is an error, since data would be lost for good.
    """

    def __init__(self, path: Path, entropy: Entropy, *, create: bool = False) -> None:
        self._db: sqlite3.Connection = audit_sqlite.connect(path, create=create)
        self._entropy = entropy
        self._keys: dict[bytes, bytes] = {}
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS request_key(request_id BLOB PRIMARY KEY, key BLOB NOT NULL) STRICT, WITHOUT ROWID"
        )
        self._db.execute("PRAGMA secure_delete = ON")  # what is destroyed does not stay behind in a free page
        # Flushes the write-ahead log and then the database.
        self._empty_journal()

    def seal(self, request_id: bytes, what: str, data: bytes) -> bytes:
        """Encrypt ``data`` under the request's key, made now if there is none; ``what`` is bound in.

        Raises:
            Refused: ``X_ERASED``: the request was erased.
        """
        nonce = self._entropy.token(_NONCE)
        key = self._key(request_id, make=True)
        return nonce + AESGCM(key).encrypt(nonce, data, tags.framed(tags.VAULT, request_id, what.encode()))

    def open(self, request_id: bytes, what: str, data: bytes) -> bytes:
        """Decrypt what ``seal`` gave.

        Raises:
            LogCorrupt: There is no key or the bytes are not what was sealed.
            Refused: ``X_ERASED``: the request was erased.
        """
        aad = tags.framed(tags.VAULT, request_id, what.encode())
        try:
            return AESGCM(self._key(request_id, make=False)).decrypt(data[:_NONCE], data[_NONCE:], aad)
        except InvalidTag:
            msg = "a vault row does not open"
            raise LogCorrupt(msg) from None

    def destroy(self, request_ids: Sequence[bytes]) -> None:
        """Destroy keys for good; those that are gone already stay gone. Called after the main transaction has committed.

        Raises:
            LogUnavailable: The disk does not take it; the caller must stop, and destroy again after the next start.
        """
        left = [key for key in request_ids if self._stored(key)]
        for request_id in request_ids:
            self._keys.pop(request_id, None)
        if not left:
            return
        self.flush()
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany(
            "UPDATE request_key SET key = ? WHERE request_id = ?", [(_GONE, key) for key in left]
        )
        self.flush()
        self._empty_journal()

    def flush(self) -> None:
        """Make new keys durable. Called before the main transaction commits."""
        if self._db.in_transaction:
            failpoint("vault.commit.before")
            self._db.execute("COMMIT")
            failpoint("vault.commit.after")

    def close(self) -> None:
        """Flush and close."""
        self.flush()
        self._db.close()

    def _empty_journal(self) -> None:
        (busy, _, _) = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            msg = "the vault is in use by another process"
            raise LogUnavailable(msg)

    def _stored(self, request_id: bytes) -> bytes | None:
        row = self._db.execute("SELECT key FROM request_key WHERE request_id = ?", (request_id,)).fetchone()
        return None if row is None else bytes(row[0])

    def _key(self, request_id: bytes, *, make: bool) -> bytes:
        cached = self._keys.get(request_id)
        if cached is not None:
            return cached
        stored = self._stored(request_id)
        if stored == _GONE:
            raise Refused(errors.X_ERASED, "request_id", "ERASED")
        if stored is None and not make:
            msg = "a request's vault key is gone"
            raise LogCorrupt(msg)
        key = stored if stored is not None else self._make(request_id)
        if len(self._keys) >= _CACHE:
            self._keys.clear()
        self._keys[request_id] = key
        return key

    def _make(self, request_id: bytes) -> bytes:
        key = self._entropy.token(32)
        if not self._db.in_transaction:
            self._db.execute("BEGIN IMMEDIATE")
        self._db.execute("INSERT INTO request_key(request_id, key) VALUES(?, ?)", (request_id, key))
        failpoint("vault.key.after")
        return key
