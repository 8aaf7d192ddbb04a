# SPDX-License-Identifier: Apache-2.0
"""A request in one file that anybody verifies with no network: statements, proofs, and what the holder could open.

    bundle.json                 what is in it: realm, request, and each member's length and SHA-256; canonical JSON
    checkpoint.note, proofs/    the published checkpoint, a C2SP tlog-proof for each entry that it covers
    outside/<digest>/           meta and files of an answer that came another way, as a signed transmit_outside names them
    disclosures/<id>/           meta, the commitment key, and the files, where the holder opened the whole disclosure
    rejections/<index>          the exchange's signed word that it did not accept a statement, and the bytes it refused
    scheme/                     roots, trust list and packs with their receipts
    sections/<digest>           a commitment key (32 bytes) and the section's plaintext
    statements/<index>          envelope and receipt

It holds in clear what the holder opened, and no key that opens anything: commitment keys prove, they do not decrypt.
A disclosure with items in quarantine is carried as its manifest only, and a section that does not say what its header
says is left out. The check is ``rogatory.client.bundle_check``; a bundle that does not pass it gets no name.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rogatory.audit.proof import TlogProof, parse_proof
from rogatory.client import bundle_format as names
from rogatory.client.bundle_check import Verdict, verify_bundle
from rogatory.client.bundle_contents import check_section, claimed_request
from rogatory.client.bundle_tar import Source, write_members
from rogatory.client.log_reader import prove
from rogatory.client.opened_store import load
from rogatory.client.private_files import others_may_read, read_kept
from rogatory.client.requests import section_objects, section_places
from rogatory.client.sealing.files import PARTIAL, staged
from rogatory.client.sealing.proving import commitment_key
from rogatory.client.sealing.unseal import open_section
from rogatory.client.session import Session
from rogatory.client.transfer import ignore
from rogatory.client.views import RequestView
from rogatory.client.whole import own_lines
from rogatory.protocol import codec, errors
from rogatory.protocol.errors import NotAuthorised, NotVerified, RogatoryError, Unavailable
from rogatory.protocol.header import SectionKind, SectionRef, require
from rogatory.protocol.receipt import Rejection, verify_head
from rogatory.protocol.sealed import section_context
from rogatory.protocol.state import Flag
from rogatory.protocol.statements import TransmitOutside
from rogatory.protocol.wire import MAX_MESSAGE, LoggedStatement

__all__ = ["BundleInfo", "Verdict", "verify_bundle", "write_bundle"]

_PURPOSE: Final = "PROCESSING"
_TRIES: Final = 8
_PAUSE: Final = 0.25
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class BundleInfo:
    """A bundle that was written: where, how many members, how long."""

    path: Path
    members: int
    length: int


async def write_bundle(
    session: Session, request_id: bytes, out: Path, *, progress: Progress | None = None
) -> BundleInfo:
    """Write the bundle of a request.

    Args:
        session: Unlocked where sections are to be in it; without a network, the bundle holds what is stored.
        request_id: The request.
        out: The file; it exists whole or not at all.
        progress: Called with bytes written and in all.

    Raises:
        RogatoryError: The request does not verify, a stored file is damaged, there is such a file already, or the request
            concerns a victim and other users of the machine may look into the folder.
        OSError: The file cannot be written.
    """
    view = await _view(session, request_id)
    if Flag.REDUCED_DISTRIBUTION.value in view.state.flags:
        require(not others_may_read(out), "out", "WORLD_READABLE")
    members = _statements(session, view) + await _proofs(session, view)
    members += await _sections(session, view)
    members += _rejections(session, view)
    members += _disclosures(session, view)
    members += _outside(session, view)
    members.sort(key=lambda member: member.name)
    return await asyncio.to_thread(
        _write, out, session.exchange.scheme.realm, request_id, members, progress or ignore
    )


async def write_order(session: Session, view: RequestView, out: Path) -> BundleInfo:
    """Write a bundle of an order alone: statements, proofs, and the particulars of what is granted; no grounds, no words.

    Raises:
        RogatoryError: As ``write_bundle``.
        OSError: The file cannot be written.
    """
    granted = {task.number for task in view.state.granted}
    members = _statements(session, view) + await _proofs(session, view)
    members += await _sections(
        session, view, lambda ref: ref.kind is SectionKind.PARTICULARS and ref.task in granted
    )
    members.sort(key=lambda member: member.name)
    realm = session.exchange.scheme.realm
    return await asyncio.to_thread(_write, out, realm, view.request_id, members, ignore)


def _statements(session: Session, view: RequestView) -> list[Source]:
    directory, packs = session.state.scheme_bytes()
    found = [Source(names.DIRECTORY, directory), Source(names.PACKS, packs)]
    for item in view.statements:
        logged = LoggedStatement(item.verified.data, item.receipt.receipt)
        found.append(Source(names.statement_name(item.index), codec.encode(logged)))
    return found


def _write(
    out: Path, realm: bytes, request_id: bytes, members: list[Source], progress: Progress
) -> BundleInfo:
    require(not out.exists(), "out", "EXISTS")
    rows = [names.IndexRow(member.name, member.length, member.sha256()) for member in members]
    index = Source(names.INDEX, names.index_bytes(realm, request_id, rows))
    total, done = sum(member.length for member in members) + index.length, 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        progress(done, total)

    with staged(out) as stream:
        length = write_members(stream, [index, *members], advance)
        stream.flush()
        found = verify_bundle(out.with_name(out.name + PARTIAL), realm)
        for reason in found.reasons:
            raise NotVerified(reason.code, reason.at, reason.rule)
    return BundleInfo(out, len(members) + 1, length)


async def _view(session: Session, request_id: bytes) -> RequestView:
    if session.online:
        return await session.exchange.get_request(request_id, _PURPOSE)
    stored = session.exchange.stored_view(request_id)
    if stored is None:
        raise Unavailable(errors.X_TRANSIENT, "request_id", "OFFLINE")
    return stored


async def _proofs(session: Session, view: RequestView) -> list[Source]:
    """Proofs against one published checkpoint; the newest statements may have to wait for one, which comes each second."""
    if not session.online:
        return []
    log = session.exchange.scheme.log
    found: dict[int, TlogProof] = {}
    for attempt in range(_TRIES):
        await asyncio.sleep(_PAUSE if attempt else 0)
        found = await _prove(session, view)
        if len(found) == len(view.statements) and len({proof.checkpoint for proof in found.values()}) == 1:
            break
    notes = {own_lines(proof.checkpoint.encode(), log) for proof in found.values()}
    if not notes:
        return []
    newest = max(notes, key=lambda note: verify_head(note, log).size)
    members = [Source(names.CHECKPOINT, newest)]
    for index, proof in found.items():
        if own_lines(proof.checkpoint.encode(), log) == newest:
            text = TlogProof(index, proof.hashes, newest.decode()).text()
            members.append(Source(names.proof_name(index), text.encode()))
    return members


async def _prove(session: Session, view: RequestView) -> dict[int, TlogProof]:
    found: dict[int, TlogProof] = {}
    for item in view.statements:
        try:
            found[item.index] = parse_proof(await prove(session, item.index))
        except NotAuthorised as error:
            if error.code != errors.X_NOT_FOUND:
                raise
    return found


def _every(_ref: SectionRef) -> bool:
    return True


async def _sections(
    session: Session, view: RequestView, wanted: Callable[[SectionRef], bool] = _every
) -> list[Source]:
    if session.secrets is None:
        return []
    own = session.unit_keys.key_ids
    handed = [
        ref for ref in view.state.readable_by(session.me.org) if own & set(ref.recipients) and wanted(ref)
    ]
    if not session.online:
        handed = [ref for ref in handed if session.state.object_path(ref.object_digest).exists()]
    objects = await section_objects(session, view, handed, _PURPOSE)
    found: list[Source] = []
    for ref, header, _digest in section_places(view, handed):
        data = objects[ref.object_digest]
        context = section_context(header, ref.kind, ref.task, ref.recipients)
        try:
            message = open_section(data, ref, context, session.unit_keys)
            key = commitment_key(data, ref, context, session.unit_keys)
            check_section(message, key, ref, header, view.pack)
        except RogatoryError:
            continue  # what does not open and match here is no evidence; the statement that names it is in the bundle
        found.append(Source(names.section_name(ref.object_digest), key + message))
    return found


def _rejections(session: Session, view: RequestView) -> Iterator[Source]:
    """What this person sent about the request and the exchange did not take, as kept in the evidence folder."""
    folder = session.profile.folder("evidence")
    seen: set[int] = set()
    for place in sorted(folder.glob("*-rejected")):
        rejection = codec.decode(
            Rejection,
            read_kept(place / "00.bin", "evidence.rejection", MAX_MESSAGE),
            limit=MAX_MESSAGE,
            at="evidence.rejection",
        )
        sent, index = read_kept(place / "01.bin", "evidence.sent", MAX_MESSAGE), rejection.receipt.index
        if claimed_request(sent) == view.request_id and index not in seen:
            seen.add(index)
            yield Source(names.rejection_name(index), codec.encode(rejection))
            yield Source(names.refused_name(index), sent)


def _disclosures(session: Session, view: RequestView) -> Iterator[Source]:
    for record in view.state.disclosures:
        kept = load(session.profile, view.request_id, record.disclosure_id)
        if kept is None or kept.report.quarantined:
            continue
        yield Source(names.disclosure_name(record.disclosure_id, "key"), kept.report.commitment_key)
        yield Source(names.disclosure_name(record.disclosure_id, "meta"), kept.meta_bytes)
        for number, path in enumerate(kept.files, start=1):
            yield Source(names.disclosure_name(record.disclosure_id, names.item_part(number)), path)


def _outside(session: Session, view: RequestView) -> Iterator[Source]:
    """What came another way and was opened here, where nothing of it is in quarantine."""
    for item in view.statements:
        body = item.verified.statement.body
        if not isinstance(body, TransmitOutside):
            continue
        kept = load(session.profile, view.request_id, body.digest[:16])
        if kept is None or kept.report.manifest != body.digest or kept.report.quarantined:
            continue
        yield Source(names.outside_name(body.digest, "meta"), kept.meta_bytes)
        for number, path in enumerate(kept.files, start=1):
            yield Source(names.outside_name(body.digest, names.item_part(number)), path)
