# SPDX-License-Identifier: Apache-2.0
"""A request as a one-page order for who decides on it: who, what exactly, why now, who else is touched, the rules, what is new.

One tree for the terminal and for a page. Pass or fail is said in words at the beginning of the row. It shows and decides
nothing; what is asked for is never weighed here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from rogatory.client.cli.catalogue import meaning, sentence
from rogatory.client.cli.render.content import grounds_rows, particulars_rows
from rogatory.client.cli.render.names import Names
from rogatory.client.cli.render.state import duty_sections
from rogatory.client.cli.render.tree import (
    Row,
    Section,
    bytes_row,
    list_row,
    text_row,
    time_row,
    words_row,
)
from rogatory.client.cli.results_answer import OrderResult
from rogatory.client.orders import Order
from rogatory.client.views import RequestView
from rogatory.protocol.header import Fact
from rogatory.protocol.pack import Checked
from rogatory.protocol.pack.shape import PERSON_ROLE

# ETSI TS 103 976 / 104 144 dictionary: what holds both sides of a communication touches the other side too.
_OTHERS: Final[Mapping[str, str]] = {
    "StoredContentData": "holds what others wrote to the person, or are seen in",
    "TrafficData": "shows with whom and where: others are named in it",
}


def order_tree(order: Order, result: OrderResult, view: RequestView, names: Names, now_ms: int) -> Section:
    """Return the page.

    Args:
        order: What was computed.
        result: The same as a result, for duties.
        view: The request, proven.
        names: The reader's own names.
        now_ms: The moment to compare duties with.
    """
    state = view.state
    problems = tuple(
        text_row(item.code, f"{item.field} {item.rule}".strip(), strict=True) for item in result.problems
    )
    warned = (
        (Section("DOES NOT AGREE with the signed request: do not act on it", problems),) if problems else ()
    )
    return Section(
        f"Order to decide on: {state.legal_type}, {state.kind.name}"
        + (", EMERGENCY" if state.emergency else ""),
        (
            *warned,
            Section("Who", tuple(_who(view, names))),
            Section("What exactly", tuple(_what(order, view))),
            Section("Why now", tuple(_why(order, result, view, now_ms))),
            Section("Who else is touched", tuple(_others(view, names))),
            Section("Rules", tuple(_rule(item) for item in order.checks)),
            _new(order),
        ),
    )


def _who(view: RequestView, names: Names) -> Iterator[Row]:
    state, issuer = view.state, view.issue.verified.header.issuer
    yield bytes_row("request", state.request_id)
    yield bytes_row("signed by", issuer.subject, names.remark(issuer.subject))
    yield text_row("in the role of", issuer.role, strict=True)
    yield bytes_row("asking unit", state.agency.unit, names.remark(state.agency.unit))
    if state.authority is not None:
        yield bytes_row("decides", state.authority.unit, names.remark(state.authority.unit))
    yield bytes_row("would answer", state.provider.unit, names.remark(state.provider.unit))


def _what(order: Order, view: RequestView) -> Iterator[Section]:
    pack, opened = view.pack, order.opened.particulars
    for task in view.issue.verified.header.tasks:
        rows: list[Row] = []
        if task.number in opened:
            rows += particulars_rows(opened[task.number])
        else:
            rows.append(text_row("identifier", "not opened", task.identifier_type))
        rows.append(
            list_row(
                "data, by category",
                (f"{pack.category(item, task.purpose) or 'none'}: {item}" for item in task.elements),
            )
        )
        yield Section(f"Task {task.number}", tuple(rows))


def _why(order: Order, result: OrderResult, view: RequestView, now_ms: int) -> Iterator[Row | Section]:
    pack, header = view.pack, view.issue.verified.header
    yield text_row("under", pack.basis or pack.pack_id, f"{pack.title}, version {pack.pack_version}")
    yield time_row("asked", view.issue.receipt.time_ms)
    if order.opened.grounds is not None:
        yield from grounds_rows(order.opened.grounds)
    else:
        yield text_row("grounds", "not opened")
    yield from (_fact(fact) for fact in header.facts if fact.code != PERSON_ROLE)
    yield from duty_sections(result.request.duties, now_ms)
    if pack.unverified:
        words = f"see rogatory directory pack show {pack.pack_id}.v{pack.pack_version}"
        yield text_row("not confirmed", f"{len(pack.unverified)} points of this law", words)


def _others(view: RequestView, names: Names) -> Iterator[Row]:
    header, pack = view.issue.verified.header, view.pack
    role = header.fact(PERSON_ROLE)
    if role is not None:
        yield _fact(role)
    for name in view.state.categories:
        words = _OTHERS.get(pack.categories[name].etsi)
        if words:
            yield text_row(name, words)
    for task in header.tasks:
        rule = pack.identifiers.get(task.identifier_type)
        if rule is not None and (rule.observed_required or rule.port_required_with_nat):
            yield text_row(
                f"identifier of task {task.number}", "several customers may share it at other moments"
            )
    for ref in header.sections:
        what = f"{ref.kind.name.lower()} of task {ref.task}" if ref.task else ref.kind.name.lower()
        yield list_row(
            f"can open {what}",
            (names.remark(key).removeprefix("in your book: ") or key.hex() for key in ref.recipients),
        )
    if view.state.enforcing is not None:
        yield bytes_row("must be told", view.state.enforcing.unit, names.remark(view.state.enforcing.unit))
    told = pack.user_information
    if told is not None:
        yield text_row("tells the person", told.by, told.basis)


def _rule(item: Checked) -> Row:
    basis = "; ".join(part for part in (item.basis, item.text) if part)
    if item.passed:
        return text_row("pass", item.rule, basis)
    said = sentence(item.code, item.rule).what
    return text_row(
        "FAIL", f"{item.rule}: {item.code} at {item.field}", "; ".join(filter(None, (said, basis)))
    )


def _new(order: Order) -> Section:
    back = order.returned
    if back is None:
        return Section("New since the last return", (text_row("return", "it was never returned"),))
    rows: list[Row | Section] = [
        time_row("returned", back.time_ms),
        text_row("for", back.code, meaning(back.code), strict=True),
        bytes_row("by envelope", back.digest),
        bytes_row("request then", back.former),
        bytes_row("request now", back.present),
    ]
    if not back.sealed:
        rows.append(
            text_row("sealed parts", "not compared: the earlier ones were not opened on this machine")
        )
    if not back.changes:
        rows.append(text_row("changes", "none"))
    rows += [
        Section(item.path, (words_row("then", item.before or "none"), words_row("now", item.after or "none")))
        for item in back.changes
    ]
    return Section("New since the last return (both requests are signed)", tuple(rows))


def _fact(fact: Fact) -> Row:
    values: list[object] = list(fact.values)
    words = "; ".join(filter(None, (meaning(value, fact.code) for value in fact.values)))
    return list_row(fact.code, [*values, fact.number] if fact.number else values, words)
