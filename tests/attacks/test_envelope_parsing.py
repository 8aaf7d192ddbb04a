# SPDX-License-Identifier: Apache-2.0
"""A signed message has one encoding: every other way to write it is refused, with a signature that holds.

| attack | test |
|---|---|
| non-canonical bytes (reliability A11, cryptography acceptance 3) | test_ten_thousand_other_encodings_are_refused |
| the same at the exchange, which must go on and keep its state | test_each_mutation_of_each_kind_is_rejected_by_the_exchange |
| two bodies in one statement | test_a_statement_with_two_bodies_is_refused |
| signature stripped, a second one appended (A05, A06) | test_an_envelope_without_exactly_one_signature_is_refused |
| oversized envelope (A45, acceptance 4) | test_an_envelope_over_the_cap_is_refused_before_it_is_parsed |
| deep nesting (A47, acceptance 4) | test_nesting_deeper_than_the_schema_is_refused |

Mutated payloads are signed again by the right person, so that the parser alone stands between them and acceptance. No
random bytes: truncated and foreign input is the matter of the tests of bad input.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from rogatory.protocol import codec, quorum
from rogatory.protocol.directory import (
    PACK_TYPE,
    TRUST_LIST_TYPE,
    TRUST_ROOT_TYPE,
    KeySet,
    TrustRoot,
)
from rogatory.protocol.envelope import Envelope, pae, parse_envelope, verify_envelope
from rogatory.protocol.errors import Invalid, RogatoryError
from rogatory.protocol.header import StatementKind
from rogatory.protocol.keys import Ed25519Signer
from rogatory.protocol.statements import BODIES, MAX_ENVELOPE
from rogatory.v1 import directory_pb2, statement_pb2
from tests.support import mutations
from tests.support.acts import World
from tests.support.life import Said, refusal
from tests.support.mutations import MUTATIONS, Dice, Item, Tree, mutate, read
from tests.support.whole_life import whole_life

SEED = "strict parsing"
DRAWS = 180  # of each mutation for each message; what comes out twice counts once
STATEMENT = statement_pb2.Statement.DESCRIPTOR
ENVELOPE = statement_pb2.Envelope.DESCRIPTOR


@dataclass(frozen=True)
class Signed:
    """A signed message: how it is laid out, how to sign other bytes of it, and who reads it."""

    name: str
    original: bytes
    outer: Tree
    inner: Tree | None
    world: World
    key: Any
    kind: str = ""

    def wrap(self, payload: bytes) -> bytes:
        """The message with another payload, signed by the right key."""
        if isinstance(self.key, str):
            signer = self.world.realm.signer(self.key)
            sig = signer.sign(pae(self.kind, payload))
            return codec.encode(Envelope(payload, self.kind, self.world.realm.row(self.key).key_id, sig))
        return quorum.sign_quorum(payload, self.kind, [self.key])

    def accept(self, data: bytes) -> None:
        """What a reader of this message does; raises what it refuses."""
        directory = self.world.realm.directory
        if self.kind == TRUST_ROOT_TYPE:
            quorum.open_root(data)
        elif self.kind == TRUST_LIST_TYPE:
            quorum.open_trust_list(data, _root(self.key), directory.realm, 2)
        elif self.kind == PACK_TYPE:
            quorum.verify_quorum(data, PACK_TYPE, _root(self.key).pack_keys)
        else:
            verify_envelope(data, directory, self.world.clock.now_ms())


def _root(signer: Ed25519Signer) -> TrustRoot:
    keys = KeySet((signer.public_key,), 1)
    return TrustRoot(1, "EXERCISE", keys, keys, keys, "log.exercise.example/1", (), 1, 2)


def statement(world: World, kind: StatementKind, said: Said) -> Signed:
    envelope = parse_envelope(said.envelope)
    outer, inner = read(ENVELOPE, said.envelope), read(STATEMENT, envelope.payload)
    return Signed(kind.name, said.envelope, outer, inner, world, said.by, envelope.payload_type)


def quorums(world: World) -> list[Signed]:
    """Root, trust list and pack, signed by a quick key, since a thousand hybrid signatures would take a minute."""
    signer = Ed25519Signer(bytes(range(32)))
    trust = codec.encode(world.realm.directory.trust_list)
    pack = quorum.verify_quorum(
        next(iter(world.realm.realm.packs.values())), PACK_TYPE, world.realm.root.pack_keys
    )
    found = []
    for name, kind, payload, descriptor in (
        ("ROOT", TRUST_ROOT_TYPE, codec.encode(_root(signer)), directory_pb2.TrustRoot.DESCRIPTOR),
        ("TRUST_LIST", TRUST_LIST_TYPE, trust, directory_pb2.TrustList.DESCRIPTOR),
        ("PACK", PACK_TYPE, pack, None),
    ):
        data = quorum.sign_quorum(payload, kind, [signer])
        inner = read(descriptor, payload) if descriptor is not None else None
        outer = read(directory_pb2.Quorum.DESCRIPTOR, data)
        found.append(Signed(name, data, outer, inner, world, signer, kind))
    return found


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World.build(tmp_path_factory.mktemp("parsing"))


@pytest.fixture(scope="module")
def said(world: World) -> dict[StatementKind, Said]:
    return whole_life(world)


def test_ten_thousand_other_encodings_are_refused(world: World, said: dict[StatementKind, Said]) -> None:
    """Every kind of statement and the quorum objects, each mutation, inside the signature and outside it."""
    assert said.keys() == BODIES.keys(), "a kind with a body is missing here"
    signed = [statement(world, kind, item) for kind, item in said.items()] + quorums(world)
    dice = Dice(SEED)
    seen: set[bytes] = set()
    tally: Counter[str] = Counter()
    depths: Counter[int] = Counter()
    for message in signed:
        assert message.outer.write() == message.original
        if message.inner is not None:
            assert message.wrap(message.inner.write()) == message.original
        message.accept(message.original)
        for name in MUTATIONS:
            for draw in range(DRAWS):
                inside = message.inner is not None and draw % 4 > 0
                made = mutate(message.inner if inside and message.inner else message.outer, name, dice)
                if made is None or made[0] in seen:
                    continue
                seen.add(made[0])
                with pytest.raises(Invalid) as caught:
                    message.accept(message.wrap(made[0]) if inside else made[0])
                what = (message.name, name, inside, caught.value.args)
                assert caught.value.code == "X_ENCODING", what
                assert caught.value.rule in {"PARSE", "UNKNOWN_FIELD", "CANONICAL"}, what
                tally[name] += 1
                depths[made[1]] += name == "unknown"
    assert tally.keys() == MUTATIONS.keys(), "a mutation that is never made protects nothing"
    assert {1, 2, 3} <= depths.keys(), "unknown fields at depth 1 to 3"
    assert sum(tally.values()) >= 10_000, tally


def test_each_mutation_of_each_kind_is_rejected_by_the_exchange(tmp_path: Path) -> None:
    """One of each, submitted by the signer's own device: the exchange's signed no, and no request moves."""
    world = World.build(tmp_path)
    said = whole_life(world)
    dice = Dice(SEED)
    before = {item.request_id: item for item in _states(world, said)}
    for kind, item in said.items():
        message = statement(world, kind, item)
        assert message.inner is not None
        for name in MUTATIONS:
            made = mutate(message.inner, name, dice)
            if made is not None:
                code, field, _rule = refusal(world, item.by, message.wrap(made[0]))
                assert (code, field.split(".")[0]) == ("X_ENCODING", "statement"), (kind, name)
    assert {item.request_id: item for item in _states(world, said)} == before


def _states(world: World, said: dict[StatementKind, Said]) -> list[Any]:
    now = world.clock.now_ms()
    ids = {
        verify_envelope(item.envelope, world.realm.directory, now).header.request_id
        for item in said.values()
        if item.by != "exchange"
    }
    return [world.state(request_id) for request_id in sorted(ids)]


def test_a_statement_with_two_bodies_is_refused(world: World, said: dict[StatementKind, Said]) -> None:
    """A parser that takes the last of a oneof would show one act and do another."""
    grant = statement(world, StatementKind.VALIDATE, said[StatementKind.VALIDATE])
    assert grant.inner is not None
    for kind, item in said.items():
        other = statement(world, kind, item).inner
        assert other is not None
        body = other.items[1]
        for items in ((*grant.inner.items, body), (grant.inner.items[0], body, grant.inner.items[1])):
            with pytest.raises(Invalid, match="X_ENCODING"):
                grant.accept(grant.wrap(replace(grant.inner, items=items).write()))


def test_an_envelope_without_exactly_one_signature_is_refused(
    world: World, said: dict[StatementKind, Said]
) -> None:
    """Stripped, emptied, doubled, or with another person's beside it: never "unsigned, so fine"."""
    for kind, item in said.items():
        outer = statement(world, kind, item).outer
        *rest, sig = outer.items
        others = Item(4, mutations.LEN, world.realm.signer("judge").sign(b"another message"))
        made = {
            "X_SIGNATURE_INVALID": [(*rest,), (*rest, others)],
            "X_ENCODING": [(*rest, replace(sig, value=b"")), (*outer.items, sig), (*outer.items, others)],
        }
        for code, variants in made.items():
            for items in variants:
                with pytest.raises(RogatoryError, match=code):
                    verify_envelope(
                        replace(outer, items=items).write(), world.realm.directory, world.clock.now_ms()
                    )


def test_an_envelope_over_the_cap_is_refused_before_it_is_parsed(world: World) -> None:
    """One byte over: no parse (the bytes are no envelope at all), no entry, and a stable code."""
    with pytest.raises(Invalid) as caught:
        parse_envelope(bytes(MAX_ENVELOPE + 1))
    assert caught.value.args == ("X_TOO_LARGE", "envelope", "SIZE_CAP")
    size = world.engine.size
    with pytest.raises(Invalid, match="X_TOO_LARGE"):
        world.submit("investigator", bytes(MAX_ENVELOPE + 1))
    assert world.engine.size == size


@pytest.mark.parametrize("levels", [17, 99, 101, 60_000])
def test_nesting_deeper_than_the_schema_is_refused(
    world: World, said: dict[StatementKind, Said], levels: int
) -> None:
    """No message of ours holds itself, so depth can only come from unknown groups and fields; no stack is used up."""
    item = said[StatementKind.VALIDATE]
    message = statement(world, StatementKind.VALIDATE, item)
    assert message.inner is not None
    groups = bytes([19 << 3 & 0x7F | 0x80 | mutations.START, 1]) * levels
    groups += bytes([19 << 3 & 0x7F | 0x80 | mutations.END, 1]) * levels
    nested = b""
    for _ in range(min(levels, 2_000)):
        nested = mutations.varint(1 << 3 | mutations.LEN) + mutations.varint(len(nested)) + nested
    for tail in (groups, nested):
        with pytest.raises(Invalid, match="X_ENCODING"):
            message.accept(message.wrap(message.inner.write() + tail))
