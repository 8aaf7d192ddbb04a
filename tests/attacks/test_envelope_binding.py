# SPDX-License-Identifier: Apache-2.0
"""What a signature binds: type, kind, addressee, person, role, realm, time. Each swap has its own refusal.

| attack | test |
|---|---|
| signature of type A used as type B (A10, acceptance 2) | test_a_payload_type_swapped_after_signing_is_refused |
| the same by the signer's own hand | test_a_payload_signed_under_another_type_is_refused |
| version or algorithm downgrade (A07) | test_a_payload_type_of_another_version_is_refused, test_a_sealing_key_never_verifies_a_signature |
| purpose changed (acceptance 2) | test_a_kind_changed_inside_a_signed_payload_is_refused, test_a_body_under_another_kind_is_refused |
| audience changed (A03, acceptance 2) | test_an_addressee_changed_after_signing_is_refused, test_an_answer_to_a_bystander_is_refused |
| sent to another RPC (acceptance 2) | test_an_envelope_sent_to_another_call_does_nothing |
| key substitution, inner key differs (A08) | test_an_envelope_signed_again_by_another_party_is_refused, test_an_inner_key_id_that_differs_is_refused |
| organisation, unit, person spoofed; role not held | test_a_spoofed_issuer_is_refused, test_a_role_that_is_not_held_is_refused |
| lifetime, future, expired, key out of its time (A02, A13) | test_a_statement_out_of_its_time_is_refused, test_a_key_out_of_its_time_or_suspended_is_refused |

Replay between realms is in test_replay_across_realms.py. Acceptance 1 (the DSSE vector, our own vectors) is
tests/conformance/test_signature_vectors.py and test_own_vectors.py. Certificates are not looked at here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rogatory.protocol import codec
from rogatory.protocol.directory import Directory, RowStatus, TrustList, build_directory
from rogatory.protocol.envelope import Envelope, pae, parse_envelope, verify_envelope
from rogatory.protocol.errors import RogatoryError
from rogatory.protocol.header import DAY_MS, Header, StatementKind
from rogatory.protocol.keys import Alg, key_id
from rogatory.protocol.statements import (
    BODIES,
    MAX_ENVELOPE,
    PAYLOAD_TYPES,
    Refuse,
    Statement,
    Withdraw,
    payload_type,
)
from rogatory.server.engine import Op
from tests.support.acts import World
from tests.support.life import Said, grant, issued, refusal, transmitted
from tests.support.whole_life import whole_life

Args = tuple[str, str, str]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World.build(tmp_path_factory.mktemp("binding"))


@pytest.fixture(scope="module")
def said(world: World) -> dict[StatementKind, Said]:
    return whole_life(world)


def statement(said: Said) -> Statement:
    return codec.decode(Statement, parse_envelope(said.envelope).payload, limit=MAX_ENVELOPE)


def signed(world: World, name: str, wanted: Statement, kind: str = "") -> bytes:
    """An envelope that signs whatever it is told to, which the product's own signing refuses."""
    payload, kind = codec.encode(wanted), kind or payload_type(wanted.header.kind)
    sig = world.realm.signer(name).sign(pae(kind, payload))
    return codec.encode(Envelope(payload, kind, world.realm.row(name).key_id, sig))


def verdict(world: World, data: bytes, directory: Directory | None = None, at_ms: int = 0) -> Args:
    """What anybody who verifies it finds: a client before it folds, and the exchange."""
    with pytest.raises(RogatoryError) as caught:
        verify_envelope(data, directory or world.realm.directory, at_ms or world.clock.now_ms())
    return caught.value.code, caught.value.field, caught.value.rule


def both(world: World, name: str, data: bytes) -> Args:
    """The verdict of a client, which the exchange must share."""
    found = verdict(world, data)
    assert refusal(world, name, data) == found
    return found


def test_a_payload_type_swapped_after_signing_is_refused(
    world: World, said: dict[StatementKind, Said]
) -> None:
    """Every kind under every other kind's type: the type is inside the signature."""
    for kind, item in said.items():
        envelope = parse_envelope(item.envelope)
        for other in set(PAYLOAD_TYPES) - {envelope.payload_type}:
            swapped = codec.encode(replace(envelope, payload_type=other))
            assert verdict(world, swapped) == ("X_SIGNATURE_INVALID", "sig", "SIGNATURE"), (kind, other)


def test_a_payload_signed_under_another_type_is_refused(
    world: World, said: dict[StatementKind, Said]
) -> None:
    """The signature holds, and the kind inside does not belong to the type outside."""
    for item in said.values():
        for other in BODIES:
            inner = statement(item)
            if inner.header.kind is not other:
                data = signed(world, item.by, inner, payload_type(other))
                assert verdict(world, data) == ("X_FIELD_INVALID", "header.kind", "TYPE_MATCHES")


@pytest.mark.parametrize(
    "other",
    [
        "application/vnd.rogatory.validate.v0+protobuf",
        "application/vnd.rogatory.validate.v2+protobuf",
        "application/vnd.rogatory.validate.v1+json",
        "APPLICATION/vnd.rogatory.validate.v1+protobuf",
        "application/vnd.in-toto+json",
        "none",
    ],
)
def test_a_payload_type_of_another_version_is_refused(
    world: World, said: dict[StatementKind, Said], other: str
) -> None:
    data = signed(world, "judge", statement(said[StatementKind.VALIDATE]), other)
    assert both(world, "judge", data) == ("X_KIND_UNKNOWN", "envelope.payload_type", "TYPE")


def test_a_sealing_key_never_verifies_a_signature(world: World, said: dict[StatementKind, Said]) -> None:
    """Algorithm 9 receives and never signs, even where a trust list gives such a key to a person."""
    row = replace(
        world.realm.row("judge"),
        alg=Alg.X_WING,
        raw=world.realm.unit("judge").sealing_key,
        tls_spki=b"\1" * 32,
    )
    trust = world.realm.directory.trust_list
    keys = tuple(sorted((*trust.keys, row), key=lambda item: item.key_id))
    directory = build_directory(world.realm.root, replace(trust, keys=keys), 2)
    envelope = replace(parse_envelope(said[StatementKind.VALIDATE].envelope), key_id=row.key_id)
    found = verdict(world, codec.encode(envelope), directory)
    assert found == ("X_SIGNATURE_INVALID", "sig", "ALGORITHM")


def test_a_kind_changed_inside_a_signed_payload_is_refused(
    world: World, said: dict[StatementKind, Said]
) -> None:
    for kind, item in said.items():
        envelope, inner = parse_envelope(item.envelope), statement(item)
        for other in set(StatementKind) - {kind}:
            payload = codec.encode(replace(inner, header=replace(inner.header, kind=other)))
            data = codec.encode(replace(envelope, payload=payload, payload_type=payload_type(other)))
            assert verdict(world, data)[:2] == ("X_SIGNATURE_INVALID", "sig")


def test_a_body_under_another_kind_is_refused(world: World, said: dict[StatementKind, Said]) -> None:
    """A body signed for one act does not become another act, not even by its own signer."""
    for kind, item in said.items():
        inner = statement(item)
        for other in set(StatementKind) - {kind}:
            wrong = replace(inner, header=replace(inner.header, kind=other))
            expected = ("X_FIELD_INVALID", "body") if other in BODIES else ("X_KIND_UNKNOWN", "header.kind")
            assert verdict(world, signed(world, item.by, wrong))[:2] == expected


def test_an_addressee_changed_after_signing_is_refused(world: World, said: dict[StatementKind, Said]) -> None:
    for item in said.values():
        envelope, inner = parse_envelope(item.envelope), statement(item)
        header = replace(inner.header, addressee=world.realm.address("other-provider"))
        data = codec.encode(replace(envelope, payload=codec.encode(replace(inner, header=header))))
        assert verdict(world, data) == ("X_SIGNATURE_INVALID", "sig", "SIGNATURE")


def test_an_answer_to_a_bystander_is_refused(world: World) -> None:
    """Slot 3 of the entry names the receiving party; a signer cannot put there whom the request does not name."""
    state = transmitted(world)
    refuse = Refuse("P_OTHER")
    header = world.header("compliance", StatementKind.REFUSE, state.request_id, state)
    header = replace(header, about=state.order_digest)
    for name in ("other-provider", "other-agency", "oversight", "operator"):
        data = world.sign("compliance", replace(header, addressee=world.realm.address(name)), refuse)
        found = refusal(world, "compliance", data)
        assert found == ("X_ADDRESSEE_NOT_DESIGNATED", "header.addressee", "ADDRESSEE.NAMED")
    assert world.state(state.request_id) == state
    for name in ("agency", "authority"):
        data = world.sign("compliance", replace(header, addressee=world.realm.address(name)), refuse)
        assert refusal(world, "judge", data)[0] == "X_NOT_AUTHORISED", (
            "it is well formed, so the peer decides"
        )


@pytest.mark.parametrize("op", [op for op in Op if op not in {Op.SUBMIT, Op.WATCH_OPEN, Op.HEARTBEAT}])
def test_an_envelope_sent_to_another_call_does_nothing(
    world: World, said: dict[StatementKind, Said], op: Op
) -> None:
    """Whole calls of the wrong form are refused without an entry; calls without content do not look at it."""
    size = world.engine.size
    for item in said.values():
        with pytest.raises(RogatoryError) as caught:
            world.call("judge" if item.by == "exchange" else item.by, op, item.envelope)
        assert caught.value.code == "X_ENCODING"
    assert world.engine.size == size


def test_an_envelope_signed_again_by_another_party_is_refused(
    world: World, said: dict[StatementKind, Said]
) -> None:
    """Another party's valid key over the same content: with the key id outside, and with it inside too."""
    for item in said.values():
        inner = statement(item)
        thief = "other-investigator"
        assert verdict(world, signed(world, thief, inner))[::2] == ("X_SIGNATURE_INVALID", "ROW_MATCHES")
        issuer = replace(inner.header.issuer, key_id=world.realm.row(thief).key_id)
        wrong = replace(inner, header=replace(inner.header, issuer=issuer))
        assert verdict(world, signed(world, thief, wrong))[::2] == ("X_SIGNATURE_INVALID", "ROW_MATCHES")
        stolen = replace(parse_envelope(item.envelope), key_id=world.realm.row(thief).key_id)
        assert verdict(world, codec.encode(stolen))[::2] == ("X_SIGNATURE_INVALID", "SIGNATURE")


@pytest.mark.parametrize("forged", [bytes(32), b"\xff" * 32, b"chosen key id, 32 bytes exactly!"])
def test_an_inner_key_id_that_differs_is_refused(
    world: World, said: dict[StatementKind, Said], forged: bytes
) -> None:
    inner = statement(said[StatementKind.VALIDATE])
    issuer = replace(inner.header.issuer, key_id=forged)
    wrong = replace(inner, header=replace(inner.header, issuer=issuer))
    found = both(world, "judge", signed(world, "judge", wrong))
    assert found == ("X_SIGNATURE_INVALID", "header.issuer", "ROW_MATCHES")
    outer = replace(parse_envelope(said[StatementKind.VALIDATE].envelope), key_id=forged)
    assert both(world, "judge", codec.encode(outer)) == ("X_KEY_UNKNOWN", "key_id", "DIRECTORY.KEY")


@pytest.mark.parametrize("field", ["org", "unit", "subject"])
@pytest.mark.parametrize("victim", ["investigator", "prosecutor", "compliance"])
def test_a_spoofed_issuer_is_refused(
    world: World, said: dict[StatementKind, Said], field: str, victim: str
) -> None:
    """A valid signature under somebody else's organisation, unit or name (a colleague's too)."""
    inner = statement(said[StatementKind.VALIDATE])
    theirs = getattr(world.realm.row(victim), field)
    if theirs == getattr(inner.header.issuer, field):
        theirs = bytes(15) + b"\1"
    issuer = replace(inner.header.issuer, **{field: theirs})
    wrong = replace(inner, header=replace(inner.header, issuer=issuer))
    found = both(world, "judge", signed(world, "judge", wrong))
    assert found == ("X_SIGNATURE_INVALID", "header.issuer", "ROW_MATCHES")


@pytest.mark.parametrize("role", ["JUDGE", "INVESTIGATOR", "EXCHANGE", "judge"])
def test_a_role_that_is_not_held_is_refused(world: World, role: str) -> None:
    """A prosecutor signs as a judge, as the exchange, or in another spelling."""
    state = issued(world)
    header = world.header("prosecutor", StatementKind.VALIDATE, state.request_id, state)
    issuer = replace(header.issuer, role=role)
    header = replace(header, about=state.issue_digest, issuer=issuer)
    found = both(world, "prosecutor", world.sign("prosecutor", header, grant(state)))
    assert found == ("X_ROLE_NOT_HELD", "header.issuer.role", "DIRECTORY.ROLES")
    assert world.state(state.request_id) == state


@pytest.mark.parametrize(
    ("change", "code", "rule"),
    [
        (lambda h, now: replace(h, issued_at_ms=now + 120_001), "X_ISSUED_IN_FUTURE", "CLOCK_SKEW"),
        (lambda h, now: replace(h, issued_at_ms=now - DAY_MS, expires_at_ms=now), "X_EXPIRED", "EXPIRY"),
        (
            lambda h, now: replace(h, issued_at_ms=now, expires_at_ms=now + 7 * DAY_MS + 1),
            "X_FIELD_INVALID",
            "LIFETIME",
        ),
        (lambda h, _now: replace(h, expires_at_ms=2**64 - 1), "X_FIELD_INVALID", "LIFETIME"),
    ],
)
def test_a_statement_out_of_its_time_is_refused(
    world: World, change: Callable[[Header, int], Header], code: str, rule: str
) -> None:
    """From the future, expired to the millisecond, or made to live for ever; the commit's time judges."""
    state = issued(world)
    now = world.clock.now_ms()
    header = world.header("investigator", StatementKind.WITHDRAW, state.request_id, state)
    header = change(replace(header, about=state.issue_digest), now)
    assert both(world, "investigator", world.sign("investigator", header, Withdraw("ERROR")))[::2] == (
        code,
        rule,
    )
    assert world.state(state.request_id) == state


def test_an_envelope_kept_until_it_has_expired_is_refused(tmp_path: Path) -> None:
    """Held back by whoever carries it and put in a day later."""
    world = World.build(tmp_path)
    state = issued(world)
    kept = world.answer("investigator", StatementKind.WITHDRAW, state, state.issue_digest, Withdraw("ERROR"))
    world.clock.at_ms += DAY_MS
    assert refusal(world, "investigator", kept)[0] == "X_EXPIRED"
    assert world.state(state.request_id) == state


def _keys(**change: Any) -> Callable[[TrustList, bytes], TrustList]:  # noqa: ANN401 - fields of a row
    def changed(trust: TrustList, wanted: bytes) -> TrustList:
        keys = tuple(replace(row, **change) if row.key_id == wanted else row for row in trust.keys)
        return replace(trust, keys=keys)

    return changed


def _orgs(trust: TrustList, wanted: bytes) -> TrustList:
    org = next(row.org for row in trust.keys if row.key_id == wanted)
    orgs = tuple(replace(r, status=RowStatus.SUSPENDED) if r.org == org else r for r in trust.orgs)
    return replace(trust, orgs=orgs)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_keys(status=RowStatus.REVOKED), "X_KEY_NOT_ACTIVE"),
        (_keys(status=RowStatus.SUSPENDED), "X_KEY_NOT_ACTIVE"),
        (_keys(valid_until_ms=1), "X_KEY_NOT_ACTIVE"),
        (_keys(valid_from_ms=2**62), "X_KEY_NOT_ACTIVE"),
        (_orgs, "X_ADDRESSEE_NOT_DESIGNATED"),
    ],
)
def test_a_key_out_of_its_time_or_suspended_is_refused(
    world: World,
    said: dict[StatementKind, Said],
    change: Callable[[TrustList, bytes], TrustList],
    code: str,
) -> None:
    for item in said.values():
        wanted = world.realm.row(item.by).key_id
        trust = change(world.realm.directory.trust_list, wanted)
        directory = build_directory(world.realm.root, trust, 2)
        assert verdict(world, item.envelope, directory)[0] == code


def test_a_key_id_covers_the_algorithm(world: World) -> None:
    """The same raw bytes under another algorithm have another id, so a row cannot be taken for another one."""
    raw = world.realm.row("judge").raw
    assert len({key_id(alg, raw) for alg in Alg}) == len(Alg)
