# SPDX-License-Identifier: Apache-2.0
"""What `--json` says about opened requests and about answers. Part of the published schema, like `results`.

Opened sections stand here in clear, because the command was asked to open them: treat such output like the file itself.
Paths are those of this machine; nothing of this is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rogatory.client.agency import Fetched
from rogatory.client.cli.results import FindingResult, RequestResult, findings, request_result
from rogatory.client.cli.results_people import StepResult
from rogatory.client.composing import Opened
from rogatory.client.disclosing import PlanReport
from rogatory.client.orders import Order, Returned
from rogatory.client.paging import Page
from rogatory.client.views import RequestView
from rogatory.protocol import errors
from rogatory.protocol.content import Grounds, Instant, Particulars
from rogatory.protocol.errors import NotVerified
from rogatory.protocol.wire import FeedItem


@dataclass(frozen=True, slots=True)
class InstantResult:
    """A moment as written, its stated zone, and UTC."""

    text: str
    zone: str
    utc_ms: int


@dataclass(frozen=True, slots=True)
class ParticularsResult:
    """The sealed part of a task, opened; the exhibit's digest and place are empty where the identifier was typed."""

    task: int
    identifier_type: str
    identifier: str
    service: str
    elements: tuple[str, ...]
    purpose: str
    since: InstantResult
    until: InstantResult
    observed: tuple[InstantResult, ...]
    words: str
    exhibit_sha256: bytes
    exhibit_locator: str


@dataclass(frozen=True, slots=True)
class GroundsResult:
    """The grounds, opened."""

    case_number: str
    offence: str
    necessity: str
    proportionality: str
    case_summary: str
    emergency_reasons: str


@dataclass(frozen=True, slots=True)
class ShowResult:
    """A request with what was opened of it; `problems` is empty when all agrees with what was signed."""

    request: RequestResult
    particulars: tuple[ParticularsResult, ...]
    grounds: GroundsResult | None
    notes: tuple[str, ...]
    problems: tuple[FindingResult, ...]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """A rule that was held against the request: full name, act and article, the pack's sentence; why it fails."""

    rule: str
    basis: str
    text: str
    passed: bool
    code: str
    field: str


@dataclass(frozen=True, slots=True)
class ChangedResult:
    """A value that differs between a request that was returned and the one that replaced it."""

    path: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ReturnedResult:
    """The last return: why, when, the envelopes of return, request then and request now, and what is new.

    `sealed_compared` is false where the earlier sealed parts were not opened on this machine.
    """

    code: str
    time_ms: int
    envelope: bytes
    request_then: bytes
    request_now: bytes
    sealed_compared: bool
    changes: tuple[ChangedResult, ...]


@dataclass(frozen=True, slots=True)
class OrderResult:
    """A request as it is decided on: what was opened, each rule passed or failed, what is new since the last return."""

    request: RequestResult
    particulars: tuple[ParticularsResult, ...]
    grounds: GroundsResult | None
    notes: tuple[str, ...]
    problems: tuple[FindingResult, ...]
    checks: tuple[CheckResult, ...]
    returned: ReturnedResult | None


@dataclass(frozen=True, slots=True)
class ItemResult:
    """A file of a disclosure: the provider's own name for it, and where it was put.

    ``label`` says which of several it is (such as BILLING); ``unlabelled`` that it does not, though the law wants it said.
    """

    name: str
    format: str
    task: int
    element: str
    length: int
    sha256: bytes
    path: str
    label: str
    unlabelled: bool


@dataclass(frozen=True, slots=True)
class ExcessResult:
    """A row outside the grant: its number, the item's number (both from 0), and why."""

    row: int
    item: int
    reason: str


@dataclass(frozen=True, slots=True)
class DisclosedResult:
    """A disclosure, opened and checked; `quarantined` are paths of what lies outside the grant."""

    disclosure_id: bytes
    scope_report: str
    directory: str
    words: str
    items: tuple[ItemResult, ...]
    rows_in_scope: int
    excess: tuple[ExcessResult, ...]
    quarantined: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FetchResult:
    """All disclosures of a request."""

    request_id: bytes
    disclosures: tuple[DisclosedResult, ...]


@dataclass(frozen=True, slots=True)
class PlanResult:
    """What a disclosure would hold; it can go when both lists are empty."""

    rows: int
    rows_in_scope: int
    excess: tuple[ExcessResult, ...]
    reasons: tuple[FindingResult, ...]


@dataclass(frozen=True, slots=True)
class ConnectResult:
    """Requests for which `delivered` was signed."""

    delivered: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class WatchedResult:
    """An event addressed to the profile's party; one of these on each line of `request watch --json`.

    `steps` only with --next, and where the profile was free for a look.
    """

    index: int
    request_id: bytes
    kind: str
    envelope_digest: bytes
    steps: tuple[StepResult, ...]


def show_result(
    opened: Opened, org: bytes = b"", pages: Mapping[bytes, tuple[Page, ...]] | None = None
) -> ShowResult:
    """Return opened sections as a result, with the calls that were made by the party ``org``."""
    view = _view(opened)
    return ShowResult(
        request_result(view, org, (pages or {}).get(view.request_id, ())),
        tuple(_particulars(opened.particulars[number]) for number in sorted(opened.particulars)),
        _grounds(opened.grounds) if opened.grounds is not None else None,
        tuple(note.words for note in opened.notes.values()),
        findings(opened.problems),
    )


def order_result(
    order: Order, org: bytes = b"", pages: Mapping[bytes, tuple[Page, ...]] | None = None
) -> OrderResult:
    """Return an order as a result, with the calls that were made by the party ``org``."""
    shown, back = show_result(order.opened, org, pages), order.returned
    return OrderResult(
        shown.request,
        shown.particulars,
        shown.grounds,
        shown.notes,
        shown.problems,
        tuple(CheckResult(c.rule, c.basis, c.text, c.passed, c.code, c.field) for c in order.checks),
        _returned(back) if back is not None else None,
    )


def _returned(back: Returned) -> ReturnedResult:
    return ReturnedResult(
        back.code,
        back.time_ms,
        back.digest,
        back.former,
        back.present,
        back.sealed,
        tuple(ChangedResult(item.path, item.before, item.after) for item in back.changes),
    )


def issue_of(opened: Opened) -> bytes:
    """Return the exact envelope bytes of the issue in force that was opened."""
    view = _view(opened)
    return view.statement(view.state.issue_digest).data


def _view(opened: Opened) -> RequestView:
    if opened.view is None:  # only a draft has none, and drafts are not shown here
        raise NotVerified(errors.X_NOT_FOUND, "opened.view", "VIEW.STATEMENT")
    return opened.view


def fetch_result(request_id: bytes, fetched: tuple[Fetched, ...]) -> FetchResult:
    """Return opened disclosures as a result."""
    return FetchResult(request_id, tuple(_disclosed(item) for item in fetched))


def plan_result(report: PlanReport) -> PlanResult:
    """Return a checked plan as a result."""
    scope = report.report
    excess = tuple(ExcessResult(item.row, item.item, item.reason.value) for item in scope.excess)
    return PlanResult(report.rows, scope.in_scope, excess, _others(report))


def _others(report: PlanReport) -> tuple[FindingResult, ...]:
    """Return what blocks a plan besides single rows, which are listed as excess."""
    return findings(item for item in report.reasons if not item.field.startswith("items["))


def watched_result(item: FeedItem, steps: tuple[StepResult, ...] = ()) -> WatchedResult:
    """Return an event as a result."""
    return WatchedResult(item.index, item.request_id, item.kind.name, item.envelope_digest, steps)


def _particulars(item: Particulars) -> ParticularsResult:
    return ParticularsResult(
        item.task,
        item.identifier_type,
        item.identifier.decode("utf-8", "backslashreplace"),
        item.service,
        item.elements,
        item.purpose,
        _instant(item.since),
        _instant(item.until),
        tuple(_instant(moment) for moment in item.observed),
        item.words,
        item.exhibit.sha256 if item.exhibit is not None else b"",
        item.exhibit.locator if item.exhibit is not None else "",
    )


def _grounds(item: Grounds) -> GroundsResult:
    return GroundsResult(
        item.case_number,
        item.offence,
        item.necessity,
        item.proportionality,
        item.case_summary,
        item.emergency_reasons,
    )


def _instant(item: Instant) -> InstantResult:
    return InstantResult(item.text, item.zone, item.utc_ms)


def _disclosed(item: Fetched) -> DisclosedResult:
    kept = item.kept
    files = zip(kept.meta.items, kept.files, strict=True)
    return DisclosedResult(
        item.disclosure_id,
        item.scope_report,
        str(item.directory),
        kept.meta.words,
        tuple(
            ItemResult(
                each.name,
                each.format,
                each.task,
                each.element,
                each.length,
                each.sha256,
                str(path),
                each.label,
                index in item.unlabelled,
            )
            for index, (each, path) in enumerate(files)
        ),
        kept.report.in_scope,
        tuple(ExcessResult(row.row, row.item, row.reason) for row in kept.report.excess),
        tuple(str(path) for path in item.quarantined),
    )
