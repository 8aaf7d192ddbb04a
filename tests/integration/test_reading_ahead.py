# SPDX-License-Identifier: Apache-2.0
"""Statements of a batch that are verified before their turn: the answers are the same, and no more is read than before.

How long anything takes is not tested; docs/benchmarks.md says what it is for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from rogatory.audit.failpoints import arm, disarm
from rogatory.protocol import codec
from rogatory.protocol.errors import RogatoryError
from rogatory.protocol.header import StatementKind
from rogatory.protocol.statements import Reject, Withdraw
from rogatory.protocol.wire import MAX_MESSAGE, GetRequestRequest, SubmitRequest, SubmitResponse
from rogatory.server.engine import Engine, FloodLimits, Job, Op
from tests.support.acts import World
from tests.support.life import issued
from tests.support.realm import SeededEntropy

ROOM = 3


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.build(tmp_path)


@pytest.fixture
def read() -> Iterator[list[str]]:
    """One item for each statement whose verification began."""
    begun: list[str] = []
    arm("submit.verify.before=note", {"note": begun.append})
    yield begun
    disarm()


def limited(world: World) -> None:
    """The engine again, with little room for what it rejects."""
    world.engine.close()
    limits = FloodLimits(entries=ROOM)
    world.engine = Engine.open(world.files, world.clock, SeededEntropy("limited"), limits)


def job(world: World, name: str, *envelopes: bytes) -> Job:
    return Job(Op.SUBMIT, world.realm.row(name).tls_spki, codec.encode(SubmitRequest(envelopes)))


def outcomes(world: World, replies: Sequence[bytes | RogatoryError]) -> list[list[str]]:
    """For each reply, the code of each statement's rejection, or of the call's refusal; empty for a receipt."""
    found: list[list[str]] = []
    for reply in replies:
        if isinstance(reply, RogatoryError):
            found.append([reply.code])
            continue
        codes: list[str] = []
        for result in codec.decode(SubmitResponse, reply, limit=MAX_MESSAGE).results:
            world.verify(result)
            body = None if result.receipt is not None else world.rejection(result).statement.body
            codes.append(body.code if isinstance(body, Reject) else "")
        found.append(codes)
    return found


def test_a_batch_is_answered_as_its_jobs_would_be_one_by_one(world: World, read: list[str]) -> None:
    state = issued(world)
    _new_id, new = world.issue()
    broken = bytearray(new)
    broken[-1] ^= 1
    withdraw = world.answer(
        "investigator", StatementKind.WITHDRAW, state, state.issue_digest, Withdraw("ERROR")
    )
    again = world.answer("investigator", StatementKind.WITHDRAW, state, state.issue_digest, Withdraw("ERROR"))
    look = codec.encode(GetRequestRequest(state.request_id, "PROCESSING"))
    read.clear()
    replies = world.engine.process(
        [
            job(world, "investigator", new, bytes(broken)),
            Job(Op.GET_REQUEST, world.realm.row("investigator").tls_spki, look),
            job(world, "investigator"),
            job(world, "compliance", withdraw),
            Job(Op.SUBMIT, bytes(32), b""),
            Job(Op.SUBMIT, world.realm.row("judge").tls_spki, b"\xff"),
            job(world, "investigator", withdraw, new, again),
        ]
    )
    assert not isinstance(replies[1], RogatoryError)
    told = outcomes(world, replies[:1] + replies[2:])
    assert told == [
        ["", "X_SIGNATURE_INVALID"],
        ["X_FIELD_INVALID"],
        ["X_NOT_AUTHORISED"],
        ["X_CERTIFICATE_NOT_TRUSTED"],
        ["X_ENCODING"],
        ["", "", "X_OBJECT_TERMINAL"],
    ]
    assert len(read) == 6, "each statement once"


@pytest.mark.parametrize("calls", [1, 4, 9])
def test_no_more_statements_are_verified_than_a_peer_may_have_rejected(
    world: World, read: list[str], calls: int
) -> None:
    limited(world)
    _new_id, new = world.issue()
    bad = [new[:-1] + bytes([new[-1] ^ (i + 1)]) for i in range(9)]
    share = len(bad) // calls
    jobs = [job(world, "investigator", *bad[at : at + share]) for at in range(0, share * calls, share)]
    read.clear()
    told = outcomes(world, world.engine.process([*jobs, job(world, "judge", bad[0])]))
    assert len(read) == ROOM + 1
    assert told[-1] == ["X_SIGNATURE_INVALID"], "another peer has room of its own"
    assert "X_TRANSIENT" in told[-2]


def test_a_peer_without_room_for_more_rejections_still_has_all_its_good_statements_taken(
    world: World, read: list[str]
) -> None:
    limited(world)
    good = [world.issue()[1] for _ in range(2 * ROOM + 1)]
    read.clear()
    told = outcomes(world, world.engine.process([job(world, "investigator", data) for data in good]))
    assert told == [[""]] * len(good)
    assert len(read) == len(good)
