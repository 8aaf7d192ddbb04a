# SPDX-License-Identifier: Apache-2.0
"""The desk of an agency: where a request stands, fetch and open the answer, acknowledge, report excess, withdraw.

An answer is fetched as ciphertext, proven against the signed manifest, opened, and its scope checked again: what was not
asked for goes to quarantine before anybody reads it (architecture §7). Sending a request is ``drafting`` and
``outgoing``; what the data mean is the investigator's business.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rogatory.client.carried_view import carried_view, current
from rogatory.client.composing import Prepared, answer
from rogatory.client.opened_store import MAX_EXCESS, ExcessRow, Kept, KeptReport, keep, load, place
from rogatory.client.readers.registry import disclosure_rows
from rogatory.client.requests import RequestRow, list_rows, open_view, require_matched
from rogatory.client.sealing.unseal import OpenedDisclosure, open_disclosure
from rogatory.client.session import Session
from rogatory.client.transfer import Progress, download, ignore
from rogatory.client.views import RequestView
from rogatory.protocol import errors
from rogatory.protocol.disclosure import disclosure_context
from rogatory.protocol.envelope import Verified
from rogatory.protocol.errors import NotVerified, Refused
from rogatory.protocol.labelling import label_faults
from rogatory.protocol.scope import ScopeReport, check_scope, scope_of
from rogatory.protocol.sealed import DisclosureContext
from rogatory.protocol.state import DisclosureState, RequestState
from rogatory.protocol.statements import Acknowledge, Disclose, ReportExcess, Withdraw

IN_SCOPE: Final = "IN_SCOPE"
EXCESS: Final = "EXCESS_QUARANTINED"


@dataclass(frozen=True, slots=True)
class Fetched:
    """A disclosure that was fetched, proven, opened and checked.

    Attributes:
        disclosure_id: 16 bytes.
        manifest: The signed manifest in the request.
        kept: What lies in the profile; names in the meta are the sender's and must not be used as paths.
        directory: Folder of the files that are in scope.
        quarantined: Files with something outside the scope.
        unlabelled: Indices of items that do not say which of several they are, although the pack wants it said.
    """

    disclosure_id: bytes
    manifest: Verified
    kept: Kept
    directory: Path
    quarantined: tuple[Path, ...]
    unlabelled: tuple[int, ...] = ()

    @property
    def scope_report(self) -> str:
        """``IN_SCOPE`` or ``EXCESS_QUARANTINED``."""
        return self.kept.report.scope_report


async def my_requests(session: Session) -> tuple[RequestRow, ...]:
    """Return this agency's requests, the next due first."""
    org = session.me.org
    return await list_rows(session, "STATUS", lambda state: state.agency.org == org)


async def status(session: Session, request_id: bytes) -> RequestView:
    """Return a request with all its statements, proven now."""
    return await session.exchange.get_request(request_id, "STATUS")


async def fetch(
    session: Session, request_id: bytes, *, progress: Progress | None = None
) -> tuple[Fetched, ...]:
    """Fetch, prove, open and check every disclosure of a request; what was opened before is not fetched again.

    Args:
        session: With unlocked keys.
        request_id: The request.
        progress: Called with bytes and bytes in all, first while fetching, then while opening.

    Raises:
        NotVerified: ``X_SEAL_BROKEN`` and the like, with the rule; no file is left.
        Unavailable: The network failed; the same call goes on where it was cut off.
    """
    view = await current(session, request_id, "PROCESSING")
    return tuple([await _fetch(session, view, item, progress or ignore) for item in view.state.disclosures])


async def open_carried(
    session: Session, view: RequestView, *, progress: Progress | None = None
) -> tuple[Fetched, ...]:
    """Prove, open and check every disclosure that came in a carry file, like one that was fetched.

    Args:
        session: With unlocked keys.
        view: The request with what the file adds to it.
        progress: Called with bytes and bytes in all.

    Raises:
        NotVerified: ``X_SEAL_BROKEN`` and the like, with the rule; no file is left.
    """
    return tuple([await _fetch(session, view, item, progress or ignore) for item in view.state.disclosures])


async def _fetch(session: Session, view: RequestView, item: DisclosureState, progress: Progress) -> Fetched:
    manifest = view.statement(item.manifest)
    kept = load(session.profile, view.request_id, item.disclosure_id)
    if kept is None:
        kept = await _open(session, view, manifest, progress)
    elif kept.report.manifest != item.manifest:
        raise NotVerified(errors.X_RECEIPT_INVALID, "opened", "STORED_DIFFERS")
    home = place(session.profile, "opened", view.request_id, item.disclosure_id)
    away = tuple(kept.files[index] for index in kept.report.quarantined)
    faults = label_faults(session.packs[view.state.pack_digest].labels, kept.meta.items)
    return Fetched(item.disclosure_id, manifest, kept, home, away, tuple(index for index, _rule in faults))


async def _open(session: Session, view: RequestView, manifest: Verified, progress: Progress) -> Kept:
    body = _body(manifest)
    sections = await open_view(session, view, "PROCESSING")
    require_matched(sections, view.state, (task.number for task in view.state.granted))
    staged = session.profile.folder("staging") / f"{body.disclosure_id.hex()}.fetched"
    await download(
        session.exchange.channel, view.request_id, body.disclosure_id, body.body_length, staged, progress
    )
    home = place(session.profile, "opened", view.request_id, body.disclosure_id)
    context = _context(session, view, manifest, body)
    try:
        opened = await asyncio.to_thread(
            open_disclosure, staged, body, context, session.unit_keys, home, progress
        )
    finally:
        # Opened: no longer needed. Refused: what came is not what was signed, and a new attempt must begin afresh.
        await asyncio.to_thread(staged.unlink, missing_ok=True)
    scope = scope_of(view.state.granted, sections.particulars)
    pairs = list(zip(opened.meta.items, opened.files, strict=True))
    report = await asyncio.to_thread(lambda: check_scope(scope, disclosure_rows(pairs)))
    return keep(
        session.profile,
        view.request_id,
        body.disclosure_id,
        opened,
        _report(manifest, opened, report),
    )


def _report(manifest: Verified, opened: OpenedDisclosure, report: ScopeReport) -> KeptReport:
    shown = report.excess[:MAX_EXCESS]
    return KeptReport(
        manifest=manifest.digest,
        scope_report=IN_SCOPE if report.fits else EXCESS,
        in_scope=report.in_scope,
        excess=tuple(ExcessRow(item.row, item.item, item.reason.value) for item in shown),
        files=tuple(path.name for path in opened.files),
        quarantined=tuple(sorted({item.item for item in report.excess})),
        commitment_key=opened.commitment_key,
        excess_count=len(report.excess),
    )


def _body(manifest: Verified) -> Disclose:
    body = manifest.statement.body
    if not isinstance(body, Disclose):
        raise Refused(errors.X_NOT_FOUND, "disclosure", "MANIFEST")
    return body


def _context(session: Session, view: RequestView, manifest: Verified, body: Disclose) -> DisclosureContext:
    issuer = manifest.header.issuer
    recipients = tuple(wrap.key_id for wrap in body.wraps)
    return disclosure_context(
        view.state, session.profile.config.realm, body.disclosure_id, issuer.org, issuer.key_id, recipients
    )


def manifest_context(
    session: Session, view: RequestView, manifest: Verified
) -> tuple[Disclose, DisclosureContext]:
    """Return a disclosure's manifest and the context that it is sealed under.

    Raises:
        NotVerified: The statement is no manifest.
    """
    body = _body(manifest)
    return body, _context(session, view, manifest, body)


async def prepare_acknowledge(
    session: Session, request_id: bytes, disclosure_id: bytes | None = None, *, note: str = ""
) -> Prepared:
    """Prepare ``acknowledge`` for a disclosure that was fetched and opened here.

    Args:
        session: Whose word it is.
        request_id: The request.
        disclosure_id: Which disclosure; the first that is not acknowledged unless given.
        note: Words to the provider, sealed.

    Raises:
        Refused: ``X_NOT_FOUND``: nothing to acknowledge, or it was not opened here.
    """
    view = await _current(session, request_id)
    item, kept = _kept(session, view.state, disclosure_id)
    body = Acknowledge(kept.report.scope_report)
    return answer(session, view, body, view.state.provider, item.manifest, note=note)


async def prepare_report_excess(
    session: Session,
    request_id: bytes,
    disclosure_id: bytes | None = None,
    grade: str = "MINOR",
    *,
    note: str = "",
) -> Prepared:
    """Prepare ``report_excess`` for a disclosure with something in quarantine.

    Raises:
        Refused: ``X_NOT_FOUND``: it was not opened here, or nothing lies outside its scope.
    """
    view = await _current(session, request_id)
    item, kept = _kept(session, view.state, disclosure_id, acknowledged=True)
    if not kept.report.excess:
        raise Refused(errors.X_NOT_FOUND, "disclosure", "EXCESS")
    granted = {task.number for task in view.state.granted}
    tasks = sorted({kept.meta.items[index].task for index in kept.report.quarantined} & granted)
    return answer(
        session, view, ReportExcess(tuple(tasks), grade), view.state.provider, item.manifest, note=note
    )


async def prepare_withdraw(session: Session, request_id: bytes, code: str, *, note: str = "") -> Prepared:
    """Prepare ``withdraw``.

    Raises:
        Refused: The pack does not list the code.
    """
    view = await _current(session, request_id)
    state = view.state
    if code not in view.pack.withdrawal:
        raise Refused(errors.X_FIELD_INVALID, "body.code", view.pack.rule("withdrawal"))
    other = state.provider if state.transmitted or state.authority is None else state.authority
    return answer(session, view, Withdraw(code), other, state.issue_digest, note=note)


async def _current(session: Session, request_id: bytes) -> RequestView:
    """Return the request as it is, or without the exchange as it was last seen: what is said here waits for no newer state."""
    if not session.online:
        stored = carried_view(session, request_id) or session.exchange.stored_view(request_id)
        if stored is not None:
            return stored
    return await session.exchange.get_request(request_id, "PROCESSING")


def _kept(
    session: Session, state: RequestState, disclosure_id: bytes | None, *, acknowledged: bool = False
) -> tuple[DisclosureState, Kept]:
    for item in state.disclosures:
        wanted = disclosure_id is None or item.disclosure_id == disclosure_id
        if wanted and (acknowledged or not item.scope_report):
            kept = load(session.profile, state.request_id, item.disclosure_id)
            if kept is not None and kept.report.manifest == item.manifest:
                return item, kept
    raise Refused(errors.X_NOT_FOUND, "disclosure", "OPENED_HERE")
