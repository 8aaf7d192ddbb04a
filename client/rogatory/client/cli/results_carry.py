# SPDX-License-Identifier: Apache-2.0
"""What `--json` says about carry files. Part of the published schema, like `results`.

The code and the number are what a person needs for the telephone; nothing of what was sealed stands here but what a command was
asked to open.
"""

from __future__ import annotations

from dataclasses import dataclass

from rogatory.client.carry_check import CHECKS, Taken
from rogatory.client.carrying import Carried
from rogatory.client.cli.results import RequestResult, SentResult, request_result
from rogatory.client.deposits import Deposit
from rogatory.client.session import Session


@dataclass(frozen=True, slots=True)
class CarriedResult:
    """A carry file that was written: the code to be read over the telephone, and until when both ends must deposit."""

    request_id: bytes
    file: str
    length: int
    code: str
    sent_ms: int
    deposit_by_ms: int


@dataclass(frozen=True, slots=True)
class TakenResult:
    """A carry file that was checked and taken in, what held, whom to call about the code, and what was signed on it.

    `files` are the folders of disclosures that were opened out of it.
    """

    request: RequestResult
    code: str
    sender: bytes
    call_back: str
    sent_ms: int
    deposit_by_ms: int
    checks: tuple[str, ...]
    signed: tuple[SentResult, ...]
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DepositRowResult:
    """A statement of a request that was carried: by whom, and whether it is LOGGED, WAITS here, was REFUSED or is MISSING."""

    kind: str
    signer: bytes
    place: str
    index: int
    code: str
    rule: str


@dataclass(frozen=True, slots=True)
class DepositResult:
    """What of a carried request is in the log; `overdue` once the pack's term is over and something is not."""

    request_id: bytes
    codes: tuple[str, ...]
    deposit_by_ms: int
    overdue: bool
    statements: tuple[DepositRowResult, ...]


@dataclass(frozen=True, slots=True)
class DepositsResult:
    """All requests that were carried from or to here."""

    requests: tuple[DepositResult, ...]


def carried_result(carried: Carried) -> CarriedResult:
    """Return a file that was written as a result."""
    return CarriedResult(
        carried.request_id,
        str(carried.path),
        carried.length,
        carried.code,
        carried.sent_at_ms,
        carried.deposit_by_ms,
    )


def taken_result(
    session: Session, taken: Taken, signed: tuple[SentResult, ...], files: tuple[str, ...] = ()
) -> TakenResult:
    """Return a file that was taken in as a result."""
    return TakenResult(
        request=request_result(taken.view),
        code=taken.record.code,
        sender=taken.sender.org,
        call_back=session.directory.unit(taken.sender).call_back,
        sent_ms=taken.record.sent_at_ms,
        deposit_by_ms=taken.record.deposit_by_ms,
        checks=CHECKS,
        signed=signed,
        files=files,
    )


def deposits_result(found: tuple[Deposit, ...]) -> DepositsResult:
    """Return what is deposited of each request as a result."""
    return DepositsResult(
        tuple(
            DepositResult(
                item.request_id,
                item.codes,
                item.deposit_by_ms,
                item.overdue,
                tuple(
                    DepositRowResult(row.kind.name, row.signer, row.place, row.index, row.code, row.rule)
                    for row in item.statements
                ),
            )
            for item in found
        )
    )
