# SPDX-License-Identifier: Apache-2.0
"""An emergency in which the exchange is down: people with a real profile each, sessions without a line, files by hand.

The exchange is the real engine in this process; "down" means that nobody calls it. What a check should say is not known here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rogatory.client.authority import prepare_grant
from rogatory.client.carried_store import header_of
from rogatory.client.carry_check import Taken, check_carried, take_in
from rogatory.client.carrying import Carried, prepare_answer, prepare_carry, write_carry
from rogatory.client.drafting import prepare_issue
from rogatory.client.drafts import DraftFact, DraftGrounds, DraftInstant, DraftRequest, DraftTask, new_draft
from rogatory.client.outbox import list_outbox
from rogatory.client.outgoing import flush_outbox, sign_and_keep, sign_and_send
from rogatory.client.profile import unpack_secrets
from rogatory.client.provider import prepare_preserve, prepare_received
from rogatory.client.sealing.carry import open_head, seal_head
from rogatory.client.sealing.xwing import UnitKeys
from rogatory.client.session import Session, open_session
from rogatory.protocol import codec
from rogatory.protocol.carried import MAX_HEAD, PREFIX, CarriedContent, CarriedFile, frame
from rogatory.protocol.header import StatementKind
from tests.support.desks import FACTS, secrets_of
from tests.support.liar import Inner, Inside
from tests.support.realm import SeededEntropy

URGENT = FACTS | {
    "emergency": DraftFact(("LIFE",)),
    "emergency.reason": DraftFact(("CHILD_AT_RISK",)),
    "validation": DraftFact(("EX_POST",)),
}


@dataclass
class Emergency:
    """The people and the folder that files are handed over in."""

    inner: Inner
    folder: Path
    entropy: SeededEntropy = field(default_factory=lambda: SeededEntropy("carried"))

    def offline(self, name: str) -> AbstractAsyncContextManager[Session]:
        """A session that has no line."""
        secrets = unpack_secrets(secrets_of(self.inner.world.realm, name))
        return open_session(self.inner.profile(name), secrets, clock=self.inner.world.clock, online=False)

    async def sync(self, *names: str) -> None:
        for name in names:
            async with self.inner.open(name):
                pass

    def draft(self, **changes: Any) -> DraftRequest:  # noqa: ANN401 - any field of a draft
        realm, clock = self.inner.world.realm, self.inner.world.clock
        unit, authority = realm.address("provider"), realm.address("authority")
        since, until = (_iso(clock.now_ms() - back * 86_400_000) for back in (10, 1))
        task = DraftTask("account_id", "exercise-user@mail.example", ("name",), since, until, "EVIDENCE")
        draft = DraftRequest(
            kind="DISCLOSURE",
            pack_id=realm.pack.pack_id,
            provider=f"{unit.org.hex()}:{unit.unit.hex()}",
            authority=f"{authority.org.hex()}:{authority.unit.hex()}",
            tasks=(task,),
            facts=URGENT,
            grounds=DraftGrounds("EX-1", "invented", "needed", "fits", "nobody is real", "invented danger"),
        )
        return new_draft(replace(draft, **changes), clock, self.entropy)

    async def issued(self, **changes: Any) -> bytes:  # noqa: ANN401 - any field of a draft
        """The agency signs a request that it cannot send; return its id."""
        async with self.offline("investigator") as session:
            return sign_and_keep(session, prepare_issue(session, self.draft(**changes))).request_id

    async def carried(self, request_id: bytes, name: str = "order.carry") -> Carried:
        async with self.offline("investigator") as session:
            return write_carry(session, await prepare_carry(session, request_id), self.folder / name)

    async def check(self, path: Path, who: str = "compliance") -> Taken:
        async with self.offline(who) as session:
            return await check_carried(session, path)

    async def received(self, path: Path) -> Taken:
        """The provider takes the file in and signs for it."""
        async with self.offline("compliance") as session:
            taken = await check_carried(session, path)
            prepared = prepare_received(session, taken.view, taken.opened)
            take_in(session, taken)
            for item in prepared:
                sign_and_keep(session, item)
            return taken

    async def frozen(self, request_id: bytes, name: str = "answer.carry") -> Carried:
        """The provider freezes and writes its answer."""
        async with self.offline("compliance") as session:
            sign_and_keep(session, await prepare_preserve(session, request_id))
            return write_carry(session, await prepare_answer(session, request_id), self.folder / name)

    async def flushed(self, who: str) -> list[tuple[str, str]]:
        """The exchange is back for one person: what waits goes; kind and what became of it."""
        async with open_session(
            self.inner.profile(who),
            unpack_secrets(secrets_of(self.inner.world.realm, who)),
            clock=self.inner.world.clock,
            transport=Inside(self.inner.world, who),
        ) as session:
            done = await flush_outbox(session)
        return [(i.waiting.kind.name, i.error.rule if i.error is not None else "LOGGED") for i in done]

    async def granted(self, request_id: bytes) -> None:
        """The authority says yes afterwards, with a line."""
        async with self.inner.open("prosecutor") as session:
            await sign_and_send(session, await prepare_grant(session, request_id))

    def waiting(self, who: str) -> list[str]:
        return [item.kind.name for item in list_outbox(self.inner.profile(who))]

    def envelope(self, who: str, kind: StatementKind) -> bytes:
        """A signed statement that waits."""
        items = list_outbox(self.inner.profile(who))
        return next(item.envelope for item in items if header_of(item.envelope).kind is kind)

    def resealed(
        self, path: Path, to: str, change: Callable[[CarriedFile], CarriedFile] = lambda file: file
    ) -> Path:
        """What an insider could do who has opened a file: change what is in it, and seal it to somebody."""
        realm = self.inner.world.realm
        data = path.read_bytes()
        head = data[PREFIX : PREFIX + int.from_bytes(data[PREFIX - 4 : PREFIX], "big")]
        plain = open_head(head, realm.directory.realm, UnitKeys([realm.unit_seed("provider")]))
        file = change(codec.decode(CarriedFile, plain, limit=MAX_HEAD))
        unit = realm.unit(to)
        new = path.with_name("resealed.carry")
        new.write_bytes(frame(seal_head(codec.encode(file), realm.directory.realm, unit, self.entropy)))
        return new


def content_changed(**changes: Any) -> Callable[[CarriedFile], CarriedFile]:  # noqa: ANN401 - any field of a content
    """A change of the content alone, under the cover as it was."""

    def change(file: CarriedFile) -> CarriedFile:
        content = codec.decode(CarriedContent, file.content, limit=MAX_HEAD)
        return replace(file, content=codec.encode(replace(content, **changes)))

    return change


def _iso(ms: int) -> DraftInstant:
    at = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(milliseconds=ms)
    return DraftInstant(at.strftime("%Y-%m-%dT%H:%M:%SZ"))
