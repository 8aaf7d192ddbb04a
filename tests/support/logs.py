# SPDX-License-Identifier: Apache-2.0
"""Small logs for tests: owners of transactions, keys made from fixed seeds, stores that go wrong on request.

Nothing here is a mock: each store is a real one, or a real one that damages a value on its way.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from typing_extensions import override

from rogatory.audit import sqlite
from rogatory.audit.keys import Ed25519Signer, TimestampedMlDsaSigner
from rogatory.audit.log import Log, Staged
from rogatory.audit.memory import MemoryStore
from rogatory.audit.merkle import NodeReader, leaf_hash, node_hash
from rogatory.audit.store import LogStore

ORIGIN = "log.rogatory.example/test"


def seed(label: str) -> bytes:
    """Returns 32 fixed bytes for a key that is only ever used in tests."""
    return hashlib.sha256(f"test key {label}".encode()).digest()


def ed25519_signer(name: str = ORIGIN, label: str = "log") -> Ed25519Signer:
    return Ed25519Signer(name, Ed25519PrivateKey.from_private_bytes(seed(label)))


def mldsa_signer(name: str = ORIGIN, label: str = "log", time: int = 0) -> TimestampedMlDsaSigner:
    return TimestampedMlDsaSigner(name, MLDSA44PrivateKey.from_seed_bytes(seed(label)), lambda: time)


@dataclass(frozen=True)
class Owner:
    """A store and the way to own a transaction on it."""

    store: LogStore
    transaction: Callable[[], AbstractContextManager[None]]

    def new_log(self) -> Log:
        with self.transaction():
            return Log.create(self.store, ORIGIN, ed25519_signer())

    def append(self, log: Log, entries: Sequence[bytes], time_ms: int = 0) -> Staged:
        staged = log.stage(entries, time_ms)
        with self.transaction():
            log.write(staged)
        log.adopt(staged)
        return staged


def memory_owner(store: MemoryStore | None = None) -> Owner:
    store = store or MemoryStore()
    return Owner(store, store.transaction)


class MisreadingStore(MemoryStore):
    """Gives back one tile with one bit wrong, from the moment that ``bad`` names (level, index, bit)."""

    bad: tuple[int, int, int] | None = None

    @override
    def tile(self, level: int, index: int) -> bytes:
        data = super().tile(level, index)
        if self.bad is None or self.bad[:2] != (level, index) or not data:
            return data
        return flip(data, self.bad[2])


class CarelessSigner(Ed25519Signer):
    """Signs wrongly while ``careless``: hardware that fails, or a key that was swapped under it."""

    careless = False

    @override
    def sign(self, text: str) -> bytes:
        return flip(super().sign(text), 5) if self.careless else super().sign(text)


def flip(data: bytes, bit: int) -> bytes:
    """Returns the bytes with one bit changed."""
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def new_database(path: Path) -> sqlite3.Connection:
    connection = sqlite.connect(path, create=True)
    connection.executescript(sqlite.SCHEMA)
    return connection


def sqlite_owner(connection: sqlite3.Connection) -> Owner:
    return Owner(sqlite.SqliteStore(connection), partial(sqlite.transaction, connection))


def entry(index: int) -> bytes:
    """Returns the invented entry of an index, 57 bytes like a real one."""
    return (f"entry {index} ".encode() * 57)[:57]


def entries(count: int, start: int = 0) -> list[bytes]:
    return [entry(index) for index in range(start, start + count)]


def naive_root(leaves: Sequence[bytes]) -> bytes:
    """Returns MTH by the recursive definition of RFC 9162 section 2.1.1, written apart from the product's."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    joined = b"\x01" + naive_root(leaves[:split]) + naive_root(leaves[split:])
    return hashlib.sha256(joined).digest()


def naive_path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """Returns PATH(m, D) by the recursive definition of RFC 9162 section 2.1.3.1."""
    if len(leaves) == 1:
        return []
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    if index < split:
        return [*naive_path(index, leaves[:split]), naive_root(leaves[split:])]
    return [*naive_path(index - split, leaves[split:]), naive_root(leaves[:split])]


def node_reader(leaves: Iterable[bytes]) -> NodeReader:
    """Returns a reader over a whole tree that is kept in memory."""
    levels = [list(leaves)]
    while len(levels[-1]) > 1:
        row = levels[-1]
        levels.append([node_hash(row[k], row[k + 1]) for k in range(0, len(row) - 1, 2)])
    return lambda level, index: levels[level][index]


def byte_leaves(count: int) -> list[bytes]:
    """Returns the leaf hashes of the one-byte entries 0, 1, 2, …"""
    return [leaf_hash(bytes([index])) for index in range(count)]
