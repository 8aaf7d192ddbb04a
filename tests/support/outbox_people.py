# SPDX-License-Identifier: Apache-2.0
"""People with a real profile each, whose every command is a session of its own over a line that may fail.

They sign through the SDK only. What becomes of each statement that they ever signed can be told from their files and the
exchange's log together. They are no model of the exchange: that is the real one.
"""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, TypeVar

from rogatory.client.outbox import Waiting, list_outbox
from rogatory.client.profile import Profile, unpack_secrets
from rogatory.client.rejections import verify_rejection
from rogatory.client.session import Session, open_session
from rogatory.client.trusted_state import TrustedState
from rogatory.protocol import codec
from rogatory.protocol.envelope import envelope_digest, parse_envelope
from rogatory.protocol.header import Header
from rogatory.protocol.lifecycle import LoggedEnvelope, fold
from rogatory.protocol.lifecycle_table import DECIDING_KINDS
from rogatory.protocol.receipt import MAX_RECEIPT, Rejection, log_identity, verify_receipt
from rogatory.protocol.state import TERMINAL, RequestState
from rogatory.protocol.statements import MAX_ENVELOPE, Statement
from tests.support.acts import World
from tests.support.desks import make_profile, secrets_of
from tests.support.inprocess import Exchange, Line

T = TypeVar("T")
STALE: Final = "X_STALE_GENERATION"
NAMES: Final = ("investigator", "judge", "compliance")


class People:
    """The three desks of one world.

    ``signed`` holds every envelope that was ever signed here, and by whom; ``seen`` counts what happened.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.world = World.build(folder / "realm")
        self.exchange = Exchange(self.world)
        self.signed: dict[bytes, str] = {}
        self.seen: Counter[str] = Counter()
        self._explained: set[bytes] = set()
        self._runner = asyncio.Runner()
        self._secrets = {}
        for name in NAMES:
            make_profile(self.world.realm, name, folder / name, "127.0.0.1:1")
            self._secrets[name] = unpack_secrets(secrets_of(self.world.realm, name))
            self.run(name, _nothing)

    def close(self) -> None:
        self._runner.close()
        self.exchange.close()
        shutil.rmtree(self.folder)

    def profile(self, name: str) -> Profile:
        """The profile, read from its files again, as a new process would."""
        return Profile.open(self.folder / name)

    def run(
        self,
        name: str,
        work: Callable[[Session], Awaitable[T]],
        *,
        line: Line | None = None,
        online: bool = True,
        sync: bool = True,
    ) -> T:
        """One command of one person: its own session, from the files, to its end or its death."""
        self.world.clock.at_ms += 1000

        async def command() -> T:
            async with open_session(
                self.profile(name),
                self._secrets[name],
                clock=self.world.clock,
                entropy=self.world.entropy,
                online=online,
                sync=sync,
                transport=(line or Line(self.exchange, name)) if online else None,
            ) as session:
                return await work(session)

        try:
            return self._runner.run(command())
        finally:
            self.signed.update({item.envelope: name for item in self.waiting(name)})
            self.signed.update({envelope: who for who, envelope in self.exchange.wire})

    def ask(self, name: str, method: str, request: object) -> bytes:
        """One call outside any session."""
        return self._runner.run(self.exchange.ask(name, method, request))

    def waiting(self, name: str) -> tuple[Waiting, ...]:
        return list_outbox(self.profile(name))

    def state(self, request_id: bytes) -> RequestState:
        return self.world.state(request_id)

    def logged(self, envelope: bytes) -> list[int]:
        """Indices at which an envelope stands in the log."""
        rows = self.world.engine._core.store.statements_of(header_of(envelope).request_id)
        return [row.i for row in rows if row.envelope == envelope]

    def account(self) -> None:
        """Nothing that was signed is lost or doubled: it waits, or has its receipt, or its signed rejection."""
        for name in NAMES:
            waiting = {item.envelope for item in self.waiting(name)}
            rejections = self._rejections(name)
            for envelope in (data for data, who in self.signed.items() if who == name):
                logged = self.logged(envelope)
                assert len(logged) <= 1, "a statement is in the log at most once"
                receipt = self._receipt(name, envelope)
                assert envelope in waiting or receipt or envelope in rejections, "a statement vanished"
                if receipt:
                    assert logged
                    assert receipt == self.exchange.first[envelope], "one receipt, byte for byte"
                if envelope in rejections:
                    assert not logged
                    assert envelope not in waiting
                    self._explain(name, envelope, rejections[envelope])

    def _receipt(self, name: str, envelope: bytes) -> bytes:
        digest = envelope_digest(parse_envelope(envelope), self.world.realm.row(name).alg)
        path = self.profile(name).folder("receipts") / f"{digest.hex()}.bin"
        return path.read_bytes() if path.exists() else b""

    def _rejections(self, name: str) -> dict[bytes, bytes]:
        folder = self.profile(name).folder("evidence")
        found = {}
        for path in folder.iterdir():
            assert path.name.endswith("-rejected"), "an honest exchange leaves no other evidence"
            found[(path / "01.bin").read_bytes()] = (path / "00.bin").read_bytes()
        return found

    def _explain(self, name: str, envelope: bytes, data: bytes) -> None:
        """A rejection that was kept holds, and says `X_STALE_GENERATION` exactly where the order rules do."""
        if envelope in self._explained:
            return
        self._explained.add(envelope)
        world = self.world
        rejection = codec.decode(Rejection, data, limit=2 * MAX_RECEIPT)
        scheme = TrustedState(self.profile(name)).load_scheme(world.clock.now_ms())
        body = verify_rejection(rejection, envelope, scheme, world.realm.row(name)).body
        header = header_of(envelope)
        before = self._before(header.request_id, rejection.receipt.index)
        overtaken = before is None or header.seen.request_position != before.last_index + 1
        ended = before is not None and before.name in TERMINAL
        stale = header.kind in DECIDING_KINDS and overtaken and not ended
        assert (body.code == STALE) == stale, (body.code, body.rule)
        if ended:
            assert body.code == "X_OBJECT_TERMINAL"
        self.seen[body.code] += 1

    def _before(self, request_id: bytes, index: int) -> RequestState | None:
        world, log = self.world, log_identity(self.world.realm.root)
        logged = []
        for item in world.get("inspector", request_id).statements:
            receipt = verify_receipt(item.receipt, log)
            if receipt.receipt.index < index:
                logged.append(LoggedEnvelope(item.envelope, receipt.receipt.index, receipt.time_ms))
        return fold(logged, world.realm.directory, world.realm.packs)[0]


async def _nothing(_session: Session) -> None:
    """Only bring the state up to date."""


def header_of(envelope: bytes) -> Header:
    payload = parse_envelope(envelope).payload
    return codec.decode(Statement, payload, limit=MAX_ENVELOPE).header
