# SPDX-License-Identifier: Apache-2.0
"""Questions and objections on the command line, for each of the three groups of commands.

A question is a code; its words go with --note, sealed. What rests meanwhile and who may answer, the rules say and this
module does not.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

import typer

from rogatory.client import asking
from rogatory.client.cli.answer_commands import NOTE, REQUEST
from rogatory.client.cli.authority_commands import app as authority_app
from rogatory.client.cli.command import command
from rogatory.client.cli.exits import Exit
from rogatory.client.cli.provider_commands import app as provider_app
from rogatory.client.cli.references import request_id
from rogatory.client.cli.request_commands import app as request_app
from rogatory.client.cli.scope_options import TASK, moment_of, tasks_of
from rogatory.client.cli.session import Run, UsageError
from rogatory.client.cli.signing import sign
from rogatory.client.composing import Prepared
from rogatory.client.session import Session

QUESTION = Annotated[str, typer.Option(metavar="CODE", help="What is asked, such as SCOPE_UNCLEAR.")]
ABOUT = Annotated[
    str,
    typer.Option(metavar="HEX", help="Which one, if several are open: beginning of its digest in `status`."),
]
WORDS = Annotated[str, typer.Option("--note", metavar="TEXT", help="The answer in words (sealed).")]


def signed(
    run: Run,
    request: str,
    prepare: Callable[[Session, bytes], Awaitable[Prepared]],
    *,
    offline: bool = False,
) -> Exit | None:
    """Do all of a command that signs one statement about one request."""

    async def prepared(session: Session) -> Prepared:
        return await prepare(session, await request_id(session, request))

    return sign(run, prepared, offline=offline)


@command(authority_app, "ask", prefix="authority", signs=True)
def ask(run: Run, request: REQUEST, code: QUESTION, task: TASK = None, note: NOTE = "") -> Exit | None:
    """Ask the agency a coded question. An enforcing authority consults so before it refuses.

    Examples:
      rogatory authority ask 0199ab --code SCOPE_UNCLEAR --task 2 --note "Why the whole mailbox?"
      rogatory authority ask 0199ab --code CONSULTATION --note "The person was tried for this here."
    """
    tasks = tasks_of(task)
    return signed(run, request, lambda s, r: asking.prepare_ask(s, r, code, tasks, note=note))


@command(provider_app, "clarify", prefix="provider", signs=True)
def clarify(run: Run, request: REQUEST, code: QUESTION, task: TASK = None, note: NOTE = "") -> Exit | None:
    """Ask the agency a coded question. Nothing is delivered until it is answered, and a clock runs.

    Examples:
      rogatory provider clarify 0199ab --code IDENTIFIER_UNCLEAR --task 1 --note "Two accounts have this name."
    """
    tasks = tasks_of(task)
    return signed(run, request, lambda s, r: asking.prepare_ask(s, r, code, tasks, note=note))


@command(request_app, "answer", prefix="request", signs=True)
def answer(run: Run, request: REQUEST, note: WORDS = "", question: ABOUT = "") -> Exit | None:
    """Answer a question of the provider or of an authority, in sealed words. An answer never changes the scope.

    Examples:
      rogatory request answer 0199ab --note "The account that was made in 2024."
      rogatory request answer 0199ab --question 3f9c --note "See the second annex."
    """
    if not note:
        raise UsageError("Say the answer with --note.", "--note", "PRESENT")
    return signed(run, request, lambda s, r: asking.prepare_answer(s, r, note, question=question))


@command(provider_app, "challenge", prefix="provider", signs=True)
def challenge(run: Run, request: REQUEST, note: NOTE = "") -> Exit | None:
    """Ask whether a request really came from there. A third officer must answer; nothing is delivered meanwhile.

    Examples:
      rogatory provider challenge 0199ab --note "The call-back number was not known to the station."
    """
    return signed(run, request, lambda s, r: asking.prepare_challenge(s, r, note=note))


@command(request_app, "confirm-origin", prefix="request", signs=True)
def confirm_origin(
    run: Run,
    request: REQUEST,
    deny: Annotated[bool, typer.Option("--deny", help="It did not come from here; takes it back.")] = False,
    note: NOTE = "",
) -> Exit | None:
    """Answer a challenge, as an officer who has not drafted the request.

    Examples:
      rogatory request confirm-origin 0199ab --profile second-investigator
      rogatory request confirm-origin 0199ab --deny --profile duty-officer
    """
    return signed(
        run, request, lambda s, r: asking.prepare_confirm_origin(s, r, confirmed=not deny, note=note)
    )


@command(provider_app, "object", prefix="provider", signs=True)
def object_to(
    run: Run,
    request: REQUEST,
    code: Annotated[str, typer.Option(metavar="CODE", help="Such as P_THIRD_COUNTRY_CONFLICT.")],
    basis: Annotated[
        list[str] | None, typer.Option(metavar="BASIS", help="Such as LAW_FORBIDS; repeat.")
    ] = None,
    note: NOTE = "",
) -> Exit | None:
    """Object: impossible, an immunity, a conflict of laws. The data stay frozen until the agency has decided.

    Examples:
      rogatory provider object 0199ab --code P_DE_FACTO_IMPOSSIBILITY --note "The archive is being repaired."
      rogatory provider object 0199ab --code P_THIRD_COUNTRY_CONFLICT --basis LAW_FORBIDS --note "..."
    """
    bases = tuple(basis or ())
    return signed(run, request, lambda s, r: asking.prepare_object(s, r, code, bases, note=note))


@command(request_app, "maintain", prefix="request", signs=True)
def maintain(run: Run, request: REQUEST, objection: ABOUT = "", note: NOTE = "") -> Exit | None:
    """Keep a request as it is, whatever was asked or objected.

    Examples:
      rogatory request maintain 0199ab --note "The treaty of 1998 settles the conflict."
    """
    return signed(run, request, lambda s, r: asking.prepare_maintain(s, r, objection=objection, note=note))


@command(request_app, "new-deadline", prefix="request", signs=True)
def new_deadline(
    run: Run,
    request: REQUEST,
    until: Annotated[str, typer.Option(metavar="TIME", help="New end of the term, with an offset.")],
    objection: ABOUT = "",
    note: NOTE = "",
) -> Exit | None:
    """Give the provider a later end of its term to answer. With --objection it answers that too.

    Examples:
      rogatory request new-deadline 0199ab --until 2026-12-01T12:00:00+01:00
    """
    due = moment_of(until, "--until")
    return signed(
        run, request, lambda s, r: asking.prepare_new_deadline(s, r, due, objection=objection, note=note)
    )
