# SPDX-License-Identifier: Apache-2.0
"""After a judge has granted, the target stays what was granted: nothing that anybody signs moves it.

| attack | test |
|---|---|
| a new issue in the place of the granted one | test_an_issue_that_replaces_a_granted_one_is_refused |
| `amend`, `clarify` or any other kind that is only reserved | test_no_reserved_kind_touches_a_granted_request |
| the target drifts through statements that are allowed | test_no_kind_changes_what_was_asked_or_granted |
| a second, wider grant; a grant of something wider | test_a_second_validate_after_the_grant_is_refused |

What the client does with a section that does not match its header is in tests/integration/test_forged_sections.py; races
between honest statements are in tests/races. The law itself (which role may grant what) is not under attack here.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from rogatory.protocol import codec
from rogatory.protocol.envelope import Envelope, pae, verify_envelope
from rogatory.protocol.errors import RogatoryError
from rogatory.protocol.header import StatementKind
from rogatory.protocol.lifecycle import LoggedEnvelope
from rogatory.protocol.scoping import narrower
from rogatory.protocol.state import Flag, RequestState
from rogatory.protocol.statements import (
    BODIES,
    Body,
    DecisionCode,
    Delivered,
    GrantedTask,
    Issue,
    Refuse,
    RequestKind,
    Statement,
    Validate,
    payload_type,
)
from tests.support.acts import Wanted, World
from tests.support.life import (
    about,
    chain,
    folded,
    grant,
    issued,
    refusal,
    transmitted,
)
from tests.support.whole_life import whole_life

RESERVED = sorted(set(StatementKind) - set(BODIES))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World.build(tmp_path_factory.mktemp("target"))


def reissue(world: World, state: RequestState, supersedes: bytes) -> bytes:
    """Another issue (other identifier) under the request id of one that exists."""
    other = [Wanted("msisdn", "+15550100199", ("call_record",))]
    return world.issue(tasks=other, returned=replace(state, issue_digest=supersedes))[1]


def test_an_issue_that_replaces_a_granted_one_is_refused(world: World) -> None:
    """With the digest of the issue, of the grant, or as if nothing had been there; before the grant too."""
    before = issued(world)
    state = transmitted(world)
    for target in (before, state):
        for digest in (target.issue_digest, target.order_digest, b""):
            found = refusal(world, "investigator", reissue(world, target, digest))
            assert found == ("X_REPLAY", "header.request_id", "REQUEST_ID_TAKEN")
        assert world.state(target.request_id) == target


@pytest.mark.parametrize("kind", RESERVED)
def test_no_reserved_kind_touches_a_granted_request(world: World, kind: StatementKind) -> None:
    """Signed by those who would gain: the asking officer, the judge, the provider; with any body that parses."""
    state = transmitted(world)
    links = chain(world, state)
    bodies: list[Body] = [
        grant(state),
        Delivered(),
        Refuse("P_OTHER"),
        Issue(RequestKind.DISCLOSURE, state.legal_type),
    ]
    for body in bodies:
        for name in ("investigator", "judge", "compliance"):
            header = about(world, name, kind, state, state.issue_digest)
            payload = codec.encode(Statement(header, body))
            sig = world.realm.signer(name).sign(pae(payload_type(kind), payload))
            data = codec.encode(Envelope(payload, payload_type(kind), world.realm.row(name).key_id, sig))
            assert refusal(world, name, data) == ("X_KIND_UNKNOWN", "header.kind", "DEFINED")
            logged = LoggedEnvelope(data, world.engine.size, world.clock.now_ms())
            with pytest.raises(RogatoryError, match="X_KIND_UNKNOWN"):
                folded(world, [*links, logged])
    assert world.state(state.request_id) == state


def test_no_kind_changes_what_was_asked_or_granted(world: World) -> None:
    """Along a whole life every state has the same tasks, commitments, windows and elements; what is granted only shrinks."""
    said = whole_life(world)
    now = world.clock.now_ms()
    seen: set[StatementKind] = set()
    for request_id in {
        verify_envelope(item.envelope, world.realm.directory, now).header.request_id
        for kind, item in said.items()
        if item.by != "exchange"
    }:
        if Flag.ERASED in world.state(request_id).flags:
            continue  # there is nothing left that could be read
        links = chain(world, world.state(request_id))
        states = [folded(world, links[: i + 1]) for i in range(len(links))]
        seen |= {
            verify_envelope(link.data, world.realm.directory, link.time_ms).header.kind for link in links
        }
        assert len({tuple(item.task for item in state.tasks) for state in states}) == 1
        for before, after in pairwise(state for state in states if state.transmitted):
            assert narrower(after.granted, before)
    assert seen == {kind for kind, item in said.items() if item.by != "exchange"} - {StatementKind.ERASE}


def test_a_second_validate_after_the_grant_is_refused(world: World) -> None:
    state = transmitted(world)
    whole = grant(state)
    later = tuple(replace(item, last_day=item.last_day + 1) for item in whole.granted)
    narrowed = Validate(DecisionCode.GRANT_NARROWED, "", whole.granted[:1], whole.opened)
    undone = Validate(DecisionCode.RETURN, "A_NOT_NECESSARY")
    for body in (whole, replace(whole, granted=later), narrowed, undone):
        for digest in (state.issue_digest, state.order_digest):
            data = world.answer("judge", StatementKind.VALIDATE, state, digest, body)
            assert refusal(world, "judge", data)[::2] == ("X_STATE_NOT_ALLOWED", "STATE.TRANSMITTED")
    assert world.state(state.request_id) == state
    fresh = issued(world)
    wider = [GrantedTask(t.number, t.elements, t.first_day - 1, t.last_day) for t in grant(fresh).granted]
    more = [*grant(fresh).granted, GrantedTask(3, ("name",), 1, 2)]
    for items in (wider, more):
        body = replace(grant(fresh), granted=tuple(items))
        data = world.answer("judge", StatementKind.VALIDATE, fresh, fresh.issue_digest, body)
        assert refusal(world, "judge", data)[::2] == ("X_SCOPE_EXCEEDED", "GRANT_NEVER_WIDENS")
