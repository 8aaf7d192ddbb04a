# SPDX-License-Identifier: Apache-2.0
"""The operator keeps two books: one log for one party, another of the same size for the other, both signed.

Two real exchanges run on copies of one folder with the same keys, and each is consistent in itself. What tells is what
one party signs and the other reads. Heads altered for one reader alone are tests/integration/test_sdk_doubt.py's matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from rogatory.client.session import Session
from rogatory.protocol.errors import NotVerified
from rogatory.protocol.receipt import log_identity, verify_head
from rogatory.server.engine import submitting
from tests.support.acts import World
from tests.support.liar import Inner, Inside, granted, twin

MINUTE = 60_000


@dataclass
class Books:
    """A request that both parties know, and the exchange in two copies from there on."""

    inner: Inner
    other: World
    request_id: bytes


def issued(world: World) -> bytes:
    request_id, envelope = world.issue()
    assert world.submit("investigator", envelope)[0].receipt is not None
    world.engine.publish()
    return request_id


@pytest.fixture
def books(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Books]:
    inner = Inner.build(tmp_path)
    request_id = issued(inner.world)
    other = twin(inner.world, tmp_path / "twin")
    # An honest exchange refuses a word about a log that is not its own; this one does not mind.
    monkeypatch.setattr(submitting, "_seen", lambda _core, _verified: None)
    yield Books(inner, other, request_id)
    other.engine.close()
    inner.world.engine.close()


async def known(session: Session, request_id: bytes) -> None:
    await session.exchange.get_request(request_id, "STATUS")
    await session.exchange.sync()


async def test_two_heads_of_one_size_are_named_when_one_party_reads_what_the_other_signed(
    books: Books,
) -> None:
    world, other = books.inner.world, books.other
    issued(world)
    issued(other)
    async with books.inner.open("investigator") as session:
        await known(session, books.request_id)
        while world.engine.size > other.engine.size:
            other.get("judge", books.request_id)
        while world.engine.size < other.engine.size:
            world.get("investigator", books.request_id)
        await session.exchange.sync()
        # The judge, in the other book, signs on the head that it was shown; the operator carries the word across.
        (result,) = world.submit("judge", granted(other, books.request_id))
        assert result.receipt is not None
        with pytest.raises(NotVerified) as raised:
            await known(session, books.request_id)
    assert (raised.value.code, raised.value.rule) == ("X_LOG_INVALID", "LOG.FORK")
    assert books.inner.evidence("investigator") == ["fork"]
    folder = next(books.inner.profile("investigator").folder("evidence").iterdir())
    mine, theirs = (path.read_bytes() for path in sorted(folder.iterdir()))
    log = log_identity(world.realm.root)
    assert verify_head(
        mine, log
    ).size  # a note that the log's key signed, and beside it what the judge signed
    assert theirs == world.get("judge", books.request_id).statements[-1].envelope


async def test_a_head_of_another_size_in_the_other_book_is_named_by_the_next_consistency_proof(
    books: Books,
) -> None:
    world, other = books.inner.world, books.other
    issued(other)
    for _ in range(3):
        issued(world)
    (result,) = world.submit("judge", granted(other, books.request_id))
    assert result.receipt is not None
    world.engine.publish()
    async with books.inner.open("investigator") as session:
        with pytest.raises(NotVerified) as raised:
            await known(session, books.request_id)
    assert raised.value.rule in {"LOG.FORK", "LOG.CONSISTENCY"}
    assert books.inner.evidence("investigator") == ["fork"]


async def test_a_head_that_another_party_hands_over_is_held_against_the_own_ones(books: Books) -> None:
    """Two parties compare what they have by any channel: a note is all that it takes."""
    world, other = books.inner.world, books.other
    issued(world)
    issued(other)
    async with books.inner.open("investigator") as mine:
        await known(mine, books.request_id)
    async with books.inner.open("judge", world=other) as theirs:
        await known(theirs, books.request_id)
        heads = theirs.profile.folder("state") / "heads"
        notes = [path.read_bytes() for path in sorted(heads.iterdir()) if path.suffix == ".note"]
    log = log_identity(world.realm.root)
    async with books.inner.open("investigator") as mine:
        with pytest.raises(NotVerified) as raised:
            mine.state.note_heads(*(verify_head(note, log) for note in notes))
    assert raised.value.rule == "LOG.FORK"


async def test_one_party_moved_to_the_other_book_is_told_by_its_own_history(books: Books) -> None:
    issued(books.inner.world)
    for _ in range(3):
        issued(books.other)
    async with books.inner.open("investigator") as session:
        await known(session, books.request_id)
    with pytest.raises(NotVerified) as raised:
        async with books.inner.open("investigator", world=books.other):
            pytest.fail("the session opened")
    assert raised.value.rule in {"LOG.FORK", "LOG.CONSISTENCY"}


async def test_a_public_checkpoint_that_stands_still_is_named_after_ten_minutes(books: Books) -> None:
    """One reader is kept on an old page: the receipts go on, the published log does not."""
    world = books.inner.world
    still = Inside(world, "investigator", publish=False)
    async with books.inner.open("investigator", still) as session:
        await known(session, books.request_id)
        world.clock.at_ms += 9 * MINUTE
        await known(session, books.request_id)
        world.clock.at_ms += 2 * MINUTE
        with pytest.raises(NotVerified) as raised:
            await session.exchange.sync()
        assert (raised.value.code, raised.value.rule) == ("X_LOG_INVALID", "LOG.STALE")
        world.engine.publish()
        await session.exchange.sync()
        assert session.state.trusted.awaited is None
