# SPDX-License-Identifier: Apache-2.0
"""What a judge needs on one page: the opened request, each rule passed or failed, what is new since the last return.

Rules are the pack's own list over the signed header, with the judge's own competence among them. What is new is the difference
of two signed requests, named by their digests; of sealed parts only where the earlier ones were opened on this machine, since
the exchange hands out no section of a request that was replaced. Whether a request deserves a grant is not said here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from rogatory.client.composing import Opened
from rogatory.client.private_files import read_optional
from rogatory.client.sealing.unseal import open_section
from rogatory.client.session import Session
from rogatory.client.views import RequestView, ViewedStatement
from rogatory.client.xray import leaves
from rogatory.protocol import codec, errors
from rogatory.protocol.bodies import Issue
from rogatory.protocol.content import MAX_CONTENT, Grounds, Particulars
from rogatory.protocol.errors import NotVerified, Refused, RogatoryError
from rogatory.protocol.header import DAY_MS, Header, SectionKind, SectionRef
from rogatory.protocol.pack import Asked, Checked, check_validator, checklist
from rogatory.protocol.sealed import MAX_SECTION, check_object, section_context
from rogatory.protocol.statements import DecisionCode, Validate

_RANDOM = frozenset({"commitment_key"})  # new in each request, so a difference of it says nothing


@dataclass(frozen=True, slots=True)
class Changed:
    """A value that differs between two requests; empty where it is not in one of them."""

    path: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Returned:
    """The last return, and what the request that came after it changes.

    Attributes:
        code: Why it was sent back.
        time_ms: When.
        digest: Envelope digest of the return.
        former: Envelope digest of the request that was returned.
        present: Envelope digest of the one that replaces it.
        sealed: Whether the sealed parts could be compared too.
        changes: What differs.
    """

    code: str
    time_ms: int
    digest: bytes
    former: bytes
    present: bytes
    sealed: bool
    changes: tuple[Changed, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """A request as a judge decides on it."""

    opened: Opened
    checks: tuple[Checked, ...]
    returned: Returned | None


def order_of(session: Session, opened: Opened) -> Order:
    """Return the order that an opened request is.

    Raises:
        NotVerified: Nothing was proven of it, as of a draft.
    """
    view = opened.view
    if view is None:
        raise NotVerified(errors.X_NOT_FOUND, "opened.view", "VIEW.STATEMENT")
    return Order(opened, (*_chain(opened), *_rules(session, view)), _returned(session, opened, view))


def _chain(opened: Opened) -> Iterator[Checked]:
    """What the reader's own fold and matching have checked; a chain that does not hold is never opened."""
    yield Checked("CHAIN.SIGNATURES", "")
    problem = next(iter(opened.problems), None)
    if problem is None:
        yield Checked("SECTIONS.MATCH", "")
    else:
        yield Checked("SECTIONS.MATCH", "", "", passed=False, code=problem.code, field=problem.field)


def _rules(session: Session, view: RequestView) -> tuple[Checked, ...]:
    header, state, directory = view.issue.verified.header, view.state, session.directory
    asked = Asked(
        kind=state.kind,
        legal_type=state.legal_type,
        role=header.issuer.role,
        facts=header.facts,
        tasks=header.tasks,
        validator=state.authority is not None,
        enforcing=state.enforcing is not None,
        day=view.issue.receipt.time_ms // DAY_MS,
        issuing=directory.org(header.issuer.org).jurisdiction,
        receiving=directory.org(header.addressee.org).jurisdiction,
    )
    found = checklist(view.pack, asked)
    try:
        check_validator(view.pack, state.kind, view.pack.rank(state.categories), session.me.role)
    except Refused as error:
        return tuple(
            replace(item, passed=False, code=error.code, field=error.field)
            if item.rule == error.rule
            else item
            for item in found
        )
    return found


def _returned(session: Session, opened: Opened, view: RequestView) -> Returned | None:
    if not view.state.superseded:
        return None
    former = view.by_digest(view.state.superseded[-1].issue)
    back = _return_of(view, former.verified.digest)
    if back is None:
        return None
    statement = back.verified.statement.body
    earlier, complete = _sealed(session, former.verified.header)
    before, after = _stated(former), _stated(view.issue)
    if complete:
        before |= dict(_of_sections(*earlier))
        after |= dict(_of_sections(opened.particulars, opened.grounds))
    return Returned(
        statement.code if isinstance(statement, Validate) else "",
        back.receipt.time_ms,
        back.verified.digest,
        former.verified.digest,
        view.issue.verified.digest,
        complete,
        tuple(_differences(before, after)),
    )


def _return_of(view: RequestView, digest: bytes) -> ViewedStatement | None:
    for item in reversed(view.statements):
        body = item.verified.statement.body
        about = item.verified.header.about == digest
        if about and isinstance(body, Validate) and body.decision is DecisionCode.RETURN:
            return item
    return None


def _stated(item: ViewedStatement) -> dict[str, str]:
    """What a request says in the clear, without what differs in every request: ids, moments, commitments, seals."""
    header, body = item.verified.header, item.verified.statement.body
    said = {"to.org": header.addressee.org.hex(), "to.unit": header.addressee.unit.hex()}
    if isinstance(body, Issue):
        said |= {f"body.{path}": text for path, text in leaves(body) if not path.startswith("supersedes")}
    for fact in header.facts:
        said[f"fact {fact.code}"] = ", ".join([*fact.values, *([str(fact.number)] if fact.number else [])])
    for task in header.tasks:
        at = f"task {task.number}"
        said[f"{at}: identifier type"] = task.identifier_type
        said[f"{at}: data elements"] = ", ".join(task.elements)
        said[f"{at}: purpose"] = task.purpose
        said[f"{at}: days"] = f"{task.first_day} to {task.last_day}"
    return said


def _of_sections(
    particulars: Mapping[int, Particulars], grounds: Grounds | None
) -> Iterator[tuple[str, str]]:
    for number, item in sorted(particulars.items()):
        for path, text in leaves(item):
            if path not in _RANDOM:
                yield f"sealed, task {number}: {path}", text
    if grounds is not None:
        yield from ((f"sealed grounds: {path}", text) for path, text in leaves(grounds))


def _sealed(session: Session, header: Header) -> tuple[tuple[dict[int, Particulars], Grounds | None], bool]:
    """Open the sections of an earlier request, from what this machine kept; and say whether that was all of them."""
    particulars: dict[int, Particulars] = {}
    grounds: Grounds | None = None
    refs = [ref for ref in header.sections if session.unit_keys.key_ids & set(ref.recipients)]
    for ref in refs:
        message = _kept(session, header, ref)
        if message is None:
            return ({}, None), False
        if ref.kind is SectionKind.PARTICULARS:
            particulars[ref.task] = codec.decode(Particulars, message, limit=MAX_CONTENT, at="particulars")
        elif ref.kind is SectionKind.GROUNDS:
            grounds = codec.decode(Grounds, message, limit=MAX_CONTENT, at="grounds")
    return (particulars, grounds), bool(refs)


def _kept(session: Session, header: Header, ref: SectionRef) -> bytes | None:
    try:
        data = read_optional(session.state.object_path(ref.object_digest), "section", MAX_SECTION)
        if data is None:
            return None
        check_object(data, ref)
        context = section_context(header, ref.kind, ref.task, ref.recipients)
        return open_section(data, ref, context, session.unit_keys)
    except RogatoryError:
        return None  # damaged or sealed to keys that are gone: then it is not compared, and that is said


def _differences(before: Mapping[str, str], after: Mapping[str, str]) -> Iterable[Changed]:
    for path in dict.fromkeys((*before, *after)):
        old, new = before.get(path, ""), after.get(path, "")
        if old != new:
            yield Changed(path, old, new)
