# SPDX-License-Identifier: Apache-2.0
"""`rogatory request radar`: what a provider will have deleted and when, and one key to have it preserved.

What a row says comes from the provider's signed catalogue (`provider catalogue show`). Preserving here means a draft: nothing is
signed or sent, and it is shown, checked and sent like any other.
"""

from __future__ import annotations

from typing import Annotated

import typer

from rogatory.client.cli import request_commands
from rogatory.client.cli.command import call, command
from rogatory.client.cli.draft_input import number_of
from rogatory.client.cli.exits import Exit
from rogatory.client.cli.render.draft import draft_tree
from rogatory.client.cli.render.names import Names
from rogatory.client.cli.render.radar import radar_tree
from rogatory.client.cli.render.tree import day
from rogatory.client.cli.results import DraftResult
from rogatory.client.cli.results_catalogue import BlipResult, RadarResult
from rogatory.client.cli.session import Run, UsageError
from rogatory.client.cli.signing import session_names
from rogatory.client.drafts import DraftRequest, load_draft, save_draft
from rogatory.client.radar import Blip, look_around, preserving
from rogatory.client.session import Session
from rogatory.protocol.ids import SystemClock, SystemEntropy

PRESERVE = "--preserve"


@command(request_commands.app, "radar", prefix="request")
def radar(
    run: Run,
    preserve: Annotated[
        str, typer.Option(PRESERVE, metavar="N", help="Draft a preservation of this row's task.")
    ] = "",
    pack: Annotated[
        str, typer.Option(metavar="PACK", help="Regime of the preservation, where the draft's knows none.")
    ] = "",
) -> Exit | None:
    """Show what of your drafts and open requests will be gone, and when; what goes next comes first.

    At a terminal the number of a row may be typed, and a preservation of its task is drafted. Nothing is sent.

    Examples:
      rogatory request radar
      rogatory request radar --preserve 1
    """
    wanted = number_of(preserve, PRESERVE) if preserve else 0
    if pack and not preserve:
        raise UsageError("A regime is named together with --preserve.", "--pack", "WITH")

    async def work(session: Session) -> tuple[tuple[Blip, ...], Names]:
        return await look_around(session), session_names(session)

    blips, names = call(run, work, fallback=True)
    if preserve:
        _drafted(run, _chosen(blips, wanted), pack)
        return None
    result = RadarResult(tuple(_result(i, blip) for i, blip in enumerate(blips, 1)))
    run.output.result(run.command, result, radar_tree(result, names, SystemClock().now_ms()))
    if blips and run.stdin.isatty() and not run.output.json:
        run.output.err.write("Number of a row to preserve, or Enter for none: ")
        run.output.err.flush()
        answer = run.stdin.readline().strip()
        if answer:
            _drafted(run, _chosen(blips, number_of(answer, PRESERVE)), pack)
    return None


def _drafted(run: Run, blip: Blip, pack: str) -> None:
    profile = run.profile()
    draft = preserving(_draft_of(run, blip), blip, SystemClock(), SystemEntropy(), pack)
    result = DraftResult(save_draft(profile, draft), draft)
    run.output.result(run.command, result, draft_tree(draft))
    run.output.say(f"Next: rogatory request lint {result.request_id}")


def _draft_of(run: Run, blip: Blip) -> DraftRequest:
    if not blip.watched.identifier[0]:
        raise UsageError(
            "A colleague drafted this request, and its identifier is not among your drafts.",
            PRESERVE,
            "DRAFTED_HERE",
        )
    return load_draft(run.profile(), blip.watched.request_id)


def _chosen(blips: tuple[Blip, ...], number: int) -> Blip:
    if not 1 <= number <= len(blips):
        raise UsageError("The radar has no row of this number.", PRESERVE, "RANGE")
    return blips[number - 1]


def _result(number: int, blip: Blip) -> BlipResult:
    item = blip.watched
    return BlipResult(
        number,
        item.request_id,
        item.state.name if item.state is not None else "",
        item.provider.org,
        item.provider.unit,
        item.task,
        blip.element,
        day(item.first_day),
        day(item.last_day),
        blip.outlook.value,
        day(blip.day) if blip.gone_ms else "",
        blip.gone_ms,
        blip.preservation,
        blip.frozen,
    )
