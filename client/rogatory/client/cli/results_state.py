# SPDX-License-Identifier: Apache-2.0
"""What `--json` says about what a request waits for: holds, proposals, debts, and what a scope would change.

Part of the published schema, like `results`. Computed from the reader's own fold; who must act next is told as an
organisation, and why in codes. Nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rogatory.client.cli.render.tree import day
from rogatory.client.views import RequestView
from rogatory.protocol.state import HoldName, Open, RequestState
from rogatory.protocol.statements import ClarifyRequest, GrantedTask, Object

_OF_AUTHORITY: Final = frozenset({HoldName.EX_POST_VALIDATION_PENDING, HoldName.WIDENING_PENDING})


@dataclass(frozen=True, slots=True)
class ChangeResult:
    """What another scope changes in one task; empty days where the task is not in that scope, or was not before."""

    task: int
    elements_in: tuple[str, ...]
    elements_out: tuple[str, ...]
    first_day_before: str
    last_day_before: str
    first_day: str
    last_day: str


@dataclass(frozen=True, slots=True)
class HoldResult:
    """Why a request rests: since when, who opened it, who is asked, whether it suspends delivery; a scope that waits.

    `digest` is what an answer is about; `code` is the question's or the objection's.
    """

    name: str
    code: str
    since_ms: int
    opened_by: bytes
    asked: bytes
    suspends: bool
    digest: bytes
    changes: tuple[ChangeResult, ...]


@dataclass(frozen=True, slots=True)
class ProposalResult:
    """A smaller scope that the provider proposes, against the one in force."""

    since_ms: int
    digest: bytes
    changes: tuple[ChangeResult, ...]


@dataclass(frozen=True, slots=True)
class DebtResult:
    """An error or a claim that is not settled, and who stated it."""

    name: str
    since_ms: int
    stated_by: bytes
    digest: bytes


def hold_results(view: RequestView) -> tuple[HoldResult, ...]:
    """Return a request's holds, oldest first."""
    return tuple(_hold(view, item) for item in view.state.holds)


def proposal_results(view: RequestView) -> tuple[ProposalResult, ...]:
    """Return the proposals that may be taken up."""
    now = view.state.granted
    return tuple(
        ProposalResult(_time(view, item.digest), item.digest, changes(now, item.granted))
        for item in view.state.proposals
    )


def debt_results(view: RequestView) -> tuple[DebtResult, ...]:
    """Return what is not settled."""
    return tuple(
        DebtResult(item.name, _time(view, item.digest), item.org, item.digest) for item in view.state.debts
    )


def changes(before: Sequence[GrantedTask], after: Sequence[GrantedTask]) -> tuple[ChangeResult, ...]:
    """Return what differs between two scopes, task by task; a task that stays as it is has no row."""
    old, new = {item.number: item for item in before}, {item.number: item for item in after}
    return tuple(
        _change(number, old.get(number), new.get(number))
        for number in sorted(old.keys() | new.keys())
        if old.get(number) != new.get(number)
    )


def _change(number: int, old: GrantedTask | None, new: GrantedTask | None) -> ChangeResult:
    before, after = set(old.elements if old else ()), set(new.elements if new else ())
    return ChangeResult(
        number,
        tuple(sorted(after - before)),
        tuple(sorted(before - after)),
        day(old.first_day) if old else "",
        day(old.last_day) if old else "",
        day(new.first_day) if new else "",
        day(new.last_day) if new else "",
    )


def _hold(view: RequestView, item: Open) -> HoldResult:
    waits = changes(view.state.granted, item.granted) if item.granted else ()
    return HoldResult(
        item.name,
        _code(view, item.digest),
        _time(view, item.digest),
        item.org,
        _asked(view.state, item),
        item.suspends,
        item.digest,
        waits,
    )


def _asked(state: RequestState, item: Open) -> bytes:
    if item.name in _OF_AUTHORITY and state.authority is not None:
        return state.authority.org
    if item.name == HoldName.EA_REVIEW and state.enforcing is not None:
        return state.enforcing.org
    return state.agency.org


def _time(view: RequestView, digest: bytes) -> int:
    logged = next((item for item in view.statements if item.verified.digest == digest), None)
    return logged.receipt.time_ms if logged is not None else view.statement(digest).header.issued_at_ms


def _code(view: RequestView, digest: bytes) -> str:
    body = view.statement(digest).statement.body
    return body.code if isinstance(body, ClarifyRequest | Object) else ""
