# SPDX-License-Identifier: Apache-2.0
"""A provider's answer: plan, scope check, sealing, manifest.

Every row and file is held against the granted scope before anything is sealed; one row outside blocks the release, with
its reason (architecture §7). Files are measured once, and sealing refuses a file that changed since. What the data mean
is not judged here.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from rogatory.audit.errors import FileRefused
from rogatory.client.composing import Finding, Opened, Prepared, Upload, answer
from rogatory.client.drafts import DraftInstant
from rogatory.client.private_files import refusal
from rogatory.client.provider import transmitted
from rogatory.client.readers.registry import disclosure_rows
from rogatory.client.requests import open_view, require_matched
from rogatory.client.sealing.seal import SealedDisclosure, measure, seal_disclosure
from rogatory.client.session import Session
from rogatory.client.transfer import Progress, ignore
from rogatory.client.views import RequestView
from rogatory.protocol import errors
from rogatory.protocol.content import OPAQUE, DisclosedItem, Instant
from rogatory.protocol.disclosure import disclosure_context
from rogatory.protocol.errors import Refused
from rogatory.protocol.header import require
from rogatory.protocol.instants import parse_instant
from rogatory.protocol.labelling import label_faults
from rogatory.protocol.plain import from_plain
from rogatory.protocol.scope import Row, ScopeReport, check_scope, scope_of
from rogatory.protocol.state import RequestState
from rogatory.protocol.statements import TaskOutcome

DELIVERED: Final = "DELIVERED"
_MAX_REASONS: Final = 50
_TASK_NUMBER: Final = re.compile(r"[1-9][0-9]?")  # a request has at most MAX_TASKS, 64


@dataclass(frozen=True, slots=True)
class PlanItem:
    """One file to disclose: the task and element that it answers, how its rows are read, the span it declares.

    ``label`` says which of several it is, where the pack wants that said, such as BILLING for an address.
    """

    path: Path
    task: int
    element: str
    format: str = OPAQUE
    media_type: str = "application/octet-stream"
    since: DraftInstant | None = None
    until: DraftInstant | None = None
    name: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class DisclosurePlan:
    """What is disclosed; ``outcomes`` by task number for tasks without a file; words to the agency."""

    items: tuple[PlanItem, ...]
    outcomes: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))
    words: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class PlanReport:
    """What the scope check says: all rows decided, how many there are, and the reasons that block the release."""

    report: ScopeReport
    rows: int
    reasons: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _PlainItem:
    path: str
    task: int
    element: str
    format: str = OPAQUE
    media_type: str = "application/octet-stream"
    since: DraftInstant | None = None
    until: DraftInstant | None = None
    name: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class _PlainPlan:
    items: tuple[_PlainItem, ...] = ()
    outcomes: Mapping[str, str] = field(default_factory=dict)
    words: str = ""


def plan_from_json(data: Any, base: Path) -> DisclosurePlan:  # noqa: ANN401 - parsed JSON may be anything
    """Return the plan that plain data states; paths count from ``base``.

    Raises:
        Invalid: An unknown key, a missing one, a wrong type, or an outcome of what is no task number; the field is
            named.
    """
    plain = from_plain(_PlainPlan, data, "plan")
    # One spelling for each task, and none too long to be a number: Python reads no more than 4,300 digits.
    require(all(_TASK_NUMBER.fullmatch(key) for key in plain.outcomes), "plan.outcomes", "TASK_NUMBER")
    items = tuple(
        PlanItem(
            base / item.path,
            item.task,
            item.element,
            item.format,
            item.media_type,
            item.since,
            item.until,
            item.name,
            item.label,
        )
        for item in plain.items
    )
    outcomes = {int(key): value for key, value in plain.outcomes.items()}
    return DisclosurePlan(items, MappingProxyType(outcomes), plain.words)


async def check_plan(session: Session, request_id: bytes, plan: DisclosurePlan) -> PlanReport:
    """Hold a plan's rows and files against the granted scope, and change nothing.

    Raises:
        NotVerified: Particulars do not open or match.
        Invalid: A file is missing, or the plan contradicts itself.
    """
    view = await transmitted(session, request_id)
    _opened, _items, report = await _checked(session, view, plan)
    return report


async def prepare_disclose(
    session: Session, request_id: bytes, plan: DisclosurePlan, *, progress: Progress | None = None
) -> Prepared:
    """Check, seal into the staging folder, and prepare the manifest.

    Args:
        session: With unlocked keys.
        request_id: The request.
        plan: What is disclosed.
        progress: Called with bytes sealed, and in all.

    Raises:
        Refused: ``X_OUT_OF_SCOPE`` or ``X_ADDRESS_UNLABELLED`` with the item and the first reason; ``check_plan`` lists
            them all.
        NotVerified: Particulars do not open or match.
        Invalid: A file is missing or changed while it was read, or the plan contradicts itself.
    """
    view = await transmitted(session, request_id)
    opened, items, report = await _checked(session, view, plan)
    if report.reasons:
        first = report.reasons[0]
        raise Refused(first.code, first.field, first.rule)
    state = view.state
    outcomes = _outcomes(state, plan)
    sealed, path = await asyncio.to_thread(_seal, session, state, items, plan.words, progress or ignore)
    body = sealed.manifest(fits_scope=report.report.fits, outcomes=outcomes)
    upload = Upload(sealed.disclosure_id, path, sealed.leaves)
    return answer(session, view, body, state.agency, state.order_digest, upload=upload, opened=opened)


async def _checked(
    session: Session, view: RequestView, plan: DisclosurePlan
) -> tuple[Opened, list[tuple[DisclosedItem, Path]], PlanReport]:
    opened = await open_view(session, view, "PROCESSING")
    require_matched(opened, view.state, (task.number for task in view.state.granted))
    items = await asyncio.to_thread(measured_plan, plan)
    scope = scope_of(view.state.granted, opened.particulars)
    answered: set[int] = set()
    inside: set[tuple[int, str]] = set()
    labels = session.packs[view.state.pack_digest].labels

    def rows() -> Iterator[Row]:
        for row in disclosure_rows(items):
            answered.add(row.task)
            if row.element in labels:
                inside.add((row.item, row.element))
            yield row

    report = await asyncio.to_thread(lambda: check_scope(scope, rows()))
    reasons = [
        Finding(errors.X_OUT_OF_SCOPE, f"items[{excess.item}].rows[{excess.row}]", excess.reason.value)
        for excess in report.excess[:_MAX_REASONS]
    ]
    count = report.in_scope + len(report.excess)
    unlabelled = tuple(
        Finding(errors.X_ADDRESS_UNLABELLED, f"items[{index}].label", rule)
        for index, rule in label_faults(labels, [item for item, _path in items], inside)
    )
    others = _closed(view.state, answered) + unlabelled
    return opened, items, PlanReport(report, count, tuple(reasons) + others)


def _closed(state: RequestState, answered: set[int]) -> tuple[Finding, ...]:
    """A task that has ended takes no more data."""
    granted = {task.number for task in state.granted}
    ended = sorted((answered & granted) - set(state.open_tasks))
    return tuple(Finding(errors.X_OUT_OF_SCOPE, f"tasks[{number}]", "TASK_OPEN") for number in ended)


def measured_plan(plan: DisclosurePlan) -> list[tuple[DisclosedItem, Path]]:
    """Return the items of a plan with length and digest of their files.

    Raises:
        Invalid: A file is missing or no regular file, or an instant is not one.
    """
    return [(_item(item, i), item.path) for i, item in enumerate(plan.items)]


def _item(item: PlanItem, index: int) -> DisclosedItem:
    at = f"items[{index}]"
    declared = DisclosedItem(
        name=item.name or item.path.name,
        media_type=item.media_type,
        task=item.task,
        element=item.element,
        since=_instant(item.since, f"{at}.since"),
        until=_instant(item.until, f"{at}.until"),
        format=item.format,
        label=item.label,
    )
    try:
        return measure(declared, item.path)
    except FileRefused as refused:
        raise refusal(refused, f"{at}.path") from refused


def _instant(instant: DraftInstant | None, at: str) -> Instant | None:
    return parse_instant(instant.text, instant.zone, at) if instant is not None else None


def _outcomes(state: RequestState, plan: DisclosurePlan) -> tuple[TaskOutcome, ...]:
    """Each task with a file is delivered; others end as the plan says; what neither names stays open."""
    answered = {item.task for item in plan.items}
    for number, outcome in plan.outcomes.items():
        require(number in state.open_tasks, f"outcomes[{number}]", "TASK_OPEN")
        require((outcome == DELIVERED) == (number in answered), f"outcomes[{number}]", "OUTCOME_FITS_FILES")
    found = dict.fromkeys(answered, DELIVERED) | dict(plan.outcomes)
    require(found, "outcomes", "PRESENT", errors.X_FIELD_MISSING)
    return tuple(TaskOutcome(number, found[number]) for number in sorted(found))


def _seal(
    session: Session,
    state: RequestState,
    items: list[tuple[DisclosedItem, Path]],
    words: str,
    progress: Progress,
) -> tuple[SealedDisclosure, Path]:
    unit = session.directory.unit(state.agency, "header.reply_to")
    context = disclosure_context(
        state,
        session.profile.config.realm,
        session.entropy.token(16),
        session.me.org,
        session.row.key_id,
        (unit.key_id,),
    )
    path = session.profile.folder("staging") / f"{context.disclosure_id.hex()}.sealed"
    sealed = seal_disclosure(
        items, words, context, {unit.key_id: unit.sealing_key}, path, session.entropy, progress
    )
    return sealed, path
