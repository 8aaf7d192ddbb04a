# SPDX-License-Identifier: Apache-2.0
"""What outlives an answer, on the command line: errors, deletion, notice to the person, costs, other ways.

These record, signed, what somebody has done or decided elsewhere; none of them deletes, informs or pays by itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rogatory.client import afterwards, rewrapping
from rogatory.client.cli.answer_commands import NOTE, REQUEST
from rogatory.client.cli.command import command
from rogatory.client.cli.draft_input import number_of
from rogatory.client.cli.exits import Exit
from rogatory.client.cli.provider_commands import app as provider_app
from rogatory.client.cli.question_commands import ABOUT, signed
from rogatory.client.cli.request_commands import app as request_app
from rogatory.client.cli.scope_options import TASK, day_of, moment_of, tasks_of
from rogatory.client.cli.session import Run, UsageError, check_named


@command(request_app, "report-error", prefix="request", signs=True)
def report_error(
    run: Run,
    request: REQUEST,
    cause: Annotated[str, typer.Option(metavar="CODE", help="Such as WRONG_PERIOD.")],
    grade: Annotated[str, typer.Option(metavar="NEAR_MISS|REPORTABLE|SERIOUS")],
    party: Annotated[
        str, typer.Option("--by", metavar="PARTY", help="Whose: AGENCY, AUTHORITY, PROVIDER, EXCHANGE.")
    ],
    task: TASK = None,
    note: NOTE = "",
) -> Exit | None:
    """Report an error, whoever made it, also after the end. From REPORTABLE on it stays open until deletion is attested.

    Examples:
      rogatory request report-error 0199ab --cause WRONG_PERIOD --grade SERIOUS --by AGENCY --task 1
    """
    tasks = tasks_of(task)
    return signed(
        run, request, lambda s, r: afterwards.prepare_error(s, r, cause, grade, party, tasks, note=note)
    )


@command(request_app, "attest-deletion", prefix="request", signs=True)
def attest_deletion(
    run: Run,
    request: REQUEST,
    restricted: Annotated[
        bool,
        typer.Option("--restricted", help="Kept and restricted, where the law wants that; else deleted."),
    ] = False,
    duty: ABOUT = "",
    note: NOTE = "",
) -> Exit | None:
    """Attest that data were deleted or restricted, as an error, a refusal or an annulment demands.

    Examples:
      rogatory request attest-deletion 0199ab --note "All copies, on both systems."
    """
    done = "RESTRICTED" if restricted else "DELETED"
    return signed(
        run, request, lambda s, r: afterwards.prepare_attest_deletion(s, r, done, duty=duty, note=note)
    )


@command(request_app, "defer-notice", prefix="request", signs=True)
def defer_notice(
    run: Run,
    request: REQUEST,
    ground: Annotated[str, typer.Option(metavar="CODE", help="Such as OBSTRUCTING_INQUIRIES.")],
    review: Annotated[str, typer.Option(metavar="DAY", help="Day on which this is looked at again.")],
    note: NOTE = "",
) -> Exit | None:
    """Decide that the person is not told yet: with a ground of the law, and a day on which that is looked at again.

    Examples:
      rogatory request defer-notice 0199ab --ground OBSTRUCTING_INQUIRIES --review 2027-03-01
    """
    on = day_of(review, "--review")
    return signed(run, request, lambda s, r: afterwards.prepare_defer_notice(s, r, ground, on, note=note))


@command(request_app, "extend-seal", prefix="request", signs=True)
def extend_seal(
    run: Run,
    request: REQUEST,
    ground: Annotated[str, typer.Option(metavar="CODE", help="Such as OBSTRUCTING_INQUIRIES.")],
    until: Annotated[str, typer.Option(metavar="DAY", help="Last day on which nothing is opened.")],
    note: NOTE = "",
) -> Exit | None:
    """Have the log's entries of a request stay sealed for the public longer, for a ground of the law.

    Examples:
      rogatory request extend-seal 0199ab --ground OBSTRUCTING_INQUIRIES --until 2029-03-01
    """
    day = day_of(until, "--until")
    return signed(run, request, lambda s, r: afterwards.prepare_extend_seal(s, r, ground, day, note=note))


@command(request_app, "rewrap", prefix="request", signs=True)
def rewrap(
    run: Run,
    request: REQUEST,
    audience: Annotated[
        str, typer.Option("--for", metavar="CODE", help="Of the law's list, such as DEFENCE.")
    ],
    reader: Annotated[
        str,
        typer.Option(
            "--reader", metavar="UNIT", help="Unit that shall read it: ids, or a name of your book."
        ),
    ],
    task: Annotated[
        int, typer.Option("--task", metavar="N", min=0, help="The particulars of this task.")
    ] = 0,
    grounds: Annotated[bool, typer.Option("--grounds", help="The grounds.")] = False,
) -> Exit | None:
    """Give one more reader the key to a sealed object: the last disclosure, or a section of the request. Nobody can take it back.

    Examples:
      rogatory request rewrap 0199ab --for DEFENCE --reader "Defence counsel (invented)"
      rogatory request rewrap 0199ab --for COURT --reader "Court of Northland (invented)" --grounds
    """
    if task and grounds:
        raise UsageError("Name a task or the grounds, not both.", "--task", "ONE_OF")
    return signed(
        run,
        request,
        lambda s, r: rewrapping.prepare_rewrap(s, r, audience, reader, task=task, grounds=grounds),
    )


@command(request_app, "notice", prefix="request", signs=True)
def notice(
    run: Run,
    request: REQUEST,
    omitted: Annotated[
        bool, typer.Option("--omitted", help="It was decided not to, for a ground that was stated before.")
    ] = False,
    note: NOTE = "",
) -> Exit | None:
    """Record that the person was told of the request.

    Examples:
      rogatory request notice 0199ab --note "By letter, with the way to a remedy."
    """
    return signed(run, request, lambda s, r: afterwards.prepare_notice(s, r, omitted=omitted, note=note))


@command(provider_app, "claim-cost", prefix="provider", signs=True)
def claim_cost(
    run: Run,
    request: REQUEST,
    amount: Annotated[str, typer.Option(metavar="AMOUNT", help="Such as 120.50.")],
    currency: Annotated[str, typer.Option(metavar="CODE", help="ISO 4217, such as EUR.")],
    note: NOTE = "",
) -> Exit | None:
    """Claim what the answer has cost, where the law lets that be claimed.

    Examples:
      rogatory provider claim-cost 0199ab --amount 120.50 --currency EUR
    """
    hundredths = _hundredths(amount)
    return signed(
        run, request, lambda s, r: afterwards.prepare_claim_cost(s, r, hundredths, currency, note=note)
    )


@command(request_app, "settle-cost", prefix="request", signs=True)
def settle_cost(
    run: Run,
    request: REQUEST,
    denied: Annotated[bool, typer.Option("--denied", help="Not paid; say why with --note.")] = False,
    claim: ABOUT = "",
    note: NOTE = "",
) -> Exit | None:
    """Say that a provider's claim was paid, or that it is denied.

    Examples:
      rogatory request settle-cost 0199ab
      rogatory request settle-cost 0199ab --denied --note "The tariff ends at 100."
    """
    return signed(
        run,
        request,
        lambda s, r: afterwards.prepare_settle_cost(s, r, paid=not denied, claim=claim, note=note),
    )


@command(request_app, "transmitted-outside", prefix="request", signs=True)
def transmitted_outside(
    run: Run,
    request: REQUEST,
    file: Annotated[
        Path, typer.Option(metavar="PATH", help="What went; only its length and digest are signed.")
    ],
    at: Annotated[str, typer.Option(metavar="TIME", help="When, with an offset.")],
    note: NOTE = "",
) -> Exit | None:
    """Record something that went another way (a letter, a disk, a portal): when, how long, its digest.

    Examples:
      rogatory request transmitted-outside 0199ab --file letter.pdf --at 2026-11-20T09:00:00Z --note "By courier."
    """
    sent_at = moment_of(at, "--at")
    check_named(file, "--file")
    measured = afterwards.measure(file)
    return signed(run, request, lambda s, r: afterwards.prepare_outside(s, r, sent_at, measured, note=note))


@command(request_app, "erase", prefix="request", signs=True)
def erase(
    run: Run,
    request: REQUEST,
    ground: Annotated[
        str, typer.Option(metavar="CODE", help="COURT_ORDER, NOT_NEEDED, RETENTION_ENDED or UNLAWFUL.")
    ],
) -> Exit | None:
    """Have the exchange destroy what it holds of an ended request: its key, sealed sections, and what opens its entries.

    It waits in the outbox until a colleague has approved it with `rogatory request second`. The log and every proof stay valid, and
    oversight sees the erasure. What the parties keep themselves is not touched.

    Examples:
      rogatory request erase 0199ab --ground RETENTION_ENDED
    """
    return signed(run, request, lambda s, r: afterwards.prepare_erase(s, r, ground))


def _hundredths(text: str) -> int:
    whole, point, cents = text.partition(".")
    if point and (len(cents) != 2 or not cents.isascii() or not cents.isdigit()):
        raise UsageError("An amount is written like 120 or 120.50.", "--amount", "FORM")
    return number_of(whole, "--amount") * 100 + int(cents or 0)
