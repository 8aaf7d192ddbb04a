# SPDX-License-Identifier: Apache-2.0
"""What the outside world was told: a file beside the exchange, flushed before a client goes on. Not the exchange's word.

A line is written before a statement is sent and one when its answer has come, so that after a crash it is known what the
exchange may hold, what it must hold, and what it cannot hold.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Told:
    """An answer: digest of the envelope's bytes, log index, exact bytes of the receipt; `accepted` or rejected; when."""

    envelope: str
    index: int
    receipt: bytes
    accepted: bool
    at: float


class Ledger:
    """Append-only, shared by the threads of one process."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab")
        self._lock = threading.Lock()
        self.sent: set[str] = set()
        self.told: list[Told] = []
        self.complaints: list[str] = []

    def note_sent(self, envelope: bytes) -> None:
        digest = hashlib.sha256(envelope).hexdigest()
        with self._lock:
            self._write({"sent": digest})
            self.sent.add(digest)

    def note_told(self, envelope: bytes, index: int, receipt: bytes, *, accepted: bool) -> None:
        digest = hashlib.sha256(envelope).hexdigest()
        with self._lock:
            self._write({"told": digest, "index": index, "receipt": receipt.hex(), "accepted": accepted})
            self.told.append(Told(digest, index, receipt, accepted, time.monotonic()))

    def complain(self, words: str) -> None:
        """A client saw by itself that the exchange broke its word."""
        with self._lock:
            self._write({"complaint": words})
            self.complaints.append(words)

    def snapshot(self) -> tuple[set[str], list[Told], list[str]]:
        with self._lock:
            return set(self.sent), list(self.told), list(self.complaints)

    def close(self) -> None:
        self._file.close()

    def _write(self, line: object) -> None:
        self._file.write(json.dumps(line).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())
