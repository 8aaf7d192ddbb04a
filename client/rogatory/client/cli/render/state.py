# SPDX-License-Identifier: Apache-2.0
"""A request's state and lists of requests as trees, from results that came out of the reader's own fold.

States and outcomes are shown as their code with the catalogue's words beside them. Whether something is overdue is said
in words, never by colour; the moment to compare with is passed in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from rogatory.client.cli.catalogue import meaning, sentence
from rogatory.client.cli.people import People
from rogatory.client.cli.render.names import Names
from rogatory.client.cli.render.people import called_row, called_section, heard_rows, step_rows
from rogatory.client.cli.render.tree import Row, Section, bytes_row, list_row, text_row, time_row, utc
from rogatory.client.cli.render.waits import debt_sections, flag_rows, holds_sections, proposal_sections
from rogatory.client.cli.results import (
    CheckpointResult,
    DutyResult,
    ListResult,
    RequestResult,
    SentResult,
    TaskResult,
)
from rogatory.client.cli.results_outbox import DiscardedResult, FlushedResult, OutboxResult

_UNSAVED: Final = "NOT SAVED: your profile's disk did not take it; your next command fetches it again"


def code_row(label: str, code: str, kind: str = "") -> Row:
    """Return a row with a code and what it means; ``kind`` where one code has two meanings."""
    return text_row(label, code or "none", meaning(code, kind), strict=True)


def request_tree(found: RequestResult, names: Names, now_ms: int, people: People) -> Section:
    """Return one request: where it stands, its tasks, its duties, and everything that was said."""
    head = [
        bytes_row("request", found.request_id),
        text_row("kind", f"{found.kind}, {found.legal_type}"),
        code_row("state", found.state),
    ]
    if found.code:
        head.append(code_row("reason", found.code))
    if found.emergency:
        head.append(text_row("emergency", "yes"))
    head += [
        bytes_row(label, org, names.remark(org))
        for label, org in (
            ("agency", found.agency),
            ("authority", found.authority),
            ("provider", found.provider),
            ("to be told", found.enforcing),
        )
        if org or label != "to be told"
    ]
    head += step_rows(found.steps, people, now_ms)
    head += heard_rows(found.statements, people, now_ms)
    head.append(list_row("data categories", found.categories))
    head += flag_rows(found.flags)
    if found.preserved_until_ms:
        head.append(time_row("frozen until", found.preserved_until_ms))
    if found.extensions:
        head.append(text_row("extended", f"{found.extensions} times" if found.extensions > 1 else "once"))
    said = tuple(
        text_row(
            f"entry {item.index}" if item.index else "NOT in the log",
            f"{utc(item.time_ms)}  {item.kind} by {item.role}: {item.state}",
            names.remark(item.subject),
        )
        for item in found.statements
    )
    answers = tuple(
        Section(
            f"Disclosure at entry {item.index}",
            (
                bytes_row("disclosure", item.disclosure_id),
                list_row("tasks", item.tasks),
                text_row("sealed bytes", str(item.body_length)),
                code_row("scope report", item.scope_report),
            ),
        )
        for item in found.disclosures
    )
    return Section(
        "Request",
        (
            *head,
            *called_section(found.pages, people, now_ms),
            *holds_sections(found.holds, names),
            *proposal_sections(found.proposals),
            *debt_sections(found.debts, names),
            *(_task(task) for task in found.tasks),
            *duty_sections(found.duties, now_ms),
            *answers,
            Section("What was said", said),
        ),
    )


def list_tree(title: str, found: ListResult, now_ms: int, people: People) -> Section:
    """Return a list of requests."""
    if not found.requests:
        return Section(title, (text_row("requests", "none"),))
    return Section(
        title,
        tuple(
            Section(
                f"{item.request_id.hex()}",
                (
                    text_row(
                        "kind", f"{item.kind}, {item.legal_type}" + (", EMERGENCY" if item.emergency else "")
                    ),
                    code_row("state", item.state),
                    *(code_row("waits", name, "hold") for name in item.holds),
                    *([text_row("due", due(item.due_ms, now_ms))] if item.due_ms else []),
                    *step_rows(item.steps, people, now_ms),
                    *called_row(item.pages, people, now_ms),
                ),
            )
            for item in found.requests
        ),
    )


def sent_tree(sent: SentResult) -> Section:
    """Return what became of a statement."""
    if sent.queued and sent.second_file:
        return Section(
            "Signed, NOT sent: a second person must approve it",
            (
                bytes_row("request", sent.request_id),
                text_row("statement", sent.kind),
                text_row("signed bytes", sent.second_file),
                text_row(
                    "next", "a colleague runs `request second ENVELOPE`; your next command then sends it"
                ),
            ),
        )
    if sent.queued:
        return Section(
            "Signed, NOT sent",
            (
                bytes_row("request", sent.request_id),
                text_row("statement", sent.kind),
                text_row("waits in", "outbox; your next command that reaches the exchange sends it"),
            ),
        )
    rows = [
        bytes_row("request", sent.request_id),
        text_row("statement", sent.kind),
        text_row("log entry", str(sent.index)),
        time_row("committed", sent.time_ms),
        code_row("state", sent.state) if sent.state else text_row("state", "see `request status`"),
    ]
    if not sent.receipt_saved:
        rows.append(text_row("receipt", _UNSAVED))
    return Section("Accepted", tuple(rows))


def outbox_tree(result: OutboxResult, now_ms: int) -> Section:
    """Return what left the outbox, and what waits still with its reason and its age."""
    rows = tuple(_flushed(item, now_ms) for item in result.flushed)
    broken = tuple(
        Section(f"{number}: DAMAGED", (text_row("kept", "cannot be read, so it is not sent; see --discard"),))
        for number in result.damaged
    )
    return Section("Outbox", (*rows, *broken, text_row("still waiting", str(result.waiting))))


def _flushed(item: FlushedResult, now_ms: int) -> Section:
    rows = [bytes_row("request", item.request_id)]
    if item.code:
        words = sentence(item.code, item.rule)
        rows.append(
            text_row(
                "kept" if item.kept else "refused",
                f"{item.code} {item.rule}".strip(),
                words.what,
                strict=True,
            )
        )
    else:
        rows.append(text_row("accepted", f"log entry {item.index}"))
    if item.index and not item.receipt_saved:
        rows.append(text_row("receipt", _UNSAVED))
    if item.kept:
        rows.append(text_row("signed", f"{utc(item.signed_ms)}, {_span(now_ms - item.signed_ms)} ago"))
    return Section(f"{item.number}: {item.kind}", tuple(rows))


def discarded_tree(result: DiscardedResult) -> Section:
    """Return a statement that was given up."""
    return Section(
        "Given up, not sent",
        (
            bytes_row("request", result.request_id),
            text_row("statement", result.kind or "cannot be read"),
            *([time_row("signed", result.signed_ms)] if result.signed_ms else []),
            text_row("bytes kept in", f"evidence/{result.evidence}"),
        ),
    )


def checkpoint_tree(found: CheckpointResult) -> Section:
    """Return a verified checkpoint."""
    return Section(
        "Checkpoint, verified",
        (
            text_row("log", found.origin),
            text_row("size", str(found.size)),
            bytes_row("root", found.root),
            text_row("earlier heads checked", str(found.heads_checked)),
        ),
    )


def due(due_ms: int, now_ms: int) -> str:
    """Return a due moment with what is left, in words."""
    left, span = due_ms - now_ms, _span(due_ms - now_ms)
    return f"{utc(due_ms)}, {span} left" if left >= 0 else f"{utc(due_ms)}, OVERDUE by {span}"


def _span(ms: int) -> str:
    hours = abs(ms) // 3_600_000
    return f"{hours // 24} days" if hours >= 48 else f"{hours} hours"


def _task(task: TaskResult) -> Section:
    rows = [
        text_row("identifier type", task.identifier_type, strict=True),
        list_row("asked for", task.elements),
        text_row("purpose", task.purpose, strict=True),
        text_row("window asked", f"{task.first_day} to {task.last_day}"),
    ]
    if task.granted is not None:
        rows += [
            list_row("granted", task.granted.elements),
            text_row("window granted", f"{task.granted.first_day} to {task.granted.last_day}"),
        ]
    else:
        rows.append(text_row("granted", "no"))
    if task.outcome:
        rows.append(code_row("outcome", task.outcome, "outcome"))
    return Section(f"Task {task.number}", tuple(rows))


def duty_sections(duties: Iterable[DutyResult], now_ms: int) -> Iterator[Section]:
    """Yield each duty with its clock."""
    yield from (_duty(duty, now_ms) for duty in duties)


def _duty(duty: DutyResult, now_ms: int) -> Section:
    when = f"{utc(duty.due_ms)}, met" if duty.met else due(duty.due_ms, now_ms)
    if not duty.runs and not duty.met:
        when = f"{utc(duty.due_ms)}, no longer runs"
    if duty.fired and not duty.met:
        when = f"{utc(duty.due_ms)}, OVER, told by the exchange's clock"
    name = text_row("meaning", meaning(duty.name, "duty") or duty.name)
    rule = text_row("rule", duty.rule, strict=True)
    return Section(f"Duty: {duty.name}", (name, text_row("due", when), rule))
