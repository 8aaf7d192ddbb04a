# SPDX-License-Identifier: Apache-2.0
"""Lists of requests and what is inside one: shared by the three desks (agency, authority, provider).

A list costs one read entry for each request that changed since it was last looked at, and none for the others. Sections
are opened with the unit's keys and matched against the signed header; what does not match is reported by name and is
never handed on as if it did. Nothing is signed here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from rogatory.client.composing import Finding, Opened
from rogatory.client.private_files import read_optional, write_private
from rogatory.client.sealing.unseal import open_section
from rogatory.client.session import Session
from rogatory.client.views import RequestView
from rogatory.protocol import codec, errors
from rogatory.protocol.content import MAX_CONTENT, Grounds, Note, Particulars
from rogatory.protocol.errors import NotVerified, Refused, RogatoryError
from rogatory.protocol.header import Header, SectionKind, SectionRef
from rogatory.protocol.match import match
from rogatory.protocol.sealed import MAX_SECTION, check_object, section_context
from rogatory.protocol.state import RequestState
from rogatory.protocol.terms import owed


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A line of a list: the state as folded by oneself, and the next duty's due instant (milliseconds, or None)."""

    request_id: bytes
    state: RequestState
    due_ms: int | None
    last_index: int
    view: RequestView


async def list_rows(
    session: Session, purpose: str, wanted: Callable[[RequestState], bool]
) -> tuple[RequestRow, ...]:
    """Return the requests of this party that ``wanted`` picks, the next due first, then by last change."""
    rows = []
    for tip in await session.exchange.list_requests():
        view = await standing(session, tip.request_id, purpose, tip.last_index)
        if view is not None and wanted(view.state):
            state = view.state
            rows.append(RequestRow(tip.request_id, state, due_ms(state), state.last_index, view))
    return tuple(sorted(rows, key=lambda row: (row.due_ms is None, row.due_ms or 0, row.last_index)))


async def standing(
    session: Session, request_id: bytes, purpose: str, last_index: int | None = None
) -> RequestView | None:
    """Return a request, or None where it was erased: one that is gone must not keep a whole list from being read."""
    try:
        return await session.exchange.view(request_id, purpose, last_index)
    except Refused as error:
        if error.code != errors.X_ERASED:
            raise
        return None


def due_ms(state: RequestState) -> int | None:
    """Return the due instant of the next duty that is open, or None."""
    return min((duty.due_ms for duty in state.obligations if owed(state, duty)), default=None)


async def open_view(session: Session, view: RequestView, purpose: str) -> Opened:
    """Open and match every section of a request that this party is handed.

    Args:
        session: With unlocked keys.
        view: The request.
        purpose: Why, for the read entry.

    Returns:
        What opened; problems name what did not open or does not match.
    """
    own = session.unit_keys.key_ids
    handed = [ref for ref in view.state.readable_by(session.me.org) if own & set(ref.recipients)]
    objects = await section_objects(session, view, handed, purpose)
    particulars: dict[int, Particulars] = {}
    notes: dict[bytes, Note] = {}
    grounds: Grounds | None = None
    problems: list[Finding] = []
    matched: list[bytes] = []
    for ref, header, digest in section_places(view, handed):
        try:
            message = _open(session, objects[ref.object_digest], ref, header)
            if ref.kind is SectionKind.PARTICULARS:
                opened = codec.decode(Particulars, message, limit=MAX_CONTENT, at="particulars")
                particulars[ref.task] = opened
                _matches(view, ref, opened)
            elif ref.kind is SectionKind.GROUNDS:
                grounds = codec.decode(Grounds, message, limit=MAX_CONTENT, at="grounds")
            else:
                notes[digest] = codec.decode(Note, message, limit=MAX_CONTENT, at="note")
            matched.append(ref.object_digest)
        except RogatoryError as error:
            problems.append(Finding(error.code, _at(ref, error.field), error.rule))
    return Opened(
        MappingProxyType(particulars),
        grounds,
        MappingProxyType(notes),
        view,
        tuple(problems),
        tuple(sorted(matched)),
    )


def require_matched(opened: Opened, state: RequestState, tasks: Iterable[int]) -> None:
    """Demand that the particulars of these tasks were opened and match.

    Raises:
        NotVerified: The first problem of one of them, by its own code and rule.
    """
    for number in tasks:
        ref = state.particulars(number)
        if ref is None or ref.object_digest not in opened.objects:
            at = f"tasks[{number}]"
            found = next((p for p in opened.problems if p.field.startswith(at)), None)
            problem = found or Finding("X_SECTION_NOT_OPENED", at, "SECTION.OPENED")
            raise NotVerified(problem.code, problem.field, problem.rule)


def _at(ref: SectionRef, field: str) -> str:
    place = f"tasks[{ref.task}]" if ref.kind is SectionKind.PARTICULARS else ref.kind.name.lower()
    return f"{place}.{field}" if field else place


def section_places(
    view: RequestView, refs: Sequence[SectionRef]
) -> Iterable[tuple[SectionRef, Header, bytes]]:
    """Yield each section with the header that it is bound to and the envelope digest of that statement."""
    wanted = set(refs)
    for item in view.said:
        for ref in item.header.sections:
            if ref in wanted:
                yield ref, item.header, item.digest


def _open(session: Session, data: bytes, ref: SectionRef, header: Header) -> bytes:
    context = section_context(header, ref.kind, ref.task, ref.recipients)
    return open_section(data, ref, context, session.unit_keys)


def _matches(view: RequestView, ref: SectionRef, opened: Particulars) -> None:
    if opened.task != ref.task:
        raise NotVerified("X_SECTION_MISMATCH", "particulars.task", "HEADER_SAYS")
    match(view.statement(view.state.issue_digest).header, opened, view.pack.identifiers)


async def section_objects(
    session: Session, view: RequestView, refs: Sequence[SectionRef], purpose: str
) -> dict[bytes, bytes]:
    """Return the ciphertexts, from the profile where they were fetched before."""
    found: dict[bytes, bytes] = {}
    missing: list[SectionRef] = []
    for ref in refs:
        data = read_optional(session.state.object_path(ref.object_digest), "section", MAX_SECTION)
        if data is None:
            missing.append(ref)
        else:
            check_object(data, ref)
            found[ref.object_digest] = data
    for at in range(0, len(missing), 32):
        page = missing[at : at + 32]
        fetched = await session.exchange.fetch_sealed(view, page, purpose)
        for ref, data in zip(page, fetched, strict=True):
            write_private(session.state.object_path(ref.object_digest), data)
            found[ref.object_digest] = data
    return found
