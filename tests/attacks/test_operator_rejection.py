# SPDX-License-Identifier: Apache-2.0
"""The operator forges a "no": with another key, for other bytes, or for what it accepted; or a word that changes a state.

The engine is the real one with one function changed, so that the forgery is logged, proven and signed. A rejection swapped
on its way is tests/integration/test_sdk_doubt.py's matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rogatory.protocol import codec
from rogatory.protocol.envelope import parse_envelope, sign_statement
from rogatory.protocol.errors import NotVerified, Refused, RogatoryError
from rogatory.protocol.header import StatementKind
from rogatory.protocol.lifecycle import _RULES
from rogatory.protocol.statements import EXCHANGE_KINDS, Clock, Heartbeat, Reject, Statement
from rogatory.server.engine import placing, rejecting, submitting
from tests.support.liar import Inner, granted, oversight_finds
from tests.support.life import received

REFUSAL = Refused("X_STATE_NOT_ALLOWED", "header.kind", "STATE.INVENTED")


@pytest.fixture
def inner(tmp_path: Path) -> Iterator[Inner]:
    inner = Inner.build(tmp_path)
    yield inner
    inner.world.engine.close()


def signed_by(inner: Inner, name: str) -> Callable[..., bytes]:
    """The exchange's own statements, signed by somebody else of the directory."""
    row = inner.world.realm.row(name)
    honest = inner.world.engine._core.sign

    def sign(*arguments: Any) -> bytes:  # noqa: ANN401 - those of the real one
        statement = codec.decode(Statement, parse_envelope(honest(*arguments)).payload, limit=1 << 18)
        issuer = replace(
            statement.header.issuer, org=row.org, unit=row.unit, subject=row.subject, key_id=row.key_id
        )
        issuer = replace(issuer, role=row.roles[0])
        header = replace(statement.header, issuer=issuer)
        return sign_statement(Statement(header, statement.body), inner.world.realm.signer(name))

    return sign


async def submitted(inner: Inner, envelope: bytes) -> NotVerified:
    async with inner.open("investigator") as session:
        with pytest.raises(NotVerified) as raised:
            await session.exchange.submit(envelope)
    return raised.value


@pytest.mark.parametrize("name", ["compliance", "judge", "inspector"])
async def test_a_rejection_signed_by_another_party_is_not_the_exchanges(inner: Inner, name: str) -> None:
    """A provider or oversight cannot say no in the exchange's name, even with the exchange's help."""
    core = inner.world.engine._core
    forged = signed_by(inner, name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(core), "sign", lambda _core, *arguments: forged(*arguments))
        patch.setattr(rejecting, "envelope_digest", lambda _envelope, _alg: bytes(32))
        error = await submitted(inner, b"what nobody can parse")
    assert (error.code, error.rule) == ("X_RECEIPT_INVALID", "REJECTION.EXCHANGE")
    assert inner.evidence("investigator") == ["rejection"]
    assert oversight_finds(inner.world)[1] == "REJECTION.EXCHANGE"


async def test_a_rejection_of_other_bytes_than_were_sent_is_not_believed(
    inner: Inner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rejecting, "raw_digest", lambda _data: b"\x07" * 32)
    error = await submitted(inner, b"what nobody can parse")
    assert (error.code, error.rule) == ("X_RECEIPT_INVALID", "REJECTION.DIGEST")


def accept_and_say_no(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = submitting._accept

    def lying(core: Any, batch: Any, caller: Any, verified: Any) -> Any:  # noqa: ANN401 - those of the real one
        honest(core, batch, caller, verified)
        raise REFUSAL

    monkeypatch.setattr(submitting, "_accept", lying)
    # An honest exchange would find what it has just accepted and answer with its receipt.
    monkeypatch.setattr(submitting, "_replayed", lambda _core, _caller, _data: None)


async def test_a_rejection_of_what_was_accepted_is_named_by_the_submitter_and_by_oversight(
    inner: Inner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are in the log and signed: the acceptance first, so that the "no" cannot be about an earlier try."""
    request_id, envelope = inner.world.issue()
    accept_and_say_no(monkeypatch)
    async with inner.open("investigator") as session:
        with pytest.raises(Refused) as refused:
            await session.exchange.submit(envelope)
        assert refused.value.rule == "STATE.INVENTED"
        with pytest.raises(NotVerified) as raised:
            await session.exchange.get_request(request_id, "STATUS")
    assert (raised.value.code, raised.value.rule) == ("X_LOG_INVALID", "REJECTION.ACCEPTED")
    assert inner.evidence("investigator") == ["contradiction", "rejected"]
    assert oversight_finds(inner.world)[1] == "REJECTION.ACCEPTED"


async def test_a_rejection_of_what_there_is_a_receipt_for_is_named_at_once(
    inner: Inner, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, envelope = inner.world.issue()
    async with inner.open("investigator") as session:
        await session.exchange.submit(envelope)
    monkeypatch.setattr(submitting, "_replayed", lambda _core, _caller, _data: None)
    error = await submitted(inner, envelope)
    assert (error.code, error.rule) == ("X_LOG_INVALID", "REJECTION.ACCEPTED")


async def test_a_rejection_before_the_acceptance_is_no_contradiction(inner: Inner) -> None:
    """The control: a statement that was refused is decided afresh when it is sent again."""
    request_id, envelope = inner.world.issue()
    (stale,) = inner.world.submit("investigator", envelope)
    assert stale.receipt is not None
    grant = granted(inner.world, request_id)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(submitting, "_stored", _refuse)
        async with inner.open("judge") as session:
            with pytest.raises(Refused):
                await session.exchange.submit(grant)
    async with inner.open("judge") as session:
        view = await session.exchange.get_request(request_id, "VALIDATION")
        await session.exchange.submit(grant, view)
        await session.exchange.get_request(request_id, "VALIDATION")
    assert oversight_finds(inner.world) == (-1, "")


def _refuse(_core: object, _verified: object) -> None:
    raise REFUSAL


def test_no_kind_of_the_exchange_changes_a_state() -> None:
    """What the exchange's own key signs has no rule that could act on it: what the fold does not know, it refuses."""
    assert not EXCHANGE_KINDS & set(_RULES)
    assert {StatementKind.REJECT, StatementKind.STATUS} == EXCHANGE_KINDS


@pytest.mark.parametrize(
    "body", [Heartbeat(bytes(16), 1, bytes(32)), Reject(bytes(32), "X_EXPIRED", "LAPSED")]
)
async def test_a_word_of_the_exchange_in_a_request_is_refused_by_every_reader(
    inner: Inner, body: Heartbeat | Reject
) -> None:
    """The exchange's key is good, the entry is logged as a statement of the request, and still it lapses nothing."""
    world = inner.world
    request_id, envelope = world.issue()
    assert world.submit("investigator", envelope)[0].receipt is not None
    kind = StatementKind.STATUS if isinstance(body, Heartbeat) else StatementKind.REJECT
    header = world.header("exchange", kind, request_id, world.state(request_id))
    forged = world.sign("exchange", header, body)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(placing, "decide", lambda state, _verified, _setting: state)
        patch.setattr(submitting, "UNSUBMITTED", frozenset())
        (result,) = world.submit("exchange", forged)
    assert result.receipt is not None, inner.world.rejection(result).statement.body
    async with inner.open("investigator") as session:
        with pytest.raises(NotVerified) as raised:
            await session.exchange.get_request(request_id, "STATUS")
    assert (raised.value.code, raised.value.rule) == ("X_LOG_INVALID", "FOLD.X_KIND_UNKNOWN")
    assert inner.evidence("investigator") == ["view"]


@pytest.mark.parametrize(
    ("signer", "change", "said"),
    [
        ("clock", {}, "X_FIELD_INVALID body.due_ms CLOCK.NOT_DUE"),
        ("clock", {"due_ms": 1}, "X_FIELD_INVALID body.obligation CLOCK.OBLIGATION"),
        ("clock", {"obligation": "preserve"}, "X_FIELD_INVALID body.obligation CLOCK.OBLIGATION"),
        ("exchange", {}, "X_NOT_AUTHORISED header.issuer CLOCK.KEY"),
        ("judge", {}, "X_NOT_AUTHORISED header.issuer PARTY.CLOCK"),
    ],
)
async def test_a_forged_lapse_is_recomputed_and_refused_by_every_reader(
    inner: Inner, signer: str, change: dict[str, Any], said: str
) -> None:
    """The exchange says that time is up before it is: each party computes for itself what has fallen due, and when."""
    world = inner.world
    state = received(world)
    term = state.obligation("produce")
    assert term is not None
    body = replace(Clock(term.name, term.trigger, term.rule, term.due_ms), **change)
    header = replace(world.header(signer, StatementKind.CLOCK, state.request_id, state), about=b"")
    forged = world.sign(signer, header, body)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(placing, "decide", lambda state, _verified, _setting: state)
        patch.setattr(submitting, "UNSUBMITTED", frozenset())
        (result,) = world.submit(signer, forged)
    assert result.receipt is not None, inner.world.rejection(result).statement.body
    with pytest.raises(RogatoryError) as caught:
        world.folded("investigator", state.request_id)
    assert str(caught.value) == said
    for name in ("investigator", "compliance"):
        async with inner.open(name) as session:
            with pytest.raises(NotVerified) as raised:
                await session.exchange.get_request(state.request_id, "STATUS")
        assert (raised.value.code, raised.value.rule) == (
            "X_LOG_INVALID",
            f"FOLD.{said.split(maxsplit=1)[0]}",
        )
        assert inner.evidence(name) == ["view"]
