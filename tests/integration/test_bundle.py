# SPDX-License-Identifier: Apache-2.0
"""A bundle of a whole request through the SDK and the real server: it verifies alone, and nothing in it can be changed.

The container by itself is tested in tests/unit/test_bundle_tar.py; commands are not here.
"""

from __future__ import annotations

import hashlib
import json
import tarfile
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rogatory.client import agency, authority, provider
from rogatory.client.bundle import verify_bundle, write_bundle
from rogatory.client.bundle_format import INDEX, IndexRow, index_bytes
from rogatory.client.bundle_tar import Source, write_members
from rogatory.client.disclosing import DisclosurePlan, PlanItem, prepare_disclose
from rogatory.client.drafting import prepare_issue
from rogatory.client.outgoing import sign_and_send
from rogatory.client.requests import open_view
from rogatory.client.sealing.derive import object_keys
from rogatory.client.verdict import Word
from rogatory.protocol.errors import Invalid, Refused
from rogatory.protocol.sealed import context_digest, parse_sealed, section_context
from rogatory.protocol.state import StateName
from tests.support.careless import prepare_unchecked
from tests.support.desks import Desks, day
from tests.support.front import ServerProcess

_LARGE = 24 * 1024 * 1024


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    folder = tmp_path_factory.mktemp("bundles")
    server = ServerProcess.start(folder / "realm")
    yield Desks(server, folder / "people")
    server.stop()


async def _answered(desks: Desks, prepare: Callable[..., object], plan: DisclosurePlan) -> bytes:
    """A request, granted, received and answered with a plan."""
    sent = await desks.act("investigator", lambda session: prepare_issue(session, desks.draft()))
    request_id = sent.request_id
    await desks.act("judge", lambda session: authority.prepare_grant(session, request_id, note="as asked"))
    async with desks.open("provider-service") as session:
        await provider.deliver(session, request_id)
    await desks.act("compliance", lambda session: provider.prepare_receive(session, request_id))
    await desks.act("compliance", lambda session: prepare(session, request_id, plan))
    return request_id


def _records(path: Path, *back: int) -> Path:
    lines = [f'{{"instant": "{day(n, 12).text}", "payload": "invented {n}"}}' for n in back]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module")
async def request_id(desks: Desks, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A request with two files in its answer, fetched, acknowledged, and with a refused word of the investigator's."""
    folder = tmp_path_factory.mktemp("answer")
    items = (
        PlanItem(_records(folder / "records.jsonl", 3, 2), 1, "name", "RECORDS"),
        PlanItem(_records(folder / "more.jsonl", 4), 1, "postal_address", "RECORDS", label="BILLING"),
    )
    request_id = await _answered(desks, prepare_disclose, DisclosurePlan(items, words="as asked"))
    async with desks.open("investigator") as session:
        late = await agency.prepare_withdraw(session, request_id, "NO_LONGER_NEEDED")
        await agency.fetch(session, request_id)
        await sign_and_send(session, await agency.prepare_acknowledge(session, request_id))
        with pytest.raises(Refused):
            await sign_and_send(session, late)
    return request_id


async def _bundle(desks: Desks, name: str, request_id: bytes, out: Path, *, online: bool = True) -> Path:
    async with desks.open(name, online=online) as session:
        info = await write_bundle(session, request_id, out)
    assert info.length == out.stat().st_size  # noqa: ASYNC240 - one look at one file
    return out


@pytest.fixture(scope="module")
async def bundle(desks: Desks, request_id: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The investigator's."""
    return await _bundle(desks, "investigator", request_id, tmp_path_factory.mktemp("out") / "a.bundle")


def _realm(desks: Desks) -> bytes:
    return desks.realm.directory.realm


def _members(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as archive:
        return {info.name: archive.extractfile(info).read() for info in archive}  # type: ignore[union-attr]


def _made_again(members: dict[str, bytes], out: Path) -> Path:
    """A well-formed bundle with whatever members, its index made to fit, as somebody who lies would."""
    plain = json.loads(members[INDEX])
    sources = [Source(name, data) for name, data in sorted(members.items()) if name != INDEX]
    rows = [IndexRow(item.name, item.length, item.sha256()) for item in sources]
    index = index_bytes(bytes.fromhex(plain["realm"]), bytes.fromhex(plain["request_id"]), rows)
    with out.open("wb") as stream:
        write_members(stream, [Source(INDEX, index), *sources], lambda _count: None)
    return out


def test_a_bundle_verifies_alone_and_says_what_it_proved(
    desks: Desks, bundle: Path, request_id: bytes
) -> None:
    found = verify_bundle(bundle, _realm(desks))
    assert (found.verdict, found.reasons) == (Word.VERIFIED, ())
    assert (found.realm, found.request_id) == (_realm(desks), request_id)
    assert found.state is not None
    assert found.state.name is StateName.CLOSED
    counts = {check.name: check.count for check in found.checks}
    statements = counts["statements, signed and folded"]
    assert statements == 6
    assert counts["entries in the published checkpoint"] == statements
    assert counts["rejections"] == 1
    assert counts["sections, plaintext proven"] == 2  # the grounds and one task's particulars
    assert counts["identifiers matched with their commitments"] == 1
    assert counts["disclosed files"] == 2


def test_without_a_fingerprint_it_is_consistent_and_with_another_it_fails(bundle: Path) -> None:
    assert verify_bundle(bundle).verdict is Word.CONSISTENT_BUT_NOT_ANCHORED
    found = verify_bundle(bundle, bytes(32))
    assert found.verdict is Word.FAILED
    assert [reason.code for reason in found.reasons] == ["X_REALM_MISMATCH"]


def test_one_changed_byte_anywhere_fails(desks: Desks, bundle: Path, tmp_path: Path) -> None:
    data = bundle.read_bytes()
    path = tmp_path / "changed.bundle"
    step = len(data) // 1500
    missed = []
    for at in [*range(0, len(data), step), *range(len(data) - 40, len(data))]:
        changed = bytearray(data)
        changed[at] ^= 1 << at % 8
        path.write_bytes(changed)
        if verify_bundle(path, _realm(desks)).verdict is not Word.FAILED:
            missed.append(at)
    assert missed == []


def test_a_changed_member_fails_even_when_the_index_is_made_to_fit(
    desks: Desks, bundle: Path, tmp_path: Path
) -> None:
    """The digests of the index protect against accidents; signatures, commitments and the log against people."""
    members = _members(bundle)
    assert verify_bundle(_made_again(members, tmp_path / "same"), _realm(desks)).verdict is Word.VERIFIED
    missed = []
    for name, data in members.items():
        if name == INDEX:
            continue
        for at in {0, len(data) // 3, len(data) // 2, len(data) - 2, len(data) - 1}:
            changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
            path = _made_again({**members, name: changed}, tmp_path / "changed")
            if verify_bundle(path, _realm(desks)).verdict is not Word.FAILED:
                missed.append((name, at))
        for longer in (data + b"\0", data + b"x"):
            path = _made_again({**members, name: longer}, tmp_path / "changed")
            if verify_bundle(path, _realm(desks)).verdict is not Word.FAILED:
                missed.append((name, len(data)))
    assert missed == []


def test_members_too_many_or_too_few_fail(desks: Desks, bundle: Path, tmp_path: Path) -> None:
    members = _members(bundle)
    path = _made_again({**members, "zzz/letter.bin": b"hello"}, tmp_path / "more")
    assert verify_bundle(path, _realm(desks)).verdict is Word.FAILED
    first = min(name for name in members if name.startswith("statements/"))
    needed = [name for name in members if name.startswith(("scheme/", "disclosures/"))]
    for name in [first, *needed]:
        fewer = {key: data for key, data in members.items() if key != name}
        assert verify_bundle(_made_again(fewer, tmp_path / "fewer"), _realm(desks)).verdict is Word.FAILED


def test_a_bundle_of_another_request_or_realm_is_not_relabelled(
    desks: Desks, bundle: Path, tmp_path: Path
) -> None:
    members = _members(bundle)
    plain = json.loads(members[INDEX])
    for key in ("realm", "request_id"):
        other = {**plain, key: "00" * (len(plain[key]) // 2)}
        path = _made_again({**members, INDEX: json.dumps(other).encode()}, tmp_path / "other")
        assert verify_bundle(path, _realm(desks)).verdict is Word.FAILED


async def test_a_bundle_opens_nothing(desks: Desks, bundle: Path, request_id: bytes) -> None:
    """No seed, no data key and no stream key of any sealed object stands in it; only what proves."""
    data = bundle.read_bytes()  # noqa: ASYNC240 - one look at one file
    for name in desks.realm.realm.members:
        for secret in (desks.realm.seed(name), desks.realm.unit_seed(name)):
            assert not secret or secret not in data
    async with desks.open("investigator") as session:
        view = await agency.status(session, request_id)
        opened = await open_view(session, view, "PROCESSING")
        assert len(opened.objects) >= 2
        for item in view.statements:
            for ref in item.verified.header.sections:
                stored = session.state.object_path(ref.object_digest)
                if not stored.exists():
                    continue
                sealed = parse_sealed(stored.read_bytes())
                context = section_context(item.verified.header, ref.kind, ref.task, ref.recipients)
                digest = context_digest(context)
                data_key = session.unit_keys.unwrap(sealed.wraps, digest, "section", "SECTION.CONTEXT")
                keys = object_keys(data_key, digest)
                assert keys.commitment in data  # so the search can see
                for secret in (data_key, keys.stream):
                    assert secret not in data
                    assert secret.hex().encode() not in data


async def test_other_parties_bundles_hold_what_they_may_open(
    desks: Desks, request_id: bytes, tmp_path: Path
) -> None:
    for name, sections in (("judge", 3), ("compliance", 2)):  # the grant's note goes to both
        path = await _bundle(desks, name, request_id, tmp_path / f"{name}.bundle")
        found = verify_bundle(path, _realm(desks))
        assert found.verdict is Word.VERIFIED
        counts = {check.name: check.count for check in found.checks}
        assert counts["sections, plaintext proven"] == sections
        assert counts["disclosures, manifest only"] == 1
        grounds = b"an exercise; nobody is real"
        assert (grounds in path.read_bytes()) is (name == "judge")


async def test_offline_it_is_made_from_what_is_stored_and_always_the_same(
    desks: Desks, request_id: bytes, bundle: Path, tmp_path: Path
) -> None:
    first = await _bundle(desks, "investigator", request_id, tmp_path / "1.bundle", online=False)
    second = await _bundle(desks, "investigator", request_id, tmp_path / "2.bundle", online=False)
    assert first.read_bytes() == second.read_bytes()
    found = verify_bundle(first, _realm(desks))
    assert found.verdict is Word.VERIFIED
    names = {check.name for check in found.checks}
    assert "entries in the published checkpoint" not in names
    assert "disclosed files" in names


async def test_an_existing_file_is_never_overwritten(desks: Desks, request_id: bytes, tmp_path: Path) -> None:
    out = tmp_path / "taken"
    out.write_bytes(b"somebody's")
    with pytest.raises(Invalid) as raised:
        await _bundle(desks, "investigator", request_id, out)
    assert raised.value.rule == "EXISTS"
    assert out.read_bytes() == b"somebody's"
    assert not out.with_name("taken.partial").exists()


async def test_what_lies_in_quarantine_stays_out(desks: Desks, tmp_path: Path) -> None:
    plan = DisclosurePlan((PlanItem(_records(tmp_path / "excess.jsonl", 3, 30), 1, "name", "RECORDS"),))
    request_id = await _answered(desks, prepare_unchecked, plan)
    async with desks.open("investigator") as session:
        (fetched,) = await agency.fetch(session, request_id)
        assert fetched.quarantined
    path = await _bundle(desks, "investigator", request_id, tmp_path / "a.bundle")
    found = verify_bundle(path, _realm(desks))
    assert found.verdict is Word.VERIFIED
    assert {check.name: check.count for check in found.checks}["disclosures, manifest only"] == 1
    assert b"invented 30" not in path.read_bytes()


async def test_a_large_disclosure_is_never_held_whole(desks: Desks, tmp_path: Path) -> None:
    large = tmp_path / "large.bin"
    block = hashlib.shake_256(b"invented bytes").digest(1 << 20)
    with large.open("wb") as stream:
        for _ in range(_LARGE >> 20):
            stream.write(block)
    plan = DisclosurePlan((PlanItem(large, 1, "name", since=day(9), until=day(2)),))
    request_id = await _answered(desks, prepare_disclose, plan)
    async with desks.open("investigator") as session:
        await agency.fetch(session, request_id)
        tracemalloc.start()
        try:
            await write_bundle(session, request_id, tmp_path / "large.bundle")
            found = verify_bundle(tmp_path / "large.bundle", _realm(desks))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert found.verdict is Word.VERIFIED
    assert peak < _LARGE // 3
