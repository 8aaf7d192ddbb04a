# SPDX-License-Identifier: Apache-2.0
"""People of a training realm at their desks: profiles on disk and SDK sessions against the real server.

Also transports that lie, to show that the SDK does not believe. Nobody in it exists; no key file's cost is real here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from rogatory.client.channel import Channel, Transport
from rogatory.client.drafts import DraftFact, DraftGrounds, DraftInstant, DraftRequest, DraftTask, new_draft
from rogatory.client.keyfile import Cost, lock
from rogatory.client.outgoing import Sent, sign_and_send
from rogatory.client.profile import Person, Profile, ProfileConfig, Secrets, pack_secrets, unpack_secrets
from rogatory.client.session import Session, open_session
from rogatory.protocol.ids import SystemClock, SystemEntropy
from rogatory.protocol.keys import Alg
from tests.support.front import ServerProcess
from tests.support.realm import TrainingRealm

T = TypeVar("T")
PASSPHRASE = "an invented passphrase for tests"
_CHEAP = Cost(passes=1, lanes=1, memory_kib=64)
FACTS = {
    "controller": DraftFact(("CONTROLLER",)),
    "offence.in_issuing_state": DraftFact(("YES",)),
    "offence.max_penalty_months": DraftFact((), 120),
    "person.resides_in_issuing_state": DraftFact(("YES",)),
    "person.role": DraftFact(("SUSPECT",)),
}


def secrets_of(realm: TrainingRealm, name: str) -> dict[str, bytes]:
    """Named secrets of one person, as a key file holds them."""
    seed = realm.unit_seed(name)
    units = [(realm.address(name), seed)] if seed else []
    return pack_secrets(realm.seed(name), Alg.ED25519, units)


def make_profile(realm: TrainingRealm, name: str, folder: Path, address: str) -> Profile:
    """Writes the profile of one of the realm's people."""
    row, tls = realm.row(name), realm.tls(name)
    config = ProfileConfig(
        name=name,
        address=address,
        realm=realm.directory.realm,
        person=Person(row.org, row.unit, row.subject, realm.role(name)),
        names={identifier.hex(): label for identifier, label in realm.realm.names.items()},
    )
    return Profile.create(
        folder,
        config,
        key_file=lock(secrets_of(realm, name), PASSPHRASE, _CHEAP),
        tls_cert=tls.certificate,
        tls_key=tls.key,
        tls_ca=realm.realm.authority.certificate,
    )


def day(back: int, hour: int = 0) -> DraftInstant:
    """A moment so many days ago, at a full hour, UTC."""
    at = dt.datetime.now(dt.UTC).replace(hour=hour, minute=0, second=0, microsecond=0)
    return DraftInstant((at - dt.timedelta(days=back)).strftime("%Y-%m-%dT%H:%M:%SZ"))


def task(
    identifier: str = "exercise-user@mail.example",
    elements: tuple[str, ...] = ("name", "postal_address"),
    identifier_type: str = "account_id",
    *,
    since: DraftInstant | None = None,
    until: DraftInstant | None = None,
    purpose: str = "EVIDENCE",
) -> DraftTask:
    """A task about the last ten days, unless it says otherwise."""
    return DraftTask(identifier_type, identifier, elements, since or day(10), until or day(1), purpose)


@dataclass
class Desks:
    """Everybody's profile, and sessions against one server."""

    server: ServerProcess
    folder: Path
    profiles: dict[str, Profile] = field(default_factory=dict)

    @property
    def realm(self) -> TrainingRealm:
        return self.server.realm

    def profile(self, name: str) -> Profile:
        if name not in self.profiles:
            self.profiles[name] = make_profile(self.realm, name, self.folder / name, self.server.address)
        return self.profiles[name]

    def secrets(self, name: str) -> Secrets:
        return unpack_secrets(secrets_of(self.realm, name))

    def open(
        self, name: str, *, online: bool = True, transport: Transport | None = None
    ) -> AbstractAsyncContextManager[Session]:
        """An SDK session of one person."""
        return open_session(self.profile(name), self.secrets(name), online=online, transport=transport)

    def transport(self, name: str) -> Channel:
        profile = self.profile(name)
        return Channel(self.server.address, profile.tls(), "localhost")

    def draft(
        self,
        *tasks: DraftTask,
        kind: str = "DISCLOSURE",
        provider: str = "provider",
        enforcing: str = "",
        facts: dict[str, DraftFact] | None = None,
    ) -> DraftRequest:
        """A draft for the realm's authority and provider."""
        told = self.realm.address(enforcing) if enforcing else None
        unit = self.realm.address(provider)
        authority = self.realm.address("authority")
        draft = DraftRequest(
            kind=kind,
            pack_id=self.realm.pack.pack_id,
            provider=f"{unit.org.hex()}:{unit.unit.hex()}",
            authority=f"{authority.org.hex()}:{authority.unit.hex()}",
            tasks=tasks or (task(),),
            facts=FACTS if facts is None else facts,
            enforcing=f"{told.org.hex()}:{told.unit.hex()}" if told else "",
            grounds=DraftGrounds("EX-1", "invented", "needed", "fits", "an exercise; nobody is real"),
        )
        return new_draft(draft, SystemClock(), SystemEntropy())

    async def act(self, name: str, prepare: Callable[[Session], Any]) -> Sent:
        """One session, one statement: prepare, sign, send."""
        async with self.open(name) as session:
            prepared = prepare(session)
            if not hasattr(prepared, "payload"):
                prepared = await prepared
            return await sign_and_send(session, prepared)


class Changed:
    """A transport that changes answers on their way, as a lying exchange or a broken network would."""

    def __init__(self, inner: Transport, method: str, change: Callable[[Any], Any]) -> None:
        self._inner, self._method, self._change = inner, method, change
        self.calls: list[str] = []

    async def call(self, method: str, request: object, answer: type[T], *, repeatable: bool = True) -> T:
        self.calls.append(method)
        reply = await self._inner.call(method, request, answer, repeatable=repeatable)
        changed: T = self._change(reply) if method == self._method else reply
        return changed

    async def receive(self, method: str, request: object, seconds: float | None) -> AsyncIterator[bytes]:
        async for message in self._inner.receive(method, request, seconds):
            for changed in self._change(message) if method == self._method else (message,):
                yield changed

    async def send(self, method: str, frames: AsyncIterator[bytes], answer: type[T], seconds: float) -> T:
        self.calls.append(method)
        sent = self._change(frames) if method == self._method else frames
        return await self._inner.send(method, sent, answer, seconds)

    async def close(self) -> None:
        await self._inner.close()
