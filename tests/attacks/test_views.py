# SPDX-License-Identifier: Apache-2.0
"""Nobody sees more by sending somebody else's bytes, guessing an id or knowing a digest.

| attack | test |
|---|---|
| A's exact envelope put in by B to get its receipt and openings | test_replaying_an_envelope_opens_nothing_of_it |
| the same inside a batch of one's own | test_a_foreign_envelope_in_a_batch_gets_a_no_of_its_own |
| reading by a known request id (A36) | test_a_request_of_others_looks_like_none_in_every_call |
| the provider before the grant, and after none | test_the_provider_sees_nothing_before_the_grant |
| a sealed object by its digest (A37) | test_a_section_is_not_handed_out_to_who_knows_its_digest |
| the same under a request of one's own | test_a_foreign_section_cannot_be_drawn_into_an_own_request |
| parts of a disclosure by whoever is not to read them (A37) | test_parts_are_fetched_by_the_asking_party_alone |
| entries of others by range (A36) | test_a_range_opens_only_what_the_caller_may_see |
| somebody else's feed and heartbeat | test_a_heartbeat_is_about_the_callers_own_feed |
| a reason for reading that is a message | test_a_purpose_outside_the_list_leaves_no_trace |

Calls go to the engine, which decides; that each RPC asks it is in tests/integration/test_server_process.py and
test_transfers.py. What each party may see by right is not under attack here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from rogatory.audit.framing import lp
from rogatory.protocol import codec
from rogatory.protocol.envelope import verify_envelope
from rogatory.protocol.errors import NotAuthorised, RogatoryError
from rogatory.protocol.header import StatementKind
from rogatory.protocol.ids import uuid7
from rogatory.protocol.state import RequestState
from rogatory.protocol.statements import Heartbeat, Withdraw
from rogatory.protocol.wire import (
    MAX_MESSAGE,
    FetchSealedRequest,
    GetRequestRequest,
    OpenedEntry,
    OpenEntriesRequest,
    OpenEntriesResponse,
    PutSealedRequest,
    SubmitResult,
)
from rogatory.server.engine import Direction, Op, TransferOpen
from rogatory.server.engine.jobs import pack_json
from tests.support.acts import World
from tests.support.life import Said, issued, received, refusal, say, transmitted
from tests.support.whole_life import whole_life

BYSTANDERS = ("other-investigator", "other-compliance", "other-provider-service", "exchange")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World.build(tmp_path_factory.mktemp("views"))


@pytest.fixture(scope="module")
def said(world: World) -> dict[StatementKind, Said]:
    return whole_life(world)


def opened(world: World, name: str, start: int = 0) -> list[OpenedEntry]:
    found: list[OpenedEntry] = []
    end = world.engine.size
    while start < end:
        request = OpenEntriesRequest(start, min(512, end - start), "INSPECTION")
        reply = codec.decode(
            OpenEntriesResponse, world.call(name, Op.OPEN_ENTRIES, request), limit=MAX_MESSAGE
        )
        found += reply.entries
        start = reply.next
    return found


def values(result: SubmitResult) -> bytes:
    """Everything that an answer opens, and the envelope in it."""
    receipt = result.receipt or (result.rejection.receipt if result.rejection else None)
    assert receipt is not None
    envelope = result.rejection.envelope if result.rejection else b""
    return envelope + b"".join(lp(item.value) for item in receipt.openings)


def test_replaying_an_envelope_opens_nothing_of_it(world: World, said: dict[StatementKind, Said]) -> None:
    """The thief gets a rejection with its own entry: no index, salt, leaf or commitment of the victim's."""
    for kind, item in said.items():
        if item.by == "exchange":
            continue
        (mine,) = world.submit(item.by, item.envelope)
        assert mine.receipt is not None
        secret = [mine.receipt.entry, *mine.receipt.commitments, *(o.salt for o in mine.receipt.openings)]
        for name in BYSTANDERS:
            if world.realm.row(name).org == world.realm.row(item.by).org:
                continue  # the exchange itself, about its clock
            (theirs,) = world.submit(name, item.envelope)
            assert theirs.receipt is None, kind
            assert theirs.rejection is not None
            assert theirs.rejection.receipt.index != mine.receipt.index
            told = values(theirs)
            assert not [value for value in secret if value in told or value in codec.encode(theirs)]


def test_a_foreign_envelope_in_a_batch_gets_a_no_of_its_own(
    world: World, said: dict[StatementKind, Said]
) -> None:
    _rid, own = world.issue("other-investigator")
    stolen = said[StatementKind.ISSUE].envelope
    first, second, third = world.submit("other-investigator", stolen, own, stolen)
    assert second.receipt is not None
    for result in (first, third):
        assert (
            world.rejection(result).statement.header.addressee.org
            == world.realm.row("other-investigator").org
        )


def calls(request_id: bytes, digest: bytes, disclosure_id: bytes) -> Iterator[tuple[Op, bytes]]:
    """Every way to ask for something of a request."""
    yield Op.GET_REQUEST, codec.encode(GetRequestRequest(request_id, "PROCESSING"))
    yield Op.FETCH_SEALED, codec.encode(FetchSealedRequest(request_id, (digest,), "PROCESSING"))
    for direction in Direction:
        purpose = "TRANSFER" if direction is Direction.FETCH else ""
        yield Op.TRANSFER_OPEN, pack_json(TransferOpen(request_id, disclosure_id, direction, purpose))


def outcome(world: World, name: str, op: Op, payload: bytes) -> tuple[tuple[str, ...], list[bytes]]:
    """The refusal of a call, and the values of the entry it left, without its salts and ids."""
    size = world.engine.size
    with pytest.raises(RogatoryError) as caught:
        world.call(name, op, payload)
    assert isinstance(caught.value, NotAuthorised)
    left = [item for item in opened(world, "inspector", size) if item.index >= size]
    return caught.value.args, [opening.value for item in left for opening in item.openings]


def test_a_request_of_others_looks_like_none_in_every_call(
    world: World, said: dict[StatementKind, Said]
) -> None:
    """Same error, same field, same entry left behind, whether the request exists or not."""
    state = _disclosed(world, said)
    missing = uuid7(world.clock, world.entropy)
    record, ref = state.disclosures[0], state.sections[0]
    real = calls(state.request_id, ref.object_digest, record.disclosure_id)
    none = calls(missing, bytes(32), bytes(16))
    for (op, theirs), (_op, nothing) in zip(real, none, strict=True):
        for name in BYSTANDERS:
            found = outcome(world, name, op, theirs)
            assert found == outcome(world, name, op, nothing), (op, name)
            assert found[0][0] == "X_NOT_FOUND"
            assert len(found[1]) == 16, "a refused look leaves one entry"


def _disclosed(world: World, said: dict[StatementKind, Said]) -> RequestState:
    manifest = said[StatementKind.DISCLOSE].envelope
    header = verify_envelope(manifest, world.realm.directory, world.clock.now_ms()).header
    return world.state(header.request_id)


def test_the_provider_sees_nothing_before_the_grant(world: World) -> None:
    """Addressed, sealed to, and not yet a party; and never one where the request is taken back before."""
    state = issued(world)
    ref = state.particulars(1)
    assert ref is not None
    missing = uuid7(world.clock, world.entropy)
    tip = world.engine._core.store.feed_tip(world.realm.row("compliance").org)

    def blind() -> None:
        real = calls(state.request_id, ref.object_digest, bytes(16))
        for (op, theirs), (_op, none) in zip(real, calls(missing, bytes(32), bytes(16)), strict=True):
            assert outcome(world, "compliance", op, theirs) == outcome(world, "compliance", op, none)
        assert world.engine._core.store.feed_tip(world.realm.row("compliance").org) == tip

    blind()
    say(world, "investigator", StatementKind.WITHDRAW, state, state.issue_digest, Withdraw("ERROR"))
    blind()


def test_a_section_is_not_handed_out_to_who_knows_its_digest(world: World) -> None:
    """Grounds for the provider, anything for oversight, foreign digests under an own request: as if unknown."""
    state, other = transmitted(world), transmitted(world)
    grounds, particulars = state.grounds(), state.particulars(1)
    assert grounds is not None
    assert particulars is not None
    for name, digest in (
        ("compliance", grounds.object_digest),
        ("provider-service", grounds.object_digest),
        ("inspector", grounds.object_digest),
        ("inspector", particulars.object_digest),
    ):
        known = codec.encode(FetchSealedRequest(state.request_id, (digest,), "PROCESSING"))
        unknown = codec.encode(FetchSealedRequest(state.request_id, (bytes(32),), "PROCESSING"))
        found = outcome(world, name, Op.FETCH_SEALED, known)
        assert found == outcome(world, name, Op.FETCH_SEALED, unknown)
        assert found[0] == ("X_NOT_FOUND", "request.object_digests", "SECTION.READER")
    for name in ("investigator", "judge", "compliance"):
        mixed = FetchSealedRequest(
            other.request_id, (_digest(other), particulars.object_digest), "PROCESSING"
        )
        assert outcome(world, name, Op.FETCH_SEALED, codec.encode(mixed))[0][0] == "X_NOT_FOUND"
        own = FetchSealedRequest(other.request_id, (_digest(other),), "PROCESSING")
        assert world.call(name, Op.FETCH_SEALED, own)


def _digest(state: RequestState) -> bytes:
    ref = state.particulars(1)
    assert ref is not None
    return ref.object_digest


def test_a_foreign_section_cannot_be_drawn_into_an_own_request(world: World) -> None:
    """Naming the victim's object in an issue of one's own, even after putting the same bytes there oneself."""
    victim = issued(world)
    stolen = victim.particulars(1)
    assert stolen is not None
    row = world.engine._core.store.sealed(stolen.object_digest)
    assert row is not None
    data = world.engine._core.vault.open(row.request_id, f"sealed/{stolen.object_digest.hex()}", row.data)
    request_id, envelope = world.issue("other-investigator")
    verified = verify_envelope(envelope, world.realm.directory, world.clock.now_ms())
    refs = [
        replace(stolen, recipients=ref.recipients) if ref.task == 1 else ref
        for ref in verified.header.sections
    ]
    header = replace(verified.header, sections=tuple(refs))
    drawn = world.sign("other-investigator", header, verified.statement.body)
    found = refusal(world, "other-investigator", drawn)
    assert found[::2] == ("X_SECTION_MISSING", "SECTION.STORED")
    world.call("other-investigator", Op.PUT_SEALED, PutSealedRequest(request_id, data))
    assert refusal(world, "other-investigator", drawn)[0] == "X_SECTION_MISSING"
    asked = FetchSealedRequest(victim.request_id, (stolen.object_digest,), "PROCESSING")
    assert world.call("judge", Op.FETCH_SEALED, asked), "the victim's own section is where it was"


def test_parts_are_fetched_by_the_asking_party_alone(world: World, said: dict[StatementKind, Said]) -> None:
    """Not by the judge, not by oversight, not by the provider that sent them; each refusal is logged."""
    state = _disclosed(world, said)
    record = state.disclosures[0]

    def ask(disclosure_id: bytes) -> bytes:
        return pack_json(TransferOpen(state.request_id, disclosure_id, Direction.FETCH, "TRANSFER"))

    for name in ("judge", "prosecutor", "inspector", "compliance", "provider-service"):
        found = outcome(world, name, Op.TRANSFER_OPEN, ask(record.disclosure_id))
        assert found == outcome(world, name, Op.TRANSFER_OPEN, ask(bytes(16)))
        assert found[0] == ("X_NOT_FOUND", "disclosure_id", "DISCLOSURE.RECIPIENT")
        assert len(found[1]) == 16, "a refused look leaves one entry"
    status = pack_json(TransferOpen(state.request_id, record.disclosure_id, Direction.STATUS))
    found = outcome(world, "judge", Op.TRANSFER_OPEN, status)
    assert (found[0], len(found[1])) == (("X_NOT_FOUND", "disclosure_id", "DISCLOSURE.PARTY"), 16)
    for name in ("investigator", "second-investigator"):
        assert world.call(name, Op.TRANSFER_OPEN, ask(record.disclosure_id))
    open_state = received(world)
    for name in ("investigator", "judge", "inspector"):
        put = pack_json(TransferOpen(open_state.request_id, bytes(16), Direction.PUT))
        with pytest.raises(NotAuthorised):
            world.call(name, Op.TRANSFER_OPEN, put)


def test_a_range_opens_only_what_the_caller_may_see(world: World, said: dict[StatementKind, Said]) -> None:
    """All of the log, asked by everybody: a bystander opens its own acts and the scheme's public objects."""
    known = {item.envelope for item in said.values() if item.by != "exchange"}
    scheme = world.engine._core.store.scheme()
    for name in BYSTANDERS:
        org = world.realm.row(name).org
        theirs = {item.envelope for item in said.values() if world.realm.row(item.by).org != org}
        for item in opened(world, name):
            assert item.envelope not in theirs
            if item.index not in {row.i for row in scheme}:
                actor = item.openings[2].value[1:]
                assert actor == org, (name, item.index)
    assert known <= {item.envelope for item in opened(world, "inspector")}
    asking = {item.envelope for item in opened(world, "investigator")}
    assert known <= asking


def test_a_heartbeat_is_about_the_callers_own_feed(world: World, said: dict[StatementKind, Said]) -> None:
    """A stream has no argument that could name another party; the signed word says whose feed it is."""
    assert said
    for name in ("judge", "compliance", "other-compliance", "other-investigator"):
        beat = world.call(name, Op.HEARTBEAT, codec.encode(GetRequestRequest(bytes(16), "WATCH")))
        body = verify_envelope(beat, world.realm.directory, world.clock.now_ms()).statement.body
        assert isinstance(body, Heartbeat)
        org = world.realm.row(name).org
        tip = world.engine._core.store.feed_tip(org)
        assert (body.org, body.position) == (org, tip.index + 1 if tip else 0)


@pytest.mark.parametrize("purpose", ["", "15550100123", "INSPECTION2", "ask-for-jane-example", "delivery"])
def test_a_purpose_outside_the_list_leaves_no_trace(
    world: World, said: dict[StatementKind, Said], purpose: str
) -> None:
    """It would be words that the caller writes into the log, about a request that is not even its own."""
    state = _disclosed(world, said)
    size = world.engine.size
    for name in ("other-investigator", "investigator"):
        for op, payload in (
            (Op.GET_REQUEST, codec.encode(GetRequestRequest(state.request_id, purpose))),
            (Op.FETCH_SEALED, codec.encode(FetchSealedRequest(state.request_id, (bytes(32),), purpose))),
            (Op.OPEN_ENTRIES, codec.encode(OpenEntriesRequest(0, 1, purpose))),
            (
                Op.TRANSFER_OPEN,
                pack_json(TransferOpen(state.request_id, bytes(16), Direction.FETCH, purpose)),
            ),
        ):
            with pytest.raises(RogatoryError) as caught:
                world.call(name, op, payload)
            assert caught.value.args == ("X_FIELD_INVALID", "request.purpose", "VOCABULARY")
    assert world.engine.size == size
