# SPDX-License-Identifier: Apache-2.0
"""Every kind of statement carried to where it was not meant: another realm, another State's exchange, another party.

| attack | test |
|---|---|
| training to real and back (A09) | test_every_kind_replayed_from_training_to_a_real_realm_and_back_is_refused |
| one State's exchange to another's (A03) | test_every_kind_replayed_to_another_states_exchange_is_refused |
| the same at the client, which folds by itself | test_no_client_folds_a_statement_of_another_realm |
| a trust list or root of another realm (A09) | test_a_trust_list_of_one_realm_is_not_opened_in_another |
| one party's statement put in by another (A08) | test_every_kind_put_in_by_another_party_is_refused |
| the exchange's own words put in by a party | test_the_exchanges_own_words_are_never_taken_from_a_caller |
| exact replay (A01) | test_an_exact_replay_by_the_own_party_gives_the_first_receipt_and_no_entry |
| replay after the answer's time is over (A02) | test_an_exact_replay_of_an_old_statement_decides_nothing_again |

The worst case is made: the same people, keys, ids, certificates, packs and log keys in both realms, so that the realm in
the signed header is all that differs. It is no advice to enrol one key twice.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rogatory.protocol.envelope import verify_envelope
from rogatory.protocol.errors import NotVerified
from rogatory.protocol.header import DAY_MS, StatementKind
from rogatory.protocol.lifecycle import LoggedEnvelope, fold
from rogatory.protocol.quorum import open_root, open_trust_list
from rogatory.protocol.statements import BODIES, EXCHANGE_KINDS
from rogatory.protocol.wire import FeedItem
from tests.support.acts import World
from tests.support.life import Said, issued, refusal, sister
from tests.support.whole_life import whole_life

REALM = ("X_REALM_MISMATCH", "header.realm", "REALM")
Make = Callable[[World, Path], World]


def real(world: World, folder: Path) -> World:
    return sister(world, folder, marking="OPERATIONAL")


def abroad(world: World, folder: Path) -> World:
    return sister(world, folder, origin="log.southland.example/1")


def everything(world: World) -> dict[StatementKind, Said]:
    said = whole_life(world)
    assert said.keys() == BODIES.keys(), "a kind with a body is missing here"
    return said


def carried(said: dict[StatementKind, Said], target: World) -> None:
    """Each statement is submitted by its own signer, who is enrolled there too; nothing may come of it."""
    known = issued(target)
    feeds = _feeds(target)
    for kind, item in said.items():
        size = target.engine.size
        assert refusal(target, item.by, item.envelope) == REALM, kind
        assert target.engine.size == size + 1, "the rejection's own entry and no other"
    assert target.state(known.request_id) == known
    assert _feeds(target) == feeds, "nobody is told of it"


def _feeds(world: World) -> list[FeedItem | None]:
    return [world.engine._core.store.feed_tip(row.org) for row in world.realm.directory.trust_list.orgs]


def test_every_kind_replayed_from_training_to_a_real_realm_and_back_is_refused(tmp_path: Path) -> None:
    """A signed exercise is no order, and a real order cannot be passed off as an exercise."""
    training = World.build(tmp_path / "training")
    operational = real(training, tmp_path / "real")
    assert operational.realm.root.marking != training.realm.root.marking
    carried(everything(training), operational)
    carried(everything(operational), training)


def test_every_kind_replayed_to_another_states_exchange_is_refused(tmp_path: Path) -> None:
    northland = World.build(tmp_path / "north")
    southland = abroad(northland, tmp_path / "south")
    carried(everything(northland), southland)
    carried(everything(southland), northland)


@pytest.mark.parametrize("make", [real, abroad])
def test_no_client_folds_a_statement_of_another_realm(tmp_path: Path, make: Make) -> None:
    """An exchange that passes on what its twin accepted gets no further than the reader's own directory."""
    here = World.build(tmp_path / "here")
    there = make(here, tmp_path / "there")
    said = everything(here)
    now = here.clock.now_ms()
    for item in said.values():
        verify_envelope(item.envelope, here.realm.directory, now)
        with pytest.raises(NotVerified) as caught:
            fold([LoggedEnvelope(item.envelope, 9, now)], there.realm.directory, there.realm.packs)
        assert caught.value.args == REALM


@pytest.mark.parametrize("make", [real, abroad])
def test_a_trust_list_of_one_realm_is_not_opened_in_another(tmp_path: Path, make: Make) -> None:
    """The same people signed both; the pinned fingerprint and the realm inside the list tell them apart."""
    here = World.build(tmp_path / "here")
    there = make(here, tmp_path / "there")
    for a, b in ((here, there), (there, here)):
        with pytest.raises(NotVerified, match="X_REALM_MISMATCH"):
            open_root(a.realm.realm.root, b.realm.realm.fingerprint)
        with pytest.raises(NotVerified, match="X_REALM_MISMATCH"):
            open_trust_list(a.realm.realm.trust_list, b.realm.root, b.realm.directory.realm, 2)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World.build(tmp_path_factory.mktemp("replay"))


@pytest.fixture(scope="module")
def said(world: World) -> dict[StatementKind, Said]:
    return everything(world)


def test_every_kind_put_in_by_another_party_is_refused(world: World, said: dict[StatementKind, Said]) -> None:
    """Bystander, addressee, oversight: before anything is decided, the TLS peer must be of the signer's party."""
    people = ("other-investigator", "judge", "compliance", "other-compliance", "inspector", "investigator")
    for kind, item in said.items():
        for name in people:
            if world.realm.row(name).org == world.realm.row(item.by).org:
                continue
            found = refusal(world, name, item.envelope)
            assert found == ("X_NOT_AUTHORISED", "header.issuer", "PEER_IS_ISSUER"), (kind, name)


@pytest.mark.parametrize("kind", sorted(EXCHANGE_KINDS))
def test_the_exchanges_own_words_are_never_taken_from_a_caller(
    world: World, said: dict[StatementKind, Said], kind: StatementKind
) -> None:
    """Not even from the exchange's own certificate: nothing outside the writer says what the exchange says."""
    for name in ("exchange", "judge"):
        found = refusal(world, name, said[kind].envelope)
        assert found == ("X_NOT_AUTHORISED", "header.issuer", "PEER_IS_ISSUER")


def test_an_exact_replay_by_the_own_party_gives_the_first_receipt_and_no_entry(
    world: World, said: dict[StatementKind, Said]
) -> None:
    """Also by a colleague, who has the right to know; the positive control of the refusals above."""
    for kind in said.keys() - EXCHANGE_KINDS:
        size = world.engine.size
        (first,) = world.submit(said[kind].by, said[kind].envelope)
        (again,) = world.submit(said[kind].by, said[kind].envelope)
        assert first.receipt is not None
        assert first == again
        assert world.engine.size == size
    item = said[StatementKind.ISSUE]
    assert world.submit("second-investigator", item.envelope) == world.submit(item.by, item.envelope)


def test_an_exact_replay_of_an_old_statement_decides_nothing_again(tmp_path: Path) -> None:
    """After expiry the own party still gets its first receipt; everybody else is refused by the peer or by the time."""
    world = World.build(tmp_path)
    said = everything(world)
    requests = {
        verify_envelope(s.envelope, world.realm.directory, world.clock.now_ms()).header.request_id
        for kind, s in said.items()
        if kind not in EXCHANGE_KINDS
    }
    before = {request_id: world.state(request_id) for request_id in requests}
    receipts = {
        kind: world.submit(said[kind].by, said[kind].envelope) for kind in said.keys() - EXCHANGE_KINDS
    }
    world.clock.at_ms += 30 * DAY_MS
    for kind, item in said.items():
        if kind in EXCHANGE_KINDS:
            assert refusal(world, item.by, item.envelope)[0] in {"X_EXPIRED", "X_NOT_AUTHORISED"}
            continue
        assert world.submit(item.by, item.envelope) == receipts[kind]
        other = "other-compliance" if item.by != "other-compliance" else "compliance"
        assert refusal(world, other, item.envelope)[0] == "X_EXPIRED"
    assert {request_id: world.state(request_id) for request_id in requests} == before
