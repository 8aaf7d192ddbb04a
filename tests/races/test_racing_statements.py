# SPDX-License-Identifier: Apache-2.0
"""Racing statements on one request end the same way in every replay, whoever was first and however they arrived.

Both people act on the same seen state; the exchange takes one first, in one commit or in two, or truly at once over
mutual TLS. What becomes of the second is the architecture's order rules and nothing else (reliability invariants I5, I6,
I7). "Two amendments" are two new issues after a return: `amend` itself does not exist yet. It is no load test.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rogatory.protocol import codec
from rogatory.protocol.entry_schema import TIME, read_time
from rogatory.protocol.envelope import Verified, raw_digest
from rogatory.protocol.header import StatementKind
from rogatory.protocol.lifecycle import LoggedEnvelope, fold
from rogatory.protocol.state import RequestState, StateName
from rogatory.protocol.statements import Disclose, Reject
from rogatory.protocol.wire import MAX_MESSAGE, SubmitRequest, SubmitResponse, SubmitResult
from rogatory.server.engine import Engine, Job, Op
from rogatory.server.engine.batch import open_row
from rogatory.server.engine.states import load
from tests.support.acts import World, engine_files
from tests.support.front import ServerProcess, Wire
from tests.support.race_table import RACES, Race, Second
from tests.support.racing import PRESERVE, TWO, Act, disclose, received, refuse, withdraw

ROUNDS = 2
_RACES = pytest.mark.parametrize("race", RACES, ids=lambda race: race.name)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """One exchange for all races of the module: each has a request of its own."""
    return World.build(tmp_path_factory.mktemp("races"))


def code_of(result: SubmitResult, world: World, envelope: bytes) -> str:
    """The code that a statement was refused with, in a signed word about exactly it; empty where it went in."""
    world.verify(result)
    if result.rejection is None:
        return ""
    body = world.rejection(result).statement.body
    assert isinstance(body, Reject)
    assert body.rejected == raw_digest(envelope)
    return body.code


def in_one_commit(world: World, acts: list[tuple[str, bytes]]) -> list[SubmitResult]:
    """Two calls of two people that the writer takes into one batch."""
    jobs = [
        Job(Op.SUBMIT, world.realm.row(name).tls_spki, codec.encode(SubmitRequest((envelope,))))
        for name, envelope in acts
    ]
    results = []
    for reply in world.engine.process(jobs):
        assert isinstance(reply, bytes)
        (result,) = codec.decode(SubmitResponse, reply, limit=MAX_MESSAGE).results
        results.append(result)
    return results


def in_two_commits(world: World, acts: list[tuple[str, bytes]]) -> list[SubmitResult]:
    results: list[SubmitResult] = []
    for name, envelope in acts:
        world.clock.at_ms += 1
        results.extend(world.submit(name, envelope))
    return results


def compare(world: World, request_id: bytes) -> RequestState:
    """Every party folds the same state from what it is given, in log order; it is what the exchange keeps."""
    folded, receipts = world.folded("investigator", request_id)
    indices = [item.receipt.index for item in receipts]
    assert indices == sorted(set(indices))
    others = ("judge", "inspector", *(["compliance"] if folded.transmitted else []))
    for name in others:
        assert world.folded(name, request_id)[0] == folded
    return folded


def rebuild(engine: Engine, world: World) -> int:
    """Fold the whole log from nothing: each request ends as the exchange keeps it (I7), with I5 and I6 on the way.

    Returns the number of requests.
    """
    core = engine._core
    logged: dict[bytes, list[LoggedEnvelope]] = {}
    for view in core.store.views(0, engine.size):
        if view.envelope is not None and view.request_id is not None:
            time_ms = read_time(open_row(core, view)[TIME].value)
            logged.setdefault(view.request_id, []).append(LoggedEnvelope(view.envelope, view.i, time_ms))
    for request_id, envelopes in logged.items():
        state, verified = fold(envelopes, world.realm.directory, world.realm.packs)
        kept = load(core.store, request_id, world.realm.directory, world.realm.packs)
        assert kept is not None
        assert kept.state == state
        assert core.states.get(request_id) == kept
        no_double_effect(verified)
    return len(logged)


def no_double_effect(verified: tuple[Verified, ...]) -> None:
    """One entry for a statement, one disclosure for a task, none after a withdrawal."""
    kinds = [item.header.kind for item in verified]
    if StatementKind.WITHDRAW in kinds:
        assert StatementKind.DISCLOSE not in kinds[kinds.index(StatementKind.WITHDRAW) :]
    bodies = [item.statement.body for item in verified]
    answered = [o.number for body in bodies if isinstance(body, Disclose) for o in body.outcomes]
    assert len(answered) == len(set(answered))
    assert len({item.digest for item in verified}) == len(verified)


def run_in_order(world: World, race: Race, *, left_first: bool, together: bool) -> None:
    state = race.stage(world)
    signed = [race.left(world, state), race.right(world, state)]
    if not left_first:
        signed.reverse()
    expected = race.behind_left if left_first else race.behind_right
    size = world.engine.size
    first, second = (in_one_commit if together else in_two_commits)(world, signed)
    assert code_of(first, world, signed[0][1]) == ""
    assert code_of(second, world, signed[1][1]) == expected.refusal
    assert world.engine.size == size + 2, "one entry for what goes in, one for the signed refusal"
    ended = compare(world, state.request_id)
    assert ended == world.state(state.request_id)
    assert ended.name is expected.ends
    again = in_two_commits(world, signed)
    assert again[0] == first, "the same bytes get the same receipt"
    assert (again[1].receipt is not None) == (second.receipt is not None)
    assert world.state(state.request_id) == ended
    if expected.refusal:
        afresh(world, race.right if left_first else race.left, ended, expected)


def afresh(world: World, act: Act, state: RequestState, expected: Second) -> None:
    """The loser reads again and says it once more: in time, or told why it is over."""
    name, envelope = act(world, state)
    (result,) = world.submit(name, envelope)
    assert code_of(result, world, envelope) == expected.afresh
    compare(world, state.request_id)


@_RACES
@pytest.mark.parametrize("left_first", [True, False], ids=["left-first", "right-first"])
@pytest.mark.parametrize("together", [True, False], ids=["one-commit", "two-commits"])
def test_the_order_in_the_log_alone_decides_a_race(
    world: World, race: Race, *, left_first: bool, together: bool
) -> None:
    run_in_order(world, race, left_first=left_first, together=together)


def test_a_rebuild_from_the_log_alone_gives_the_same_states_also_after_a_restart(tmp_path: Path) -> None:
    world = World.build(tmp_path)
    for number, race in enumerate(RACES):
        run_in_order(world, race, left_first=number % 2 == 0, together=number % 3 == 0)
    assert rebuild(world.engine, world) == len(RACES)
    world.engine.close()
    world.engine = Engine.open(world.files, world.clock, world.entropy)
    assert rebuild(world.engine, world) == len(RACES)
    world.engine.close()


def test_the_same_call_twice_in_one_commit_has_one_effect(world: World) -> None:
    """A client that sends again before the first answer came: both calls get the one receipt."""
    state = received()(world)
    for act in (disclose(1), withdraw()):
        signed = act(world, world.state(state.request_id))
        size = world.engine.size
        first, second = in_one_commit(world, [signed, signed])
        assert first.receipt is not None
        assert first == second
        assert world.engine.size == size + 1
    compare(world, state.request_id)


def at_once(wire: Wire, acts: list[tuple[str, bytes]]) -> list[SubmitResult]:
    """One client each, over its own mutual TLS connection, all let go at the same moment."""
    gate = threading.Barrier(len(acts))

    def send(name: str, envelope: bytes) -> SubmitResult:
        gate.wait(20)
        (result,) = wire.submit(name, envelope)
        return result

    with ThreadPoolExecutor(len(acts)) as pool:
        futures = [pool.submit(send, name, envelope) for name, envelope in acts]
        return [future.result(20) for future in futures]


def place(result: SubmitResult) -> int:
    receipt = result.receipt or (result.rejection.receipt if result.rejection is not None else None)
    assert receipt is not None
    return receipt.index


def round_at_once(wire: Wire, race: Race) -> None:
    state = race.stage(wire)
    signed = [race.left(wire, state), race.right(wire, state)]
    left, right = at_once(wire, signed)
    left_first = place(left) < place(right)
    expected = race.behind_left if left_first else race.behind_right
    codes = [code_of(item, wire, envelope) for item, (_, envelope) in zip((left, right), signed, strict=True)]
    assert codes == (["", expected.refusal] if left_first else [expected.refusal, ""])
    ended = compare(wire, state.request_id)
    assert ended.name is expected.ends
    if expected.refusal:
        afresh(wire, race.right if left_first else race.left, ended, expected)


def crowd(wire: Wire) -> None:
    """Everybody at once, each twice: what the log says is what happened, and each statement happened once."""
    state = received(TWO)(wire)
    acts = (disclose(1), disclose(2), disclose(1, 2), PRESERVE, refuse(2), withdraw())
    signed = [act(wire, state) for act in acts]
    results = at_once(wire, signed * 2)
    for one, two in zip(results[: len(acts)], results[len(acts) :], strict=True):
        # What was refused may have been decided twice, afresh each time; what went in has one receipt.
        assert one == two or None in (one.receipt, two.receipt)
    ended = compare(wire, state.request_id)
    assert ended.name is StateName.WITHDRAWN, "a withdrawal goes in, whatever else does"


def test_truly_concurrent_clients_see_one_of_the_two_orders_and_all_fold_it_alike(tmp_path: Path) -> None:
    server = ServerProcess.start(tmp_path)
    wire = Wire(server)
    wire.files = engine_files(
        tmp_path / "server"
    )  # parts are put where the server looks; no upload is raced here
    try:
        for race in RACES:
            for _ in range(ROUNDS):
                round_at_once(wire, race)
        for _ in range(ROUNDS):
            crowd(wire)
    finally:
        wire.close()
        server.stop()
    engine = Engine.open(wire.files)
    assert rebuild(engine, wire) == ROUNDS * (len(RACES) + 1)
    engine.close()
