# SPDX-License-Identifier: Apache-2.0
"""The write path without a network: a request's life, what each holder can check, and what is refused by name.

Transport, processes and the SDK are not here; see the other integration tests.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rogatory.audit.errors import LogUnavailable
from rogatory.protocol import codec
from rogatory.protocol.content import Note
from rogatory.protocol.entry import entry_fields
from rogatory.protocol.entry_schema import KIND, OUTCOME, PREVIOUS, SUBJECT, read_record
from rogatory.protocol.envelope import verify_envelope
from rogatory.protocol.errors import NotAuthorised, NotVerified
from rogatory.protocol.header import SectionKind, StatementKind
from rogatory.protocol.receipt import Opening, check_fields, log_identity, verify_receipt
from rogatory.protocol.state import RequestState, StateName
from rogatory.protocol.statements import (
    Acknowledge,
    Body,
    DecisionCode,
    Delivered,
    Disclose,
    GrantedTask,
    Preserve,
    Receive,
    Refuse,
    Reject,
    RequestKind,
    TaskOutcome,
    Validate,
)
from rogatory.protocol.wire import (
    MAX_MESSAGE,
    FetchSealedRequest,
    OpenEntriesRequest,
    OpenEntriesResponse,
)
from rogatory.server.engine import Engine, Op
from tests.support.acts import Wanted, World

SUBSCRIBER = Wanted()
TRAFFIC = Wanted("msisdn", "+15550100123", ("call_record",))
SESSIONS = Wanted("account_id", "other-user@mail.example", ("access_session", "login_ip"))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.build(tmp_path)


def issued(world: World, *tasks: Wanted, kind: RequestKind = RequestKind.DISCLOSURE) -> RequestState:
    request_id, envelope = world.issue(kind=kind, tasks=tasks or (SUBSCRIBER,))
    (result,) = world.submit("investigator", envelope)
    assert result.receipt is not None, world.rejection(result).statement.body
    return world.state(request_id)


def grant(state: RequestState, *numbers: int) -> Validate:
    asked = [item.task for item in state.tasks]
    kept = [task for task in asked if not numbers or task.number in numbers]
    granted = tuple(GrantedTask(t.number, t.elements, t.first_day, t.last_day) for t in kept)
    refs = [state.particulars(task.number) for task in kept] + [state.grounds()]
    opened = tuple(sorted(ref.object_digest for ref in refs if ref is not None))
    decision = DecisionCode.GRANT if len(kept) == len(asked) else DecisionCode.GRANT_NARROWED
    return Validate(decision, "", granted, opened)


def act(
    world: World, name: str, kind: StatementKind, request_id: bytes, about: bytes, body: Body
) -> RequestState:
    envelope = world.answer(name, kind, world.state(request_id), about, body)
    (result,) = world.submit(name, envelope)
    assert result.receipt is not None, world.rejection(result).statement.body
    world.verify(result)
    return world.state(request_id)


def refused(world: World, name: str, envelope: bytes) -> tuple[str, str, str]:
    size = world.engine.size
    (result,) = world.submit(name, envelope)
    body = world.rejection(result).statement.body
    assert isinstance(body, Reject)
    assert world.engine.size == size + 1, "a rejection leaves exactly one entry"
    return body.code, body.field, body.rule


def received(world: World, *tasks: Wanted, kind: RequestKind = RequestKind.DISCLOSURE) -> RequestState:
    state = issued(world, *tasks, kind=kind)
    rid = state.request_id
    state = act(world, "judge", StatementKind.VALIDATE, rid, state.issue_digest, grant(state))
    state = act(world, "provider-service", StatementKind.DELIVERED, rid, state.order_digest, Delivered())
    refs = [state.particulars(task.number) for task in state.granted]
    opened = tuple(sorted(ref.object_digest for ref in refs if ref is not None))
    return act(world, "compliance", StatementKind.RECEIVE, rid, state.order_digest, Receive((), opened))


def test_disclosure_runs_from_issue_to_closed_and_every_party_folds_the_same_state(world: World) -> None:
    state = received(world, SUBSCRIBER, TRAFFIC)
    (result,) = world.submit("compliance", world.disclose(state, {1: "DELIVERED"}))
    assert result.receipt is not None, world.rejection(result).statement.body
    state = world.state(state.request_id)
    assert state.name is StateName.EXECUTING
    (result,) = world.submit("compliance", world.disclose(state, {2: "NO_RECORD"}))
    assert result.receipt is not None
    state = world.state(state.request_id)
    assert state.name is StateName.DELIVERED
    for record in state.disclosures:
        kind = StatementKind.ACKNOWLEDGE
        state = act(world, "investigator", kind, state.request_id, record.manifest, Acknowledge("IN_SCOPE"))
    assert state.name is StateName.CLOSED
    for name in ("investigator", "judge", "compliance", "inspector"):
        folded, _receipts = world.folded(name, state.request_id)
        assert folded == state


def test_preservation_ends_on_the_day_that_the_pack_computes(world: World) -> None:
    state = received(world, kind=RequestKind.PRESERVATION)
    obligation = state.obligation("preserve")
    assert obligation is not None
    early = Preserve((TaskOutcome(1, "PRESERVED"),), obligation.due_ms - 1)
    envelope = world.answer("compliance", StatementKind.PRESERVE, state, state.order_digest, early)
    assert refused(world, "compliance", envelope) == ("X_FIELD_INVALID", "body.until_ms", "UNTIL.PACK")
    right = replace(early, until_ms=obligation.due_ms)
    rid = state.request_id
    state = act(world, "compliance", StatementKind.PRESERVE, rid, state.order_digest, right)
    assert state.name is StateName.PRESERVED


def test_a_prosecutor_cannot_validate_traffic_data_and_a_judge_can(world: World) -> None:
    state = issued(world, SUBSCRIBER, TRAFFIC)
    envelope = world.answer("prosecutor", StatementKind.VALIDATE, state, state.issue_digest, grant(state))
    code, field, rule = refused(world, "prosecutor", envelope)
    assert (code, field) == ("X_AUTHORITY_NOT_COMPETENT", "header.issuer.role")
    assert rule == "eu.e-evidence.2023-1543/2/authority/2/validate"
    assert world.state(state.request_id) == state
    act(world, "judge", StatementKind.VALIDATE, state.request_id, state.issue_digest, grant(state))


def test_a_narrowed_grant_gives_the_provider_nothing_of_the_removed_task(world: World) -> None:
    state = issued(world, SUBSCRIBER, TRAFFIC)
    removed, kept = state.particulars(2), state.particulars(1)
    assert removed is not None
    assert kept is not None
    rid = state.request_id
    with pytest.raises(NotAuthorised, match="X_NOT_FOUND"):
        world.get("compliance", rid)
    act(world, "judge", StatementKind.VALIDATE, rid, state.issue_digest, grant(state, 1))
    grounds = state.grounds()
    assert grounds is not None
    for digest in (removed.object_digest, grounds.object_digest):
        with pytest.raises(NotAuthorised, match="X_NOT_FOUND"):
            world.call("compliance", Op.FETCH_SEALED, FetchSealedRequest(rid, (digest,), "PROCESSING"))
    world.call("compliance", Op.FETCH_SEALED, FetchSealedRequest(rid, (kept.object_digest,), "PROCESSING"))
    state = world.state(rid)
    assert [task.number for task in state.granted] == [1]


def test_a_grant_that_did_not_open_the_sections_is_refused(world: World) -> None:
    state = issued(world)
    blind = replace(grant(state), opened=())
    envelope = world.answer("judge", StatementKind.VALIDATE, state, state.issue_digest, blind)
    assert refused(world, "judge", envelope)[:2] == ("X_SECTION_NOT_OPENED", "body.opened")


def test_a_grant_never_widens(world: World) -> None:
    state = issued(world)
    full = grant(state)
    wider = replace(full.granted[0], elements=("billing", "name", "postal_address"))
    envelope = world.answer(
        "judge", StatementKind.VALIDATE, state, state.issue_digest, replace(full, granted=(wider,))
    )
    assert refused(world, "judge", envelope)[0] == "X_SCOPE_EXCEEDED"


def test_replaying_the_same_statement_gives_the_same_receipt_and_no_entry(world: World) -> None:
    _request_id, envelope = world.issue()
    (first,) = world.submit("investigator", envelope)
    size = world.engine.size
    world.clock.at_ms += 30 * 86_400_000
    (second,) = world.submit("investigator", envelope)
    assert first == second
    assert world.engine.size == size


def test_the_same_statement_id_with_other_content_is_a_replay(world: World) -> None:
    state = issued(world)
    first = verify_envelope(
        world.get("investigator", state.request_id).statements[0].envelope,
        world.realm.directory,
        world.clock.now_ms(),
    )
    header = replace(first.header, issued_at_ms=first.header.issued_at_ms - 1)
    other = world.sign("investigator", header, first.statement.body)
    assert refused(world, "investigator", other)[0] == "X_REPLAY"


def test_a_decision_on_an_older_state_is_stale(world: World) -> None:
    state = issued(world)
    envelope = world.answer("judge", StatementKind.VALIDATE, state, state.issue_digest, grant(state))
    stale = replace(state, last_index=state.last_index - 1)
    old = world.answer("judge", StatementKind.VALIDATE, stale, state.issue_digest, grant(state))
    assert refused(world, "judge", old)[0] == "X_STALE_GENERATION"
    (result,) = world.submit("judge", envelope)
    assert result.receipt is not None


def test_somebody_elses_envelope_is_refused_before_it_can_act(world: World) -> None:
    request_id, envelope = world.issue()
    assert refused(world, "other-investigator", envelope)[:2] == ("X_NOT_AUTHORISED", "header.issuer")
    with pytest.raises(NotAuthorised, match="X_NOT_FOUND"):
        world.get("investigator", request_id)


def test_another_agency_sees_a_request_as_one_that_does_not_exist(world: World) -> None:
    state = issued(world)
    with pytest.raises(NotAuthorised) as existing:
        world.get("other-investigator", state.request_id)
    with pytest.raises(NotAuthorised) as missing:
        world.get("other-investigator", bytes(16))
    assert existing.value.args == missing.value.args


def test_a_read_leaves_one_entry_that_names_reader_purpose_and_time(world: World) -> None:
    state = issued(world)
    size = world.engine.size
    answer = world.get("judge", state.request_id)
    assert world.engine.size == size + 1
    read = verify_receipt(answer.read, log_identity(world.realm.root))
    assert read.receipt.index == size
    assert read_record(read.values[KIND], 2) == (b"CONSULT", b"CONSULTATION")
    assert read_record(read.values[SUBJECT], 3)[::2] == (world.realm.row("judge").subject, b"PROCESSING")
    assert read.time_ms == world.clock.now_ms()


def test_the_holder_recomputes_every_slot_of_a_receipt_and_a_lie_in_any_is_named(world: World) -> None:
    request_id, envelope = world.issue(tasks=(SUBSCRIBER, SESSIONS))
    (result,) = world.submit("investigator", envelope)
    verified = world.verify(result)
    statement = verify_envelope(envelope, world.realm.directory, verified.time_ms)
    state, _receipts = world.folded("investigator", request_id)
    expected = entry_fields(statement, None, state, world.realm.pack, verified.time_ms, b"")
    check_fields(verified, expected)
    for slot in range(16):
        lie = list(expected)
        lie[slot] = b"\x01lie"
        with pytest.raises(NotVerified) as caught:
            check_fields(verified, tuple(lie))
        assert caught.value.rule == f"SLOT.{slot}"


def test_a_receipt_with_another_opening_proof_or_head_is_refused(world: World) -> None:
    _request_id, envelope = world.issue()
    (result,) = world.submit("investigator", envelope)
    receipt = result.receipt
    assert receipt is not None
    log = log_identity(world.realm.root)
    forged = replace(receipt.openings[4], value=b"\x01" + bytes(8))
    bad = [
        replace(receipt, openings=(*receipt.openings[:4], forged, *receipt.openings[5:])),
        replace(receipt, index=receipt.index - 1),
        replace(receipt, inclusion=receipt.inclusion[1:]),
        replace(receipt, head=receipt.head.replace(b"\n", b"\r", 1)),
        replace(receipt, entry=receipt.entry[:-1] + b"\x00"),
        replace(receipt, openings=(*receipt.openings, Opening(3, bytes(32), b"\x00"))),
    ]
    for item in bad:
        with pytest.raises(NotVerified):
            verify_receipt(item, log)
    verify_receipt(receipt, log)


def test_entries_of_a_request_are_chained_by_leaf(world: World) -> None:
    state = received(world)
    _state, receipts = world.folded("investigator", state.request_id)
    previous = b"\x00"
    for receipt in receipts:
        assert receipt.values[PREVIOUS] == previous
        previous = b"\x01" + receipt.leaf


def test_oversight_opens_every_entry_and_a_party_only_its_own(world: World) -> None:
    issued(world)
    _other, envelope = world.issue(name="other-investigator")
    (result,) = world.submit("other-investigator", envelope)
    assert result.receipt is not None

    def opened(name: str) -> list[int]:
        request = OpenEntriesRequest(0, 512, "INSPECTION")
        reply = world.call(name, Op.OPEN_ENTRIES, request)
        answer = codec.decode(OpenEntriesResponse, reply, limit=MAX_MESSAGE)
        return [entry.index for entry in answer.entries]

    size = world.engine.size
    assert opened("inspector") == list(range(size))
    own, other = opened("investigator"), opened("other-investigator")
    assert result.receipt.index in other
    assert result.receipt.index not in own
    assert not set(own) & set(other)


def test_a_section_that_never_arrived_or_belongs_to_another_request_is_missing(world: World) -> None:
    request_id, envelope = world.issue()
    statement = verify_envelope(envelope, world.realm.directory, world.clock.now_ms())
    sections = tuple(
        replace(ref, object_digest=bytes(32)) if ref.kind is SectionKind.GROUNDS else ref
        for ref in statement.header.sections
    )
    header = replace(statement.header, sections=sections)
    envelope = world.sign("investigator", header, statement.statement.body)
    code, _field, rule = refused(world, "investigator", envelope)
    assert (code, rule) == ("X_SECTION_MISSING", "SECTION.STORED")
    with pytest.raises(NotAuthorised):
        world.get("investigator", request_id)


def test_a_manifest_whose_parts_have_not_arrived_is_refused(world: World) -> None:
    state = received(world)
    envelope = world.disclose(state, {1: "DELIVERED"})
    for path in world.files.parts.rglob("*-*"):
        path.unlink()
    assert refused(world, "compliance", envelope)[0] == "X_PART_INVALID"


def test_a_refusal_by_the_provider_carries_a_code_of_the_pack_and_ends_the_request(world: World) -> None:
    state = received(world)
    envelope = world.answer("compliance", StatementKind.REFUSE, state, state.order_digest, Refuse("P_BORED"))
    assert refused(world, "compliance", envelope)[:2] == ("X_FIELD_INVALID", "body.code")
    rid, order = state.request_id, state.order_digest
    state = act(world, "compliance", StatementKind.REFUSE, rid, order, Refuse("P_IMMUNITY_OR_PRESS"))
    assert state.name is StateName.REFUSED
    late = world.answer("compliance", StatementKind.REFUSE, state, order, Refuse("P_OTHER"))
    assert refused(world, "compliance", late)[0] == "X_OBJECT_TERMINAL"


def test_a_rejection_says_code_rule_and_field_and_nothing_of_the_content(world: World) -> None:
    _request_id, envelope = world.issue()
    broken = envelope[:-1] + bytes([envelope[-1] ^ 1])
    (result,) = world.submit("investigator", broken)
    assert result.rejection is not None
    body = world.rejection(result).statement.body
    assert isinstance(body, Reject)
    assert (body.code, body.field) == ("X_SIGNATURE_INVALID", "sig")
    receipt = world.verify(result)
    assert read_record(receipt.values[OUTCOME], 4)[0] == b"X_SIGNATURE_INVALID"
    assert b"exercise-user" not in result.rejection.envelope


def test_the_engine_goes_on_after_a_restart_and_refuses_a_lost_vault(world: World) -> None:
    state = issued(world)
    world.engine.publish()
    world.engine.close()
    world.engine = Engine.open(world.files, world.clock)
    assert world.state(state.request_id) == state
    act(world, "judge", StatementKind.VALIDATE, state.request_id, state.issue_digest, grant(state))
    world.engine.close()
    world.files.vault.unlink()
    with pytest.raises(LogUnavailable):
        Engine.open(world.files, world.clock)


def test_parts_of_other_sizes_are_refused_even_with_the_right_root(world: World) -> None:
    """They would hash to the manifest's root and never be found at their offsets."""
    state = received(world)
    honest = verify_envelope(
        world.disclose(state, {1: "DELIVERED"}), world.realm.directory, world.clock.now_ms()
    )
    assert isinstance(honest.statement.body, Disclose)
    longer = replace(honest.statement.body, body_length=honest.statement.body.body_length + 1)
    envelope = world.sign("compliance", honest.header, longer)
    assert refused(world, "compliance", envelope)[0] == "X_PART_INVALID"


def test_a_grants_note_reaches_the_provider_and_nobody_else_but_its_parties(world: World) -> None:
    state = issued(world)
    bare = replace(
        world.header("judge", StatementKind.VALIDATE, state.request_id, state), about=state.issue_digest
    )

    def noted(*names: str) -> bytes:
        keys = {world.realm.unit(name).key_id: world.realm.unit(name).sealing_key for name in names}
        ref = world.seal("judge", bare, SectionKind.NOTE, 0, codec.encode(Note("for the provider")), keys)
        return world.sign("judge", replace(bare, sections=(ref,)), grant(state))

    outside = noted("judge", "other-compliance")
    assert refused(world, "judge", outside)[0] == "X_FIELD_NOT_FOR_RECIPIENT"
    (result,) = world.submit("judge", noted("judge", "compliance"))
    assert result.receipt is not None
    after = world.state(state.request_id)
    (note,) = [ref for ref in after.sections if ref.kind is SectionKind.NOTE]
    request = FetchSealedRequest(state.request_id, (note.object_digest,), "PROCESSING")
    world.call("compliance", Op.FETCH_SEALED, request)
    with pytest.raises(NotAuthorised, match="X_NOT_FOUND"):
        world.call("investigator", Op.FETCH_SEALED, request)
