# SPDX-License-Identifier: Apache-2.0
"""A grant counts for one signed draft, by somebody else, and only in its place in the chain.

| attack | test |
|---|---|
| grant of another draft, or of the payload without the signature (acceptance 5) | test_a_grant_that_names_anything_but_the_issues_envelope_is_refused |
| old approval on a new scope (A04) | test_a_grant_of_a_returned_draft_does_not_fit_its_successor |
| a grant carried to another request | test_a_grant_for_one_request_is_no_grant_for_another |
| other sections than those of the draft | test_a_grant_that_opened_other_sections_is_refused |
| an answer to another order than the grant | test_a_provider_answers_the_grant_and_nothing_else |
| drafter validates, with a second key too (acceptance 6, log-privacy §14 row 25) | test_nobody_validates_the_own_draft |
| a link of the chain left out or moved (acceptance 5) | test_a_chain_with_a_link_left_out_or_moved_does_not_fold |
| the exchange logs one statement twice (A01) | test_a_statement_logged_twice_is_found_by_the_reader |

Held by the exchange and by a reader's own fold. A link left out at the very end cannot be seen in the chain alone: feed,
receipts and checkpoint show it (test_operator_feed.py). The law itself is not under attack here.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rogatory.audit.framing import th
from rogatory.client.scheme import verify_scheme
from rogatory.client.views import fold_entry, verify_view
from rogatory.protocol import tags
from rogatory.protocol.envelope import pae, parse_envelope, raw_digest, verify_envelope
from rogatory.protocol.errors import NotVerified, RogatoryError
from rogatory.protocol.header import StatementKind
from rogatory.protocol.lifecycle import LoggedEnvelope
from rogatory.protocol.state import RequestState, StateName
from rogatory.protocol.statements import (
    DecisionCode,
    Delivered,
    Refuse,
    Validate,
)
from rogatory.protocol.wire import LoggedStatement
from rogatory.server.engine.batch import Batch, Finish
from rogatory.server.reader import Reader
from tests.support.acts import Wanted, World
from tests.support.life import (
    about,
    accept,
    chain,
    enrolled,
    folded,
    grant,
    issued,
    reading,
    received,
    refusal,
    sister,
    transmitted,
)
from tests.support.whole_life import whole_life


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World.build(tmp_path_factory.mktemp("chain"))


def test_a_grant_that_names_anything_but_the_issues_envelope_is_refused(world: World) -> None:
    """Another draft's digest, the statement's digest (no signature inside), the payload's, the raw bytes', none."""
    state, other = issued(world), issued(world)
    (link,) = chain(world, state)
    envelope = parse_envelope(link.data)
    message = pae(envelope.payload_type, envelope.payload)
    wrong = [
        other.issue_digest,
        th(tags.STATEMENT, message),
        th(tags.RAW, envelope.payload),
        raw_digest(link.data),
        bytes(32),
    ]
    for digest in wrong:
        data = world.answer("judge", StatementKind.VALIDATE, state, digest, grant(state))
        assert refusal(world, "judge", data) == ("X_FIELD_INVALID", "header.about", "ABOUT.ISSUE")
        with pytest.raises(RogatoryError, match=r"ABOUT\.ISSUE"):
            folded(world, [link, LoggedEnvelope(data, link.index + 1, link.time_ms)])
    assert world.state(state.request_id) == state
    data = world.answer("judge", StatementKind.VALIDATE, state, state.issue_digest, grant(state))
    assert accept(world, "judge", data, state.request_id).name is StateName.TRANSMITTED


def test_a_grant_of_a_returned_draft_does_not_fit_its_successor(world: World) -> None:
    """Signed for the first draft and kept back; the same judge, the same request, another scope by now."""
    first = issued(world)
    kept = world.answer("judge", StatementKind.VALIDATE, first, first.issue_digest, grant(first))
    back = Validate(DecisionCode.RETURN, "A_NOT_PROPORTIONATE")
    data = world.answer("judge", StatementKind.VALIDATE, first, first.issue_digest, back)
    returned = accept(world, "judge", data, first.request_id)
    assert refusal(world, "judge", kept)[0] in {"X_STATE_NOT_ALLOWED", "X_STALE_GENERATION"}
    state = _replaced(world, returned)
    assert refusal(world, "judge", kept)[0] == "X_STALE_GENERATION"
    for digest, body in ((first.issue_digest, grant(first)), (first.issue_digest, grant(state))):
        data = world.answer("judge", StatementKind.VALIDATE, state, digest, body)
        assert refusal(world, "judge", data)[::2] == ("X_FIELD_INVALID", "ABOUT.ISSUE")
    data = world.answer("judge", StatementKind.VALIDATE, state, state.issue_digest, grant(first))
    assert refusal(world, "judge", data)[0] in {"X_SCOPE_EXCEEDED", "X_SECTION_NOT_OPENED"}
    assert world.state(state.request_id) == state


def _replaced(world: World, returned: RequestState) -> RequestState:
    """The agency sends a new draft under the same id, with one task less, sealed for that header."""
    request_id, envelope = world.issue(tasks=[Wanted()], returned=returned)
    return accept(world, "investigator", envelope, request_id)


def test_a_grant_for_one_request_is_no_grant_for_another(world: World) -> None:
    """The judge's whole answer, with the other request's id or about its issue."""
    granted, target = issued(world), issued(world)
    header = about(world, "judge", StatementKind.VALIDATE, granted, granted.issue_digest)
    moved = replace(header, request_id=target.request_id, seen=world.seen("judge", target))
    found = refusal(world, "judge", world.sign("judge", moved, grant(granted)))
    assert found[::2] == ("X_FIELD_INVALID", "ABOUT.ISSUE")
    renamed = replace(moved, about=target.issue_digest)
    found = refusal(world, "judge", world.sign("judge", renamed, grant(granted)))
    assert found[::2] == ("X_SECTION_NOT_OPENED", "SECTION.OPENED")
    assert world.state(target.request_id) == target


def test_a_grant_that_opened_other_sections_is_refused(world: World) -> None:
    state, other = issued(world), issued(world)
    own, theirs = grant(state).opened, grant(other).opened
    for opened in (theirs, own[1:], own[:-1], tuple(sorted((*own[1:], theirs[0]))), (bytes(32),)):
        body = replace(grant(state), opened=opened)
        data = world.answer("judge", StatementKind.VALIDATE, state, state.issue_digest, body)
        assert refusal(world, "judge", data)[::2] == ("X_SECTION_NOT_OPENED", "SECTION.OPENED")
    body = replace(grant(state), opened=tuple(sorted((*own, theirs[0]))))
    data = world.answer("judge", StatementKind.VALIDATE, state, state.issue_digest, body)
    assert refusal(world, "judge", data)[::2] == ("X_FIELD_INVALID", "SECTION.EXISTS")
    assert world.state(state.request_id) == state


def test_a_provider_answers_the_grant_and_nothing_else(world: World) -> None:
    """The issue's digest, another request's grant, or what came last: an answer names the order it follows."""
    other, state = received(world), transmitted(world)
    for digest in (state.issue_digest, other.order_digest, bytes(32)):
        for name, kind, body in (
            ("provider-service", StatementKind.DELIVERED, Delivered()),
            ("compliance", StatementKind.RECEIVE, reading(state)),
            ("compliance", StatementKind.REFUSE, Refuse("P_OTHER")),
        ):
            data = world.answer(name, kind, state, digest, body)
            assert refusal(world, name, data)[::2] == ("X_FIELD_INVALID", "ABOUT.ORDER")
    stale = world.disclose(replace(other, order_digest=other.issue_digest), {1: "DELIVERED", 2: "NO_RECORD"})
    assert refusal(world, "compliance", stale)[::2] == ("X_FIELD_INVALID", "ABOUT.ORDER")
    assert world.state(state.request_id) == state
    assert world.state(other.request_id) == other


def test_nobody_validates_the_own_draft(tmp_path: Path) -> None:
    """One person with the drafter's and the judge's roles, in the agency's list or the court's, with two keys there."""
    first = World.build(tmp_path / "first")
    person = first.realm.row("investigator").subject
    more = [
        enrolled(first, "judge", "double", subject=person),
        enrolled(first, "judge", "double, spare key", subject=person),
    ]
    world = sister(first, tmp_path / "second", more=more)
    state = issued(world)
    for name in ("double", "double, spare key"):
        data = world.answer(name, StatementKind.VALIDATE, state, state.issue_digest, grant(state))
        found = refusal(world, name, data)
        assert found == ("X_AUTHORITY_NOT_COMPETENT", "header.issuer", "DRAFTER_IS_NOT_VALIDATOR")
        links = [*chain(world, state), LoggedEnvelope(data, world.engine.size, world.clock.now_ms())]
        with pytest.raises(RogatoryError, match="DRAFTER_IS_NOT_VALIDATOR"):
            folded(world, links)
    for name in ("investigator", "second-investigator"):
        data = world.answer(name, StatementKind.VALIDATE, state, state.issue_digest, grant(state))
        assert refusal(world, name, data)[0] == "X_NOT_AUTHORISED"
    assert world.state(state.request_id) == state
    data = world.answer("judge", StatementKind.VALIDATE, state, state.issue_digest, grant(state))
    assert accept(world, "judge", data, state.request_id).transmitted


def test_a_chain_with_a_link_left_out_or_moved_does_not_fold(world: World) -> None:
    """Offline, from an export: each statement says what its signer had seen, so only the true order holds together."""
    said = whole_life(world)
    manifest = verify_envelope(
        said[StatementKind.DISCLOSE].envelope, world.realm.directory, world.clock.now_ms()
    )
    links = chain(world, world.state(manifest.header.request_id))
    assert folded(world, links).name is StateName.CLOSED
    broken = [[*links[:i], *links[i + 1 :]] for i in range(len(links) - 1)]
    broken += [[*links[:i], links[i + 1], links[i], *links[i + 2 :]] for i in range(len(links) - 1)]
    broken += [[*links[: i + 1], *links[i:]] for i in range(len(links))]
    broken += [[*links, replace(link, index=links[-1].index + 1)] for link in links]
    for variant in broken:
        with pytest.raises(RogatoryError, match="X_"):
            folded(world, variant)


def test_a_statement_logged_twice_is_found_by_the_reader(tmp_path: Path) -> None:
    """A second entry for the same signed report, proven and signed like the first: once is all that was said."""
    world = World.build(tmp_path)
    said = whole_life(world)
    report = said[StatementKind.REPORT_EXCESS].envelope
    request_id = verify_envelope(report, world.realm.directory, world.clock.now_ms()).header.request_id
    reader = Reader(world.files.database)
    scheme = verify_scheme(reader.directory_response(), reader.packs_response(), world.realm.directory.realm)
    reader.close()
    honest = world.get("investigator", request_id)
    view = verify_view(honest, request_id, scheme, None, "")
    core = world.engine._core
    batch = Batch(core, core.log.time_ms)
    last = view.statements[-1]
    index = batch.next_index
    _verified, _after, fields = fold_entry(
        last.state, report, index, batch.time_ms, scheme, last.receipt.leaf
    )
    with core.store.transaction():
        placed = batch.place(fields, world.realm.row("investigator").org, request_id, report)
        staged = world.engine._write(batch)
    assert staged is not None
    core.log.adopt(staged)
    again = LoggedStatement(report, Finish(core, staged).receipt(placed))
    doubled = replace(honest, statements=(*honest.statements, again))
    with pytest.raises(NotVerified) as caught:
        verify_view(doubled, request_id, scheme, None, "")
    assert caught.value.args == ("X_RECEIPT_INVALID", "header.statement_id", "VIEW.ONCE")
