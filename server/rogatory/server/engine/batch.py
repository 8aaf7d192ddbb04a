# SPDX-License-Identifier: Apache-2.0
"""One group commit in the making: entries, what opens them, and answers that wait for the commit.

Entries get their index as they are placed, since one writer owns the log. A handler returns a function that makes its
answer once head and proofs exist; nothing of a batch is shown before its transaction has committed. The batch does not
begin or end a transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rogatory.audit.commitment import SLOTS, EntryHeader, commit, random_salts
from rogatory.audit.log import Staged
from rogatory.audit.merkle import leaf_hash
from rogatory.protocol.entry import Fields
from rogatory.protocol.entry_schema import SCHEMA_ID, SEAL, read_record
from rogatory.protocol.header import DAY_MS
from rogatory.protocol.pack import Pack
from rogatory.protocol.receipt import Opening, Receipt
from rogatory.server.engine.core import Core
from rogatory.server.store.contract import ViewRow
from rogatory.server.vault import NO_REQUEST

_OPENINGS, _KEPT = "openings", "kept"


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry at its index in this batch, with everything that opens it."""

    index: int
    entry: bytes
    leaf: bytes
    commitments: tuple[bytes, ...]
    salts: tuple[bytes, ...]
    values: Fields

    @property
    def openings(self) -> tuple[Opening, ...]:
        """All sixteen openings."""
        return tuple(map(Opening, range(SLOTS), self.salts, self.values))

    @property
    def blob(self) -> bytes:
        """The openings as they are stored: salt and length-prefixed value each, in slot order."""
        pairs = zip(self.salts, self.values, strict=True)
        return b"".join([salt + len(value).to_bytes(4, "big") + value for salt, value in pairs])


class Finish:
    """Makes receipts once the batch is committed."""

    def __init__(self, core: Core, staged: Staged | None) -> None:
        self._core = core
        self._staged = staged
        self._head = b"" if staged is None else staged.note.encode()

    def receipt(self, placed: Placed) -> Receipt:
        """Return the receipt of an entry of this batch, from memory alone."""
        if self._staged is None:
            msg = "a receipt was asked of a batch without entries"
            raise AssertionError(msg)
        inclusion = tuple(self._staged.inclusion(placed.index))
        return Receipt(placed.entry, placed.commitments, placed.openings, placed.index, inclusion, self._head)

    def stored(self, row: ViewRow) -> Receipt:
        """Return the receipt of a committed entry, byte for byte as it was first given."""
        size, note = self._core.store.head_after(row.i)
        inclusion = tuple(self._core.log.inclusion(row.i, size))
        entry = self._core.log.entry(row.i)
        return Receipt(
            entry, split_commitments(row), open_row(self._core, row), row.i, inclusion, note.encode()
        )


Answer = Callable[[Finish], bytes]


class Batch:
    """Entries placed so far.

    Args:
        core: The parts of the write path.
        time_ms: Commit time of the whole batch; never earlier than the log's newest entry.
    """

    def __init__(self, core: Core, time_ms: int) -> None:
        self._core = core
        self.time_ms = time_ms
        self.entries: list[bytes] = []
        self.laws: list[Pack] = []
        self.erased: list[bytes] = []  # requests whose vault key goes once this is committed

    @property
    def next_index(self) -> int:
        """Log index of the next entry."""
        return self._core.log.size + len(self.entries)

    def place(
        self, fields: Fields, actor: bytes, request_id: bytes | None = None, envelope: bytes | None = None
    ) -> Placed:
        """Add an entry with these sixteen values and keep what opens it.

        Args:
            fields: The values.
            actor: Organisation that may open the entry beside the request's parties and oversight.
            request_id: The request that it belongs to, if any; its vault key seals the openings.
            envelope: The signed bytes behind the entry, unless it has a statement's row, which holds them.
        """
        core = self._core
        (due, _extension) = read_record(fields[SEAL], 2)
        header = EntryHeader(core.entropy.token(16), self.time_ms // DAY_MS, int.from_bytes(due, "big"))
        salts = random_salts(core.entropy.token)
        committed = commit(core.log.origin, SCHEMA_ID, header, fields, salts)
        index = self.next_index
        entry, commitments = committed.entry, committed.commitments
        placed = Placed(index, entry, leaf_hash(entry), commitments, salts, fields)
        sealed = core.vault.seal(request_id or NO_REQUEST, f"{_OPENINGS}/{index}", placed.blob)
        core.store.add_view(ViewRow(index, actor, request_id, b"".join(commitments), sealed, envelope))
        self.entries.append(entry)
        return placed


def split_commitments(row: ViewRow) -> tuple[bytes, ...]:
    """Return C_0..C_15 of a stored view."""
    return tuple(row.commitments[at : at + 32] for at in range(0, 512, 32))


def open_row(core: Core, row: ViewRow) -> tuple[Opening, ...]:
    """Return all openings of a stored view.

    Raises:
        LogCorrupt: The vault key is gone or the row was changed.
    """
    if row.kept:
        return _decode_kept(core.vault.open(NO_REQUEST, f"{_KEPT}/{row.i}", row.openings))
    return decode_openings(
        core.vault.open(row.request_id or NO_REQUEST, f"{_OPENINGS}/{row.i}", row.openings)
    )


def seal_kept(core: Core, index: int, openings: tuple[Opening, ...]) -> bytes:
    """Return some openings of an entry as they outlive its request's key: slot, salt and length-prefixed value each."""
    rows = [bytes([o.slot]) + o.salt + len(o.value).to_bytes(4, "big") + o.value for o in openings]
    return core.vault.seal(NO_REQUEST, f"{_KEPT}/{index}", b"".join(rows))


def _decode_kept(blob: bytes) -> tuple[Opening, ...]:
    found: list[Opening] = []
    at = 0
    while at < len(blob):
        end = at + 37 + int.from_bytes(blob[at + 33 : at + 37], "big")
        found.append(Opening(blob[at], blob[at + 1 : at + 33], blob[at + 37 : end]))
        at = end
    return tuple(found)


def decode_openings(blob: bytes) -> tuple[Opening, ...]:
    """Return the openings of a ``Placed.blob``."""
    found: list[Opening] = []
    at = 0
    for slot in range(SLOTS):
        length = int.from_bytes(blob[at + 32 : at + 36], "big")
        found.append(Opening(slot, blob[at : at + 32], blob[at + 36 : at + 36 + length]))
        at += 36 + length
    return tuple(found)
