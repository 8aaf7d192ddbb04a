# SPDX-License-Identifier: Apache-2.0
"""Everything that is wrong with a draft, at once: each part by itself, the law over what the parts say, then a dry run.

One mistake never hides the next: a bad identifier does not keep the law from being looked at, nor a missing fact the times.
Findings of the law carry their legal basis. Nothing is sent, and nothing here is milder or stricter than the exchange; where
the exchange would stop at the first rule, this goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from rogatory.client.addressbook import find_provider, find_unit
from rogatory.client.composing import Finding
from rogatory.client.draft_checks import asked_of, parse
from rogatory.client.drafting import (
    GROUNDS_EMPTY,
    facts_of,
    finding_of,
    kind_of,
    make_issue,
    pack_of,
    problems_of,
    request_id_of,
)
from rogatory.client.drafts import DraftRequest, DraftTask
from rogatory.client.exhibits import lifted
from rogatory.client.session import Session
from rogatory.protocol import errors
from rogatory.protocol.errors import RogatoryError
from rogatory.protocol.header import DAY_MS, Task, require
from rogatory.protocol.identifiers import check_identifier
from rogatory.protocol.pack import Asked, Pack, findings, legal_basis

_ERROR = "ERROR"


def lint(session: Session, draft: DraftRequest) -> tuple[Finding, ...]:
    """Return everything that is wrong with a draft, or worth a second look; nothing is sent."""
    found = [*_parts(session, draft), *asked_of(draft, session.clock.now_ms())]
    pack = _pack(session, draft)
    if pack is not None:
        found += _law(session, draft, pack)
    if not (draft.grounds.necessity and draft.grounds.proportionality):
        found.append(GROUNDS_EMPTY)
    if not any(item.severity == _ERROR for item in found):
        try:
            found += problems_of(session, draft, make_issue(session, draft))
        except RogatoryError as error:
            found.append(finding_of(error))
    if pack is not None:
        found = [replace(item, basis=legal_basis(pack, item.rule, draft.kind)) for item in found]
    return tuple({(item.code, item.field, item.rule): item for item in reversed(found)}.values())[::-1]


def _pack(session: Session, draft: DraftRequest) -> Pack | None:
    try:
        return pack_of(session, draft)
    except RogatoryError:
        return None  # named among the parts


def _parts(session: Session, draft: DraftRequest) -> Iterator[Finding]:
    checks: list[Callable[[], object]] = [
        lambda: request_id_of(draft),
        lambda: pack_of(session, draft),
        lambda: kind_of(draft),
        lambda: find_provider(session, draft.provider, "draft.provider"),
        lambda: require(draft.tasks, "draft.tasks", "PRESENT", errors.X_FIELD_MISSING),
    ]
    if draft.authority:
        checks.append(lambda: find_unit(session, draft.authority, "draft.authority"))
    if draft.enforcing:
        checks.append(lambda: find_unit(session, draft.enforcing, "draft.enforcing"))
    pack = _pack(session, draft)
    for i, task in enumerate(draft.tasks):
        checks.append(partial(lifted, task, f"tasks[{i}]"))
        # A type that the law does not know is the law's finding, not the identifier's.
        if pack is not None and task.identifier_type in pack.identifiers:
            value, at = task.identifier.encode(errors="surrogatepass"), f"tasks[{i}].identifier"
            checks.append(partial(check_identifier, task.identifier_type, value, pack.identifiers, at))
    for check in checks:
        try:
            check()
        except RogatoryError as error:
            yield finding_of(error)


def _law(session: Session, draft: DraftRequest, pack: Pack) -> Iterator[Finding]:
    """Judge the coded part as far as it can be read; a task without a readable window is left out."""
    try:
        kind = kind_of(draft)
        provider = find_provider(session, draft.provider, "draft.provider")
    except RogatoryError:
        return  # named among the parts
    rules, directory = pack.kinds.get(kind.name), session.directory
    asked = Asked(
        kind=kind,
        legal_type=rules.legal_type if rules is not None else "",
        role=session.me.role,
        facts=facts_of(draft),
        tasks=tuple(_tasks(draft)),
        validator=bool(draft.authority),
        enforcing=bool(draft.enforcing),
        day=session.clock.now_ms() // DAY_MS,
        issuing=directory.org(session.me.org).jurisdiction,
        receiving=directory.org(provider.org).jurisdiction,
    )
    if asked.tasks:
        yield from (finding_of(refusal) for refusal in findings(pack, asked))


def _tasks(draft: DraftRequest) -> Iterator[Task]:
    for number, task in enumerate(draft.tasks, start=1):
        window = _window(task)
        if window is not None:
            elements = tuple(sorted(set(task.elements)))
            yield Task(number, task.identifier_type, bytes(32), elements, task.purpose, *window)


def _window(task: DraftTask) -> tuple[int, int] | None:
    try:
        since, until = parse(task.since, "since"), parse(task.until, "until")
    except RogatoryError:
        return None  # named among what is asked
    return since.utc_ms // DAY_MS, until.utc_ms // DAY_MS
