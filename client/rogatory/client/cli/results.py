# SPDX-License-Identifier: Apache-2.0
"""What `--json` says, as values: the published schema is made from these classes (`schema`), and tests hold both together.

Ids, digests and keys are hex; moments are milliseconds since 1970-01-01T00:00:00Z in fields that end in `_ms`, days are
ISO dates. Nothing here is computed from anything but verified values of the SDK, and names of the holder's book are not
part of it: a program has the ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rogatory.client.cli.catalogue import sentence
from rogatory.client.cli.render.tree import day
from rogatory.client.cli.results_people import (
    PageResult,
    StepResult,
    page_results,
    step_results,
)
from rogatory.client.cli.results_state import (
    DebtResult,
    HoldResult,
    ProposalResult,
    debt_results,
    hold_results,
    proposal_results,
)
from rogatory.client.composing import Finding, Prepared
from rogatory.client.drafts import DraftRequest
from rogatory.client.duty import looks_of
from rogatory.client.outgoing import Sent
from rogatory.client.paging import Page
from rogatory.client.requests import RequestRow
from rogatory.client.views import CarriedStatement, RequestView, ViewedStatement
from rogatory.protocol.state import RequestState
from rogatory.protocol.terms import owed


@dataclass(frozen=True, slots=True)
class FindingResult:
    """Something that a rule has to say: with its legal basis (empty for a rule of the protocol), and how it is put right."""

    code: str
    field: str
    rule: str
    severity: str
    basis: str
    what: str
    fix: str


@dataclass(frozen=True, slots=True)
class DraftResult:
    """A stored draft; `draft` is what `request new --from-json` takes."""

    request_id: str
    draft: DraftRequest


@dataclass(frozen=True, slots=True)
class LintResult:
    """What the exchange's rules would say to a draft."""

    request_id: str
    findings: tuple[FindingResult, ...]


@dataclass(frozen=True, slots=True)
class PreviewResult:
    """A draft and the exact bytes that a signature would cover, made afresh at each call."""

    request_id: str
    draft: DraftRequest
    statement: bytes


@dataclass(frozen=True, slots=True)
class SentResult:
    """A signed statement that was accepted (`index` in the log), or waits in the outbox (`queued`).

    With `receipt_saved` false an accepted one stands in the log all the same; its receipt is fetched again. `second_file`
    is the file of signed bytes that a colleague must approve first (`request second`); empty otherwise.
    """

    request_id: bytes
    kind: str
    queued: bool
    receipt_saved: bool
    index: int
    time_ms: int
    state: str
    second_file: str


@dataclass(frozen=True, slots=True)
class GrantResult:
    """What is granted of a task; days are inclusive, UTC."""

    elements: tuple[str, ...]
    first_day: str
    last_day: str


@dataclass(frozen=True, slots=True)
class TaskResult:
    """A task of a request, what was granted of it, and how it ended (empty while open)."""

    number: int
    identifier_type: str
    elements: tuple[str, ...]
    purpose: str
    first_day: str
    last_day: str
    granted: GrantResult | None
    outcome: str


@dataclass(frozen=True, slots=True)
class DutyResult:
    """A duty with a clock."""

    name: str
    due_ms: int
    met: bool
    fired: bool
    runs: bool
    rule: str


@dataclass(frozen=True, slots=True)
class StatementResult:
    """A statement of a request, in log order, with the state after it.

    One that is not in the log yet (a request that was carried as a file) has the index 0 and the moment of its signature.
    """

    index: int
    time_ms: int
    kind: str
    org: bytes
    subject: bytes
    role: str
    state: str
    envelope_digest: bytes


@dataclass(frozen=True, slots=True)
class DisclosureResult:
    """A disclosure that stands in the log."""

    disclosure_id: bytes
    index: int
    tasks: tuple[int, ...]
    body_length: int
    scope_report: str


@dataclass(frozen=True, slots=True)
class RequestResult:
    """A request as folded from its verified envelopes."""

    request_id: bytes
    kind: str
    legal_type: str
    state: str
    code: str
    flags: tuple[str, ...]
    agency: bytes
    authority: bytes
    provider: bytes
    emergency: bool
    categories: tuple[str, ...]
    preserved_until_ms: int
    last_index: int
    tasks: tuple[TaskResult, ...]
    duties: tuple[DutyResult, ...]
    disclosures: tuple[DisclosureResult, ...]
    enforcing: bytes
    extensions: int
    holds: tuple[HoldResult, ...]
    proposals: tuple[ProposalResult, ...]
    debts: tuple[DebtResult, ...]
    statements: tuple[StatementResult, ...]
    steps: tuple[StepResult, ...]
    pages: tuple[PageResult, ...]


@dataclass(frozen=True, slots=True)
class RowResult:
    """One request of a list; `due_ms` is 0 where nothing is due."""

    request_id: bytes
    kind: str
    legal_type: str
    state: str
    emergency: bool
    holds: tuple[str, ...]
    due_ms: int
    last_index: int
    steps: tuple[StepResult, ...]
    pages: tuple[PageResult, ...]


@dataclass(frozen=True, slots=True)
class ListResult:
    """Requests, most urgent first."""

    requests: tuple[RowResult, ...]


@dataclass(frozen=True, slots=True)
class CheckpointResult:
    """The published checkpoint, verified; `heads_checked` earlier heads are of the same history."""

    origin: str
    size: int
    root: bytes
    heads_checked: int
    note: str


def request_result(view: RequestView, org: bytes = b"", pages: Iterable[Page] = ()) -> RequestResult:
    """Return a verified view as a result, with the calls that were made for it by the party ``org``."""
    state = view.state
    return RequestResult(
        request_id=state.request_id,
        kind=state.kind.name,
        legal_type=state.legal_type,
        state=state.name.name,
        code=state.code,
        flags=state.flags,
        agency=state.agency.org,
        authority=state.authority.org if state.authority else b"",
        provider=state.provider.org,
        emergency=state.emergency,
        categories=state.categories,
        preserved_until_ms=state.preserved_until_ms,
        last_index=view.statements[-1].index if view.statements else 0,
        tasks=_tasks(state),
        duties=tuple(
            DutyResult(item.name, item.due_ms, item.met, item.fired, owed(state, item), item.rule)
            for item in state.obligations
        ),
        disclosures=tuple(
            DisclosureResult(item.disclosure_id, item.index, item.tasks, item.body_length, item.scope_report)
            for item in state.disclosures
        ),
        enforcing=state.enforcing.org if state.enforcing else b"",
        extensions=state.extensions,
        holds=hold_results(view),
        proposals=proposal_results(view),
        debts=debt_results(view),
        statements=(
            *(_statement(item) for item in view.statements),
            *(_carried(item) for item in view.carried),
        ),
        steps=step_results(state),
        pages=page_results(pages, looks_of(view, org)),
    )


def findings(found: Iterable[Finding]) -> tuple[FindingResult, ...]:
    """Return findings as results."""
    return tuple(_finding(item) for item in found)


def _finding(item: Finding) -> FindingResult:
    said = sentence(item.code, item.rule)
    return FindingResult(item.code, item.field, item.rule, item.severity, item.basis, said.what, said.advice)


def sent_result(prepared: Prepared, sent: Sent) -> SentResult:
    """Return what became of a signed statement as a result."""
    return SentResult(
        request_id=sent.request_id,
        kind=prepared.statement.header.kind.name,
        queued=sent.queued,
        receipt_saved=sent.receipt_saved,
        index=sent.index,
        time_ms=sent.time_ms,
        state=sent.state.name.name if sent.state else "",
        second_file=str(sent.second) if sent.second else "",
    )


def list_result(
    rows: tuple[RequestRow, ...], org: bytes = b"", pages: Mapping[bytes, tuple[Page, ...]] | None = None
) -> ListResult:
    """Return rows as a result, in the order given, with the calls that were made by the party ``org``."""
    called = pages or {}
    return ListResult(tuple(_row(row, org, called.get(row.request_id, ())) for row in rows))


def _row(row: RequestRow, org: bytes, pages: Iterable[Page]) -> RowResult:
    state = row.state
    return RowResult(
        state.request_id,
        state.kind.name,
        state.legal_type,
        state.name.name,
        state.emergency,
        tuple(item.name for item in state.holds),
        row.due_ms or 0,
        row.last_index,
        step_results(state),
        page_results(pages, looks_of(row.view, org)),
    )


def _tasks(state: RequestState) -> tuple[TaskResult, ...]:
    found = []
    for item in state.tasks:
        task, granted = item.task, item.granted
        grant = (
            GrantResult(granted.elements, day(granted.first_day), day(granted.last_day)) if granted else None
        )
        found.append(
            TaskResult(
                task.number,
                task.identifier_type,
                task.elements,
                task.purpose,
                day(task.first_day),
                day(task.last_day),
                grant,
                item.outcome,
            )
        )
    return tuple(found)


def _statement(item: ViewedStatement) -> StatementResult:
    header = item.verified.header
    return StatementResult(
        index=item.receipt.receipt.index,
        time_ms=item.receipt.time_ms,
        kind=header.kind.name,
        org=header.issuer.org,
        subject=header.issuer.subject,
        role=header.issuer.role,
        state=item.state.name.name,
        envelope_digest=item.verified.digest,
    )


def _carried(item: CarriedStatement) -> StatementResult:
    header = item.verified.header
    return StatementResult(
        index=0,
        time_ms=header.issued_at_ms,
        kind=header.kind.name,
        org=header.issuer.org,
        subject=header.issuer.subject,
        role=header.issuer.role,
        state=item.state.name.name,
        envelope_digest=item.verified.digest,
    )
