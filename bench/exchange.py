# SPDX-License-Identifier: Apache-2.0
"""A training realm's exchange with sealed sections in place, and signed statements that wait to be sent to it.

All is done before the clock of a measure starts: sealing and signing are the client's work, not the exchange's. The
sections are sealed for real and go through the engine itself. It is no client: nothing is kept on disk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from typing_extensions import override

from rogatory.protocol import codec
from rogatory.protocol.errors import RogatoryError
from rogatory.protocol.ids import SystemClock, SystemEntropy
from rogatory.protocol.receipt import log_identity, verify_receipt
from rogatory.protocol.wire import MAX_MESSAGE, SubmitRequest, SubmitResponse
from rogatory.server.engine import Engine, Job, Op
from tests.support.acts import Wanted, World, engine_files
from tests.support.realm import FixedClock, TrainingRealm

SENDER = "investigator"
_ELEMENTS = ("billing", "email_address", "name", "postal_address", "registration_ip", "telephone_number")
# Three identifiers make a signed statement of about 2 KB.
_TASKS = tuple(Wanted(identifier=f"exercise-user-{i}@mail.example", elements=_ELEMENTS) for i in range(1, 4))
_PUT_AT_ONCE = 128


@dataclass
class Prepared(World):
    """A world whose sections are put in large batches."""

    pending: list[Job] = field(default_factory=list)

    @classmethod
    @override
    def build(cls, folder: Path) -> Prepared:
        """Make a realm on the real clock, because TLS needs it, and open its engine."""
        realm = TrainingRealm.build(folder)
        files = engine_files(folder / "server")
        clock = cast("FixedClock", SystemClock())
        return cls(realm, Engine.open(files), files, clock, SystemEntropy())

    @override
    def call(self, name: str, op: Op, request: object) -> bytes:
        """Keep the job for the next batch; nothing here looks at the answer of a put."""
        self.pending.append(Job(op, self.realm.row(name).tls_spki, codec.encode(request)))
        if len(self.pending) >= _PUT_AT_ONCE:
            self.flush()
        return b""

    def flush(self) -> None:
        """Do what is pending."""
        for reply in self.engine.process(self.pending):
            if isinstance(reply, RogatoryError):
                raise reply
        self.pending.clear()

    def calls(self, count: int) -> list[bytes]:
        """Return the bytes of ``count`` calls of ``Submit``, one fresh signed statement in each."""
        made = [codec.encode(SubmitRequest((self.issue(SENDER, tasks=_TASKS)[1],))) for _ in range(count)]
        self.flush()
        return made


def check_answers(realm: TrainingRealm, answers: Sequence[bytes]) -> None:
    """Demand that every answer is a receipt that verifies, each for an entry of its own.

    Raises:
        RuntimeError: Something was refused, or two answers are about one entry: the figures would be worthless.
    """
    log = log_identity(realm.root)
    indexes: set[int] = set()
    for data in answers:
        (result,) = codec.decode(SubmitResponse, data, limit=MAX_MESSAGE).results
        if result.receipt is None:
            msg = "a statement of the benchmark was rejected"
            raise RuntimeError(msg)
        indexes.add(verify_receipt(result.receipt, log).receipt.index)
    if len(indexes) != len(answers):
        msg = "two statements of the benchmark got one entry"
        raise RuntimeError(msg)
