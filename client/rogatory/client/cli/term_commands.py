# SPDX-License-Identifier: Apache-2.0
"""The term of a preservation on the command line: extend, hold, end, release.

No end is typed: each is computed from the regime pack. A release is refused here before it is signed, unless the end follows
from what this profile has verified itself.
"""

from __future__ import annotations

from typing import Annotated

import typer

from rogatory.client import preserving
from rogatory.client.cli.answer_commands import NOTE, REQUEST
from rogatory.client.cli.command import command
from rogatory.client.cli.exits import Exit
from rogatory.client.cli.provider_commands import app as provider_app
from rogatory.client.cli.question_commands import signed
from rogatory.client.cli.references import request_id
from rogatory.client.cli.request_commands import app as request_app
from rogatory.client.cli.session import Run
from rogatory.client.cli.signing import sign
from rogatory.client.composing import Prepared
from rogatory.client.session import Session


@command(request_app, "extend", prefix="request", signs=True)
def extend(run: Run, request: REQUEST, note: NOTE = "") -> Exit | None:
    """Extend a preservation by the period that the law gives, before its term is over.

    Examples:
      rogatory request extend 0199ab
    """
    return signed(run, request, lambda s, r: preserving.prepare_extend(s, r, note=note))


@command(request_app, "hold", prefix="request", signs=True)
def hold(
    run: Run,
    request: REQUEST,
    production: Annotated[
        str, typer.Option("--for", metavar="REQUEST", help="Request that asks for the data.")
    ],
    note: NOTE = "",
) -> Exit | None:
    """Have preserved data held for a request that asks for them; no term ends that.

    Examples:
      rogatory request hold 0199ab --for 0199cd
    """

    async def prepare(session: Session) -> Prepared:
        wanted = await request_id(session, production)
        return await preserving.prepare_hold(session, await request_id(session, request), wanted, note=note)

    return sign(run, prepare)


@command(request_app, "end", prefix="request", signs=True)
def end(run: Run, request: REQUEST, note: NOTE = "") -> Exit | None:
    """Say that preserved data are no longer needed. The provider may let go then.

    Examples:
      rogatory request end 0199ab
    """
    return signed(run, request, lambda s, r: preserving.prepare_end(s, r, note=note))


@command(provider_app, "release", prefix="provider", signs=True)
def release(run: Run, request: REQUEST, note: NOTE = "") -> Exit | None:
    """Let go of what was preserved, once its end is proven: by signed statements, by your own clock, in the published log.

    Examples:
      rogatory provider release 0199ab
    """
    return signed(run, request, lambda s, r: preserving.prepare_release(s, r, note=note))
