# SPDX-License-Identifier: Apache-2.0
"""The operator serves an older directory or packs than the client has, an altered one, or one whose term has ended.

Every object here was once signed by the scheme's own keys and stands in the log: only memory and the clock tell. Quorums
that do not hold are tests/unit/test_quorum.py's matter, receipts tests/integration/test_scheme_receipts.py's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rogatory.client import authority
from rogatory.client.outbox import list_outbox
from rogatory.client.outgoing import sign_and_send
from rogatory.protocol import codec
from rogatory.protocol.directory import PACK_TYPE, TRUST_LIST_TYPE, RowStatus, TrustList
from rogatory.protocol.errors import NotVerified, Refused, RogatoryError
from rogatory.protocol.header import StatementKind
from rogatory.protocol.keys import HybridSigner
from rogatory.protocol.quorum import Quorum, sign_quorum
from rogatory.protocol.wire import GetDirectoryResponse, GetPacksResponse
from rogatory.server.reader import Reader
from tests.support.desks import Changed
from tests.support.liar import Inner, Inside, log_scheme

DIRECTORY = "DirectoryService/GetDirectory"
PACKS = "DirectoryService/GetPacks"
LIST_TERM_MS = 90 * 86_400_000


@pytest.fixture
def inner(tmp_path: Path) -> Iterator[Inner]:
    inner = Inner.build(tmp_path)
    yield inner
    inner.world.engine.close()


def served(inner: Inner) -> tuple[GetDirectoryResponse, GetPacksResponse]:
    """What an honest exchange serves now."""
    reader = Reader(inner.world.files.database)
    found = reader.directory_response(), reader.packs_response()
    reader.close()
    return found


def new_list(inner: Inner, version: int) -> None:
    """The scheme's office suspends the prosecutor in a new list."""
    realm = inner.world.realm
    row = realm.row("prosecutor")
    keys = tuple(
        replace(key, status=RowStatus.SUSPENDED) if key == row else key
        for key in realm.directory.trust_list.keys
    )
    trust_list: TrustList = replace(realm.directory.trust_list, version=version, keys=keys)
    signer = HybridSigner(realm.realm.scheme.trust_list)
    data = sign_quorum(codec.encode(trust_list), TRUST_LIST_TYPE, [signer])
    log_scheme(inner.world, StatementKind.TRUST_LIST, data)


def new_pack(inner: Inner, change: Callable[[bytes], bytes]) -> None:
    """The scheme's office signs another version of the pack."""
    quorum = codec.decode(Quorum, next(iter(inner.world.realm.realm.packs.values())), limit=1 << 20)
    signer = HybridSigner(inner.world.realm.realm.scheme.pack)
    log_scheme(inner.world, StatementKind.PACK, sign_quorum(change(quorum.payload), PACK_TYPE, [signer]))


def next_version(payload: bytes) -> bytes:
    found = re.findall(rb"^pack_version: (\d+)$", payload, re.MULTILINE)
    assert len(found) == 1
    line = b"\npack_version: "
    return payload.replace(line + found[0] + b"\n", line + str(int(found[0]) + 1).encode() + b"\n")


async def sync(inner: Inner, method: str = "", answer: object = None) -> None:
    transport: Any = Inside(inner.world, "judge")
    if method:
        transport = Changed(transport, method, lambda _honest: answer)
    async with inner.open("judge", transport):
        pass


async def refused(inner: Inner, method: str, answer: object) -> RogatoryError:
    with pytest.raises(RogatoryError) as raised:
        await sync(inner, method, answer)
    return raised.value


async def test_an_older_directory_than_the_stored_one_is_refused(inner: Inner) -> None:
    """Else a suspended key would come back to life for one reader."""
    old, _ = served(inner)
    new_list(inner, 2)
    await sync(inner)
    error = await refused(inner, DIRECTORY, old)
    assert (error.code, error.rule) == ("X_LOG_INVALID", "DIRECTORY.ROLLBACK")
    assert inner.evidence("judge") == ["scheme"]
    await sync(inner)  # the honest answer is still taken


async def test_an_older_directory_is_refused_even_when_the_stored_one_is_lost(inner: Inner) -> None:
    old, _ = served(inner)
    new_list(inner, 2)
    await sync(inner)
    (inner.profile("judge").folder("state") / "scheme.bin").unlink()
    assert (await refused(inner, DIRECTORY, old)).rule == "DIRECTORY.ROLLBACK"


async def test_two_directories_of_one_version_are_refused(inner: Inner) -> None:
    """The list's own keys were misused: both are signed, and only one can be the law."""
    await sync(inner)
    new_list(inner, 1)
    error = await refused(inner, "", None)
    assert (error.code, error.rule) == ("X_LOG_INVALID", "DIRECTORY.FORK")


async def test_an_expired_directory_is_not_believed_and_nothing_is_signed_on_it(inner: Inner) -> None:
    """Freezing a party on an old list ends with the list's term, in a session that runs across it too."""
    world = inner.world
    async with inner.open("judge") as session:
        request_id, envelope = world.issue()
        assert world.submit("investigator", envelope)[0].receipt is not None
        prepared = await authority.prepare_grant(session, request_id)
        world.clock.at_ms += LIST_TERM_MS
        with pytest.raises(Refused) as raised:
            await sign_and_send(session, prepared)
        assert (raised.value.code, raised.value.field, raised.value.rule) == (
            "X_EXPIRED",
            "trust_list",
            "DIRECTORY.EXPIRED",
        )
        assert list_outbox(session.profile) == ()
    error = await refused(inner, "", None)
    assert (error.code, error.rule) == ("X_EXPIRED", "DIRECTORY.EXPIRED")


async def test_packs_without_a_newer_version_that_was_there_are_refused(inner: Inner) -> None:
    _, old = served(inner)
    new_pack(inner, next_version)
    await sync(inner)
    error = await refused(inner, PACKS, old)
    assert (error.code, error.rule) == ("X_LOG_INVALID", "PACKS.ROLLBACK")
    assert inner.evidence("judge") == ["scheme"]


async def test_packs_without_an_older_version_are_refused_too(inner: Inner) -> None:
    """Requests in flight keep the version that they named; without it nobody could judge them."""
    await sync(inner)
    new_pack(inner, next_version)
    _, both = served(inner)
    error = await refused(inner, PACKS, GetPacksResponse(both.packs[1:]))
    assert error.rule == "PACKS.ROLLBACK"


async def test_two_contents_of_one_pack_version_are_refused(inner: Inner) -> None:
    new_pack(inner, lambda payload: payload + b"# another content\n")
    error = await refused(inner, "", None)
    assert (error.code, error.rule) == ("X_LOG_INVALID", "PACKS.FORK")


async def test_an_altered_pack_or_row_is_refused_by_its_signature_even_when_it_is_logged(
    inner: Inner,
) -> None:
    """The operator can log what it likes, but not sign it."""
    directory, packs = served(inner)
    seed = inner.world.realm.row("judge").raw
    for kind, item, change in (
        (StatementKind.PACK, packs.packs[0], next_version),
        (StatementKind.TRUST_LIST, directory.trust_list, lambda payload: payload.replace(seed, bytes(32))),
    ):
        quorum = codec.decode(Quorum, item.quorum, limit=1 << 20)
        altered = replace(quorum, payload=change(quorum.payload))
        assert altered != quorum
        log_scheme(inner.world, kind, codec.encode(altered))
        error = await refused(inner, "", None)
        assert isinstance(error, NotVerified)
        assert error.code == "X_SIGNATURE_INVALID"
