# SPDX-License-Identifier: Apache-2.0
"""What was signed is neither lost nor sent twice; what was uploaded is not sent again; what was fetched goes on.

Against the real server, through transports that break where a network would. Lying answers are tested elsewhere.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NoReturn, TypeVar

import pytest
from typing_extensions import override

from rogatory.client import agency, authority, provider
from rogatory.client.channel import Transport
from rogatory.client.disclosing import DisclosurePlan, PlanItem, prepare_disclose
from rogatory.client.drafting import prepare_issue
from rogatory.client.outbox import discard, list_outbox, sweep_staging
from rogatory.client.outgoing import BEHIND, flush_outbox, sign_and_send
from rogatory.protocol.errors import Invalid, NotAuthorised, NotVerified, Refused, Unavailable
from rogatory.protocol.sealed import part_count
from rogatory.protocol.state import StateName
from rogatory.protocol.statements import Disclose
from rogatory.protocol.wire import FetchPartsRequest
from rogatory.v1 import services_pb2
from tests.support.desks import Changed, Desks, day, task
from tests.support.front import ServerProcess

T = TypeVar("T")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    running = ServerProcess.start(tmp_path_factory.mktemp("outbox") / "realm")
    yield running
    running.stop()


@pytest.fixture
def desks(server: ServerProcess, tmp_path: Path) -> Desks:
    return Desks(server, tmp_path / "people")


class Broken(Changed):
    """Loses the answer of the first call of a method; the exchange has got the call."""

    def __init__(self, inner: Transport, method: str) -> None:
        super().__init__(inner, method, lambda reply: reply)
        self.lost = False

    @override
    async def call(self, method: str, request: object, answer: type[T], *, repeatable: bool = True) -> T:
        reply = await super().call(method, request, answer, repeatable=repeatable)
        if method == self._method and not self.lost:
            self.lost = True
            raise Unavailable("X_TRANSIENT", "", "TRANSPORT")
        return reply


class Cutting(Changed):
    """Cuts each transfer off after some messages, as often as it is told, and counts the bytes that passed."""

    def __init__(self, inner: Transport, messages: int, times: int) -> None:
        super().__init__(inner, "", lambda reply: reply)
        self._messages, self._times = messages, times
        self.passed = 0
        self.offsets: list[int] = []

    def _cut(self, count: int) -> bool:
        if self._times and count >= self._messages:
            self._times -= 1
            return True
        return False

    @override
    async def receive(self, method: str, request: object, seconds: float | None) -> AsyncIterator[bytes]:
        if isinstance(request, FetchPartsRequest):
            self.offsets.append(request.offset)
        count = 0
        async for message in self._inner.receive(method, request, seconds):
            if self._cut(count):
                raise Unavailable("X_TRANSIENT", "", "TRANSPORT")
            count += 1
            yield message

    @override
    async def send(self, method: str, frames: AsyncIterator[bytes], answer: type[T], seconds: float) -> T:
        broken = False

        async def some() -> AsyncIterator[bytes]:
            nonlocal broken
            count = 0
            async for frame in frames:
                if self._cut(count):
                    broken = True
                    return
                count += 1
                self.passed += len(services_pb2.PutPartsRequest.FromString(frame).data)
                yield frame

        reply = await self._inner.send(method, some(), answer, seconds)
        if broken:
            raise Unavailable("X_TRANSIENT", "", "TRANSPORT")
        return reply


async def executing(desks: Desks, tasks: int = 1) -> bytes:
    """A request that the provider has received."""
    draft = desks.draft(*[task() for _ in range(tasks)])
    sent = await desks.act("investigator", lambda session: prepare_issue(session, draft))
    request_id = sent.request_id
    await desks.act("judge", lambda session: authority.prepare_grant(session, request_id))
    async with desks.open("provider-service") as session:
        await provider.deliver(session, request_id)
    await desks.act("compliance", lambda session: provider.prepare_receive(session, request_id))
    return request_id


async def test_without_a_network_it_waits_and_then_goes_by_itself(desks: Desks) -> None:
    draft = desks.draft()
    async with desks.open("investigator"):
        pass  # once online, so that directory and pack are known
    async with desks.open("investigator", online=False) as session:
        assert not session.online
        sent = await sign_and_send(session, prepare_issue(session, draft))
        assert sent.queued
        assert sent.receipt is None
        with pytest.raises(Refused) as raised:
            await sign_and_send(session, prepare_issue(session, draft))
        assert (raised.value.code, raised.value.rule) == ("X_REPLAY", "OUTBOX.WAITS")
        (waiting,) = list_outbox(session.profile)
        assert waiting.request_id.hex() == draft.request_id
    async with desks.open("investigator") as session:
        (flushed,) = await flush_outbox(session)
        assert list_outbox(session.profile) == ()
    assert flushed.sent is not None
    assert flushed.sent.state is not None
    assert flushed.sent.state.name is StateName.ISSUED
    assert flushed.sent.receipt is not None


async def test_a_lost_answer_costs_nothing_and_gives_one_entry(desks: Desks) -> None:
    draft = desks.draft()
    broken = Broken(desks.transport("investigator"), "ExchangeService/Submit")
    async with desks.open("investigator", transport=broken) as session:
        sent = await sign_and_send(session, prepare_issue(session, draft))
        assert sent.queued
        (flushed,) = await flush_outbox(session)
        assert flushed.sent is not None
        view = await agency.status(session, sent.request_id)
    assert [item.index for item in view.statements] == [flushed.sent.index]


async def test_the_order_within_a_request_is_kept(desks: Desks) -> None:
    """While one statement of a request waits, a later one does not overtake it, even with the network back."""
    request_id = await executing(desks)
    broken = Broken(desks.transport("compliance"), "ExchangeService/Submit")
    async with desks.open("compliance", transport=broken) as session:
        preserve = await provider.prepare_preserve(session, request_id)
        refuse = await provider.prepare_refuse(session, request_id, "P_OTHER")
        assert (await sign_and_send(session, preserve)).queued
        assert (await sign_and_send(session, refuse)).queued
        assert [item.kind.name for item in list_outbox(session.profile)] == ["PRESERVE", "REFUSE"]
        first, second = await flush_outbox(session)
    assert first.sent is not None
    assert second.sent is not None
    assert first.sent.index < second.sent.index


async def test_what_is_refused_leaves_the_outbox_and_is_reported(desks: Desks) -> None:
    request_id = await executing(desks)
    async with desks.open("compliance") as session:
        prepared = await provider.prepare_preserve(session, request_id)
    await desks.act("investigator", lambda s: agency.prepare_withdraw(s, request_id, "NO_LONGER_NEEDED"))
    async with desks.open("compliance", online=False) as session:
        assert (await sign_and_send(session, prepared)).queued
    async with desks.open("compliance") as session:
        (flushed,) = await flush_outbox(session)
        assert list_outbox(session.profile) == ()
    assert isinstance(flushed.error, Refused)
    assert flushed.error.code == "X_OBJECT_TERMINAL"
    assert flushed.waiting.request_id == request_id


async def test_a_half_written_item_is_not_sent(desks: Desks) -> None:
    async with desks.open("investigator") as session:
        half = session.profile.folder("outbox") / "000001.new"
        half.mkdir()
        (half / "envelope.bin").write_bytes(b"half")
        assert list_outbox(session.profile) == ()
        sent = await sign_and_send(session, prepare_issue(session, desks.draft()))
    assert not sent.queued


async def test_only_what_was_shown_is_signed(desks: Desks) -> None:
    async with desks.open("investigator") as session:
        shown = prepare_issue(session, desks.draft())
        other = prepare_issue(session, desks.draft())
        with pytest.raises(Invalid) as raised:
            await sign_and_send(session, replace(shown, statement=other.statement))
        assert list_outbox(session.profile) == ()
    assert raised.value.rule == "SHOWN_IS_SIGNED"


async def test_transfers_go_on_inside_a_part_and_send_no_byte_twice(desks: Desks, tmp_path: Path) -> None:
    request_id = await executing(desks)
    source = tmp_path / "capture.bin"
    source.write_bytes(os.urandom(9 * 1024 * 1024 + 17))
    item = PlanItem(source, 1, "name", since=day(9), until=day(2))
    progress: list[tuple[int, int]] = []
    upload = Cutting(desks.transport("compliance"), messages=6, times=3)
    async with desks.open("compliance", transport=upload) as session:
        prepared = await prepare_disclose(session, request_id, DisclosurePlan((item,)))
        sent = await sign_and_send(session, prepared, progress=lambda *at: progress.append(at))
        assert not sent.queued
        assert list(session.profile.folder("staging").iterdir()) == []
    body = prepared.statement.body
    assert isinstance(body, Disclose)
    length = body.body_length
    assert part_count(length) == 3
    assert upload.passed == length
    assert progress[-1] == (length, length)
    fetch = Cutting(desks.transport("investigator"), messages=2, times=3)
    async with desks.open("investigator", transport=fetch) as session:
        (fetched,) = await agency.fetch(session, request_id)
        assert list(session.profile.folder("staging").iterdir()) == []
    assert len(fetch.offsets) == 4
    assert fetch.offsets == sorted(set(fetch.offsets))
    assert fetched.kept.files[0].read_bytes() == source.read_bytes()


async def test_a_transfer_without_any_progress_gives_up_and_can_be_taken_up_later(
    desks: Desks, tmp_path: Path
) -> None:
    request_id = await executing(desks)
    source = tmp_path / "small.bin"
    source.write_bytes(b"invented")
    item = PlanItem(source, 1, "name", since=day(9), until=day(2))
    never = Cutting(desks.transport("compliance"), messages=0, times=100)
    async with desks.open("compliance", transport=never) as session:
        prepared = await prepare_disclose(session, request_id, DisclosurePlan((item,)))
        assert (await sign_and_send(session, prepared)).queued
    async with desks.open("compliance") as session:
        (flushed,) = await flush_outbox(session)
    assert flushed.sent is not None
    assert flushed.sent.state is not None
    assert flushed.sent.state.name is StateName.DELIVERED


async def test_a_staged_file_that_changed_is_never_uploaded(desks: Desks, tmp_path: Path) -> None:
    request_id = await executing(desks)
    source = tmp_path / "small.bin"
    source.write_bytes(b"invented")
    item = PlanItem(source, 1, "name", since=day(9), until=day(2))
    async with desks.open("compliance") as session:
        prepared = await prepare_disclose(session, request_id, DisclosurePlan((item,)))
        assert prepared.upload is not None
        data = bytearray(prepared.upload.path.read_bytes())
        data[100] ^= 1
        prepared.upload.path.write_bytes(data)
        with pytest.raises(NotVerified) as raised:
            await sign_and_send(session, prepared)
    assert (raised.value.code, raised.value.rule) == ("X_PART_INVALID", "SOURCE_CHANGED")


async def test_a_sealed_body_that_nobody_signed_is_cleared_away_and_no_other(
    desks: Desks, tmp_path: Path
) -> None:
    request_id = await executing(desks, 2)
    source = tmp_path / "small.bin"
    source.write_bytes(b"invented")
    plans = [DisclosurePlan((PlanItem(source, n, "name", since=day(9), until=day(2)),)) for n in (1, 2)]
    async with desks.open("compliance") as session:
        signed, dropped = [await prepare_disclose(session, request_id, plan) for plan in plans]
    staging = desks.profile("compliance").folder("staging")
    async with desks.open("compliance", online=False) as session:
        assert (await sign_and_send(session, signed)).queued
        assert len(list(staging.iterdir())) == 2
        sweep_staging(session.profile)
        assert signed.upload is not None
        assert list(staging.iterdir()) == [signed.upload.path]
    assert dropped.upload is not None
    async with desks.open("compliance") as session:
        (flushed,) = await flush_outbox(session)
        assert flushed.sent is not None
    assert list(staging.iterdir()) == []


def _expired(_reply: object) -> NoReturn:
    raise NotAuthorised("X_CERTIFICATE_NOT_TRUSTED", "peer", "DIRECTORY.SPKI")


async def test_only_a_signed_refusal_ends_a_statement_and_the_next_of_its_request_waits_behind(
    desks: Desks,
) -> None:
    """A certificate that ran out says nothing about what was signed: it stays, in order, and goes once it is renewed."""
    request_id = await executing(desks)
    expired = Changed(desks.transport("compliance"), "ExchangeService/Submit", _expired)
    async with desks.open("compliance", transport=expired) as session:
        preserve = await provider.prepare_preserve(session, request_id)
        refuse = await provider.prepare_refuse(session, request_id, "P_OTHER")
        with pytest.raises(NotAuthorised):
            await sign_and_send(session, preserve)
        assert (await sign_and_send(session, refuse)).queued
        tried, behind = await flush_outbox(session)
        assert tried.kept
        assert isinstance(tried.error, NotAuthorised)
        assert behind.kept
        assert behind.error is not None
        assert behind.error.rule == BEHIND
        assert [item.kind.name for item in list_outbox(session.profile)] == ["PRESERVE", "REFUSE"]
    async with desks.open("compliance") as session:
        assert all(item.sent is not None for item in await flush_outbox(session))
        assert list_outbox(session.profile) == ()


async def test_a_person_can_discard_what_waits_and_its_bytes_are_kept(desks: Desks) -> None:
    async with desks.open("investigator"):
        pass
    async with desks.open("investigator", online=False) as session:
        await sign_and_send(session, prepare_issue(session, desks.draft()))
        (waiting,) = list_outbox(session.profile)
        with pytest.raises(Refused):
            discard(session.profile, waiting.number + 1)
        discard(session.profile, waiting.number)
        assert list_outbox(session.profile) == ()
        (kept,) = session.profile.folder("evidence").glob("*-discarded/00.bin")
        assert kept.read_bytes() == waiting.envelope
    async with desks.open("investigator") as session:
        assert await flush_outbox(session) == ()
