# SPDX-License-Identifier: Apache-2.0
"""Files that are carried while the exchange is down: forged, stale, revoked, altered, replayed, deposited twice or by one side.

Each is refused by the receiver alone, without a network, before anything is kept or shown; or named later from what a party
holds. A person who does not make the telephone call is not protected by any of it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from rogatory.client.carried_store import carried_files
from rogatory.client.deposits import Deposit, deposits
from rogatory.protocol import codec
from rogatory.protocol.carried import CarriedFile
from rogatory.protocol.directory import PACK_RECALL_TYPE, TRUST_LIST_TYPE, PackRecall, RowStatus
from rogatory.protocol.envelope import Envelope, parse_envelope, sign_statement
from rogatory.protocol.errors import RogatoryError
from rogatory.protocol.header import StatementKind
from rogatory.protocol.keys import HybridSigner
from rogatory.protocol.quorum import sign_quorum
from rogatory.protocol.state import Flag
from rogatory.protocol.statements import MAX_ENVELOPE, Statement
from tests.support.carrying import Emergency, content_changed
from tests.support.liar import Inner, log_scheme

DAY_MS = 86_400_000
PEOPLE = ("investigator", "compliance", "other-compliance", "other-investigator")


@pytest.fixture
async def case(tmp_path: Path) -> AsyncIterator[Emergency]:
    made = Emergency(Inner.build(tmp_path), tmp_path)
    await made.sync(*PEOPLE)
    yield made
    made.inner.world.engine.close()


async def refused(case: Emergency, path: Path, who: str = "compliance") -> tuple[str, str]:
    """Code and rule; nothing is kept of a file that does not hold."""
    folder = case.inner.profile(who).folder("state") / "carried"
    before = sorted(folder.rglob("*")) if folder.exists() else []
    with pytest.raises(RogatoryError) as raised:
        await case.check(path, who)
    assert (sorted(folder.rglob("*")) if folder.exists() else []) == before
    return raised.value.code, raised.value.rule


def suspend(case: Emergency, name: str) -> None:
    """The scheme's office suspends a device in a new list."""
    realm = case.inner.world.realm
    row, old = realm.row(name), realm.directory.trust_list
    keys = tuple(replace(key, status=RowStatus.SUSPENDED) if key == row else key for key in old.keys)
    signer = HybridSigner(realm.realm.scheme.trust_list)
    data = sign_quorum(codec.encode(replace(old, version=2, keys=keys)), TRUST_LIST_TYPE, [signer])
    log_scheme(case.inner.world, StatementKind.TRUST_LIST, data)


async def told(case: Emergency, who: str) -> Deposit:
    """Where everything of the one request is, told without a line."""
    async with case.offline(who) as session:
        (found,) = await deposits(session)
    return found


async def test_an_honest_file_holds_and_both_sides_have_one_code(case: Emergency) -> None:
    """(control)"""
    carried = await case.carried(await case.issued())
    taken = await case.check(carried.path)
    assert taken.record.code == carried.code
    assert taken.record.deposit_by_ms == carried.deposit_by_ms
    assert taken.opened.problems == ()


async def test_no_byte_of_a_file_can_be_changed(case: Emergency) -> None:
    carried = await case.carried(await case.issued())
    data = carried.path.read_bytes()
    changed = case.folder / "changed.carry"
    for at in (*range(0, 30, 7), *range(37, len(data), len(data) // 24), len(data) - 1):
        changed.write_bytes(data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :])
        code, _rule = await refused(case, changed)
        assert code in {
            "X_ENCODING",
            "X_SEAL_BROKEN",
            "X_TOO_LARGE",
            "X_FIELD_NOT_FOR_RECIPIENT",
            "X_FIELD_INVALID",
        }
    for cut in (b"", data[:10], data[:-1], data + b"\0"):
        changed.write_bytes(cut)
        assert (await refused(case, changed))[0] in {"X_ENCODING", "X_SEAL_BROKEN"}


async def test_an_insider_cannot_change_what_the_cover_names(case: Emergency) -> None:
    """Who opened a file may seal another content, but not sign for it."""
    carried = await case.carried(await case.issued())
    for change in (content_changed(objects=()), content_changed(checkpoint=b"")):
        path = case.resealed(carried.path, "provider", change)
        assert await refused(case, path) == ("X_SEAL_BROKEN", "CARRY.COVER")


async def test_a_cover_that_nobody_signed_is_refused(case: Emergency) -> None:
    carried = await case.carried(await case.issued())

    def forged(file: CarriedFile) -> CarriedFile:
        envelope = parse_envelope(file.cover)
        return replace(file, cover=codec.encode(replace(envelope, sig=bytes(len(envelope.sig)))))

    path = case.resealed(carried.path, "provider", forged)
    assert (await refused(case, path))[0] == "X_SIGNATURE_INVALID"


async def test_a_cover_of_a_bystander_is_refused(case: Emergency) -> None:
    """Another agency's officer signs that it carried somebody else's request: a party to it has not."""
    carried = await case.carried(await case.issued())
    realm = case.inner.world.realm

    def forged(file: CarriedFile) -> CarriedFile:
        envelope: Envelope = parse_envelope(file.cover)
        statement = codec.decode(Statement, envelope.payload, limit=MAX_ENVELOPE)
        row = realm.row("other-investigator")
        issuer = replace(
            statement.header.issuer, org=row.org, unit=row.unit, subject=row.subject, key_id=row.key_id
        )
        own = replace(statement, header=replace(statement.header, issuer=issuer))
        return replace(file, cover=sign_statement(own, realm.signer("other-investigator")))

    path = case.resealed(carried.path, "provider", forged)
    assert await refused(case, path) == ("X_NOT_FOUND", "LIFECYCLE.EXISTS")


async def test_a_file_for_one_provider_is_worth_nothing_to_another(case: Emergency) -> None:
    carried = await case.carried(await case.issued())
    assert await refused(case, carried.path, "other-compliance") == ("X_FIELD_NOT_FOR_RECIPIENT", "RECIPIENT")
    replayed = case.resealed(carried.path, "other-provider")
    assert await refused(case, replayed, "other-compliance") == (
        "X_ADDRESSEE_NOT_DESIGNATED",
        "CARRY.ADDRESSEE",
    )


async def test_a_stale_file_is_refused(case: Emergency) -> None:
    """After the pack's term it should have been in the log, and nobody may act on it any more."""
    carried = await case.carried(await case.issued())
    case.inner.world.clock.at_ms = carried.deposit_by_ms - 1
    await case.check(carried.path)
    case.inner.world.clock.at_ms = carried.deposit_by_ms
    assert await refused(case, carried.path) == ("X_EXPIRED", "CARRY.STALE")


async def test_a_file_signed_with_a_device_that_the_receiver_knows_to_be_revoked_is_refused(
    case: Emergency,
) -> None:
    """The file brings the directory in which the device was good; the receiver's newer one counts."""
    carried = await case.carried(await case.issued())
    suspend(case, "investigator")
    await case.check(carried.path)  # nobody has told the provider yet
    await case.sync("compliance")
    assert await refused(case, carried.path) == ("X_KEY_NOT_ACTIVE", "DIRECTORY.VALIDITY")


async def test_a_revocation_travels_with_the_file(case: Emergency) -> None:
    """The other way round: the sender's directory is the newer one, and the receiver goes on with it."""
    suspend(case, "other-investigator")
    await case.sync("investigator")
    carried = await case.carried(await case.issued())
    await case.check(carried.path)
    async with case.offline("compliance") as session:
        assert session.directory.trust_list.version == 2


async def test_a_file_under_law_that_the_receiver_knows_to_be_recalled_is_refused(case: Emergency) -> None:
    carried = await case.carried(await case.issued())
    realm = case.inner.world.realm
    recall = PackRecall(realm.pack.digest, "ERROR_IN_LAW")
    signer = HybridSigner(realm.realm.scheme.pack)
    data = sign_quorum(codec.encode(recall), PACK_RECALL_TYPE, [signer])
    log_scheme(case.inner.world, StatementKind.PACK_RECALL, data)
    await case.sync("compliance")
    assert (await refused(case, carried.path))[0] == "X_PACK_RECALLED"


async def test_a_file_is_taken_in_once(case: Emergency) -> None:
    carried = await case.carried(await case.issued())
    await case.received(carried.path)
    assert await refused(case, carried.path) == ("X_REPLAY", "CARRY.TAKEN")


async def test_what_is_no_emergency_waits_for_the_exchange(case: Emergency) -> None:
    from tests.support.desks import FACTS  # noqa: PLC0415 - the facts of an ordinary request

    request_id = await case.issued(facts=FACTS)
    with pytest.raises(RogatoryError) as raised:
        await case.carried(request_id)
    assert (raised.value.code, raised.value.rule) == ("X_STATE_NOT_ALLOWED", "CARRY.EMERGENCY")
    assert case.waiting("investigator") == ["ISSUE"]


async def test_what_came_by_hand_waits_until_the_other_side_has_deposited(case: Emergency) -> None:
    """One side alone: nothing of it is refused or lost, and from the pack's term on it is called overdue, with who owes it."""
    request_id = await case.issued()
    carried = await case.carried(request_id)
    await case.received(carried.path)
    await case.frozen(request_id)
    assert await case.flushed("compliance") == [
        ("DELIVERED", "CARRY.OTHER_SIDE"),
        *[(kind, "OUTBOX.BEHIND") for kind in ("RECEIVE", "PRESERVE", "TRANSMIT_OUTSIDE")],
    ]
    found = await told(case, "compliance")
    assert not found.overdue
    assert [(row.kind.name, row.place) for row in found.statements[:2]] == [
        ("ISSUE", "MISSING"),
        ("TRANSMIT_OUTSIDE", "MISSING"),
    ]
    case.inner.world.clock.at_ms = carried.deposit_by_ms
    assert (await told(case, "compliance")).overdue


async def test_a_deposit_that_only_the_agency_made_is_overdue_for_all_to_see(case: Emergency) -> None:
    request_id = await case.issued()
    carried = await case.carried(request_id)
    await case.received(carried.path)
    assert await case.flushed("investigator") == [("ISSUE", "LOGGED"), ("TRANSMIT_OUTSIDE", "LOGGED")]
    world = case.inner.world
    duty = world.state(request_id).obligation("deposit")
    assert duty is not None
    assert (duty.due_ms, duty.met) == (carried.deposit_by_ms, False)
    await case.granted(request_id)
    world.clock.at_ms = carried.deposit_by_ms
    assert ("DELIVERED", "LOGGED") in await case.flushed("compliance")
    after = world.state(request_id)
    duty = after.obligation("deposit")
    assert duty is not None
    assert (duty.fired, duty.met) == (True, True)
    assert Flag.OVERDUE.value in after.flags


async def test_what_is_deposited_twice_stands_in_the_log_once_and_only_its_signer_may(
    case: Emergency,
) -> None:
    request_id = await case.issued()
    carried = await case.carried(request_id)
    await case.received(carried.path)
    issue = case.envelope("investigator", StatementKind.ISSUE)
    world = case.inner.world
    theirs = world.rejection(world.submit("compliance", issue)[0])
    assert theirs.statement.body.rule == "PEER_IS_ISSUER"  # type: ignore[union-attr]
    await case.flushed("investigator")
    again = world.submit("investigator", issue)[0].receipt
    assert again is not None
    stored = [item for item in world.get("inspector", request_id).statements if item.envelope == issue]
    assert [item.receipt.index for item in stored] == [again.index]


async def test_a_deposit_that_the_exchange_refuses_is_named_at_both_ends(case: Emergency) -> None:
    """By its signed word where it was sent, and as owed where the other side's copy lies."""
    carried = await case.carried(await case.issued())
    await case.received(carried.path)
    case.inner.world.clock.at_ms += 7 * DAY_MS  # a signature lives no longer
    sent = await case.flushed("investigator")
    assert sent[0] == ("ISSUE", "EXPIRY")
    found = await told(case, "investigator")
    assert (found.statements[0].place, found.statements[0].rule) == ("REFUSED", "EXPIRY")
    owed = await told(case, "compliance")
    assert (owed.statements[0].place, owed.overdue) == ("MISSING", True)


async def test_a_damaged_copy_of_a_taken_file_is_an_error_and_no_belief(case: Emergency) -> None:
    request_id = await case.issued()
    carried = await case.carried(request_id)
    await case.received(carried.path)
    profile = case.inner.profile("compliance")
    assert len(carried_files(profile, request_id)) == 1
    (copy,) = (profile.folder("state") / "carried").rglob("file.bin")
    data = bytearray(copy.read_bytes())
    data[len(data) // 2] ^= 1
    copy.write_bytes(bytes(data))
    with pytest.raises(RogatoryError):
        await case.frozen(request_id)
