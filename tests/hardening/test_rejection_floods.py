# SPDX-License-Identifier: Apache-2.0
"""Floods of bad statements: sixteen entries and one that counts, nobody else slowed, nothing lost, the log whole.

On a real engine with a clock that the test moves, and once on the real processes. How many calls a peer may have open
at a time is another limit and not tested here.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rogatory.client import log_reader
from rogatory.client.log_check import verify_mirror
from rogatory.client.opened_entries import Recomputer
from rogatory.client.scheme import Scheme
from rogatory.client.verdict import Word
from rogatory.protocol import codec, errors
from rogatory.protocol.entry_schema import KIND, OUTCOME, read_record
from rogatory.protocol.envelope import parse_envelope, verify_envelope
from rogatory.protocol.errors import Invalid, NotVerified, Unavailable
from rogatory.protocol.header import StatementKind
from rogatory.protocol.ids import uuid7
from rogatory.protocol.receipt import log_identity
from rogatory.protocol.statements import MAX_ENVELOPE, Reject, Statement, payload_type
from rogatory.protocol.wire import MAX_MESSAGE, OpenedEntry, OpenEntriesRequest, OpenEntriesResponse
from rogatory.server.engine import Engine, FloodLimits, Op, rejecting
from rogatory.server.engine.batch import Batch
from rogatory.server.store.sqlite import SqliteExchangeStore
from tests.support.acts import World
from tests.support.desks import Desks
from tests.support.front import ServerProcess, Wire, wait_until

WINDOW_MS = 60_000


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World.build(tmp_path)
    made.engine.close()
    made.engine = Engine.open(made.files, made.clock, flood_limits=FloodLimits())
    yield made
    made.engine.close()


def broken(envelope: bytes, number: int = 0) -> bytes:
    """The envelope with a signature that does not hold, another one for each number."""
    return envelope[:-4] + (int.from_bytes(envelope[-4:], "big") ^ (number + 1)).to_bytes(4, "big")


def flood(world: World, name: str, envelope: bytes, calls: int, in_each: int = 1) -> int:
    """Sends bad statements and returns how many of the calls were turned away."""
    away = 0
    for call in range(calls):
        bad = [broken(envelope, call * in_each + i) for i in range(in_each)]
        try:
            world.submit(name, *bad)
        except Unavailable as error:
            away += (error.code, error.field, error.rule) == (errors.X_TRANSIENT, "peer", "LIMIT.REJECTIONS")
    return away


def opened(world: World, start: int) -> list[OpenedEntry]:
    """Entries from an index on, as oversight sees them; the look itself is the newest entry and not among them."""
    request = OpenEntriesRequest(start, 512, "INSPECTION")
    reply = world.call("inspector", Op.OPEN_ENTRIES, request)
    return list(codec.decode(OpenEntriesResponse, reply, limit=MAX_MESSAGE).entries)


def counts(world: World, entries: list[OpenedEntry]) -> list[int]:
    """The count in each rejection; 0 for one of a single statement."""
    found = []
    for item in entries:
        values = {opening.slot: opening.value for opening in item.openings}
        if read_record(values[KIND], 2)[0] == b"REJECT":
            body = verify_envelope(item.envelope, world.realm.directory, world.clock.now_ms()).statement.body
            assert isinstance(body, Reject)
            flags = f"COUNT:{body.count}".encode() if body.count else b""
            assert read_record(values[OUTCOME], 4) == (body.code.encode(), body.rule.encode(), b"", flags)
            found.append(body.count)
    return found


def test_thousands_of_bad_statements_leave_sixteen_entries_and_one_that_counts(world: World) -> None:
    _, envelope = world.issue()
    size = world.engine.size
    assert flood(world, "investigator", envelope, 3000) == 3000 - 16
    assert world.engine.size == size + 16
    world.clock.at_ms += WINDOW_MS
    world.engine.publish()
    assert world.engine.size == size + 17
    assert counts(world, opened(world, size)) == [0] * 16 + [3000 - 16]


def test_the_next_job_of_anybody_places_the_counted_entry_too(world: World) -> None:
    _, envelope = world.issue()
    size = world.engine.size
    flood(world, "investigator", envelope, 20)
    world.clock.at_ms += WINDOW_MS
    world.issue("other-investigator")  # a job that leaves no entry of its own
    assert counts(world, opened(world, size)) == [0] * 16 + [4]


def test_a_call_that_reaches_the_limit_in_its_middle_does_what_came_before_and_counts_the_rest(
    world: World,
) -> None:
    _, envelope = world.issue()
    size = world.engine.size
    with pytest.raises(Unavailable) as caught:
        world.submit("investigator", envelope, *(broken(envelope, i) for i in range(200)))
    assert caught.value.rule == "LIMIT.REJECTIONS"
    assert world.engine.size == size + 1 + 16
    (again,) = world.submit("investigator", envelope)
    assert again.receipt is not None
    assert world.verify(again).receipt.index == size
    world.engine.stop()
    assert counts(world, opened(world, size)) == [0] * 16 + [200 - 16]


def test_another_device_of_the_party_and_other_parties_go_on(world: World) -> None:
    _, envelope = world.issue()
    assert flood(world, "investigator", envelope, 20) == 4
    for name in ("second-investigator", "other-investigator"):
        _, good = world.issue(name)
        (result,) = world.submit(name, good)
        assert result.receipt is not None


def test_an_accepted_statement_sent_again_is_still_answered_and_never_counts(world: World) -> None:
    _, envelope = world.issue()
    (first,) = world.submit("investigator", envelope)
    for _ in range(40):
        world.submit("investigator", envelope)
    assert flood(world, "investigator", envelope, 17) == 1
    (again,) = world.submit("investigator", envelope)
    assert again == first


def test_a_valid_statement_is_turned_away_with_the_rest_and_goes_in_after_the_window(world: World) -> None:
    _, envelope = world.issue()
    flood(world, "investigator", envelope, 16)
    size = world.engine.size
    with pytest.raises(Unavailable):
        world.submit("investigator", envelope)
    assert world.engine.size == size, "nothing happened"
    world.clock.at_ms += WINDOW_MS
    (result,) = world.submit("investigator", envelope)
    assert result.receipt is not None
    assert world.verify(result).receipt.index == size + 1, "after the counted entry"


def test_bytes_over_the_cap_leave_no_entry_and_take_no_room(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    size = world.engine.size
    for _ in range(40):
        with pytest.raises(Invalid) as caught:
            world.submit("investigator", bytes(MAX_ENVELOPE + 1))
        assert caught.value.code == errors.X_TOO_LARGE
    world.engine.publish()
    assert world.engine.size == size
    assert "over_cap" in capsys.readouterr().out
    _, envelope = world.issue()
    assert world.submit("investigator", envelope)[0].receipt is not None


def scheme(world: World) -> Scheme:
    realm = world.realm
    return Scheme(
        realm.directory.realm, realm.root, realm.directory, log_identity(realm.root), realm.packs, ()
    )


def place_lie(world: World, body: Reject) -> None:
    """Has the exchange's own key sign and log a rejection that the engine never makes."""
    core = world.engine._core
    batch = Batch(core, world.clock.now_ms())
    with core.store.transaction():
        rejecting._place(
            core, batch, world.realm.row("investigator"), uuid7(world.clock, world.entropy), body
        )
        staged = world.engine._write(batch)
    assert staged is not None
    core.log.adopt(staged)


def test_oversight_recomputes_the_counted_entry_and_a_count_on_a_single_rejection_is_a_lie(
    world: World,
) -> None:
    _, envelope = world.issue()
    size = world.engine.size
    flood(world, "investigator", envelope, 20)
    world.engine.stop()
    recomputer = Recomputer(scheme(world))
    for item in opened(world, size):
        recomputer.take(item)
    assert recomputer.slots == 16 * 17
    size = world.engine.size
    lie = Reject(bytes(32), errors.X_RATE_LIMITED, "LIMIT.REJECTIONS", "peer", 3)
    place_lie(world, lie)
    (item,) = opened(world, size)
    with pytest.raises(NotVerified) as caught:
        Recomputer(scheme(world)).take(item)
    assert caught.value.rule == "REJECTION.COUNT"


def test_a_stop_within_the_window_writes_the_count_down_and_the_log_opens_again(world: World) -> None:
    _, envelope = world.issue()
    size = world.engine.size
    flood(world, "investigator", envelope, 100)
    world.engine.stop()
    assert world.engine.size == size + 17
    world.engine.close()
    world.engine = Engine.open(world.files, world.clock)
    assert counts(world, opened(world, size)) == [0] * 16 + [84]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    running = ServerProcess.start(
        tmp_path_factory.mktemp("floods"),
        ROGATORY_LIMITS__REJECTIONS_PER_PEER="4",
        ROGATORY_LIMITS__REJECTION_SECONDS="2",
        ROGATORY_PUBLISH_SECONDS="0.1",
    )
    yield running
    running.stop()


def kept(server: ServerProcess) -> list[int]:
    """The count in each rejection in the exchange's database, in log order."""
    store = SqliteExchangeStore(server.folder / "server" / "data" / "rogatory.sqlite")
    try:
        head = store.log.head()
        views = [store.view(i) for i in range(head.size if head is not None else 0)]
    finally:
        store.close()
    found = []
    for view in views:
        if (
            view is not None
            and view.envelope
            and payload_type(StatementKind.REJECT).encode() in view.envelope
        ):
            envelope = parse_envelope(view.envelope)
            body = codec.decode(Statement, envelope.payload, limit=MAX_ENVELOPE).body
            assert isinstance(body, Reject)
            found.append(body.count)
    return found


async def test_the_real_processes_count_a_flood_publish_it_and_a_copy_of_the_log_verifies(
    server: ServerProcess, tmp_path: Path
) -> None:
    wire = Wire(server)
    try:
        _, envelope = wire.issue()
        assert flood(wire, "investigator", envelope, 60) == 56
        wait_until(lambda: kept(server) == [0, 0, 0, 0, 56])
        (result,) = wire.submit("investigator", envelope)
        assert result.receipt is not None
        async with Desks(server, tmp_path / "people").open("inspector") as session:
            await log_reader.mirror(session, tmp_path / "log")
        flood(wire, "investigator", envelope, 10)
    finally:
        wire.close()
    found = verify_mirror(tmp_path / "log", server.realm.directory.realm)
    assert (found.verdict, found.reasons) == (Word.VERIFIED, ())
    assert found.opened == found.size
    assert server.terminate() == 0
    assert kept(server) == [0, 0, 0, 0, 56, 0, 0, 0, 0, 6], "a stop writes down what was counted"
