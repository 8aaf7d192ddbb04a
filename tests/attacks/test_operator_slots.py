# SPDX-License-Identifier: Apache-2.0
"""The operator writes something false into an entry, and commits, proves, signs and publishes it like the truth.

The engine is the real one with one function changed, so nothing but the value is wrong: the receiver's own computation
must name the slot. Openings changed on their way are tests/integration/test_sdk_doubt.py's matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rogatory.audit.commitment import ABSENT, EntryHeader, present
from rogatory.audit.framing import lp, u16
from rogatory.client.log_reader import list_entries
from rogatory.protocol.entry import entry_fields
from rogatory.protocol.entry_schema import read_time, record_value, seal_value, time_value
from rogatory.protocol.errors import NotVerified
from rogatory.protocol.header import DAY_MS, Seen
from rogatory.protocol.state import RequestState
from rogatory.server.engine import batch, placing, submitting
from tests.support.liar import Inner, oversight_finds

HOUR = 3_600_000


@pytest.fixture
def inner(tmp_path: Path) -> Iterator[Inner]:
    inner = Inner.build(tmp_path)
    yield inner
    inner.world.engine.close()


def lie(monkeypatch: pytest.MonkeyPatch, slot: int, value: bytes | None = None) -> None:
    """From now on one slot of every accepted statement says something else."""

    def lying(*arguments: Any) -> tuple[bytes, ...]:  # noqa: ANN401 - those of the real one
        fields = list(entry_fields(*arguments))
        fields[slot] = value or (ABSENT if fields[slot] != ABSENT else present(b"invented"))
        return tuple(fields)

    monkeypatch.setattr(placing, "entry_fields", lying)


async def submitted(inner: Inner) -> tuple[bytes, NotVerified]:
    """The investigator sends a request through the SDK and does not believe the receipt."""
    async with inner.open("investigator") as session:
        request_id, envelope = inner.world.issue()
        with pytest.raises(NotVerified) as raised:
            await session.exchange.submit(envelope)
    return request_id, raised.value


@pytest.mark.parametrize("slot", [slot for slot in range(16) if slot not in {4, 12}])
async def test_a_lie_in_a_slot_is_named_by_the_submitter_and_by_oversight(
    inner: Inner, monkeypatch: pytest.MonkeyPatch, slot: int
) -> None:
    lie(monkeypatch, slot)
    _, error = await submitted(inner)
    assert (error.code, error.rule) == ("X_RECEIPT_INVALID", f"SLOT.{slot}")
    assert inner.evidence("investigator") == ["view"]
    assert oversight_finds(inner.world)[1] == f"SLOT.{slot}"


async def test_a_later_day_of_opening_is_named(inner: Inner, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request sealed for ever would never be seen by the public."""
    lie(monkeypatch, 12, seal_value(60_000))
    _, error = await submitted(inner)
    assert error.rule == "SLOT.12"
    assert oversight_finds(inner.world)[1] == "SLOT.12"


@pytest.mark.parametrize(
    ("days", "rule"), [((0, 3650), "ENTRY.DUE"), ((0, -1), "ENTRY.DUE"), ((-1, 0), "ENTRY.EPOCH")]
)
async def test_a_lie_in_the_public_dates_alone_is_named(
    inner: Inner, monkeypatch: pytest.MonkeyPatch, days: tuple[int, int], rule: str
) -> None:
    """All sixteen slots are true; only what the public goes by is not."""

    def header(eid: bytes, epoch: int, due: int) -> EntryHeader:
        return EntryHeader(eid, epoch + days[0], due + days[1])

    monkeypatch.setattr(batch, "EntryHeader", header)
    _, error = await submitted(inner)
    assert (error.code, error.rule) == ("X_RECEIPT_INVALID", rule)
    assert oversight_finds(inner.world)[1] == rule


async def test_a_commit_time_that_has_not_come_is_named_by_the_readers_own_clock(
    inner: Inner, monkeypatch: pytest.MonkeyPatch
) -> None:
    lie(monkeypatch, 4, time_value(inner.world.clock.now_ms() + HOUR))
    request_id, error = await submitted(inner)
    assert error.rule == "SLOT.4"
    # Oversight has no moment of its own to compare with, but the next honest entry: time never goes back.
    inner.world.get("investigator", request_id)
    assert oversight_finds(inner.world)[1] == "ORDER"


async def test_a_commit_time_before_the_signature_was_made_is_named(
    inner: Inner, monkeypatch: pytest.MonkeyPatch
) -> None:
    lie(monkeypatch, 4, time_value(inner.world.clock.now_ms() - HOUR))
    _, error = await submitted(inner)
    assert error.rule == "FOLD.X_ISSUED_IN_FUTURE"
    assert oversight_finds(inner.world)[1] == "ORDER"


async def test_a_statement_put_in_before_what_its_signer_had_seen_is_named(
    inner: Inner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log that was rolled back takes a statement at a place that the signer knows to be taken."""
    monkeypatch.setattr(submitting, "_seen", lambda _core, _verified: None)
    world = inner.world
    honest = world.seen

    def longer(name: str, state: RequestState | None = None) -> Seen:
        return replace(honest(name, state), log_size=world.engine.size + 5)

    monkeypatch.setattr(world, "seen", longer)
    _, error = await submitted(inner)
    assert error.rule == "ORDER.SEEN"
    assert oversight_finds(world)[1] == "ORDER.SEEN"


@pytest.mark.parametrize(
    ("slot", "value", "rule"),
    [
        pytest.param(6, present(u16(2) + 2 * lp(b"SUBSCRIBER")), "SLOT.6", id="a list with an item twice"),
        pytest.param(1, present("SUBSCRIBER\u0301".encode()), "SLOT.1", id="a text in another form"),
        pytest.param(4, present(bytes(9)), "SLOT.TIME", id="a time of nine bytes"),
        pytest.param(4, present(b"\xff" * 8), "SLOT.TIME", id="a time beyond every calendar"),
        pytest.param(15, present(b"\xff\xff\xff\xff"), "SLOT.15", id="a length beyond the value"),
        pytest.param(0, record_value(b"\x1b[2J\xff", b""), "SLOT.0", id="a kind that is no code"),
    ],
)
async def test_another_encoding_of_a_value_is_named_and_breaks_no_reader(
    inner: Inner, monkeypatch: pytest.MonkeyPatch, slot: int, value: bytes, rule: str
) -> None:
    """The same meaning in other bytes, or bytes that mean nothing: an error with a code, never a fault of the program."""
    lie(monkeypatch, slot, value)
    _, error = await submitted(inner)
    assert error.rule == rule
    assert oversight_finds(inner.world)[1] in {rule, "SLOT.RECORD", "SLOT.CODE"}
    async with inner.open("inspector") as session:
        if slot in {1, 6}:
            assert await list_entries(session, 0, 50)
        else:
            with pytest.raises(NotVerified):
                await list_entries(session, 0, 50)


async def test_an_honest_entry_passes_the_same_eyes(inner: Inner) -> None:
    """The control: the checks above do not cry at everything."""
    async with inner.open("investigator") as session:
        _, envelope = inner.world.issue()
        sent = await session.exchange.submit(envelope)
    assert read_time(sent.receipt.values[4]) // DAY_MS == inner.world.clock.now_ms() // DAY_MS
    assert oversight_finds(inner.world) == (-1, "")
