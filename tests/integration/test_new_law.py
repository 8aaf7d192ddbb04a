# SPDX-License-Identifier: Apache-2.0
"""Law that comes while the exchange runs: taken in when its quorum signed it, in force at once, and recalled for good.

Real engine and log; the same through the real server and the command is tested with the transcripts.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from rogatory.client.pack_library import chosen_packs
from rogatory.protocol import codec
from rogatory.protocol.bodies import DecisionCode, GrantedTask, Validate
from rogatory.protocol.directory import PACK_RECALL_TYPE, PACK_TYPE, PackRecall
from rogatory.protocol.errors import RogatoryError
from rogatory.protocol.header import StatementKind
from rogatory.protocol.keys import HybridSigner
from rogatory.protocol.pack import pack_digest
from rogatory.protocol.quorum import sign_quorum
from rogatory.protocol.receipt import log_identity, verify_receipt
from rogatory.protocol.state import RequestState, StateName
from rogatory.protocol.statements import Body, Delivered, Reject, Withdraw
from rogatory.protocol.wire import MAX_MESSAGE, PublishRequest, PublishResponse
from rogatory.server.engine import Engine, Op
from tests.support.acts import NO_FLOODS, World
from tests.support.realm import SeededEntropy

K = StatementKind
FILE = Path(__file__).parents[1] / "packs" / "tiny.yaml"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.build(tmp_path)


def signed(world: World, payload: bytes, payload_type: str = PACK_TYPE) -> bytes:
    return sign_quorum(payload, payload_type, [HybridSigner(world.realm.realm.scheme.pack)])


def publish(world: World, data: bytes, name: str = "judge") -> PublishResponse:
    reply = world.call(name, Op.PUBLISH, PublishRequest(data))
    return codec.decode(PublishResponse, reply, limit=MAX_MESSAGE)


def refusal(world: World, data: bytes) -> tuple[str, str]:
    size = world.engine.size
    with pytest.raises(RogatoryError) as caught:
        publish(world, data)
    assert world.engine.size == size
    return caught.value.code, caught.value.rule


def newer(old: bytes, new: bytes, version: int = 3) -> bytes:
    text = (
        chosen_packs()[0].replace(b"pack_version: 2", f"pack_version: {version}".encode()).replace(old, new)
    )
    assert old not in text
    return text


def transmitted(world: World) -> RequestState:
    request_id, envelope = world.issue()
    (result,) = world.submit("investigator", envelope)
    assert result.receipt is not None
    state = world.state(request_id)
    whole = tuple(
        GrantedTask(t.task.number, t.task.elements, t.task.first_day, t.task.last_day) for t in state.tasks
    )
    opened = tuple(sorted(ref.object_digest for ref in state.sections))
    return say(
        world, "judge", K.VALIDATE, state, Validate(DecisionCode.GRANT, "", whole, opened), state.issue_digest
    )


def say(
    world: World, name: str, kind: StatementKind, state: RequestState, body: Body, about: bytes
) -> RequestState:
    (result,) = world.submit(name, world.answer(name, kind, state, about, body))
    assert result.receipt is not None, world.rejection(result).statement.body
    return world.state(state.request_id)


def no(world: World, name: str, kind: StatementKind, state: RequestState, body: Body, about: bytes) -> str:
    (result,) = world.submit(name, world.answer(name, kind, state, about, body))
    rejected = world.rejection(result).statement.body
    assert isinstance(rejected, Reject)
    return rejected.code


def recall(world: World, digest: bytes) -> bytes:
    return signed(world, codec.encode(PackRecall(digest, "ERROR_IN_LAW")), PACK_RECALL_TYPE)


def test_a_new_pack_is_logged_once_and_gives_its_receipt_again(world: World) -> None:
    data, size = signed(world, FILE.read_bytes()), world.engine.size
    first = publish(world, data)
    again = publish(world, data, "investigator")
    assert world.engine.size == size + 1
    assert first == again
    assert first.object is not None
    assert verify_receipt(first.object.receipt, log_identity(world.realm.root)).receipt.index == size


def test_a_new_version_judges_new_requests_and_those_in_flight_keep_theirs(world: World) -> None:
    old = transmitted(world)
    text = newer(b"{normal: P10D, emergency: PT8H", b"{normal: P5D, emergency: PT4H")
    publish(world, signed(world, text))
    before = say(world, "provider-service", K.DELIVERED, old, Delivered(), old.order_digest)
    assert before.pack_digest != pack_digest(text)
    term = before.obligation("produce")
    assert term is not None
    assert term.rule.startswith("eu.e-evidence.2023-1543/2/")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda _w: sign_quorum(FILE.read_bytes(), PACK_TYPE, [HybridSigner(bytes(64))]), ("X_QUORUM_NOT_MET", "THRESHOLD")),
        (lambda w: signed(w, b"not a pack"), ("X_ENCODING", "YAML")),
        (lambda w: signed(w, newer(b"pack_version: 2", b"", 1)), ("X_FIELD_INVALID", "PACK.VERSION_GROWS")),
        (lambda w: signed(w, newer(b"clock: DELIVERED", b"clock: NEVER")), ("X_FIELD_INVALID", "CLOCK")),
        (lambda w: signed(w, chosen_packs()[0] + b"# another file\n"), ("X_REPLAY", "PACKS.FORK")),
        (lambda w: signed(w, b"x", "application/vnd.rogatory.root.v1+protobuf"), ("X_FIELD_INVALID", "TYPE")),
        (lambda w: recall(w, bytes(32)), ("X_PACK_UNKNOWN", "DIRECTORY.PACKS")),
    ],
)  # fmt: skip
def test_what_is_no_law_is_refused_and_leaves_no_entry(
    world: World, change: object, expected: tuple[str, str]
) -> None:
    assert refusal(world, change(world)) == expected  # type: ignore[operator]


def test_a_recalled_pack_takes_no_new_request_and_those_in_flight_rest(world: World) -> None:
    state = transmitted(world)
    publish(world, recall(world, state.pack_digest))
    _request_id, envelope = world.issue()
    (result,) = world.submit("investigator", envelope)
    body = world.rejection(result).statement.body
    assert isinstance(body, Reject)
    assert body.code == "X_PACK_RECALLED"
    assert (
        no(world, "provider-service", K.DELIVERED, state, Delivered(), state.order_digest)
        == "X_PACK_RECALLED"
    )
    gone = say(world, "investigator", K.WITHDRAW, state, Withdraw("ERROR"), state.issue_digest)
    assert gone.name is StateName.WITHDRAWN
    assert refusal(
        world, signed(world, codec.encode(PackRecall(state.pack_digest, "TWICE")), PACK_RECALL_TYPE)
    ) == (
        "X_PACK_UNKNOWN",
        "DIRECTORY.PACKS",
    )


def test_an_engine_that_starts_again_knows_packs_and_recalls(world: World) -> None:
    publish(world, signed(world, FILE.read_bytes()))
    state = transmitted(world)
    publish(world, recall(world, state.pack_digest))
    world.engine.close()
    world.engine = Engine.open(world.files, world.clock, SeededEntropy("again"), NO_FLOODS)
    assert pack_digest(FILE.read_bytes()) in world.engine._core.packs
    assert (
        no(world, "provider-service", K.DELIVERED, state, Delivered(), state.order_digest)
        == "X_PACK_RECALLED"
    )
