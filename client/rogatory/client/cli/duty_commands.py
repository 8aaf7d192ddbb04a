# SPDX-License-Identifier: Apache-2.0
"""`rogatory duty`: who is on duty, the pager that calls them, and the acknowledgement that stops the next call.

Names and numbers stay in the profile; a call carries the request's id and how urgent it is. The pager signs nothing and needs no
passphrase; only `ack` is a statement of a person, and it decides nothing.
"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Annotated, Final

import typer

from rogatory.client import duty
from rogatory.client.cli.answer_commands import REQUEST
from rogatory.client.cli.command import call, command, group
from rogatory.client.cli.exits import Exit
from rogatory.client.cli.people import People, people_of
from rogatory.client.cli.question_commands import signed
from rogatory.client.cli.render.people import roster_tree, told_tree
from rogatory.client.cli.render.text import lines
from rogatory.client.cli.results_people import (
    GapResult,
    OnDutyResult,
    RosterResult,
    ToldResult,
    told_result,
)
from rogatory.client.cli.session import Run, UsageError, read_file
from rogatory.client.duty_book import Pages, find_roster, install_roster
from rogatory.client.profile import Profile
from rogatory.client.roster import Roster, gaps, on_duty
from rogatory.client.session import Session
from rogatory.protocol import errors
from rogatory.protocol.errors import Invalid
from rogatory.protocol.header import DAY_MS
from rogatory.protocol.ids import SystemClock
from rogatory.protocol.plain import to_plain

app = group("duty", "Who is on duty; calling them; acknowledging a call.")
MAX_DAYS: Final = 400
DAYS = Annotated[
    int, typer.Option("--days", metavar="N", min=1, max=MAX_DAYS, help="How far ahead gaps are looked for.")
]


@command(app, "set", prefix="duty")
def set_roster(
    run: Run,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The roster, as JSON.")],
    days: DAYS = 60,
) -> Exit | None:
    """Check a roster and make it this profile's. Ends with 4 if nobody is on duty at some hour; it is taken all the same.

    Examples:
      rogatory duty set night-desk.json
    """
    profile = run.profile()
    try:
        roster = install_roster(profile, read_file(file, "FILE"))
    except Invalid as error:
        at = "FILE" if error.code == errors.X_ENCODING else error.field
        raise UsageError(f"This is not a roster at {at} ({error.rule}).", at, error.rule) from error
    return _show(run, profile, roster, days)


@command(app, "show", prefix="duty")
def show(run: Run, days: DAYS = 60) -> Exit | None:
    """Show who is on duty now, in the order of escalation, and when nobody is. Ends with 4 if there is such a gap.

    Examples:
      rogatory duty show
      rogatory duty show --days 365
    """
    profile = run.profile()
    return _show(run, profile, _roster(profile), days)


def _roster(profile: Profile) -> Roster:
    roster = find_roster(profile)
    if roster is None:
        raise UsageError("This profile has no roster: give it one with `duty set`.", "duty", "PRESENT")
    return roster


def _show(run: Run, profile: Profile, roster: Roster, days: int) -> Exit:
    now = SystemClock().now_ms()
    always = on_duty(roster, now, urgent=False)
    found = RosterResult(
        profile.config.person.unit,
        roster.zone,
        now,
        tuple(
            OnDutyResult(key, roster.people[key].name, key not in always)
            for key in on_duty(roster, now, urgent=True)
        ),
        days,
        tuple(GapResult(gap.since_ms, gap.until_ms) for gap in gaps(roster, now, now + days * DAY_MS)),
        Pages.open(profile).journal.looked_ms,
    )
    code = Exit.REFUSED if found.gaps else Exit.OK
    run.output.outcome(run.command, code, found, roster_tree(found, now))
    return code


@command(app, "run", prefix="duty")
def run_pager(
    run: Run,
    once: Annotated[bool, typer.Option("--once", help="Make the calls that are due now, then end.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say who would be called now; call nobody.")
    ] = False,
    every: Annotated[
        float, typer.Option(metavar="S", min=1.0, max=60.0, help="Seconds between two looks at the clock.")
    ] = 15.0,
) -> Exit | None:
    """Run as your unit's pager: call who is on duty, the next one after ten minutes without an acknowledgement, and remind.

    Goes on where it ended; without the exchange it calls from what it knows. Signs nothing and needs no passphrase, but a
    profile that `provider connect` does not run on. With --json each line is one JSON object. With --once it ends with 5
    if somebody was not reached, 4 if nobody is on duty.

    Examples:
      rogatory duty run --profile night-desk
      rogatory duty run --once --dry-run
    """
    profile = run.profile()
    roster = _roster(profile)
    people = people_of(run)
    told: list[ToldResult] = []

    async def work(session: Session) -> None:
        async for item in duty.page(session, roster, every=every, once=once, dry_run=dry_run):
            result = told_result(item)
            told.append(result)
            del told[:-1000]
            _say(run, result, people)

    with contextlib.suppress(KeyboardInterrupt):  # how a person ends what has no end
        call(run, work, fallback=True, flush=False)
    if not once:
        return None
    if any(item.what in {duty.FAILED, duty.TROUBLE} for item in told):
        return Exit.NETWORK
    return Exit.REFUSED if any(item.code for item in told) else None


@command(app, "ack", prefix="duty", signs=True)
def ack(
    run: Run,
    request: REQUEST,
    about: Annotated[
        str,
        typer.Option("--about", metavar="HEX", help="Which step, if several: beginning of its digest."),
    ] = "",
) -> Exit | None:
    """Sign that you have seen a call, so that nobody else is called. Every party sees it; it decides nothing.

    Examples:
      rogatory duty ack 0199ab --yes
    """
    return signed(run, request, lambda s, r: duty.prepare_page_ack(s, r, about=about))


def _say(run: Run, item: ToldResult, people: People) -> None:
    if run.output.json:
        run.output.line(json.dumps(to_plain(item)))
        return
    for line in lines(told_tree(item, people, SystemClock().now_ms()), plain=run.output.plain):
        run.output.line(line.text)
