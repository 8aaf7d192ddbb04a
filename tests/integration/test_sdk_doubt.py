# SPDX-License-Identifier: Apache-2.0
"""An exchange that lies is not believed, and what proves the lie is kept.

The real server answers; a transport changes the answer on its way. Forged notes are signed with the log's own key, which
the realm of a test can lend: that is what a dishonest operator has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from rogatory.audit.checkpoint import Checkpoint
from rogatory.audit.keys import Ed25519Signer
from rogatory.audit.note import sign_note
from rogatory.client import agency, authority
from rogatory.client.drafting import prepare_issue
from rogatory.client.outgoing import sign_and_send
from rogatory.client.profile import Profile
from rogatory.client.session import open_session
from rogatory.protocol.errors import NotVerified, Refused
from rogatory.protocol.receipt import Receipt
from rogatory.protocol.wire import (
    FetchSealedResponse,
    GetCheckpointResponse,
    GetRequestResponse,
    SubmitResponse,
    SubmitResult,
)
from tests.support.desks import Changed, Desks, make_profile
from tests.support.front import ServerProcess

CHECKPOINT = "AuditService/GetCheckpoint"
GET = "ExchangeService/GetRequest"
SUBMIT = "ExchangeService/Submit"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    running = ServerProcess.start(tmp_path_factory.mktemp("doubt") / "realm")
    yield running
    running.stop()


@pytest.fixture
def desks(server: ServerProcess, tmp_path: Path) -> Desks:
    """Everybody with nothing remembered: each test distrusts afresh."""
    return Desks(server, tmp_path)


def lying(desks: Desks, name: str, method: str, change: Callable[[Any], Any]) -> Changed:
    return Changed(desks.transport(name), method, change)


def evidence(profile: Profile, kind: str) -> list[bytes]:
    """Contents of the newest piece of evidence of this kind, in order."""
    (*_, newest) = sorted(p for p in profile.folder("evidence").iterdir() if p.name.endswith(f"-{kind}"))
    return [path.read_bytes() for path in sorted(newest.iterdir())]


def forged(desks: Desks, size: int, root: bytes) -> bytes:
    """A head of any tree, signed by the log's real key."""
    log = desks.realm.realm.log
    signer = Ed25519Signer(log.origin, Ed25519PrivateKey.from_private_bytes(log.ed25519))
    return sign_note(Checkpoint(log.origin, size, root).text(), [signer]).encode()


async def issued(desks: Desks) -> bytes:
    sent = await desks.act("investigator", lambda session: prepare_issue(session, desks.draft()))
    return sent.request_id


async def test_another_realm_than_the_pinned_one_is_not_entered(desks: Desks, tmp_path: Path) -> None:
    honest = desks.profile("investigator")
    profile = make_profile(desks.realm, "investigator", tmp_path / "pinned", desks.server.address)
    profile.config = replace(honest.config, realm=bytes(32))
    with pytest.raises(NotVerified) as raised:
        async with open_session(profile):
            pytest.fail("the session opened")
    assert raised.value.code == "X_REALM_MISMATCH"


async def test_an_older_checkpoint_is_a_rollback_and_both_notes_are_kept(desks: Desks) -> None:
    answers: list[GetCheckpointResponse] = []

    def remembered(answer: GetCheckpointResponse) -> GetCheckpointResponse:
        answers.append(answer)
        return answer

    async with desks.open("judge", transport=lying(desks, "judge", CHECKPOINT, remembered)):
        old = answers[0]
    await issued(desks)
    async with desks.open("judge") as session:
        while session.state.trusted.checkpoint.size == _size(old):  # type: ignore[union-attr]
            await session.exchange.sync()
    with pytest.raises(NotVerified) as raised:
        async with desks.open("judge", transport=lying(desks, "judge", CHECKPOINT, lambda _answer: old)):
            pytest.fail("the session opened")
    assert (raised.value.code, raised.value.rule) == ("X_LOG_INVALID", "LOG.ROLLBACK")
    known, shown = evidence(desks.profile("judge"), "rollback")[:2]
    assert shown == old.checkpoint
    assert _note_size(known) > _note_size(shown)


async def test_another_root_for_a_known_size_is_a_fork(desks: Desks) -> None:
    async with desks.open("judge") as session:
        known = session.state.trusted.checkpoint
    assert known is not None
    other = GetCheckpointResponse(forged(desks, known.size, bytes(32)), ())
    with pytest.raises(NotVerified) as raised:
        async with desks.open("judge", transport=lying(desks, "judge", CHECKPOINT, lambda _answer: other)):
            pytest.fail("the session opened")
    assert (raised.value.code, raised.value.rule) == ("X_LOG_INVALID", "LOG.FORK")
    first, second = evidence(desks.profile("judge"), "fork")
    assert _note_size(first) == _note_size(second)
    assert first != second


async def test_a_longer_log_that_does_not_contain_ours_is_refused(desks: Desks) -> None:
    async with desks.open("judge") as session:
        known = session.state.trusted.checkpoint
    assert known is not None
    other = GetCheckpointResponse(forged(desks, known.size + 3, bytes(32)), (bytes(32), bytes(32)))
    with pytest.raises(NotVerified) as raised:
        async with desks.open("judge", transport=lying(desks, "judge", CHECKPOINT, lambda _answer: other)):
            pytest.fail("the session opened")
    assert raised.value.rule == "LOG.CONSISTENCY"


async def test_a_receipt_from_a_forked_head_is_found_at_the_next_look_at_the_latest(desks: Desks) -> None:
    """The receipt verifies in itself: only history shows that the head was made for one reader.

    Found at once where the reader holds a head of that size already, else when a checkpoint covers it.
    """
    request_id = await issued(desks)

    def fork(answer: GetRequestResponse) -> GetRequestResponse:
        (only,) = answer.statements
        entry, index = only.receipt.entry, only.receipt.index
        root, path = _lonely_tree(entry, index)
        receipt = replace(only.receipt, head=forged(desks, index + 1, root), inclusion=path)
        return replace(answer, statements=(replace(only, receipt=receipt),))

    async with desks.open("judge", transport=lying(desks, "judge", GET, fork)) as session:

        async def looked() -> None:
            await session.exchange.get_request(request_id, "VALIDATION")
            for _ in range(100):
                await session.exchange.sync()

        with pytest.raises(NotVerified) as raised:
            await looked()
    assert raised.value.code == "X_LOG_INVALID"


async def test_a_signature_of_somebody_else_is_no_checkpoint(desks: Desks) -> None:
    log = desks.realm.realm.log
    signer = Ed25519Signer(log.origin, Ed25519PrivateKey.from_private_bytes(bytes(32)))
    note = sign_note(Checkpoint(log.origin, 900, bytes(32)).text(), [signer]).encode()
    other = GetCheckpointResponse(note, ())
    with pytest.raises(NotVerified) as raised:
        async with desks.open("judge", transport=lying(desks, "judge", CHECKPOINT, lambda _answer: other)):
            pytest.fail("the session opened")
    assert raised.value.rule == "SIGNED_NOTE"


@pytest.mark.parametrize("slot", range(16))
async def test_an_opening_that_says_something_else_is_refused(desks: Desks, slot: int) -> None:
    def change(answer: SubmitResponse) -> SubmitResponse:
        receipt = _receipt(answer)
        opened = [replace(o, value=b"\x01" + bytes(8)) if o.slot == slot else o for o in receipt.openings]
        return SubmitResponse((SubmitResult(receipt=replace(receipt, openings=tuple(opened))),))

    transport = lying(desks, "investigator", SUBMIT, change)
    async with desks.open("investigator", transport=transport) as session:
        with pytest.raises(NotVerified) as raised:
            await sign_and_send(session, prepare_issue(session, desks.draft()))
    assert (raised.value.code, raised.value.rule) == ("X_RECEIPT_INVALID", "COMMITMENT")
    assert evidence(desks.profile("investigator"), "receipt")


async def test_a_slot_that_is_not_opened_is_not_taken_on_trust(desks: Desks) -> None:
    def change(answer: SubmitResponse) -> SubmitResponse:
        receipt = _receipt(answer)
        return SubmitResponse((SubmitResult(receipt=replace(receipt, openings=receipt.openings[:-1])),))

    transport = lying(desks, "investigator", SUBMIT, change)
    async with desks.open("investigator", transport=transport) as session:
        with pytest.raises(NotVerified) as raised:
            await sign_and_send(session, prepare_issue(session, desks.draft()))
    assert raised.value.rule == "VIEW.COMPLETE"


async def test_the_receipt_of_another_statement_is_refused(desks: Desks) -> None:
    receipts: list[SubmitResult] = []

    def first_for_all(answer: SubmitResponse) -> SubmitResponse:
        receipts.extend(answer.results)
        return SubmitResponse((receipts[0],))

    transport = lying(desks, "investigator", SUBMIT, first_for_all)
    async with desks.open("investigator", transport=transport) as session:
        await sign_and_send(session, prepare_issue(session, desks.draft()))
        with pytest.raises(NotVerified) as raised:
            await sign_and_send(session, prepare_issue(session, desks.draft()))
    assert raised.value.code == "X_RECEIPT_INVALID"


async def test_a_rejection_about_other_bytes_is_not_believed(desks: Desks) -> None:
    request_id = await issued(desks)
    kept: list[SubmitResult] = []

    def earlier(answer: SubmitResponse) -> SubmitResponse:
        kept.extend(answer.results)
        return SubmitResponse((kept[0],))

    transport = lying(desks, "prosecutor", SUBMIT, earlier)
    async with desks.open("prosecutor", transport=transport) as session:
        session.profile.config = replace(
            session.profile.config, person=replace(session.profile.config.person, role="JUDGE")
        )
        with pytest.raises(Refused) as refused:
            await sign_and_send(session, await authority.prepare_grant(session, request_id))
        assert refused.value.code == "X_ROLE_NOT_HELD"
        with pytest.raises(NotVerified) as raised:
            await sign_and_send(session, await authority.prepare_grant(session, request_id))
    assert (raised.value.code, raised.value.rule) == ("X_RECEIPT_INVALID", "REJECTION.DIGEST")


@pytest.mark.parametrize(
    ("withheld", "rule"), [(0, "FOLD.X_NOT_FOUND"), (1, "FOLD.X_FIELD_INVALID"), (2, "SLOT.9")]
)
async def test_a_withheld_statement_is_missed(desks: Desks, withheld: int, rule: str) -> None:
    request_id = await issued(desks)
    await desks.act("judge", lambda session: authority.prepare_grant(session, request_id))
    await desks.act("investigator", lambda s: agency.prepare_withdraw(s, request_id, "ERROR"))

    def without(answer: GetRequestResponse) -> GetRequestResponse:
        shown = list(answer.statements)
        del shown[withheld]
        return replace(answer, statements=tuple(shown))

    transport = lying(desks, "investigator", GET, without)
    async with desks.open("investigator", transport=transport) as session:
        with pytest.raises(NotVerified) as raised:
            await agency.status(session, request_id)
    assert raised.value.rule == rule
    assert evidence(desks.profile("investigator"), "view")


async def test_a_read_entry_about_somebody_elses_look_is_refused(desks: Desks) -> None:
    request_id = await issued(desks)
    looks: list[Receipt] = []

    def first_look(answer: GetRequestResponse) -> GetRequestResponse:
        looks.append(answer.read)
        return replace(answer, read=looks[0])

    async with desks.open("investigator", transport=lying(desks, "investigator", GET, first_look)) as session:
        await session.exchange.get_request(request_id, "STATUS")
        with pytest.raises(NotVerified) as raised:
            await session.exchange.get_request(request_id, "PROCESSING")
    assert raised.value.rule == "SLOT.14"
    assert evidence(desks.profile("investigator"), "view")


async def test_a_section_that_is_not_the_signed_one_is_refused(desks: Desks) -> None:
    request_id = await issued(desks)

    def flipped(answer: FetchSealedResponse) -> FetchSealedResponse:
        first, *others = answer.objects
        return replace(answer, objects=(first[:-1] + bytes([first[-1] ^ 1]), *others))

    transport = lying(desks, "judge", "SealedService/FetchSealed", flipped)
    async with desks.open("judge", transport=transport) as session:
        with pytest.raises(NotVerified) as raised:
            await authority.show(session, request_id)
    assert (raised.value.code, raised.value.rule) == ("X_SEAL_BROKEN", "SECTION.DIGEST")


def _receipt(answer: SubmitResponse) -> Receipt:
    (result,) = answer.results
    assert result.receipt is not None
    return result.receipt


def _note_size(note: bytes) -> int:
    return int(note.split(b"\n")[1])


def _size(answer: GetCheckpointResponse) -> int:
    return _note_size(answer.checkpoint)


def _lonely_tree(entry: bytes, index: int) -> tuple[bytes, tuple[bytes, ...]]:
    """A tree in which the entry stands at its index and nothing else is real."""
    from rogatory.audit.merkle import inclusion_proof, leaf_hash, root_of  # noqa: PLC0415 - one use

    leaves = [leaf_hash(b"invented %d" % i) for i in range(index)] + [leaf_hash(entry)]

    def node(level: int, place: int) -> bytes:
        return root_of(leaves[place << level : (place + 1) << level])

    return root_of(leaves), tuple(inclusion_proof(node, index, index + 1))
