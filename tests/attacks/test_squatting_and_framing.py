# SPDX-License-Identifier: Apache-2.0
"""Taking an id before its owner does, and making somebody else look guilty.

| attack | test |
|---|---|
| statement id taken first | test_a_statement_id_taken_first_blocks_one_statement_and_not_its_signer |
| request id taken first | test_a_request_id_taken_first_blocks_one_request_and_tells_nothing |
| disclosure id taken first | test_a_disclosure_id_is_one_requests_own |
| a sealed object put in first | test_a_section_stored_under_another_request_id_does_no_harm |
| a bad signature in another officer's name | test_a_forged_statement_is_entered_under_the_peer_that_sent_it |
| the victim's own valid statement, sent by another | test_a_stolen_statement_is_entered_under_the_peer_that_sent_it |
| a rejection shown to the person it seems to accuse | test_a_rejection_is_believed_about_its_own_submitter_alone |
| an entry in the victim's request by a stranger's forgery | test_a_forgery_about_a_request_stays_out_of_it |

Ids are random and reach no stranger through the exchange; the squatter here knows them all the same. Floods are the
matter of tests/hardening.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from rogatory.audit.framing import lp
from rogatory.client.rejections import verify_rejection
from rogatory.client.scheme import Scheme, verify_scheme
from rogatory.protocol import codec
from rogatory.protocol.directory import KeyRow
from rogatory.protocol.entry_schema import SUBJECT, read_record
from rogatory.protocol.envelope import Envelope, parse_envelope, verify_envelope
from rogatory.protocol.errors import NotVerified
from rogatory.protocol.header import StatementKind
from rogatory.protocol.ids import uuid7
from rogatory.protocol.statements import MAX_ENVELOPE, Disclose, Statement, Withdraw
from rogatory.protocol.wire import (
    MAX_MESSAGE,
    FetchSealedRequest,
    OpenEntriesRequest,
    OpenEntriesResponse,
    PutSealedRequest,
    SubmitResult,
)
from rogatory.server.engine import Op
from rogatory.server.reader import Reader
from tests.support.acts import World
from tests.support.life import accept, issued, received, refusal


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World.build(tmp_path_factory.mktemp("framing"))


def unsigned(data: bytes) -> Statement:
    return codec.decode(Statement, parse_envelope(data).payload, limit=MAX_ENVELOPE)


def test_a_statement_id_taken_first_blocks_one_statement_and_not_its_signer(world: World) -> None:
    """A clear refusal; the same act under a fresh id goes in, and the thief's statement is only its own."""
    request_id, envelope = world.issue()
    honest = unsigned(envelope)
    _rid, squat = world.issue("other-investigator")
    theirs = unsigned(squat)
    taken = replace(theirs.header, statement_id=honest.header.statement_id)
    accept(
        world, "other-investigator", world.sign("other-investigator", taken, theirs.body), taken.request_id
    )
    found = refusal(world, "investigator", envelope)
    assert found == ("X_REPLAY", "header.statement_id", "STATEMENT_ID_TAKEN")
    fresh = replace(honest.header, statement_id=uuid7(world.clock, world.entropy))
    state = accept(world, "investigator", world.sign("investigator", fresh, honest.body), request_id)
    assert state.agency == world.realm.address("investigator")
    assert world.state(taken.request_id).agency == world.realm.address("other-investigator")


def test_a_request_id_taken_first_blocks_one_request_and_tells_nothing(world: World) -> None:
    """The owner gets X_NOT_FOUND, as anybody who asks for another party's request, and goes on with a fresh id."""
    request_id, envelope = world.issue()
    honest = unsigned(envelope)
    _rid, squat = world.issue("other-investigator")
    theirs = unsigned(squat)
    objects = [_object(world, ref.object_digest) for ref in theirs.header.sections]
    for data in objects:
        world.call("other-investigator", Op.PUT_SEALED, PutSealedRequest(request_id, data))
    moved = replace(theirs.header, request_id=request_id)
    found = refusal(world, "other-investigator", world.sign("other-investigator", moved, theirs.body))
    assert found[0] == "X_SECTION_MISSING", "sections of one request are not taken for another"
    again = _sealed_for(world, "other-investigator", request_id)
    accept(world, "other-investigator", again, request_id)
    found = refusal(world, "investigator", envelope)
    assert found == ("X_NOT_FOUND", "header.request_id", "LIFECYCLE.EXISTS")
    missing = replace(
        world.header("investigator", StatementKind.WITHDRAW, uuid7(world.clock, world.entropy), None),
        about=bytes(32),
    )
    none = refusal(world, "investigator", world.sign("investigator", missing, Withdraw("ERROR")))
    assert none == found, "no more is told than of a request that is not there"
    fresh_id, fresh = world.issue()
    assert accept(world, "investigator", fresh, fresh_id).drafter == honest.header.issuer.subject


def _object(world: World, digest: bytes) -> bytes:
    row = world.engine._core.store.sealed(digest)
    assert row is not None
    return world.engine._core.vault.open(row.request_id, f"sealed/{digest.hex()}", row.data)


def _sealed_for(world: World, name: str, request_id: bytes) -> bytes:
    """An issue under an id that somebody else has drawn. Its sections fit no header; the exchange opens none."""
    state = replace(issued(world), request_id=request_id, issue_digest=b"")
    made = unsigned(world.issue(name, returned=state)[1])
    return world.sign(name, replace(made.header, about=b"", seen=world.seen(name)), made.body)


def test_a_disclosure_id_is_one_requests_own(world: World) -> None:
    """The same id in two requests of two providers: parts and manifests do not meet."""
    first, second = received(world), received(world)
    manifest = world.disclose(first, {1: "DELIVERED", 2: "NO_RECORD"})
    body = unsigned(manifest).body
    accept(world, "compliance", manifest, first.request_id)
    again = unsigned(world.disclose(second, {1: "DELIVERED", 2: "NO_RECORD"}))
    assert isinstance(body, Disclose)
    assert isinstance(again.body, Disclose)
    stolen = replace(again.body, disclosure_id=body.disclosure_id)
    found = refusal(world, "compliance", world.sign("compliance", again.header, stolen))
    assert found[::2] == ("X_FIELD_INVALID", "DISCLOSURE.CONTEXT"), "the id is bound to its request"
    state = accept(world, "compliance", world.sign("compliance", again.header, again.body), second.request_id)
    assert state.disclosures[0].disclosure_id != body.disclosure_id


def test_a_section_stored_under_another_request_id_does_no_harm(world: World) -> None:
    """A reader of the victim's section puts it in again under ids of its own; the victim's stays where it is."""
    state = issued(world)
    ref = state.particulars(1)
    assert ref is not None
    data = _object(world, ref.object_digest)
    for request_id in (state.request_id, uuid7(world.clock, world.entropy)):
        world.call("judge", Op.PUT_SEALED, PutSealedRequest(request_id, data))
    row = world.engine._core.store.sealed(ref.object_digest)
    assert row is not None
    assert (row.request_id, row.org) == (state.request_id, world.realm.row("investigator").org)
    asked = FetchSealedRequest(state.request_id, (ref.object_digest,), "VALIDATION")
    assert world.call("judge", Op.FETCH_SEALED, asked)


def names_only(world: World, result: SubmitResult, peer: str, *victims: str) -> None:
    """The rejection and its entry name the TLS peer and hold nothing of the people whom the bytes accuse."""
    assert result.rejection is not None
    row = world.realm.row(peer)
    receipt = world.verify(result)
    assert receipt.values[2] == b"\x01" + row.org
    assert read_record(receipt.values[SUBJECT], 3) == (row.subject, row.roles[0].encode(), b"")
    rejection = world.rejection(result)
    assert rejection.row == world.engine._core.exchange_key.row
    assert rejection.header.addressee == row.address
    told = result.rejection.envelope + b"".join(lp(value) for value in receipt.values.values())
    for victim in victims:
        them = world.realm.row(victim)
        known = {them.subject, them.key_id, them.raw} | ({them.org} if them.org != row.org else set())
        assert not [value for value in known if value in told], victim


@pytest.mark.parametrize("victim", ["investigator", "judge", "compliance"])
@pytest.mark.parametrize(
    "peer", ["other-investigator", "provider-service", "second-investigator", "exchange"]
)
def test_a_forged_statement_is_entered_under_the_peer_that_sent_it(
    world: World, victim: str, peer: str
) -> None:
    """Bad signature, own signature under the victim's key id, unknown key, and bytes that only mention the victim."""
    state = issued(world)
    header = world.header(victim, StatementKind.WITHDRAW, state.request_id, state)
    honest = world.sign(victim, replace(header, about=state.issue_digest), Withdraw("ERROR"))
    envelope = parse_envelope(honest)
    forged = [
        replace(envelope, sig=bytes(64)),
        replace(envelope, sig=world.realm.signer(peer).sign(envelope.payload)),
        replace(envelope, key_id=bytes(31) + b"\1"),
        replace(envelope, key_id=world.realm.row(peer).key_id),
    ]
    bytes_only = [codec.encode(item) for item in forged] + [honest[:-1], b"\x0a" + honest, envelope.payload]
    for data in bytes_only:
        (result,) = world.submit(peer, data)
        names_only(world, result, peer, victim)
    assert world.state(state.request_id) == state


def test_a_stolen_statement_is_entered_under_the_peer_that_sent_it(world: World) -> None:
    state = issued(world)
    header = world.header("investigator", StatementKind.WITHDRAW, state.request_id, state)
    valid = world.sign("investigator", replace(header, about=state.issue_digest), Withdraw("ERROR"))
    for peer in ("other-investigator", "judge", "compliance", "exchange"):
        (result,) = world.submit(peer, valid)
        names_only(world, result, peer, "investigator")
    assert world.state(state.request_id) == state
    assert accept(world, "investigator", valid, state.request_id).code == "ERROR"


def scheme_of(world: World) -> Scheme:
    reader = Reader(world.files.database)
    directory, packs = reader.directory_response(), reader.packs_response()
    reader.close()
    return verify_scheme(directory, packs, world.realm.directory.realm)


def test_a_rejection_is_believed_about_its_own_submitter_alone(world: World) -> None:
    """Handed on as evidence against somebody else, or about other bytes, it does not verify."""
    state = issued(world)
    header = world.header("investigator", StatementKind.WITHDRAW, state.request_id, state)
    valid = world.sign("investigator", replace(header, about=state.issue_digest), Withdraw("ERROR"))
    forged = codec.encode(replace(codec.decode(Envelope, valid, limit=MAX_ENVELOPE), sig=bytes(64)))
    (result,) = world.submit("other-investigator", forged)
    assert result.rejection is not None
    scheme = scheme_of(world)

    def verdict(sent: bytes, row: KeyRow) -> str:
        with pytest.raises(NotVerified) as caught:
            verify_rejection(result.rejection, sent, scheme, row)  # type: ignore[arg-type]
        return caught.value.rule

    peer = world.realm.row("other-investigator")
    assert verify_rejection(result.rejection, forged, scheme, peer).body.code == "X_SIGNATURE_INVALID"
    assert verdict(forged, world.realm.row("investigator")) == "SLOT.2"
    assert verdict(forged, replace(peer, subject=world.realm.row("investigator").subject)) == "SLOT.14"
    assert verdict(valid, peer) == "REJECTION.DIGEST"


def test_a_forgery_about_a_request_stays_out_of_it(world: World) -> None:
    """The rejection quotes the request id that the forger wrote; nobody of that request is shown it."""
    state = issued(world)
    header = world.header("judge", StatementKind.VALIDATE, state.request_id, state)
    forged = codec.encode(
        replace(
            parse_envelope(
                world.sign(
                    "judge", replace(header, kind=StatementKind.WITHDRAW, about=bytes(32)), Withdraw("X")
                )
            ),
            sig=bytes(64),
        )
    )
    size = world.engine.size
    (result,) = world.submit("other-investigator", forged)
    assert world.rejection(result).header.request_id == state.request_id
    for name in ("investigator", "judge", "compliance"):
        asked = OpenEntriesRequest(size, 1, "INSPECTION")
        reply = world.call(name, Op.OPEN_ENTRIES, asked)
        assert codec.decode(OpenEntriesResponse, reply, limit=MAX_MESSAGE).entries == ()
    statements = world.get("investigator", state.request_id).statements
    now = world.clock.now_ms()
    kinds = [verify_envelope(item.envelope, world.realm.directory, now).header.kind for item in statements]
    assert kinds == [StatementKind.ISSUE]
