# SPDX-License-Identifier: Apache-2.0
"""A provider that is not on the exchange: the order as a letter, and its answer, checked like any other (architecture §13).

The letter carries the order's own bundle, so anybody can check it against the published root. The answer's files are held
against the granted scope before anybody reads them; what lies outside goes to quarantine, and a ``transmit_outside`` names length and
digest of all of it. Who really sent the answer is not proven by any of this.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rogatory.client import bundle_format as names
from rogatory.client.bundle import write_order
from rogatory.client.bundle_check import Verdict, verify_bundle
from rogatory.client.bundle_tar import read_members
from rogatory.client.composing import Opened, Prepared, answer
from rogatory.client.disclosing import DisclosurePlan, measured_plan
from rogatory.client.opened_store import ExcessRow, Kept, KeptReport, keep, place
from rogatory.client.outside_format import OutsideDigest
from rogatory.client.private_files import private_dir, read_kept
from rogatory.client.readers.registry import disclosure_rows
from rogatory.client.requests import open_view, require_matched
from rogatory.client.scheme import Scheme, verify_scheme
from rogatory.client.sealing.files import blocks, safe_name, staged
from rogatory.client.sealing.unseal import OpenedDisclosure
from rogatory.client.session import Session
from rogatory.client.views import RequestView, ViewedStatement, verify_statements
from rogatory.protocol import codec, errors, tags
from rogatory.protocol.carried import spoken_code
from rogatory.protocol.content import MAX_CONTENT, DisclosedItem, DisclosureMeta, Particulars
from rogatory.protocol.errors import NotVerified, Refused
from rogatory.protocol.header import require
from rogatory.protocol.pack import Pack
from rogatory.protocol.scope import check_scope, scope_of
from rogatory.protocol.state import TERMINAL, RequestState
from rogatory.protocol.statements import TransmitOutside
from rogatory.protocol.wire import MAX_MESSAGE, GetDirectoryResponse, GetPacksResponse, LoggedStatement

MAX_LETTER: Final = 16 * 1024 * 1024
BEGIN: Final = '<pre id="rogatory-order">\n'
END: Final = "</pre>"
_MAX_EXCESS: Final = 1000


@dataclass(frozen=True, slots=True)
class Letter:
    """What a letter says, all of it out of the bundle that it carries: order, law, what is asked, who is called back."""

    scheme: Scheme
    state: RequestState
    pack: Pack
    statements: tuple[ViewedStatement, ...]
    particulars: tuple[Particulars, ...] = field(repr=False)
    code: str = ""


async def make_letter(session: Session, request_id: bytes) -> tuple[RequestView, bytes]:
    """Return a request to a provider outside, and the bundle of its order.

    Raises:
        Refused: Not this party's, no order yet or over, or the provider is on the exchange.
        NotVerified: A task's particulars do not open or match.
    """
    view = await _ordered(session, request_id)
    opened = await open_view(session, view, "PROCESSING")
    require_matched(opened, view.state, (task.number for task in view.state.granted))
    with tempfile.TemporaryDirectory(dir=session.profile.folder("staging")) as folder:
        out = Path(folder) / "order.bundle"
        await write_order(session, view, out)
        return view, read_kept(out, "letter", MAX_LETTER)


async def _ordered(session: Session, request_id: bytes) -> RequestView:
    view = await session.exchange.get_request(request_id, "PROCESSING")
    state = view.state
    if state.agency.org != session.me.org:
        raise Refused(errors.X_NOT_AUTHORISED, "header.issuer", "PARTY.ASKING")
    if not state.outside:
        raise Refused(errors.X_STATE_NOT_ALLOWED, "request_id", "OUTSIDE.PROVIDER")
    if not state.transmitted or state.name in TERMINAL:
        raise Refused(errors.X_STATE_NOT_ALLOWED, "request_id", f"STATE.{state.name.name}")
    return view


def read_letter(bundle: Path) -> Letter:
    """Return what a verified bundle says as a letter.

    Raises:
        RogatoryError: It does not hold; ``verify_bundle`` says what.
    """
    members = {member.name: member for member in read_members(bundle)}
    directory = codec.decode(
        GetDirectoryResponse, members[names.DIRECTORY].read(MAX_MESSAGE), limit=MAX_MESSAGE
    )
    packs = codec.decode(GetPacksResponse, members[names.PACKS].read(MAX_MESSAGE), limit=MAX_MESSAGE)
    scheme = verify_scheme(directory, packs, None)
    logged = [
        codec.decode(LoggedStatement, member.read(MAX_MESSAGE), limit=MAX_MESSAGE)
        for name, member in sorted(members.items())
        if name.startswith("statements/")
    ]
    request_id = names.parse_index(members[names.INDEX].read(MAX_MESSAGE)).request_id
    statements = verify_statements(logged, request_id, scheme)
    require(statements, "letter", "PRESENT", errors.X_FIELD_MISSING)
    state = statements[-1].state
    found = [
        codec.decode(Particulars, member.read(MAX_MESSAGE)[names.SECTION_KEY :], limit=MAX_CONTENT)
        for name, member in members.items()
        if name.startswith("sections/")
    ]
    granted = [task.number for task in state.granted]
    require(sorted(item.task for item in found) == granted, "letter.sections", "EACH_TASK")
    code = spoken_code(tags.LETTER_CODE, state.order_digest)
    particulars = tuple(sorted(found, key=lambda item: item.task))
    return Letter(scheme, state, scheme.packs[state.pack_digest], statements, particulars, code)


def embedded(bundle: bytes) -> str:
    """Return a bundle as it stands in a letter."""
    text = base64.b64encode(bundle).decode()
    return BEGIN + "".join(f"{text[i : i + 76]}\n" for i in range(0, len(text), 76)) + END


def extracted(page: bytes) -> bytes:
    """Return the bundle that a letter carries; the letter must then be made again from it and compared.

    Raises:
        NotVerified: ``X_ENCODING`` with rule ``LETTER.ORDER``: there is none in it.
    """
    try:
        _, begin, rest = page.decode().partition(BEGIN)
        data, end, _ = rest.partition(END)
        bundle = base64.b64decode(data.replace("\n", ""), validate=True)
    except (ValueError, binascii.Error) as error:
        raise NotVerified(errors.X_ENCODING, "letter", "LETTER.ORDER") from error
    if not begin or not end:
        raise NotVerified(errors.X_ENCODING, "letter", "LETTER.ORDER")
    return bundle


def verify_order(bundle: bytes, fingerprint: bytes | None) -> tuple[Verdict, Letter | None]:
    """Verify the bundle of a letter; without a network and with no key."""
    with tempfile.TemporaryDirectory() as folder:
        path = private_dir(Path(folder)) / "order.bundle"
        path.write_bytes(bundle)
        verdict = verify_bundle(path, fingerprint)
        return verdict, None if verdict.reasons else read_letter(path)


@dataclass(frozen=True, slots=True)
class Outside:
    """An answer that came another way: kept, checked, and the statement that names it."""

    kept: Kept
    prepared: Prepared
    directory: Path
    digest: bytes


async def take_outside(session: Session, request_id: bytes, plan: DisclosurePlan, came_at_ms: int) -> Outside:
    """Hold an answer that came another way against the scope, keep it, and prepare the record of it.

    Args:
        session: With unlocked keys.
        request_id: The request.
        plan: The files with the task and element that each answers.
        came_at_ms: When it came; milliseconds since the epoch.

    Raises:
        Refused: The request is not one to a provider outside, or a moment in the future.
        NotVerified: The particulars do not open or match.
        Invalid: A file is missing or changed, or the plan contradicts itself.
    """
    view = await _ordered(session, request_id)
    require(plan.items, "plan.items", "PRESENT", errors.X_FIELD_MISSING)
    if came_at_ms > session.clock.now_ms():
        raise Refused(errors.X_TIME_RANGE_INVALID, "body.sent_at_ms", "NOT_IN_FUTURE")
    opened = await open_view(session, view, "PROCESSING")
    require_matched(opened, view.state, (task.number for task in view.state.granted))
    items = await asyncio.to_thread(measured_plan, plan)
    kept, measured = await asyncio.to_thread(_keep, session, view, opened, items, plan.words)
    body = TransmitOutside(came_at_ms, measured.length, measured.digest())
    made = answer(session, view, body, view.state.provider, view.state.order_digest)
    home = place(session.profile, "opened", request_id, measured.digest()[:16])
    return Outside(kept, made, home, measured.digest())


def _keep(
    session: Session,
    view: RequestView,
    opened: Opened,
    items: list[tuple[DisclosedItem, Path]],
    words: str,
) -> tuple[Kept, OutsideDigest]:
    meta = DisclosureMeta(tuple(item for item, _ in items), sum(item.length for item, _ in items), 0, words)
    meta_bytes = codec.encode(meta)
    measured = OutsideDigest(meta_bytes)
    with tempfile.TemporaryDirectory(dir=session.profile.folder("staging")) as folder:
        copies = [
            _copied(item, path, Path(folder) / safe_name(i, item.name))
            for i, (item, path) in enumerate(items)
        ]
        for path in copies:
            for block in blocks(path):
                measured.update(block)
        digest = measured.digest()
        home = private_dir(place(session.profile, "opened", view.request_id, digest[:16]))
        files = tuple(path.replace(home / path.name) for path in copies)
    pairs = [(item, path) for (item, _), path in zip(items, files, strict=True)]
    report = check_scope(scope_of(view.state.granted, opened.particulars), disclosure_rows(pairs))
    kept = KeptReport(
        manifest=digest,
        scope_report="IN_SCOPE" if report.fits else "EXCESS_QUARANTINED",
        in_scope=report.in_scope,
        excess=tuple(ExcessRow(i.row, i.item, i.reason.value) for i in report.excess[:_MAX_EXCESS]),
        files=tuple(path.name for path in files),
        quarantined=tuple(sorted({item.item for item in report.excess})),
        commitment_key=b"",
        excess_count=len(report.excess),
    )
    found = OpenedDisclosure(meta, meta_bytes, files, b"")
    return keep(session.profile, view.request_id, digest[:16], found, kept), measured


def _copied(item: DisclosedItem, path: Path, target: Path) -> Path:
    """Copy a file that must still be the one that was measured."""
    digest = hashlib.sha256()
    with staged(target) as out:
        for block in blocks(path):
            digest.update(block)
            out.write(block)
    require(digest.digest() == item.sha256, "items", "SOURCE_CHANGED", errors.X_PART_INVALID)
    return target
