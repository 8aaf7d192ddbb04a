# SPDX-License-Identifier: Apache-2.0
"""A request in one file that anybody verifies with no network: statements, proofs, and what the holder could open.

    bundle.json                 what is in it: realm, request, and each member's length and SHA-256; canonical JSON
    checkpoint.note, proofs/    the published checkpoint, a C2SP tlog-proof for each entry that it covers
    disclosures/<id>/           meta, the commitment key, and the files, where the holder opened the whole disclosure
    scheme/                     roots, trust list and packs with their receipts
    sections/<digest>           a commitment key (32 bytes) and the section's plaintext
    statements/<index>          envelope and receipt

It holds in clear what the holder opened, and no key that opens anything: commitment keys prove, they do not decrypt.
A disclosure with items in quarantine is carried as its manifest only. The check is ``rogatory.client.bundle_check``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rogatory.audit.proof import parse_proof
from rogatory.client import bundle_format as names
from rogatory.client.bundle_check import Verdict, verify_bundle
from rogatory.client.bundle_tar import Source, write_members
from rogatory.client.log_reader import prove
from rogatory.client.opened_store import load
from rogatory.client.requests import section_objects, section_places
from rogatory.client.sealing.files import staged
from rogatory.client.sealing.proving import commitment_key
from rogatory.client.sealing.unseal import open_section
from rogatory.client.session import Session
from rogatory.client.views import RequestView
from rogatory.protocol import codec, errors
from rogatory.protocol.errors import NotAuthorised, RogatoryError
from rogatory.protocol.sealed import section_context
from rogatory.protocol.wire import LoggedStatement

__all__ = ["BundleInfo", "Verdict", "verify_bundle", "write_bundle"]

_PURPOSE: Final = "PROCESSING"
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
        session: With unlocked keys, to prove what this party opened.
        request_id: The request.
        out: The file; it exists whole or not at all.
        progress: Called with bytes written and in all.

    Raises:
        RogatoryError: The request does not verify, or a stored file is damaged.
        OSError: The file cannot be written.
    """
    view = await session.exchange.view(request_id, _PURPOSE)
    directory, packs = session.state.scheme_bytes()
    members = [Source(names.DIRECTORY, directory), Source(names.PACKS, packs)]
    members += [
        Source(
            names.statement_name(item.index),
            codec.encode(LoggedStatement(item.verified.data, item.receipt.receipt)),
        )
        for item in view.statements
    ]
    members += await _proofs(session, view)
    members += await _sections(session, view)
    members += _disclosures(session, view)
    members.sort(key=lambda member: member.name)
    rows = [names.IndexRow(member.name, member.length, member.sha256()) for member in members]
    index = Source(names.INDEX, names.index_bytes(session.exchange.scheme.realm, request_id, rows))
    total, done = sum(member.length for member in members) + index.length, 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        if progress is not None:
            progress(done, total)

    with staged(out) as stream:
        length = write_members(stream, [index, *members], advance)
    return BundleInfo(out, len(members) + 1, length)


async def _proofs(session: Session, view: RequestView) -> list[Source]:
    """Proofs of all entries against one published checkpoint; none where it does not cover them all yet."""
    found: list[Source] = []
    checkpoints: set[bytes] = set()
    for item in view.statements:
        try:
            proof = await prove(session, item.index)
        except NotAuthorised as error:
            if error.code != errors.X_NOT_FOUND:
                raise
            return []
        checkpoints.add(parse_proof(proof).checkpoint.encode())
        found.append(Source(names.proof_name(item.index), proof))
    if len(checkpoints) != 1:  # a checkpoint was published in between: the next try finds the log at rest
        return await _proofs(session, view)
    return [Source(names.CHECKPOINT, checkpoints.pop()), *found]


async def _sections(session: Session, view: RequestView) -> list[Source]:
    own = session.unit_keys.key_ids
    handed = [ref for ref in view.state.readable_by(session.me.org) if own & set(ref.recipients)]
    objects = await section_objects(session, view, handed, _PURPOSE)
    found: list[Source] = []
    for ref, header, _digest in section_places(view, handed):
        data = objects[ref.object_digest]
        context = section_context(header, ref.kind, ref.task, ref.recipients)
        try:
            message = open_section(data, ref, context, session.unit_keys)
            key = commitment_key(data, ref, context, session.unit_keys)
        except RogatoryError:
            continue  # what does not open here is no evidence; the statement that names it is in the bundle
        found.append(Source(names.section_name(ref.object_digest), key + message))
    return found


def _disclosures(session: Session, view: RequestView) -> Iterator[Source]:
    for record in view.state.disclosures:
        kept = load(session.profile, view.request_id, record.disclosure_id)
        if kept is None or kept.report.quarantined:
            continue
        yield Source(names.disclosure_name(record.disclosure_id, "key"), kept.report.commitment_key)
        yield Source(names.disclosure_name(record.disclosure_id, "meta"), kept.meta_bytes)
        for number, path in enumerate(kept.files, start=1):
            yield Source(names.disclosure_name(record.disclosure_id, names.item_part(number)), path)
